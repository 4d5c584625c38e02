package freetext

import (
	"cmp"
	"math"
	"net/netip"
	"slices"
	"strings"

	"candor"
	"candor/internal/intake"
)

// reading chooses.
func (r *Reader) reading(d *document, values []*value, t topic) Reading {
	slices.SortStableFunc(values, func(a, b *value) int { return cmp.Compare(b.p, a.p) })
	about := chosen(values)
	is := map[*value]bool{}
	for _, v := range about {
		is[v] = true
	}
	out := Reading{Report: intake.Report{Format: "text", Confidence: r.confidence(d, values, about, t)}}
	out.Reporter = reporterOf(d.message)
	var others []intake.Resource
	for _, v := range values {
		res := intake.Resource{Kind: v.kind, Value: v.value, Role: v.role(), Confidence: int(math.Round(100 * max(v.p, 1-v.p)))}
		if is[v] {
			res.Port, res.Role = d.port(v, attack(t.class)), v.blame(t)
		} else if v.p > 0.02 || len(others) < 50 {
			others = append(others, res)
		}
		out.Why = append(out.Why, r.why(d, v, res))
	}
	out.Events = d.events(about, out.Why, t.class)
	if len(out.Events) > 0 {
		out.Events[0].Others = others
	}
	out.Person = person(r, out, about)
	return out
}

// confidence is how likely it is that exactly the right ones were chosen, in
// hundredths.
func (r *Reader) confidence(d *document, values, about []*value, t topic) int {
	if len(about) == 0 {
		return 0
	}
	c := int(100 * r.weights.sureness(d.signs(values, about, t)))
	if t.class == candor.Undetermined {
		return min(c, sure-1) // what is not known to be a complaint is for a person
	}
	return c
}

func person(r *Reader, out Reading, about []*value) string {
	switch {
	case len(about) == 0:
		return "no resource was found that is certainly complained about"
	case out.Confidence < r.Sure:
		return "it is not certain which resources are complained about"
	default:
		return ""
	}
}

// chosen are the values that are complained about. What is said by a more exact
// one is left out: the domain of an URL, the network of an address.
func chosen(values []*value) (all []*value) {
	for _, v := range values {
		if v.p >= 0.5 {
			all = append(all, v)
		}
	}
	said := map[string]*value{} // domains by those that say more
	networks := false
	for _, v := range all {
		networks = networks || v.kind == intake.Network
		switch v.kind {
		case intake.URL:
			said[strings.TrimPrefix(v.host, "www.")] = v
		case intake.Domain:
			if bare := strings.TrimPrefix(v.value, "www."); said[bare] == nil || said[bare].kind == intake.Domain && said[bare].p < v.p {
				said[bare] = v
			}
		}
	}
	kept := make([]*value, 0, len(all))
	for _, v := range all {
		if v.saidBelow(all) || v.kind == intake.Domain && (said[strings.TrimPrefix(v.value, "www.")] != v || v.saidBy(all)) || networks && v.kind == intake.Network && holdsAny(v, all) {
			continue
		}
		kept = append(kept, v)
	}
	return kept
}

// saidBy tells whether one of the URLs is of a host of the domain.
func (v *value) saidBy(all []*value) bool {
	name := strings.TrimPrefix(v.value, "www.")
	return slices.ContainsFunc(all, func(u *value) bool {
		return u.kind == intake.URL && (u.host == name || strings.HasSuffix(u.host, "."+name))
	})
}

// holdsAny tells whether a network holds one of the addresses.
func holdsAny(network *value, all []*value) bool {
	p, err := netip.ParsePrefix(network.value)
	return err == nil && slices.ContainsFunc(all, func(v *value) bool {
		if v.kind != intake.Address {
			return false
		}
		a, err := netip.ParseAddr(v.value)
		return err == nil && p.Contains(a)
	})
}

// attack tells whether something was done to others.
func attack(c candor.Class) bool {
	return strings.HasPrefix(string(c), "intrusion") || strings.HasPrefix(string(c), "information-gathering") || strings.HasPrefix(string(c), "availability")
}

// blame is the role of a value that is complained about.
func (v *value) blame(t topic) intake.Role {
	switch {
	case v.kind == intake.URL || v.kind == intake.Domain || v.kind == intake.Hash:
		return intake.Host
	case contents[string(t.class)] && v.kind != intake.Mail:
		return intake.Host
	default:
		return intake.Source
	}
}

// role is the role of a value that is not.
func (v *value) role() intake.Role {
	has := func(all ...string) bool {
		return slices.ContainsFunc(all, func(f string) bool { return slices.Contains(v.features, f) })
	}
	switch {
	case has("reporter-site", "outer", "only-signature"):
		return intake.Reporter
	case has("victim", "key-victim", "log-victim", "behind-victim", "our", "arrow-to"):
		return intake.Victim
	case has("hop-middle", "hop-by", "relay", "only-route"):
		return intake.Relay
	case has("header-to", "recipient"):
		return intake.Recipient
	default:
		return intake.Other
	}
}

// why tells what spoke for and against a value, what weighs most first.
func (r *Reader) why(d *document, v *value, res intake.Resource) Weighed {
	w := Weighed{Resource: res}
	if r.Profiles != nil {
		w.Marks = d.marks(v)
	}
	of := map[string]float64{}
	for _, f := range v.features {
		of[f] = r.weights[group(v.kind)+":"+f] * v.power(f)
		if strings.HasPrefix(f, "rule ") || f == corrections {
			of[f] = v.strength[f]
		}
	}
	r.trees.say(v, func(f string, by float64) { of[f] += by })
	for f, x := range of {
		if math.Abs(x) >= 0.05 {
			w.Features = append(w.Features, Feature{Name: f, Weight: x})
		}
	}
	slices.SortFunc(w.Features, func(a, b Feature) int {
		return cmp.Or(cmp.Compare(math.Abs(b.Weight), math.Abs(a.Weight)), cmp.Compare(a.Name, b.Name))
	})
	for i, m := range v.mentions {
		if i == 50 {
			break
		}
		l := &d.lines[m.line]
		w.Places = append(w.Places, Place{Text: l.of, Start: l.start + m.start, End: l.start + m.end})
	}
	return w
}

// events tells of values apart if each stands with times of its own, else of
// all together.
func (d *document) events(about []*value, why []Weighed, class candor.Class) []intake.Event {
	if len(about) == 0 {
		return []intake.Event{{Class: class, About: []intake.Resource{}}}
	}
	known := map[string]intake.Resource{}
	for _, w := range why {
		known[string(w.Kind)+w.Value] = w.Resource
	}
	resource := func(v *value) intake.Resource { return known[string(v.kind)+v.value] }
	shared, has := d.zone()
	byLine := map[int][]intake.When{}
	var all []intake.When
	for i := range d.lines {
		if l := &d.lines[i]; l.zone != outer && l.zone != registry && l.zone != forwarding && l.zone != route {
			if t := d.times(l.text, shared, has); t != nil {
				byLine[i] = t
				all = append(all, t...)
			}
		}
	}
	var apart []intake.Event
	for _, v := range about {
		var own []intake.When
		for _, m := range v.mentions {
			own = append(own, byLine[m.line]...)
		}
		if len(own) == 0 || !zoned(own) && zoned(all) {
			apart = nil
			break
		}
		e := intake.Event{Class: class, About: []intake.Resource{resource(v)}}
		e.First, e.Last = span(own)
		apart = append(apart, e)
	}
	if len(apart) > 1 {
		return apart
	}
	e := intake.Event{Class: class}
	for _, v := range about {
		e.About = append(e.About, resource(v))
	}
	if len(apart) == 1 {
		e.First, e.Last = apart[0].First, apart[0].Last
	} else {
		e.First, e.Last = span(all)
	}
	return []intake.Event{e}
}

// zoned tells whether any of some times has its zone.
func zoned(all []intake.When) bool {
	return slices.ContainsFunc(all, func(w intake.When) bool { return !w.Time.IsZero() })
}

// span is the earliest and the latest of times with a zone, or the first and
// last as they stand there if none has one.
func span(all []intake.When) (first, last *intake.When) {
	for i := range all {
		w := &all[i]
		if w.Time.IsZero() {
			continue
		}
		if first == nil || w.Time.Before(first.Time) {
			first = w
		}
		if last == nil || w.Time.After(last.Time) {
			last = w
		}
	}
	if first == nil && len(all) > 0 {
		return &all[0], &all[len(all)-1]
	}
	return first, last
}
