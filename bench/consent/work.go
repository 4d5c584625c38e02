package consent

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// work is the time of processors: of this program, with the load that it makes,
// of the database's server, and of all that ran on the machine.
type work struct {
	at                   time.Time
	program, server, all time.Duration
}

func (r *run) work() work {
	w := work{at: time.Now(), server: ServerWork(r.Server), all: allWork()}
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err == nil {
		w.program = time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	return w
}

func (w work) since(before work) work {
	return work{before.at, w.program - before.program, w.server - before.server, w.all - before.all}
}

// share says how much of a processor that was, and how much others took.
func (w work) share() string {
	of := 100 / time.Since(w.at).Seconds()
	return fmt.Sprintf("%.0f%% + %.0f%%, others %.0f%%", of*w.program.Seconds(), of*w.server.Seconds(), of*w.others().Seconds())
}

func (w work) others() time.Duration { return max(0, w.all-w.program-w.server) }

// calm waits until other programs leave the machine alone, but not for ever.
func (r *run) calm(ctx context.Context) {
	const look, little = 2 * time.Second, 200 * time.Millisecond
	for begin := time.Now(); ctx.Err() == nil && time.Since(begin) < r.Patience; {
		w := r.work()
		time.Sleep(look)
		if r.work().since(w).others() < little {
			return
		}
	}
}

// each says how much that was for one of several.
func (w work) each(n int64) string {
	n = max(n, 1)
	return fmt.Sprintf("%d + %d µs each", w.program.Microseconds()/n, w.server.Microseconds()/n)
}

// ServerWork is the time of a process and its children, in ticks of 10 ms: see
// proc_pid_stat(5).
func ServerWork(pid int) (sum time.Duration) {
	if pid == 0 {
		return 0
	}
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it ended
		}
		_, after, _ := strings.Cut(string(text), ") ")
		f := strings.Fields(after)
		if len(f) < 15 || f[1] != strconv.Itoa(pid) && filepath.Base(filepath.Dir(file)) != strconv.Itoa(pid) {
			continue
		}
		times := f[11:13]
		if f[1] != strconv.Itoa(pid) {
			times = f[11:15] // and of children that ended
		}
		for _, t := range times {
			n, _ := strconv.Atoi(t) // a number
			sum += time.Duration(n) * 10 * time.Millisecond
		}
	}
	return sum
}

// allWork is the time in which processors of the machine ran, in ticks of 10 ms:
// see proc_stat(5).
func allWork() (sum time.Duration) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(text), "\n")
	for i, word := range strings.Fields(line) {
		const idle, wait, guest = 4, 5, 9 // guests are in the others
		if n, err := strconv.Atoi(word); err == nil && i != idle && i != wait && i < guest {
			sum += time.Duration(n) * 10 * time.Millisecond
		}
	}
	return sum
}
