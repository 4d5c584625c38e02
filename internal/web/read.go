package web

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"candor"
	"candor/internal/web/ui"
)

const (
	mostText  = 20_000 // bytes of a text of several lines
	mostLine  = 1_000  // bytes of a line
	mostIDs   = 500    // rows chosen in a list
	mostLimit = 200    // rows of a page
)

// Query is a parameter of the address: one line, bounded; empty if it is not there.
func (r *Request) Query(name string) string { return line(r.URL.Query().Get(name)) }

// Line is a field of the form: one line, bounded, without space at its ends.
func (r *Request) Line(name string) string { return line(r.PostForm.Get(name)) }

// Text is a field of the form of several lines, with \n between them, and without
// NUL, which PostgreSQL keeps in no text. Of one that
// is longer than 20,000 bytes it gives a few more, so that whoever checks the
// length sees it.
func (r *Request) Text(name string) string { return r.LongText(name, mostText) }

// LongText is Text of at most so many bytes.
func (r *Request) LongText(name string, most int) string {
	text := strings.TrimSpace(strings.NewReplacer("\r\n", "\n", "\x00", "").Replace(r.PostForm.Get(name)))
	return bounded(text, most+utf8.UTFMax)
}

// Secret is a field of the form exactly as it was typed: a password.
func (r *Request) Secret(name string) string { return bounded(r.PostForm.Get(name), mostLine) }

// Yes tells whether a box of the form was ticked.
func (r *Request) Yes(name string) bool { return r.PostForm.Get(name) != "" }

// Lines are all values of a field, bounded, without empty ones.
func (r *Request) Lines(name string) []string { return r.LinesUpTo(name, mostIDs) }

// LinesUpTo is Lines of at most so many.
func (r *Request) LinesUpTo(name string, most int) []string {
	var out []string
	for _, v := range r.PostForm[name] {
		if v = line(v); v != "" && len(out) < most {
			out = append(out, v)
		}
	}
	return out
}

// IDs are the values of a field of the form as IDs, such as the rows chosen in
// a list under "id": candor.ErrInvalid if one is none or there are too many.
func (r *Request) IDs(name string) ([]candor.ID, error) {
	values := r.PostForm[name]
	if len(values) > mostIDs {
		return nil, candor.WithHint(fmt.Errorf("%d rows at once: %w", len(values), candor.ErrInvalid), "Choose at most 500 rows.")
	}
	ids := make([]candor.ID, 0, len(values))
	for _, v := range values {
		id, err := candor.ParseID(v)
		if err != nil {
			return nil, fmt.Errorf("%s %.60q: %w", name, v, candor.ErrInvalid)
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// FormID is a field of the form as an ID; empty for an empty field.
func (r *Request) FormID(name string) (candor.ID, error) {
	v := r.Line(name)
	if v == "" {
		return "", nil
	}
	id, err := candor.ParseID(v)
	if err != nil {
		return "", fmt.Errorf("%s %.60q: %w", name, v, candor.ErrInvalid)
	}
	return id, nil
}

// Int is a field of the form as a whole number; 0 for an empty field.
func (r *Request) Int(name string) (int64, error) {
	v := r.Line(name)
	if v == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s %.60q: %w", name, v, candor.ErrInvalid)
	}
	return n, nil
}

// Moment is a field of the form as HTML's date or datetime-local writes it, in
// the reader's zone; zero for an empty field.
func (r *Request) Moment(name string) (time.Time, error) { return r.moment(name, r.Line(name)) }

func (r *Request) moment(name, v string) (time.Time, error) {
	if v == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.DateOnly, "2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if t, err := time.ParseInLocation(layout, v, r.Zone); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, candor.WithHint(fmt.Errorf("%s %.60q: %w", name, v, candor.ErrInvalid), "Write a day as 2026-03-31.")
}

// File is a file that came with the form, at most so many bytes of it; nil
// without one.
func (r *Request) File(name string, most int64) ([]byte, error) {
	if r.MultipartForm == nil {
		return nil, nil
	}
	f, _, err := r.FormFile(name)
	if err == http.ErrMissingFile {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the file %s: %w: %w", name, candor.ErrInvalid, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(data)) > most {
		err = candor.WithHint(fmt.Errorf("the file %s has more than %d bytes: %w", name, most, candor.ErrInvalid), "Send it in parts.")
	}
	return data, err
}

// Upload is a file that came with the form, with the name that it had, at most
// so many bytes of it; nil without one.
func (r *Request) Upload(name string, most int64) (string, []byte, error) {
	data, err := r.File(name, most)
	if err != nil || data == nil {
		return "", nil, err
	}
	at := r.MultipartForm.File[name][0]
	if len(data) == 0 && at.Filename == "" {
		return "", nil, nil
	}
	return bounded(at.Filename, mostLine), data, nil
}

// Cut is which part of a list the address asks for: sort, after, before and
// limit. sorts are the columns that the list offers; any other is passed over.
func (r *Request) Cut(sorts ...string) candor.Cut {
	q := r.URL.Query()
	cut := candor.Cut{Cursor: bounded(q.Get(ui.AfterParameter), mostLine), Limit: 50}
	if before := q.Get(ui.BeforeParameter); before != "" {
		cut.Cursor = bounded(before, mostLine)
	}
	column, descending := strings.CutPrefix(q.Get(ui.SortParameter), "-")
	if slices.Contains(sorts, column) {
		cut.Sort, cut.Descending = column, descending
	}
	if n, err := strconv.Atoi(q.Get("limit")); err == nil {
		cut.Limit = min(max(n, 1), mostLimit)
	}
	return cut
}

// Cursor is what ui.Pager needs to know of a page of a list.
func Cursor[T any](p candor.Page[T]) ui.Cursor {
	return ui.Cursor{Previous: p.Previous, Next: p.Next, Total: p.Count, AtLeast: p.More}
}

// FilterDay is a day in the address, in the reader's zone; zero if there is none.
func (r *Request) FilterDay(name string) time.Time {
	t, err := r.moment(name, r.Query(name))
	if err != nil {
		return time.Time{}
	}
	return t
}

// FilterID is an ID in the address; empty if there is none. "me" is whoever asks.
func (r *Request) FilterID(name string) candor.ID {
	v := r.Query(name)
	if v == "me" {
		return r.Who.User
	}
	id, err := candor.ParseID(v)
	if err != nil {
		return ""
	}
	return id
}

// FilterYes is a yes or no in the address ("yes", "no"); nil if it does not matter.
func (r *Request) FilterYes(name string) *bool {
	yes := r.Query(name) == "yes"
	if !yes && r.Query(name) != "no" {
		return nil
	}
	return &yes
}

// FilterMany are the values of a parameter of the address that are among
// allowed, each once.
func FilterMany[T ~string](r *Request, name string, allowed []T) []T {
	var out []T
	for _, v := range r.URL.Query()[name] {
		if t := T(v); slices.Contains(allowed, t) && !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return out
}

// FilterOne is a parameter of the address if it is among allowed; otherwise
// the zero value.
func FilterOne[T ~string](r *Request, name string, allowed []T) (one T) {
	if v := T(r.Query(name)); slices.Contains(allowed, v) {
		return v
	}
	return one
}

func line(s string) string {
	return strings.TrimSpace(strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f {
			return ' '
		}
		return c
	}, bounded(s, mostLine)))
}

// bounded cuts a text to so many bytes of valid UTF-8.
func bounded(s string, most int) string {
	return strings.ToValidUTF8(s[:min(len(s), most)], "")
}

// Options are choices whose texts are in the catalogue under a prefix.
func Options[T ~string](r *Request, prefix string, values []T) []ui.Option {
	all := make([]ui.Option, len(values))
	for i, v := range values {
		all[i] = ui.Option{Value: string(v), Label: r.Printer.T(prefix + string(v))}
	}
	return all
}
