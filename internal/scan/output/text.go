package output

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"candor"
	"candor/internal/scan"
)

// textWriter writes one line a finding for people and for grep:
//
//	PATH[//INSIDE]: RULE FOUND (severity, class[, nature][; known good: …])
//
// with the strings, if they are asked for, indented below it.
type textWriter struct{ o Options }

func (w *textWriter) Finding(f candor.Finding) error {
	var b strings.Builder
	if f.IsUnread() {
		fmt.Fprintf(&b, "%s: %s (%s)\n", Printable(f.Where()), Printable(f.Rule), Printable(f.Description))
		_, err := w.o.Out.Write([]byte(b.String()))
		return err
	}
	fmt.Fprintf(&b, "%s: %s FOUND (%s, %s", Printable(f.Where()), Printable(f.Rule), f.Severity, f.Class)
	if f.Nature != "" {
		fmt.Fprintf(&b, ", %s", f.Nature)
	}
	if f.Good != "" {
		fmt.Fprintf(&b, "; known good: %s, probably a false alarm of the rule", Printable(f.Good))
	}
	b.WriteString(")\n")
	if w.o.Strings {
		for _, s := range f.Strings {
			fmt.Fprintf(&b, "    0x%x:%s: %s\n", s.Offset, s.Name, Excerpt(s.Data, s.Length))
		}
	}
	_, err := w.o.Out.Write([]byte(b.String()))
	return err
}

func (w *textWriter) Failure(f scan.Failure) error {
	_, err := fmt.Fprintf(w.o.Log, "candor: %s: %v\n", Printable(f.Path), f.Err)
	return err
}

func (w *textWriter) End(s Summary) error {
	var b strings.Builder
	b.WriteByte('\n')
	if s.Interrupted {
		b.WriteString("Interrupted: the figures are those of the part that was scanned.\n")
	}
	seconds := max(s.Seconds, 1e-9)
	fmt.Fprintf(&b, "Scanned    %s, %s, in %s (%s/s, %.0f files/s)\n", count(s.Files, "file"), Size(s.Bytes),
		round(s.Seconds), Size(int64(float64(s.Bytes)/seconds)), float64(s.Files)/seconds)
	fmt.Fprintf(&b, "Found      %s in %s", count(s.Findings, "finding"), count(s.Flagged, "file"))
	if s.Good > 0 {
		fmt.Fprintf(&b, ", %d of them in known-good files", s.Good)
	}
	b.WriteByte('\n')
	if s.Unread > 0 {
		fmt.Fprintf(&b, "Not looked at to the end of what lies inside: %s\n", count(s.Unread, "file"))
	}
	if s.Errors > 0 {
		fmt.Fprintf(&b, "Not scanned, or only in part: %s\n", count(s.Errors, "path"))
	}
	if n := s.Skipped.Total(); n > 0 {
		fmt.Fprintf(&b, "Passed over %d: %s\n", n, reasons(s.Skipped))
	}
	fmt.Fprintf(&b, "Definitions %d in force", s.Definitions)
	if s.Problems > 0 {
		fmt.Fprintf(&b, ", %d not usable", s.Problems)
	}
	b.WriteByte('\n')
	_, err := w.o.Out.Write([]byte(b.String()))
	return err
}

func reasons(s scan.Skipped) string {
	var parts []string
	for _, r := range []struct {
		n    int64
		name string
	}{
		{s.Links, "links"}, {s.Special, "devices, FIFOs and sockets"}, {s.Excluded, "excluded"},
		{s.Large, "beyond the size limit"}, {s.Mounts, "other file systems"},
	} {
		if r.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", r.n, r.name))
		}
	}
	return strings.Join(parts, ", ")
}

// Excerpt shows matched bytes as yara does, on one line; length says how many
// there were.
func Excerpt(data []byte, length int) string {
	var b strings.Builder
	for _, c := range data {
		if c >= 0x20 && c < 0x7f && c != '\\' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "\\x%02x", c)
		}
	}
	if length > len(data) {
		fmt.Fprintf(&b, "… (%d bytes)", length)
	}
	return b.String()
}

// Printable gives s as it is if a terminal shows it harmlessly, and quoted
// otherwise: whoever uploads a file chooses its name.
func Printable(s string) string {
	if utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) < 0 {
		return s
	}
	return strconv.Quote(s)
}

// Size words a number of bytes.
func Size(n int64) string {
	const units = "kMGTPE"
	if n < 1000 {
		return fmt.Sprintf("%d B", n)
	}
	v, unit := float64(n)/1000, 0
	for v >= 999.95 && unit < len(units)-1 {
		v /= 1000
		unit++
	}
	return fmt.Sprintf("%.1f %cB", v, units[unit])
}

func count(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func round(seconds float64) time.Duration {
	d := time.Duration(seconds * float64(time.Second))
	if d > time.Minute {
		return d.Round(time.Second)
	}
	return d.Round(time.Millisecond)
}
