package drill

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// round has a line do harm, and follows it until it is free again.
func (r *runner) round(ctx context.Context, kind Abuse, of Line, seed uint64) (x Round) {
	x = Round{Abuse: kind, Line: of.Reference, Stages: map[StageName]int64{}}
	probes, err := r.open(ctx, of)
	if err == nil {
		defer probes.Close()
		err = r.isolate(ctx, &x, of, seed, probes)
	}
	if err == nil {
		err = r.release(ctx, &x, of, probes)
	}
	if err != nil {
		x.Error = bounded(err.Error())
	}
	return x
}

// open begins to probe, and makes sure that the line is free.
func (r *runner) open(ctx context.Context, of Line) (Probes, error) {
	if err := r.copy.Begin(ctx, of); err != nil {
		return nil, err
	}
	probes, err := r.copy.Probe(ctx, of)
	if err != nil {
		return nil, err
	}
	begun := r.Now()
	err = r.until(ctx, "probes get through before anything happens", func() (bool, error) { _, ok := probes.Through(begun); return ok, nil })
	if err != nil {
		return nil, errors.Join(err, probes.Close())
	}
	return probes, nil
}

// isolate tells of abuse until the line is isolated, and looks what it reaches.
func (r *runner) isolate(ctx context.Context, x *Round, of Line, seed uint64, probes Probes) error {
	begun, stop, err := r.tell(ctx, x.Abuse, of, seed, 0)
	if err != nil {
		return err
	}
	at := func(n StageName, t time.Time) {
		if !t.IsZero() {
			x.Stages[n] = t.Sub(begun).Milliseconds()
		}
	}
	var s Story
	told := func(is func(Story) bool) func() (bool, error) {
		return func() (ok bool, err error) { s, err = r.copy.Story(ctx, of); return is(s), err }
	}
	// Probes that are not heard of may be a machine's that is busy, as long as the
	// program does not say that it did something.
	err = r.until(ctx, "the line is isolated", func() (bool, error) {
		if _, ok := probes.Dropped(begun); !ok {
			return false, nil
		}
		return told(func(s Story) bool { return !s.Applied.IsZero() })()
	})
	err = errors.Join(err, stop())
	verified := r.until(ctx, "the program verifies it", told(func(s Story) bool { return !s.Verified.IsZero() }))
	if verified != nil && s.Failed != "" {
		verified = fmt.Errorf("%w (%s)", verified, s.Failed)
	}
	if err == nil { // what had only come late is heard of by now
		err = r.until(ctx, "the line stays isolated", func() (bool, error) {
			t, ok := probes.Dropped(begun)
			if ok {
				at(StageDropped, t)
			}
			return ok, nil
		})
	}
	for _, st := range []struct {
		n StageName
		t time.Time
	}{{StageFound, s.Found}, {StageCase, s.Case}, {StageProposed, s.Proposed}, {StageApproved, s.Approved}, {StageApplied, s.Applied}, {StageVerified, s.Verified}} {
		at(st.n, st.t)
	}
	if err = errors.Join(err, verified); err == nil {
		r.look(CheckLifelines, r.copy.Lifeline(ctx, of))
		asked := r.copy.Portal(ctx, of)
		if r.look(CheckPortal, asked); asked == nil {
			at(StagePortal, r.Now())
		}
	}
	return err
}

// release has the holder say that the line is clean.
func (r *runner) release(ctx context.Context, x *Round, of Line, probes Probes) error {
	asked := r.Now()
	err := r.copy.Release(ctx, of)
	if err == nil {
		err = r.until(ctx, "the line is free again", func() (bool, error) {
			t, ok := probes.Through(asked)
			if ok {
				x.Stages[StageFree] = t.Sub(asked).Milliseconds()
			}
			return ok, nil
		})
	}
	if err == nil {
		err = r.until(ctx, "the program says that it is free", func() (bool, error) {
			s, err := r.copy.Story(ctx, of)
			return !s.Undone.IsZero(), err
		})
	}
	r.look(CheckRelease, err)
	return err
}

// refused has a line do harm whose party agreed to nothing. It must not be
// isolated, and the case must say why.
func (r *runner) refused(ctx context.Context, of Line, dice *rand.Rand) {
	probes, err := r.open(ctx, of)
	if err != nil {
		r.look(CheckBasis, err)
		return
	}
	defer probes.Close()
	begun, stop, err := r.tell(ctx, r.Abuse[0], of, dice.Uint64(), 0)
	if err != nil {
		r.look(CheckBasis, err)
		return
	}
	err = r.until(ctx, "the case says why the line is not isolated", func() (bool, error) {
		s, err := r.copy.Story(ctx, of)
		if err == nil && !s.Proposed.IsZero() {
			err = errors.New("a line was to be isolated without a basis")
		}
		return s.Refused != "", err
	})
	err = errors.Join(err, stop())
	if t, dropped := probes.Dropped(begun); dropped && err == nil {
		asked := r.Now() // once more: the machine may have been busy
		if r.until(ctx, "probes get through", func() (bool, error) { _, ok := probes.Through(asked); return ok, nil }) != nil {
			err = fmt.Errorf("a line was isolated without a basis, after %s", t.Sub(begun).Round(time.Millisecond))
		}
	}
	r.look(CheckBasis, err)
}
