package captures

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Totals are sums over all captures.
type Totals struct {
	Captures, Absent        int
	Malicious, Found        int // hosts
	Nameless                int // malicious hosts of whose class there is no kind, not counted above
	Benign, Noisy, Isolated int // hosts that sent something
	Unjudged                int
}

// Totals adds up. A malicious host counts as found if a kind that names what it
// does was told.
func (r *Report) Totals() Totals {
	t := Totals{Captures: len(r.Outcomes), Absent: len(r.Absent)}
	for _, o := range r.Outcomes {
		for _, v := range o.Verdicts {
			switch {
			case v.Truth == Malicious && len(v.Expect) == 0:
				t.Nameless++
			case v.Truth == Malicious:
				t.Malicious++
				if v.Hit() {
					t.Found++
				}
			case v.Truth == Benign && v.Seen:
				t.Benign++
				if len(v.Found) > 0 {
					t.Noisy++
				}
				if v.Isolated() {
					t.Isolated++
				}
			case v.Truth == Unjudged:
				t.Unjudged++
			}
		}
	}
	return t
}

// Write tells what came of each, and in all.
func (r *Report) Write(w io.Writer) {
	for _, o := range r.Outcomes {
		fmt.Fprintf(w, "%s: %d records in %v, %d lines\n", o.Path, o.Records, o.Length.Round(time.Millisecond), o.Lines)
		for _, v := range o.Verdicts {
			fmt.Fprintf(w, "  %-9s %-15s %s\n", v.Truth, v.Address, v.word())
		}
		if s := o.Senders; s != nil {
			fmt.Fprintf(w, "  %-9s %d senders: %d of them sent %d packets or more, %d of these found%s\n", s.Truth, s.All, s.Judged, fewest, s.Found, note(s.Note))
		}
		if o.Others > 0 {
			fmt.Fprintf(w, "  of hosts that no label names: %d findings\n", o.Others)
		}
	}
	for _, path := range r.Absent {
		fmt.Fprintf(w, "absent: %s\n", path)
	}
	t := r.Totals()
	fmt.Fprintf(w, "%d captures, %d absent\n", t.Captures, t.Absent)
	fmt.Fprintf(w, "malicious hosts: %d of %d found; of %d more no kind names what they do; %d are not judged\n", t.Found, t.Malicious, t.Nameless, t.Unjudged)
	fmt.Fprintf(w, "benign hosts: %d, of %d something was told, %d would be isolated\n", t.Benign, t.Noisy, t.Isolated)
}

// word tells what was found of a host, or that it was missed.
func (v Verdict) word() string {
	var b strings.Builder
	switch {
	case !v.Seen:
		b.WriteString("sent nothing")
	case v.Truth == Malicious && v.Hit():
		b.WriteString("found: ")
	case v.Truth == Malicious && len(v.Expect) > 0:
		b.WriteString("MISSED: ")
	case v.Truth == Benign && v.Isolated():
		b.WriteString("FALSE ISOLATION: ")
	case len(v.Found) > 0:
		b.WriteString("told: ")
	default:
		b.WriteString("nothing told")
	}
	for i, f := range v.Found {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%s after %v", f.Kind, f.After.Round(100*time.Millisecond))
		if f.Times > 1 {
			fmt.Fprintf(&b, " (%d times)", f.Times)
		}
		if f.Isolate {
			b.WriteString(" [isolate]")
		}
	}
	if v.Truth == Malicious && !v.Hit() && len(v.Expect) > 0 {
		if len(v.Found) > 0 {
			b.WriteString("; ")
		}
		b.WriteString("expected ")
		for i, k := range v.Expect {
			if i > 0 {
				b.WriteString(" or ")
			}
			b.WriteString(k.String())
		}
	}
	b.WriteString(note(v.Note))
	return b.String()
}

func note(s string) string {
	if s == "" {
		return ""
	}
	return " (" + s + ")"
}
