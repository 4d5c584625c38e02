package iodef

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"candor"
	"candor/internal/intake"
	"candor/internal/intel"
)

// WriteXML writes what is released as a document of one incident (RFC 7970). The
// same release is written the same, byte for byte. candor.ErrInvalid is of what
// cannot be said in IODEF.
func WriteXML(w io.Writer, r intel.Release) error {
	d, err := draft(r.Bundle())
	if err != nil {
		return err
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", " ")
	return e.Encode(d)
}

// WriteJSON is WriteXML in JSON (RFC 8727).
func WriteJSON(w io.Writer, r intel.Release) error {
	d, err := draft(r.Bundle())
	if err != nil {
		return err
	}
	d.Version = "2.0"
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(d)
}

func draft(b intel.Bundle) (*document, error) {
	if b.ID == "" || b.Producer.Name == "" || b.Created.IsZero() {
		return nil, fmt.Errorf("a bundle without ID, producer or time: %w", candor.ErrInvalid)
	}
	i := incident{Purpose: "reporting", Restriction: b.TLP.Restriction(), ID: incidentID{maker(b.Producer), string(b.ID)},
		Report: stamp(b.Created), Generation: stamp(later(b.Created, b.Modified)), Assessments: assessments(b.Class, &b.Severity, 0),
		Contacts: []contact{{Role: "creator", Type: "organization", Names: words{{b.Producer.Name}}}}}
	if b.Title != "" {
		i.Description = words{{b.Title}}
	}
	if b.Producer.Mail != "" {
		i.Contacts[0].Emails = []email{{To: b.Producer.Mail}}
	}
	counts := map[intake.Resource]int64{}
	for _, s := range b.Sightings {
		counts[intake.Resource{Kind: s.Indicator.Kind, Value: s.Indicator.Value}] += s.Count
	}
	for _, x := range b.Indicators {
		if x.Kind == intake.Hash {
			i.Indicators = append(i.Indicators, hashed(b, x))
			continue
		}
		e, err := event(x, counts[intake.Resource{Kind: x.Kind, Value: x.Value}])
		if err != nil {
			return nil, err
		}
		i.Events = append(i.Events, e)
	}
	return &document{Version: "2.00", Lang: "en", Incidents: []incident{i}}, nil
}

// maker is the name that IDs are of: the desk's domain, if it has one.
func maker(p intel.Producer) string {
	if r, err := intake.NewResource(intake.Mail, p.Mail); err == nil {
		return r.Host()
	}
	return p.Name
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z07:00") }

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// assessments says class, severity and confidence. IODEF asks for an impact.
func assessments(c candor.Class, s *candor.Severity, sure int) []assessment {
	a := assessment{Impacts: []impact{{Type: "unknown"}}}
	if c != "" {
		a.Categories = words{{string(c)}}
	}
	if s != nil {
		switch *s {
		case candor.Low:
			a.Impacts[0].Severity = "low"
		case candor.Medium:
			a.Impacts[0].Severity = "medium"
		case candor.High, candor.Critical:
			a.Impacts[0].Severity = "high"
		}
	}
	a.Confidence = certain(sure)
	return []assessment{a}
}

func certain(sure int) *confidence {
	if sure <= 0 {
		return nil
	}
	return &confidence{"numeric", number(strconv.Itoa(min(sure, 100)))}
}

// event writes an indicator of the network as something that happened.
func event(x intel.Indicator, count int64) (eventData, error) {
	e := eventData{Restriction: x.TLP.Restriction(), Assessments: assessments(x.Class, nil, x.Confidence)}
	if x.Note != "" {
		e.Description = words{{x.Note}}
	}
	if !x.First.IsZero() {
		e.Start, e.End = stamp(x.First), stamp(later(x.First, x.Last))
	}
	s := system{Category: "source"}
	version := "ipv4"
	if strings.Contains(x.Value, ":") {
		version = "ipv6"
	}
	switch x.Kind {
	case intake.Address:
		s.Node.Addresses = []address{{version + "-addr", x.Value}}
	case intake.Network:
		s.Node.Addresses = []address{{version + "-net", x.Value}}
	case intake.Mail:
		s.Node.Addresses = []address{{"e-mail", x.Value}}
	case intake.URL:
		s.Category, s.Node.Addresses = "infrastructure", []address{{"site-uri", x.Value}}
	case intake.Domain:
		s.Category, s.Node.Domains = "infrastructure", []domainData{{"unknown", "unknown", x.Value}}
	default:
		return e, fmt.Errorf("IODEF has no word for %s: %w", x.Kind, candor.ErrInvalid)
	}
	if count > 0 {
		s.Counters = []counter{{Type: "count", Unit: "event", Value: number(strconv.FormatInt(count, 10))}}
	}
	e.Systems = []system{s}
	return e, nil
}

// algorithms are the names that XML signatures have for hashes, by their length in
// hexadecimal.
var algorithms = map[int]string{
	32: "http://www.w3.org/2001/04/xmldsig-more#md5", 40: "http://www.w3.org/2000/09/xmldsig#sha1", 64: "http://www.w3.org/2001/04/xmlenc#sha256",
	96: "http://www.w3.org/2001/04/xmldsig-more#sha384", 128: "http://www.w3.org/2001/04/xmlenc#sha512",
}

func hashed(b intel.Bundle, x intel.Indicator) indicator {
	raw, _ := hex.DecodeString(x.Value) // canonical, or of no length that is known
	f := file{Hash: hashData{Scope: "file-contents", Hashes: []hash{{method{algorithms[len(x.Value)]}, base64.StdEncoding.EncodeToString(raw)}}}}
	out := indicator{Restriction: x.TLP.Restriction(), ID: indicatorID{maker(b.Producer), "1", string(intel.Name(intel.Own, "iodef", string(b.ID), x.Value))},
		Confidence: certain(x.Confidence), Observable: observable{Files: []file{f}, FileObj: &fileData{[]file{f}}}}
	if x.Note != "" {
		out.Description = words{{x.Note}}
	}
	if !x.First.IsZero() {
		out.Start, out.End = stamp(x.First), stamp(later(x.First, x.Last))
	}
	return out
}
