package unpack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// block is how much is decoded between two looks at the budget.
const block = 64 << 10

// walk is the way through one top-level content.
type walk struct {
	*Unpacker
	ctx      context.Context
	visit    func(Part) error
	visiting bool // visit is running, or has panicked
	deadline time.Time
	bytes    int64 // that may still be decoded
	entries  int   // that may still be entered
	window   int64 // that decoders may still take
	gaps     []Gap
	halted   bool     // a budget has run out
	opened   []byte   // the content that is being looked into
	regions  []region // of it, those that were handed over as they are
	err      error    // of visit or the context
}

// errStop ends everything: walk.halted or walk.err say why.
var errStop = errors.New("stop")

// fault ends a container or a member with a gap.
type fault struct {
	reason Reason
	detail string
}

func (f *fault) Error() string { return string(f.reason) + ": " + f.detail }

func damaged(detail string) error     { return &fault{Damaged, detail} }
func unsupported(detail string) error { return &fault{Unsupported, detail} }
func encrypted(detail string) error   { return &fault{Encrypted, detail} }

// opener hands over what lies in a content of one kind. An error other than
// errStop becomes a gap of the content.
type opener func(w *walk, at place, content []byte) error

// open looks into a content, as each of the kinds that it may be.
func (w *walk) open(at place, content []byte) {
	outer, regions := w.opened, w.regions
	w.opened, w.regions = content, nil
	defer func() { w.opened, w.regions = outer, regions }()
	for _, kind := range kinds(content, at.name) {
		if w.halted || w.err != nil {
			return
		}
		w.openAs(kind, at, content)
	}
}

// openAs looks into a content as one kind. A panic is a gap of this container,
// unless it comes from the callback, or from memory that is gone: a file that
// was cut while it was mapped is for the caller to handle.
func (w *walk) openAs(kind string, at place, content []byte) {
	defer func() {
		r := recover()
		if r == nil {
			return
		}
		if _, gone := r.(interface{ Addr() uintptr }); gone || w.visiting {
			panic(r)
		}
		w.gap(at, kind, damaged(fmt.Sprint("panic: ", r)))
	}()
	window := w.window
	err := openers(kind)(w, at, content)
	w.window = window
	w.gap(at, kind, err)
}

// gap notes why a place was not looked at; nil and errStop are no reasons.
func (w *walk) gap(at place, kind string, err error) {
	if err == nil || errors.Is(err, errStop) {
		return
	}
	g := Gap{Path: at.path, Kind: kind, Reason: Damaged, Detail: err.Error()}
	if f := (*fault)(nil); errors.As(err, &f) {
		g.Reason, g.Detail = f.reason, f.detail
	}
	w.gaps = append(w.gaps, g)
}

// halt ends everything because a budget has run out here.
func (w *walk) halt(at place, reason Reason) error {
	if !w.halted {
		w.halted = true
		w.gap(at, at.kind, &fault{reason, "the budget for one content ran out here"})
	}
	return errStop
}

// check looks at the clock and the context.
func (w *walk) check(at place) error {
	if w.halted || w.err != nil {
		return errStop
	}
	if w.err = w.ctx.Err(); w.err != nil {
		return errStop
	}
	if w.now().After(w.deadline) {
		return w.halt(at, Time)
	}
	return nil
}

// enter goes to a member of a container.
func (w *walk) enter(in place, kind, name string) (place, error) {
	if in.depth >= w.limits.Depth {
		return in, &fault{Depth, fmt.Sprintf("parts lie deeper than %d", w.limits.Depth)}
	}
	at := in.inside(kind, name)
	if w.entries <= 0 {
		return at, w.halt(in, Entries)
	}
	w.entries--
	return at, w.check(at)
}

// pass counts an entry that is not handed over: a folder, a header.
func (w *walk) pass(in place) error {
	if w.entries <= 0 {
		return w.halt(in, Entries)
	}
	w.entries--
	return w.check(in)
}

// reserve takes memory for a decoder until the container that asks is done.
func (w *walk) reserve(n int64) error {
	if n > w.window {
		return &fault{Window, fmt.Sprintf("a dictionary of %d bytes", n)}
	}
	w.window -= n
	return nil
}

// slice hands over a member that lies in its container as it is.
func (w *walk) slice(in place, kind, name string, data []byte) error {
	at, err := w.enter(in, kind, name)
	if err != nil {
		return err
	}
	w.note(data)
	return w.give(at.lies(in), kind, data)
}

// made hands over the one member that was made of a content.
func (w *walk) made(in place, kind string, data []byte) error {
	at, err := w.enter(in, kind, kind)
	if err != nil {
		return err
	}
	return w.give(at, kind, data)
}

// give hands over data within the limits.
func (w *walk) give(at place, kind string, data []byte) error {
	n := int64(len(data))
	if n > w.limits.Part {
		n = w.limits.Part
		w.gap(at, kind, tooLarge(n))
	}
	short := n > w.bytes
	n = min(n, w.bytes)
	w.bytes -= n
	if err := w.show(at, data[:n]); err != nil {
		return err
	}
	if short {
		return w.halt(at, Bytes)
	}
	return nil
}

// decode hands over a member that a reader decodes. What a reader gave before
// it failed is handed over too.
func (w *walk) decode(in place, kind, name string, r io.Reader) error {
	at, err := w.enter(in, kind, name)
	if err != nil {
		return err
	}
	data, err := w.read(at, r)
	w.gap(at, kind, err)
	if err := w.show(at, data); err != nil {
		return err
	}
	if w.halted {
		return errStop
	}
	return nil
}

// show hands over a part and looks into it.
func (w *walk) show(at place, data []byte) error {
	if w.err != nil {
		return errStop
	}
	if len(data) == 0 {
		return nil
	}
	w.visiting = true
	w.err = w.visit(Part{Path: at.path, Kind: at.kind, Data: data, Within: at.within})
	w.visiting = false
	if w.err != nil {
		return errStop
	}
	if w.halted {
		return errStop
	}
	w.open(at, data)
	if w.halted || w.err != nil {
		return errStop
	}
	return nil
}

func tooLarge(n int64) error { return &fault{Large, fmt.Sprintf("only its first %d bytes", n)} }
