package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"candor"
	"candor/internal/flow"
	"candor/internal/flow/lease"
)

func (p *program) flowWhoCommand() *cobra.Command {
	var data, at, format string
	c := &cobra.Command{
		Use:   "who ADDRESS [PORT]",
		Short: "Say who held an address, and by which leases",
		Long: `Who says who held ADDRESS, and PORT of it, at a moment: by the leases that
sources told of, as they lie in the data folder. It names holders as sources do;
which line that is the desk knows. The desk may be running meanwhile.`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := oneOf("format", format, "text", "json"); err != nil {
				return err
			}
			ip, port, when, err := readWho(args, at, time.Now())
			if err != nil {
				return err
			}
			table, err := lease.Read(lease.Options{Dir: filepath.Join(data, leaseFolder), Lines: noLines{}})
			if err != nil {
				return candor.WithHint(err, "Name the data folder of the desk with --data.")
			}
			answer := table.Explain(ip, port, when)
			if format == "json" {
				return json.NewEncoder(p.out).Encode(answer)
			}
			writeWho(p.out, answer, "")
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&data, "data", "/var/lib/candor", "read what the desk keeps in `DIR`")
	f.StringVar(&at, "at", "", "ask about this `TIME`, as 2006-01-02T15:04:05Z (default: now)")
	f.StringVar(&format, "format", "text", "write the answer as `text|json`")
	return c
}

// readWho reads what is asked.
func readWho(args []string, at string, now time.Time) (ip netip.Addr, port uint16, when time.Time, err error) {
	if ip, err = netip.ParseAddr(args[0]); err != nil {
		return ip, 0, now, candor.WithHint(fmt.Errorf("%.60q is no address: %w", args[0], candor.ErrInvalid), "Write it as 192.0.2.1 or 2001:db8::1.")
	}
	if len(args) > 1 {
		n, err := strconv.ParseUint(args[1], 10, 16)
		if err != nil {
			return ip, 0, now, candor.WithHint(fmt.Errorf("%.20q is no port: %w", args[1], candor.ErrInvalid), "Write a number up to 65535.")
		}
		port = uint16(n)
	}
	if when = now; at != "" {
		if when, err = time.Parse(time.RFC3339, at); err != nil {
			return ip, 0, now, candor.WithHint(fmt.Errorf("%.40q is no time: %w", at, candor.ErrInvalid), "Write it as 2006-01-02T15:04:05Z.")
		}
	}
	return ip, port, when, nil
}

// noLines knows no line, so that all holders are told of by their keys.
type noLines struct{}

func (noLines) Line(string, string) (flow.Line, bool) { return 0, false }

// reasons tell people.
var reasons = map[lease.Reason]string{
	lease.Held: "held", lease.Bridged: "held before and after, and by nobody else between", lease.Nobody: "no lease is known",
	lease.Later: "leases are known only from later on", lease.Ended: "the last lease had ended", lease.Gap: "between two leases",
	lease.Silence: "the source had been silent for too long", lease.Twice: "two held it at once",
	lease.Change: "too near to a change of holders for what clocks are", lease.Unmapped: "held by",
	lease.Disputed: "held, but keys name different lines", lease.Inner: "a translator had it for an inner address",
	lease.Forgotten: "longer ago than leases are kept",
}

func writeWho(w io.Writer, a lease.Answer, indent string) {
	fmt.Fprintf(w, "%s%s\n", indent, reasons[a.Reason])
	for _, l := range a.Leases {
		until := "open"
		if !l.Until.IsZero() {
			until = l.Until.Format(time.RFC3339) + " (" + l.Why + ")"
		}
		keys := make([]string, 0, len(l.Keys)+1)
		for _, k := range l.Keys {
			keys = append(keys, strconv.QuoteToGraphic(k.String()))
		}
		if l.Inner.IsValid() {
			keys = append(keys, "inner "+l.Inner.String())
		}
		fmt.Fprintf(w, "%s  %s %s: %s from %s to %s, session %q of %s %s\n", indent, l.Prefix, l.Ports, strings.Join(keys, " "),
			l.From.Format(time.RFC3339), until, l.Session, l.Source, strconv.QuoteToGraphic(l.Group))
	}
	if a.Behind != nil {
		writeWho(w, *a.Behind, indent+"  ")
	}
}
