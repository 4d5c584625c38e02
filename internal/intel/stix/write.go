package stix

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"candor"
	"candor/internal/intel"
	"candor/internal/intel/tlp"
	"candor/internal/regex"
)

// Write writes what is released as one bundle: the producer, each indicator with
// what it is based on, sightings, and a report of all of it. The same release is
// written the same, byte for byte, and what comes again has the same IDs. An error
// is of w, or candor.ErrInvalid for what cannot be said in STIX.
func Write(w io.Writer, r intel.Release) error {
	d := &draft{bundle: r.Bundle(), marked: map[tlp.Mark]bool{}, seen: map[string]bool{}}
	if err := d.make(); err != nil {
		return err
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(map[string]any{"type": "bundle", "id": "bundle--" + d.name("bundle", d.bundle.Modified.UTC().Format(layout)), "objects": d.objects})
}

// Objects gives what Write writes, object by object, as a TAXII server takes them.
func Objects(r intel.Release) ([]json.RawMessage, error) {
	d := &draft{bundle: r.Bundle(), marked: map[tlp.Mark]bool{}, seen: map[string]bool{}}
	if err := d.make(); err != nil {
		return nil, err
	}
	var out []json.RawMessage
	for _, o := range d.objects {
		raw, err := json.Marshal(o)
		if err != nil {
			return nil, err
		}
		out = append(out, raw)
	}
	return out, nil
}

type draft struct {
	bundle   intel.Bundle
	producer string // the identity's ID
	objects  []any
	refs     []string // of the report
	marked   map[tlp.Mark]bool
	seen     map[string]bool
}

// name gives a UUID of something of the bundle.
func (d *draft) name(parts ...string) string {
	return string(intel.Name(intel.Own, append([]string{"stix", string(d.bundle.ID)}, parts...)...))
}

func (d *draft) make() error {
	b := &d.bundle
	if b.ID == "" || b.Producer.Name == "" || b.Created.IsZero() {
		return fmt.Errorf("a bundle without ID, producer or time: %w", candor.ErrInvalid)
	}
	if b.Modified.Before(b.Created) {
		b.Modified = b.Created
	}
	d.identity()
	for _, i := range b.Indicators {
		if _, err := d.indicator(i); err != nil {
			return err
		}
	}
	for n, s := range b.Sightings {
		if err := d.sighting(n, s); err != nil {
			return err
		}
	}
	d.report()
	return nil
}

// base gives what all objects of the bundle share.
func (d *draft) base(kind, uuid string, m tlp.Mark) object {
	return object{Type: kind, SpecVersion: "2.1", ID: kind + "--" + uuid, CreatedBy: d.producer,
		Created: at(d.bundle.Created), Modified: at(d.bundle.Modified), Markings: []string{d.mark(m)}}
}

// mark gives the ID of a mark, and sees that its definition is in the bundle.
func (d *draft) mark(m tlp.Mark) string {
	def := m.STIX()
	if !d.marked[def.Mark] {
		d.marked[def.Mark] = true
		d.objects = append(d.objects, object{Type: "marking-definition", SpecVersion: "2.1", ID: def.ID, Name: def.Mark.String(),
			Created:    moment{time.Date(2022, 10, 1, 0, 0, 0, 0, time.UTC)},
			Extensions: map[string]extension{tlp.Extension: {Type: "property-extension", TLP: string(def.Mark)}}})
	}
	return def.ID
}

func (d *draft) identity() {
	p := d.bundle.Producer
	d.producer = "identity--" + string(intel.Name(intel.Own, "stix", "identity", p.Name))
	// An identity is one object for all bundles of its producer: its times do not
	// change with them.
	when := moment{time.Date(2022, 10, 1, 0, 0, 0, 0, time.UTC)}
	d.objects = append(d.objects, object{Type: "identity", SpecVersion: "2.1", ID: d.producer, Created: when, Modified: when,
		Name: p.Name, IdentityClass: "organization", ContactDetails: p.Mail, Markings: []string{d.mark(tlp.Clear)}})
}

func (d *draft) add(o object) {
	if !d.seen[o.ID] {
		d.seen[o.ID] = true
		d.objects = append(d.objects, o)
		d.refs = append(d.refs, o.ID)
	}
}

// indicator adds an indicator, and what it is based on, and gives its ID.
func (d *draft) indicator(i intel.Indicator) (string, error) {
	text, err := pattern(i)
	if err != nil {
		return "", err
	}
	o := d.base("indicator", d.name("indicator", string(i.Kind), i.Value), i.TLP)
	if d.seen[o.ID] {
		return o.ID, nil
	}
	o.Name, o.Description = i.Value, i.Note
	o.IndicatorTypes, o.Pattern, o.PatternType, o.PatternVersion = []string{"malicious-activity"}, text, "stix", "2.1"
	o.ValidFrom = at(i.First)
	if i.First.IsZero() {
		o.ValidFrom = at(d.bundle.Created)
	}
	if i.Until.After(o.ValidFrom.Time) {
		o.ValidUntil = at(i.Until)
	}
	o.Confidence = min(max(i.Confidence, 0), 100)
	if i.Class != "" {
		o.Labels = []string{"rsit:" + string(i.Class)}
	}
	d.add(o)
	return o.ID, d.basis(i, o.ID)
}

// basis adds what was seen of an indicator.
func (d *draft) basis(i intel.Indicator, id string) error {
	kind, properties, ok := observable(i)
	if !ok || i.First.IsZero() {
		return nil
	}
	sco, err := observableID(kind, properties)
	if err != nil {
		return err
	}
	if !d.seen[sco] {
		d.seen[sco] = true
		properties["type"], properties["spec_version"], properties["id"] = kind, "2.1", sco
		properties["object_marking_refs"] = []string{d.mark(i.TLP)}
		d.objects = append(d.objects, properties)
		d.refs = append(d.refs, sco)
	}
	o := d.base("observed-data", d.name("observed", string(i.Kind), i.Value), i.TLP)
	o.FirstObserved, o.LastObserved, o.NumberObserved = at(i.First), at(later(i.First, i.Last)), 1
	o.ObjectRefs = []string{sco}
	d.add(o)
	r := d.base("relationship", d.name("based-on", string(i.Kind), i.Value), i.TLP)
	r.RelationshipType, r.Source, r.Target = "based-on", id, o.ID
	d.add(r)
	return nil
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// sightable are IDs of objects that may be said to have been sighted.
var sightable = regex.Of(`^(indicator|malware|campaign|tool|attack-pattern|infrastructure|intrusion-set|threat-actor|vulnerability)--[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

func (d *draft) sighting(n int, s intel.Sighting) error {
	of := s.Reference
	if !sightable.MatchString(of) {
		id, err := d.indicator(s.Indicator)
		if err != nil {
			return err
		}
		of = id
	}
	o := d.base("sighting", d.name("sighting", fmt.Sprint(n), of), s.TLP)
	o.SightingOf, o.WhereSighted, o.Count = of, []string{d.producer}, max(s.Count, 1)
	o.FirstSeen, o.LastSeen = at(s.First), at(later(s.First, s.Last))
	d.add(o)
	return nil
}

func (d *draft) report() {
	o := d.base("report", d.name("report"), d.bundle.TLP)
	o.Name, o.ReportTypes, o.Published = d.bundle.Title, []string{"threat-report"}, at(d.bundle.Modified)
	if len(d.bundle.Indicators) > 0 {
		o.ReportTypes = []string{"indicator"}
	}
	if o.Name == "" {
		o.Name = "Report"
	}
	o.ObjectRefs, o.Revoked = append([]string{d.producer}, d.refs...), d.bundle.Revoked
	if d.bundle.Class != "" {
		o.Labels = []string{"rsit:" + string(d.bundle.Class)}
	}
	if len(d.bundle.Texts) > 0 {
		d.texts(&o)
	}
	d.objects = append(d.objects, o)
	if len(d.bundle.Texts) > 1 {
		d.translations(o)
	}
}

// texts makes the report that of a bulletin: its first text, in whose language it is.
func (d *draft) texts(o *object) {
	first := d.bundle.Texts[0]
	o.Name, o.Description, o.Lang, o.ReportTypes = first.Title, first.Body, first.Language, []string{"best-practice"}
}

// translations adds the other texts of a report (STIX 2.1, 7.1).
func (d *draft) translations(report object) {
	o := d.base("language-content", d.name("language-content"), d.bundle.TLP)
	o.ObjectRef, o.ObjectModified, o.Revoked = report.ID, report.Modified, d.bundle.Revoked
	o.Contents = map[string]map[string]string{}
	for _, t := range d.bundle.Texts[1:] {
		o.Contents[t.Language] = map[string]string{"name": t.Title, "description": t.Body}
	}
	d.objects = append(d.objects, o)
}
