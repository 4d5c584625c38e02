package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"candor"
	"candor/internal/access"
	"candor/internal/house"
)

// flowQuery are the options of candor flow query.
type flowQuery struct {
	deskFlags
	since, by, step, order, purpose string
	limit                           int
	records                         bool
	all                             bool // no limit was named
	format                          string
}

func (p *program) flowQueryCommand() *cobra.Command {
	f := &flowQuery{}
	c := &cobra.Command{
		Use:   "query [CONDITIONS]",
		Short: "Ask a desk about flows that it keeps",
		Long: `Query asks a desk about the flows that it keeps: sums of those for which all
CONDITIONS hold, the largest first, or with --records the flows themselves, the
latest first; --records --format csv gives all of them, up to a million, as they
come. docs/flow.md lists the fields. A question that names a line or its
address needs --for, and is recorded. A condition that begins with a minus stands
behind another, or behind --.

The desk is named by --server or CANDOR_URL. A token with the scope flows is taken
from --token-file or CANDOR_TOKEN.

Exit status: 0 something was found, 1 nothing was found, 2 it could not be asked.`,
		Example: `  candor flow query port:443 --by line,port --since 1h
  candor flow query "line:L-2001 -peer:192.0.2.0/24" --records --since 2026-11-26 --for C-12`,
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			if err := oneOf("format", f.format, "text", "json", "csv"); err != nil {
				return err
			}
			if f.format == "csv" && !f.records {
				return candor.WithHint(fmt.Errorf("sums as csv: %w", candor.ErrInvalid), "Only flows themselves are given as csv: add --records.")
			}
			if f.all = !c.Flags().Changed("limit"); f.format == "csv" && !c.Flags().Changed("timeout") {
				f.timeout = time.Hour
			}
			return p.flowQuery(c.Context(), f, strings.Join(args, " "))
		},
	}
	f.add(c, time.Minute)
	c.Flags().StringVar(&f.since, "since", "1h", "ask of this `TIME`: 1h, a day, or two ends with / between; UTC without a zone")
	c.Flags().StringVar(&f.by, "by", "", "tell `FIELDS` apart, with commas between")
	c.Flags().StringVar(&f.step, "step", "", "with --format json: values for each `TIME`")
	c.Flags().StringVar(&f.order, "order", "bytes", "the largest first by `bytes|packets|flows`")
	c.Flags().IntVar(&f.limit, "limit", 20, "at most so many rows, a `NUMBER` up to 1000; with --format csv up to 1000000, and all without")
	c.Flags().StringVar(&f.purpose, "for", "", "what it is for: a case (C-12) or some words")
	c.Flags().BoolVar(&f.records, "records", false, "the flows themselves")
	c.Flags().StringVar(&f.format, "format", "text", "write it as `text|json`, with --records also csv")
	return c
}

// mostFlows bounds an answer, in bytes.
const mostFlows = 64 << 20

func (p *program) flowQuery(ctx context.Context, f *flowQuery, where string) error {
	base, err := f.base()
	if err != nil {
		return err
	}
	token, err := f.token(access.ScopeFlows)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	if f.format == "csv" {
		return p.flowExport(ctx, f, base, token, where)
	}
	path, query := "api/v1/flows", url.Values{"time": {f.since}, "where": {where}, "for": {f.purpose}, "limit": {strconv.Itoa(f.limit)}}
	if f.records {
		path += "/records"
	} else {
		query["by"], query["step"], query["order"] = []string{f.by}, []string{f.step}, []string{f.order}
	}
	text, err := askDesk(ctx, base, token, path, query, mostFlows)
	if err != nil {
		return candor.WithHint(fmt.Errorf("ask %s about flows: %w", base.Host, err), hintOr(err, "See what is allowed in docs/flow.md, and whether the desk answers."))
	}
	var a flowAnswer
	if err := json.Unmarshal(text, &a); err != nil {
		return fmt.Errorf("the answer is not a desk's: %w", err)
	}
	if a.Unmeasured != "" {
		return candor.WithHint(fmt.Errorf("ask %s about flows: it keeps none (%s)", base.Host, a.Unmeasured), "Ask the process that has the flow archive.")
	}
	if len(a.Flows) == 0 && a.Total.Flows == 0 {
		p.status = exitFound
	}
	if f.format == "json" {
		_, err = fmt.Fprintf(p.out, "%s\n", strings.TrimSpace(string(text)))
		return err
	}
	return p.printFlows(f, a)
}

// flowExport writes flows as the desk gives them.
func (p *program) flowExport(ctx context.Context, f *flowQuery, base *url.URL, token, where string) error {
	query := url.Values{"time": {f.since}, "where": {where}, "for": {f.purpose}}
	if !f.all {
		query.Set("most", strconv.Itoa(f.limit))
	}
	text, err := openDesk(ctx, base, token, "api/v1/flows/export", query)
	if err != nil {
		return candor.WithHint(fmt.Errorf("ask %s about flows: %w", base.Host, err), hintOr(err, "See what is allowed in docs/flow.md, and whether the desk answers."))
	}
	defer text.Close()
	n, err := io.Copy(p.out, text)
	if err != nil {
		return candor.WithHint(fmt.Errorf("ask %s about flows: the answer broke off after %d bytes: %w", base.Host, n, err), "Ask for a shorter time.")
	}
	if n <= int64(len(strings.Join(house.FlowColumns(), ","))+1) {
		p.status = exitFound
	}
	return nil
}

// flowAnswer is what is printed of an answer: of sums, or of flows themselves.
type flowAnswer struct {
	Unmeasured   string
	Tier         string
	Since, Until time.Time
	Rows         []struct {
		Keys []struct{ Value string }
		Sum  flowSum
	}
	Rest, Total flowSum
	Flows       []struct {
		End                 time.Time
		Source, Destination string
		SourcePort          uint16 `json:"source_port"`
		Port                uint16 `json:"destination_port"`
		Protocol, Flags     string
		Bytes, Packets      uint64
		From, To            string
	}
}

type flowSum struct{ Bytes, Packets, Flows uint64 }

func (p *program) printFlows(f *flowQuery, a flowAnswer) error {
	w := tabwriter.NewWriter(p.out, 0, 8, 2, ' ', 0)
	if f.records {
		fmt.Fprintln(w, "ended\tsource\tport\tdestination\tport\tprotocol\tbytes\tpackets\tfrom\tto")
		for _, r := range a.Flows {
			fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%d\t%s\t%d\t%d\t%s\t%s\n", r.End.UTC().Format("2006-01-02T15:04:05.000Z"), r.Source, r.SourcePort, r.Destination, r.Port, strings.TrimSpace(r.Protocol+" "+r.Flags), r.Bytes, r.Packets, printable(r.From), printable(r.To))
		}
		return w.Flush()
	}
	for _, field := range strings.Split(f.by, ",") {
		fmt.Fprintf(w, "%s\t", strings.TrimSpace(field))
	}
	fmt.Fprintln(w, "bytes\tpackets\tflows")
	sum := func(s flowSum) { fmt.Fprintf(w, "%d\t%d\t%d\n", s.Bytes, s.Packets, s.Flows) }
	blank := strings.Repeat("\t", strings.Count(f.by, ","))
	for _, r := range a.Rows {
		if len(r.Keys) == 0 {
			continue // it is the total
		}
		for _, k := range r.Keys {
			fmt.Fprintf(w, "%s\t", printable(k.Value))
		}
		sum(r.Sum)
	}
	if a.Rest.Flows > 0 {
		fmt.Fprintf(w, "(rest)\t%s", blank)
		sum(a.Rest)
	}
	fmt.Fprintf(w, "(all)\t%s", blank)
	sum(a.Total)
	fmt.Fprintf(w, "\nfrom %s, %s to %s\n", a.Tier, a.Since.UTC().Format(time.RFC3339), a.Until.UTC().Format(time.RFC3339))
	return w.Flush()
}

// printable is a name that somebody else chose, without what moves a terminal.
func printable(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsGraphic(r) }) {
		return strconv.QuoteToGraphic(s)
	}
	return s
}
