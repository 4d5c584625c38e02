package iodef

import (
	"bytes"
	"strings"

	"candor/internal/intake"
	"candor/internal/intake/format"
	"candor/internal/intel/tlp"
)

// Format is how reports that came as IODEF are called.
const Format = "iodef"

// File reads documents as reports (format.FileReader). It holds nothing, and is
// safe for concurrent use.
type File struct{}

// Knows tells a document by how it begins.
func (File) Knows(f format.File) bool {
	start := bytes.TrimLeft(f.Start(), "\ufeff \t\r\n")
	if bytes.HasPrefix(start, []byte("<")) {
		return bytes.Contains(start, []byte("IODEF-Document"))
	}
	flat := strings.Join(strings.Fields(string(start)), "")
	return strings.HasPrefix(flat, "{") && strings.Contains(flat, `"Incident":[{`) && strings.Contains(flat, `"IncidentID":`)
}

// Read hands over the events of all incidents. The report is called as the first
// of them, is from its creator, and is marked as the strictest.
func (File) Read(f format.File, each format.Each) (intake.Report, error) {
	report := intake.Report{Format: Format, Confidence: 90}
	var whole tlp.Sum
	err := Read(f.Body, func(i Incident) error {
		if report.Reference == "" && i.ID != "" {
			report.Reference = strings.TrimPrefix(i.Maker+"/"+i.ID, "/")
		}
		for _, c := range i.Contacts {
			if report.Reporter == "" && (c.Role == "creator" || c.Role == "reporter") {
				report.Reporter = c.Mail
			}
		}
		if i.Confidence > 0 {
			report.Confidence = min(report.Confidence, i.Confidence)
		}
		whole.Add(i.TLP)
		for _, e := range i.Events {
			whole.Add(e.TLP)
			if len(e.Event.About) == 0 {
				report.Person = "it does not say which system did it"
			}
			if err := each(e.Event); err != nil {
				return err
			}
		}
		if len(i.Events) == 0 {
			report.Person = "an incident of it names no systems"
		}
		return nil
	})
	report.TLP = string(whole.Mark())
	if err != nil {
		return intake.Report{}, err
	}
	return report, nil
}
