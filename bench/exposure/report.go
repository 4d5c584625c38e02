package exposure

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"
)

// Part is what one part of a run took.
type Part struct {
	Name            string
	Took, Goal      time.Duration // by the clock; no goal if it is 0
	Program, Server time.Duration // of processors: of this program, and of the database's server
	Memory          int64         // the most that this program held meanwhile, in bytes
}

// Report is the outcome of one run.
type Report struct {
	Database string
	Files    []string
	Entries  int // of the tracker
	Programs int // that are told apart
	Exposed  int // programs and vulnerabilities that these have
	Parts    []Part
}

// Missed tells whether a goal was missed.
func (r *Report) Missed() bool {
	return slices.ContainsFunc(r.Parts, func(p Part) bool { return p.Goal > 0 && p.Took > p.Goal })
}

// Write prints the report as a table.
func (r *Report) Write(out io.Writer) error {
	fmt.Fprintf(out, "%s; %s; %d entries of the tracker, %d programs, %d exposures\n", r.Database, strings.Join(r.Files, ", "), r.Entries, r.Programs, r.Exposed)
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "part\ttook\tgoal\t\tprocessor\tdatabase's\tmemory\t\n")
	for _, p := range r.Parts {
		goal, outcome := "", ""
		if p.Goal > 0 {
			goal, outcome = p.Goal.String(), "reached"
			if p.Took > p.Goal {
				outcome = "MISSED"
			}
		}
		fmt.Fprintf(t, "%s\t%.2f s\t%s\t%s\t%.2f s\t%.2f s\t%d MB\t\n", p.Name, p.Took.Seconds(), goal, outcome, p.Program.Seconds(), p.Server.Seconds(), p.Memory>>20)
	}
	return t.Flush()
}

// processors is how long this program has had them.
func processors() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// newPeak begins to note the most memory that this program holds, and gives what tells
// it: proc_pid_status(5), proc_pid_clear_refs(5).
func newPeak() (most func() (int64, error), err error) {
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
		return nil, err
	}
	return func() (int64, error) {
		status, err := os.ReadFile("/proc/self/status")
		_, rest, _ := strings.Cut(string(status), "VmHWM:")
		var kilobytes int64
		if _, scan := fmt.Sscan(rest, &kilobytes); err != nil || scan != nil {
			return 0, errors.Join(errors.New("no VmHWM"), err, scan)
		}
		return kilobytes << 10, nil
	}, nil
}
