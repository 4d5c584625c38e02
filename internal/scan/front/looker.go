package front

import (
	"context"
	"sync/atomic"
	"time"

	"candor/internal/scan"
	"candor/internal/scan/unpack"
)

// Definitions are what verdicts rest on.
type Definitions struct {
	Generation string
	Made       time.Time
	NewMatcher func() scan.Matcher
}

// Looker is the right to look at a content, with what was prepared for it.
type Looker struct {
	*scan.Looker
	Generation string // of the definitions that it looks with
}

// Lookers are how many contents may be looked at at a time. It is safe for
// concurrent use.
type Lookers struct {
	free        chan *Looker
	definitions func() (Definitions, error)
	inside      *unpack.Options
	busy        atomic.Int64
	waiting     atomic.Int64
}

// NewLookers makes some. The definitions are asked for each content; inside
// says how far what lies inside of contents is looked at, nil not at all.
func NewLookers(n int, definitions func() (Definitions, error), inside *unpack.Options) *Lookers {
	l := &Lookers{free: make(chan *Looker, n), definitions: definitions, inside: inside}
	for range n {
		l.free <- &Looker{}
	}
	return l
}

// Take waits for one, which looks with the definitions that are in use. Its
// error is that of the definitions, or of ctx.
func (l *Lookers) Take(ctx context.Context) (*Looker, error) {
	l.waiting.Add(1)
	defer l.waiting.Add(-1)
	select {
	case one := <-l.free:
		d, err := l.definitions()
		if err != nil {
			l.free <- one
			return nil, err
		}
		if one.Looker == nil || one.Generation != d.Generation {
			one.Looker, one.Generation = scan.NewLooker(d.NewMatcher, nil, l.inside), d.Generation
		}
		l.busy.Add(1)
		return one, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// Give gives one back.
func (l *Lookers) Give(one *Looker) {
	l.busy.Add(-1)
	l.free <- one
}

// Busy is how many are taken.
func (l *Lookers) Busy() int64 { return l.busy.Load() }

// Waiting is how many wait for one.
func (l *Lookers) Waiting() int64 { return l.waiting.Load() }
