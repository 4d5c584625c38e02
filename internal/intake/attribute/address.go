package attribute

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"candor"
	"candor/internal/flow/lease"
)

// within tells whether an address is of the provider's networks.
func (a *Attributor) within(ip netip.Addr) bool {
	return slices.ContainsFunc(a.options.Networks, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// address tells whose an address was, and a port of it (0: not told).
func (a *Attributor) address(ctx context.Context, ip netip.Addr, port uint16, s span) (Answer, error) {
	ip = ip.Unmap()
	fixed, err := a.records.AssetsByAddress(ctx, ip, s.from(), s.until())
	if err != nil {
		return Answer{}, err
	}
	static := candidates(fixed, machineOr(Static), time.Time{}, time.Time{})
	if !a.within(ip) && len(static) == 0 {
		return Answer{Verdict: Foreign, Why: "it is an address of no network of ours"}, nil
	}
	if a.leases == nil {
		return a.judge(static, s), nil
	}
	ask := func(from, until time.Time) lease.Tenures {
		return a.leases.Tenures(ip, port, from, until, 4*a.options.Most)
	}
	return a.leased(ctx, static, ask, s)
}

// machineOr is the way of holdings: servers have their own.
func machineOr(how How) func(candor.Holding) How {
	return func(h candor.Holding) How {
		if h.Kind == candor.Server {
			return Machine
		}
		return how
	}
}

// leased decides among what is static and leases.
func (a *Attributor) leased(ctx context.Context, static []Candidate, ask func(from, until time.Time) lease.Tenures, s span) (Answer, error) {
	t := ask(s.from(), s.until())
	bare := !slices.ContainsFunc(t.List, func(h lease.Tenure) bool { return !h.Static })
	if bare && len(static) > 0 && !t.Ports {
		return a.judge(static, s), nil
	}
	if s.from().Before(t.Since) {
		if !s.assumed {
			return a.open(Unknown, static, "it is longer ago than leases are kept"), nil
		}
		s.first = t.Since // the report cannot be told of anything before
	}
	all, err := a.tenants(ctx, t.List, s)
	if err != nil {
		return Answer{}, err
	}
	all = append(all, static...)
	var answer Answer
	switch {
	case t.Ports:
		answer = a.undecided(all, s, "a translator shares the address, and the port is not told")
	case t.More:
		answer = a.undecided(all, s, "more than one may have held it then")
	default:
		answer = a.judge(all, s)
	}
	answer.More = answer.More || t.More && len(answer.Candidates) > 0
	if answer.Verdict == Ours && slices.ContainsFunc(all, func(c Candidate) bool { return !c.known.IsZero() && s.until().After(c.known) }) {
		answer = a.open(Unknown, all, "its source, which usually tells more, has told of nothing after that yet")
		answer.Again = a.again(all, s)
	}
	if settled := s.until().Add(a.options.Settle); settled.After(a.options.Now()) && answer.Verdict != Several {
		answer = a.open(Unknown, all, "records of leases may still come")
		answer.Again = settled
	}
	return answer, nil
}

// tenants are the candidates of tenures. Static ones are left out: records tell
// of them, and since when.
func (a *Attributor) tenants(ctx context.Context, list []lease.Tenure, s span) ([]Candidate, error) {
	all := make([]Candidate, 0, len(list))
	for _, t := range list {
		if t.Static {
			continue
		}
		how := Lease
		if t.Shared {
			how = Translator
		}
		nobody := Candidate{How: how, Since: t.From, Until: t.Until}
		asset, ok := a.leases.Asset(t)
		if !ok {
			all = append(all, nobody)
			continue
		}
		owners, err := a.records.Owners(ctx, asset, s.from(), s.until())
		if err != nil {
			return nil, err
		}
		if len(owners) == 0 {
			all = append(all, nobody)
		}
		for _, c := range candidates(owners, always(how), t.From, t.Until) {
			c.Doubtful, c.known, c.every = t.Reason == lease.Silence, t.Known, t.Every
			all = append(all, c)
		}
	}
	return all, nil
}

// network tells whose a network was: of all that had addresses in it.
func (a *Attributor) network(ctx context.Context, p netip.Prefix, s span) (Answer, error) {
	if p.IsSingleIP() {
		return a.address(ctx, p.Addr(), 0, s)
	}
	fixed, err := a.records.AssetsWithin(ctx, p, s.from(), s.until())
	if err != nil {
		return Answer{}, err
	}
	static := candidates(fixed, machineOr(Static), time.Time{}, time.Time{})
	ours := slices.ContainsFunc(a.options.Networks, func(n netip.Prefix) bool { return n.Bits() <= p.Bits() && n.Contains(p.Addr()) })
	if !ours && len(static) == 0 {
		if slices.ContainsFunc(a.options.Networks, p.Overlaps) {
			return Answer{Verdict: Several, Why: "only a part of it is ours"}, nil
		}
		return Answer{Verdict: Foreign, Why: "it is no network of ours"}, nil
	}
	if a.leases == nil {
		return a.judge(static, s), nil
	}
	ask := func(from, until time.Time) lease.Tenures {
		return a.leases.TenuresWithin(p, from, until, 4*a.options.Most)
	}
	return a.leased(ctx, static, ask, s)
}
