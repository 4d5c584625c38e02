// Package table reads tables of abuse (CSV, TSV, with semicolons or bars) that no
// standard describes, and lists of hosts, by the names of their columns. Without
// names a table is read only where just one column holds addresses, URLs or
// domains.
//
// Where the names leave open which column is complained about, reading fails and
// says what is missing, so that a person decides.
package table

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"candor/internal/intake"
	"candor/internal/intake/format"
)

// Format is the name of the format in reports.
const Format = "table"

// ErrAmbiguous is of tables whose columns leave open what is complained about.
var ErrAmbiguous = errors.New("it is open what the table complains about")

// Reader is a format.FileReader. It is safe for concurrent use.
type Reader struct{}

var _ format.FileReader = Reader{}

// Knows tells a table by the names of its columns, or by its values. It also
// knows tables that are ambiguous. Formats that are CSV of their own are to be
// asked before. A text without a name, as of mails, has to begin with the table, or
// to be a list of addresses.
func (Reader) Knows(f format.File) bool {
	name, start := f.Inside()
	l, err := detect(start, name)
	if f.Name == "" && f.Type != "" && !csv(f.Type) && (l == nil || l.header > 1 || l.header == 0 && !list(start)) {
		return false
	}
	return err == nil || errors.Is(err, ErrAmbiguous)
}

// list tells whether a text is several addresses or networks, each in a line.
func list(text []byte) bool {
	n := 0
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line == "" || comment(line) {
			continue
		}
		if _, ok := resourceOf(line, intake.Address, intake.Network); !ok {
			return false
		}
		n++
	}
	return n > 1
}

func csv(mediaType string) bool {
	return mediaType == "text/csv" || mediaType == "text/tab-separated-values"
}

// Read is of format.FileReader. An ambiguous table is ErrAmbiguous, before any
// event. A row that names nothing that could be complained about is an event
// about nothing, and the report says that a person has to look. Rows are read one
// by one.
func (Reader) Read(f format.File, each format.Each) (intake.Report, error) {
	report := intake.Report{Format: Format, Confidence: 100}
	nothing, read := 0, false
	err := f.Contents(func(f format.File) error {
		l, err := detect(f.Start(), f.Name)
		if errors.Is(err, format.ErrOther) {
			return nil // a note beside the table
		}
		if err != nil {
			return fmt.Errorf("%.100q: %w", f.Name, err)
		}
		read = true
		report.Confidence = min(report.Confidence, l.confidence)
		n, err := rows(f, l, each)
		nothing += n
		return err
	})
	if err == nil && !read {
		err = format.ErrOther
	}
	if nothing > 0 {
		report.Confidence = 0
		report.Person = fmt.Sprintf("%d rows name nothing that is complained about", nothing)
	}
	return report, err
}

// rows hands over events, and counts those that complain about nothing.
func rows(f format.File, l *layout, each format.Each) (nothing int, err error) {
	t := format.NewRows(f.Body, l.comma)
	for {
		fields, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nothing, nil
		}
		if err != nil {
			return nothing, fmt.Errorf("%.100q: %w", f.Name, err)
		}
		if t.Line() <= l.header || comment(t.Text()) || empty(fields) {
			continue
		}
		e := l.event(fields, t.Text())
		if len(e.About) == 0 {
			nothing++
		}
		if err := each(e); err != nil {
			return nothing, err
		}
	}
}

func comment(line string) bool {
	line = strings.TrimSpace(line)
	return strings.HasPrefix(line, "#") || strings.HasPrefix(line, "//")
}

func empty(fields []string) bool {
	for _, f := range fields {
		if f != "" {
			return false
		}
	}
	return true
}
