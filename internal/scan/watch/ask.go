package watch

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

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
	by := asker{pid: int(pid), path: path}
	known, generation := g.verdicts.of(is)
	if known.given {
		g.known.Add(1)
	}
	if known.allow {
		g.finish(fd, true)
		return
	}
	select {
	case g.slots <- struct{}{}:
		g.all.Go(func() {
			defer func() { <-g.slots }()
			if known.given {
				g.settle(fd, false, by)
				unix.Close(fd)
				return
			}
			g.ask(ctx, fd, by, is, generation)
		})
	default:
		g.late.Add(1)
		g.finish(fd, !g.o.Closed && !known.given)
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

// asker is who opens what.
type asker struct {
	pid  int
	path string
}

// settle answers an open: there are those whom nothing is denied.
func (g *Guard) settle(fd int, allow bool, by asker) {
	if !allow && g.exempted(by.pid) {
		g.exempt.Add(1)
		allow = true
	}
	if g.respond(fd, allow); !allow {
		g.o.Denied(by.path, by.pid)
	}
}

// exempted tells whether a process may open what others may not.
func (g *Guard) exempted(pid int) bool {
	if len(g.o.Exempt) == 0 || pid <= 0 {
		return false
	}
	ids, err := users(pid)
	return err == nil && !slices.ContainsFunc(ids, func(id int) bool { return !slices.Contains(g.o.Exempt, id) })
}

// users gives the four user ids of a process: real, effective, saved, and the
// one that it opens files as.
func users(pid int) ([]int, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(status)) {
		ids := make([]int, 4)
		if n, _ := fmt.Sscanf(line, "Uid: %d %d %d %d", &ids[0], &ids[1], &ids[2], &ids[3]); n == len(ids) {
			return ids, nil
		}
	}
	return nil, fmt.Errorf("process %d has no users", pid)
}

// answer of Verdict.
type answer struct {
	allow bool
	err   error
}

// ask seeks a verdict and answers in time, with it or without.
func (g *Guard) ask(ctx context.Context, fd int, by asker, is stamp, generation uint64) {
	due, stop := context.WithTimeout(ctx, g.o.Deadline)
	defer stop()
	answers := make(chan answer, 1)
	g.all.Go(func() { answers <- g.verdict(due, fd, by.path) })
	select {
	case a := <-answers:
		g.answer(fd, by, a)
		g.remember(fd, is, a, generation)
	case <-due.Done():
		g.late.Add(1)
		g.settle(fd, !g.o.Closed, by)
		g.remember(fd, is, <-answers, generation) // of use to those who come after
	}
	unix.Close(fd)
}

// answer answers with a verdict.
func (g *Guard) answer(fd int, by asker, a answer) {
	switch {
	case a.err == nil:
		g.settle(fd, a.allow, by)
	case errors.Is(a.err, context.DeadlineExceeded):
		g.late.Add(1)
		g.settle(fd, !g.o.Closed, by)
	default:
		g.failed.Add(1)
		g.settle(fd, !g.o.Closed, by)
		g.o.Log.Warn("watch: there is no verdict on a file that is opened", "path", by.path, "error", a.err)
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
