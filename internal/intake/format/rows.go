package format

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
)

// ErrRow is of rows that cannot be told apart.
var ErrRow = errors.New("no row of a table")

// Bounds of a row.
const (
	MostRow    = 1 << 20 // bytes
	MostFields = 2000
)

// Rows reads a table in text: fields apart by one character, quoted as RFC 4180
// has it, or not. It is tolerant of quotes within fields and of fields that are
// missing. It is for one goroutine.
type Rows struct {
	r      *bufio.Reader
	comma  byte
	line   int    // of the row's beginning
	lines  int    // that were read
	raw    []byte // the row
	text   string // the same
	ends   []int  // of its fields
	fields []string
	quoted bool // the reading stands in quotes
	fresh  bool // nothing of the field was read but blanks
}

// NewRows reads rows of r with fields apart by comma, which is no quote and no
// end of a line. A byte order mark is left out.
func NewRows(r *bufio.Reader, comma byte) *Rows {
	if mark, _ := r.Peek(3); string(mark) == "\xef\xbb\xbf" {
		_, _ = r.Discard(3) // they were seen
	}
	return &Rows{r: r, comma: comma}
}

// Next gives the next row that is not empty. The fields stay valid, the slice
// until the next call. At the end it gives io.EOF; ErrRow says where a row is too
// long, or a quote is never closed.
func (t *Rows) Next() ([]string, error) {
	for {
		if err := t.read(); err != nil {
			return nil, err
		}
		for n := len(t.raw); n > 0 && (t.raw[n-1] == '\n' || t.raw[n-1] == '\r'); n-- {
			t.raw = t.raw[:n-1]
		}
		if len(t.raw) > 0 {
			break
		}
	}
	t.text = string(t.raw)
	t.fields = t.fields[:0]
	start := 0
	for _, end := range t.ends {
		t.fields = append(t.fields, unquoted(t.text[start:end]))
		start = end + 1
	}
	t.fields = append(t.fields, unquoted(t.text[start:]))
	return t.fields, nil
}

// Line is where the row began, from 1.
func (t *Rows) Line() int { return t.line }

// Text is the row as it stands there.
func (t *Rows) Text() string { return t.text }

// read reads a row into raw, and notes where its fields end.
func (t *Rows) read() error {
	t.raw, t.ends, t.quoted, t.fresh = t.raw[:0], t.ends[:0], false, true
	t.line = t.lines + 1
	seen := 0
	for {
		piece, err := t.r.ReadSlice('\n')
		t.raw = append(t.raw, piece...)
		if len(t.raw) > MostRow {
			return fmt.Errorf("line %d: more than %d bytes: %w", t.line, MostRow, ErrRow)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("line %d: %w", t.line, err)
		}
		if len(t.raw) == 0 {
			return io.EOF
		}
		t.lines++
		t.scan(seen)
		seen = len(t.raw)
		switch {
		case len(t.ends) >= MostFields:
			return fmt.Errorf("line %d: more than %d fields: %w", t.line, MostFields, ErrRow)
		case !t.quoted:
			return nil
		case err != nil:
			return fmt.Errorf("line %d: a quote is never closed: %w", t.line, ErrRow)
		}
	}
}

// scan goes on with what was added to raw.
func (t *Rows) scan(from int) {
	for i := from; i < len(t.raw); i++ {
		c := t.raw[i]
		switch {
		case t.quoted:
			if c != '"' {
				continue
			}
			if i+1 < len(t.raw) && t.raw[i+1] == '"' {
				i++
				continue
			}
			t.quoted = false
		case c == t.comma:
			t.ends = append(t.ends, i)
			t.fresh = true
			continue
		case c == '"' && t.fresh:
			t.quoted = true
		case c == ' ' && t.fresh:
			continue
		}
		t.fresh = false
	}
}

// unquoted is a field without blanks around it and without its quotes.
func unquoted(s string) string {
	s = strings.TrimSpace(s)
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		return s
	}
	s = s[1 : len(s)-1]
	if strings.IndexByte(s, '"') < 0 {
		return s
	}
	return strings.ReplaceAll(s, `""`, `"`)
}
