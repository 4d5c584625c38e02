package attribute

import (
	"context"
	"errors"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"candor"
	"candor/internal/intake"
)

// host tells whose the host of a URL, or a domain, was.
func (a *Attributor) host(ctx context.Context, r intake.Resource, s span) (Answer, error) {
	name, ok := intake.Hostname(r.Host())
	if !ok {
		return Answer{Verdict: Unknown, Why: "it names no host"}, nil
	}
	if ip, err := netip.ParseAddr(name); err == nil {
		answer, err := a.address(ctx, ip, port(r), s)
		if err != nil {
			return Answer{}, err
		}
		return a.crowd(ctx, answer)
	}
	answer, found, err := a.named(ctx, name, s)
	if err != nil || found {
		return answer, err
	}
	return a.resolved(ctx, name, port(r), s)
}

// port is that of a URL.
func port(r intake.Resource) uint16 {
	if r.Port != 0 {
		return r.Port
	}
	u, err := url.Parse(r.Value)
	if err != nil {
		return 0
	}
	if n, err := strconv.ParseUint(u.Port(), 10, 16); err == nil {
		return uint16(n)
	}
	return map[string]uint16{"http": 80, "https": 443, "ftp": 21}[u.Scheme]
}

// named tells whose a host name was, if it was anybody's.
func (a *Attributor) named(ctx context.Context, name string, s span) (answer Answer, found bool, err error) {
	held, err := a.records.SitesByHost(ctx, name, s.from(), s.until())
	if err != nil || len(held) == 0 {
		return Answer{}, false, err
	}
	answer = a.judge(nearest(candidates(held, always(VHost), time.Time{}, time.Time{}), name, s), s)
	if err := a.carriers(ctx, &answer); err != nil {
		return Answer{}, false, err
	}
	return answer, true, nil
}

// nearest leaves the candidates with the nearest name, if they have it for all
// of a span, and all if they do not.
func nearest(all []Candidate, name string, s span) []Candidate {
	of := func(c Candidate) int {
		switch {
		case c.What == name:
			return 0
		case !strings.HasPrefix(c.What, "*."):
			return 1
		}
		return 2 + len(name) - len(c.What)
	}
	best := of(all[0])
	for _, c := range all {
		best = min(best, of(c))
	}
	var near []Candidate
	wide := span{first: s.from(), last: s.until()}
	whole := false
	for _, c := range all {
		if of(c) == best {
			near = append(near, c)
			whole = whole || covers(c, wide)
		}
	}
	if whole {
		return near
	}
	return all
}

// carriers notes at sites the party of the server that they lie on.
func (a *Attributor) carriers(ctx context.Context, answer *Answer) error {
	all := []*Candidate{&answer.Candidate}
	for i := range answer.Candidates {
		all = append(all, &answer.Candidates[i])
	}
	for _, c := range all {
		if c.Asset == "" || c.Kind != candor.Site {
			continue
		}
		site, err := a.records.Asset(ctx, c.Asset)
		if err != nil {
			return err
		}
		if site.Server == "" {
			continue
		}
		on, err := a.records.Asset(ctx, site.Server)
		if err != nil && !errors.Is(err, candor.ErrNotFound) {
			return err
		}
		if on.Owner != c.Party {
			c.Carrier = on.Owner
		}
	}
	return nil
}

// crowd makes of a server with sites the question which of them is meant.
func (a *Attributor) crowd(ctx context.Context, answer Answer) (Answer, error) {
	if answer.Verdict != Ours || answer.Kind != candor.Server {
		return answer, nil
	}
	sites, err := a.records.SitesOn(ctx, answer.Asset, a.options.Most+1)
	if err != nil || len(sites) == 0 {
		return answer, err
	}
	all := []Candidate{answer.Candidate}
	for _, site := range sites {
		c := Candidate{Asset: site.ID, Kind: site.Kind, Party: site.Owner, How: answer.How, Since: site.Created}
		if answer.Party != site.Owner {
			c.Carrier = answer.Party
		}
		all = append(all, c)
	}
	return a.open(Several, all, "a server of ours with several sites"), nil
}

// resolved tells whose the address was that a name led to.
func (a *Attributor) resolved(ctx context.Context, name string, port uint16, s span) (Answer, error) {
	if a.resolver == nil {
		return Answer{Verdict: Unknown, Why: "it is the name of no site, and names are not asked for addresses"}, nil
	}
	led, err := a.resolver.Addresses(ctx, name, s.from(), s.until())
	switch {
	case err != nil:
		return Answer{}, err
	case len(led) == 0:
		return Answer{Verdict: Unknown, Why: "it is the name of no site, and leads to no address"}, nil
	}
	var ours []Answer
	sure := true
	for _, n := range led {
		answer, err := a.address(ctx, n.Address, port, s)
		if err == nil {
			answer, err = a.crowd(ctx, answer)
		}
		if err != nil {
			return Answer{}, err
		}
		if answer.Verdict == Foreign {
			continue
		}
		sure = sure && a.led(n, s)
		ours = append(ours, answer)
	}
	switch len(ours) {
	case 0:
		return Answer{Verdict: Foreign, Why: "its addresses are of no network of ours"}, nil
	case 1:
		if answer := ours[0]; len(led) == 1 && (sure || answer.Verdict != Ours) {
			if answer.Verdict == Ours {
				answer.How = DNS
			}
			return answer, nil
		}
	}
	return a.some(ours, s), nil
}

// led tells whether a name led to an address for all of a span.
func (a *Attributor) led(n Name, s span) bool {
	if n.Since.IsZero() {
		n.Since = a.options.Now().Add(-a.options.Fresh)
	}
	return covers(Candidate{Since: n.Since, Until: n.Until}, s)
}

// some puts answers of several addresses together.
func (a *Attributor) some(ours []Answer, s span) Answer {
	var all []Candidate
	for _, answer := range ours {
		if answer.Verdict == Ours {
			all = append(all, answer.Candidate)
		}
		all = append(all, answer.Candidates...)
	}
	for i := range all {
		all[i].How = DNS
	}
	return a.undecided(all, s, "it is the name of no site, and leads to addresses of ours now, or to several")
}
