package notice

import (
	"slices"
	"strconv"
	"strings"

	"candor/internal/phrase"
)

// Validate reports what a schema cannot say of a notice: texts that lack a
// language, names that stand for nothing, code that runs before consent
// without a ground for it. It does not change n.
func (n *Notice) Validate() []Problem {
	v := validator{n: n, parties: map[string]Party{}, purposes: map[string]Purpose{}, used: map[string]bool{}}
	v.checkParties()
	v.checkPurposes()
	v.checkCode()
	v.checkTexts()
	v.checkWhole()
	return v.problems
}

type validator struct {
	report
	n        *Notice
	parties  map[string]Party
	purposes map[string]Purpose
	used     map[string]bool // parties and purposes that something refers to
}

func (v *validator) checkWhole() {
	if v.n.Since().IsZero() {
		v.fault("/effective_date", "date", phrase.Args{"value": v.n.Effective})
	}
	for i, site := range v.n.Applies.Sites {
		v.checkHost(site, "/applies_to/sites/"+strconv.Itoa(i))
	}
	asks := slices.ContainsFunc(v.n.Purposes, func(p Purpose) bool { return p.Basis.Type == "consent" })
	if asks && v.n.Consent == nil {
		v.fault("", "withdrawal", nil)
	}
	c := v.n.Code
	stays := len(v.n.Applies.Programs) + len(c.Workers) + len(c.Extensions) + len(c.Changes) + len(c.Downloads)
	if stays > 0 && v.n.Removal == nil {
		v.fault("", "removal", nil)
	}
}

func (v *validator) checkParties() {
	responsible := false
	for i, p := range v.n.Parties {
		at := "/party_identification/" + strconv.Itoa(i)
		if _, twice := v.parties[p.ID]; twice {
			v.fault(at+"/party_id", "twice", phrase.Args{"name": p.ID})
		}
		v.parties[p.ID] = p
		if p.Role != "controller" && p.Role != "joint-controller" {
			continue
		}
		responsible = true
		if p.Email == "" && p.Phone == "" && p.URL == "" && p.Address == "" {
			v.fault(at, "contact", phrase.Args{"name": p.Name})
		}
	}
	if !responsible {
		v.fault("/party_identification", "controller", nil)
	}
}

func (v *validator) checkPurposes() {
	for i, p := range v.n.Purposes {
		at := "/purposes/" + strconv.Itoa(i)
		if _, twice := v.purposes[p.ID]; twice {
			v.fault(at+"/purpose_id", "twice", phrase.Args{"name": p.ID})
		}
		v.purposes[p.ID] = p
		for k, id := range p.Recipients {
			v.checkParty(id, at+"/recipient_third_parties/"+strconv.Itoa(k))
		}
		if p.Retention == "purpose" && p.Note == nil {
			v.fault(at, "retention", nil)
		}
		v.checkBasis(p, at)
	}
}

func (v *validator) checkBasis(p Purpose, at string) {
	if p.Basis.Law != "" && !slices.Contains(laws()[p.Basis.Law], p.Basis.Type) {
		v.fault(at+"/lawful_basis/law", "law", phrase.Args{"law": p.Basis.Law, "basis": p.Basis.Type})
	}
	sensitive := slices.ContainsFunc(p.Data, func(d Information) bool { return slices.Contains(special(), d.Type) })
	if sensitive && p.Basis.Type != "consent" && !strings.HasPrefix(p.Basis.Law, "eu-gdpr:A9-") {
		v.advise(at+"/lawful_basis", "sensitive", nil)
	}
}

func (v *validator) checkParty(id, at string) {
	if _, known := v.parties[id]; !known {
		v.fault(at, "reference", phrase.Args{"name": id, "list": "party_identification"})
	}
	v.used["party "+id] = true
}

func (v *validator) checkUse(u Use, at string) {
	asked, known := 0, 0
	for i, id := range u.Purposes {
		p, is := v.purposes[id]
		if !is {
			v.fault(at+"/purposes/"+strconv.Itoa(i), "reference", phrase.Args{"name": id, "list": "purposes"})
			continue
		}
		known++
		if p.Basis.Type == "consent" {
			asked++
		}
		v.used["purpose "+id] = true
	}
	// What serves a purpose that nobody need agree to may be there at once.
	if u.Before && known > 0 && asked == known {
		v.fault(at+"/before_consent", "early", nil)
	}
	if u.Party != "" {
		v.checkParty(u.Party, at+"/party_id")
	}
}

// checkForeign advises to say whose something is that comes from elsewhere.
func (v *validator) checkForeign(u Use, at string) {
	if u.Party == "" {
		v.advise(at, "whose", nil)
	}
}

func (v *validator) checkCode() {
	for at, u := range v.n.uses() {
		v.checkUse(u, at)
	}
	c := v.n.Code
	for i, s := range c.Scripts {
		v.checkScript(s, "/code/scripts/"+strconv.Itoa(i))
	}
	for i, s := range c.Storage {
		v.checkStorage(s, "/code/storage/"+strconv.Itoa(i))
	}
	for i, r := range c.Requests {
		at := "/code/requests/" + strconv.Itoa(i)
		v.checkHost(r.Host, at+"/host")
		v.checkForeign(r.Use, at)
	}
	for i, d := range c.Downloads {
		at := "/code/downloads/" + strconv.Itoa(i)
		v.checkHost(d.Host, at+"/host")
		v.checkName(d.Name, at+"/name")
		if d.Signer == "" {
			v.advise(at, "unsafe", phrase.Args{"name": "signer"})
		}
	}
	v.checkUnused()
}

func (v *validator) checkScript(s Script, at string) {
	if s.Origin == "self" || s.Origin == "inline" {
		return
	}
	scheme, rest, _ := strings.Cut(s.Origin, "://")
	host, _, _ := strings.Cut(rest, ":")
	v.checkHost(host, at+"/origin")
	v.checkForeign(s.Use, at)
	if scheme == "http" || scheme == "ws" {
		v.advise(at+"/origin", "unsafe", phrase.Args{"name": "https"})
	}
}

func (v *validator) checkStorage(s Storage, at string) {
	v.checkName(s.Name, at+"/name")
	v.checkHost(s.Domain, at+"/domain")
	if s.Kind == "third" {
		v.checkForeign(s.Use, at)
	}
	if s.Type == "cookie" && !s.Secure {
		v.advise(at, "unsafe", phrase.Args{"name": "secure"})
	}
}

// checkHost refuses what stands for all of the net, or a good part of it.
func (v *validator) checkHost(host, at string) {
	if below, is := strings.CutPrefix(host, "*."); is && !strings.Contains(below, ".") {
		v.fault(at, "broad", phrase.Args{"value": host})
	}
}

func (v *validator) checkName(name, at string) {
	if strings.Trim(name, "*") == "" {
		v.fault(at, "broad", phrase.Args{"value": name})
	}
}

func (v *validator) checkUnused() {
	for i, p := range v.n.Parties {
		if (p.Role == "processor" || p.Role == "recipient") && !v.used["party "+p.ID] {
			v.advise("/party_identification/"+strconv.Itoa(i), "unused", phrase.Args{"name": p.ID})
		}
	}
	for i, p := range v.n.Purposes {
		if len(p.Data) == 0 && !v.used["purpose "+p.ID] {
			v.advise("/purposes/"+strconv.Itoa(i), "unused", phrase.Args{"name": p.ID})
		}
	}
}

func (v *validator) checkTexts() {
	for at, t := range v.n.texts() {
		if t[v.n.Language] == "" {
			v.fault(at, "language", phrase.Args{"tag": v.n.Language})
		}
		for tag := range v.n.Title {
			if t[tag] == "" && tag != v.n.Language {
				v.advise(at, "language", phrase.Args{"tag": tag})
			}
		}
	}
}
