// Package dmarc reads DMARC aggregate reports (RFC 7489, appendix C, and RFC
// 9990): XML, also within gzip and zip, by which receivers tell the owner of a
// domain who sent mail in its name.
//
// Mail that neither DKIM nor SPF vouches for, by the name that readers see, is
// complained about: somebody at that address uses a name that is not theirs. What
// passed, and what failed only on its way through a forwarder or a mailing list
// that the receiver trusts, is counted and no event.
package dmarc

import (
	"bufio"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"candor"
	"candor/internal/intake"
	"candor/internal/intake/format"
	"candor/internal/regex"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
)

// Format is the name of the format in reports.
const Format = "dmarc"

// Masquerade is the class of all events.
const Masquerade candor.Class = "fraud/masquerade"

// mostRecord is how many bytes may lie between two records.
const mostRecord = 1 << 20

// Reader is a format.FileReader. It is safe for concurrent use.
type Reader struct{}

var (
	_    format.FileReader = Reader{}
	root                   = regex.Of(`<(?:\w+:)?feedback[\s>]`)
)

// Knows tells a report by its root element.
func (Reader) Knows(f format.File) bool {
	_, start := f.Inside()
	return root.Match(start)
}

// Read is of format.FileReader. Records are read one by one. Of a file that holds
// several reports all are read, and the last one's reporter and reference stand
// for them.
func (Reader) Read(f format.File, each format.Each) (intake.Report, error) {
	report := intake.Report{Format: Format, Confidence: 100}
	read := false
	err := f.Contents(func(f format.File) error {
		if start := f.Start(); !root.Match(start) {
			return nil
		}
		read = true
		return (&feedback{report: &report, each: each}).read(f.Body)
	})
	if err == nil && !read {
		err = format.ErrOther
	}
	return report, err
}

// feedback is a report that is read.
type feedback struct {
	report      *intake.Report
	each        format.Each
	first, last *intake.When
	domain      string
	records     int
}

type metadata struct {
	Organisation string `xml:"org_name"`
	Mail         string `xml:"email"`
	ID           string `xml:"report_id"`
	Begin        string `xml:"date_range>begin"`
	End          string `xml:"date_range>end"`
}

type policy struct {
	Domain string `xml:"domain"`
}

type record struct {
	Address     string   `xml:"row>source_ip"`
	Count       string   `xml:"row>count"`
	Disposition string   `xml:"row>policy_evaluated>disposition"`
	DKIM        string   `xml:"row>policy_evaluated>dkim"`
	SPF         string   `xml:"row>policy_evaluated>spf"`
	Reasons     []reason `xml:"row>policy_evaluated>reason"`
	From        string   `xml:"identifiers>header_from"`
	Envelope    string   `xml:"identifiers>envelope_from"`
	Signatures  []result `xml:"auth_results>dkim"`
	Senders     []result `xml:"auth_results>spf"`
}

type reason struct {
	Type    string `xml:"type"`
	Comment string `xml:"comment"`
}

type result struct {
	Domain   string `xml:"domain"`
	Selector string `xml:"selector"`
	Result   string `xml:"result"`
}

// labelled is of XML that says it is in another encoding than UTF-8.
var labelled = regex.Of(`(?i)^[^<]*<\?xml[^>]+encoding=["'](?:[^u"'][^"']*|u[^t"'][^"']*|utf-?16[^"']*)["']`)

// read reads up to the end of the report: what stands behind it does not matter,
// nor does a gzip that is cut off there.
func (b *feedback) read(body *bufio.Reader) error {
	var r io.Reader = body
	if start, _ := body.Peek(200); !labelled.Match(start) {
		r = transform.NewReader(body, runes.ReplaceIllFormed()) // some say UTF-8, and write other bytes
	}
	w := &window{r: r}
	d := xml.NewDecoder(w)
	d.Strict = false
	d.CharsetReader = charset.NewReaderLabel
	for {
		w.read = 0
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return b.where(err)
		}
		if end, ok := token.(xml.EndElement); ok && end.Name.Local == "feedback" {
			return nil
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if err := b.element(d, start); err != nil {
			return b.where(err)
		}
	}
}

func (b *feedback) where(err error) error {
	return fmt.Errorf("DMARC report %.100q, behind record %d: %w", b.report.Reference, b.records, err)
}

func (b *feedback) element(d *xml.Decoder, start xml.StartElement) error {
	switch start.Name.Local {
	case "report_metadata":
		var m metadata
		if err := d.DecodeElement(&m, &start); err != nil {
			return err
		}
		b.about(m)
	case "policy_published":
		var p policy
		if err := d.DecodeElement(&p, &start); err != nil {
			return err
		}
		b.domain = strings.TrimSpace(p.Domain)
	case "record":
		var r record
		if err := d.DecodeElement(&r, &start); err != nil {
			return err
		}
		b.records++
		return b.record(r)
	}
	return nil
}

func (b *feedback) about(m metadata) {
	b.report.Reference = intake.Cut(strings.TrimSpace(strings.TrimSpace(m.Organisation)+" "+strings.TrimSpace(m.ID)), 300)
	if r, err := intake.NewResource(intake.Mail, m.Mail); err == nil {
		b.report.Reporter = r.Value
	}
	b.first, b.last = epoch(m.Begin), epoch(m.End)
}

// epoch reads seconds since 1970.
func epoch(text string) *intake.When {
	if text = intake.Cut(strings.TrimSpace(text), 60); text == "" {
		return nil
	}
	w := &intake.When{Text: text}
	if s, err := strconv.ParseInt(text, 10, 64); err == nil && s > 0 && s < 1<<33 {
		w.Time = time.Unix(s, 0).UTC()
	}
	return w
}

func (b *feedback) record(r record) error {
	count, err := strconv.ParseInt(strings.TrimSpace(r.Count), 10, 64)
	if err != nil || count < 0 {
		return fmt.Errorf("%.40q for a count", r.Count)
	}
	for _, text := range []*string{&r.DKIM, &r.SPF, &r.Disposition} {
		*text = strings.ToLower(strings.TrimSpace(*text))
	}
	if r.DKIM == "" && r.SPF == "" {
		return errors.New("neither a result of DKIM nor one of SPF")
	}
	if r.DKIM == "pass" || r.SPF == "pass" || r.trusted() {
		if count > math.MaxInt64-b.report.Passed {
			count = math.MaxInt64 - b.report.Passed
		}
		b.report.Passed += count
		return nil
	}
	e := intake.Event{Class: Masquerade, First: b.first, Last: b.last, Count: count, Note: r.note(), Evidence: r.evidence()}
	source, err := intake.NewResource(intake.Address, r.Address)
	if err != nil {
		return err
	}
	source.Role, source.Confidence = intake.Source, r.confidence()
	e.About = []intake.Resource{source}
	b.report.Confidence = min(b.report.Confidence, source.Confidence)
	from := r.From
	if strings.TrimSpace(from) == "" {
		from = b.domain
	}
	for _, name := range []struct {
		text string
		role intake.Role
	}{{from, intake.Victim}, {r.Envelope, intake.Other}} {
		d, err := intake.NewResource(intake.Domain, name.text)
		if err == nil && (len(e.Others) == 0 || e.Others[0].Value != d.Value) {
			d.Role, d.Confidence = name.role, 100
			e.Others = append(e.Others, d)
		}
	}
	return b.each(e)
}

// trusted tells whether the receiver knows why a message failed that is in order.
func (r record) trusted() bool {
	for _, why := range r.Reasons {
		switch strings.ToLower(strings.TrimSpace(why.Type)) {
		case "forwarded", "trusted_forwarder", "mailing_list":
			return true
		case "local_policy":
			if strings.Contains(strings.ToLower(why.Comment), "arc=pass") {
				return true
			}
		}
	}
	return false
}

// confidence is lower where some other domain vouches for the message: that may
// be a service that sends for the owner, or a forwarder.
func (r record) confidence() int {
	for _, results := range [][]result{r.Signatures, r.Senders} {
		for _, s := range results {
			if strings.EqualFold(strings.TrimSpace(s.Result), "pass") {
				return 70
			}
		}
	}
	return 95
}

func (r record) note() string {
	return intake.Cut(fmt.Sprintf("mail from %s, not vouched for by DKIM or SPF; disposition %s", strings.TrimSpace(r.From), r.Disposition), intake.MostNote)
}

func (r record) evidence() string {
	var b strings.Builder
	line := func(name, text string) {
		if text = strings.TrimSpace(text); text != "" && b.Len() < intake.MostEvidence {
			b.WriteString(name + ": " + text + "\n")
		}
	}
	line("source_ip", r.Address)
	line("count", r.Count)
	line("disposition", r.Disposition)
	line("dkim", r.DKIM)
	line("spf", r.SPF)
	for _, why := range r.Reasons {
		line("reason", why.Type+" "+why.Comment)
	}
	line("header_from", r.From)
	line("envelope_from", r.Envelope)
	for _, s := range r.Signatures {
		line("auth_results dkim", s.Domain+" "+s.Selector+" "+s.Result)
	}
	for _, s := range r.Senders {
		line("auth_results spf", s.Domain+" "+s.Result)
	}
	return intake.Cut(b.String(), intake.MostEvidence)
}

// window fails where more is read than one record may have.
type window struct {
	r    io.Reader
	read int
}

func (w *window) Read(p []byte) (int, error) {
	if w.read > mostRecord {
		return 0, fmt.Errorf("an element of more than %d bytes: %w", mostRecord, format.ErrTooLarge)
	}
	n, err := w.r.Read(p)
	w.read += n
	return n, err
}
