package directory

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"time"

	"candor"
)

// What is a sort of probe.
type What string

// The probes.
const (
	MX     What = "mx"     // the domain of an address takes mail
	HTTPS  What = "https"  // a page or an interface answers
	Key    What = "key"    // the key can encrypt, and still can in 30 days
	Bounce What = "bounce" // what was sent there came back
)

// KeyAhead is how long before its end a key is flagged.
const KeyAhead = 30 * 24 * time.Hour

// MostProbes is how many are kept of a channel and a sort of probe: the latest.
const MostProbes = 50

// Probe is what was seen of a channel, for as long as it was the same. One of a
// failure began with the first failure since when the channel has only failed.
type Probe struct {
	Address string    `json:"address"` // of the channel; the fingerprint of a key
	What    What      `json:"what"`
	OK      bool      `json:"ok"`
	Unknown bool      `json:"unknown,omitempty"` // nothing was learned: our own side could not ask
	Detail  string    `json:"detail,omitempty"`  // for people; names no address of ours
	First   time.Time `json:"first_seen"`
	Last    time.Time `json:"last_seen"`
}

// Failed tells whether a channel is held to be dead. A server that is asked over
// the network must fail twice in a row; a key that ends and a mail that came back
// are facts.
func (p Probe) Failed() bool {
	return p.bad() && (p.What == Key || p.What == Bounce || p.Last.After(p.First))
}

func (p Probe) bad() bool { return !p.OK && !p.Unknown }

// Cause is what tells one failure from another: what a server says to a mail that
// came back is worded anew each time.
func (p Probe) Cause() string {
	if p.What == Bounce {
		return ""
	}
	return p.Detail
}

// After gives the probe as it is to be kept after the last one of its channel, and
// whether it takes the place of that.
func (p Probe) After(last Probe) (kept Probe, same bool) {
	switch {
	case p.OK == last.OK && p.Unknown == last.Unknown && p.Cause() == last.Cause():
		last.Last = p.Last
		return last, true
	case p.bad() && last.bad():
		p.First = last.First
	}
	return p, false
}

// Resolver asks the DNS. *net.Resolver is one.
type Resolver interface {
	LookupMX(ctx context.Context, domain string) ([]*net.MX, error)
	LookupHost(ctx context.Context, host string) ([]string, error)
}

// Prober looks whether channels are alive. It is safe for concurrent use.
type Prober struct {
	Resolver Resolver
	Client   *http.Client // goes to the open Internet only
	Clock    candor.Clock
	Patience time.Duration // for one probe; 0: 20 s
}

// Probe looks at all channels and the key of an entry. It sends nothing to
// anybody but a request for a page.
func (p Prober) Probe(ctx context.Context, e Entry) (all []Probe) {
	for _, c := range e.Channels {
		switch c.Way {
		case Mail:
			all = append(all, p.one(ctx, MX, c.Address, p.mx))
		case Form, API:
			all = append(all, p.one(ctx, HTTPS, c.Address, p.https))
		}
	}
	if e.Key != "" {
		all = append(all, p.key(e))
	}
	return all
}

// errUnknown marks what says nothing of the channel.
var errUnknown = errors.New("nothing was learned")

func (p Prober) one(ctx context.Context, what What, address string, look func(context.Context, string) error) Probe {
	patience := p.Patience
	if patience <= 0 {
		patience = 20 * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	now := p.Clock().UTC()
	out := Probe{Address: address, What: what, OK: true, First: now, Last: now}
	if err := look(ctx, address); err != nil {
		out.OK, out.Unknown, out.Detail = false, errors.Is(err, errUnknown), short(err.Error())
	}
	return out
}

// mx looks for a server that takes mail (RFC 5321, 5.1; RFC 7505).
func (p Prober) mx(ctx context.Context, address string) error {
	domain := address[strings.LastIndexByte(address, '@')+1:]
	list, err := p.Resolver.LookupMX(ctx, domain)
	var unresolved *net.DNSError
	switch {
	case err == nil && len(list) == 1 && strings.TrimSuffix(list[0].Host, ".") == "":
		return fmt.Errorf("%s says that it takes no mail", domain)
	case err == nil && len(list) > 0:
		return nil
	case err != nil && (!errors.As(err, &unresolved) || !unresolved.IsNotFound):
		return fmt.Errorf("the mail servers of %s could not be asked for: %w", domain, errUnknown)
	}
	if _, err := p.Resolver.LookupHost(ctx, domain); err != nil {
		if errors.As(err, &unresolved) && unresolved.IsNotFound {
			return fmt.Errorf("%s has no mail server", domain)
		}
		return fmt.Errorf("%s could not be asked for: %w", domain, errUnknown)
	}
	return nil
}

// https asks for a page. One that wants a sign-in, or another method, is there.
func (p Prober) https(ctx context.Context, address string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return err
	}
	req.Header.Set("User-Agent", "Candor directory probe")
	answer, err := p.Client.Do(req)
	if err != nil {
		return unanswered(err)
	}
	defer answer.Body.Close()
	switch s := answer.StatusCode; {
	case s == http.StatusNotFound, s == http.StatusGone, s >= 500 && s != http.StatusServiceUnavailable:
		return fmt.Errorf("the answer was %d %s", s, http.StatusText(s))
	case s == http.StatusTooManyRequests, s == http.StatusServiceUnavailable:
		return fmt.Errorf("the answer was %d %s: %w", s, http.StatusText(s), errUnknown)
	}
	return nil
}

// Unanswered says in a few words why a server did not answer; it names no
// address of ours.
func Unanswered(err error) string {
	said := unanswered(err)
	return strings.TrimSuffix(said.Error(), ": "+errUnknown.Error())
}

// unanswered says in a few words why a server did not answer. What Go says names
// addresses of ours, and is another text each time.
func unanswered(err error) error {
	// ours are errors of this machine or its network: they say nothing of a channel.
	ours := []error{context.Canceled, syscall.ENETUNREACH, syscall.EHOSTUNREACH, syscall.ENETDOWN, syscall.EADDRNOTAVAIL, syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS}
	var unresolved *net.DNSError
	var untrusted *tls.CertificateVerificationError
	var slow net.Error
	switch {
	case errors.As(err, &unresolved) && unresolved.IsNotFound && !unresolved.IsTemporary:
		return errors.New("there is no such name")
	case unresolved != nil:
		return fmt.Errorf("the name could not be asked for: %w", errUnknown)
	case slices.ContainsFunc(ours, func(one error) bool { return errors.Is(err, one) }):
		return fmt.Errorf("there is no way there from here: %w", errUnknown)
	case errors.Is(err, candor.ErrDenied):
		return errors.New("its address is not one of the open Internet")
	case errors.As(err, &untrusted):
		return errors.New("its certificate does not hold")
	case errors.Is(err, syscall.ECONNREFUSED):
		return errors.New("it takes no connections")
	case errors.As(err, &slow) && slow.Timeout():
		return errors.New("no answer in time")
	}
	return errors.New("no answer that could be read")
}

func (p Prober) key(e Entry) Probe {
	now := p.Clock().UTC()
	out := Probe{Address: e.Fingerprint(), What: Key, OK: true, First: now, Last: now}
	switch {
	case !e.Usable(now):
		out.OK, out.Detail = false, "the key cannot encrypt any more: it has expired or was revoked"
	case !e.Usable(now.Add(KeyAhead)):
		out.OK, out.Detail = false, "the key expires within 30 days"
	}
	return out
}

// short keeps what a stranger's server says to a line.
func short(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > 300 {
		s = strings.ToValidUTF8(s[:300], "") + "…"
	}
	return s
}
