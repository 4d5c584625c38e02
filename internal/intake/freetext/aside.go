package freetext

import (
	"slices"
	"strings"
	"unicode"

	"candor/internal/intake"
	"candor/internal/regex"
)

// What pages and names stand beside tells that they are named by the way: in lines of
// logs the server that was asked, among telephone numbers the site of who writes.

// papers are ends of names of documents.
var papers = regex.Of(`(?i)\.(?:pdf|docx?|odt|rtf)(?:[?#]|$)`)

// smallPrint are ends of paths of what a site says of itself to the letter of the law.
var smallPrint = regex.Of(`(?i)(?:^|[/_.-])(?:privacy|cookies?|gdpr|dsgvo|datenschutz(?:erklaerung)?|disclaimer|imprint|impressum|terms(?:-of-(?:use|service))?|legal-notice|privacidad|privacidade|confidentialite)(?:[_-](?:policy|notice|statement|settings|and[_-]conditions))?(?:\.(?:[sx]?html?|php|aspx?|jsp))?/?(?:[?#]|$)`)

// reached are words before telephone numbers and the like in the block of who signs.
var reached = regex.Of(`(?i)(?:^|[\s|,;•])(?:tel|telefon|tél|teléfono|telefone|telefono|phone|mobile|mob|cell|fax|switchboard|hotline|тел|电话|電話)\b?[.:\s)/]{0,4}\+?\(?\+?\d|(?:^|\s)\+\d{1,3}[\s().-]\d`)

// nearContact is how many lines above and below tell of whose block one is.
const nearContact = 2

// aside notes whether a page or a name stands in a line of a log that has an address, or
// among the ways to reach who reports.
func (d *document) aside(v *value, m *mention, l *line) {
	if l.zone == outer || l.zone == subject || l.zone == pasted {
		return
	}
	if l.log && slices.ContainsFunc(l.names, func(o *mention) bool { return o.kind == intake.Address && !o.within }) {
		v.note("log-beside")
		return
	}
	if d.contact(m.line) {
		v.note("contact-block")
	}
	if l.zone != nested && !l.below && linked(m, l.text) {
		v.note("linked")
	}
	if imprints.MatchString(head(l.text, longImprint)) {
		v.note("imprint")
	}
}

// imprints are words of what a firm tells of itself to the letter of the law.
var imprints = regex.Of(`(?i)\btrading (?:name|as)\b|\bregistered (?:in|office|charity)\b|\b(?:company|registration|charity) (?:no|nr|number)\b|\bvat\b|\bamtsgericht\b|\bHRB\s?\d|\bust-?id|\bgeschäftsführer|\bRCS\s|\bsiret\b|\bregistro mercantil\b|\bCIF\s|\bcnpj\b|\bp\.?\s?iva\b|\bkvk\b|\bREGON\b|(?:^|\s)(?:ИНН|ОГРН)\s`)

// longImprint is how many bytes of a line are looked at for such words.
const longImprint = 600

// linked tells whether a mention is behind words that lead to it, as programs show links
// of HTML: "here<https://example.org/>".
func linked(m *mention, text string) bool {
	if m.start < 2 || m.end >= len(text) || text[m.start-1] != '<' || text[m.end] != '>' {
		return false
	}
	before := text[:m.start-1]
	word := before[strings.LastIndexAny(before, " \t>([|")+1:]
	return word != "" && !strings.ContainsAny(word, "/@:") && !strings.Contains(strings.Trim(word, "."), ".")
}

// contact tells whether a line is one of a block with telephone numbers, or with mail
// addresses of who reports beside which there are hardly words.
func (d *document) contact(i int) bool {
	if is, ok := d.contacts[i]; ok {
		return is
	}
	is := false
	for j := max(0, i-nearContact); j <= min(len(d.lines)-1, i+nearContact) && !is; j++ {
		l := &d.lines[j]
		if l.of != d.lines[i].of || l.log || len(l.text) > 200 {
			continue
		}
		is = reached.MatchString(l.text) || d.closed(i, j) && slices.ContainsFunc(l.names, func(o *mention) bool {
			_, name, ok := strings.Cut(o.value, "@")
			return ok && o.kind == intake.Mail && d.ofReporter(name)
		})
	}
	d.contacts[i] = is
	return is
}

// mostLabels is how many words stand at most in a line of a block of who signs, beside
// what it names.
const mostLabels = 2

// closed tells whether two lines are of one signature, or of one block of lines that have
// hardly words.
func (d *document) closed(i, j int) bool {
	if d.lines[i].zone == signature && d.lines[j].zone == signature {
		return true
	}
	for at := min(i, j); at <= max(i, j); at++ {
		words := strings.Fields(d.lines[at].text)
		labels := slices.DeleteFunc(words, func(w string) bool {
			return strings.ContainsAny(w, "@/") || strings.Contains(strings.Trim(w, "."), ".") || !strings.ContainsFunc(w, unicode.IsLetter)
		})
		if len(words) == 0 || len(labels) > mostLabels {
			return false
		}
	}
	return true
}

// belowHeader marks the lines that stand below a header that is pasted, up to the end of
// their text or the next line of signs.
func (d *document) belowHeader() {
	for i := 1; i < len(d.lines); i++ {
		l, last := &d.lines[i], &d.lines[i-1]
		l.below = l.of == last.of && l.zone != pasted && (last.zone == pasted || last.below) && !(last.below && underline(strings.TrimSpace(l.text)))
	}
}
