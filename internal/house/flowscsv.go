package house

import (
	"context"
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"time"

	"candor/internal/flow/archive"
)

// FlowColumns are the columns of flows as CSV. Bytes and packets are what flows
// stand for; candor flow replay reads it.
func FlowColumns() []string {
	return []string{"start", "end", "source", "source-port", "destination", "destination-port", "protocol", "flags", "bytes", "packets", "sampling", "in", "out", "exporter", "from", "to"}
}

// WriteCSV writes all that is exported, as it comes. If older flows are left out,
// the last row says so: cut in its first column, and nothing in the others. An
// error comes after part of the text.
func (e *FlowExport) WriteCSV(ctx context.Context, to io.Writer, cut string) error {
	w := csv.NewWriter(to)
	if err := w.Write(FlowColumns()); err != nil {
		return err
	}
	for {
		part, err := e.Next(ctx)
		if err != nil {
			return err
		}
		if len(part.Flows) == 0 {
			break
		}
		for i := range part.Flows {
			if err := w.Write(flowRow(part, &part.Flows[i])); err != nil {
				return err
			}
		}
		if w.Flush(); w.Error() != nil {
			return w.Error()
		}
	}
	if e.More() {
		last := make([]string, len(FlowColumns()))
		last[0] = cut
		if err := w.Write(last); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// flowRow is a flow in the columns of FlowColumns.
func flowRow(of FlowRecords, f *archive.Flow) []string {
	number := func(n uint64) string { return strconv.FormatUint(n, 10) }
	exporter := ""
	if f.Exporter.IsValid() {
		exporter = f.Exporter.String()
	}
	return []string{time.UnixMicro(f.Start).UTC().Format(time.RFC3339Nano), time.UnixMicro(f.End).UTC().Format(time.RFC3339Nano), f.Src.String(), number(uint64(f.SrcPort)), f.Dst.String(), number(uint64(f.DstPort)), archive.FormatNumber(archive.FieldProtocol, uint32(f.Protocol)),
		archive.FormatNumber(archive.FieldFlags, uint32(f.Flags)), number(f.Total()), number(f.Count()), number(uint64(f.Sampling)), number(uint64(f.In)), number(uint64(f.Out)), exporter, Inert(of.Reference(f.From)), Inert(of.Reference(f.To))}
}

// Inert keeps a table program from taking a text for a formula.
func Inert(s string) string {
	if s != "" && s != "-" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
