// Package conformance compares the engine's verdicts with those of yara and
// clamscan, definition by definition and file by file.
package conformance

import (
	"fmt"
	"os"
	"strings"

	"candor/bench/judge"
	"candor/engine"
)

// maxLength is the most that yara prints as the length of an occurrence.
const maxLength = 512

// scan is what the engine finds, in the judge's form. It is the only place of
// this package that calls the engine.
func scan(sources []engine.Source, o engine.Options, files []string, occurrences bool) (judge.Verdicts, *engine.Report, error) {
	rules, report := engine.Compile(sources, o)
	scanner := rules.NewScanner(engine.ScanOptions{Strings: occurrences})
	v := judge.Verdicts{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, nil, err
		}
		matches, err := scanner.Scan(data, engine.File{Name: file})
		if err != nil {
			return nil, nil, fmt.Errorf("scan %s: %w", file, err)
		}
		for _, m := range matches {
			if m.Rule.Private {
				continue
			}
			var found []judge.Occurrence
			for _, s := range m.Strings {
				found = append(found, judge.Occurrence{String: s.Name, Offset: s.Offset, Length: min(s.Length, maxLength)})
			}
			v[judge.Pair{Rule: name(m.Rule), File: file}] = found
		}
	}
	return v, report, nil
}

func name(r *engine.Rule) string {
	if r.Language != "yara" {
		return strings.TrimSuffix(r.Name, ".UNOFFICIAL")
	}
	if r.Namespace == "" {
		return "default:" + r.Name
	}
	return r.Namespace + ":" + r.Name
}
