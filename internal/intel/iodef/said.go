package iodef

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"candor"
	"candor/internal/intake"
	"candor/internal/intel/tlp"
)

// said gives an incident in our words.
func (i incident) said() (Incident, error) {
	out := Incident{
		ID: intake.Cut(strings.TrimSpace(i.ID.ID), intake.MostNote), Maker: intake.Cut(strings.TrimSpace(i.ID.Name), intake.MostNote),
		Purpose: intake.Cut(i.Purpose, intake.MostNote), TLP: tlp.FromRestriction(i.Restriction),
		Description: intake.Cut(i.Description.String(), intake.MostNote), Class: candor.Undetermined, Report: when(i.Report),
	}
	assess(i.Assessments, &out.Class, &out.Severity, &out.Confidence)
	for _, c := range i.Contacts[:min(len(i.Contacts), 100)] {
		one := Contact{Role: intake.Cut(c.Role, intake.MostNote), Name: intake.Cut(c.Names.String(), intake.MostNote)}
		for _, e := range c.Emails[:min(len(c.Emails), 10)] {
			if r, err := intake.NewResource(intake.Mail, e.To+strings.TrimSpace(e.Plain)); err == nil && one.Mail == "" {
				one.Mail = r.Value
			}
		}
		out.Contacts = append(out.Contacts, one)
	}
	base := frame{class: out.Class, first: first(i.Start, i.Detect), last: when(i.End), note: out.Description, tlp: out.TLP, confidence: out.Confidence}
	for _, e := range i.Events {
		if err := out.event(e, base, 0); err != nil {
			return out, err
		}
	}
	for _, x := range i.Indicators {
		if err := out.indicator(x, base); err != nil {
			return out, err
		}
	}
	return out, nil
}

// frame is what an event has of what it stands in.
type frame struct {
	class       candor.Class
	first, last *intake.When
	note        string
	tlp         tlp.Mark
	confidence  int
}

func (i *Incident) event(e eventData, f frame, depth int) error {
	if depth > mostNested {
		return fmt.Errorf("more than %d EventData within one another", mostNested)
	}
	var grave candor.Severity
	assess(e.Assessments, &f.class, &grave, &f.confidence)
	i.Severity = max(i.Severity, grave)
	if w := first(e.Start, e.Detect); w != nil {
		f.first = w
	}
	if w := when(e.End); w != nil {
		f.last = w
	}
	if s := e.Description.String(); s != "" {
		f.note = intake.Cut(s, intake.MostNote)
	}
	f.restrict(e.Restriction)
	systems := e.Systems
	for _, fl := range e.Flows {
		systems = append(systems, fl.Systems...)
	}
	if len(systems) > 0 || len(e.Records) > 0 {
		out := f.event()
		for _, s := range systems {
			if len(out.About)+len(out.Others) > mostValues {
				return fmt.Errorf("more than %d values in an event", mostValues)
			}
			f.system(&out, s)
		}
		out.Evidence = evidence(e.Records)
		if err := i.keep(out, f); err != nil {
			return err
		}
	}
	for _, inner := range e.Events {
		if err := i.event(inner, f, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (i *Incident) keep(e intake.Event, f frame) error {
	if len(i.Events) >= MostEvents {
		return fmt.Errorf("more than %d events in an incident", MostEvents)
	}
	i.Events = append(i.Events, Event{TLP: f.tlp, Event: e})
	return nil
}

// restrict holds what stands within another to both their marks.
func (f *frame) restrict(word string) {
	m := tlp.FromRestriction(word)
	if m != "" && (f.tlp == "" || m.Compare(f.tlp) > 0) {
		f.tlp = m
	}
}

func (f frame) event() intake.Event {
	return intake.Event{Class: f.class, First: f.first, Last: f.last, Note: f.note}
}

// roles are what a system's category says of it (RFC 7970, 3.17).
var roles = map[string]intake.Role{
	"source": intake.Source, "infrastructure": intake.Host, "target": intake.Victim, "intermediate": intake.Relay, "sensor": intake.Reporter,
}

func (f frame) system(out *intake.Event, s system) {
	role, ok := roles[s.Category]
	if !ok {
		role = intake.Other
	}
	var port uint16
	for _, x := range s.Services {
		if n := x.Port.int(); n > 0 && n < 1<<16 && (role == intake.Source || role == intake.Host) && port == 0 {
			port = uint16(n)
		}
	}
	for _, c := range append(s.Counters, s.Node.Counters...) {
		if c.Unit == "" && c.Type != "event" && c.Type != "count" || c.Unit != "" && c.Unit != "event" && c.Unit != "count" {
			continue
		}
		out.Count = max(out.Count, c.Value.int())
	}
	for _, r := range s.Node.resources() {
		r.Port = port
		f.place(out, r, role)
	}
}

// place puts a resource where its role belongs.
func (f frame) place(out *intake.Event, r intake.Resource, role intake.Role) {
	r.Role, r.Confidence = role, f.confidence
	if r.Confidence == 0 {
		r.Confidence = 90 // IODEF says roles: only what it is written from can be wrong
	}
	if role.Blamed() {
		out.About = append(out.About, r)
	} else {
		out.Others = append(out.Others, r)
	}
}

func (n node) resources() []intake.Resource {
	var out []intake.Resource
	add := func(kind intake.Kind, value string) {
		if r, err := intake.NewResource(kind, value); err == nil && len(out) < mostValues {
			out = append(out, r)
		}
	}
	for _, a := range n.Addresses {
		if kind, ok := addresses[a.Category]; ok {
			add(kind, a.Value)
		} else if a.Category == "" {
			add(intake.Address, a.Value) // version 1 has it as the default
		}
	}
	for _, d := range n.Domains {
		add(intake.Domain, d.Name)
	}
	for _, w := range n.Names {
		add(intake.Domain, w.Value)
	}
	return out
}

// addresses are the kinds of what an Address's category names.
var addresses = map[string]intake.Kind{
	"ipv4-addr": intake.Address, "ipv6-addr": intake.Address, "ipv4-net": intake.Network, "ipv6-net": intake.Network,
	"e-mail": intake.Mail, "site-uri": intake.URL,
}

// indicator adds what an indicator names: what it is detected by is blamed.
func (i *Incident) indicator(x indicator, f frame) error {
	if w := when(x.Start); w != nil {
		f.first = w
	}
	if w := when(x.End); w != nil {
		f.last = w
	}
	if s := x.Description.String(); s != "" {
		f.note = intake.Cut(s, intake.MostNote)
	}
	if n := x.Confidence.percent(); n > 0 {
		f.confidence = n
	}
	f.restrict(x.Restriction)
	out := f.event()
	for _, r := range x.Observable.resources() {
		role := intake.Host
		if r.Kind == intake.Address || r.Kind == intake.Network || r.Kind == intake.Mail {
			role = intake.Source
		}
		f.place(&out, r, role)
	}
	if len(out.About) == 0 {
		return nil
	}
	return i.keep(out, f)
}

func (o observable) resources() []intake.Resource {
	var n node
	if o.System != nil {
		n = o.System.Node
	}
	if o.Address != nil {
		n.Addresses = append(n.Addresses, *o.Address)
	}
	if o.Domain != nil {
		n.Domains = append(n.Domains, *o.Domain)
	}
	for _, b := range o.Bulk {
		for _, line := range strings.Fields(b.List) {
			if b.Type == "domain-name" || b.Type == "fqdn" {
				n.Domains = append(n.Domains, domainData{Name: line})
			} else {
				n.Addresses = append(n.Addresses, address{Category: b.Type, Value: line})
			}
			if len(n.Addresses)+len(n.Domains) > mostValues {
				return n.resources()
			}
		}
	}
	out := n.resources()
	files := o.Files
	if o.FileObj != nil {
		files = append(files, o.FileObj.Files...)
	}
	for _, f := range files {
		for _, h := range f.Hash.Hashes {
			if r, err := h.resource(); err == nil && len(out) < mostValues {
				out = append(out, r)
			}
		}
	}
	return out
}

// resource reads a digest, which is base64 as XML signatures have it; some write
// hexadecimal. 64 characters may be either, SHA-384 or SHA-256: the algorithm says.
func (h hash) resource() (intake.Resource, error) {
	text := strings.Join(strings.Fields(h.Value), "")
	r, err := intake.NewResource(intake.Hash, text)
	if err == nil && !strings.Contains(h.Method.Algorithm, "384") {
		return r, nil
	}
	raw, bad := base64.StdEncoding.DecodeString(text)
	if bad != nil {
		return r, err
	}
	if decoded, bad := intake.NewResource(intake.Hash, hex.EncodeToString(raw)); bad == nil {
		return decoded, nil
	}
	return r, err
}

func evidence(rs []record) string {
	var b strings.Builder
	for _, r := range rs {
		for _, w := range r.Items {
			if s := strings.TrimSpace(w.Value); s != "" && b.Len() <= intake.MostEvidence {
				b.WriteString(s + "\n")
			}
		}
	}
	return intake.Cut(strings.TrimSuffix(b.String(), "\n"), intake.MostEvidence)
}

func first(times ...string) *intake.When {
	for _, t := range times {
		if w := when(t); w != nil {
			return w
		}
	}
	return nil
}

// when reads a time. One without a zone is told as it stands there.
func when(s string) *intake.When {
	s = intake.Cut(strings.TrimSpace(s), 64)
	if s == "" {
		return nil
	}
	w := &intake.When{Text: s}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999Z0700"} {
		if t, err := time.Parse(layout, s); err == nil {
			w.Time = t.UTC()
			break
		}
	}
	return w
}

// assess reads class, severity and confidence, where they are told.
func assess(all []assessment, c *candor.Class, s *candor.Severity, sure *int) {
	for _, a := range all {
		for _, w := range a.Categories {
			if found, ok := candor.ParseClass(w.Value); ok {
				*c = found
			}
		}
		for _, x := range append(a.Impacts[:len(a.Impacts):len(a.Impacts)], a.Impacts1...) {
			if grave, err := candor.ParseSeverity(x.Severity); err == nil {
				*s = max(*s, grave)
			}
			if found, ok := impacts[x.Type]; ok && *c == candor.Undetermined {
				*c = found
			}
		}
		if n := a.Confidence.percent(); n > 0 {
			*sure = n
		}
	}
}

// impacts are classes that a type of impact (RFC 7970, 3.12.1; RFC 5070, 3.10.1)
// leaves no doubt of.
var impacts = map[string]candor.Class{
	"takeover-system": "intrusions/system-compromise", "takeover-service": candor.ApplicationCompromise, "takeover-account": "intrusions/unprivileged-account-compromise",
	"admin": "intrusions/privileged-account-compromise", "user": "intrusions/unprivileged-account-compromise",
	"dos": "availability/dos", "availability-system": "availability/dos", "availability-service": "availability/dos",
	"recon": "information-gathering/scanner", "social-engineering": "information-gathering/social-engineering",
	"breach-proprietary": "information-content-security/data-leak", "breach-privacy": "information-content-security/data-leak", "info-leak": "information-content-security/data-leak",
}

// percent reads a confidence; 0 where it says nothing.
func (c *confidence) percent() int {
	if c == nil {
		return 0
	}
	switch c.Rating {
	case "low":
		return 30
	case "medium":
		return 60
	case "high":
		return 90
	case "numeric":
		return int(min(c.Value.int(), 100))
	}
	return 0
}
