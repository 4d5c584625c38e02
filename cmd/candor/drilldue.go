package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"candor"
	"candor/internal/drill"
)

// drillAgain is when a drill that could not be held is tried again.
const drillAgain = 6 * time.Hour

// seeToDrills has a drill held that is due, if the configuration says so and
// this program may; else it reminds people of it.
func (r *running) seeToDrills(ctx context.Context) error {
	d := r.House.Drills
	last, err := d.Folder.Last()
	if err != nil {
		return err
	}
	now := r.setup.clock()
	due := drill.Due(last, d.Every, d.Since)
	r.upkeep.tell("drill", due.Before(now), func() { r.setup.log.Warn("a drill is due", "since", due.UTC()) })
	if !d.Itself || due.After(now) || now.Before(r.drillNext) {
		return nil
	}
	r.drillNext = now.Add(drillAgain)
	if os.Getuid() != 0 {
		return candor.WithHint(fmt.Errorf("hold a drill: it needs root: %w", candor.ErrDenied), "Hold it by hand, or set drill.itself to false.")
	}
	return holdDrill(ctx, string(r.setup.data), r.setup.drill.Rounds)
}

// holdDrill has a drill held by a program of its own. That something was missed
// is no error: it stands in its report.
func holdDrill(ctx context.Context, data string, rounds int) error {
	c := exec.CommandContext(ctx, "/proc/self/exe", "drill", "--data", data, "--rounds", strconv.Itoa(rounds)) //nolint:gosec // this program itself
	c.Args[0] = "candor"
	c.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "CANDOR_") })
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
	c.WaitDelay = patience
	out, err := c.CombinedOutput()
	if ended := (*exec.ExitError)(nil); errors.As(err, &ended) && ended.ExitCode() == exitFound {
		return nil
	}
	if err != nil {
		return fmt.Errorf("hold a drill: %w: %s", err, out[max(0, len(out)-500):])
	}
	return nil
}
