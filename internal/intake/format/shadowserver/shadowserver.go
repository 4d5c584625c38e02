// Package shadowserver reads the reports of The Shadowserver Foundation: CSV
// files, one a type of report, named like 2026-01-01-scan_http-example.csv, also
// within gzip and zip.
//
// What a type of report complains about is told by the foundation's schema, if
// the operator gives it (https://interchange.shadowserver.org/intelmq/v1/schema),
// else by rules over the names of types and columns, which also read types that
// nobody has told of. Times are UTC (https://www.shadowserver.org/what-we-do/network-reporting/).
package shadowserver

import (
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"candor/internal/intake"
	"candor/internal/intake/format"
	"candor/internal/regex"
)

// Format is the name of the format in reports.
const Format = "shadowserver"

// Reader is a format.FileReader. It is safe for concurrent use.
type Reader struct {
	schema *Schema
}

var _ format.FileReader = (*Reader)(nil)

// New gives a reader that knows types of reports by the schema, and others by
// the rules of its own. The schema may be nil.
func New(schema *Schema) *Reader { return &Reader{schema: schema} }

// Knows tells a report by its columns, or by its name where the columns do not
// say it is none.
func (r *Reader) Knows(f format.File) bool {
	name, start := f.Inside()
	header, err := format.NewRows(format.NewFile("", "", strings.NewReader(string(start))).Body, ',').Next()
	if err != nil {
		return false
	}
	c := columnsOf(header)
	if _, ok := c["timestamp"]; !ok {
		return false
	}
	return c.foundation() || r.named(typeOf(name))
}

// named tells whether there are types of that name, or such as it.
func (r *Reader) named(kind string) bool {
	return kind != "" && (r.schema.of(kind) != nil || ruleOf(kind) != nil)
}

// Read is of format.FileReader. A row that names nothing that could be complained
// about is an event about nothing, and the report says that a person has to look.
// Rows are read one by one; a zip is unpacked in memory, at most
// format.MostPacked bytes of it.
func (r *Reader) Read(f format.File, each format.Each) (intake.Report, error) {
	report := intake.Report{Format: Format, Reference: reference(f.Name), Confidence: 100}
	nothing, read := 0, false
	err := f.Contents(func(f format.File) error {
		t, err := r.table(f)
		if errors.Is(err, format.ErrOther) {
			return nil // a note beside the reports
		}
		if err != nil {
			return err
		}
		read = true
		n, err := t.events(each)
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

// table is a report that is read.
type table struct {
	rows  *format.Rows
	plan  plan
	names []string
}

func (r *Reader) table(f format.File) (*table, error) {
	rows := format.NewRows(f.Body, ',')
	header, err := rows.Next()
	if errors.Is(err, io.EOF) {
		return nil, format.ErrOther
	}
	if err != nil {
		return nil, fmt.Errorf("%.100q: %w", f.Name, err)
	}
	names := make([]string, len(header))
	for i, h := range header {
		names[i] = strings.ToLower(h)
	}
	c := columnsOf(names)
	if _, ok := c["timestamp"]; !ok {
		return nil, format.ErrOther
	}
	kind := typeOf(f.Name)
	return &table{rows: rows, plan: c.plan(kind, r.rule(kind, c)), names: names}, nil
}

// rule is what the schema says of a type, with what the schema has no words for,
// or what the own rules do.
func (r *Reader) rule(kind string, c columns) rule {
	own := ruleOf(kind)
	said := r.schema.of(kind)
	switch {
	case said == nil && own == nil:
		return c.guess()
	case said == nil:
		return *own
	case own != nil && (own.layout == victim || !said.blames()):
		return rule{class: said.class, layout: own.layout, far: own.far}
	case own != nil:
		said.far = own.far
	}
	return *said
}

// events hands over the rows, and counts those that complain about nothing.
func (t *table) events(each format.Each) (nothing int, err error) {
	for {
		fields, err := t.rows.Next()
		if errors.Is(err, io.EOF) {
			return nothing, nil
		}
		if err != nil {
			return nothing, err
		}
		e := t.plan.event(t.names, fields)
		if len(e.About) == 0 {
			nothing++
		}
		if err := each(e); err != nil {
			return nothing, err
		}
	}
}

var (
	dated   = regex.Of(`^\d{4}-\d{2}-\d{2}-`)
	family  = regex.Of(`^(event|scan|population)[46]_`)
	version = regex.Of(`([a-z])[46]$`)
)

// typeOf is the type of report that a file's name tells, with those of IPv6 as
// those of IPv4: "scan_http" of 2026-01-01-scan6_http-example-asn.csv.
func typeOf(name string) string {
	name = strings.ToLower(path.Base(name))
	name = dated.ReplaceAllString(name, "")
	if end := strings.IndexAny(name, "-. "); end >= 0 {
		name = name[:end]
	}
	name = family.ReplaceAllString(name, "${1}_")
	return version.ReplaceAllString(name, "$1")
}

// reference is a file's name, which is the foundation's own for a report.
func reference(name string) string {
	if !dated.MatchString(name) {
		return ""
	}
	for {
		switch ext := strings.ToLower(path.Ext(name)); ext {
		case ".csv", ".zip", ".gz":
			name = name[:len(name)-len(ext)]
		default:
			return name
		}
	}
}
