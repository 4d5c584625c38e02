// Package output writes what a scan finds as text, as JSON lines and as SARIF.
package output

import (
	"fmt"
	"io"
	"strings"

	"candor"
	"candor/internal/scan"
)

// Writer writes one scan. Findings and failures are written as they come; End
// comes last, once.
type Writer interface {
	scan.Sink
	End(Summary) error
}

// Summary is what stands at the end: the scan, and what it was made with.
type Summary struct {
	scan.Summary
	Definitions int   `json:"definitions"`          // rules and signatures in force
	Problems    int   `json:"problems"`             // rules and signatures that could not be used
	Cached      bool  `json:"cached"`               // the definitions came compiled from the cache
	Good        int64 `json:"known_good,omitempty"` // of the findings: in contents that are known to be good
}

// Options say where and how to write.
type Options struct {
	Out     io.Writer // results
	Log     io.Writer // what a person should know besides
	Strings bool      // text: print the strings that were seen
	Version string    // of this program
}

// Formats names the formats that New knows.
const Formats = "text, json, sarif"

// New gives the writer of a format.
func New(format string, o Options) (Writer, error) {
	switch strings.ToLower(format) {
	case "text":
		return &textWriter{o: o}, nil
	case "json":
		return newJSON(o), nil
	case "sarif":
		return newSARIF(o), nil
	}
	return nil, candor.WithHint(fmt.Errorf("format %q: %w", format, candor.ErrInvalid), "Formats are "+Formats+".")
}
