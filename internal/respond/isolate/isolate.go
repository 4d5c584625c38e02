// Package isolate keeps subscribers' lines from some of the network, or all of
// it, for a time. It is a method of package respond (RFC 6561; ITU-T X.1207,
// 11.1.3).
//
// What is isolated is a line, an asset of the provider's. An isolation is a row
// of the store, which is there before anything is enforced and gone only after
// nothing is any more; the enforcement points follow the rows. A line with
// several isolations is kept at the strongest level of them.
//
// A line's addresses change hands. What is enforced follows the line to its new
// session, and leaves an address at once that may be another's: Tend sees to
// that, and to what was changed at an enforcement point behind our back.
//
// The guard (guard.go) is the only way to an enforcement point. It holds
// against every policy and every fault elsewhere: vital lines are never
// isolated, caps are counted in the store for all nodes, and an address is
// isolated only while it is certainly the line's.
package isolate

import (
	"context"
	"encoding/json"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"candor"
	"candor/internal/respond"
)

// Name is what Response.Method holds.
const Name = "isolate"

// Config is what a Method needs.
type Config struct {
	Store    Store
	Sessions Sessions
	Points   []Point // each with a name of its own
	Limits   Limits
	Prober   Prober // nil: only enforcement points are asked what holds
	Probes   Probes
	Now      candor.Clock
	// Bound is how long enforcement points keep what nobody renews. Tend renews
	// what is left for less than half of it.
	Bound time.Duration
}

// Prober tries what a line can reach. It is safe for concurrent use.
type Prober interface {
	// Through tells whether a packet that has an address of a line as its source
	// gets to a place, past the enforcement points. With an error nobody knows.
	Through(ctx context.Context, from netip.Addr, to Place) (bool, error)
}

// Place is where a probe goes.
type Place struct {
	Protocol string // udp, tcp
	Addr     netip.AddrPort
}

// String writes the place as the configuration has it: "udp 192.0.2.1:9".
func (p Place) String() string { return p.Protocol + " " + p.Addr.String() }

// Probes say what a line must not reach, and what it must.
type Probes struct {
	Outside   []Place // not from a walled garden, nor when disconnected
	Ports     []Place // not when ports are blocked
	Lifelines []Place // always
}

// Method is a respond.Method, and a respond.Prover. It is safe for concurrent
// use, and by several processes on one store.
type Method struct {
	Config
	guard  *guard
	tended atomic.Bool
	seen   sync.Map // at which level lines, by asset, were seen to be kept
	tried  sync.Map // when lines, by asset, were probed last
	held   sync.Map // lines, by asset, that probes did not get out of
}

// New makes a Method.
func New(c Config) *Method {
	return &Method{Config: c, guard: &guard{Limits: c.Limits, store: c.Store, sessions: c.Sessions, points: c.Points, now: c.Now}}
}

// Name implements respond.Method.
func (*Method) Name() string { return Name }

// TouchesAsset implements respond.Method.
func (*Method) TouchesAsset() bool { return true }

// State says how far an isolation is.
type State string

const (
	Setting  State = "setting"
	Set      State = "set"
	Clearing State = "clearing"
	Clear    State = "clear"
)

// Result is the result of a response.
type Result struct {
	State   State     `json:"state"`
	Level   Level     `json:"level"`
	Session Session   `json:"session"` // by which it was enforced when it was applied
	Points  []string  `json:"points,omitempty"`
	At      time.Time `json:"at"` // of the state
}

// ReadResult reads Response.Result; the zero Result if it has none.
func ReadResult(r candor.Response) (res Result, err error) {
	if len(r.Result) == 0 {
		return res, nil
	}
	if err := json.Unmarshal(r.Result, &res); err != nil {
		return res, invalid("the result of response "+string(r.ID)+" cannot be read", "Restore the response from a backup.")
	}
	return res, nil
}

// Prove implements respond.Prover. Addresses and names of sessions are personal.
func (*Method) Prove(r candor.Response) (respond.Proof, error) {
	res, err := ReadResult(r)
	if err != nil || res.State == "" {
		return respond.Proof{}, err
	}
	body, err := json.Marshal(struct {
		State  State    `json:"state"`
		Level  Level    `json:"level"`
		Points []string `json:"points,omitempty"`
	}{res.State, res.Level, res.Points})
	return respond.Proof{Body: body, Personal: map[string]string{"session": string(res.Session.encode())}}, err
}

var (
	_ respond.Method = (*Method)(nil)
	_ respond.Prover = (*Method)(nil)
)
