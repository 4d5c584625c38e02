package terms

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	for text, want := range map[string][]Block{
		"One\ntwo.\n\nThree.":                 {{NoList, []Span{{Text: "One two."}}}, {NoList, []Span{{Text: "Three."}}}},
		"中文\n一行，\n继续":                         {{NoList, []Span{{Text: "中文一行，继续"}}}},
		"See:\n- a\n  b\n- *c*":               {{NoList, []Span{{Text: "See:"}}}, {Bulleted, []Span{{Text: "a b"}}}, {Bulleted, []Span{{Text: "c", Em: true}}}},
		"1. a\n2. b":                          {{Numbered, []Span{{Text: "a"}}}, {Numbered, []Span{{Text: "b"}}}},
		"In\n2027. Then":                      {{NoList, []Span{{Text: "In 2027. Then"}}}},
		"a **b *c* d** e":                     {{NoList, []Span{{Text: "a "}, {Text: "b ", Strong: true}, {Text: "c", Strong: true, Em: true}, {Text: " d", Strong: true}, {Text: " e"}}}},
		"[x y](https://a.example/z), [q](#r)": {{NoList, []Span{{Text: "x y", Href: "https://a.example/z"}, {Text: ", "}, {Text: "q", Href: "#r"}}}},
		`2 \* 3 < 4 & 5 \[x\]`:                {{NoList, []Span{{Text: "2 * 3 < 4 & 5 [x]"}}}},
		"a  ** b **":                          {{NoList, []Span{{Text: "a "}, {Text: "b", Strong: true}}}},
	} {
		got, mark := parse(text)
		if mark != "" {
			t.Errorf("%q: %s", text, mark)
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
		again, mark := parse(source(got))
		if diff := cmp.Diff(got, again); diff != "" {
			t.Errorf("%q as %q: %s %s", text, source(got), mark, diff)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                            "empty",
		" \n\n ":                      "empty",
		"- ":                          "empty",
		"<b>x</b>":                    "html",
		"x <!-- y":                    "html",
		"x &lt; y":                    "html",
		"# Title":                     "block",
		"> quote":                     "block",
		"| a | b |":                   "block",
		"a\n---\nb":                   "block",
		"`code`":                      "code",
		"**open":                      "emphasis",
		"*a\n\nb*":                    "emphasis",
		"![x](https://a.example)":     "image",
		"[x](javascript:alert(1))":    "link",
		"[x](http://a.example/)":      "link",
		"[x](//a.example/)":           "link",
		"[x](https://a.example/\"><)": "link",
		"[](https://a.example/)":      "link",
		"[x]":                         "link",
		"x]":                          "link",
		"[a *b](#c)*":                 "link",
		"[<b>](#c)":                   "html",
	} {
		if blocks, mark := parse(text); mark != want || blocks != nil {
			t.Errorf("%q: %q, want %q; %v", text, mark, want, blocks)
		}
	}
}

// FuzzParse holds that what is read can be written and read again, that it is
// written in one form only, and that its HTML holds no element that is not ours.
func FuzzParse(f *testing.F) {
	for _, name := range Library() {
		d := libraryDocument(f, name)
		for _, c := range d.Clauses {
			for _, tag := range d.Languages {
				f.Add(c.Text[tag])
			}
		}
	}
	f.Add("**a***b* \\- 1. x\n2. y\n- !\\[z](#q)![")
	f.Fuzz(func(t *testing.T, text string) {
		blocks, mark := parse(text)
		if (mark == "") == (len(blocks) == 0) {
			t.Fatalf("%q: %d blocks, %q", text, len(blocks), mark)
		}
		if mark != "" {
			return
		}
		written := source(blocks)
		again, mark := parse(written)
		if diff := cmp.Diff(blocks, again); diff != "" {
			t.Fatalf("%q as %q: %s %s", text, written, mark, diff)
		}
		if source(again) != written {
			t.Fatalf("%q is written as %q and %q", text, written, source(again))
		}
		if diff := cmp.Diff(blocks, blocksOf(tokens(blocks))); diff != "" {
			t.Fatalf("%q in tokens: %s", text, diff)
		}
		var b strings.Builder
		blocksHTML(&b, blocks)
		for _, piece := range strings.Split(b.String(), "<")[1:] {
			tag, _, _ := strings.Cut(piece, ">")
			if !strings.Contains(" p /p ul /ul ol /ol li /li em /em strong /strong /a ", " "+tag+" ") && !strings.HasPrefix(tag, `a href="`) {
				t.Fatalf("%q: element %q", text, tag)
			}
		}
	})
}
