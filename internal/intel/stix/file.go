package stix

import (
	"bytes"
	"strings"

	"candor"
	"candor/internal/intake"
	"candor/internal/intake/format"
	"candor/internal/intel"
	"candor/internal/intel/tlp"
)

// Format is how reports that came as bundles are called.
const Format = "stix"

// File reads bundles as reports (format.FileReader). It holds nothing, and is
// safe for concurrent use.
type File struct{}

// Knows tells a bundle by its media type, or by how it begins.
func (File) Knows(f format.File) bool {
	if strings.HasPrefix(f.Type, "application/stix+json") || strings.HasPrefix(f.Type, "application/taxii+json") {
		return true
	}
	start := bytes.TrimLeft(f.Start(), "\ufeff \t\r\n")
	if !bytes.HasPrefix(start, []byte("{")) {
		return false
	}
	flat := strings.Join(strings.Fields(string(start)), "")
	return strings.Contains(flat, `"type":"bundle"`) && (strings.Contains(flat, `"id":"bundle--`) || strings.Contains(flat, `"spec_version":"2`))
}

// Read hands over an event for each indicator, and for each observation that no
// indicator is based on. What an indicator names is blamed; what was only observed
// is not, and a person has to look.
func (File) Read(f format.File, each format.Each) (intake.Report, error) {
	c, err := Read(f.Body)
	if err != nil {
		return intake.Report{}, err
	}
	report := intake.Report{Format: Format, Confidence: 100}
	var whole tlp.Sum
	if c.TLP != "" {
		whole.Add(c.TLP)
	}
	for _, i := range c.Indicators {
		whole.Add(i.TLP)
		report.Confidence = min(report.Confidence, sure(i))
		if err := each(intel.Event(i, role(i))); err != nil {
			return intake.Report{}, err
		}
	}
	for _, s := range c.Observed {
		whole.Add(s.TLP)
		report.Person = "it tells what was observed, and not whether that is bad"
		e := intel.Event(s.Indicator, intake.Other)
		e.Count, e.Class = s.Count, candor.Undetermined
		if err := each(e); err != nil {
			return intake.Report{}, err
		}
	}
	report.TLP = string(whole.Mark())
	if len(c.Problems) > 0 {
		report.Person = "not all of it could be read: " + c.Problems[0]
	}
	return report, nil
}

// role is what a thing that is an indicator has to do with the threat.
func role(i intel.Indicator) intake.Role {
	if i.Kind == intake.Address || i.Kind == intake.Network || i.Kind == intake.Mail {
		return intake.Source
	}
	return intake.Host
}

// sure is how sure a report is: what its producer says, and 80 where it does not.
func sure(i intel.Indicator) int {
	if i.Confidence == 0 {
		return 80
	}
	return i.Confidence
}
