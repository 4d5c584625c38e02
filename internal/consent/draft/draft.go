package draft

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"candor"
	"candor/internal/consent/notice"
	"candor/internal/phrase"
	"candor/internal/regex"
)

// Known is what a proposal is made of.
type Known struct {
	Party candor.Party
	Sites []candor.Asset
	Seen  []*Observed // what lies in the sites' folders; may be empty
	Texts *phrase.Catalogue
	Today time.Time
}

// Proposal is a draft, and what of it was guessed.
type Proposal struct {
	Notice  *notice.Notice
	Guesses []candor.NoticeGuess
}

// Propose makes a draft. What nobody but the customer can know is left out of
// it: where data is kept, how people are asked. A draft is no notice yet.
func Propose(k Known) Proposal {
	a := &author{Known: k, n: &notice.Notice{SchemaVersion: notice.SchemaVersion, Language: k.language()}, purposes: map[string]bool{}}
	a.n.Effective = k.Today.Format(time.DateOnly)
	a.whole()
	a.us()
	a.purpose("show", "usual", "")
	a.purpose("safe", "usual", "")
	for _, o := range k.Seen {
		a.forms(o)
	}
	a.software()
	for _, o := range k.Seen {
		a.scripts(o)
		a.requests(o)
	}
	return Proposal{a.n, a.guesses}
}

// language is that of the party, if texts are there in it.
func (k Known) language() string {
	base, _, _ := strings.Cut(k.Party.Language, "-")
	if slices.Contains(k.Texts.Languages(), base) {
		return base
	}
	return "en"
}

type author struct {
	Known
	n        *notice.Notice
	guesses  []candor.NoticeGuess
	purposes map[string]bool
}

func (a *author) guess(pointer, source, detail string) {
	a.guesses = append(a.guesses, candor.NoticeGuess{Pointer: pointer, Source: source, Detail: detail})
}

// text is a text of the catalogue in all languages.
func (a *author) text(key string) notice.Text {
	t := notice.Text{}
	for _, lang := range a.Texts.Languages() {
		t[lang] = a.Texts.For(lang).T(key)
	}
	return t
}

func (a *author) whole() {
	var hosts []string
	name := ""
	for _, s := range a.Sites {
		for _, h := range s.Hosts {
			if h = strings.ToLower(strings.TrimSuffix(h, ".")); hostForm.MatchString(h) && !slices.Contains(hosts, h) {
				hosts = append(hosts, h)
				a.guess("/applies_to/sites/"+strconv.Itoa(len(hosts)-1), "host", s.Name)
			}
		}
		if name == "" {
			name = s.Name
		}
	}
	a.n.Applies.Sites = hosts
	a.n.Title = notice.Text{}
	for _, lang := range a.Texts.Languages() {
		a.n.Title[lang] = name
	}
	a.guess("/title", "host", name)
	a.n.Summary = a.text("draft.summary")
	a.guess("/summary", "usual", "")
	a.n.Security.Practices = []string{"malware-scan"}
	a.guess("/security/practices/0", "scan", "")
	a.n.Rights = []string{"access", "rectification", "erasure", "objection", "complaint"}
	a.guess("/privacy_rights", "usual", "")
}

var (
	hostForm  = regex.Of(`^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?)+$`)
	mailForm  = regex.Of(`^[0-9A-Za-z._+-]+@[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)+$`)
	phoneForm = regex.Of(`^\+[0-9]([0-9 -]{3,24})[0-9]$`)
)

// us is the party that the sites belong to.
func (a *author) us() {
	p := notice.Party{ID: "us", Role: "controller", Name: a.Party.Name}
	for _, c := range a.Party.Contacts {
		switch {
		case c.Channel == candor.Mail && p.Email == "" && mailForm.MatchString(c.Address):
			p.Email = c.Address
		case c.Channel == candor.Phone && p.Phone == "" && phoneForm.MatchString(c.Address):
			p.Phone = c.Address
		}
	}
	a.n.Parties = []notice.Party{p}
	a.guess("/party_identification/0", "party", "")
}

// kind is a purpose as it is proposed.
type kind struct {
	is, basis, keep string
	data            []notice.Information
}

func given(types ...string) (all []notice.Information) {
	for _, t := range types {
		all = append(all, notice.Information{Type: t, Source: "provided"})
	}
	return all
}

func observed(types ...string) (all []notice.Information) {
	for _, t := range types {
		all = append(all, notice.Information{Type: t, Source: "observed"})
	}
	return all
}

func kinds() map[string]kind {
	const interest, agreed, contract = "legitimate-interest", "consent", "contract"
	return map[string]kind{
		"show":    {"service", interest, "session", observed("ip-address", "user-agent")},
		"safe":    {"security", interest, "P30D", observed("ip-address", "user-agent")},
		"reply":   {"communication", interest, "P1Y", given("email", "messages")},
		"account": {"account", contract, "account", given("username", "email", "password")},
		"order":   {"order", contract, "P7Y", given("name", "email", "address")},
		"pay":     {"payment", contract, "P7Y", given("payment-card")},
		"count":   {"statistics", agreed, "P13M", observed("ip-address", "browsing", "identifier")},
		"ads":     {"personal-advertising", agreed, "P13M", observed("ip-address", "browsing", "identifier")},
		"embed":   {"service", interest, "session", observed("ip-address", "user-agent")},
	}
}

// purpose adds a purpose, once.
func (a *author) purpose(id, source, detail string) {
	if a.purposes[id] {
		return
	}
	a.purposes[id] = true
	k := kinds()[id]
	key := "draft.purpose." + id
	a.n.Purposes = append(a.n.Purposes, notice.Purpose{ID: id, Type: k.is, Description: a.text(key),
		Basis: notice.Basis{Type: k.basis}, Data: k.data, Retention: k.keep})
	a.guess("/purposes/"+strconv.Itoa(len(a.n.Purposes)-1), source, detail)
}

// forms tells purposes from what forms ask for.
func (a *author) forms(o *Observed) {
	if at := o.Fields["message"]; at != "" && o.Fields["email"] != "" {
		a.purpose("reply", "form", at)
	}
	if at := o.Fields["password"]; at != "" {
		a.purpose("account", "form", at)
	}
	if at := o.Fields["address"]; at != "" {
		a.purpose("order", "form", at)
	}
	if at := o.Fields["card"]; at != "" {
		a.purpose("pay", "form", at)
	}
	for _, name := range []string{"contact-form-7", "wpforms-lite"} {
		if at := o.Plugins[name]; at != "" {
			a.purpose("reply", "software", at)
		}
	}
}

// software adds the cookies of the software that the sites run.
func (a *author) software() {
	names := map[string]string{}
	for _, s := range a.Sites {
		if s.Software != "" {
			names[strings.ToLower(s.Software)] = s.Software
		}
	}
	for _, o := range a.Seen {
		if o.Software != "" {
			names[o.Software] = o.Software
		}
		for _, plugin := range []string{"woocommerce", "matomo"} {
			if at := o.Plugins[plugin]; at != "" {
				names[plugin] = at
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		for _, c := range cookiesOf(name) {
			a.cookie(c, "", "software", names[name])
		}
	}
}

func (a *author) cookie(c cookie, party, source, detail string) {
	if slices.ContainsFunc(a.n.Code.Storage, func(s notice.Storage) bool { return s.Name == c.name }) {
		return
	}
	a.purpose(c.purpose, source, detail)
	a.n.Code.Storage = append(a.n.Code.Storage, notice.Storage{Type: "cookie", Name: c.name, Kind: "first", Lifetime: c.lifetime,
		Use: notice.Use{Purposes: []string{c.purpose}, Before: true, Party: party}})
	a.guess("/code/storage/"+strconv.Itoa(len(a.n.Code.Storage)-1), source, detail)
}

// party adds a vendor, once, and gives its identifier.
func (a *author) party(v vendor, known bool, detail string) string {
	if !known {
		return ""
	}
	if !slices.ContainsFunc(a.n.Parties, func(p notice.Party) bool { return p.ID == v.id }) {
		a.n.Parties = append(a.n.Parties, notice.Party{ID: v.id, Role: "recipient", Name: v.name, URL: v.url})
		a.guess("/party_identification/"+strconv.Itoa(len(a.n.Parties)-1), "script", detail)
	}
	for i, p := range a.n.Purposes {
		if p.ID == v.purpose && !slices.Contains(p.Recipients, v.id) {
			a.n.Purposes[i].Recipients = append(p.Recipients, v.id)
		}
	}
	return v.id
}

// scripts are in stored pages: they run before anybody was asked.
func (a *author) scripts(o *Observed) {
	for _, s := range []struct{ origin, at string }{{"self", o.Own}, {"inline", o.Inline}} {
		if s.at != "" {
			a.script(s.origin, "show", "", s.at)
		}
	}
	for _, origin := range slices.Sorted(maps.Keys(o.Scripts)) {
		host := strings.TrimPrefix(origin, "https://")
		if a.own(host) {
			a.script("self", "show", "", o.Scripts[origin])
			continue
		}
		v, known := vendorOf(host)
		a.purpose(v.purpose, "script", host)
		a.script(origin, v.purpose, a.party(v, known, host), o.Scripts[origin])
		for _, c := range v.cookies {
			a.cookie(c, v.id, "script", host)
		}
	}
}

func (a *author) script(origin, purpose, party, at string) {
	if slices.ContainsFunc(a.n.Code.Scripts, func(s notice.Script) bool { return s.Origin == origin }) {
		return
	}
	a.n.Code.Scripts = append(a.n.Code.Scripts, notice.Script{Origin: origin, Use: notice.Use{Purposes: []string{purpose}, Before: true, Party: party}})
	a.guess("/code/scripts/"+strconv.Itoa(len(a.n.Code.Scripts)-1), "script", at)
}

// own tells whether a host is one of the sites'.
func (a *author) own(host string) bool { return slices.Contains(a.n.Applies.Sites, host) }

func (a *author) requests(o *Observed) {
	for _, host := range slices.Sorted(maps.Keys(o.Hosts)) {
		if a.own(host) || slices.ContainsFunc(a.n.Code.Requests, func(r notice.Request) bool { return r.Host == host }) {
			continue
		}
		v, known := vendorOf(host)
		source := "script"
		if o.Frames[host] != "" {
			source = "frame"
		}
		a.purpose(v.purpose, source, host)
		a.n.Code.Requests = append(a.n.Code.Requests, notice.Request{Host: host, Data: []string{"ip-address", "user-agent"},
			Use: notice.Use{Purposes: []string{v.purpose}, Before: true, Party: a.party(v, known, host)}})
		a.guess("/code/requests/"+strconv.Itoa(len(a.n.Code.Requests)-1), source, o.Hosts[host])
	}
}
