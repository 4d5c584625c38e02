package watch

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// opened answers an open at once, or has it asked about. It does not block.
func (g *Guard) opened(ctx context.Context, fd int, pid int32) {
	path, known, is := "", verdict{}, stamp{}
	wanted := pid != g.pid
	if wanted {
		path, wanted = g.concerned(fd)
	}
	if wanted {
		is, wanted = stampOf(fd)
	}
	if !wanted {
		g.finish(fd, true)
		return
	}
	known, generation := g.verdicts.of(is)
	if known.given {
		g.known.Add(1)
		g.finish(fd, known.allow)
		return
	}
	select {
	case g.slots <- struct{}{}:
		g.all.Go(func() {
			defer func() { <-g.slots }()
			g.ask(ctx, fd, path, is, generation)
		})
	default:
		g.late.Add(1)
		g.finish(fd, !g.o.Closed)
	}
}

// concerned gives the path of a file, and tells whether it lies in the roots.
// What has too long a path may.
func (g *Guard) concerned(fd int) (path string, in bool) {
	path, err := pathOf(fd)
	if err != nil {
		return "", errors.Is(err, unix.ENAMETOOLONG)
	}
	if path == "" || path[0] != '/' {
		return "", false
	}
	for _, c := range *g.atlas.Load() {
		if len(c.at(path)) > 0 {
			return path, true
		}
	}
	return "", false
}

// answer of Verdict.
type answer struct {
	allow bool
	err   error
}

// ask seeks a verdict and answers in time, with it or without.
func (g *Guard) ask(ctx context.Context, fd int, path string, is stamp, generation uint64) {
	due, stop := context.WithTimeout(ctx, g.o.Deadline)
	defer stop()
	answers := make(chan answer, 1)
	g.all.Go(func() { answers <- g.verdict(due, fd, path) })
	select {
	case a := <-answers:
		g.answer(fd, path, a)
		g.remember(fd, is, a, generation)
	case <-due.Done():
		g.late.Add(1)
		g.respond(fd, !g.o.Closed)
		g.remember(fd, is, <-answers, generation) // of use to those who come after
	}
	unix.Close(fd)
}

// answer answers with a verdict.
func (g *Guard) answer(fd int, path string, a answer) {
	switch {
	case a.err == nil:
		g.respond(fd, a.allow)
	case errors.Is(a.err, context.DeadlineExceeded):
		g.late.Add(1)
		g.respond(fd, !g.o.Closed)
	default:
		g.failed.Add(1)
		g.respond(fd, !g.o.Closed)
		g.o.Log.Warn("watch: there is no verdict on a file that is opened", "path", path, "error", a.err)
	}
}

// verdict waits for a worker's place and seeks a verdict. A panic in there is
// an error.
func (g *Guard) verdict(due context.Context, fd int, path string) (a answer) {
	select {
	case g.workers <- struct{}{}:
		defer func() { <-g.workers }()
	case <-due.Done():
		return answer{err: due.Err()}
	}
	defer func() {
		if r := recover(); r != nil {
			a = answer{err: fmt.Errorf("a verdict panicked: %v", r)}
		}
	}()
	g.asked.Add(1)
	a.allow, a.err = g.o.Verdict(due, fd, path)
	return a
}

// remember keeps a verdict on a file that is as it was before.
func (g *Guard) remember(fd int, is stamp, a answer, generation uint64) {
	if a.err != nil || !is.settled(g.o.Clock()) {
		return
	}
	if now, _ := stampOf(fd); now == is {
		g.verdicts.keep(is, a.allow, generation)
	}
}

// finish answers an open that is not asked about.
func (g *Guard) finish(fd int, allow bool) {
	g.respond(fd, allow)
	unix.Close(fd)
}

// respond tells the kernel. If that fails then the group is closed, and the
// kernel has let it pass.
func (g *Guard) respond(fd int, allow bool) {
	word := uint32(unix.FAN_ALLOW)
	if !allow {
		word = unix.FAN_DENY
		g.denied.Add(1)
	}
	b := binary.NativeEndian.AppendUint32(nil, uint32(fd))
	_, _ = g.file.Write(binary.NativeEndian.AppendUint32(b, word))
}
