// Package xarf reads the eXtended Abuse Reporting Format in files: version 4
// (the specification and schemas of xarf.org), and versions 1 to 3, as JSON or
// YAML, one report or several.
//
// A report is read only if it is valid: each field that the version knows has
// to be as rules.tsv says. Fields that it does not know are left alone.
package xarf

import (
	"bufio"
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"candor/internal/intake"
	"candor/internal/intake/format"
)

// Name is the format of the reports that a Reader gives.
const Name = "xarf"

// MostReport is how many bytes one report may have, with its evidence.
const MostReport = 64 << 20

//go:embed rules.tsv
var ruleList string

// Reader reads XARF. It is safe for concurrent use.
type Reader struct {
	shapes map[string]*shape // by scope
}

// New makes a Reader.
func New() *Reader { return &Reader{shapes: parseRules(ruleList)} }

// Knows tells whether a file is XARF: text in JSON or YAML that begins with
// fields of it.
func (r *Reader) Knows(f format.File) bool {
	start := bytes.TrimPrefix(f.Start(), []byte("\xef\xbb\xbf"))
	start = bytes.TrimLeft(start, " \t\r\n")
	if len(start) == 0 || bytes.IndexByte(start, 0) >= 0 {
		return false
	}
	if start[0] == '{' || start[0] == '[' {
		return hasWord(start, `"xarf_version"`) || hasWord(start, `"source_identifier"`) && hasWord(start, `"category"`) ||
			hasWord(start, `"ReporterInfo"`) || hasWord(start, `"ReportClass"`) && hasWord(start, `"ReportType"`)
	}
	switch strings.ToLower(path.Ext(f.Name)) {
	case ".yaml", ".yml":
	default:
		if !strings.Contains(f.Type, "yaml") {
			return false
		}
	}
	return hasWord(start, "xarf_version:") || hasWord(start, "ReporterInfo:")
}

func hasWord(start []byte, word string) bool { return bytes.Contains(start, []byte(word)) }

// Read reads one report after the other. Errors tell which report, which field,
// what is wrong with it, and what to do.
func (r *Reader) Read(f format.File, each format.Each) (intake.Report, error) {
	if !r.Knows(f) {
		return intake.Report{}, format.ErrOther
	}
	t := taking{reader: r, each: each, report: intake.Report{Format: Name}}
	err := t.all(f.Body)
	return t.done(), err
}

// taking is the reading of one file.
type taking struct {
	reader *Reader
	each   format.Each
	report intake.Report
	n      int
}

func (t *taking) all(body *bufio.Reader) error {
	if b, err := body.Peek(3); err == nil && string(b) == "\xef\xbb\xbf" {
		body.Discard(3) //nolint:errcheck // it was peeked at
	}
	for {
		b, err := body.Peek(1)
		if err != nil {
			return err
		}
		switch b[0] {
		case ' ', '\t', '\r', '\n':
			body.Discard(1) //nolint:errcheck // it was peeked at
			continue
		case '{', '[':
			return t.json(body)
		}
		return t.yaml(body)
	}
}

// json reads reports one behind the other, or in a list.
func (t *taking) json(body io.Reader) error {
	bound := &allowance{from: body, left: MostReport}
	d := json.NewDecoder(bound)
	d.UseNumber()
	b, _ := body.(*bufio.Reader).Peek(1)
	list := len(b) > 0 && b[0] == '['
	if list {
		if _, err := d.Token(); err != nil {
			return t.wrong("", err.Error())
		}
	}
	for !list || d.More() {
		bound.left = MostReport
		var doc any
		err := d.Decode(&doc)
		if errors.Is(err, io.EOF) && t.n > 0 && !list {
			return nil
		}
		if err != nil {
			return t.wrong("", err.Error())
		}
		if err := t.one(doc); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return t.wrong("", err.Error())
	}
	if t.n == 0 {
		return t.wrong("", "the list holds no report")
	}
	return nil
}

// allowance gives so many bytes of a reader, which may be raised between.
type allowance struct {
	from io.Reader
	left int
}

var errLarge = fmt.Errorf("a report is larger than %d bytes", MostReport)

func (a *allowance) Read(p []byte) (int, error) {
	if a.left <= 0 {
		return 0, errLarge
	}
	n, err := a.from.Read(p[:min(len(p), a.left)])
	a.left -= n
	return n, err
}

// one checks a report, and hands its events over.
func (t *taking) one(doc any) error {
	t.n++
	top, ok := doc.(map[string]any)
	if !ok {
		return t.wrong("", "it is no object")
	}
	scopes, problem := scopesOf(top)
	if problem.what != "" {
		return t.wrong(problem.field, problem.what)
	}
	for _, scope := range scopes {
		if s := t.reader.shapes[scope]; s != nil {
			if p := s.check(top, "", 0); p.what != "" {
				return t.wrong(p.field, p.what)
			}
		}
	}
	if p := whole(top, scopes); p.what != "" {
		return t.wrong(p.field, p.what)
	}
	d := document{top: top}
	read := d.old
	if scopes[0] == "4" {
		read = d.four
	}
	e := read()
	t.note(&d)
	return t.each(e)
}

// note keeps what a report tells of itself.
func (t *taking) note(d *document) {
	if t.n == 1 {
		t.report.Reporter, t.report.Reference, t.report.TLP = d.reporter, d.reference, d.tlp
		t.report.Person = d.person
		return
	}
	t.report.Reference = ""
	t.report.TLP = stricter(t.report.TLP, d.tlp)
	if t.report.Reporter != d.reporter {
		t.report.Reporter = ""
	}
	if t.report.Person == "" {
		t.report.Person = d.person
	}
}

func (t *taking) done() intake.Report {
	t.report.Confidence = 95
	if t.report.Person != "" {
		t.report.Confidence = 50
	}
	return t.report
}

// wrong says what is wrong with a report.
func (t *taking) wrong(field, what string) error {
	at := ""
	if t.n > 1 {
		at = fmt.Sprintf("report %d: ", t.n)
	}
	if field != "" {
		at += field + ": "
	}
	return fmt.Errorf("XARF: %s%s; ask the reporter to correct it, or read the report by hand", at, what)
}

// stricter gives the one of two labels that fewer may see.
func stricter(a, b string) string {
	order := []string{"", "clear", "green", "amber", "amber+strict", "red"}
	rank := func(s string) int {
		for i, o := range order {
			if o == s {
				return i
			}
		}
		return 0
	}
	if rank(b) > rank(a) {
		return b
	}
	return a
}
