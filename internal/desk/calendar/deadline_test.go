package calendar

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"candor"
)

func start(t testing.TB, name string, when time.Time) Deadline {
	t.Helper()
	d, err := Start(rule(t, name), when)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestLife follows one customer's deadline: a warning, a pause, an end.
func TestLife(t *testing.T) {
	cal := office(t)
	d := start(t, Customer(candor.High), at(t, cal, "2026-11-02 10:00")) // three days, warns one before
	look := func(when string, state candor.DeadlineState, left time.Duration, warn bool, next string) {
		t.Helper()
		s := d.At(at(t, cal, when), cal)
		if s.State != state || s.Remaining != left || s.Warn != warn {
			t.Errorf("%s: %+v", when, s)
		}
		if next == "" != s.Next.IsZero() || next != "" && !s.Next.Truncate(time.Minute).Equal(at(t, cal, next)) {
			t.Errorf("%s: looks again at %s, want %s", when, s.Next, next)
		}
	}
	change := func(next Deadline, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		d = next
	}
	look("2026-11-02 10:00", candor.DeadlineRunning, 72*time.Hour, false, "2026-11-04 10:00")
	look("2026-11-04 10:00", candor.DeadlineRunning, 24*time.Hour, true, "2026-11-05 10:00")
	d = d.Warn(at(t, cal, "2026-11-04 10:05"))
	look("2026-11-04 10:06", candor.DeadlineRunning, 24*time.Hour-6*time.Minute, false, "2026-11-05 10:00")
	change(d.Pause(at(t, cal, "2026-11-05 09:00"), cal))
	look("2026-11-09 09:00", Paused, time.Hour, false, "")
	change(d.Resume(at(t, cal, "2026-11-10 09:00"), cal))
	look("2026-11-10 09:30", candor.DeadlineRunning, 30*time.Minute, false, "2026-11-10 10:00")
	look("2026-11-10 10:00", candor.DeadlineRunning, 0, false, "2026-11-10 10:00")
	look("2026-11-10 10:01", candor.DeadlineMissed, -time.Minute, false, "")
	look("2026-11-07 10:00", Paused, time.Hour, false, "") // as it was then

	met, err := d.Meet(at(t, cal, "2026-11-10 10:00"), cal)
	if err != nil {
		t.Fatal(err)
	}
	if s := met.At(at(t, cal, "2027-01-01 00:00"), cal); s.State != candor.DeadlineMet || s.Remaining != 0 {
		t.Errorf("met in the last moment: %+v", s)
	}
	change(d.Meet(at(t, cal, "2026-11-10 12:00"), cal))
	look("2026-11-11 10:00", candor.DeadlineMissed, -2*time.Hour, false, "")
	if _, err := d.Meet(at(t, cal, "2026-11-12 12:00"), cal); !errors.Is(err, candor.ErrInvalid) {
		t.Errorf("it was met twice: %v", err)
	}
}

func TestRefusals(t *testing.T) {
	cal := office(t)
	began := at(t, cal, "2026-11-02 10:00")
	law := start(t, NIS2EarlyWarning, began)
	if _, err := law.Pause(began, cal); !errors.Is(err, candor.ErrDenied) || candor.Hint(err) == "" {
		t.Errorf("the law was paused: %v", err)
	}
	d := start(t, Customer(candor.Medium), began)
	paused, err := d.Pause(began.Add(time.Hour), cal)
	if err != nil {
		t.Fatal(err)
	}
	cancelled, err := paused.Cancel(began.Add(2*time.Hour), cal)
	if err != nil {
		t.Fatal(err)
	}
	if s := cancelled.At(began.Add(3*time.Hour), cal); s.State != candor.DeadlineCancelled {
		t.Errorf("cancelled while paused: %+v", s)
	}
	if len(d.Pauses) != 0 {
		t.Error("the value before the change was changed")
	}
	late := began.AddDate(0, 1, 0)
	for name, try := range map[string]func() (Deadline, error){
		"resumes what runs":       func() (Deadline, error) { return d.Resume(late, cal) },
		"pauses what is missed":   func() (Deadline, error) { return d.Pause(late, cal) },
		"cancels what is missed":  func() (Deadline, error) { return d.Cancel(late, cal) },
		"pauses twice":            func() (Deadline, error) { return paused.Pause(late, cal) },
		"resumes before the stop": func() (Deadline, error) { return paused.Resume(began, cal) },
		"meets before the start":  func() (Deadline, error) { return d.Meet(began.Add(-1), cal) },
		"meets what is cancelled": func() (Deadline, error) { return cancelled.Meet(late, cal) },
		"cancels twice":           func() (Deadline, error) { return cancelled.Cancel(late, cal) },
	} {
		if got, err := try(); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("it %s: %+v, %v", name, got, err)
		}
	}
}

// TestMinutes holds a Deadline with pauses against a clock that is wound down
// minute by minute.
func TestMinutes(t *testing.T) {
	r := rand.New(rand.NewPCG(23, 4))
	zone := load(t, "Europe/Berlin")
	near := time.Date(2026, 10, 25, 0, 0, 0, 0, time.UTC)
	states := make(map[candor.DeadlineState]int)
	for range 30 {
		config := randomConfig(r, zone, near)
		cal, err := New(config)
		if err != nil {
			t.Fatal(err)
		}
		rule := Rule{Name: "x", Start: CaseOpened, Period: Period{Time: time.Duration(1+r.IntN(1200)) * time.Minute},
			Business: r.IntN(2) == 0, Pausable: true, Warn: time.Duration(r.IntN(300)) * time.Minute}
		now := near.Add(time.Duration(r.IntN(2880)-1440) * time.Minute)
		d, err := Start(rule, now)
		if err != nil {
			t.Fatal(err)
		}
		left, state := rule.Period.Time, candor.DeadlineRunning
		for range 48 * 60 {
			s := d.At(now, cal)
			states[s.State]++
			if s.State != state || state != candor.DeadlineMissed && s.Remaining != left {
				t.Fatalf("at %s: %+v, want %s with %s left\n%+v", now, s, state, left, d)
			}
			if want := state == candor.DeadlineRunning && rule.Warn > 0 && left <= rule.Warn; s.Warn != want {
				t.Fatalf("at %s: warning %v with %s left\n%+v", now, s.Warn, left, d)
			}
			switch chance := r.IntN(120); {
			case chance == 0 && state == candor.DeadlineRunning:
				state = Paused
				d, err = d.Pause(now, cal)
			case chance == 0 && state == Paused:
				state = candor.DeadlineRunning
				d, err = d.Resume(now, cal)
			}
			if err != nil {
				t.Fatal(err)
			}
			if state == candor.DeadlineRunning {
				if left == 0 {
					state = candor.DeadlineMissed
				} else if !rule.Business || (reference{config}).open(now) {
					left -= time.Minute
				}
			}
			now = now.Add(time.Minute)
		}
	}
	for _, s := range []candor.DeadlineState{candor.DeadlineRunning, Paused, candor.DeadlineMissed} {
		if states[s] < 500 {
			t.Errorf("%s was seen %d times", s, states[s])
		}
	}
}

func TestDeadlineJSON(t *testing.T) {
	cal := office(t)
	d := start(t, Customer(candor.Low), at(t, cal, "2026-11-02 10:00"))
	d, err := d.Pause(at(t, cal, "2026-11-03 10:00"), cal)
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	var again Deadline
	if err := json.Unmarshal(data, &again); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(d, again); diff != "" {
		t.Error(diff, string(data))
	}
}
