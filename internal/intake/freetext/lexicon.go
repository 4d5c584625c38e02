package freetext

import (
	"cmp"
	_ "embed"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

//go:embed topics.tsv
var topicList string

// meaning is what a word says of the value beside it.
type meaning uint8

const (
	nothing meaning = iota
	source
	victim
	reporter
	relay
	recipient
	host
	link
	named
	beyond
	denied
	your
	our
	meanings
)

var meaningNames = [meanings]string{"nothing", "source", "victim", "reporter", "relay", "recipient", "host", "link", "named", "other", "denied", "your", "our"}

type phrase struct {
	text string
	says meaning
}

type topicPhrase struct {
	text   string
	class  string
	weight float64
}

// lexicon has phrases by their last or first letter, since they are looked for
// right before or behind a value.
type lexicon struct {
	before map[rune][]phrase // by the last letter; the longest first
	behind map[rune][]phrase // by the first letter
	any    map[rune][]phrase // of your and our, by the first letter
	topics []topicPhrase
}

func parseLexicon(words string) *lexicon {
	x := &lexicon{before: map[rune][]phrase{}, behind: map[rune][]phrase{}, any: map[rune][]phrase{}}
	for row := range strings.SplitSeq(words, "\n") {
		name, list, ok := strings.Cut(row, "\t")
		if !ok || strings.HasPrefix(row, "#") {
			continue
		}
		name, behind := strings.CutSuffix(name, ">")
		says := meaning(max(slices.Index(meaningNames[:], name), 0))
		for text := range strings.SplitSeq(list, "|") {
			x.put(phrase{text: text, says: says}, behind)
		}
	}
	for row := range strings.SplitSeq(topicList, "\n") {
		f := strings.Split(row, "\t")
		if len(f) != 3 || strings.HasPrefix(row, "#") {
			continue
		}
		weight, err := strconv.ParseFloat(f[1], 64)
		if err != nil {
			continue
		}
		for text := range strings.SplitSeq(f[2], "|") {
			x.topics = append(x.topics, topicPhrase{text: text, class: f[0], weight: weight})
		}
	}
	for _, m := range []map[rune][]phrase{x.before, x.behind, x.any} {
		for _, all := range m {
			slices.SortStableFunc(all, func(a, b phrase) int { return cmp.Compare(len(b.text), len(a.text)) })
		}
	}
	return x
}

func (x *lexicon) put(p phrase, behind bool) {
	first, _ := utf8.DecodeRuneInString(p.text)
	last, _ := utf8.DecodeLastRuneInString(p.text)
	switch {
	case p.text == "":
	case p.says >= denied:
		x.any[first] = append(x.any[first], p)
	case behind:
		x.behind[first] = append(x.behind[first], p)
	default:
		x.before[last] = append(x.before[last], p)
	}
}

// said is a phrase found, and how many bytes lie between it and the value.
type said struct {
	says     meaning
	distance int
	text     string
}

// left finds the phrases before a value, the nearest first, at most five.
func (x *lexicon) left(text string) (all []said) {
	for end := len(text); end > 0 && len(all) < 5; {
		r, size := utf8.DecodeLastRuneInString(text[:end])
		hit := false
		for _, p := range x.before[r] {
			if strings.HasSuffix(text[:end], p.text) && edge(text, end-len(p.text), end) {
				all = append(all, said{says: p.says, distance: len(text) - end, text: p.text})
				end -= len(p.text)
				hit = true
				break
			}
		}
		if !hit {
			end -= size
		}
	}
	return all
}

// right finds the first phrase behind a value.
func (x *lexicon) right(text string) (said, bool) {
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRuneInString(text[at:])
		for _, p := range x.behind[r] {
			if strings.HasPrefix(text[at:], p.text) && edge(text, at, at+len(p.text)) {
				return said{says: p.says, distance: at, text: p.text}, true
			}
		}
		at += size
	}
	return said{}, false
}

// owners tells which words of possession stand in a text.
func (x *lexicon) owners(text string) (yours, ours bool) {
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRuneInString(text[at:])
		for _, p := range x.any[r] {
			if strings.HasPrefix(text[at:], p.text) && edge(text, at, at+len(p.text)) {
				yours, ours = yours || p.says == your, ours || p.says == our
				break
			}
		}
		at += size
	}
	return yours, ours
}

// denies tells whether words say that a value is not meant. What is "to be removed" is.
func (x *lexicon) denies(text string) bool {
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRuneInString(text[at:])
		for _, p := range x.any[r] {
			if p.says == denied && strings.HasPrefix(text[at:], p.text) && edge(text, at, at+len(p.text)) && !strings.HasSuffix(text[:at], "be ") {
				return true
			}
		}
		at += size
	}
	return false
}

// edge tells whether words begin and end where a phrase does. In scripts
// without spaces they do everywhere.
func edge(text string, from, to int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:from])
	first, _ := utf8.DecodeRuneInString(text[from:to])
	last, _ := utf8.DecodeLastRuneInString(text[from:to])
	after, _ := utf8.DecodeRuneInString(text[to:])
	return !(joins(before) && joins(first)) && !(joins(last) && joins(after))
}

// joins tells whether a letter is one of those that words are made of.
func joins(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_' || r >= 0xC0 && r < 0x2000 && r != utf8.RuneError
}

// meant is what a phrase says: "Website: x" is of who signs, "the website x" is what
// is spoken of.
func (s said) meant(field bool) meaning {
	if s.says == reporter && !field && strings.HasPrefix(s.text, "web") {
		return host
	}
	return s.says
}
