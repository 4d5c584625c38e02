package stix

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"candor"
	"candor/internal/intake"
	"candor/internal/intel"
	"candor/internal/intel/tlp"
)

// Bounds of what is read.
const (
	MostBytes   = 64 << 20
	MostObjects = 200_000
	MostObject  = 1 << 20 // bytes of one object
	mostRefs    = 10_000  // of one object
)

// Read reads a bundle of STIX 2.1 or 2.0, or an envelope of TAXII 2.1, which is one
// without a name. Objects that are wrong are told as problems, and left out.
// candor.ErrInvalid is of what is no bundle, and of what passes the bounds.
func Read(r io.Reader) (Content, error) { return read(r, newSet()) }

// ReadPart is Read for a part of a collection, whose definitions of marks may be in
// other parts: what refers to one that is not here bears no mark.
func ReadPart(r io.Reader) (Content, error) {
	s := newSet()
	s.part = true
	return read(r, s)
}

func read(r io.Reader, s *set) (Content, error) {
	in := &bounded{r: r, left: MostBytes}
	if err := objects(json.NewDecoder(in), s.add); err != nil {
		if in.over {
			err = fmt.Errorf("a bundle of more than %d MiB", MostBytes>>20)
		}
		return Content{}, fmt.Errorf("STIX: %w", errors.Join(err, candor.ErrInvalid))
	}
	s.gather()
	return s.out, nil
}

// bounded reads so much and no more.
type bounded struct {
	r    io.Reader
	left int64
	over bool
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		b.over = true
		return 0, io.ErrUnexpectedEOF
	}
	n, err := b.r.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// objects hands over the objects of a bundle one by one.
func objects(d *json.Decoder, each func(json.RawMessage) error) error {
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return errors.Join(errors.New("no JSON object"), err)
	}
	found := false
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		if key != "objects" {
			var skip json.RawMessage
			if err := d.Decode(&skip); err != nil {
				return err
			}
			if key == "type" && string(skip) != `"bundle"` {
				return fmt.Errorf("type %.40s is no bundle", skip)
			}
			continue
		}
		found = true
		if t, err := d.Token(); err != nil || t != json.Delim('[') {
			return errors.Join(errors.New("objects is no list"), err)
		}
		for d.More() {
			var raw json.RawMessage
			if err := d.Decode(&raw); err != nil {
				return err
			}
			if err := each(raw); err != nil {
				return err
			}
		}
		if _, err := d.Token(); err != nil {
			return err
		}
	}
	_, err := d.Token()
	if err == nil && !found {
		return errors.New("no objects")
	}
	return err
}

// set is what a bundle holds, by what it is for.
type set struct {
	out        Content
	marks      map[string]tlp.Mark
	statements map[string]bool // definitions of marks that are none of the traffic light
	reports    []object
	part       bool // of a collection
	indicators []object
	observed   []object
	sightings  []object
	malware    []object
	values     map[string]object // cyber-observables, by ID
	names      map[string]string // of identities
	basis      map[string]bool   // observed-data that an indicator is based on
	revoked    map[string]bool
	makers     []string
	whole      tlp.Sum // of reports
	byID       map[string][]intel.Indicator
}

func newSet() *set {
	return &set{marks: map[string]tlp.Mark{}, statements: map[string]bool{}, values: map[string]object{}, names: map[string]string{}, basis: map[string]bool{}, revoked: map[string]bool{}, byID: map[string][]intel.Indicator{}}
}

func (s *set) add(raw json.RawMessage) error {
	s.out.Objects++
	if s.out.Objects > MostObjects {
		return fmt.Errorf("more than %d objects", MostObjects)
	}
	var o object
	if len(raw) > MostObject {
		s.out.problem("object %d: %d bytes", s.out.Objects, len(raw))
		return nil
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		s.out.problem("object %d (%.80s): %v", s.out.Objects, o.ID, err)
	}
	if len(o.ObjectRefs) > mostRefs && o.Type == "observed-data" || len(o.Markings) > mostRefs {
		s.out.problem("%.80s: more than %d references", o.ID, mostRefs)
		return nil
	}
	s.sort(o)
	return nil
}

func (s *set) sort(o object) {
	if o.Revoked {
		s.revoked[o.ID] = true
		s.out.Revoked = append(s.out.Revoked, o.ID)
		return
	}
	if o.CreatedBy != "" && len(s.makers) == 0 {
		s.makers = append(s.makers, o.CreatedBy)
	}
	switch o.Type {
	case "marking-definition":
		s.marking(o)
	case "identity":
		s.names[o.ID] = o.Name
	case "indicator":
		s.indicators = append(s.indicators, o)
	case "observed-data":
		s.observed = append(s.observed, o)
	case "sighting":
		s.sightings = append(s.sightings, o)
	case "malware":
		s.malware = append(s.malware, o)
	case "relationship":
		if o.RelationshipType == "based-on" {
			s.basis[o.Target] = true
		}
	case "report", "grouping":
		if s.out.Name == "" {
			s.out.Name = intake.Cut(o.Name, intake.MostNote)
		}
		s.reports = append(s.reports, o)
	default:
		if o.Value != "" || len(o.Hashes) > 0 {
			s.values[o.ID] = o
		}
	}
}

func (s *set) marking(o object) {
	said := o.Extensions[tlp.Extension].TLP
	if o.Definition != nil && o.DefinitionType == "tlp" {
		said = o.Definition.TLP
	}
	if said == "" {
		s.statements[o.ID] = true
		return
	}
	m, err := tlp.Parse(said)
	if err != nil {
		s.out.problem("%.80s: %v", o.ID, err)
	}
	s.marks[o.ID] = m
}

// mark gives the strictest mark of an object; one of a property counts for all of
// it. One whose definition is not here is Red. The empty mark is of objects that bear
// none, but for statements, such as of copyright.
func (s *set) mark(o object) tlp.Mark {
	refs := o.Markings
	for _, g := range o.Granular {
		if g.Marking != "" {
			refs = append(refs, g.Marking)
		}
	}
	found := tlp.Mark("")
	for _, ref := range refs {
		m, ok := tlp.FromSTIX(ref)
		if !ok {
			if m, ok = s.marks[ref]; !ok && (s.part || s.statements[ref]) {
				continue
			}
			if !ok {
				m = tlp.Red
			}
		}
		if found == "" || m.Compare(found) > 0 {
			found = m
		}
	}
	return found
}

// gather makes what is read of what was found, once all of it is there: objects
// may refer to later ones.
func (s *set) gather() {
	if len(s.makers) > 0 {
		s.out.Producer = intake.Cut(s.names[s.makers[0]], intake.MostNote)
	}
	for _, o := range s.reports {
		s.whole.Add(s.mark(o))
		s.out.TLP = s.whole.Mark()
	}
	for _, o := range s.indicators {
		s.indicator(o)
	}
	for _, o := range s.malware {
		for _, ref := range o.SampleRefs[:min(len(o.SampleRefs), mostRefs)] {
			s.keep(o, s.named(ref))
		}
	}
	for _, o := range s.sightings {
		s.sighting(o)
	}
	for _, o := range s.observed {
		if !s.basis[o.ID] {
			s.observation(o)
		}
	}
}

func (s *set) indicator(o object) {
	if o.PatternType != "" && o.PatternType != "stix" {
		s.out.problem("%.80s: a pattern of %.40s", o.ID, o.PatternType)
		return
	}
	cs, err := ParsePattern(o.Pattern)
	if err != nil {
		s.out.problem("%.80s: %v", o.ID, err)
		return
	}
	for _, t := range append(o.IndicatorTypes, o.Labels...) {
		if t == "benign" {
			return
		}
	}
	s.keep(o, Indicators(cs))
}

// keep adds indicators with what their object says of them.
func (s *set) keep(o object, found []intel.Indicator) {
	if s.revoked[o.ID] {
		return // an elder version
	}
	for _, i := range found {
		i.Class, i.TLP, i.Reference = class(o), s.mark(o), o.ID
		if conf := min(max(o.Confidence, 0), 100); conf > 0 && (i.Confidence == 0 || conf < i.Confidence) {
			i.Confidence = conf
		}
		i.First, i.Last, i.Until = o.ValidFrom.Time, o.Modified.Time, o.ValidUntil.Time
		note := o.Name
		if note == "" {
			note = o.Description
		}
		i.Note = intake.Cut(note, intake.MostNote)
		s.out.Indicators = append(s.out.Indicators, i)
		s.byID[o.ID] = append(s.byID[o.ID], i)
	}
}

func (s *set) sighting(o object) {
	base := intel.Sighting{First: o.FirstSeen.Time, Last: o.LastSeen.Time, Count: max(o.Count, 1), Reference: o.SightingOf, TLP: s.mark(o)}
	if base.First.IsZero() {
		base.First = o.Created.Time
	}
	if base.Last.Before(base.First) {
		base.Last = base.First
	}
	found := s.byID[o.SightingOf]
	if len(found) == 0 {
		s.out.Sightings = append(s.out.Sightings, base) // of what was told elsewhere
	}
	for _, i := range found {
		base.Indicator = i
		s.out.Sightings = append(s.out.Sightings, base)
	}
}

func (s *set) observation(o object) {
	base := intel.Sighting{First: o.FirstObserved.Time, Last: o.LastObserved.Time, Count: max(o.NumberObserved, 1), Reference: o.ID, TLP: s.mark(o)}
	if base.Last.Before(base.First) {
		base.Last = base.First
	}
	add := func(found []intel.Indicator) {
		for _, i := range found {
			i.TLP, i.First, i.Last = base.TLP, base.First, base.Last
			base.Indicator = i
			s.out.Observed = append(s.out.Observed, base)
		}
	}
	for _, v := range o.Objects {
		add(values(v))
	}
	for _, ref := range o.ObjectRefs {
		add(s.named(ref))
	}
}

// named gives the values of a cyber-observable of the bundle.
func (s *set) named(id string) []intel.Indicator { return values(s.values[id]) }

func values(o object) []intel.Indicator {
	var out []intel.Indicator
	if kind, ok := valued(o.Type); ok {
		if i, err := indicator(kind, o.Value); err == nil {
			out = append(out, i)
		}
	}
	for _, name := range hashOrder {
		if i, err := indicator(intake.Hash, o.Hashes[name]); err == nil {
			out = append(out, i)
		}
	}
	return out
}

// hashOrder is in which order hashes are read, and the keys that they have.
var hashOrder = []string{"MD5", "SHA-1", "SHA-256", "SHA-384", "SHA-512"}

// class reads the class of an object from its labels: those of ours, and words
// that many use. Empty if none says.
func class(o object) candor.Class {
	for _, l := range append(append([]string{}, o.Labels...), o.IndicatorTypes...) {
		l = strings.TrimPrefix(strings.ToLower(l), "rsit:")
		if c, ok := candor.ParseClass(l); ok {
			return c
		}
		switch l {
		case "c2", "c&c", "command-and-control":
			return "malicious-code/c2-server"
		case "compromised":
			return "intrusions/system-compromise"
		case "botnet", "bot":
			return candor.InfectedSystem
		}
	}
	if o.Type == "malware" {
		return candor.MalwareDistribution
	}
	return ""
}

// Mark gives the mark of an object that stands alone: the strictest that it bears;
// Clear for definitions of marks, Amber for what bears none, Red for what cannot be
// read.
func Mark(raw json.RawMessage) tlp.Mark {
	var o struct { // what else is wrong with it does not matter
		Type     string     `json:"type"`
		ID       string     `json:"id"`
		Markings []string   `json:"object_marking_refs"`
		Granular []granular `json:"granular_markings"`
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		return tlp.Red
	}
	if _, ok := tlp.FromSTIX(o.ID); ok && o.Type == "marking-definition" {
		return tlp.Clear
	}
	return newSet().mark(object{Markings: o.Markings, Granular: o.Granular}).Effective()
}
