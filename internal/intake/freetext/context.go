package freetext

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"candor/internal/intake"
	"candor/internal/regex"
)

const (
	reach = 90 // bytes of a line before a value in which words are looked for
	ahead = 48 // bytes behind it

	shortTitle = 4 // words of a heading that says what stands below, and is no sentence
)

// context is what stands about a mention.
type context struct {
	left, right string // in lower case
	labels      []said // the nearest first
	after       said
	yours, ours bool
	heading     []said   // of the line above, if it ends with a colon
	bare        bool     // nothing else stands in the line
	denied      bool     // it is said not to be meant
	joined      bool     // it is named together with others
	first       bool     // it is the first value of the line
	arrowed     int      // 1 before an arrow, 2 behind one
	column      meaning  // of the head of the column that it stands in
	titles      []string // what the title above says
	original    bool     // it is said to be what others copied
	ownList     bool     // the line above says that those of who reports follow
	key         string   // "src" of src=192.0.2.1, "source ip" of Source IP: 192.0.2.1
}

func (d *document) context(m *mention, x *lexicon) context {
	l, p := &d.lines[m.line], d.paragraph(m.line)
	from, to := p.at+max(0, min(m.start, len(l.text))), p.at+max(0, min(m.end, len(l.text)))
	c := context{left: tail(p.lower[:from], reach), right: head(p.lower[to:], ahead), first: true}
	lead := from // of the enumeration that it stands in
	// What stands behind another value is said of that one, unless both are of one
	// enumeration.
	for i := len(p.names) - 1; i >= 0; i-- {
		o := p.names[i]
		if o.within || o.end > lead {
			continue
		}
		if o.kind == m.kind && enumerates(p.lower[o.end:lead]) {
			lead = o.start
			c.left, c.joined = tail(p.lower[:lead], reach), true
			continue
		}
		c.left = tail(c.left, lead-o.end)
		if in, rest, ok := strings.Cut(c.left, ")"); ok && strings.HasPrefix(strings.TrimSpace(in), "(") {
			c.left = rest // what is in brackets is said of the one before
		}
		break
	}
	for _, o := range p.names {
		if o.start >= to && !o.within {
			c.right = head(c.right, o.start-to)
		}
		if o.start < lead && o.end > p.at && !o.within && o.kind == m.kind {
			c.first = false
		}
	}
	c.left = c.left[sentence(c.left):]
	if opening.MatchString(c.left) {
		c.left = "" // what stands before is of another clause
	}
	c.labels = x.left(strings.TrimRight(c.left, " \t:=[(<\"'`*-#_|"))
	if s, ok := x.right(c.right); ok {
		c.after = s
	}
	c.yours, c.ours = x.owners(tail(c.left, 45) + " \x00 " + head(c.right, 30))
	if c.ours { // what is said farther behind is said of what follows
		_, c.ours = x.owners(tail(c.left, 45) + " \x00 " + head(c.right, 14))
	}
	c.denied = x.denies(tail(c.left, 75) + " \x00 " + head(p.lower[to:], 80))
	c.denied = c.denied || elsewhere.MatchString(head(p.lower[to:], min(80, p.next(to)-to)))
	c.bare = p.at == 0 && !m.sided && d.alone(m)
	c.arrowed = arrow(p.lower[p.at:from], p.lower[to:])
	if head := d.column(m); head != "" {
		if said := x.left(head); len(said) > 0 {
			c.column = d.turned(head, said[0].says)
		}
		if strings.TrimSpace(l.text[:min(m.start, len(l.text))]) == "" {
			c.labels = nil // the head's last words, and not of the first of the row
		}
	}
	c.titles = d.titled(m.line, x)
	c.key = key(l.text[:max(0, lead-p.at)])
	if c.key != "" && len(c.labels) > 0 {
		c.labels[0].says = d.turned(c.key, c.labels[0].says)
	}
	above := d.above(m.line)
	if m.kind == intake.URL || m.kind == intake.Domain {
		c.original = originally(tail(p.lower[:lead], 140)) || above >= 0 && (c.bare || m.listed > 0) && originally(tail(d.upTo(above), 140))
	}
	if above >= 0 && !(above == d.title(m.line) && len(c.titles) > 0 && len(strings.Fields(d.lines[above].text)) <= shortTitle) {
		c.heading = x.left(strings.TrimRight(tail(d.upTo(above), 140), " \t:：.-=*_"))
	}
	c.ownList = above >= 0 && ownList.MatchString(tail(d.upTo(above), 140))
	return c
}

// opening is how a clause begins of which the value is the subject.
var opening = regex.Of(`(?:^|\s)(?:that|dass|daß|że|что|că|že)\s+$|,\s(?:and|while|whereas|und|während|et|tandis que|y|mientras|e|mentre|enquanto|en|terwijl|и|а|i|a)\s+$`)

// elsewhere are words that say that somebody else was told of what stands before
// them.
var elsewhere = regex.Of(`\b(?:provider|registrar|hoster|host|isp|operator|they|them|cert|owner)\b[^.;]{0,25}\b(?:informed|notified|told|contacted|alerted)\b|\b(?:informed|notified|told|contacted|alerted|reported to)\b[^.;]{0,25}\b(?:provider|registrar|hoster|isp|them|separately|operator)\b|\b(?:other|another|different|elsewhere)\b[^.;]{0,12}\b(?:provider|registrar|hoster|country|network|company|isp)\b`)

// ownList is how a line ends that is followed by what is of who reports.
var ownList = regex.Of(`(?:\b(?:hosts?|ips?|address(?:es)?|servers?|systems?|machines?|services?|networks?) of ours\b|\bfolgenden? unserer\b|\bfollowing of our\b|\b(?:direcciones|máquinas|redes) nuestras\b|\b(?:servidores|equipos|sistemas) nuestros\b|\bnos \S+ suivante?s\b|\bonze volgende\b|następując\S+ nasz|следующи\S+ наш)[^:：.]*[:：]?$`)

// originals are words for what was there first, and copies for what imitates it.
var (
	originals = regex.Of(`\b(?:original (?:works?|materials?|images?|photos?|videos?|contents?|sources?|urls?|pages?|articles?|products?|files?|versions?|site|website)|(?:my|our) (?:[a-z]+ ){0,2}(?:original|work|site|website|page|profile|portfolio|shop|book)|(?:official|legitimate|genuine|authentic|rightful|legit) (?:web ?)?(?:sites?|pages?|urls?|address|domains?|brand|presence|store|shop|channel)|(?:we|i) own|owner of all|belongs? to|offizielle[nrs]? (?:web)?seite|originalseite|site officiel|sitio (?:web )?oficial|site oficial|sito ufficiale)|официальн\S+ сайт|官方网站|官网|公式サイト`)
	copies    = regex.Of(`infring|unauthor|illegal|copied|copies|stolen|fake|fraud|phish|pirat|counterfeit|impersonat|malicious|rechtswidrig|nachgemacht|falsch|contrefa|ilegal|нелегальн|侵权|偽`)
)

// originally tells whether a text says that what follows is what others copied: no word
// behind that one speaks of copies.
func originally(text string) bool {
	all := originals.FindAllStringIndex(text, 5)
	return all != nil && !copies.MatchString(text[all[len(all)-1][1]:])
}

// next is where the next value in a paragraph begins; its end if there is none.
func (p *paragraph) next(from int) int {
	at := len(p.lower)
	for _, n := range p.names {
		if n.start >= from && !n.within {
			at = min(at, n.start)
		}
	}
	return at
}

// alone tells whether nothing else stands in the line.
func (d *document) alone(m *mention) bool {
	l := &d.lines[m.line]
	from, to := min(m.start, len(l.text)), min(m.end, len(l.text))
	return l.zone != subject && l.zone != outer && strings.Trim(l.text[:from], marks) == "" && (strings.Trim(l.text[to:], marks) == "" || flag.MatchString(l.text[to:]))
}

// flag is a short mark behind a value: " (S)".
var flag = regex.Of(`^\s*[(\[][A-Za-z0-9]{1,3}[)\]]$`)

const marks = " \t-*•·[](){}<>\"'.,;:|#0123456789/=+_►→"

// paragraph is a line with those that it was broken from, in one.
type paragraph struct {
	lower string // in lower case
	at    int    // where the line begins in it
	names []spot
}

type spot struct {
	*mention
	start, end int
}

func (d *document) paragraph(i int) *paragraph {
	if p := d.paragraphs[i]; p != nil {
		return p
	}
	first, last := i, i
	for first > 0 && i-first < 5 && d.wrapped(first-1) {
		first--
	}
	for last+1 < len(d.lines) && last-i < 2 && d.wrapped(last) {
		last++
	}
	p := &paragraph{}
	var b strings.Builder
	for j := first; j <= last; j++ {
		if j > first {
			b.WriteByte(' ')
		}
		if j == i {
			p.at = b.Len()
		}
		l := &d.lines[j]
		for _, m := range l.names {
			p.names = append(p.names, spot{m, b.Len() + min(m.start, len(l.text)), b.Len() + min(m.end, len(l.text))})
		}
		b.WriteString(lowerSame(l.text))
	}
	p.lower = b.String()
	d.paragraphs[i] = p
	return p
}

// lowerSame is the text in lower case if that leaves all bytes where they are.
func lowerSame(s string) string {
	if l := strings.ToLower(s); len(l) == len(s) {
		return l
	}
	return strings.Map(func(r rune) rune {
		if l := unicode.ToLower(r); utf8.RuneLen(l) == utf8.RuneLen(r) {
			return l
		}
		return r
	}, s)
}

// wrapped tells whether a line goes on in the next one: it is long prose, and
// neither of them is a row of a log or a list.
func (d *document) wrapped(i int) bool {
	if i+1 >= len(d.lines) {
		return false
	}
	l, n := &d.lines[i], &d.lines[i+1]
	if l.of != n.of || l.depth != n.depth || l.zone != n.zone || l.zone != body && l.zone != nested && l.zone != attached || l.log || n.log && !proseLog(n.text) || utf8.RuneCountInString(l.text) < 40 || n.text == "" {
		return false
	}
	for _, m := range append(l.names[:len(l.names):len(l.names)], n.names...) {
		if !m.within && d.alone(m) {
			return false // a list
		}
	}
	if strings.ContainsAny(l.text, "\t|") || strings.HasSuffix(l.text, ":") || strings.HasSuffix(l.text, "：") || strings.Contains(l.text, "   ") {
		return false
	}
	r, _ := utf8.DecodeRuneInString(n.text)
	if r == ' ' || r == '\t' || r == '-' || r == '*' || r == '#' || r == '>' || r == '|' || r == '+' || r == '=' || r == '•' {
		return false
	}
	if k, rest, ok := strings.Cut(n.text, ":"); ok && len(k) < 24 && strings.HasPrefix(rest, " ") && !strings.Contains(k, ".") && len(strings.Fields(k)) < 3 {
		return false
	}
	return true
}

// proseLog tells whether a line that looks like one of a log is rather prose
// with a time in it.
func proseLog(s string) bool {
	return len(s) > 0 && !digit(s[0]) && s[0] != '[' && strings.Count(s, " ") >= 4 && !strings.Contains(s, "=") && unicode.IsLower(firstRune(s))
}

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

// enumerates tells whether all that stands between two values joins them.
func enumerates(between string) bool {
	if len(between) > 12 || strings.Contains(between, "):") {
		return false
	}
	switch strings.Trim(between, " \t,;:0123456789()[]'\"") {
	case "", "and", "und", "et", "y", "e", "en", "и", "i", "oraz", "ve", "和", "及", "、", "，", "&", "+", "/", "或", "与", "と", "و", "،", "or", "oder", "ou", "o", "sowie", "as well as", "|":
		return !strings.Contains(between, "->")
	}
	return false
}

// sentence is where the last sentence of a text begins.
func sentence(s string) int {
	at := 0
	for _, end := range []string{". ", "! ", "? ", "。", "；", "; ", "！", "؟ "} {
		if i := strings.LastIndex(s, end); i >= 0 && i+len(end) > at && !abbreviated(s[:i]) {
			at = i + len(end)
		}
	}
	return at
}

// abbreviated tells whether a dot ends a short form and not a sentence: "no.".
func abbreviated(s string) bool {
	word := s[strings.LastIndexAny(s, " \t([")+1:]
	switch word {
	case "no", "nr", "ip", "addr", "adr", "src", "dst", "approx", "ca", "bzw", "z.b", "e.g", "i.e", "inkl", "incl", "st", "mr", "mrs", "dr", "vs", "etc", "тел", "г", "núm", "num", "n":
		return true
	}
	return false
}

func tail(s string, n int) string {
	if len(s) <= n {
		return s
	}
	s = s[len(s)-n:]
	for s != "" && !utf8.RuneStart(s[0]) {
		s = s[1:]
	}
	return s
}

func head(s string, n int) string {
	if n <= 0 {
		return ""
	}
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// above is the nearest line above that introduces a list, up to 40 lines of
// nothing but the list away; -1 if there is none.
func (d *document) above(i int) int {
	of := d.lines[i].of
	for j := i - 1; j >= 0 && i-j < 40 && d.lines[j].of == of; j-- {
		l := &d.lines[j]
		text := strings.TrimSpace(l.text)
		switch {
		case text == "" || l.carried || strings.Trim(text, "-=*_+|# ") == "":
		case strings.HasSuffix(text, ":") || strings.HasSuffix(text, "："):
			return j
		case len(l.names) > 0:
		default:
			return j
		}
	}
	return -1
}

// upTo is the text of a line, in lower case, with the lines before it that were
// broken from it.
func (d *document) upTo(i int) string {
	p := d.paragraph(i)
	return strings.TrimRight(p.lower[:min(len(p.lower), p.at+len(d.lines[i].text))], " \t")
}

// arrow tells on which side of an arrow a value stands: flows and redirections
// are written so.
func arrow(left, right string) int {
	for _, a := range []string{"->", "-->", "=>", "→", " > "} {
		r := strings.TrimLeft(right, ":0123456789()[]tcpudTCPUD/.,")
		if a != " > " {
			r = strings.TrimLeft(r, " ")
		}
		if strings.HasPrefix(r, a) && len(right)-len(r) < 16 && !strings.HasPrefix(r[len(a):], "/") {
			return 1
		}
		if i := strings.LastIndex(left, a); i >= 0 && len(left)-i-len(a) < 6 {
			return 2
		}
	}
	if r := strings.TrimLeft(right, " :0123456789"); strings.HasPrefix(r, "<-") {
		return 2
	}
	if l := strings.TrimRight(left, " "); strings.HasSuffix(l, "<-") {
		return 1
	}
	return 0
}

// key is the name of the field that a value is of.
func key(left string) string {
	left = strings.TrimRight(left, " \t\"'[(<")
	if left == "" {
		return ""
	}
	switch left[len(left)-1] {
	case '=':
		left = left[:len(left)-1]
		return strings.ToLower(left[strings.LastIndexAny(left, " \t,;|&\"'([{")+1:])
	case ':':
		left = strings.TrimRight(left[:len(left)-1], " \t\"'*")
		left = left[strings.LastIndexAny(left, ",;|\t\"'([{")+1:]
		if len(left) < 40 {
			return strings.Trim(strings.ToLower(left), " -*•")
		}
	}
	return ""
}

// turned is what the head of a column, or the name of a field, says of a value where
// computers are told of that are infected: their victims are whom the provider must
// help unless others are told of as sources, and controllers are elsewhere.
func (d *document) turned(head string, says meaning) meaning {
	if !d.infected {
		return says
	}
	switch {
	case says == victim && strings.Contains(head, "victim") && !d.sourced:
		return source
	case controllers.MatchString(head):
		return victim
	default:
		return says
	}
}

// sources tells whether the name of a field, or the head of a column, says of what it
// holds that it did it.
func (d *document) sources(x *lexicon) bool {
	return slices.ContainsFunc(d.mentions, func(m *mention) bool {
		l := &d.lines[m.line]
		if m.within || l.zone == outer || l.zone == pasted {
			return false
		}
		return slices.ContainsFunc([]string{d.column(m), key(l.text[:min(m.start, len(l.text))])}, func(head string) bool {
			said := x.left(head)
			return len(said) > 0 && said[0].says == source && !controllers.MatchString(head)
		})
	})
}

// controllers are words for what infected computers speak to.
var controllers = regex.Of(`\b(?:c2|c&c|cnc|controller|sinkhole)(?:\b|_)|destination|remote ip|dst_ip`)
