package portal

import (
	"strings"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/access/limit"
	"candor/internal/web"
)

// slow bounds how often people without an account hand something in.
type slow struct {
	networks *limit.Buckets // of strangers, by network
	all      *limit.Buckets // of all strangers
	mails    *limit.Buckets // by the address that a stranger gives
	holders  *limit.Buckets // of links, by what they open
}

func newSlow(clock candor.Clock) slow {
	return slow{limit.NewBuckets(5, 12*time.Minute, 10_000, clock), limit.NewBuckets(100, 20*time.Second, 1, clock),
		limit.NewBuckets(3, 8*time.Hour, 10_000, clock), limit.NewBuckets(5, 12*time.Minute, 10_000, clock)}
}

// stranger gives nil, or says how long somebody whom nobody knows waits. A
// network that waits takes nothing from the others.
func (s slow) stranger(r *web.Request, mail string) error {
	network := access.Network(r.Client().Address)
	wait := s.networks.Take(network)
	if wait == 0 && mail != "" {
		wait = s.mails.Take(strings.ToLower(mail))
	}
	if wait == 0 {
		if wait = s.all.Take(""); wait > 0 {
			s.networks.Return(network)
		}
	}
	return waits(r, wait)
}

// holder gives nil, or says how long the holder of a link waits; strangers do not
// make them wait.
func (s slow) holder(r *web.Request, of candor.ID) error {
	return waits(r, s.holders.Take(string(of)))
}

func waits(r *web.Request, wait time.Duration) error {
	if wait == 0 {
		return nil
	}
	return &access.Wait{For: wait, Why: r.T("support.report.slow")}
}
