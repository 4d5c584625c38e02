package freetext

import (
	"net/netip"
	"slices"
	"strings"

	"candor/internal/intake"
)

// value is something that a report names, with all places where it does.
type value struct {
	kind     intake.Kind
	value    string
	host     string // of an URL
	foremost int    // the line where it is named first
	mentions []*mention
	features []string
	strength map[string]float64 // of features that are more than so or not so
	alone    float64            // what it weighs by itself
	beside   map[string]float64 // how that is beside the others
	first    float64            // how likely by the weights alone
	p        float64            // how likely it is complained about
	told     uint16             // the port that a rule found; 0 for none
}

// path is the path of an URL, without the slash that it begins with.
func (v *value) path() string {
	_, rest, _ := strings.Cut(v.value, "://")
	_, path, _ := strings.Cut(rest, "/")
	return path
}

// folder is the URL up to the last name in its path; all of it where it has but one.
func (v *value) folder() string {
	path, _, _ := strings.Cut(v.value, "?")
	if strings.Count(path, "/") < 4 {
		return v.value
	}
	return path[:strings.LastIndexByte(path, '/')]
}

// values gathers mentions by what they name. What can never be complained about
// is left out: addresses of no network, and hosts of what stands there whole.
func (d *document) values() []*value {
	type key struct {
		kind  intake.Kind
		value string
	}
	known := map[key]*value{}
	var all []*value
	inside := d.inside()
	d.completed()
	for _, m := range d.mentions {
		if m.kind == intake.Address && !global(m.value) && !(own(m.value) && (inside || d.headed(m.value))) {
			continue
		}
		k := key{m.kind, m.value}
		v := known[k]
		if v == nil {
			v = &value{kind: m.kind, value: m.value, strength: map[string]float64{}}
			if m.kind == intake.URL {
				_, v.host, _ = canonicalURL(m.value)
			}
			known[k] = v
			all = append(all, v)
		}
		v.mentions = append(v.mentions, m)
	}
	kept := all[:0]
	for _, v := range all {
		if d.worth(v) {
			kept = append(kept, v)
		}
	}
	return kept
}

// completed takes URLs that the subject has no room for as those of the text that begin
// alike.
func (d *document) completed() {
	var cut []*mention
	for _, m := range d.mentions {
		if m.kind == intake.URL && d.lines[m.line].zone == subject {
			cut = append(cut, m)
		}
	}
	for _, c := range cut[:min(len(cut), mostCut)] {
		full := ""
		for _, m := range d.mentions {
			if z := d.lines[m.line].zone; m.kind != intake.URL || z == subject || z == outer {
				continue
			}
			if m.value == c.value {
				full = ""
				break
			}
			if rest, ok := strings.CutPrefix(m.value, c.value); ok && full == "" && within(c.value, rest) {
				full = m.value
			}
		}
		if full != "" {
			c.value = full
		}
	}
}

// mostCut is of how many URLs in the subject it is looked whether they are whole.
const mostCut = 5

// within tells whether an URL ends within a name of its path, before the rest of it.
func within(url, rest string) bool {
	_, path, ok := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(url, "https://"), "http://"), "/")
	return ok && path != "" && !strings.HasSuffix(path, "/") && strings.IndexByte("/?#&", rest[0]) < 0
}

// inside tells whether a report names no address of the Internet, so that those
// of private networks are worth a look: some reports are about them, and those
// that people pass on have often had their addresses replaced.
func (d *document) inside() bool {
	for _, m := range d.mentions {
		if z := d.lines[m.line].zone; m.kind == intake.Address && z != outer && z != pasted && z != registry && z != route && global(m.value) {
			return false
		}
	}
	return true
}

// headed tells whether the subject names a value.
func (d *document) headed(value string) bool {
	return slices.ContainsFunc(d.mentions, func(m *mention) bool { return m.value == value && d.lines[m.line].zone == subject })
}

// own tells whether an address is one of a private network.
func own(text string) bool {
	a, err := netip.ParseAddr(text)
	return err == nil && (a.IsPrivate() || a.Is4() && a.As4()[0] == 100 && !global(text))
}

// global tells whether an address is one of the Internet; those of examples are
// taken as such.
func global(text string) bool {
	a, err := netip.ParseAddr(text)
	if err != nil {
		return false
	}
	a = a.WithZone("")
	switch {
	case a.IsPrivate(), a.IsLoopback(), a.IsMulticast(), a.IsUnspecified(), a.IsLinkLocalUnicast(), a.IsInterfaceLocalMulticast():
		return false
	case a.Is4():
		b := a.As4()
		shared := b[0] == 100 && b[1]&0xc0 == 64
		return b[0] != 0 && b[0] < 224 && !shared && b != [4]byte{255, 255, 255, 255} && b[0] != 127
	default:
		return true
	}
}

// worth tells whether a value stands anywhere by itself, and outside of the
// report's own header.
func (d *document) worth(v *value) bool {
	for _, m := range v.mentions {
		if d.lines[m.line].zone == outer {
			continue
		}
		if !m.within || v.kind == intake.Address {
			return true
		}
	}
	return false
}
