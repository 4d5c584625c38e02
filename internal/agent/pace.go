package agent

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// pace holds scans to a share of one processor. What a program uses in a short
// while is measured, not guessed: whoever scans waits until the share is kept
// again.
type pace struct {
	share float64 // no bound if 0
	lock  sync.Mutex
	from  usage
}

// window is over how long the share is kept: idle time before it is no credit.
const window = 5 * time.Second

func newPace(share float64) *pace { return &pace{share: share, from: used()} }

// settle waits until the share is kept, however long that is, or ctx ends.
func (p *pace) settle(ctx context.Context) {
	for p.wait(ctx) && ctx.Err() == nil {
	}
}

// wait waits until the share is kept, for a second at most, or until ctx ends.
// It tells whether it is not kept even then.
func (p *pace) wait(ctx context.Context) (more bool) {
	if p.share <= 0 {
		return false
	}
	p.lock.Lock()
	defer p.lock.Unlock()
	now := used()
	owed := time.Duration(float64(now.cpu-p.from.cpu)/p.share) - now.at.Sub(p.from.at)
	if now.at.Sub(p.from.at) > window {
		p.from = usage{now.at, now.cpu - time.Duration(float64(max(owed, 0))*p.share)} // what is owed stays owed
	}
	if owed > 2*time.Millisecond {
		pause(ctx, min(owed, time.Second))
	}
	return owed > time.Second
}

// StepBack puts all threads of the process, and those that come, behind all
// others: nice 10, and the disk only when nobody else wants it.
func StepBack() error {
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return fmt.Errorf("step back: %w", err)
	}
	const (
		idle    = 3 << 13 // IOPRIO_CLASS_IDLE, ioprio_set(2)
		process = 1       // IOPRIO_WHO_PROCESS
		nice    = 10
	)
	for _, t := range threads {
		id, e := strconv.Atoi(t.Name())
		if e != nil {
			continue
		}
		if e := unix.Setpriority(unix.PRIO_PROCESS, id, nice); e != nil && !errors.Is(e, unix.ESRCH) {
			err = errors.Join(err, fmt.Errorf("nice: %w", e))
		}
		if _, _, e := unix.Syscall(unix.SYS_IOPRIO_SET, process, uintptr(id), idle); e != 0 && e != unix.ESRCH {
			err = errors.Join(err, fmt.Errorf("ioprio_set: %w", e))
		}
	}
	return err
}
