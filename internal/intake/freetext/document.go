package freetext

import (
	"slices"
	"strings"
	"time"

	"candor/internal/intake/message"
	"candor/internal/regex"
)

// zone is what kind of section a line is of.
type zone uint8

const (
	body       zone = iota
	subject         // of the mail itself, or of one in it
	pasted          // the header of a mail, within a text
	forwarding      // the short header of a mail that is forwarded or answered
	registry        // what a registry says of an address (WHOIS)
	route           // a traceroute
	signature       // behind "-- "
	attached        // a text that is attached
	nested          // a mail that is attached: its body
	outer           // the header of the report itself
)

type line struct {
	text    string // without marks of quoting
	start   int    // where text begins in the text that it is of
	of      int    // which text
	zone    zone
	depth   int  // of quoting and forwarding
	log     bool // a line of a log
	closed  bool // behind words that end a letter
	carried bool // the rest of an URL of the line before it
	below   bool // it stands below a header that is pasted
	bent    bool // of a field of a pasted header that goes on without the space before it
	names   []*mention
}

// document is a mail as lines.
type document struct {
	message    *message.Message
	lines      []line
	mentions   []*mention
	now        time.Time // when the mail was sent; zero if that is not known
	from       []string  // domains of who reports
	to         []string  // domains of who is told
	called     []string  // how who reports is called
	letters    string    // of the zone that zone gave, if it was told by letters alone
	ruled      *int      // the zone that a rule says, in minutes; nil for none
	texts      int
	contents   []string
	runs       int
	dates      *int // how dates with slashes are written; nil if it was not looked
	paragraphs map[int]*paragraph
	hops       map[int]*[2]string      // of lines of pasted headers
	fields     []int                   // lines that name the fields of a log in W3C's extended format
	cases      map[string]bool         // numbers by which the report names itself; nil if it was not looked
	heads      map[int]*tableHead      // of lines of tables; nil for others that were looked at
	titles     []int                   // of lines, the title above; nil if it was not looked
	told       map[int][]string        // what titles say
	infected   bool                    // it tells of infected computers of who is told, which are its victims
	sourced    bool                    // and a field or a column of it says which are sources
	receivers  map[int]map[string]bool // of texts, servers that received mails by the headers in them
	contacts   map[int]bool            // of lines, whether they are among ways to reach who reports
}

const (
	maxLines    = 20000
	maxMentions = 20000
	longLine    = 4000 // bytes of a line that are looked at
)

func open(m *message.Message) *document {
	d := &document{message: m, now: m.Date, paragraphs: map[int]*paragraph{}, hops: map[int]*[2]string{}, heads: map[int]*tableHead{}, told: map[int][]string{}, contacts: map[int]bool{}, receivers: map[int]map[string]bool{}}
	for _, a := range append(append(m.From[:len(m.From):len(m.From)], m.ReplyTo...), addressesOf(m, "Return-Path", "Sender", "X-Original-Sender", "X-Original-From")...) {
		if _, domain, ok := strings.Cut(a.Address, "@"); ok && domain != "" {
			d.from = append(d.from, strings.ToLower(strings.Trim(domain, "<> ")))
		}
	}
	d.callers(append(m.From[:len(m.From):len(m.From)], m.ReplyTo...))
	for _, a := range append(m.To[:len(m.To):len(m.To)], addressesOf(m, "Delivered-To", "Envelope-To", "X-Original-To")...) {
		if _, domain, ok := strings.Cut(a.Address, "@"); ok && domain != "" {
			d.to = append(d.to, strings.ToLower(strings.Trim(domain, "<> ")))
		}
	}
	d.regrouped(m)
	// A form of who is told, or a colleague, is not who reports.
	d.from = slices.DeleteFunc(d.from, d.ofProvider)
	d.add(m.Subject, subject, 0)
	d.envelope(m)
	d.parts(m, body, 0)
	d.sections()
	return d
}

// regrouped takes who reports out of those who are told, where a mailing list of who is
// told put its own address in place of theirs.
func (d *document) regrouped(m *message.Message) {
	for _, a := range addressesOf(m, "X-Original-Sender", "X-Original-From") {
		_, domain, _ := strings.Cut(strings.ToLower(strings.Trim(a.Address, "<> ")), "@")
		d.to = slices.DeleteFunc(d.to, func(t string) bool {
			return site(t) == site(domain) && len(m.From) > 0 && !strings.HasSuffix(strings.ToLower(m.From[0].Address), "@"+t)
		})
	}
}

// envelope adds what may name resources: servers that it passed.
func (d *document) envelope(m *message.Message) {
	var b strings.Builder
	for _, f := range m.Header {
		switch strings.ToLower(f.Name) {
		case "received", "x-originating-ip", "x-sender-ip", "return-path", "message-id", "from", "reply-to", "to", "cc", "authentication-results", "received-spf", "list-unsubscribe":
			b.WriteString(f.Name + ": " + strings.ReplaceAll(f.Value, "\n", " ") + "\n")
		}
	}
	d.add(b.String(), outer, 0)
}

// parts adds texts. HTML is left out where the same is there as plain text.
func (d *document) parts(m *message.Message, in zone, depth int) {
	plain := false
	for i := range m.Parts {
		p := &m.Parts[i]
		plain = plain || p.Type == "text/plain" && p.Inline && p.Name == "" && len(strings.TrimSpace(p.Text)) >= 60 && tells(p.Text)
	}
	for i := range m.Parts {
		p := &m.Parts[i]
		switch {
		case p.Message != nil:
			d.inner(p.Message, depth+1)
		case !p.IsText() || p.Type == "message/delivery-status":
		case p.Type == "text/html":
			if !plain || !p.Inline {
				d.add(message.Plain(p.Text), where(p, in), depth)
			}
		case p.Type == "text/plain" && markup(p.Text):
			d.add(message.Plain(p.Text), where(p, in), depth)
		default:
			d.add(p.Text, where(p, in), depth)
		}
	}
}

// tells tells whether a text names anything: some plain texts only say that the
// rest is in the HTML.
func tells(text string) bool {
	return someAddress.MatchString(text) || strings.Contains(text, "://") || strings.Contains(text, "hxxp") || strings.Contains(text, "[.]")
}

// markup tells whether what is called plain text is HTML.
func markup(text string) bool {
	if !strings.HasPrefix(strings.TrimSpace(text), "<") {
		return false
	}
	tags := 0
	for _, t := range []string{"<br", "<p>", "<p ", "</p>", "</td>", "</div>", "</a>", "</span>", "</tr>"} {
		for _, t := range []string{t, strings.ToUpper(t)} {
			tags += strings.Count(text, t)
		}
	}
	return tags >= 4
}

func where(p *message.Part, in zone) zone {
	if !p.Inline || p.Name != "" {
		return attached
	}
	return in
}

// inner adds a mail that is attached: its header stands there as if it were
// pasted.
func (d *document) inner(m *message.Message, depth int) {
	var b strings.Builder
	for _, f := range m.Header {
		b.WriteString(f.Name + ": " + strings.ReplaceAll(f.Value, "\n", " ") + "\n")
	}
	d.add(b.String(), pasted, depth)
	d.parts(m, nested, depth)
}

var quoting = regex.Of(`^(?:[ \t]*[>|])+[ \t]?`)

// add takes a text as lines.
func (d *document) add(text string, in zone, depth int) {
	of, at := d.texts, 0
	d.texts++
	d.contents = append(d.contents, text)
	for raw := range strings.SplitSeq(text, "\n") {
		if len(d.lines) >= maxLines {
			return
		}
		l := line{text: raw, start: at, of: of, zone: in, depth: depth}
		at += len(raw) + 1
		if in != outer && in != subject {
			if mark := quoting.FindString(raw); mark != "" && !strings.HasPrefix(strings.TrimSpace(raw), "|") {
				l.text, l.start, l.depth = raw[len(mark):], l.start+len(mark), depth+strings.Count(mark, ">")
			}
		}
		if len(l.text) > longLine {
			l.text = l.text[:longLine]
		}
		l.text = strings.TrimRight(l.text, " \t\r")
		d.lines = append(d.lines, l)
	}
}
