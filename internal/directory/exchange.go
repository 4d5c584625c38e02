package directory

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"candor"
)

// Bounds of what is read.
const (
	MostRead    = 4 << 20 // bytes
	MostEntries = 2000
)

// file is the YAML form.
type file struct {
	Schema  string  `yaml:"schema"`
	Entries []Entry `yaml:"entries"`
}

// Schema names the YAML form.
const Schema = "candor-directory-1"

// ReadYAML reads entries; none of them is verified. Names are unique in it. The
// error is candor.ErrInvalid, with a hint, and says which entry it is about.
func ReadYAML(r io.Reader) ([]Entry, error) {
	data, err := all(r)
	if err != nil {
		return nil, err
	}
	var f file
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	if err := d.Decode(&f); err != nil {
		return nil, bad("the file cannot be read: "+short(err.Error()), "It is YAML, as an export of the directory is.")
	}
	if err := d.Decode(new(file)); !errors.Is(err, io.EOF) {
		return nil, bad("there is more than one document", "Put all entries into one.")
	}
	if f.Schema != Schema {
		return nil, bad(fmt.Sprintf("the schema is %.40q", f.Schema), "The first line is: schema: "+Schema)
	}
	return checked(f.Entries)
}

// WriteYAML writes entries without what belongs to this provider alone:
// verifications, probes, times.
func WriteYAML(w io.Writer, entries []Entry) error {
	e := yaml.NewEncoder(w)
	e.SetIndent(2)
	return errors.Join(e.Encode(file{Schema, entries}), e.Close())
}

// columns are those of the CSV form. Lists are separated by spaces; api is JSON.
var columns = []string{"name", "kinds", "channels", "key", "archive", "password", "most_bytes", "languages", "hours", "classes", "takes", "source", "looked", "note", "api"}

// ReadCSV reads what WriteCSV writes, under the same promises as ReadYAML.
// Columns may be in any order; those that are missing are empty.
func ReadCSV(r io.Reader) ([]Entry, error) {
	data, err := all(r)
	if err != nil {
		return nil, err
	}
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")))).ReadAll()
	if err != nil || len(rows) == 0 {
		return nil, bad("the file is no CSV", "The first line names the columns: "+strings.Join(columns, ","))
	}
	for i, name := range rows[0] {
		if !slices.Contains(columns, name) || slices.Contains(rows[0][:i], name) {
			return nil, bad(fmt.Sprintf("%.40q is no column, or stands there twice", name), "The columns are: "+strings.Join(columns, ","))
		}
	}
	var entries []Entry
	for n, row := range rows[1:] {
		e, err := fromRow(rows[0], row)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n+2, err)
		}
		entries = append(entries, e)
	}
	return checked(entries)
}

// WriteCSV writes entries as WriteYAML does, a line each.
func WriteCSV(w io.Writer, entries []Entry) error {
	out := csv.NewWriter(w)
	if err := out.Write(columns); err != nil {
		return err
	}
	for _, e := range entries {
		channels := make([]string, len(e.Channels))
		for i, c := range e.Channels {
			channels[i] = string(c.Way) + ":" + strings.ReplaceAll(c.Address, " ", "-")
		}
		api := ""
		if e.Interface != nil {
			text, err := json.Marshal(e.Interface)
			if err != nil {
				return err
			}
			api = string(text)
		}
		if err := out.Write([]string{e.Name, joined(e.Kinds), strings.Join(channels, " "), e.Key, string(e.Archive), e.Password, strconv.FormatInt(e.MostBytes, 10),
			strings.Join(e.Languages, " "), e.Hours, joined(e.Classes), joined(e.Takes), e.Source, e.Looked, e.Note, api}); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func fromRow(head, row []string) (e Entry, err error) {
	for i, v := range row {
		switch head[i] {
		case "name":
			e.Name = v
		case "kinds":
			e.Kinds = split[Kind](v)
		case "channels":
			for _, c := range strings.Fields(v) {
				way, address, _ := strings.Cut(c, ":")
				e.Channels = append(e.Channels, Channel{Way(way), address})
			}
		case "key":
			e.Key = v
		case "archive":
			e.Archive = Archive(v)
		case "password":
			e.Password = v
		case "most_bytes":
			if v != "" {
				if e.MostBytes, err = strconv.ParseInt(v, 10, 64); err != nil {
					return e, bad("the size limit is no number", "Give bytes.")
				}
			}
		case "languages":
			e.Languages = split[string](v)
		case "hours":
			e.Hours = v
		case "classes":
			e.Classes = split[candor.Class](v)
		case "takes":
			e.Takes = split[Goods](v)
		case "source":
			e.Source = v
		case "looked":
			e.Looked = v
		case "note":
			e.Note = v
		case "api":
			if e.Interface, err = readInterface(v); err != nil {
				return e, err
			}
		}
	}
	return e, nil
}

// readInterface reads how an API takes samples, as JSON; nil of nothing.
func readInterface(text string) (*Interface, error) {
	if text == "" {
		return nil, nil
	}
	f := new(Interface)
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(f); err != nil || d.More() {
		return nil, bad("what is said of the API cannot be read", "It is JSON with the members of an export.")
	}
	return f, nil
}

func checked(entries []Entry) ([]Entry, error) {
	if len(entries) > MostEntries {
		return nil, bad(fmt.Sprintf("there are %d entries", len(entries)), fmt.Sprintf("At most %d are kept.", MostEntries))
	}
	seen := map[string]bool{}
	for i, e := range entries {
		if err := e.Check(); err != nil {
			return nil, fmt.Errorf("entry %d, %.80q: %w", i+1, e.Name, err)
		}
		if key := strings.ToLower(e.Name); seen[key] {
			return nil, bad(fmt.Sprintf("entry %d, %.80q, stands there twice", i+1, e.Name), "Names are unique.")
		}
		seen[strings.ToLower(e.Name)] = true
	}
	return entries, nil
}

func all(r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, MostRead+1))
	if err != nil {
		return nil, fmt.Errorf("read a directory: %w", err)
	}
	if len(data) > MostRead {
		return nil, bad("the file is too large", "It can have 4 MiB.")
	}
	return data, nil
}

func joined[T ~string](list []T) string {
	words := make([]string, len(list))
	for i, v := range list {
		words[i] = string(v)
	}
	return strings.Join(words, " ")
}

func split[T ~string](s string) (list []T) {
	for _, w := range strings.Fields(s) {
		list = append(list, T(w))
	}
	return list
}
