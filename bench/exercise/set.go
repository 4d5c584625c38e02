package exercise

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"candor/bench/judge"
	"candor/bench/ruleset"
	"candor/engine/yara"
)

// Exercise is a set's generated content in a folder.
type Exercise struct {
	rules []string // "namespace:rule", the public ones
	files []string
	meant map[string][]string // files by rule
}

// Write makes content for every rule of a YARA set below dir, a folder for
// each namespace.
func Write(s ruleset.Set, seed uint64, dir string) (*Exercise, error) {
	parsed, order, err := parse(s)
	if err != nil {
		return nil, err
	}
	e := &Exercise{meant: map[string][]string{}}
	for _, namespace := range order {
		x := New(namespace, seed, parsed[namespace]...)
		folder := filepath.Join(dir, namespace)
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return nil, err
		}
		for _, f := range parsed[namespace] {
			for _, r := range f.Rules {
				if err := e.write(x, r, folder); err != nil {
					return nil, err
				}
			}
		}
	}
	return e, nil
}

// parse reads the set's files, by namespace. Rules with errors are left out,
// as no scanner loads them.
func parse(s ruleset.Set) (map[string][]*yara.File, []string, error) {
	sources, err := s.Sources()
	if err != nil {
		return nil, nil, err
	}
	parsed := map[string][]*yara.File{}
	var order []string
	for _, src := range sources {
		namespace := src.Namespace
		if namespace == "" {
			namespace = "default"
		}
		if _, seen := parsed[namespace]; !seen {
			order = append(order, namespace)
		}
		f, _ := yara.Parse(src.Name, src.Data, yara.Options{Include: s.Options().Include})
		parsed[namespace] = append(parsed[namespace], f)
	}
	return parsed, order, nil
}

func (e *Exercise) write(x *Exerciser, r *yara.Rule, folder string) error {
	id := x.namespace + ":" + r.Name
	if !r.Private {
		e.rules = append(e.rules, id)
	}
	for _, c := range x.Cases(r) {
		path := filepath.Join(folder, c.Name())
		if err := os.WriteFile(path, c.Data, 0o644); err != nil {
			return err
		}
		e.files = append(e.files, path)
		e.meant[id] = append(e.meant[id], path)
	}
	return nil
}

// Files are all files written.
func (e *Exercise) Files() []string { return e.files }

// Share is how many rules a scanner finds satisfied.
type Share struct{ Rules, Written, Satisfied int }

func (s Share) String() string {
	return fmt.Sprintf("%d rules, %d with content, %d satisfied (%.1f%%)",
		s.Rules, s.Written, s.Satisfied, 100*float64(s.Satisfied)/float64(max(s.Rules, 1)))
}

// Satisfied counts the public rules that match at least one file written for them.
func (e *Exercise) Satisfied(v judge.Verdicts) Share {
	s := Share{Rules: len(e.rules)}
	for _, r := range e.rules {
		if len(e.meant[r]) > 0 {
			s.Written++
		}
		if e.satisfied(r, v) {
			s.Satisfied++
		}
	}
	return s
}

func (e *Exercise) satisfied(rule string, v judge.Verdicts) bool {
	return slices.ContainsFunc(e.meant[rule], func(file string) bool {
		_, ok := v[judge.Pair{Rule: rule, File: file}]
		return ok
	})
}

// WriteUnsatisfied names the rules without a match.
func (e *Exercise) WriteUnsatisfied(w io.Writer, v judge.Verdicts) {
	for _, r := range e.rules {
		if !e.satisfied(r, v) {
			why := "no content found"
			if len(e.meant[r]) > 0 {
				why = "content does not match"
			}
			fmt.Fprintf(w, "%s: %s\n", strings.ReplaceAll(r, ":", " "), why)
		}
	}
}
