package misp

import (
	"bytes"
	"strings"

	"candor/internal/intake"
	"candor/internal/intake/format"
	"candor/internal/intel"
)

// Format is how reports that came as events are called.
const Format = "misp"

// File reads events as reports (format.FileReader). It holds nothing, and is safe
// for concurrent use.
type File struct{}

// Knows tells an event by how it begins.
func (File) Knows(f format.File) bool {
	start := bytes.TrimLeft(f.Start(), "\ufeff \t\r\n")
	if !bytes.HasPrefix(start, []byte("{")) {
		return false
	}
	flat := strings.Join(strings.Fields(string(start)), "")
	return strings.HasPrefix(flat, `{"Event":{`) || strings.HasPrefix(flat, `{"response":[{"Event":{`)
}

// Read hands over an event for each indicator; what an event of MISP only names
// besides is in others, and a person has to look if there is nothing else.
func (File) Read(f format.File, each format.Each) (intake.Report, error) {
	c, err := Read(f.Body)
	if err != nil {
		return intake.Report{}, err
	}
	report := intake.Report{Format: Format, Reference: c.UUID, TLP: string(c.whole()), Confidence: 100}
	for _, i := range c.Indicators {
		role := intake.Host
		if i.Kind == intake.Address || i.Kind == intake.Network || i.Kind == intake.Mail {
			role = intake.Source
		}
		e := intel.Event(i, role)
		report.Confidence = min(report.Confidence, e.About[0].Confidence)
		if err := each(e); err != nil {
			return intake.Report{}, err
		}
	}
	for _, i := range c.Context {
		if err := each(intel.Event(i, intake.Other)); err != nil {
			return intake.Report{}, err
		}
	}
	switch {
	case len(c.Problems) > 0:
		report.Person = "not all of it could be read: " + c.Problems[0]
	case len(c.Indicators) == 0:
		report.Person = "nothing of it is there to detect by"
	}
	return report, nil
}
