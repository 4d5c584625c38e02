package house

import (
	"strings"
	"testing"
)

// TestUnquoted: what a reply quotes, and links that open cases, stay private.
func TestUnquoted(t *testing.T) {
	for text, want := range map[string]string{
		"It is mended.\r\n> https://desk.example/c/secret\r\nThanks":              "It is mended.\nThanks",
		"Done\n\nOn Mon, 1 Jan 2026 at 10:00, Desk <d@x.example> wrote:\nsecret":  "Done",
		"Done\n\nOn Mon, 1 Jan 2026 at 10:00, Desk\n<d@x.example> wrote:\nsecret": "Done",
		"Done\nAm 1. Januar schrieb Desk <d@x.example>:\nsecret":                  "Done",
		"Done\nLe lun. 1 janv. 2026, Desk a écrit :\nsecret":                      "Done",
		"Done\n2026年1月1日 Desk <d@x.example> 写道：\nsecret":                          "Done",
		"Done\n-----Original Message-----\nsecret":                                "Done",
		"See https://desk.example/c/abc.def?x=1 and http://shop.example/page":     "See […] and http://shop.example/page",
		"On Monday I mended it": "On Monday I mended it",
	} {
		if got := unquoted(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

// TestBrief: what strangers have repeated is short and leads nowhere.
func TestBrief(t *testing.T) {
	if got := Brief("Win at https://evil.example/x now, or\nwww.evil.example"); got != "Win at […] now, or […]" {
		t.Errorf("%q", got)
	}
	if got := Brief(strings.Repeat("й", 500)); got != strings.Repeat("й", 100)+"…" {
		t.Errorf("%q", got)
	}
}
