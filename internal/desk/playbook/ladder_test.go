package playbook

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"candor"
	"candor/internal/desk/calendar"
)

// TestLadders holds which classes have which ladder, and that all of them can be
// told.
func TestLadders(t *testing.T) {
	lib := loaded(t)
	for class, want := range map[candor.Class]string{candor.Phishing: "told remind contain authority", candor.Spam: "told remind contain authority", candor.VulnerableSystem: "told remind insist decide",
		"fraud/copyright": "told remind authority", candor.Test: "", candor.InfectedSystem: "told remind contain authority"} {
		var names []string
		for _, r := range lib.For(class, "", candor.High).Ladder {
			names = append(names, r.Name)
			for _, lang := range catalogue().ConsoleLanguages() {
				if text := r.Text.In(catalogue().For(lang)); text == "" || strings.HasPrefix(text, "[") {
					t.Errorf("%s, %s: text %q", lang, r.Name, text)
				}
			}
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s has %q, not %q", class, got, want)
		}
	}
	contain := lib.For(candor.Spam, "", candor.Low).Ladder[2]
	if !contain.Missed || contain.Cases != 3 || contain.Within.Days != 90 || contain.Again.Days != 30 || len(contain.Responses) != 1 || contain.Responses[0].Method != "notify" {
		t.Errorf("what is not grave: %+v", contain)
	}
	if got := lib.For(candor.Spam, "", candor.High).Ladder[2].Responses; len(got) != 3 || got[1].Level != "walled-garden" || got[1].Expires.Days != 14 {
		t.Errorf("what is: %+v", got)
	}
}

// TestOwnLadder has an operator's ladder take the place of the program's.
func TestOwnLadder(t *testing.T) {
	lib := loaded(t, file(`ladders:
  standard:
    - rung: board
      text: {en: Tell the board, zh: 报告董事会}
      after: 1w
      tasks: [{task: escalate, due: 2d}]
`))
	got := lib.For(candor.Spam, "", candor.High).Ladder
	if len(got) != 1 || got[0].Text.In(catalogue().For("zh-Hans")) == "" || got[0].After != (calendar.Period{Days: 7}) || got[0].Tasks[0].Due.Period.Days != 2 || len(got[0].Tasks[0].X1207) == 0 {
		t.Errorf("%+v", got)
	}
	if other := lib.For(candor.Phishing, "", candor.High).Ladder; len(other) != 4 {
		t.Errorf("another ladder is %+v", other)
	}
}

// TestWrongLadders names line and cure of what is wrong.
func TestWrongLadders(t *testing.T) {
	rung := func(text string) string { return "ladders:\n  own:\n    - {" + text + "}\n" }
	for text, want := range map[string]string{
		rung("rung: remind"):                                              "waits for nothing",
		rung("after: 3d"):                                                 "is no name",
		rung("rung: unheard, after: 3d"):                                  "has no text",
		rung("rung: remind, after: soon"):                                 "is no period",
		rung("rung: remind, cases: 3"):                                    "without a time",
		rung("rung: remind, within: 3d, after: 1d"):                       "without a time",
		rung("rung: remind, cases: 1, within: 3d"):                        "is none",
		rung("rung: remind, cases: -3, within: 3d"):                       "is none",
		rung("rung: remind, told: perhaps"):                               "is neither",
		rung("rung: remind, told: yes, colour: red"):                      "colour",
		rung("rung: contain, missed: yes, responses: [suspend]"):          "is not known",
		rung("rung: contain, missed: yes, responses: [quarantine]"):       "has no expiry",
		rung("rung: contain, missed: yes, tasks: [{task: unheard}]"):      "has no text",
		rung("rung: told, told: yes") + "    - {rung: told, told: yes}\n": "is there twice",
		"ladders:\n  none: []\n":                                          "stands for having none",
		"name: x\ntitle: {en: x}\nclasses: [spam]\nladder: high\nadvice: {topic: spam, steps: done}\n": "is not known",
	} {
		_, err := loadLayers(t, fstest.MapFS{"mine.yaml": {Data: []byte(text)}})
		if !errors.Is(err, candor.ErrInvalid) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "mine.yaml, line ") {
			t.Errorf("%s\ngives %v, and not %q", text, err, want)
		}
	}
}
