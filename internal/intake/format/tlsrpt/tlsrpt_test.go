package tlsrpt

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"candor/internal/intake"
	"candor/internal/intake/format"
	"candor/internal/intake/format/formattest"

	"github.com/google/go-cmp/cmp"
)

func read(name string, content []byte) (intake.Report, error) {
	var all []intake.Event
	r, err := Reader{}.Read(format.NewFile(name, "", bytes.NewReader(content)), func(e intake.Event) error {
		all = append(all, e)
		return nil
	})
	r.Events = all
	return r, err
}

func sample(t testing.TB) []byte {
	content, err := os.ReadFile("testdata/report.json")
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// short tells an event in a line.
func short(e intake.Event) string {
	text := []string{string(e.Class), fmt.Sprint(e.Count), e.Note, e.First.Time.Format("2006-01-02T15:04:05Z07:00"), e.Last.Text}
	for _, r := range append(e.About, e.Others...) {
		text = append(text, string(r.Role)+" "+r.Value)
	}
	return strings.Join(text, "; ")
}

func TestRead(t *testing.T) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(sample(t)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"availability/misconfiguration; 100; mail could not be sent over TLS, certificate-expired, sts; 2026-01-01T00:00:00Z; 2026-01-01T23:59:59Z; host mx1.mail.example.com; other example.com; reporter 2001:db8:abcd:12::1",
		"availability/misconfiguration; 200; mail could not be sent over TLS, starttls-not-supported, sts; 2026-01-01T00:00:00Z; 2026-01-01T23:59:59Z; host mx2.mail.example.com; host 203.0.113.56; other example.com; reporter 2001:db8:abcd:13::1",
		"availability/misconfiguration; 3; mail could not be sent over TLS, sts-webpki-invalid, sts, X509_V_ERR_PROXY_PATH_LENGTH_EXCEEDED; 2026-01-01T00:00:00Z; 2026-01-01T23:59:59Z; host example.com; reporter 198.51.100.62",
		"availability/misconfiguration; 2; mail could not be sent over TLS, no-policy-found; 2026-01-01T00:00:00Z; 2026-01-01T23:59:59Z; host example.net",
	}
	for name, content := range map[string][]byte{"x.json": sample(t), "sender.example!example.com!1767225600!1767311999!001.json.gz": b.Bytes()} {
		if !(Reader{}).Knows(format.NewFile(name, "", bytes.NewReader(content))) {
			t.Errorf("%s is not known", name)
		}
		report, err := read(name, content)
		var got []string
		for _, e := range report.Events {
			got = append(got, short(e))
		}
		if d := cmp.Diff(want, got); d != "" || err != nil {
			t.Errorf("%s: %v\n%s", name, err, d)
		}
		report.Events = nil
		if d := cmp.Diff(intake.Report{Format: "tlsrpt", Reporter: "sts-reporting@sender.example", Reference: "Sender Inc. 2026-01-01T00:00:00Z_example.com", Confidence: 100, Passed: 5331}, report); d != "" {
			t.Error(d)
		}
	}
}

func TestReadErrors(t *testing.T) {
	for text, want := range map[string]error{
		"": format.ErrOther, `{"a":1}`: format.ErrOther, `["policy-type"]`: format.ErrOther, `{"policy-type"`: nil,
		`{"policies":[{"summary":{"total-successful-session-count":-1}}]}`:  nil,
		`{"policies":[{"failure-details":[{"failed-session-count":1.5}]}]}`: nil,
		`{"policy-type":"` + strings.Repeat("x", MostReport) + `"}`:         format.ErrTooLarge,
	} {
		if _, err := read("", []byte(text)); err == nil || want != nil && !errors.Is(err, want) {
			t.Errorf("%.60s: %v", text, err)
		}
	}
	report, err := read("", []byte(`{"policies":[{"failure-details":[{"failed-session-count":1}]}]}`))
	if err != nil || report.Person == "" || report.Confidence != 0 {
		t.Errorf("%+v, %v", report, err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(sample(f))
	f.Fuzz(func(t *testing.T, content []byte) {
		Reader{}.Knows(format.NewFile("", "", bytes.NewReader(content)))
		report, _ := read("", content)
		for _, e := range report.Events {
			formattest.Event(t, e)
		}
	})
}
