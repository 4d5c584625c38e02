// Package engine matches content against the definitions that the world
// already has: YARA rules and ClamAV signatures, compiled into one model.
//
// It is Go without C, safe on hostile input, and usable on its own:
//
//	rules, report := engine.Compile(sources, engine.Options{})
//	scanner := rules.NewScanner(engine.ScanOptions{})
//	matches, err := scanner.Scan(data, engine.File{Name: "upload.php"})
//
// Rules are immutable and shared by any number of goroutines; a Scanner
// belongs to one goroutine at a time and reuses its memory from scan to scan.
package engine

import (
	"fmt"

	"candor/engine/module"
)

// Source is one definitions file. What it is, is told by the extension of
// its name: .yar and .yara for YARA, .ndb, .hdb, .cvd and so on for ClamAV.
type Source struct {
	Name      string // path or label, shown in problems
	Namespace string // YARA namespace; empty for "default"
	Data      []byte
}

// Options tune Compile. The zero value is ready to use.
type Options struct {
	// Externals declares external variables and their default values: bool,
	// int64, float64 or string.
	Externals map[string]any
	// Include answers include statements of YARA sources. Nil makes an
	// include a problem of the file that has it. It is called from other
	// goroutines than that of Compile, one call at a time.
	Include func(from, path string) (name string, src []byte, err error)
	// Modules replaces the modules that conditions can import. Nil stands
	// for all that the engine has.
	Modules []module.Module
}

// Problem is a definition that could not be used, and why. Nothing is ever
// left out without one.
type Problem struct {
	File   string `json:"file"`
	Line   int    `json:"line,omitempty"`
	Rule   string `json:"rule,omitempty"`
	Reason string `json:"reason"`
}

// Error makes a Problem usable as an error.
func (p Problem) Error() string {
	s := p.File
	if p.Line > 0 {
		s = fmt.Sprintf("%s:%d", s, p.Line)
	}
	if p.Rule != "" {
		s += ": " + p.Rule
	}
	return s + ": " + p.Reason
}

// Report says what Compile made of its sources.
type Report struct {
	Rules    int // rules and signatures in force
	Problems []Problem
}

// Rule describes one rule or signature.
type Rule struct {
	Name      string
	Namespace string
	Language  string // "yara" or "clamav"
	File      string // the source that holds it
	Line      int
	Global    bool
	Private   bool
	Tags      []string
	Meta      []Meta
}

// Meta is one metadata entry of a rule; Value is a string, an int64 or a bool.
type Meta struct {
	Name  string
	Value any
}

// Match is one rule that matched.
type Match struct {
	Rule    *Rule
	Strings []StringMatch // with ScanOptions.Strings; by string, then by offset
}

// StringMatch is one occurrence of a string of a rule.
type StringMatch struct {
	Name   string // "$a"
	Offset int64
	Length int
	Data   []byte // the matched bytes, at most 256 of them
}

// ScanOptions tune a Scanner. The zero value is ready to use.
type ScanOptions struct {
	// Strings asks for the occurrences of strings in every Match.
	Strings bool
	// Costs keeps what each rule costs; see Scanner.Costs. It slows scanning down.
	Costs bool
	// Log receives what rules print through the console module.
	Log func(line string)
}

// File is what is known of the content besides its bytes.
type File struct {
	Name      string         // for messages only
	Externals map[string]any // override Options.Externals for this file
}
