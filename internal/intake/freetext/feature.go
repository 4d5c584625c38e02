package freetext

import (
	"maps"
	"math"
	"slices"
	"strings"

	"candor/internal/intake"
	"candor/internal/regex"
)

// group is which kinds are weighed alike.
func group(k intake.Kind) string {
	switch k {
	case intake.Address, intake.Network:
		return "address"
	case intake.URL, intake.Domain:
		return string(k)
	case intake.Hash:
		return "hash"
	default:
		return "mail"
	}
}

// tally is what is so of a whole report.
type tally struct {
	logs      int            // lines of logs with an address
	kinds     map[string]int // values by group that stand in the text itself
	fresh     map[string]bool
	quoted    map[string]bool
	pasted    bool
	content   float64
	first     map[string]*value // by group, the one that is named first
	most      map[string]int    // by group, how often the one is named that is most often
	subject   map[string]bool   // by group, whether one is named in the subject
	mates     map[int]bool      // lists of which one is named in the subject
	mails     map[string]bool   // sites of mail addresses
	bare      map[string]int    // by group, how many stand alone in a line
	named     map[string]bool   // addresses that are named outside of URLs
	hosts     map[string]bool   // of URLs and names
	heads     map[string]bool   // names and addresses in the subject
	headSites map[string]bool   // sites of names in the subject that are neither of who reports nor of who is told
	pages     int               // URLs that are neither of who reports nor for reading on
	sites     map[string]int    // of those, how many are of a site
	hosted    bool              // one is of what others put on the site of who is told
	headLists map[int]bool      // lists of which one is of a site that the subject names
	folders   map[string]int    // how many of those are in a folder
}

// note adds a feature.
func (v *value) note(feature string) {
	if _, ok := v.strength[feature]; !ok {
		v.strength[feature] = 1
		v.features = append(v.features, feature)
	}
}

func (v *value) degree(feature string, strength float64) {
	if strength != 0 {
		v.note(feature)
		v.strength[feature] = strength
	}
}

func (d *document) tally(values []*value, t topic) tally {
	n := tally{headSites: map[string]bool{}, headLists: map[int]bool{}, folders: map[string]int{}, kinds: map[string]int{}, fresh: map[string]bool{}, quoted: map[string]bool{}, content: t.content(), first: map[string]*value{}, most: map[string]int{}, subject: map[string]bool{}, mails: map[string]bool{}, mates: map[int]bool{}, bare: map[string]int{}, named: map[string]bool{}, hosts: map[string]bool{}, heads: map[string]bool{}, sites: map[string]int{}}
	for _, v := range values {
		own, free, g := false, 0, group(v.kind)
		for _, m := range v.mentions {
			l := &d.lines[m.line]
			own = own || !m.within && (l.zone == body || l.zone == attached || l.zone == subject || l.zone == nested)
			if l.depth == 0 && (l.zone == body || l.zone == subject) && !m.within {
				n.fresh[g] = true
			}
			if l.zone != outer && !m.within {
				free++
			}
			n.subject[g] = n.subject[g] || l.zone == subject
			if l.zone == subject {
				n.heads[strings.TrimPrefix(m.value, "www.")] = true
				if name := m.name(); name != "" && !d.ofReporter(name) && !d.ofProvider(name) && !d.client(name) && !known(site(name)) && !suffers.MatchString(l.text[:min(m.start, len(l.text))]) {
					n.headSites[site(name)] = true
				}
			}
			if f := n.first[g]; (l.zone == body || l.zone == subject) && !m.within && (f == nil || m.line < f.foremost) {
				n.first[g] = v
				v.foremost = m.line
			}
		}
		if slices.ContainsFunc(v.mentions, func(m *mention) bool { return d.lines[m.line].zone == subject }) {
			for _, m := range v.mentions {
				n.mates[m.listed] = true
			}
		}
		if slices.ContainsFunc(v.mentions, func(m *mention) bool { return d.alone(m) }) {
			n.bare[g]++
		}
		if v.kind == intake.URL && own {
			n.hosts[v.host] = true
			if path := v.path(); !(known(site(v.host)) && !d.ofProvider(v.host)) && !services.MatchString(path) && !d.ofReporter(v.host) {
				n.pages++
				n.sites[site(v.host)]++
				n.folders[v.folder()]++
				n.hosted = n.hosted || d.hosted(v)
			}
		}
		n.named[v.value] = n.named[v.value] || own && v.kind == intake.Address
		n.most[g] = max(n.most[g], free)
		if v.kind == intake.Mail {
			_, name, _ := strings.Cut(v.value, "@")
			n.mails[site(name)] = true
		}
		if own {
			n.kinds[group(v.kind)]++
		}
	}
	for _, v := range values {
		for _, m := range v.mentions {
			if name := m.name(); m.listed > 0 && name != "" && n.headSites[site(name)] {
				n.headLists[m.listed] = true
			}
		}
	}
	for i := range d.lines {
		l := &d.lines[i]
		n.pasted = n.pasted || l.zone == pasted
		if l.log && l.zone != outer && len(l.names) > 0 {
			n.logs++
		}
	}
	return n
}

// suffers is how the subject of a report leads to what is attacked or imitated.
var suffers = regex.Of(`(?i)\b(?:against|targeting|impersonating|phishing of)\s+(?:(?:the|our|your|of|site|website|domain|brand|customers?|users?)\s+){0,3}["'(\[<*]{0,3}$`)

// name is the domain that is named, or that a URL is of.
func (m *mention) name() string {
	switch m.kind {
	case intake.Domain:
		return m.value
	case intake.URL:
		_, rest, _ := strings.Cut(m.value, "://")
		if at := strings.IndexAny(rest, "/?#:"); at >= 0 {
			rest = rest[:at]
		}
		if strings.ContainsAny(rest, "abcdefghijklmnopqrstuvwxyz") {
			return rest
		}
	}
	return ""
}

// ofReporter tells whether a name is of who reports.
func (d *document) ofReporter(name string) bool {
	return slices.ContainsFunc(d.from, func(f string) bool { return site(f) == site(name) })
}

// ofProvider tells whether a name is of who is told.
func (d *document) ofProvider(name string) bool {
	return slices.ContainsFunc(d.to, func(f string) bool { return site(f) == site(name) })
}

// seen gathers what is so of any of the mentions of a value.
type seen struct {
	logs, logFirst, logSecond int
	zones                     map[zone]int
	fresh, quoted             int
	total                     int
	free                      int // not within an URL
	plain                     int // in texts and logs
	below                     int // below a header that is pasted
	said                      map[string]int
}

// features notes what is so of all values.
func (d *document) features(values []*value, n tally, x *lexicon, t topic) {
	d.infected = t.infected()
	d.sourced = d.infected && d.sources(x)
	all := make([]seen, len(values))
	for i, v := range values {
		v.note("bias")
		s := seen{zones: map[zone]int{}, said: map[string]int{}}
		for i, m := range v.mentions {
			if i >= 200 {
				break
			}
			d.mention(v, m, &s, x)
		}
		for _, f := range slices.Sorted(maps.Keys(s.said)) {
			v.degree(f, math.Sqrt(float64(s.said[f])/float64(s.plain)))
		}
		all[i] = s
	}
	d.neighbours(values)
	d.imitations(values, attack(t.class))
	families(values)
	opposed(values)
	for i, v := range values {
		d.places(v, all[i], n, strings.HasPrefix(string(t.class), "abusive-content/spam"))
		d.among(v, all[i], n, t)
	}
}

// mention notes what is so of one place.
func (d *document) mention(v *value, m *mention, s *seen, x *lexicon) {
	l := &d.lines[m.line]
	s.zones[l.zone]++
	s.total++
	if m.within {
		v.note("in-url")
		if m.host {
			v.note("url-host")
		}
		if v.kind == intake.Address && requested.MatchString(tail(l.text[:min(m.start, len(l.text))], 12)) {
			v.note("requested")
		}
		return
	}
	if l.zone == outer {
		return
	}
	s.free++
	if l.depth == 0 {
		s.fresh++
	} else {
		s.quoted++
	}
	if m.defanged {
		v.note("defanged")
	}
	c := d.context(m, x)
	if m.start > 0 && m.start <= len(l.text) && l.text[m.start-1] == '@' && !(l.zone == pasted && messageID.MatchString(l.text)) {
		v.note("account") // who@192.0.2.1
	}
	if v.kind == intake.URL && l.zone != pasted {
		d.visiting(v, m, l)
	}
	if v.kind == intake.URL || v.kind == intake.Domain {
		d.aside(v, m, l)
	}
	if l.log {
		s.logs++
		if c.first {
			s.logFirst++
		} else {
			s.logSecond++
		}
	}
	if l.zone == pasted {
		d.header(v, m, l)
		return
	}
	if l.zone == registry || l.zone == route || l.zone == forwarding {
		return
	}
	s.plain++
	for _, f := range d.said(m, l, c) {
		s.said[f]++
	}
	if c.bare {
		v.note("bare")
	}
	if m.port != 0 {
		v.note("port")
	}
	if l.log && m.start == 0 {
		v.note("log-begins")
	}
	if v.kind == intake.Address && d.single(m.line) && d.rowEnd(m.line) {
		v.note("row-end")
	}
	if l.closed {
		v.note("closed")
	}
	if l.below && !l.log {
		s.below++
	}
}

// messageID is the field of a header that has the name of its mail.
var messageID = regex.Of(`(?i)^message-id:`)

// nearby is within how many bytes of a value words are right before it.
const nearby = 14

// said is what the words about a mention say of it.
func (d *document) said(m *mention, l *line, c context) (all []string) {
	where := ""
	if l.log {
		where = "log-"
	} else if c.key != "" {
		where = "key-"
	}
	for i, said := range c.labels {
		near := "far-"
		if i == 0 && said.distance <= nearby {
			near = ""
		}
		if i == 0 || said.distance < 40 && i == 1 {
			all = append(all, where+near+meaningNames[said.meant(c.key != "")])
		}
	}
	if c.after.says != nothing && c.after.distance <= 24 {
		all = append(all, "behind-"+meaningNames[c.after.says])
	}
	if c.yours {
		all = append(all, "your")
	}
	if c.ours {
		all = append(all, "our")
	}
	if len(c.heading) > 0 && (c.bare || m.listed > 0 && c.first) {
		if near := c.heading[0].says; !(c.original && near == host) {
			all = append(all, "heading-"+meaningNames[near])
		}
		if far := c.heading[len(c.heading)-1].says; far != c.heading[0].says {
			all = append(all, "heading-far-"+meaningNames[far])
		}
	}
	if c.ownList && (c.bare || c.joined || m.listed > 0) {
		all = append(all, "heading-our")
	}
	if c.bare && d.bareHeading(m.line) {
		all = append(all, "heading-none")
	}
	switch c.arrowed {
	case 1:
		all = append(all, "arrow-from")
	case 2:
		all = append(all, "arrow-to")
	}
	switch d.beside(m, l) {
	case 1:
		all = append(all, "beside-reporter")
	case 2:
		all = append(all, "beside-provider")
	}
	if c.joined {
		all = append(all, "joined")
	}
	if c.denied {
		all = append(all, "denied")
	}
	if c.original {
		all = append(all, "original")
	}
	if c.column != nothing {
		all = append(all, "column-"+meaningNames[c.column])
	}
	for _, t := range c.titles {
		if l.log {
			t = "log-" + t
		}
		all = append(all, t)
	}
	return all
}

// header notes where in the header of another mail a value stands.
func (d *document) header(v *value, m *mention, l *line) {
	name, _, _ := strings.Cut(strings.ToLower(l.text), ":")
	switch {
	case strings.HasPrefix(name, "received-spf"), strings.HasPrefix(name, "authentication"), strings.HasPrefix(name, "x-spf"):
		v.note("header-checked")
	case strings.HasPrefix(name, "received") || l.text != "" && (l.text[0] == ' ' || l.text[0] == '\t' || l.bent):
		before := strings.ToLower(tail(l.text[:min(m.start, len(l.text))], 120))
		switch d.hop(m) {
		case 1:
			v.note("hop-first")
		case 2:
			v.note("hop-last")
		default:
			v.note("hop-middle")
		}
		if strings.LastIndex(before, " by ") > strings.LastIndex(before, "from ") {
			v.note("hop-by")
		}
		from, by := d.passed(m.line)
		if from != "" && site(from) == site(by) {
			v.note("hop-within") // from one server to another of the same site
		}
		if from != "" && d.ofProvider(from) {
			v.note("hop-of-provider")
		}
		if d.relay(from, l.of) {
			v.note("hop-relay")
		}
	case strings.Contains(name, "originating") || strings.Contains(name, "sender-ip") || strings.Contains(name, "source-ip") || strings.Contains(name, "client-ip") || strings.Contains(name, "remote"):
		v.note("header-origin")
	case name == "from" || name == "return-path" || name == "reply-to" || name == "sender":
		v.note("header-from")
	case name == "to" || name == "cc" || name == "delivered-to" || name == "envelope-to" || name == "x-original-to":
		v.note("header-to")
	default:
		v.note("header-other")
	}
}

// passedOn is what a Received field says of who handed a mail to whom.
var passedOn = regex.Of(`(?i)^received:\s+from\s+\S+\s.*?\bby\s+([\w.-]+)`)

// unknownBy is such a field where who handed it on is not known by a name, but as it
// called itself.
var unknownBy = regex.Of(`(?i)\bfrom\s+\S+\s+\((?:unknown\s+\[|\[[^\]]*\]\))`)

// handedBy are names in it of who handed it on: as it called itself, and as it is known.
var handedBy = regex.Of(`(?i)\bfrom\s+([\w.-]+\.[a-z]{2,})|\(([\w.-]+\.[a-z]{2,})\.?\s*[\[(]`)

// passed gives the name of the server that handed a mail on, as it is known rather than
// as it called itself, and of the one that it was handed to, by the Received field that a
// line is of.
func (d *document) passed(i int) (from, by string) {
	first := i
	for first > 0 && i-first < mostBent && d.lines[first-1].of == d.lines[i].of && !isHeader(d.lines[first].text) {
		first--
	}
	var b strings.Builder
	for j := first; j < len(d.lines) && j-first <= mostBent && d.lines[j].of == d.lines[i].of && (j == first || !isHeader(d.lines[j].text)); j++ {
		b.WriteString(strings.TrimSpace(d.lines[j].text) + " ")
	}
	text := head(b.String(), 600)
	f := passedOn.FindStringSubmatch(text)
	if f == nil {
		return "", ""
	}
	if unknownBy.MatchString(f[0]) {
		return "", strings.ToLower(f[1])
	}
	for _, n := range handedBy.FindAllStringSubmatch(text[:len(f[0])], 3) {
		if from = n[1]; n[2] != "" {
			from = n[2]
			break
		}
	}
	return strings.ToLower(from), strings.ToLower(f[1])
}

// relays are names of servers that receive mails for others.
var relays = regex.Of(`(?:^|[.-])(?:mx|mxb|mxin|relay|inbound|edge|scan|scanner|anti-?spam|spam-?filter|mail-?filter|filter|mail-?guard|gateway|gw)[\d.-]`)

// relay tells whether a server handed on a mail that it had received for those whom it
// was for.
func (d *document) relay(name string, of int) bool {
	return name != "" && relays.MatchString(name) && !d.ofProvider(name) && d.received(of, name)
}

// received tells whether a server of some name received a mail, by the Received fields of
// a text.
func (d *document) received(of int, name string) bool {
	if d.receivers[of] == nil {
		all := map[string]bool{}
		for i := range d.lines {
			if l := &d.lines[i]; l.of == of && l.zone == pasted && len(all) < mostHops && strings.HasPrefix(strings.ToLower(head(l.text, 9)), "received:") {
				_, by := d.passed(i)
				all[by] = true
			}
		}
		d.receivers[of] = all
	}
	return d.receivers[of][name]
}

// mostHops is how many servers of a text are known by what they received.
const mostHops = 200

// hop tells where among the addresses of a pasted header's Received fields a
// mention stands: 1 the uppermost of the Internet, which who reports received it
// from, 2 the lowest, 0 between. One that is both is 1.
func (d *document) hop(m *mention) int {
	i := m.line
	for i > 0 && d.lines[i-1].zone == pasted && d.lines[i-1].of == d.lines[m.line].of && d.hops[i] == nil {
		i--
	}
	h := d.hops[i]
	if h == nil {
		first, last, end := d.ends(i)
		h = &[2]string{first, last}
		for ; i < end; i++ {
			d.hops[i] = h
		}
	}
	switch m.value {
	case h[0]:
		return 1
	case h[1]:
		return 2
	default:
		return 0
	}
}

// reporters tells whether the name before an address is of who reports: their
// own servers hand mails on to each other.
func (d *document) reporters(names []*mention, o *mention) bool {
	return slices.ContainsFunc(names, func(n *mention) bool {
		return n.kind == intake.Domain && !n.within && n.end <= o.start && slices.ContainsFunc(d.from, func(f string) bool { return site(f) == site(n.value) })
	})
}

// ends are the uppermost and the lowest address that a header, which begins at a
// line, was received from, and the line behind it.
func (d *document) ends(i int) (first, last string, end int) {
	in, passed, highest, of := false, false, "", d.lines[i].of
	for ; i < len(d.lines) && d.lines[i].zone == pasted && d.lines[i].of == of; i++ {
		text := d.lines[i].text
		if text != "" && text[0] != ' ' && text[0] != '\t' && !d.lines[i].bent {
			if in = strings.HasPrefix(strings.ToLower(text), "received:"); in {
				from, by := d.passed(i)
				passed = d.relay(from, of) || from != "" && site(from) == site(by)
			}
		}
		if !in {
			continue
		}
		for _, o := range d.lines[i].names {
			if o.kind != intake.Address || o.within || !global(o.value) {
				continue
			}
			before := strings.ToLower(text[:min(o.start, len(text))])
			if strings.LastIndex(before, "by ") > strings.LastIndex(before, "from ") || d.reporters(d.lines[i].names, o) {
				continue
			}
			if first == "" && !passed {
				first = o.value
			}
			if highest == "" {
				highest = o.value
			}
			last = o.value
		}
	}
	if first == "" {
		first = highest
	}
	return first, last, i
}
