package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"candor"
	"candor/internal/intake"
	"candor/internal/intake/format"
	"candor/internal/intake/format/shadowserver"
)

// outcome counts what was compared.
type outcome struct {
	files, unread, rows           int
	compared, address, port, page int // rows that IntelMQ's tests tell of, and what is the same
	addressOf, portOf, pageOf     int // rows that have it at all
	class, finer, time            int
	events, nothing               int
}

// compare reads all sample reports, and holds events against those that the test
// beside the sample expects.
func compare(reader *shadowserver.Reader, folder string, verbose bool) error {
	all, err := filepath.Glob(filepath.Join(folder, "testdata", "*.csv"))
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return fmt.Errorf("no testdata/*.csv in %s", folder)
	}
	tests, err := expectations(folder)
	if err != nil {
		return err
	}
	var o outcome
	for _, name := range all {
		o.files++
		if err := o.file(reader, name, tests[filepath.Base(name)], verbose); err != nil {
			o.unread++
			fmt.Printf("%s: %v\n", filepath.Base(name), err)
		}
	}
	fmt.Printf("%d reports, %d not read; %d rows are %d events, of which %d complain about nothing\n", o.files, o.unread, o.rows, o.events, o.nothing)
	fmt.Printf("%d rows have an expectation in IntelMQ's tests; of these\n", o.compared)
	fmt.Printf("  %d of %d have the same address, %d of %d the same port, %d of %d the same URL or name, %d the same time\n", o.address, o.addressOf, o.port, o.portOf, o.page, o.pageOf, o.time)
	fmt.Printf("  %d have the same class, %d a finer one of RSIT's under the same heading, %d another\n", o.class, o.finer, o.compared-o.class-o.finer)
	return nil
}

func (o *outcome) file(reader *shadowserver.Reader, name string, want []expectation, verbose bool) error {
	content, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	as := "2019-01-01-" + filepath.Base(name)
	if !reader.Knows(format.NewFile(as, "", bytes.NewReader(content))) {
		return fmt.Errorf("not known")
	}
	o.rows += rowsOf(content)
	i := 0
	_, err = reader.Read(format.NewFile(as, "", bytes.NewReader(content)), func(e intake.Event) error {
		o.events++
		if len(e.About) == 0 {
			o.nothing++
		}
		i++
		for _, w := range want {
			if w["row"] != strconv.Itoa(i) {
				continue
			}
			if differs := o.event(e, w); verbose && differs != "" {
				fmt.Printf("%s, row %d: %s\n", filepath.Base(name), i, differs)
			}
		}
		return nil
	})
	return err
}

// rowsOf counts rows without the header.
func rowsOf(content []byte) (n int) {
	rows := format.NewRows(format.NewFile("", "", bytes.NewReader(content)).Body, ',')
	for {
		if _, err := rows.Next(); err != nil {
			return n - 1
		}
		n++
	}
}

// event counts what is the same, and tells what is not.
func (o *outcome) event(e intake.Event, want expectation) string {
	var wrong []string
	same := func(n *int, ok bool, what, text string) {
		if ok {
			*n++
		} else {
			wrong = append(wrong, what+" "+text)
		}
	}
	o.compared++
	if ip := want["source.ip"]; ip != "" {
		o.addressOf++
		same(&o.address, names(e.About, ip), "address", ip)
	}
	if port := want["source.port"]; port != "" {
		o.portOf++
		same(&o.port, slices.ContainsFunc(e.About, func(r intake.Resource) bool { return fmt.Sprint(r.Port) == port }), "port", port)
	}
	if page := first(want["source.url"], want["source.fqdn"]); page != "" {
		o.pageOf++
		same(&o.page, names(e.About, page), "URL", page)
	}
	told := strings.TrimSuffix(want["time.source"], "+00:00")
	same(&o.time, e.First != nil && e.First.Time.Format("2006-01-02T15:04:05") == told, "time", told)
	class := candor.Class(want["classification.taxonomy"] + "/" + want["classification.type"])
	switch heading, _, _ := strings.Cut(string(e.Class), "/"); {
	case e.Class == class:
		o.class++
	case heading == want["classification.taxonomy"]:
		o.finer++
	default:
		wrong = append(wrong, fmt.Sprintf("class %s, not %s", class, e.Class))
	}
	return strings.Join(wrong, ", ")
}

func names(all []intake.Resource, value string) bool {
	return slices.ContainsFunc(all, func(r intake.Resource) bool {
		return strings.EqualFold(r.Value, value) || strings.EqualFold(r.Host(), value)
	})
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// expectation is an event as IntelMQ's tests write it, by field.
type expectation map[string]string

var (
	sample = regexp.MustCompile(`testdata/([\w.-]+\.csv)`)
	line   = regexp.MustCompile(`EXAMPLE_LINES\[(\d+)\]`)
	field  = regexp.MustCompile(`['"]([a-z][a-z0-9_.]*)['"]\s*:\s*(?:u?'([^'\n]*)'|"([^"\n]*)"|(\d+))`)
)

// expectations reads the events of all tests, by the sample that they are of.
func expectations(folder string) (map[string][]expectation, error) {
	files, err := filepath.Glob(filepath.Join(folder, "test_*.py"))
	if err != nil {
		return nil, err
	}
	all := map[string][]expectation{}
	for _, name := range files {
		source, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		found := sample.FindAllSubmatch(source, -1)
		_, events, ok := bytes.Cut(source, []byte("EVENTS = ["))
		if len(found) != 1 || !ok {
			continue // one that tests several, or none
		}
		for _, dict := range dicts(string(events)) {
			lines := line.FindAllStringSubmatch(dict, -1)
			if len(lines) != 2 {
				continue
			}
			e := expectation{"row": lines[1][1]}
			for _, f := range field.FindAllStringSubmatch(dict, -1) {
				e[f[1]] = f[2] + f[3] + f[4]
			}
			all[string(found[0][1])] = append(all[string(found[0][1])], e)
		}
	}
	return all, nil
}

// dicts are what stands in braces, up to the bracket that ends the list.
func dicts(source string) (all []string) {
	depth, begin, brackets := 0, 0, 1
	var quote rune
	escaped := false
	for i, c := range source {
		switch {
		case escaped:
			escaped = false
		case c == '\\':
			escaped = true
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == '{':
			if depth++; depth == 1 {
				begin = i
			}
		case c == '}':
			if depth--; depth == 0 {
				all = append(all, source[begin:i+1])
			}
		case c == '[':
			brackets++
		case c == ']':
			if brackets--; brackets == 0 {
				return all
			}
		}
	}
	return all
}
