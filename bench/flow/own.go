package flow

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"sync/atomic"
	"time"

	"candor/internal/flow"
	"candor/internal/flow/collect"
)

// own is the collector of this program, in a process of its own.
type own struct {
	command []string
	judges  bool // detectors look at the records
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     *json.Decoder
}

func (o *own) name() string {
	if o.judges {
		return "candor, judged"
	}
	return "candor"
}

func (o *own) start(ctx context.Context, address string) (err error) {
	args := append(slices.Clone(o.command[1:]), address)
	if o.judges {
		args = append(args, "-judge")
	}
	o.cmd = exec.CommandContext(ctx, o.command[0], args...)
	o.cmd.Stderr = os.Stderr
	if o.in, err = o.cmd.StdinPipe(); err != nil {
		return err
	}
	out, err := o.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := o.cmd.Start(); err != nil {
		return err
	}
	o.out = json.NewDecoder(out)
	var ready string
	return o.out.Decode(&ready)
}

func (o *own) stop() (t taken, err error) {
	if err := o.in.Close(); err != nil {
		return t, err
	}
	if err := o.out.Decode(&t); err != nil {
		return t, err
	}
	err = o.cmd.Wait()
	t.CPU = used(o.cmd)
	return t, err
}

// used is the processor time of a program that ended.
func used(c *exec.Cmd) time.Duration { return c.ProcessState.UserTime() + c.ProcessState.SystemTime() }

// counter is a sink that counts, and reads each record once.
type counter struct{ records, bytes atomic.Uint64 }

func (c *counter) Take(records []flow.Record) {
	sum := uint64(0)
	for i := range records {
		sum += records[i].Total()
	}
	c.records.Add(uint64(len(records)))
	c.bytes.Add(sum)
}

// quiet is how long nothing must arrive for all to have arrived.
const quiet = 500 * time.Millisecond

// Collect listens at an address until in ends and nothing arrives any more, and
// writes to out that it is ready, then what it took. With judge the detectors
// look at the records of a million lines.
func Collect(ctx context.Context, address string, judge bool, in io.Reader, out io.Writer) error {
	intake, err := collect.NewIntake(collect.Options{Exporters: []collect.Registered{{Address: netip.MustParseAddr("127.0.0.1")}}})
	if err != nil {
		return err
	}
	sink := &counter{}
	var to flow.Sink = sink
	if judge {
		d := newDetectors(ctx)
		defer d.end()
		fmt.Fprintf(os.Stderr, "%d lines take %d MB\n", lines, d.Memory>>20)
		sink, to = &d.counter, d
	}
	c := collect.New(intake, collect.Listening{Addresses: []string{address}}, to)
	if err := c.Start(ctx); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(out, `"ready"`); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, in); err != nil {
		return err
	}
	for before := uint64(0); before != c.Stats().Socket.Datagrams; time.Sleep(quiet) {
		before = c.Stats().Socket.Datagrams
	}
	if err := c.Stop(); err != nil {
		return err
	}
	s := c.Stats()
	if got := sink.records.Load(); got != s.Queue.Taken || got+s.Queue.Dropped != s.Exporters[0].Records {
		return fmt.Errorf("the counts do not add up: %d taken, %+v", got, s)
	}
	// v9 counts datagrams: each that is missing held about as many records as
	// those that came.
	x := s.Exporters[0]
	lost := s.Queue.Dropped
	for _, one := range x.Streams {
		lost += one.Lost * x.Records / max(x.Datagrams, 1)
	}
	return json.NewEncoder(out).Encode(taken{Received: int(sink.records.Load()), Lost: int(lost)})
}
