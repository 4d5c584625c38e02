package freetext

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"candor"
	"candor/internal/intake"
)

// topic is what a report is about: classes with how much speaks for each.
type topic struct {
	class  candor.Class
	margin float64 // how far it is ahead of the next
	score  map[string]float64
	shared bool // it tells of files that are shared between many (BitTorrent)
	// settled is how much speaks for an answer, an offer, a notice that all is well,
	// and the like, beside what speaks for a complaint: 0 to 1.
	settled float64
	again   bool // it says that something goes on
	doubts  int  // lines of the text that say of anything that it is not meant
}

// persists are words that say that what was told of before goes on: they take from what
// speaks for an answer.
const persists = "persists"

// little is how much speaks for an answer where words of one are there by chance.
const little = 1.5

// content tells whether the classes that are about pages, files and mails weigh
// more than those about what addresses do: 0 to 1.
func (t topic) content() float64 {
	c, n := 0.0, 0.0
	for class, s := range t.score {
		if strings.HasPrefix(class, "abusive-content/spam") {
			continue // of senders as of what they advertise
		}
		if contents[class] || class == "fraud/copyright" && !t.shared {
			c += s
		} else {
			n += s
		}
	}
	if c+n == 0 {
		return 0.5
	}
	return c / (c + n)
}

var contents = map[string]bool{
	"fraud/phishing": true, "malicious-code/malware-distribution": true, "fraud/masquerade": true, "intrusions/application-compromise": true,
	"abusive-content/violence": true, "information-content-security/data-leak": true,
}

func (d *document) topic(x *lexicon) topic {
	t := topic{score: map[string]float64{}}
	var subjects, texts, quotes strings.Builder
	for i := range d.lines {
		l := &d.lines[i]
		switch {
		case l.zone == outer || l.zone == registry || l.zone == route || l.zone == pasted || l.zone == signature:
		case l.zone == subject:
			subjects.WriteString(strings.ToLower(l.unlinked()) + "\n")
		case l.zone == nested || l.depth > 0:
			quotes.WriteString(strings.ToLower(l.unlinked()) + "\n")
		case texts.Len() < 64<<10:
			text := strings.ToLower(l.unlinked())
			texts.WriteString(text + "\n")
			if l.zone == body && !l.log && t.doubts < 4 && x.denies(text) {
				t.doubts++
			}
		}
	}
	s, b, q := subjects.String(), texts.String(), head(quotes.String(), 32<<10)
	t.shared = slices.ContainsFunc([]string{"torrent", "p2p", "peer-to-peer", "edonkey", "emule", "gnutella"}, func(w string) bool { return strings.Contains(b, w) || strings.Contains(s, w) })
	for _, p := range x.topics {
		n := 2.5*float64(count(s, p.text, 1)) + math.Log2(1+float64(count(b, p.text, 7))) + 0.4*math.Log2(1+float64(count(q, p.text, 7)))
		if n > 0 {
			t.score[p.class] += n * p.weight
		}
	}
	if again := t.score[persists]; again > 0 {
		delete(t.score, persists)
		t.score[string(candor.Undetermined)] = max(0, t.score[string(candor.Undetermined)]-again)
		t.again = true
	}
	classes := make([]string, 0, len(t.score))
	for c := range t.score {
		classes = append(classes, c)
	}
	slices.SortFunc(classes, func(a, b string) int { return cmp.Or(cmp.Compare(t.score[b], t.score[a]), cmp.Compare(a, b)) })
	if s := t.score[string(candor.Undetermined)]; s > 0 {
		most := 0.0
		for c, x := range t.score {
			if c != string(candor.Undetermined) {
				most = max(most, x)
			}
		}
		t.settled = s / (s + most + little)
	}
	t.class = candor.Undetermined
	if len(classes) > 0 {
		t.class, t.margin = candor.Class(classes[0]), t.score[classes[0]]
	}
	if len(classes) > 1 {
		t.margin -= t.score[classes[1]]
	}
	return t
}

func count(text, phrase string, most int) (n int) {
	for at := 0; n < most; {
		i := strings.Index(text[at:], phrase)
		if i < 0 {
			return n
		}
		if edge(text, at+i, at+i+len(phrase)) || len(phrase) > 5 {
			n++
		}
		at += i + len(phrase)
	}
	return n
}

// unlinked is the text of a line without the paths of its URLs: their words are those
// of pages, and not of who reports them.
func (l *line) unlinked() string {
	var b strings.Builder
	at := 0
	for _, m := range l.names {
		if m.kind != intake.URL || m.start < at || m.end > len(l.text) {
			continue
		}
		b.WriteString(l.text[at:m.start])
		b.WriteByte(' ')
		at = m.end
	}
	if at == 0 {
		return l.text
	}
	b.WriteString(l.text[at:])
	return b.String()
}

// infected tells whether a report is of infected computers.
func (t topic) infected() bool { return t.class == "malicious-code/infected-system" }
