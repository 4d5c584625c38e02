package main

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/netip"
	"time"

	"github.com/spf13/cobra"

	"candor/internal/flow"
	"candor/internal/flow/capture"
	"candor/internal/flow/collect"
	"candor/internal/scan/output"
)

func (p *program) flowReplayCommand() *cobra.Command {
	var as, format string
	var of judgement
	c := &cobra.Command{
		Use:   "replay FILE…",
		Short: "Play captured traffic, and say what it holds",
		Long: `Replay reads each FILE as it was captured, and says what it holds: records, who
told of them, what was lost on the way, and of which times.

FILE is a capture of tcpdump or Wireshark (pcap, pcapng, also compressed by gzip)
that holds export datagrams (NetFlow v5 and v9, IPFIX, sFlow v5) or ordinary
traffic, which flows are made of; a file of nfcapd, which nfdump reads; or flows
that a desk keeps, as candor flow query --records --format csv gives them.

With --lines the detectors look at the traffic, as if each address in these
networks were a subscriber's line: what they find is told, with the flows that
prove it, and whether the line would be isolated.

With --policy they look twice: under the policy of --config, which is the
program's own without it, and under that of the other file, which is a
configuration of which the section traffic counts. Lines that would be isolated
under one of them alone are told, and how many under either.

Exit status: 0 nothing found; 1 something found; 2 it could not be done.`,
		Args: needArgs("FILE"),
		RunE: func(c *cobra.Command, args []string) error {
			if err := oneOf("format", format, "text", "json"); err != nil {
				return err
			}
			if err := oneOf("as", as, "auto", "exports", "traffic"); err != nil {
				return err
			}
			j, err := of.judge()
			if err != nil {
				return err
			}
			for _, path := range args {
				if err := p.replay(c.Context(), path, capture.Mode(as), format == "json", j); err != nil {
					return err
				}
			}
			if j == nil {
				return nil
			}
			if j.finds() {
				p.status = exitFound
			}
			return j.finish(p.out, format == "json")
		},
	}
	f := c.Flags()
	f.StringVar(&as, "as", "auto", "take packets as `auto|exports|traffic`")
	f.StringVar(&format, "format", "text", "write what is found as `text|json`")
	f.StringSliceVar(&of.inside, "lines", nil, "judge the traffic: each address in `NETWORK` is a line; may be given several times")
	f.StringVar(&of.up, "up", "", "the lines send at most at this `RATE`, such as 40M (bit/s)")
	f.StringVar(&of.down, "down", "", "the lines receive at most at this `RATE`")
	f.StringSliceVar(&of.own, "own", nil, "`NETWORK` of the provider's own servers, such as resolvers")
	f.StringSliceVar(&of.feeds, "feed", nil, "read addresses that are known to be bad from `FILE`")
	f.StringVar(&of.today, "config", "", "judge under the policy of the configuration `FILE`")
	f.StringVar(&of.changed, "policy", "", "judge under the policy of the configuration `FILE` as well, and tell the difference")
	return c
}

// recorded is where flows come from that were kept: a captured file, or what
// else gives them in the order in which they ended.
type recorded interface {
	Batches() iter.Seq2[capture.Batch, error]
}

// play has what was recorded judged, and shown to each; j may be nil.
func (j *judged) play(from recorded, each func(capture.Batch)) error {
	for b, err := range from.Batches() {
		if err != nil {
			return err
		}
		each(b)
		if j != nil {
			j.take(b.Records)
		}
	}
	return nil
}

// replayed is what a file holds. Bytes and packets are what records stand for.
type replayed struct {
	Type    string         `json:"type"`
	Path    string         `json:"path"`
	Kind    capture.Kind   `json:"kind"`
	Holds   string         `json:"holds"`
	Capture capture.Counts `json:"capture"`
	Records int            `json:"records"`
	Bytes   uint64         `json:"bytes"`
	Packets uint64         `json:"packets"`
	From    *time.Time     `json:"from"` // first start of a record
	To      *time.Time     `json:"to"`   // last end
	// Lost is by what sequences count.
	Lost      map[string]uint64  `json:"lost"`
	Told      map[string]int     `json:"told"` // records by exporter
	Exporters []collect.Exporter `json:"exporters,omitempty"`
	Error     string             `json:"error,omitempty"`

	start, end int64
}

// replay plays one file. What was read before an error is told.
func (p *program) replay(ctx context.Context, path string, mode capture.Mode, asJSON bool, j *judged) error {
	f, err := capture.Open(ctx, path, capture.Options{Mode: mode})
	if err != nil {
		return err
	}
	defer f.Close()
	r := &replayed{Type: "file", Path: path, Kind: f.Kind, Holds: string(f.Mode), Lost: map[string]uint64{}, Told: map[string]int{}}
	if r.Holds == "" {
		r.Holds = "records"
	}
	failed := j.play(f, r.add)
	if failed != nil {
		r.Error = failed.Error()
	}
	r.finish(f)
	if asJSON {
		err = json.NewEncoder(p.out).Encode(r)
	} else {
		err = r.print(p)
	}
	if failed != nil {
		return failed
	}
	return err
}

// mostExporters bounds the exporters that are told of by name.
const mostExporters = 10_000

func (r *replayed) add(b capture.Batch) {
	if len(b.Records) == 0 {
		return
	}
	who := "traffic"
	if b.Exporter != (netip.Addr{}) {
		who = b.Exporter.String()
	}
	if _, ok := r.Told[who]; !ok && len(r.Told) >= mostExporters {
		who = "others"
	}
	r.Told[who] += len(b.Records)
	for i := range b.Records {
		x := &b.Records[i]
		if r.Records == 0 {
			r.start, r.end = x.Start, x.End
		}
		r.start, r.end = min(r.start, x.Start), max(r.end, x.End)
		r.Records++
		r.Bytes += x.Total()
		r.Packets += x.Count()
	}
}

func (r *replayed) finish(f *capture.File) {
	r.Capture = f.Counts
	if r.Records > 0 {
		from, to := flow.At(r.start), flow.At(r.end)
		r.From, r.To = &from, &to
	}
	if f.Mode != capture.Exports {
		return
	}
	r.Exporters = f.Intake.Stats().Exporters
	for i := range r.Exporters {
		for _, s := range r.Exporters[i].Streams {
			r.Lost[s.Counts] += s.Lost
		}
	}
}

func (r *replayed) print(p *program) error {
	holds := map[string]string{"exports": "export datagrams", "traffic": "traffic that flows are made of", "records": "records"}[r.Holds]
	fmt.Fprintf(p.out, "%s: %s of %s\n", output.Printable(r.Path), r.Kind, holds)
	if r.Kind != capture.Nfcapd {
		c := r.Capture
		fmt.Fprintf(p.out, "  packets   %d", c.Packets)
		for _, x := range []struct {
			n    int
			what string
		}{{c.Exports, "export datagrams"}, {c.Skipped, "skipped"}, {c.Fragments, "in fragments, lost"}, {c.Cut, "not captured whole"}} {
			if x.n > 0 {
				fmt.Fprintf(p.out, ", %d %s", x.n, x.what)
			}
		}
		fmt.Fprintln(p.out)
		if c.Packets > 0 {
			printSpan(p, "captured", c.First, c.Last)
		}
	}
	fmt.Fprintf(p.out, "  records   %d, of %s in %d packets\n", r.Records, output.Size(int64(r.Bytes)), r.Packets)
	if r.Records > 0 {
		printSpan(p, "of times", r.start, r.end)
	}
	for i := range r.Exporters {
		printExporter(p, &r.Exporters[i])
	}
	if r.Kind == capture.Nfcapd {
		for who, n := range r.Told {
			fmt.Fprintf(p.out, "  exporter  %s: %d records\n", who, n)
		}
	}
	_, err := fmt.Fprintln(p.out)
	return err
}

func printSpan(p *program, what string, from, to int64) {
	fmt.Fprintf(p.out, "  %-9s %s to %s (%s)\n", what, flow.At(from).Format(time.RFC3339), flow.At(to).Format(time.RFC3339), time.Duration(to-from)*time.Microsecond)
}

func printExporter(p *program, x *collect.Exporter) {
	fmt.Fprintf(p.out, "  exporter  %s: %d datagrams, %d records\n", x.Address, x.Datagrams, x.Records)
	for _, s := range x.Streams {
		fmt.Fprintf(p.out, "            %s, domain %d: %d %s sent, %d lost", s.Protocol, s.Domain, s.Sent, s.Counts, s.Lost)
		if s.Waiting > 0 {
			fmt.Fprintf(p.out, ", %d sets whose template never came", s.Waiting)
		}
		if s.Version.String() != "sFlow v5" && (s.Clock > time.Minute || s.Clock < -time.Minute) {
			fmt.Fprintf(p.out, "; its clock is off by %s", s.Clock.Round(time.Second))
		}
		fmt.Fprintln(p.out)
	}
	for _, n := range []struct {
		n    uint64
		what string
	}{{x.Overtaken, "datagrams came late"}, {x.Duplicates, "came twice"}, {x.Restarts, "restarts"}, {x.Reverse, "records of ways back"}, {x.Options, "records of options"}, {x.Events, "records of events"},
		{x.Foreign, "samples that are not of IP"}, {x.NoRoom, "sets lost for want of room"}, {x.Expired, "sets whose template came too late"}, {x.Skewed, "records of a time far from when they came"}, {x.Errors, "datagrams that are wrong"}} {
		if n.n > 0 {
			fmt.Fprintf(p.out, "            %d %s\n", n.n, n.what)
		}
	}
	if x.LastError != "" {
		fmt.Fprintf(p.out, "            wrong at last: %s\n", x.LastError)
	}
}
