package archive_test

import (
	"errors"
	"math/rand/v2"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"candor"
	"candor/internal/flow/archive"
)

var now = time.Date(2026, 11, 26, 20, 47, 13, 250_000_000, time.UTC)

// references name lines; what is not among them is none.
var references = map[string]candor.ID{"L-2001": "id-1", `a "b", \c`: "id-2", "none": "id-3", "端口 7": "id-4", "-": "id-5"}

func lines(reference string) (candor.ID, bool, error) {
	id, ok := references[reference]
	return id, ok, nil
}

func name(id candor.ID) string {
	for reference, have := range references {
		if have == id {
			return reference
		}
	}
	return ""
}

func prefix(s string) netip.Prefix { return netip.MustParsePrefix(s) }

func TestParseConditions(t *testing.T) {
	text := `port:443,8443  protocol:UDP -peer:192.0.2.77/24,::ffff:198.51.100.1 line:L-2001,none,"none","a \"b\", \\c"
		port:1000-2000 Direction:out protocol:ipv6-icmp,tcp-udp flags:sa,none,2-18 exporter:2001:db8::1 in:4294967295 peer-net:::ffff:192.0.2.0/120 protocol:0-255`
	got, err := archive.ParseConditions(text, lines)
	want := []archive.Condition{
		{Field: archive.FieldPort, Values: []archive.Value{{From: 443, To: 443}, {From: 8443, To: 8443}}},
		{Field: archive.FieldProtocol, Values: []archive.Value{{From: 17, To: 17}}},
		{Field: archive.FieldPeer, Not: true, Values: []archive.Value{{Network: prefix("192.0.2.0/24")}, {Network: prefix("198.51.100.1/32")}}},
		{Field: archive.FieldLine, Values: []archive.Value{{Line: "id-1"}, {}, {Line: "id-3"}, {Line: "id-2"}}},
		{Field: archive.FieldPort, Values: []archive.Value{{From: 1000, To: 2000}}},
		{Field: archive.FieldDirection, Values: []archive.Value{{Way: archive.Out}}},
		{Field: archive.FieldProtocol, Values: []archive.Value{{From: 58, To: 58}, {From: 6, To: 17}}},
		{Field: archive.FieldFlags, Values: []archive.Value{{From: 18, To: 18}, {}, {From: 2, To: 18}}},
		{Field: archive.FieldExporter, Values: []archive.Value{{Network: prefix("2001:db8::1/128")}}},
		{Field: archive.FieldIn, Values: []archive.Value{{From: 1<<32 - 1, To: 1<<32 - 1}}},
		{Field: archive.FieldPeerNet, Values: []archive.Value{{Network: prefix("192.0.2.0/24")}}},
		{Field: archive.FieldProtocol, Values: []archive.Value{{From: 0, To: 255}}},
	}
	if d := cmp.Diff(want, got, comparing); err != nil || d != "" {
		t.Error(err, d)
	}
	if got := archive.FormatConditions(got[:4], name); got != `port:443,8443 protocol:udp -peer:192.0.2.0/24,198.51.100.1 line:L-2001,none,"none","a \"b\", \\c"` {
		t.Error(got)
	}
}

var comparing = cmp.Options{cmpopts.EquateComparable(netip.Prefix{}), cmpopts.EquateEmpty()}

// TestMistakes: what cannot be read is named, with its place and what is allowed.
func TestMistakes(t *testing.T) {
	for _, c := range []struct {
		text, at string // what cannot be read, and what it begins with
		why      archive.Problem
		allowed  string
	}{
		{"port:443 colour:red", "colour", archive.NoField, "peer-net"},
		{"443", "443", archive.NoField, "port"},
		{"port", "port", archive.NoValue, "0-65535"},
		{"peer:192.0.2.1 port:", "port:", archive.NoValue, "0-65535"},
		{"port:80,", "port:80,", archive.NoValue, "0-65535"},
		{"port:80,65536", "65536", archive.NotAllowed, "0-65535"},
		{"port:20-10", "20-10", archive.NotAllowed, "1000-2000"},
		{"protocol:tcpp", "tcpp", archive.NotAllowed, "tcp, udp"},
		{"protocol:256", "256", archive.NotAllowed, "0-255"},
		{"direction:up", "up", archive.NotAllowed, "through"},
		{"peer:192.0.2.300", "192.0.2.300", archive.NotAllowed, "192.0.2.0/24"},
		{"peer:fe80::1%eth0", "fe80::1%eth0", archive.NotAllowed, "192.0.2.0/24"},
		{"peer:::ffff:0.0.0.0/90", "::ffff:0.0.0.0/90", archive.NotAllowed, "192.0.2.0/24"},
		{"flags:SX", "SX", archive.NotAllowed, "CEUAPRSF"},
		{"line:nobody", "nobody", archive.UnknownLine, "reference"},
		{`line:"L-2001`, `"L-2001`, archive.OpenQuote, ""},
		{`line:"L-2001"x`, `"L-2001"`, archive.OpenQuote, ""},
		{"port:" + strings.Repeat("1,", 300) + "1", "port:1,1", archive.TooMany, "200"},
		{strings.Repeat("port:1 ", 40), "port:1 port:1", archive.TooMany, "32"},
		{strings.Repeat(" ", 2001), "   ", archive.TooLong, "2000"},
	} {
		_, err := archive.ParseConditions(c.text, lines)
		var m *archive.Mistake
		if !errors.As(err, &m) || !errors.Is(err, candor.ErrInvalid) || m.Problem != c.why || !strings.HasPrefix(m.Text, c.at) || !strings.HasPrefix(c.text[m.At:], c.at) || !strings.Contains(m.Allowed, c.allowed) {
			t.Errorf("%.40q: %v", c.text, err)
		}
	}
	failed := errors.New("the database is away")
	if _, err := archive.ParseConditions("line:x", func(string) (candor.ID, bool, error) { return "", false, failed }); !errors.Is(err, failed) {
		t.Error("an error of the lines:", err)
	}
}

func TestParseTime(t *testing.T) {
	vienna, err := time.LoadLocation("Europe/Vienna")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"1h":                                "2026-11-26T19:47:13.25Z/2026-11-26T20:47:13.25Z",
		"1d12h":                             "2026-11-25T08:47:13.25Z/2026-11-26T20:47:13.25Z",
		"2026-11-26T20:00/2026-11-26T21:00": "2026-11-26T19:00Z/2026-11-26T20:00Z",
		"2026-11-26T20:00Z/2026-11-26T21:00:30.5Z": "2026-11-26T20:00Z/2026-11-26T21:00:30.5Z",
		"2026-11-26T20:00+08:00/30m":               "2026-11-26T12:00Z/2026-11-26T12:30Z",
		"30m/2026-11-26T20:00Z":                    "2026-11-26T19:30Z/2026-11-26T20:00Z",
		"2026-10-25":                               "2026-10-24T22:00Z/2026-10-25T23:00Z", // a day of 25 hours
		"2026-11-01/2026-11-02":                    "2026-10-31T23:00Z/2026-11-02T23:00Z",
	} {
		since, until, err := archive.ParseTime(text, now, vienna)
		if got := archive.FormatTime(since, until); err != nil || got != want {
			t.Errorf("%s: %s, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "h", "0h", "1x", "-1h", "1h/2h", "2026-11-26T20:00", "yesterday", "2026-11-26T21:00/2026-11-26T20:00", "2026-11-26T21:00/2026-13-26T20:00", "9999999999w", "2147483647w", "1969-01-01/1h", "5000w"} {
		var m *archive.Mistake
		if since, until, err := archive.ParseTime(text, now, vienna); !errors.As(err, &m) || m.Problem != archive.NoTime || !strings.HasPrefix(text[m.At:], m.Text) {
			t.Errorf("%q is %s to %s, %v", text, since, until, err)
		}
	}
}

// TestQuestions: what is written is read as the same.
func TestQuestions(t *testing.T) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 1))
	for range 5000 {
		q, err := anyQuestion(r).Checked()
		if err != nil {
			t.Fatalf("seed %d: %v of %+v", seed, err, q)
		}
		values, err := url.ParseQuery(q.Values(name).Encode())
		if err != nil {
			t.Fatal(err)
		}
		got, err := archive.ParseQuestion(values, archive.Reading{Now: now, Zone: time.UTC, Lines: lines})
		if d := cmp.Diff(q, got, comparing); err != nil || d != "" {
			t.Fatalf("seed %d: %s: %v\n%s", seed, values, err, d)
		}
	}
}

func anyQuestion(r *rand.Rand) archive.Question {
	since := now.Add(-time.Duration(r.Int64N(1e6)) * time.Second).Truncate(time.Duration(1+r.IntN(60)) * time.Microsecond)
	q := archive.Question{Since: since, Until: since.Add(time.Duration(1+r.Int64N(1e11)) * time.Microsecond), Limit: 1 + r.IntN(1000), Order: []archive.Measure{"", archive.Bytes, archive.Packets, archive.Flows}[r.IntN(4)]}
	if r.IntN(2) == 0 {
		q.Step = q.Until.Sub(q.Since).Truncate(time.Second)/time.Duration(1+r.IntN(1000)) + time.Second
		q.Step = q.Step.Truncate(time.Second)
	}
	for _, i := range r.Perm(len(archive.Fields))[:r.IntN(archive.MaxBy+1)] {
		q.By = append(q.By, archive.Fields[i])
	}
	for range r.IntN(5) {
		c := archive.Condition{Field: archive.Fields[r.IntN(len(archive.Fields))], Not: r.IntN(2) == 0}
		for range 1 + r.IntN(4) {
			c.Values = append(c.Values, anyValue(r, c.Field))
		}
		q.Where = append(q.Where, c)
	}
	return q
}

func anyValue(r *rand.Rand, f archive.Field) (v archive.Value) {
	switch f {
	case archive.FieldLine:
		v.Line = []candor.ID{"", "id-1", "id-2", "id-3", "id-4", "id-5"}[r.IntN(6)]
	case archive.FieldDirection:
		v.Way = []archive.Direction{archive.Out, archive.In, archive.Through}[r.IntN(3)]
	case archive.FieldLocal, archive.FieldPeer, archive.FieldPeerNet, archive.FieldExporter:
		var b [16]byte
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		a := netip.AddrFrom16(b)
		if r.IntN(2) == 0 {
			a = netip.AddrFrom4([4]byte(b[:4]))
		}
		v.Network = netip.PrefixFrom(a, r.IntN(a.BitLen()+1)).Masked()
	case archive.FieldProtocol, archive.FieldFlags:
		v.From = r.Uint32N(256)
		v.To = v.From + r.Uint32N(2)*r.Uint32N(256-v.From)
	case archive.FieldIn, archive.FieldOut:
		v.From = r.Uint32()
		v.To = v.From + r.Uint32N(2)*(1<<32-1-v.From)
	default:
		v.From = r.Uint32N(65536)
		v.To = v.From + r.Uint32N(2)*r.Uint32N(65536-v.From)
	}
	return v
}

// FuzzConditions: whatever is read can be written, and is then the same.
func FuzzConditions(f *testing.F) {
	for _, s := range []string{"port:443 protocol:udp -peer:192.0.2.0/24", `line:L-2001,none,"a \"b\", \\c" port:1000-2000`, "flags:SA,none", "peer:::1", "line:\"", "-", ":", "port:-", "protocol:tcp-udp"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		// Any reference is a line's, whose ID it is.
		all, err := archive.ParseConditions(text, func(r string) (candor.ID, bool, error) { return candor.ID(r), true, nil })
		if err != nil {
			var m *archive.Mistake
			if !errors.As(err, &m) || m.At > len(text) || !strings.HasPrefix(text[m.At:], m.Text) {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		written := archive.FormatConditions(all, func(id candor.ID) string { return string(id) })
		again, err := archive.ParseConditions(written, func(r string) (candor.ID, bool, error) { return candor.ID(r), true, nil })
		if len(written) > archive.MaxText {
			return
		}
		if d := cmp.Diff(all, again, comparing); err != nil || d != "" {
			t.Fatalf("%q became %q: %v\n%s", text, written, err, d)
		}
	})
}

// FuzzTime: what is read as a time is one, and can be written.
func FuzzTime(f *testing.F) {
	for _, s := range []string{"1h", "2026-11-26T20:00/2026-11-26T21:00", "2026-11-26", "1h/2026-11-26T21:00Z", "1w2d3h4m5s"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		since, until, err := archive.ParseTime(text, now, time.UTC)
		if err != nil {
			return
		}
		again, end, err := archive.ParseTime(archive.FormatTime(since, until), now, time.UTC)
		if err != nil || !since.Before(until) || !again.Equal(since.Truncate(time.Microsecond)) || !end.Equal(until.Truncate(time.Microsecond)) {
			t.Fatalf("%q is %s to %s, then %s to %s, %v", text, since, until, again, end, err)
		}
	})
}
