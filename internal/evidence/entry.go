package evidence

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"candor"
)

const (
	// MaxEntry is the size of the largest entry, in bytes of canonical JSON
	// (C2SP tlog-tiles stores the length in 16 bits).
	MaxEntry = 1<<16 - 1

	// entryVersion is the version of the format that is written.
	entryVersion = 1
)

// Entry is one entry of the log. The package comment tells what its fields
// hold. A zero Version stands for the current one.
type Entry struct {
	Actor    string            `json:"actor"`
	Blobs    []Digest          `json:"blobs,omitempty"`
	Body     json.RawMessage   `json:"body"`
	Case     candor.ID         `json:"case,omitempty"`
	ID       candor.ID         `json:"id"`
	Kind     candor.RecordKind `json:"kind"`
	Personal map[string]Digest `json:"personal,omitempty"`
	Subject  candor.ID         `json:"subject,omitempty"`
	Time     time.Time         `json:"time"`
	Version  int               `json:"v"`
}

// Canonical gives the entry's bytes in the log: canonical JSON (RFC 8785). An
// entry that is incomplete or too large gives candor.ErrInvalid.
func (e Entry) Canonical() ([]byte, error) {
	if e.Version == 0 {
		e.Version = entryVersion
	}
	if err := e.check(); err != nil {
		return nil, fmt.Errorf("entry %.40q: %w", e.ID, err)
	}
	body, err := canonical(e.Body)
	if err != nil {
		return nil, fmt.Errorf("entry %.40q: body: %w", e.ID, err)
	}
	data := e.append(make([]byte, 0, 512+len(body)), body)
	if len(data) > MaxEntry {
		return nil, candor.WithHint(
			fmt.Errorf("entry %.40q has %d bytes, %d are allowed: %w", e.ID, len(data), MaxEntry, candor.ErrInvalid),
			"Put large content into the vault, and its digest into the entry.")
	}
	return data, nil
}

// check tells what is missing.
func (e Entry) check() error {
	switch {
	case e.Version != entryVersion:
		return fmt.Errorf("version %d of the format of entries is not known here: %w", e.Version, candor.ErrInvalid)
	case e.ID == "" || e.Kind == "" || e.Actor == "":
		return fmt.Errorf("id, kind or actor is missing: %w", candor.ErrInvalid)
	case e.Time.IsZero() || e.Time.UTC().Year() < 1 || e.Time.UTC().Year() > 9999:
		return fmt.Errorf("its time is missing or none of RFC 3339: %w", candor.ErrInvalid)
	case !bytes.HasPrefix(bytes.TrimLeft(e.Body, " \t\r\n"), []byte("{")):
		return fmt.Errorf("its body is no JSON object: %w", candor.ErrInvalid)
	}
	for _, text := range []string{e.Actor, string(e.Case), string(e.ID), string(e.Kind), string(e.Subject)} {
		if !utf8.ValidString(text) {
			return fmt.Errorf("%.40q is not UTF-8: %w", text, candor.ErrInvalid)
		}
	}
	for name := range e.Personal {
		if !utf8.ValidString(name) {
			return fmt.Errorf("%.40q is not UTF-8: %w", name, candor.ErrInvalid)
		}
	}
	return nil
}

// append writes the members in the order that canonical JSON wants.
func (e Entry) append(out, body []byte) []byte {
	out = appendString(append(out, `{"actor":`...), e.Actor)
	for i, d := range e.Blobs {
		out = append(out, separator(i, `,"blobs":[`)...)
		out = appendString(out, d.String())
	}
	if len(e.Blobs) > 0 {
		out = append(out, ']')
	}
	out = append(append(out, `,"body":`...), body...)
	if e.Case != "" {
		out = appendString(append(out, `,"case":`...), string(e.Case))
	}
	out = appendString(append(out, `,"id":`...), string(e.ID))
	out = appendString(append(out, `,"kind":`...), string(e.Kind))
	for i, name := range slices.SortedFunc(maps.Keys(e.Personal), compareNames[string]) {
		out = append(out, separator(i, `,"personal":{`)...)
		out = append(appendString(out, name), ':')
		out = appendString(out, e.Personal[name].String())
	}
	if len(e.Personal) > 0 {
		out = append(out, '}')
	}
	if e.Subject != "" {
		out = appendString(append(out, `,"subject":`...), string(e.Subject))
	}
	out = append(e.Time.UTC().AppendFormat(append(out, `,"time":"`...), time.RFC3339Nano), '"')
	return append(strconv.AppendInt(append(out, `,"v":`...), int64(e.Version), 10), '}')
}

// separator gives what stands before the element i of a list.
func separator(i int, before string) string {
	if i == 0 {
		return before
	}
	return ","
}

// ParseEntry reads an entry as it stands in a log. One that is not exactly
// what Canonical writes gives candor.ErrInvalid. The entry shares no memory
// with data.
func ParseEntry(data []byte) (Entry, error) {
	e, err := parseEntry(data)
	e.Body = bytes.Clone(e.Body)
	return e, err
}

// parseEntry is ParseEntry with a body that is memory of data.
func parseEntry(data []byte) (Entry, error) {
	if len(data) > MaxEntry {
		return Entry{}, fmt.Errorf("entry has %d bytes, %d are allowed: %w", len(data), MaxEntry, candor.ErrInvalid)
	}
	var e Entry
	s := scanner{data: data}
	err := s.object(func(name []byte) error { return e.member(&s, name) })
	if err == nil {
		err = s.end()
	}
	if err == nil {
		err = e.check()
	}
	if err != nil {
		return Entry{}, fmt.Errorf("entry: %w", err)
	}
	return e, nil
}

// member reads the value of one member.
func (e *Entry) member(s *scanner, name []byte) (err error) {
	switch string(name) {
	case "actor":
		e.Actor, err = nonempty[string](s)
	case "blobs":
		err = s.array(func() error {
			d, err := s.digest()
			e.Blobs = append(e.Blobs, d)
			return err
		})
		if err == nil && e.Blobs == nil {
			return s.wrong("no blobs")
		}
	case "body":
		e.Body, err = s.value()
	case "case":
		e.Case, err = nonempty[candor.ID](s)
	case "id":
		e.ID, err = nonempty[candor.ID](s)
	case "kind":
		e.Kind, err = nonempty[candor.RecordKind](s)
	case "personal":
		e.Personal = map[string]Digest{}
		err = s.object(func(name []byte) error {
			d, err := s.digest()
			e.Personal[string(name)] = d
			return err
		})
		if err == nil && len(e.Personal) == 0 {
			return s.wrong("nothing personal")
		}
	case "subject":
		e.Subject, err = nonempty[candor.ID](s)
	case "time":
		e.Time, err = s.time()
	case "v":
		var word []byte
		if word, err = s.value(); err == nil {
			e.Version, err = strconv.Atoi(string(word))
		}
	default:
		return s.wrong("an unknown member " + strconv.Quote(string(name[:min(len(name), 40)])))
	}
	return err
}

// nonempty reads a string; an empty one would not be there, or is refused.
func nonempty[T ~string](s *scanner) (T, error) {
	text, err := s.text()
	if err == nil && len(text) == 0 {
		err = s.wrong("an empty string")
	}
	return T(text), err
}

func (s *scanner) digest() (d Digest, err error) {
	text, err := s.text()
	if err != nil {
		return d, err
	}
	err = d.UnmarshalText(text)
	return d, err
}

// time reads a time in UTC, written as Canonical writes it.
func (s *scanner) time() (time.Time, error) {
	text, err := s.text()
	if err != nil {
		return time.Time{}, err
	}
	var again [40]byte
	t, err := time.Parse(time.RFC3339Nano, string(text))
	if err != nil || !bytes.Equal(t.UTC().AppendFormat(again[:0], time.RFC3339Nano), text) {
		return t, s.wrong("no time in UTC, or not in canonical form")
	}
	return t.UTC(), nil
}
