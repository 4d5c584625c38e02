package access

import (
	"cmp"
	"fmt"
	"net/netip"
	"strconv"
	"time"

	"candor"
	"candor/internal/access/limit"
)

// Wait is the error for those who must wait before they try again. It is a
// kind of candor.ErrUnavailable.
type Wait struct {
	For time.Duration
	Why string // in words; empty for too many attempts
}

// Error says why, and how long, in whole seconds.
func (w *Wait) Error() string {
	return cmp.Or(w.Why, "too many attempts") + "; try again in " + strconv.Itoa(w.Seconds()) + " s"
}

// Unwrap gives the kind.
func (w *Wait) Unwrap() error { return candor.ErrUnavailable }

// Seconds rounds up, as for Retry-After (RFC 9110, 10.2.3).
func (w *Wait) Seconds() int { return int((w.For + time.Second - 1) / time.Second) }

// gate limits guessing. An account can be attacked from many addresses, and
// one address can attack many accounts, so both have buckets; and one address
// at one account waits longer and longer.
//
// Whoever attacks an account can empty its bucket for strangers, but not for
// browsers in which the owner signed in before: these carry a device cookie
// and have delays of their own (OWASP, "Slow Down Online Guessing Attacks with
// Device Cookies"). Passkeys, identity providers and reset links do not pass
// here at all. So nobody is shut out by somebody else.
type gate struct {
	addresses *limit.Buckets // failures from one network
	accounts  *limit.Buckets // failures at one account, from strangers
	pairs     *limit.Delays  // one network at one account
	devices   *limit.Delays  // one known browser
	begins    *limit.Buckets // ceremonies begun from one network
	resets    *limit.Buckets // resets asked for one account
}

// remembered bounds each of the six: about 3 MB each when full.
const remembered = 10_000

func newGate(c candor.Clock) *gate {
	return &gate{
		addresses: limit.NewBuckets(30, 10*time.Second, remembered, c),
		accounts:  limit.NewBuckets(20, time.Minute, remembered, c),
		pairs:     limit.NewDelays(5, time.Second, 15*time.Minute, remembered, c),
		devices:   limit.NewDelays(5, time.Second, 5*time.Minute, remembered, c),
		begins:    limit.NewBuckets(30, 2*time.Second, remembered, c),
		resets:    limit.NewBuckets(3, 20*time.Minute, remembered, c),
	}
}

// attempt is one try of a password on its way through the gate.
type attempt struct {
	gate                     *gate
	account, network, device string
}

// enter counts a try as a failure until passed, or says to wait. device is
// empty for a browser that the account does not know.
func (g *gate) enter(account string, from netip.Addr, device string) (*attempt, error) {
	a := &attempt{gate: g, account: string(digest(account)), network: network(from), device: device}
	if wait := g.addresses.Take(a.network); wait > 0 {
		return nil, &Wait{For: wait}
	}
	wait := a.slow()
	if wait > 0 {
		g.addresses.Return(a.network) // a try that is not made is no guess
		return nil, &Wait{For: wait}
	}
	return a, nil
}

func (a *attempt) slow() time.Duration {
	if a.device != "" {
		return a.gate.devices.Attempt(a.device)
	}
	if wait := a.gate.accounts.Take(a.account); wait > 0 {
		return wait
	}
	wait := a.gate.pairs.Attempt(a.network + a.account)
	if wait > 0 {
		a.gate.accounts.Return(a.account)
	}
	return wait
}

// passed takes the count back: the password was right, or was not looked at.
func (a *attempt) passed() {
	a.gate.addresses.Return(a.network)
	if a.device != "" {
		a.gate.devices.Passed(a.device)
		return
	}
	a.gate.accounts.Return(a.account)
	a.gate.pairs.Passed(a.network + a.account)
}

// begin bounds how many ceremonies a network can have the server remember.
func (g *gate) begin(from netip.Addr) error {
	if wait := g.begins.Take(network(from)); wait > 0 {
		return &Wait{For: wait}
	}
	return nil
}

// Network is what one person has of addresses, for limits: an IPv4 address, or a
// /64.
func Network(a netip.Addr) string { return network(a) }

func network(a netip.Addr) string {
	a = a.Unmap().WithZone("")
	bits := a.BitLen()
	if a.Is6() {
		bits = 64
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return "unknown"
	}
	return fmt.Sprint(p)
}
