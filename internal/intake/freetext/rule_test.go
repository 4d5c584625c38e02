package freetext

import (
	"errors"
	"strings"
	"testing"

	"candor"
	"candor/internal/intake"
	"candor/internal/intake/message"
)

func rulesOf(t testing.TB, text string) *Rules {
	t.Helper()
	r, err := ReadRules(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func reportOf(t testing.TB, from, subject, text string) *message.Message {
	t.Helper()
	m, err := message.Read(strings.NewReader("From: "+from+"\nTo: abuse@isp.example\nDate: Tue, 10 Mar 2026 10:00:00 +0000\nSubject: "+subject+"\nContent-Type: text/plain; charset=utf-8\n\n"+text), message.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestRules: what a rule finds wins, with its class and zone, and only in mails
// that it is for.
func TestRules(t *testing.T) {
	r := New()
	r.Rules = rulesOf(t, `
- name: wall
  from: "@wall.example"
  subject: '^Digest \d+'
  behind: [Gegenstelle, "peer host:"]
  match:
    - 'box (?P<address>\S+) door (?P<port>\d+)'
    - 'page (?P<url>\S+)'
  class: intrusion-attempts/exploit
  zone: "+02:00"
`)
	text := "victim 198.51.100.4, Gegenstelle: 203.0.113.5\nbox 203.0.113.77 door 4444 at 2026-03-09 12:00:00\npage hxxp://evil[.]example/a, attacker 192.0.2.66\n"
	got := r.Read(reportOf(t, "Robot <x@mail.wall.example>", "Digest 7", text))
	e := got.Events[0]
	want := map[string]uint16{"203.0.113.5": 0, "203.0.113.77": 4444, "http://evil.example/a": 0}
	for _, a := range e.About {
		if port, ok := want[a.Value]; !ok || port != a.Port {
			t.Errorf("found %s, port %d", a.Value, a.Port)
		}
		delete(want, a.Value)
	}
	if len(want) > 0 || got.Rule != "wall" || got.Person != "" || got.Confidence != 100 || e.Class != "intrusion-attempts/exploit" {
		t.Errorf("not found %v; read as %+v by rule %q", want, got.Report, got.Rule)
	}
	if e.First == nil || e.First.Time.Format("15:04Z07:00") != "10:00Z" {
		t.Errorf("it happened at %+v", e.First)
	}
	for _, other := range []*message.Message{reportOf(t, "x@wall.example", "Other", text), reportOf(t, "x@notwall.example", "Digest 7", text), reportOf(t, "x@wall.example", "Digest 7", "nothing is here")} {
		if got := r.Read(other); got.Rule != "" || got.Confidence == 100 {
			t.Errorf("%q from %v is read by rule %q", other.Subject, other.From, got.Rule)
		}
	}
}

// TestWrongRules says which line is wrong, and what.
func TestWrongRules(t *testing.T) {
	for text, want := range map[string]string{
		"- name: a\n  from: x@y.example\n":                                                      "line 1: \"a\" has 0 labels",
		"- name: a\n  behind: [x]\n":                                                            "line 1: say whose mails",
		"- name: a\n  from: nobody\n  behind: [x]\n":                                            "line 2: \"nobody\" is neither",
		"- name: a\n  from: x@y.example\n  match: ['(']\n":                                      "line 3: error parsing",
		"- name: a\n  from: x@y.example\n  match: ['x']\n":                                      "line 3: no group is named",
		"- name: a\n  from: x@y.example\n  match: ['(?P<whence>x)']\n":                          "a group is named \"whence\"",
		"- name: a\n  from: x@y.example\n  behind: [x]\n  class: evil\n":                        "line 4: \"evil\" is no class",
		"- name: a\n  from: x@y.example\n  behind: [x]\n  zone: Mars\n":                         "line 4: \"Mars\" is no zone",
		"- name: a\n  form: x@y.example\n":                                                      "line 2",
		"- name: a\n  from: x@y.example\n  behind: [x]\n- name: a\n  subject: x\n  behind: [x]": "line 4: there is another rule",
		"name: a": "line 1",
	} {
		_, err := ReadRules(strings.NewReader(text))
		if !errors.Is(err, candor.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, not %s", text, err, want)
		}
	}
	if r := rulesOf(t, ""); len(r.all) != 0 {
		t.Errorf("an empty file has %d rules", len(r.all))
	}
}

func FuzzRules(f *testing.F) {
	f.Add("- name: a\n  from: \"@b.example\"\n  match: ['(?P<address>\\S+)']\n", "x 192.0.2.1 y")
	f.Add("- name: a\n  subject: x\n  behind: [é]\n  zone: UTC\n", "é 192.0.2.1")
	words := New()
	f.Fuzz(func(t *testing.T, rules, text string) {
		if len(rules) > 1<<12 || len(text) > 1<<12 {
			return
		}
		r, err := ReadRules(strings.NewReader(rules))
		if err != nil {
			return
		}
		m, err := message.Read(strings.NewReader("From: a@b.example\nSubject: x\n\n"+text), message.DefaultLimits())
		if err != nil {
			return
		}
		reader := *words
		reader.Rules = r
		for _, e := range reader.Read(m).Events {
			for _, a := range e.About {
				if _, err := intake.NewResource(a.Kind, a.Value); err != nil && reader.Read(m).Rule != "" {
					t.Errorf("%s %q: %v", a.Kind, a.Value, err)
				}
			}
		}
	})
}
