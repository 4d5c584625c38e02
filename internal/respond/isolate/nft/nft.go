// Package nft isolates lines on a Linux router by nftables: on this machine, in
// a network namespace of it, or on another by SSH.
//
// All of it lies in the table "inet candor"; no other table is read or changed.
// Each level has a set of addresses for each family, and rules that look at the
// sets. Every change is one transaction of the kernel's. Entries end by
// themselves unless they are renewed, so that a router that is left alone lets
// everybody go.
//
// Chains of other tables still see what is let pass here, and may drop it.
package nft

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"candor/internal/respond/isolate"
)

// Policy says what isolated lines reach. Destinations that are let pass are so
// before anything is dropped.
type Policy struct {
	Lifelines []netip.Prefix   // at every level: emergency services
	Allowed   []netip.Prefix   // from the walled garden: updates, help
	DNS       []netip.Addr     // name servers; all name service is redirected to the first of its family
	Portal    []netip.AddrPort // one of each family at most: where port 80 is redirected to
	Ports     []uint16         // that BlockPorts keeps a line from, of TCP and UDP
	Rate      int              // bytes a second that RateLimit leaves, each way
	Bound     time.Duration    // how long an entry lasts that is not renewed
}

// Enforcer is an isolate.Enforcer. It is safe for concurrent use.
type Enforcer struct {
	policy Policy
	rules  ruleset
	router router
}

// router is where the table is.
type router interface {
	// load reads a file in nft's own language, as one transaction.
	load(ctx context.Context, text string) error
	// change makes changes, as one transaction.
	change(ctx context.Context, all []change) error
	// list reads the table. One that is not there is the zero table.
	list(context.Context) (table, error)
	close() error
}

// change is one entry that is put into a set, or taken out.
type change struct {
	set     string
	network netip.Prefix
	out     bool
	last    time.Duration // of what is put in
}

// table is what a router has.
type table struct {
	rules map[string]int // by chain
	sizes map[string]int // entries, by set
	held  []isolate.Held
}

func newEnforcer(p Policy, r router) (*Enforcer, error) {
	rules, err := write(p)
	if err != nil {
		return nil, err
	}
	return &Enforcer{policy: p, rules: rules, router: r}, nil
}

// Levels implements isolate.Enforcer. There is no walled garden without a portal.
func (e *Enforcer) Levels() []isolate.Level {
	return slices.DeleteFunc(isolate.Levels(), func(l isolate.Level) bool {
		return l == isolate.WalledGarden && len(e.policy.Portal) == 0 || l == isolate.RateLimit && e.policy.Rate == 0 || l == isolate.BlockPorts && len(e.policy.Ports) == 0
	})
}

// sets names the sets of levels, without the family.
func sets() map[isolate.Level]string {
	return map[isolate.Level]string{isolate.RateLimit: "slow", isolate.BlockPorts: "ports", isolate.WalledGarden: "garden", isolate.Disconnect: "off"}
}

// setOf names the set of a level that a network belongs into.
func setOf(l isolate.Level, n netip.Prefix) string { return sets()[l] + family(n.Addr()) }

func family(a netip.Addr) string {
	if a.Is4() {
		return "4"
	}
	return "6"
}

// Set implements isolate.Enforcer: in one transaction the addresses leave the
// sets of other levels and come, with their full time, into that of l.
func (e *Enforcer) Set(ctx context.Context, s isolate.Session, l isolate.Level) error {
	var all []change
	for _, a := range s.Addresses {
		all = append(all, e.leave(a)...)
		all = append(all, change{set: setOf(l, a), network: a, last: e.policy.Bound})
	}
	return e.carry(ctx, all)
}

// Clear implements isolate.Enforcer.
func (e *Enforcer) Clear(ctx context.Context, s isolate.Session) error {
	var all []change
	for _, a := range s.Addresses {
		all = append(all, e.leave(a)...)
	}
	return e.carry(ctx, all)
}

// leave has a network be in no set. What is not there cannot be taken out, and
// what is there keeps its time: it is put in, and out again.
func (e *Enforcer) leave(a netip.Prefix) (all []change) {
	for _, l := range isolate.Levels() {
		set := setOf(l, a)
		all = append(all, change{set: set, network: a, last: e.policy.Bound}, change{set: set, network: a, out: true})
	}
	return all
}

// carry makes changes. Where the table is gone it is made first.
func (e *Enforcer) carry(ctx context.Context, all []change) error {
	if len(all) == 0 {
		return nil
	}
	err := e.router.change(ctx, all)
	if err == nil {
		return nil
	}
	if e.router.load(ctx, e.rules.text) != nil {
		return err
	}
	return e.router.change(ctx, all)
}

// List implements isolate.Enforcer.
func (e *Enforcer) List(ctx context.Context) ([]isolate.Held, error) {
	t, err := e.router.list(ctx)
	if err == nil && !e.rules.whole(t) {
		return nil, fmt.Errorf("the rules of table %s are not all there", tableName)
	}
	return t.held, err
}

// Mend implements isolate.Mender: rules, and what they let pass.
func (e *Enforcer) Mend(ctx context.Context) (bool, error) {
	t, err := e.router.list(ctx)
	if err != nil || e.rules.whole(t) {
		return false, err
	}
	return true, e.router.load(ctx, e.rules.text)
}

// Open makes the table, or brings that of an earlier run to the policy. Entries
// stay.
func (e *Enforcer) Open(ctx context.Context) error { return e.router.load(ctx, e.rules.text) }

// Remove takes the whole table away, and frees every line.
func (e *Enforcer) Remove(ctx context.Context) error {
	return e.router.load(ctx, "add table "+tableName+"\ndelete table "+tableName+"\n")
}

// Close ends what the Enforcer has open. The table stays.
func (e *Enforcer) Close() error { return e.router.close() }

var (
	_ isolate.Enforcer = (*Enforcer)(nil)
	_ isolate.Mender   = (*Enforcer)(nil)
)
