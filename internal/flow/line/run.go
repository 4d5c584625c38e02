package line

import (
	"context"
	"fmt"
	"sync"
	"time"

	"candor"
	"candor/internal/flow"
	"candor/internal/flow/detect"
)

// How often things are done.
const (
	glance  = 100 * time.Millisecond // at floods
	look    = 500 * time.Millisecond // at all
	refresh = 5 * time.Second
	saving  = time.Hour
	parts   = 120 // of the lines, whose hours are closed one after the other, one a look
)

// Run looks, learns, files and saves until ctx ends; what is usual is saved
// before it returns.
func (w *Watch) Run(ctx context.Context) {
	var work sync.WaitGroup
	work.Go(func() { w.sweep(ctx) })
	work.Go(func() { w.file(ctx) })
	work.Go(func() { w.follow(ctx) })
	work.Wait()
	w.save()
}

func (w *Watch) sweep(ctx context.Context) {
	tick := time.NewTicker(glance)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := w.Clock().UnixMicro()
		if n%int(look/glance) > 0 {
			w.sensor.Glance(now)
			continue
		}
		w.sensor.Sweep(now)
		w.sensor.Learn(now, n/int(look/glance)%parts, parts)
		if w.Parts != nil {
			w.Parts.Sweep(time.UnixMicro(now))
		}
	}
}

// follow reads what changes of lines, and saves what is usual at times.
func (w *Watch) follow(ctx context.Context) {
	tick := time.NewTicker(refresh)
	defer tick.Stop()
	saved := w.Clock()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := w.Refresh(ctx); err != nil && ctx.Err() == nil {
			w.Log.Error("lines are not read; plans that changed are not known", "error", err)
		}
		if now := w.Clock(); now.Sub(saved) > saving {
			saved = now
			w.save()
		}
	}
}

func (w *Watch) save() {
	if err := w.Save(); err != nil {
		w.Log.Error("what is usual of lines is not saved; it is tried again in an hour", "error", err)
	}
}

// file files findings as they come, those of one line together.
func (w *Watch) file(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			w.drain(ctx)
			return
		case f := <-w.found:
			all := []detect.Finding{f}
			for len(all) < 1000 && len(w.found) > 0 {
				all = append(all, <-w.found)
			}
			w.deliver(ctx, all)
		}
	}
}

// drain files what waits when the program is told to end.
func (w *Watch) drain(ctx context.Context) {
	last, done := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer done()
	var all []detect.Finding
	for len(w.found) > 0 {
		all = append(all, <-w.found)
	}
	w.deliver(last, all)
}

// deliver files findings by line, and those of the network by what exporters are
// bound to; it tries again what fails until ctx ends.
func (w *Watch) deliver(ctx context.Context, all []detect.Finding) {
	byAsset, seen := map[candor.ID][]candor.Finding{}, map[candor.ID]int64{}
	var order []candor.ID
	for _, f := range all {
		var id candor.ID
		w.insist(ctx, "what findings of the network belong to is not known; it is asked again", func() (err error) {
			id, err = w.asset(ctx, f)
			return err
		})
		if id == "" {
			continue // of the network, and shown only
		}
		if byAsset[id] == nil {
			order = append(order, id)
		}
		byAsset[id], seen[id] = append(byAsset[id], w.word(f)), max(seen[id], f.At)
	}
	for _, id := range order {
		if w.insist(ctx, "findings of traffic are not filed; they are tried again", func() error { return w.File(ctx, id, byAsset[id], flow.At(seen[id])) }) {
			w.filed.Add(uint64(len(byAsset[id])))
		}
	}
}

// asset is what a finding is filed at, empty if it is at nothing.
func (w *Watch) asset(ctx context.Context, f detect.Finding) (candor.ID, error) {
	if f.Line != 0 {
		return w.ID(f.Line), nil
	}
	if w.Asset == nil {
		return "", nil
	}
	return w.Asset(ctx, f.Exporter)
}

// word words a finding; of the network with the lines that have the most of it.
func (w *Watch) word(f detect.Finding) candor.Finding {
	out := Word(f)
	for _, p := range f.Lines {
		if name := w.Reference(p.Line); name != "" {
			text := fmt.Sprintf("%s %.0f%%", name, 100*p.Share)
			out.Strings = append(out.Strings, candor.Occurrence{Name: "line", Length: len(text), Data: []byte(text)})
		}
	}
	return out
}

// insist does something until it succeeds, or ctx ends: then it is false.
func (w *Watch) insist(ctx context.Context, complaint string, do func() error) bool {
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, 30*time.Second) {
		err := do()
		if err == nil {
			return true
		}
		if ctx.Err() != nil {
			return false
		}
		w.Log.Error(complaint, "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}
