package freetext

import (
	"fmt"
	"maps"
	"math"
	"net/netip"
	"slices"
	"strings"

	"candor"
	"candor/internal/intake"
	"candor/internal/regex"
)

// signs are what tells how sure a reading is: how clear the weights are, and
// what of a report has often misled them.
func (d *document) signs(values, about []*value, t topic) map[string]float64 {
	s := map[string]float64{"bias": 1}
	product, weakest, strongest := 1.0, 6.0, -6.0
	chosen := map[*value]bool{}
	for _, v := range about {
		chosen[v] = true
	}
	said := saying(about)
	for _, v := range values {
		z := bound(math.Log(v.p / (1 - v.p)))
		switch {
		case chosen[v]:
			weakest = min(weakest, z)
			product *= v.p
			for _, f := range []string{"subject", "your", "only-quoted", "only-nested", "only-pasted", "all-pasted", "only", "denied", "log-first", "only-in-url", "network", "private", "opposed", "passed-over"} {
				s[f] = max(s[f], v.strength[f])
			}
			if !told(v) {
				s["untold"] = 1
			}
			s["about-"+group(v.kind)] = 1
		case v.p < 0.5 && !(v.kind == intake.Domain && v.saidBy(about)): // others are said by a more exact one
			strongest = max(strongest, z)
			product *= 1 - v.p
		}
		if v.strength["denied"] > 0 {
			s["denial"] = 1
		}
		if v.strength["your"] > 0 && !chosen[v] {
			s["your-other"] = 1
		}
		if yes, no := v.stand(); !chosen[v] && v.kind != intake.Mail && (yes && !no || v.strength["subject"] > 0) && !said.says(v) {
			if yes && !no {
				s["spoken-other"] = 1 // words speak for another one too
			}
			if v.strength["subject"] > 0 {
				s["subject-other"] = 1
			}
		}
		if (v.first >= 0.5) != (v.p >= 0.5) {
			s["split"] = 1 // both opinions differ
		}
	}
	if len(about) > 0 && !slices.ContainsFunc(about, d.fresh) {
		s["old"] = 1
	}
	if answer.MatchString(d.message.Subject) {
		s["answer"] = 1
	}
	if t.class == candor.Undetermined {
		s["vague"] = 1
	}
	s["product"] = bound(math.Log(product / max(1-product, 1e-9)))
	s["weakest"], s["strongest"] = weakest, strongest
	s["values"] = math.Log2(float64(1 + len(values)))
	s["about"] = math.Log2(float64(1 + len(about)))
	s["settled"] = t.settled
	s["doubts"] = float64(t.doubts) / 2
	s["margin"] = min(t.margin, 10) / 5
	if len(about) == 1 {
		s["one"] = 1
	}
	if n := portions(values, chosen); n > 1 {
		s["parts"] = math.Log2(float64(n))
	}
	for i := range d.lines {
		l := &d.lines[i]
		if len(l.names) > 0 && l.depth > 0 && l.zone != pasted && l.zone != outer {
			s["quotes"] = 1
		}
		if l.zone == pasted {
			s["header"] = 1
		}
		if len(l.text) < 60 && strings.Contains(l.text, "tatus") && ended.MatchString(l.text) {
			s["answer"] = 1
		}
	}
	return s
}

// already is what those that are complained about say of others: of names their pages,
// of pages those below them, of addresses their networks.
type already struct {
	hosts, sites, pages map[string]bool
	networks            []netip.Prefix
}

func saying(about []*value) already {
	s := already{hosts: map[string]bool{}, sites: map[string]bool{}, pages: map[string]bool{}}
	for _, v := range about {
		switch v.kind {
		case intake.URL:
			for name, more := v.host, true; more; _, name, more = strings.Cut(name, ".") {
				s.hosts[name] = true
			}
			for _, u := range above(v.value) {
				s.pages[u] = true
			}
		case intake.Domain:
			s.sites[site(v.value)] = true
		case intake.Network:
			if p, err := netip.ParsePrefix(v.value); err == nil {
				s.networks = append(s.networks, p)
			}
		}
	}
	return s
}

// says tells whether a value is said by one of those.
func (s already) says(v *value) bool {
	switch v.kind {
	case intake.URL:
		return s.pages[v.value]
	case intake.Domain:
		return s.hosts[strings.TrimPrefix(v.value, "www.")] || len(s.sites) > 0 && s.sites[site(v.value)]
	case intake.Address:
		a, err := netip.ParseAddr(v.value)
		return s.hosts[v.value] || err == nil && slices.ContainsFunc(s.networks, func(p netip.Prefix) bool { return p.Contains(a) })
	default:
		return false
	}
}

// portions is of how many lists or enumerations, and single ones, those are that were chosen
// of a kind.
func portions(values []*value, chosen map[*value]bool) int {
	of, most := clusters(values), 0
	for _, g := range []string{"address", "url", "domain"} {
		seen := map[int]bool{}
		for i, v := range values {
			if chosen[v] && group(v.kind) == g {
				seen[of[i]] = true
			}
		}
		most = max(most, len(seen))
	}
	return most
}

// answer is how subjects of answers begin.
var answer = regex.Of(`(?i)^\s*(?:re|aw|sv|antw|odp|rif|ynt|回复|答复|ответ)\s*(?:\[\d+\])?\s*[:：]`)

// ended is how ticket systems say that theirs was answered, or is closed.
var ended = regex.Of(`(?i)^\W*(?:ticket )?status\W{1,4}(?:answered|closed|resolved|solved|beantwortet|geschlossen|gelöst|respondid[oa]|cerrado|resuelto|fechado|resolvido|répondu|fermé|résolu|chiuso|risolto|gesloten|opgelost)`)

// fresh tells whether a value is named in what the writer wrote, and not only in
// what is quoted.
func (d *document) fresh(v *value) bool {
	return slices.ContainsFunc(v.mentions, func(m *mention) bool {
		l := &d.lines[m.line]
		return l.zone == subject || l.depth == 0 && l.zone != outer
	})
}

// told tells whether anything says what a value has to do with it.
func told(v *value) bool {
	return slices.ContainsFunc(v.features, func(f string) bool {
		return strings.Contains(f, "source") || strings.Contains(f, "host") && f != "url-host" || strings.HasSuffix(f, "named") || f == "log-first" || f == "your" || f == "arrow-from" || strings.HasPrefix(f, "hop-") || f == "subject"
	})
}

// sureness is how likely it is that exactly the right ones were chosen, 0 to 1.
func (w weights) sureness(signs map[string]float64) float64 { return w.calibrated(w.speaks(signs)) }

// speaks is how much speaks for that, in the units of the weights.
func (w weights) speaks(signs map[string]float64) (sum float64) {
	for _, f := range slices.Sorted(maps.Keys(signs)) {
		sum += w["sure:"+f] * signs[f]
	}
	return bound(sum)
}

// calibrated maps what speaks for a reading to how often such ones were right.
func (w weights) calibrated(z float64) float64 {
	at := (bound(z) + 6) * steps / 12
	i := min(int(at), steps-1)
	low, ok := w["calibration:"+threeDigits(i)]
	high, ok2 := w["calibration:"+threeDigits(i+1)]
	if !ok || !ok2 {
		return 1 / (1 + math.Exp(-z))
	}
	return low + (high-low)*(at-float64(i))
}

// steps are how many parts the calibration has, of what can speak for a reading: from
// -6 to 6.
const steps = 120

func threeDigits(n int) string { return fmt.Sprintf("%03d", n) }
