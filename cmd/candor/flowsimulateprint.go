package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
	"time"

	"candor/internal/flow"
	"candor/internal/flow/simulate"
)

// printFlows prints each record as a JSON line, each label when its episode
// begins, and last a summary.
func printFlows(ctx context.Context, out *bufio.Writer, w *simulate.World, from, to time.Time) error {
	var records, bytes uint64
	told := map[uint64]bool{}
	err := w.Run(ctx, from, to, time.Second, func(_ int64, rs []flow.Record, labels []simulate.Label) error {
		for i := range labels {
			if told[labels[i].ID] {
				continue
			}
			told[labels[i].ID] = true
			if err := printJSON(out, labelJSON(&labels[i])); err != nil {
				return err
			}
		}
		for i := range rs {
			records++
			bytes += rs[i].Total()
			if _, err := out.Write(appendFlow(out.AvailableBuffer(), &rs[i])); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return printJSON(out, map[string]any{"type": "summary", "records": records, "bytes": bytes, "labels": len(told), "errors": 0})
}

// appendFlow appends a record as a JSON line. Times are microseconds since 1970.
func appendFlow(b []byte, r *flow.Record) []byte {
	number := func(key string, v uint64) {
		b = append(b, key...)
		b = strconv.AppendUint(b, v, 10)
	}
	b = append(b, `{"type":"flow"`...)
	number(`,"start":`, uint64(r.Start))
	number(`,"end":`, uint64(r.End))
	b = append(b, `,"src":"`...)
	b = r.Src.IP().AppendTo(b)
	b = append(b, `","dst":"`...)
	b = r.Dst.IP().AppendTo(b)
	number(`","src_port":`, uint64(r.SrcPort))
	number(`,"dst_port":`, uint64(r.DstPort))
	number(`,"protocol":`, uint64(r.Protocol))
	number(`,"flags":`, uint64(r.Flags))
	number(`,"packets":`, r.Packets)
	number(`,"bytes":`, r.Bytes)
	number(`,"sampling":`, uint64(max(r.Sampling, 1)))
	number(`,"exporter":`, uint64(r.Exporter))
	number(`,"in":`, uint64(r.In))
	number(`,"out":`, uint64(r.Out))
	return append(b, "}\n"...)
}

func printJSON(out io.Writer, v any) error {
	return json.NewEncoder(out).Encode(v)
}

func labelJSON(l *simulate.Label) map[string]any {
	return map[string]any{
		"type": "label", "id": fmt.Sprintf("%016x", l.ID), "line": l.Line, "class": l.Class.String(), "level": l.Level.String(),
		"from": flow.At(l.From), "to": flow.At(l.To), "intensity": l.Intensity, "unit": l.Class.Unit(), "targets": l.Targets,
		"port": l.Port, "ramp_seconds": float64(l.Ramp) / 1e6, "jitter": l.Jitter, "idle": l.Idle, "spoofed": l.Spoofed,
	}
}

func lineJSON(l *simulate.Line) map[string]any {
	m := map[string]any{
		"type": "line", "line": l.Number, "reference": l.Reference, "kind": l.Kind.String(), "down": l.Plan.Down, "up": l.Plan.Up,
		"mail_server": l.MailServer, "habits": names(l.Habits),
	}
	addresses := make([]string, len(l.Addresses))
	for i, a := range l.Addresses {
		addresses[i] = a.String()
	}
	m["addresses"] = addresses
	if l.LastPort != 0 {
		m["ports"] = [2]uint16{l.FirstPort, l.LastPort}
	}
	return m
}

// printSummary prints what an interval holds.
func printSummary(out *bufio.Writer, format string, s *simulate.Summary, from time.Time) error {
	if format == "json" {
		return summaryJSON(out, s, from)
	}
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(t, "activity\trecords\tGB\t\n")
	for a, c := range s.Made.Activities {
		fmt.Fprintf(t, "%v\t%d\t%.2f\t\n", simulate.Activity(a), c.Records, float64(c.Bytes)/1e9)
	}
	fmt.Fprintf(t, "\nabuse\trecords\tGB\tepisodes\t\n")
	episodes := map[simulate.Class]int{}
	for i := range s.Labels {
		episodes[s.Labels[i].Class]++
	}
	for i, c := range s.Made.Classes {
		if class := simulate.Class(i); c.Records > 0 || episodes[class] > 0 {
			fmt.Fprintf(t, "%v\t%d\t%.2f\t%d\t\n", class, c.Records, float64(c.Bytes)/1e9, episodes[class])
		}
	}
	fmt.Fprintf(t, "\nhour\trecords\tGB\t\n")
	for h, c := range s.Hours {
		fmt.Fprintf(t, "%s\t%d\t%.2f\t\n", from.Add(time.Duration(h)*time.Hour).Format("2006-01-02 15:04"), c.Records, float64(c.Bytes)/1e9)
	}
	fmt.Fprintf(t, "all\t%d\t%.2f\t\n", s.Records, float64(s.Bytes)/1e9)
	return t.Flush()
}

func summaryJSON(out io.Writer, s *simulate.Summary, from time.Time) error {
	for i := range s.Labels {
		if err := printJSON(out, labelJSON(&s.Labels[i])); err != nil {
			return err
		}
	}
	activities, classes := map[string]simulate.Count{}, map[string]simulate.Count{}
	for a, c := range s.Made.Activities {
		activities[simulate.Activity(a).String()] = c
	}
	for i, c := range s.Made.Classes {
		classes[simulate.Class(i).String()] = c
	}
	return printJSON(out, map[string]any{
		"type": "summary", "from": from, "records": s.Records, "bytes": s.Bytes, "labels": len(s.Labels), "errors": 0,
		"activities": activities, "classes": classes, "hours": s.Hours,
	})
}
