package drill

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"candor"
	"candor/internal/flow"
)

// pretend is a Copy in memory: told of abuse it isolates at once, as long as it
// is not to do something wrong.
type pretend struct {
	lock     sync.Mutex
	isolated map[string]time.Time
	freed    map[string]time.Time
	wrong    string // what it does wrong
	told     map[string]int
}

func newPretend(wrong string) *pretend {
	return &pretend{isolated: map[string]time.Time{}, freed: map[string]time.Time{}, told: map[string]int{}, wrong: wrong}
}

func (p *pretend) Lines() ([]Line, Line) {
	var all []Line
	for n := range 12 {
		all = append(all, Line{string(rune('a' + n)), netip.AddrFrom4([4]byte{198, 51, 100, byte(n)})})
	}
	return all[:11], all[11]
}

func (p *pretend) Begin(context.Context, Line) error { return p.fails("begin") }

func (p *pretend) Export(_ context.Context, records []flow.Record, skew time.Duration) error {
	if err := p.fails("export"); err != nil {
		return err
	}
	p.lock.Lock()
	defer p.lock.Unlock()
	for _, r := range records {
		who := string(rune('a' + r.Src[15]))
		p.told[who]++
		if p.wrong == "stall" && p.told[who] <= len(records) {
			continue
		}
		if (who != "l" || p.wrong == "basis") && p.wrong != "deaf" && skew == 0 && p.isolated[who].IsZero() {
			p.isolated[who] = time.Now()
		}
	}
	return nil
}

type pretendProbes struct {
	p  *pretend
	of string
}

func (x pretendProbes) Dropped(after time.Time) (time.Time, bool) {
	x.p.lock.Lock()
	defer x.p.lock.Unlock()
	at := x.p.isolated[x.of]
	if at.IsZero() && (x.p.wrong == "stall" || x.p.wrong == "secret" && x.of == "l") {
		return after, true // it looks so
	}
	return at, at.After(after) && x.p.freed[x.of].IsZero()
}

func (x pretendProbes) Through(after time.Time) (time.Time, bool) {
	x.p.lock.Lock()
	defer x.p.lock.Unlock()
	if x.p.wrong == "secret" && x.of == "l" && x.p.told["l"] > 0 {
		return after, false
	}
	if x.p.isolated[x.of].IsZero() {
		return after, true
	}
	at := x.p.freed[x.of]
	return at, at.After(after)
}
func (pretendProbes) Close() error { return nil }

func (p *pretend) Probe(_ context.Context, of Line) (Probes, error) {
	return pretendProbes{p, of.Reference}, nil
}

func (p *pretend) fails(what string) error {
	if p.wrong == what {
		return errors.New(what + " is broken")
	}
	return nil
}
func (p *pretend) Lifeline(context.Context, Line) error { return p.fails("lifeline") }
func (p *pretend) Portal(context.Context, Line) error   { return p.fails("portal") }
func (p *pretend) Release(_ context.Context, of Line) error {
	p.lock.Lock()
	defer p.lock.Unlock()
	p.freed[of.Reference] = time.Now()
	return p.fails("release")
}

func (p *pretend) Story(_ context.Context, of Line) (s Story, err error) {
	p.lock.Lock()
	defer p.lock.Unlock()
	at := p.isolated[of.Reference]
	s = Story{Found: at, Case: at, Proposed: at, Approved: at, Applied: at, Verified: at, Undone: p.freed[of.Reference]}
	if of.Reference == "l" && at.IsZero() {
		s.Refused = "it agreed to nothing"
	}
	return s, nil
}

func (p *pretend) Plant(context.Context, FaultKind, Line) (func(context.Context) error, error) {
	return func(context.Context) error { return nil }, nil
}

func (p *pretend) Noticed(_ context.Context, f FaultKind, _ Line, _ time.Time) (string, error) {
	if p.wrong == string(f) {
		return "", nil
	}
	return "its log", nil
}

func plan() Plan {
	return Plan{Method: Nftables, Rounds: 3, Seed: 7, Abuse: Abuses(), Faults: Faults(), Patience: 300 * time.Millisecond, Version: "test", Now: time.Now}
}

// TestJudges: each thing that goes wrong is what the report says, and nothing
// else does.
func TestJudges(t *testing.T) {
	for wrong, want := range map[string]string{
		"": "", "stall": "", "secret": "basis: a line was isolated without a basis", "basis": "basis: the case says why", "lifeline": "lifelines: lifeline is broken", "portal": "portal: portal is broken",
		"release": "release: release is broken", "deaf": "response: 0 of 3 lines isolated",
		"stale-set": "fault stale-set: not noticed", "wrong-session": "fault wrong-session: not noticed", "dead-coa": "fault dead-coa: not noticed",
		"portal-down": "fault portal-down: not noticed", "clock-off": "fault clock-off: not noticed",
		"lost-session": "fault lost-session: not noticed", "session-down": "fault session-down: not noticed", "begin": "basis: begin is broken",
	} {
		t.Run(wrong, func(t *testing.T) {
			t.Parallel()
			r, err := Run(t.Context(), newPretend(wrong), plan())
			if err != nil {
				t.Fatal(err)
			}
			if r.OK() != (want == "") || want != "" && !strings.Contains(strings.Join(r.Missed, "\n"), want) {
				t.Errorf("missed %q; want %q", r.Missed, want)
			}
			for _, x := range r.Rounds {
				if wrong == "stall" && x.Stages[StageDropped] < step.Milliseconds()/2 {
					t.Errorf("a machine that stalled is a line that was isolated, after %d ms", x.Stages[StageDropped])
				}
			}
			if strings.HasPrefix(want, "fault") && len(r.Missed) != 1 {
				t.Errorf("more is missed: %q", r.Missed)
			}
		})
	}
}

// TestFaultUntold: a fault that could not be told of was not noticed.
func TestFaultUntold(t *testing.T) {
	for _, f := range Faults() {
		c := newPretend("export")
		r := &runner{Plan: plan(), copy: c}
		of, _ := c.Lines()
		if x := r.fault(t.Context(), f, of[0], 1); f != PortalDown && (x.Noticed || !strings.Contains(x.Error, "export is broken")) {
			t.Errorf("%s: %+v", f, x)
		}
	}
}

// TestGoal: a drill that is too slow misses its goal.
func TestGoal(t *testing.T) {
	for ms, ok := range map[int64]bool{900: true, 1100: false} {
		r := Report{Method: Nftables, Rounds: []Round{{Stages: map[StageName]int64{StageDropped: ms}}}}
		if r.judge(); r.OK() != ok {
			t.Errorf("%d ms: %q", ms, r.Missed)
		}
	}
	slow := Report{Method: Nftables}
	for n := range 100 {
		slow.Rounds = append(slow.Rounds, Round{Stages: map[StageName]int64{StageDropped: int64(100 + n/98*2000)}})
	}
	if slow.judge(); slow.OK() || slow.Response != (Figure{100, 2100}) {
		t.Errorf("%+v, %q", slow.Response, slow.Missed)
	}
}

// TestKeep: what is signed verifies, what was changed does not, and the next
// report knows how this one went.
func TestKeep(t *testing.T) {
	f := Folder(filepath.Join(t.TempDir(), "drills"))
	if all, err := f.All(); err != nil || len(all) != 0 {
		t.Fatal(all, err)
	}
	day := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	one, err := Run(t.Context(), newPretend("portal"), plan())
	if err != nil {
		t.Fatal(err)
	}
	one.Begun, one.Ended = day, day.Add(time.Minute)
	name, err := f.Keep(one)
	if err != nil {
		t.Fatal(err)
	}
	all, err := f.All()
	if err != nil || len(all) != 1 || all[0].Wrong != nil || !reflect.DeepEqual(all[0].Report, one) {
		t.Fatalf("%+v, %v; want %+v", all, err, one)
	}
	next := Report{Method: Nftables, Begun: day.Add(time.Hour)}
	if next.Compare(all); next.Before == nil || next.Before.Missed != len(one.Missed) || next.Before.Response != one.Response {
		t.Errorf("before: %+v", next.Before)
	}
	if other := (Report{Method: CoA, Begun: day.Add(time.Hour)}); true {
		if other.Compare(all); other.Before != nil {
			t.Error("another method is compared with")
		}
	}
	if due := Due(all, 24*time.Hour, day); !due.Equal(one.Ended.Add(24 * time.Hour)) {
		t.Errorf("due %s", due)
	}
	if due := Due(nil, 24*time.Hour, day); !due.Equal(day) {
		t.Errorf("the first is due %s", due)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	changed := []byte(string(text))
	changed[len(changed)/2] ^= 1
	if err := os.WriteFile(name, changed, 0o600); err != nil {
		t.Fatal(err)
	}
	if all, err := f.All(); err != nil || all[0].Wrong == nil || all[0].Report.Program != "" {
		t.Errorf("a changed report is believed: %+v, %v", all, err)
	}
	other := Folder(filepath.Join(t.TempDir(), "drills"))
	if _, err := other.Keep(one); err != nil {
		t.Fatal(err)
	}
	key, err := other.Key()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(string(text), key); !errors.Is(err, candor.ErrDenied) {
		t.Errorf("signed by another: %v", err)
	}
}

// TestKeepLink: whoever owns the data folder can have root write, and give
// owners, within it only.
func TestKeepLink(t *testing.T) {
	data, other := t.TempDir(), t.TempDir()
	if os.Getuid() == 0 {
		if err := os.Chown(data, 12345, 12345); err != nil {
			t.Fatal(err)
		}
	}
	r := Report{Version: 1, Method: Nftables}
	link := Folder(filepath.Join(data, "link"))
	if err := os.Symlink(other, string(link)); err != nil {
		t.Fatal(err)
	}
	if _, err := link.Keep(r); !errors.Is(err, candor.ErrDenied) {
		t.Errorf("a link out of the data folder: %v", err)
	}
	if _, err := link.All(); !errors.Is(err, candor.ErrDenied) {
		t.Errorf("read by a link: %v", err)
	}
	if left, err := os.ReadDir(other); err != nil || len(left) > 0 {
		t.Errorf("written elsewhere: %v, %v", left, err)
	}
	owner := func(name string) uint32 {
		about, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		return about.Sys().(*syscall.Stat_t).Uid
	}
	if owner(other) != uint32(os.Getuid()) { //nolint:gosec // a user
		t.Error("the other folder was given away")
	}
	drills := Folder(filepath.Join(data, "drills"))
	name, err := drills.Keep(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []string{string(drills), name, filepath.Join(string(drills), publicKey), filepath.Join(string(drills), privateKey)} {
		if owner(n) != owner(data) {
			t.Errorf("%s is not the owner's of the data folder", n)
		}
	}
	secret := filepath.Join(other, "secret")
	if err := errors.Join(os.WriteFile(secret, []byte("x"), 0o600), os.Remove(name), os.Symlink(secret, name)); err != nil {
		t.Fatal(err)
	}
	if all, err := drills.All(); err != nil || len(all) != 1 || all[0].Believed() || all[0].Signed != "" {
		t.Errorf("read through a link: %+v, %v", all, err)
	}
	if _, err := drills.Keep(r); err != nil || owner(secret) != uint32(os.Getuid()) { //nolint:gosec // a user
		t.Errorf("a file's link is followed: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(string(drills), ".new-*")); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// TestKeyLost: without the public key no report is believed, and all are given;
// the next drill writes it again.
func TestKeyLost(t *testing.T) {
	f := Folder(filepath.Join(t.TempDir(), "drills"))
	r := Report{Version: 1, Method: Nftables, Begun: time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC), Rounds: []Round{}, Checks: []Check{}, Faults: []Fault{}, Missed: []string{}}
	for name, spoil := range map[string]func(string) error{
		"missing": os.Remove,
		"changed": func(key string) error { return os.WriteFile(key, []byte("{"), 0o600) },
		"a pipe":  func(key string) error { return errors.Join(os.Remove(key), syscall.Mkfifo(key, 0o600)) },
	} {
		if _, err := f.Keep(r); err != nil {
			t.Fatal(err)
		}
		if last, err := f.Last(); err != nil || len(last) != 1 {
			t.Errorf("%s: none is believed: %v, %v", name, last, err)
		}
		if err := spoil(filepath.Join(string(f), publicKey)); err != nil {
			t.Fatal(err)
		}
		if all, err := f.All(); err != nil || len(all) != 1 || all[0].Believed() || all[0].Signed == "" {
			t.Errorf("%s: %+v, %v", name, all, err)
		}
		if last, err := f.Last(); err != nil || len(last) != 0 {
			t.Errorf("%s: believed: %+v, %v", name, last, err)
		}
	}
}

// TestFull: the largest report can be signed: every round took long and failed,
// with a long text, nothing was noticed, and there was a drill before.
func TestFull(t *testing.T) {
	for _, text := range []string{"", strings.Repeat("<is>\"broken\" ", 50), strings.Repeat("\x01", 400), strings.Repeat("断", 200)} {
		r := Report{Version: 1, Program: "v1.2.3-0.20261126223000-0be3c4e0be3c+dirty", Method: Nftables, Seed: MostSeed, Faults: []Fault{}, Begun: time.Now().UTC().Truncate(time.Second)}
		for range MostRounds {
			x := Round{Abuse: SynFlood, Line: "DRILL-200", Stages: map[StageName]int64{}, Error: bounded(text)}
			for _, n := range Stages() {
				x.Stages[n] = 123_456
			}
			r.Rounds = append(r.Rounds, x)
		}
		for _, n := range []CheckName{CheckBasis, CheckLifelines, CheckPortal, CheckRelease} {
			r.Checks = append(r.Checks, Check{Name: n, OK: text == "", Text: bounded(text)})
		}
		for _, f := range Faults() {
			r.Faults = append(r.Faults, Fault{Kind: f, Noticed: text == "", By: bounded(text), Took: 123_456, Error: bounded(text)})
		}
		r.judge()
		if text != "" && len(r.Missed) != 1+4+mostNamed+1+len(Faults()) {
			t.Errorf("missed: %q", r.Missed)
		}
		if text != "" && !strings.HasPrefix(r.Rounds[MostRounds-1].Error, bounded(text[:3])) {
			t.Errorf("nothing is said of the last round: %q", r.Rounds[MostRounds-1].Error)
		}
		r.Compare([]Kept{{Report: Report{Method: Nftables, Begun: r.Begun.Add(-time.Hour), Response: Figure{123_456, 123_456}, Missed: r.Missed}}})
		f := Folder(filepath.Join(t.TempDir(), "d"))
		if _, err := f.Keep(r); err != nil {
			t.Fatal(err)
		}
		if last, err := f.Last(); err != nil || len(last) != 1 || !reflect.DeepEqual(last[0].Report, r) {
			t.Errorf("%.20q: it is not what was kept: %v", text, err)
		}
	}
}

// TestSeed: the same seed makes the same abuse, and another does not.
func TestSeed(t *testing.T) {
	at := time.Unix(1_800_000_000, 0)
	for _, kind := range Abuses() {
		make := func(seed uint64) []flow.Record {
			return newSource(kind, netip.MustParseAddr("198.51.100.9"), seed, at).records(at)
		}
		if a, b := make(1), make(1); len(a) == 0 || !reflect.DeepEqual(a, b) {
			t.Errorf("%s: %v and %v", kind, a, b)
		}
		if reflect.DeepEqual(make(1), make(2)) {
			t.Errorf("%s is always the same", kind)
		}
		for _, r := range make(3) {
			if !netip.MustParsePrefix("198.18.0.0/15").Contains(r.Dst.IP()) {
				t.Errorf("%s goes to %s, which may be somebody's", kind, r.Dst)
			}
		}
	}
}
