package playbook

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"candor"
	"candor/internal/desk/calendar"
)

func loadLayers(t testing.TB, overrides ...fstest.MapFS) (*Library, error) {
	t.Helper()
	own, err := fs.Sub(files, "data")
	if err != nil {
		t.Fatal(err)
	}
	layers := []fs.FS{own}
	for _, o := range overrides {
		layers = append(layers, o)
	}
	return load(catalogue(), layers)
}

func file(text string) fstest.MapFS {
	return fstest.MapFS{"mine.yaml": {Data: []byte(text)}}
}

const mine = `name: phishing
title: {en: Our phishing, zh: 我们的钓鱼预案}
classes: [fraud/phishing]
questions:
  - since
  - question: bank
    text: {en: "Which bank?"}
tasks:
  - {task: confirm, due: 30m, role: admin}
  - task: call-bank
    text: {en: Call the bank, fr: Appelez la banque}
    due: 2h working
    from: high
    x1207: 1.4c
  - {task: rescan, due: own}
deadlines: [{rule: own, from: medium}, customer]
responses: [notify]
advice:
  topic: phishing
  means: {en: It is bad.}
  steps: [files, {step: call, text: {en: Call us.}}]
  next: [look]
rules:
  - {rule: own, start: "met:acknowledgement", period: 1mo2d, warn: 2d6h, pausable: yes}
  - {rule: acknowledgement, start: case-opened, period: 1h, working: yes}
  - {rule: customer-high, start: customer-notified, period: 1d}
defaults:
  rescan: {due: 3d}
`

func TestOverride(t *testing.T) {
	lib := loaded(t, file(mine))
	en, fr := catalogue().For("en"), catalogue().For("fr")
	p := lib.For(candor.Phishing, "", candor.High)
	if p.Title.In(en) != "Our phishing" || len(p.Questions) != 2 || p.Questions[1].Text.In(fr) != "Which bank?" {
		t.Errorf("%+v", p)
	}
	if len(p.Tasks) != 3 || p.Tasks[0].Role != candor.RoleAdmin || p.Tasks[0].Due.Period != (calendar.Period{Time: 30 * time.Minute}) || p.Tasks[0].X1207[0] != "1.1e" {
		t.Errorf("%+v", p.Tasks)
	}
	if call := p.Tasks[1]; call.Text.In(fr) != "Appelez la banque" || !call.Due.Business || call.X1207[0] != "1.4c" {
		t.Errorf("%+v", call)
	}
	own := p.Deadlines[0].Rule
	if own.Start != calendar.Submission(calendar.Acknowledgement) || own.Period != (calendar.Period{Months: 1, Days: 2}) || own.Warn != 54*time.Hour || !own.Pausable {
		t.Errorf("%+v", own)
	}
	if customer := p.Deadlines[1].Rule; customer.Name != "customer-high" || customer.Period.Days != 1 {
		t.Errorf("%+v", customer)
	}
	told := p.Advice.In(fr, "Drupal 11")
	if told.Means != "It is bad." || len(told.Steps) != 2 || told.Steps[1] != "Call us." || !strings.HasPrefix(told.Seen, "Nous avons vu") {
		t.Errorf("%+v", told)
	}
	if low := lib.For(candor.Phishing, "", candor.Low); len(low.Tasks) != 2 || len(low.Deadlines) != 1 {
		t.Errorf("a small case: %+v", low)
	}
	// What the file took over from the program holds for the other playbooks.
	other := lib.For(candor.Spam, "", candor.High)
	for _, d := range other.Deadlines {
		if d.Rule.Name == calendar.Acknowledgement && d.Rule.Period != calendar.Hours(1) {
			t.Errorf("%+v", d.Rule)
		}
	}
	for _, task := range other.Tasks {
		if task.ID == "rescan" && task.Due.Period.Days != 3 {
			t.Errorf("%+v", task)
		}
	}
	// It is no longer for what it does not name.
	if got := lib.For("fraud/masquerade", "", candor.High).Name; got != "other" {
		t.Errorf("masquerade goes to %s", got)
	}
	if rule, ok := lib.Rule("own"); !ok || len(lib.Rules()) != len(calendar.Rules())+1 || rule.Name != "own" {
		t.Errorf("%+v", rule)
	}
}

// TestLayers holds that of two equal claims the later folder's wins.
func TestLayers(t *testing.T) {
	text := "name: %\ntitle: {en: x}\nclasses: [spam]\nadvice: {topic: spam, steps: done}\n"
	lib := loaded(t, file(strings.ReplaceAll(text, "%", "first")), file(strings.ReplaceAll(text, "%", "second")))
	if got := lib.For(candor.Spam, "", candor.Low).Name; got != "second" {
		t.Errorf("spam goes to %s", got)
	}
	lib, err := Load(fstest.MapFS{"readme.txt": {Data: []byte("x")}, "dir/x.yaml": {Data: []byte("x")}})
	if err != nil {
		t.Fatal(err)
	}
	if len(lib.Names()) != 19 {
		t.Errorf("%d playbooks", len(lib.Names()))
	}
}

func TestErrors(t *testing.T) {
	const head = "name: mine\ntitle: {en: x}\nclasses: [spam]\nadvice: {topic: spam, steps: [done]}\n" // 4 lines
	for _, tt := range []struct{ text, want string }{
		{"classes: [spam]", "mine.yaml, line 1: a playbook has no name"},
		{"name: Mine", `mine.yaml, line 1: "Mine" is no name`},
		{"name: mine", "mine.yaml, line 1: title has no text"},
		{"name: mine\ntitle: {en: x}", `mine.yaml, line 1: playbook "mine" is for no class`},
		{"name: mine\ntitle: {en: x}\nclasses: [spamm]", `mine.yaml, line 3: class "spamm"`},
		{"name: mine\ntitle: {en: x}\nclasses: [spams/*]", `mine.yaml, line 3: class "spams/*"`},
		{"name: mine\ntitle: {en: x}\nclasses: [spam]", `mine.yaml, line 1: playbook "mine" has nothing to tell`},
		{"name: mine\ntitle: {zh: 甲}\nclasses: [spam]", "mine.yaml, line 2: the English text"},
		{"name: mine\ntitle: {en: x, de: y}\nclasses: [spam]", `mine.yaml, line 2: language "de"`},
		{"name: mine\ntitle: {en: \"a\\nb\"}\nclasses: [spam]", "mine.yaml, line 2: the text is empty"},
		{head + "natures: [adware]", `mine.yaml, line 5: nature "adware"`},
		{head + "questions: [why]", "mine.yaml, line 5: question why has no text"},
		{head + "questions: [{text: {en: x}}]", "mine.yaml, line 5: question is missing"},
		{head + "tasks:\n  - confirm\n  - confirm", `mine.yaml, line 7: task "confirm" is there twice`},
		{head + "tasks:\n  - jump", "mine.yaml, line 6: task jump has no text"},
		{head + "tasks:\n  - {task: confirm, role: boss}", `mine.yaml, line 6: role "boss"`},
		{head + "tasks:\n  - {task: confirm, role: customer}", `mine.yaml, line 6: role "customer"`},
		{head + "tasks:\n  - {task: confirm, due: soon}", `mine.yaml, line 6: due: "soon"`},
		{head + "tasks:\n  - {task: confirm, due: 3d working}", `mine.yaml, line 6: due: "3d working"`},
		{head + "tasks:\n  - {task: confirm, from: grave}", `mine.yaml, line 6: severity "grave"`},
		{head + "tasks:\n  - {task: confirm, x1207: 9.9z}", `mine.yaml, line 6: X.1207 has no requirement "9.9z"`},
		{head + "deadlines: [someday]", `mine.yaml, line 5: rule "someday"`},
		{head + "deadlines: [customer, customer]", `mine.yaml, line 5: deadline "customer" is there twice`},
		{head + "responses: [delete]", `mine.yaml, line 5: response "delete"`},
		{head + "responses: [quarantine]", "mine.yaml, line 5: quarantine has no expiry"},
		{head + "responses: [{respond: quarantine, expires: never}]", `mine.yaml, line 5: expires: "never"`},
		{head + "rules: [{rule: r, start: birth, period: 1h}]", `mine.yaml, line 5: start "birth"`},
		{head + "rules: [{rule: r, start: aware, period: 1x}]", `mine.yaml, line 5: period: "1x"`},
		{head + "rules: [{rule: r, start: aware, period: 1d, working: yes}]", `mine.yaml, line 5: rule "r"`},
		{head + "rules: [{rule: r, start: aware, period: 1h, working: maybe}]", `mine.yaml, line 5: working: "maybe"`},
		{head + "rules: [{rule: r, start: aware, period: 1h, warn: 1mo}]", `mine.yaml, line 5: warn: "1mo"`},
		{head + "rules: [{rule: r, start: \"met:q\", period: 1h}]", `mine.yaml, line 5: rule "r" starts when "q"`},
		{head + "rules: [{rule: customer, start: aware, period: 1h}]", `mine.yaml, line 5: rule "customer"`},
		{head + "task: [confirm]", `mine.yaml, line 5: "task" is not known`},
		{head + "tasks: [" + strings.Repeat("confirm, ", 99) + "]", "mine.yaml, line 5: "},
		{"name: mine\ntitle: {en: x}\nclasses: [spam]\nadvice: {topic: nothing, steps: [done]}", "mine.yaml, line 4: advice: what was seen has no text"},
		{"name: mine\ntitle: {en: x}\nclasses: [spam]\nadvice: {topic: spam, steps: [dance]}", "mine.yaml, line 4: step dance has no text"},
		{"name: mine\ntitle: {en: x}\nclasses: [spam]\nadvice: {topic: spam}", "mine.yaml, line 4: advice has no steps"},
		{"name: other\nclasses: [spam]\nadvice: {topic: spam, steps: [done]}", "there is none for what no other is for"},
		{"defaults: {confirm: {role: nobody}}", `mine.yaml, line 1: role "nobody"`},
		{"defaults:\n  - confirm", "mine.yaml, line 2: names with values"},
	} {
		_, err := loadLayers(t, file(tt.text))
		switch {
		case !errors.Is(err, candor.ErrInvalid):
			t.Errorf("%q: %v, want %s", tt.text, err, tt.want)
		case !strings.HasPrefix(err.Error(), "read playbooks: "+tt.want) || candor.Hint(err) == "":
			t.Errorf("%q: %v (hint %q), want %s", tt.text, err, candor.Hint(err), tt.want)
		}
	}
}

// TestAllErrors holds that one wrong file does not hide another.
func TestAllErrors(t *testing.T) {
	_, err := loadLayers(t, fstest.MapFS{
		"a.yaml": {Data: []byte("name: A")}, "b.json": {Data: []byte("{")}, "c.yml": {Data: []byte(strings.Repeat("#", 300<<10))},
		"d.yaml": {Mode: fs.ModeDevice}, "e.yaml": {Data: []byte("x: y")},
	})
	for _, want := range []string{"b.json", "c.yml: not a plain file", "d.yaml: not a plain file", "e.yaml, line 1"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %s", err, want)
		}
	}
	same := "name: %\ntitle: {en: x}\nclasses: [spam]\nadvice: {topic: spam, steps: done}\n"
	for names, want := range map[string]string{"one one": "is in another file", "one two": "are both for abusive-content/spam"} {
		a, b, _ := strings.Cut(names, " ")
		_, err := loadLayers(t, fstest.MapFS{
			"a.yaml": {Data: []byte(strings.ReplaceAll(same, "%", a))}, "b.yaml": {Data: []byte(strings.ReplaceAll(same, "%", b))},
		})
		if err == nil || !strings.Contains(err.Error(), want) || candor.Hint(err) == "" {
			t.Errorf("%s: %v", names, err)
		}
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(mine)
	f.Add(`{"name": "x", "classes": "*", "title": {"en": "x"}, "advice": {"topic": "spam", "steps": ["done"]}}`)
	// One playbook instead of all of the program's: they are read every time.
	rest := fstest.MapFS{"rest.yaml": {Data: []byte("name: other\nclasses: \"*\"\nadvice: {topic: other, steps: done}\ndefaults: {confirm: {due: customer}}\n")}}
	f.Fuzz(func(t *testing.T, text string) {
		lib, err := load(catalogue(), []fs.FS{rest, file(text)})
		if err != nil {
			if !errors.Is(err, candor.ErrInvalid) || candor.Hint(err) == "" {
				t.Fatalf("%v (hint %q)", err, candor.Hint(err))
			}
			return
		}
		for _, p := range lib.Names() {
			got, _ := lib.Named(p, candor.Critical)
			got.Advice.In(catalogue().For("ar"), "Magento")
		}
		if times, keys := catalogue().Missing(); times > 0 {
			t.Fatalf("texts are missing: %q", keys)
		}
	})
}
