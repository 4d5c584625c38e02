// Package tlsrpt reads reports of SMTP TLS (RFC 8460): JSON, also within gzip and
// zip, by which senders of mail tell the owner of a domain that mail could not be
// sent to it over TLS.
//
// A mail server that cannot be spoken to by the domain's policy, or a policy that
// cannot be read, is complained about as a misconfiguration.
package tlsrpt

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"candor"
	"candor/internal/intake"
	"candor/internal/intake/format"
)

// Format is the name of the format in reports.
const Format = "tlsrpt"

// Misconfiguration is the class of all events.
const Misconfiguration candor.Class = "availability/misconfiguration"

// MostReport is how many bytes of JSON a report may have.
const MostReport = 16 << 20

// Reader is a format.FileReader. It is safe for concurrent use.
type Reader struct{}

var _ format.FileReader = Reader{}

// Knows tells a report by members that others do not have.
func (Reader) Knows(f format.File) bool {
	_, start := f.Inside()
	return known(start)
}

func known(start []byte) bool {
	start = bytes.TrimLeft(bytes.TrimPrefix(start, []byte("\xef\xbb\xbf")), " \t\r\n")
	if !bytes.HasPrefix(start, []byte("{")) {
		return false
	}
	for _, name := range []string{`"policy-type"`, `"failure-details"`, `"total-successful-session-count"`} {
		if bytes.Contains(start, []byte(name)) {
			return true
		}
	}
	return bytes.Contains(start, []byte(`"organization-name"`)) && bytes.Contains(start, []byte(`"date-range"`))
}

// Read is of format.FileReader. A report is read into memory, at most MostReport
// bytes of it.
func (Reader) Read(f format.File, each format.Each) (intake.Report, error) {
	out := intake.Report{Format: Format, Confidence: 100}
	read := false
	err := f.Contents(func(f format.File) error {
		if !known(f.Start()) {
			return nil
		}
		read = true
		return one(f, &out, each)
	})
	if err == nil && !read {
		err = format.ErrOther
	}
	return out, err
}

// report is as RFC 8460, 4.4 has it.
type report struct {
	Organisation string `json:"organization-name"`
	Range        struct {
		Start string `json:"start-datetime"`
		End   string `json:"end-datetime"`
	} `json:"date-range"`
	Contact  string     `json:"contact-info"`
	ID       string     `json:"report-id"`
	Policies []policies `json:"policies"`
}

type policies struct {
	Policy struct {
		Type   string `json:"policy-type"`
		Domain string `json:"policy-domain"`
	} `json:"policy"`
	Summary struct {
		Successful count `json:"total-successful-session-count"`
		Failed     count `json:"total-failure-session-count"`
	} `json:"summary"`
	Failures []failure `json:"failure-details"`
}

type failure struct {
	Result      string `json:"result-type"`
	Sender      string `json:"sending-mta-ip"`
	Server      string `json:"receiving-mx-hostname"`
	Greeting    string `json:"receiving-mx-helo"`
	Address     string `json:"receiving-ip"`
	Sessions    count  `json:"failed-session-count"`
	Information string `json:"additional-information"`
	Reason      string `json:"failure-reason-code"`
}

// count is a number, which some write as a text.
type count int64

func (c *count) UnmarshalJSON(text []byte) error {
	n, err := strconv.ParseInt(strings.Trim(string(text), `"`), 10, 64)
	if string(text) == "null" {
		n, err = 0, nil
	}
	if err != nil || n < 0 {
		return fmt.Errorf("%.40q for a count", text)
	}
	*c = count(n)
	return nil
}

func one(f format.File, out *intake.Report, each format.Each) error {
	content, err := io.ReadAll(io.LimitReader(f.Body, MostReport+1))
	if err != nil {
		return err
	}
	if len(content) > MostReport {
		return fmt.Errorf("TLS report %.100q: more than %d bytes: %w", f.Name, MostReport, format.ErrTooLarge)
	}
	var r report
	if err := json.Unmarshal(bytes.TrimPrefix(content, []byte("\xef\xbb\xbf")), &r); err != nil {
		return fmt.Errorf("TLS report %.100q: %w", f.Name, err)
	}
	out.Reference = intake.Cut(strings.TrimSpace(r.Organisation+" "+r.ID), 300)
	if mail, err := intake.NewResource(intake.Mail, r.Contact); err == nil {
		out.Reporter = mail.Value
	}
	for _, p := range r.Policies {
		passed := int64(p.Summary.Successful)
		out.Passed += min(passed, math.MaxInt64-out.Passed)
		if len(p.Failures) == 0 && p.Summary.Failed > 0 {
			p.Failures = []failure{{Sessions: p.Summary.Failed}}
		}
		for _, failed := range p.Failures {
			e := r.event(p, failed)
			if len(e.About) == 0 {
				out.Confidence, out.Person = 0, "a failure names neither a mail server nor a domain"
			}
			if err := each(e); err != nil {
				return err
			}
		}
	}
	return nil
}

// ofPolicy are results that tell of what the domain publishes, and not of its
// mail servers (RFC 8460, 4.3.2).
var ofPolicy = map[string]bool{"tlsa-invalid": true, "dnssec-invalid": true, "dane-required": true, "sts-policy-fetch-error": true, "sts-policy-invalid": true, "sts-webpki-invalid": true}

func (r report) event(p policies, f failure) intake.Event {
	e := intake.Event{Class: Misconfiguration, First: when(r.Range.Start), Last: when(r.Range.End), Count: int64(f.Sessions), Note: f.note(p), Evidence: f.evidence(p)}
	add := func(all *[]intake.Resource, kind intake.Kind, role intake.Role, text string) {
		if res, err := intake.NewResource(kind, text); err == nil {
			res.Role, res.Confidence = role, 100
			*all = append(*all, res)
		}
	}
	if !ofPolicy[strings.ToLower(f.Result)] {
		add(&e.About, intake.Domain, intake.Host, f.Server)
		add(&e.About, intake.Address, intake.Host, f.Address)
	}
	if len(e.About) == 0 {
		add(&e.About, intake.Domain, intake.Host, p.Policy.Domain)
	} else {
		add(&e.Others, intake.Domain, intake.Other, p.Policy.Domain)
	}
	add(&e.Others, intake.Address, intake.Reporter, f.Sender)
	return e
}

// when reads a time by RFC 3339, which has a zone.
func when(text string) *intake.When {
	if text = intake.Cut(text, 60); text == "" {
		return nil
	}
	w := &intake.When{Text: text}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		w.Time = t.UTC()
	}
	return w
}

func (f failure) note(p policies) string {
	words := []string{"mail could not be sent over TLS"}
	for _, w := range []string{f.Result, p.Policy.Type, f.Reason} {
		if w != "" {
			words = append(words, w)
		}
	}
	return intake.Cut(strings.Join(words, ", "), intake.MostNote)
}

func (f failure) evidence(p policies) string {
	var b strings.Builder
	for _, line := range [][2]string{{"policy-domain", p.Policy.Domain}, {"policy-type", p.Policy.Type}, {"result-type", f.Result}, {"sending-mta-ip", f.Sender}, {"receiving-mx-hostname", f.Server},
		{"receiving-mx-helo", f.Greeting}, {"receiving-ip", f.Address}, {"failed-session-count", strconv.FormatInt(int64(f.Sessions), 10)}, {"failure-reason-code", f.Reason}, {"additional-information", f.Information}} {
		if line[1] != "" {
			b.WriteString(line[0] + ": " + intake.Cut(line[1], 1000) + "\n")
		}
	}
	return intake.Cut(b.String(), intake.MostEvidence)
}
