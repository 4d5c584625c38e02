package freetext

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"candor/internal/intake"
)

// apply gives what a rule finds: values that are complained about, with their
// ports.
func (r *rule) apply(d *document) map[intake.Resource]bool {
	found := map[intake.Resource]bool{}
	for i := range d.lines {
		l := &d.lines[i]
		if l.zone == outer || len(found) >= mostFound {
			continue
		}
		for _, m := range l.names {
			if !m.within && r.behind(l.text[:min(m.start, len(l.text))]) {
				found[intake.Resource{Kind: m.kind, Value: m.value, Port: m.port}] = true
			}
		}
		for _, re := range r.match {
			for _, f := range re.FindAllStringSubmatch(l.text, 50) {
				take(found, re, f)
			}
		}
	}
	return found
}

// behind tells whether a label stands right before a value.
func (r *rule) behind(left string) bool {
	left = strings.TrimRight(strings.ToLower(left), " \t:=[(<\"'`*-#|.")
	for _, label := range r.labels {
		if strings.HasSuffix(left, label) && edge(left, len(left)-len(label), len(left)) {
			return true
		}
	}
	return false
}

// take adds what the groups of an expression hold.
func take(found map[intake.Resource]bool, re *regexp.Regexp, f []string) {
	port := uint16(0)
	if i := re.SubexpIndex("port"); i >= 0 {
		if n, err := strconv.ParseUint(f[i], 10, 16); err == nil {
			port = uint16(n)
		}
	}
	for i, g := range re.SubexpNames() {
		if g == "" || g == "port" || f[i] == "" {
			continue
		}
		if res, err := intake.NewResource(intake.Kind(g), trimURL(refang(f[i]).text)); err == nil {
			res.Port = port
			found[res] = true
		}
	}
}

// obey has a rule decide which values are complained about. Values that nothing
// but the rule found are added. It tells whether the rule found any.
func (d *document) obey(r *rule, values []*value) ([]*value, bool) {
	found := r.apply(d)
	if len(found) == 0 {
		return values, false
	}
	ports := map[string]uint16{}
	for res := range found {
		key := string(res.Kind) + " " + res.Value
		ports[key] = max(ports[key], res.Port)
	}
	for _, v := range values {
		v.p = 0.001
		if port, ok := ports[string(v.kind)+" "+v.value]; ok {
			v.p, v.told = 0.999, port
			v.degree("rule "+r.name, 7)
			delete(ports, string(v.kind)+" "+v.value)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(ports)) { // of what stands in no mention
		port := ports[key]
		kind, text, _ := strings.Cut(key, " ")
		v := &value{kind: intake.Kind(kind), value: text, strength: map[string]float64{}, p: 0.999, told: port}
		v.degree("rule "+r.name, 7)
		values = append(values, v)
	}
	return values, true
}

// set has a rule say the zone of times that tell none.
func (d *document) set(r *rule) { d.ruled = r.zone }
