package shadowserver

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"candor"
)

// Bounds of a schema.
const (
	mostSchema  = 16 << 20 // bytes
	mostTypes   = 2000
	mostColumns = 2000 // of a type
)

// Schema is what the foundation publishes of its reports' columns, for IntelMQ's
// parser.
type Schema struct {
	Created string // as the schema tells
	types   map[string]*rule
}

// Types is how many types of reports it has.
func (s *Schema) Types() int { return len(s.types) }

func (s *Schema) of(kind string) *rule {
	if s == nil || s.types[kind] == nil {
		return nil
	}
	r := *s.types[kind]
	return &r
}

// schemaType is a type as the JSON has it: fields are [IntelMQ's name, column,
// function].
type schemaType struct {
	FileName string            `json:"file_name"`
	Constant map[string]string `json:"constant_fields"`
	Required [][]any           `json:"required_fields"`
	Optional [][]any           `json:"optional_fields"`
}

// ReadSchema reads a schema. An error is candor.ErrInvalid and says which type of
// report is wrong.
func ReadSchema(r io.Reader) (*Schema, error) {
	content, err := io.ReadAll(io.LimitReader(r, mostSchema+1))
	if err != nil {
		return nil, fmt.Errorf("read the schema of Shadowserver: %w", err)
	}
	if len(content) > mostSchema {
		return nil, fmt.Errorf("the schema of Shadowserver has more than %d bytes: %w", mostSchema, candor.ErrInvalid)
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(content, &all); err != nil {
		return nil, fmt.Errorf("the schema of Shadowserver: %w: %w", err, candor.ErrInvalid)
	}
	if len(all) > mostTypes {
		return nil, fmt.Errorf("the schema of Shadowserver has more than %d types: %w", mostTypes, candor.ErrInvalid)
	}
	s := &Schema{types: make(map[string]*rule, len(all))}
	for name, raw := range all {
		if err := s.add(name, raw); err != nil {
			return nil, fmt.Errorf("the schema of Shadowserver, %.60q: %w: %w", name, err, candor.ErrInvalid)
		}
	}
	if len(s.types) == 0 {
		return nil, fmt.Errorf("the schema of Shadowserver has no types: %w", candor.ErrInvalid)
	}
	return s, nil
}

func (s *Schema) add(name string, raw json.RawMessage) error {
	if name == "_meta" {
		var meta struct {
			Created string `json:"date_created"`
		}
		err := json.Unmarshal(raw, &meta)
		s.Created = meta.Created
		return err
	}
	var t schemaType
	if err := json.Unmarshal(raw, &t); err != nil {
		return err
	}
	r, err := t.rule()
	if err != nil {
		return err
	}
	if t.FileName == "" {
		return fmt.Errorf("no file_name")
	}
	s.types[typeOf(t.FileName)] = r
	return nil
}

// rule makes a rule of the type's fields. Those that Candor has no use for stay
// columns of the evidence.
func (t schemaType) rule() (*rule, error) {
	if len(t.Required)+len(t.Optional) > mostColumns {
		return nil, fmt.Errorf("more than %d columns", mostColumns)
	}
	r := &rule{layout: told, columns: map[string]string{}, by: map[string]string{}}
	for _, field := range append(t.Required, t.Optional...) {
		text, err := strs(field)
		if err != nil {
			return nil, err
		}
		key, column := text[0], strings.ToLower(text[1])
		if _, ok := r.columns[key]; !ok {
			r.columns[key] = column
		}
		if strings.HasPrefix(key, "classification.") && len(text) > 2 {
			r.by[key] = text[2]
		}
	}
	if _, ok := r.columns["time.source"]; !ok {
		return nil, fmt.Errorf("no column for time.source")
	}
	var known bool
	r.class, known = candor.ParseClass(t.Constant["classification.taxonomy"] + "/" + t.Constant["classification.type"])
	if !known {
		r.class = candor.Undetermined
		if t.Constant["classification.taxonomy"] == "other" { // IntelMQ has types that RSIT has not, such as blacklist
			r.class = other
		}
		r.words = r.by["classification.type"] != ""
	}
	if r.words && r.columns["classification.taxonomy"] != "" {
		r.class = candor.VulnerableSystem // scan_exchange's functions: that, or a system that was broken into
	}
	return r, nil
}

// strs takes a field of two to four members, the first three texts; the first is
// false for columns that are of no use.
func strs(field []any) ([]string, error) {
	if len(field) < 2 || len(field) > 4 {
		return nil, fmt.Errorf("a field of %d members", len(field))
	}
	all := make([]string, 0, 3)
	for i, v := range field[:min(len(field), 3)] {
		text, ok := v.(string)
		if !ok && (i == 1 || v != false && v != nil) {
			return nil, fmt.Errorf("a field with %.60v for a name", v)
		}
		all = append(all, text)
	}
	return all, nil
}
