package feed

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"candor"
	"candor/internal/intake"
	"candor/internal/intel"
)

// ReadList reads a list of one value a line, of the kinds Addresses, Domains, URLs
// and Hashes. What stands behind "#", ";" or "//" is a comment, and lines of other
// things are skipped. It is candor.ErrInvalid if nothing of it is of the kind.
func ReadList(r io.Reader, kind Kind, each func(intel.Indicator) error, skip func()) error {
	of, ok := map[Kind]intake.Kind{Addresses: intake.Address, Domains: intake.Domain, URLs: intake.URL, Hashes: intake.Hash}[kind]
	if !ok {
		return fmt.Errorf("%q is no list: %w", kind, candor.ErrInvalid)
	}
	good, bad := 0, 0
	err := lines(r, func(line string, whole bool) error {
		word := value(line, of)
		if word == "" && whole {
			return nil
		}
		i, err := listed(of, word)
		if err != nil || !whole {
			bad++
			skip()
			return nil //nolint:nilerr // skipped, and counted
		}
		good++
		return each(i)
	})
	if err == nil && good == 0 && bad > 0 {
		return fmt.Errorf("of %d lines none is %s: %w", bad, of, candor.ErrInvalid)
	}
	return err
}

// listed makes an indicator; addresses may be networks.
func listed(kind intake.Kind, word string) (intel.Indicator, error) {
	if kind == intake.Address && strings.Contains(word, "/") {
		kind = intake.Network
	}
	i, err := intel.NewIndicator(kind, word)
	if err == nil && kind == intake.Network && strings.HasSuffix(i.Value, "/0") {
		return i, fmt.Errorf("all addresses: %w", candor.ErrInvalid)
	}
	return i, err
}

// value gives the word of a line that is the value; empty for lines without one.
func value(line string, kind intake.Kind) string {
	line = strings.TrimSpace(strings.TrimPrefix(line, "\ufeff"))
	if line == "" || strings.ContainsRune("#;!", rune(line[0])) || strings.HasPrefix(line, "//") {
		return ""
	}
	if kind != intake.URL { // where "#" may be of the value
		line, _, _ = strings.Cut(line, "#")
		line, _, _ = strings.Cut(line, ";")
	}
	words := strings.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == '\t' || r == ',' && kind != intake.URL })
	if len(words) == 0 {
		return ""
	}
	if kind == intake.Domain && len(words) > 1 && (words[0] == "0.0.0.0" || words[0] == "127.0.0.1" || words[0] == "::") {
		return words[1] // a hosts file
	}
	word := strings.Trim(words[0], `"'`)
	if kind == intake.Domain {
		word = strings.TrimPrefix(strings.TrimPrefix(word, "*."), ".")
	}
	return word
}

// mostLine is how many bytes a line has at most; of longer ones the beginning is
// handed over, as not whole.
const mostLine = 16 << 10

// lines hands over the lines of a text.
func lines(r io.Reader, each func(line string, whole bool) error) error {
	in := bufio.NewReaderSize(r, mostLine)
	long := false
	for {
		raw, err := in.ReadSlice('\n')
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			if !long {
				if err := each(string(raw), false); err != nil {
					return err
				}
			}
			long = true
			continue
		case err != nil && !errors.Is(err, io.EOF):
			return err
		}
		if !long && len(raw) > 0 {
			if err := each(string(raw), true); err != nil {
				return err
			}
		}
		long = false
		if err != nil {
			return nil //nolint:nilerr // the end of the list
		}
	}
}

// ReadURLhaus reads CSV of URLhaus, and of what is like it: columns are found by
// their names in the last comment before the first row ("# id,dateadded,url,…"), or
// in the first row. It is candor.ErrInvalid if no row has a URL.
func ReadURLhaus(r io.Reader, each func(intel.Indicator) error, skip func()) error {
	columns := map[string]int{}
	found, bad := false, 0
	err := lines(r, func(line string, whole bool) error {
		line = strings.TrimSpace(strings.TrimPrefix(line, "\ufeff"))
		text, comment := strings.CutPrefix(line, "#")
		if line == "" || comment && found {
			return nil
		}
		row, err := fields(text)
		if !found && err == nil && names(row, columns) || comment {
			return nil
		}
		at, ok := columns["url"]
		if err != nil || !whole || ok && at >= len(row) {
			bad++
			skip()
			return nil //nolint:nilerr // skipped, and counted
		}
		if !ok {
			return fmt.Errorf("no column is called url: %w", candor.ErrInvalid)
		}
		i, err := intel.NewIndicator(intake.URL, row[at])
		if err != nil {
			bad++
			skip()
			return nil //nolint:nilerr // skipped, and counted
		}
		found = true
		describe(&i, row, columns)
		return each(i)
	})
	if err == nil && !found && bad > 0 {
		return fmt.Errorf("of %d rows none has a URL: %w", bad, candor.ErrInvalid)
	}
	return err
}

func fields(line string) ([]string, error) {
	c := csv.NewReader(strings.NewReader(line))
	c.LazyQuotes, c.TrimLeadingSpace = true, true
	return c.Read()
}

// names notes where columns are, if a row names them.
func names(row []string, columns map[string]int) bool {
	at := map[string]int{}
	for i, n := range row {
		at[strings.ToLower(strings.TrimSpace(n))] = i
	}
	if _, ok := at["url"]; !ok || len(row) < 2 {
		return false
	}
	clear(columns)
	for n, i := range at {
		columns[n] = i
	}
	return true
}

func describe(i *intel.Indicator, row []string, columns map[string]int) {
	cell := func(name string) string {
		if at, ok := columns[name]; ok && at < len(row) {
			return strings.TrimSpace(row[at])
		}
		return ""
	}
	i.Reference = intake.Cut(cell("id"), intake.MostNote)
	i.First, i.Last = dated(cell("dateadded")), dated(cell("last_online"))
	if i.Last.Before(i.First) {
		i.Last = i.First
	}
	note := cell("threat")
	if tags := cell("tags"); tags != "" && tags != "None" {
		note = strings.TrimSpace(note + " " + tags)
	}
	i.Note = intake.Cut(note, intake.MostNote)
	switch cell("threat") {
	case "malware_download":
		i.Class = candor.MalwareDistribution
	case "phishing":
		i.Class = candor.Phishing
	}
}

// dated reads a time that URLhaus tells in UTC, which it says in its heading.
func dated(s string) time.Time {
	for _, layout := range []string{time.DateTime, "2006-01-02 15:04:05 MST", time.RFC3339} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}
