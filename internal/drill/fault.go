package drill

import (
	"context"
	"errors"
	"time"
)

// skew is by how much the clock of an exporter is off that is set wrong.
const skew = -7 * time.Minute

// fault plants a fault, and waits until the program notices.
func (r *runner) fault(ctx context.Context, f FaultKind, of Line, seed uint64) (x Fault) {
	x.Kind = f
	since, mend, err := r.plant(ctx, f, of, seed)
	if err == nil {
		err = r.until(ctx, "the program notices", func() (bool, error) {
			var err error
			x.By, err = r.copy.Noticed(ctx, f, of, since)
			return x.By != "", err
		})
		x.Noticed, x.Took = err == nil, r.Now().Sub(since).Milliseconds()
	}
	if mend != nil {
		err = errors.Join(err, mend(ctx))
	}
	if err != nil {
		x.Error = bounded(err.Error())
	}
	return x
}

// plant plants a fault where it would be: some at a line that is isolated, some
// before.
func (r *runner) plant(ctx context.Context, f FaultKind, of Line, seed uint64) (since time.Time, mend func(context.Context) error, err error) {
	switch f {
	case StaleSet, WrongSession, SessionDown:
		probes, err := r.open(ctx, of)
		if err != nil {
			return since, nil, err
		}
		defer probes.Close()
		if err := r.isolate(ctx, &Round{Abuse: SynFlood, Stages: map[StageName]int64{}}, of, seed, probes); err != nil {
			return since, nil, err
		}
	case ClockOff:
		if err := r.copy.Begin(ctx, of); err != nil {
			return since, nil, err
		}
		since = r.Now()
		_, stop, err := r.tell(ctx, SynFlood, of, seed, skew)
		if err != nil {
			return since, nil, err
		}
		return since, func(context.Context) error { return stop() }, nil
	case DeadCoA, LostSession, PortalDown:
		if err := r.copy.Begin(ctx, of); err != nil {
			return since, nil, err
		}
	}
	since = r.Now()
	mend, err = r.copy.Plant(ctx, f, of)
	if (f == DeadCoA || f == LostSession) && err == nil { // it shows when somebody is to be isolated there
		_, stop, told := r.tell(ctx, SynFlood, of, seed, 0)
		if told != nil {
			return since, mend, told
		}
		first := mend
		mend = func(ctx context.Context) error { return errors.Join(stop(), first(ctx)) }
	}
	return since, mend, err
}
