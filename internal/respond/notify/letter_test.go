package notify_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"candor"
	"candor/internal/respond"
	"candor/internal/respond/notify"
	"candor/internal/respond/notify/smtptest"
)

var update = flag.Bool("update", false, "write the golden files anew")

var languages = []string{"ar", "en", "es", "fr", "ru", "zh"}

func golden(t *testing.T, name, got string) {
	t.Helper()
	name = filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func TestLetters(t *testing.T) {
	for _, lang := range languages {
		w := newWorld(t, smtptest.Options{}, nil)
		w.target.Party.Language = lang
		r := w.planned(t, notify.Options{})
		if err := w.apply(t, &r); err != nil {
			t.Fatal(err)
		}
		m := w.messages.all()[0]
		golden(t, lang+".txt", "Subject: "+m.Subject+"\n\n"+m.Text)
		golden(t, lang+".html", m.HTML)
	}
}

// TestCorrections covers the other letters, and the notice without all that
// can be missing.
func TestCorrections(t *testing.T) {
	for _, letter := range []notify.Letter{notify.Settled, notify.Withdrawn, notify.Notice} {
		w := newWorld(t, smtptest.Options{}, func(w *world, c *notify.Config) {
			w.facts, c.Link, c.Provider.Phone, c.Advice = facts{}, nil, "", silentAdvice{}
			w.target.Case.Confidence = 60
		})
		r := w.planned(t, notify.Options{Letter: letter})
		if err := w.apply(t, &r); err != nil {
			t.Fatal(err)
		}
		m := w.messages.all()[0]
		golden(t, string(letter)+"-bare.txt", "Subject: "+m.Subject+"\n\n"+m.Text)
		if strings.Contains(m.Text+m.HTML, "link.invalid") {
			t.Error("a mark is left")
		}
	}
}

type silentAdvice struct{}

func (silentAdvice) For(candor.Class, candor.Nature, string, string) (means, steps []string) {
	return nil, nil
}

// TestEveryClass: each class has a sentence in each language.
func TestEveryClass(t *testing.T) {
	w := newWorld(t, smtptest.Options{}, nil) // its end checks that no text was missing
	for _, class := range []candor.Class{candor.InfectedSystem, candor.MalwareDistribution, "malicious-code/c2-server", candor.ApplicationCompromise,
		candor.Exploit, candor.Phishing, candor.UnauthorisedUse, candor.Spam, candor.VulnerableSystem, candor.Undetermined, candor.Test,
		"abusive-content/violence", "availability/ddos", "information-content-security/data-leak", "fraud/copyright", "fraud/masquerade",
		"information-gathering/scanner", "unheard-of/thing", ""} {
		for _, nature := range []candor.Nature{"", candor.Malware, candor.Spyware, candor.Deceptive, candor.PUS} {
			w.target.Case.Class, w.target.Case.Nature = class, nature
			w.target.Party.Contacts = nil
			for _, lang := range languages {
				w.target.Party.Contacts = append(w.target.Party.Contacts,
					candor.Contact{Channel: candor.Mail, Address: lang + "@shop.example", Language: lang})
			}
			if got, err := notify.Preview(w.planned(t, notify.Options{Undo: notify.Settled})); err != nil || len(got) != len(languages) {
				t.Errorf("%d mails, %v", len(got), err)
			}
		}
	}
}

// TestVoice: what a notice never says.
func TestVoice(t *testing.T) {
	w := newWorld(t, smtptest.Options{}, nil)
	m, err := notify.Preview(w.planned(t, notify.Options{}))
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"hacked", "hacker", "your fault", "urgent", "immediately", "suspended"} {
		if strings.Contains(strings.ToLower(m[0].Text), word) {
			t.Errorf("the letter says %q", word)
		}
	}
	if remote := regexp.MustCompile(`(?i)<(img|link|script|iframe|object|form)|url\(|@import|background=`).FindString(m[0].HTML); remote != "" {
		t.Errorf("the letter loads something: %s", remote)
	}
}

// TestHostileNames: names of files and sites are words of strangers.
func TestHostileNames(t *testing.T) {
	evil := "a\r\nb</code><script>alert(1)</script>\u202egpj.exe {{.}} <!-- \x00\xff"
	w := newWorld(t, smtptest.Options{}, func(w *world, _ *notify.Config) {
		w.facts.paths = []string{evil, strings.Repeat("x/", 5000), "https://evil.example/login"}
		w.facts.total = 3
		w.target.Asset.Hosts = []string{"\u202e\r\n", evil}
		w.target.Asset.Name = evil
		w.target.Party.Name, w.target.Case.Title = evil, evil
	})
	r := w.planned(t, notify.Options{})
	if err := w.apply(t, &r); err != nil {
		t.Fatal(err)
	}
	m := w.messages.all()[0]
	if strings.ContainsAny(m.Subject, "\r\n\x00\u202e") || strings.ContainsAny(m.Text, "\x00\u202e\r") {
		t.Errorf("subject %q\n%s", m.Subject, m.Text)
	}
	if strings.Contains(m.HTML, "<script") || strings.Contains(m.HTML, "\u202e") || strings.Contains(m.HTML, "https://evil.example/") {
		t.Errorf("%s", m.HTML)
	}
	if len(m.Text) > 6000 {
		t.Errorf("the text has %d bytes", len(m.Text))
	}
	if got := w.server.Mails(); len(got) != 1 || got[0].To != "abuse@shop.example" {
		t.Errorf("%d mails went out", len(got))
	}
}

// TestNothingOfOthers: each fact of a party has a mark of its own; only marks
// that belong into the mail may be found there.
func TestNothingOfOthers(t *testing.T) {
	marks := map[string]string{}
	mark := func(name string) string {
		marks[name] = fmt.Sprintf("zq%dzq%s", len(marks), strings.ToLower(name))
		return marks[name]
	}
	w := newWorld(t, smtptest.Options{}, func(w *world, _ *notify.Config) {
		w.facts = facts{paths: []string{"/roots" + mark("root") + "/" + mark("path")}, total: 1}
		w.target = respond.Target{
			Case: candor.Case{ID: "01980000-0000-7000-8000-00000000000c", Title: mark("title"), Assignee: candor.ID(mark("assignee")),
				Class: candor.Phishing, Opened: began},
			Asset: candor.Asset{ID: candor.ID(mark("asset")), Owner: candor.ID(mark("owner")), Name: mark("name"), Reference: mark("assetref"),
				Hosts: []string{mark("host")}, Roots: []string{"/roots" + marks["root"]}},
			Party: candor.Party{ID: candor.ID(mark("party")), Name: mark("partyname"), Reference: mark("reference"), Note: mark("note"),
				Contacts: []candor.Contact{
					{Name: mark("one"), Channel: candor.Mail, Address: mark("first") + "@a.example", Purpose: "abuse"},
					{Name: mark("two"), Channel: candor.Mail, Address: mark("second") + "@b.example", Purpose: "abuse"},
					{Name: mark("three"), Channel: candor.Mail, Address: mark("third") + "@c.example", Purpose: "billing"},
					{Name: mark("four"), Channel: candor.Phone, Address: mark("phone")},
				}},
		}
	})
	r := w.planned(t, notify.Options{})
	r.Reason, r.By = mark("reason"), mark("by")
	if err := w.apply(t, &r); err != nil {
		t.Fatal(err)
	}
	mails := w.server.Mails()
	if len(mails) != 2 {
		t.Fatalf("%d mails", len(mails))
	}
	stored := w.messages.all()
	for i, m := range mails {
		may := map[string]bool{"path": true, "host": true, []string{"first", "second"}[i]: true}
		everything := strings.ToLower(m.From + m.To + string(m.Data) + stored[i].Subject + stored[i].Text + stored[i].HTML)
		for name, mark := range marks {
			if strings.Contains(everything, mark) != may[name] {
				t.Errorf("mail to %s: holds %s: %v", m.To, name, !may[name])
			}
		}
	}
}

func TestChoice(t *testing.T) {
	contact := func(purpose, address, lang string) candor.Contact {
		return candor.Contact{Purpose: purpose, Channel: candor.Mail, Address: address, Language: lang}
	}
	for _, tt := range []struct {
		name     string
		contacts []candor.Contact
		want     string // address/language
		warnings int
	}{
		{"abuse first", []candor.Contact{contact("", "all@x.example", ""), contact("technical", "t@x.example", ""), contact("abuse", "a@x.example", "")}, "a@x.example/fr", 0},
		{"then technical", []candor.Contact{contact("", "all@x.example", ""), contact("technical", "t@x.example", "zh-CN")}, "t@x.example/zh", 0},
		{"then all", []candor.Contact{contact("billing", "b@x.example", ""), contact("", "all@x.example", "ru")}, "all@x.example/ru", 0},
		{"then any", []candor.Contact{contact("billing", "b@x.example", "de")}, "b@x.example/fr", 0},
		{"once each", []candor.Contact{contact("abuse", "a@x.example", ""), contact("abuse", "A@X.example ", "")}, "a@x.example/fr", 0},
		{"no phone", []candor.Contact{{Channel: candor.Phone, Address: "1@x.example"}, contact("", "m@x.example", "")}, "m@x.example/fr", 0},
		{"damaged", []candor.Contact{contact("abuse", "nobody", ""), contact("", "m@x.example", "")}, "m@x.example/fr", 1},
		{"two", []candor.Contact{contact("abuse", "a@x.example", "es"), contact("abuse", "b@x.example", "ar")}, "a@x.example/es b@x.example/ar", 0},
	} {
		w := newWorld(t, smtptest.Options{}, nil)
		w.target.Party.Language, w.target.Party.Contacts = "fr", tt.contacts
		plan, r := w.plan(t, notify.Options{})
		mails, err := notify.Preview(r)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, m := range mails {
			got = append(got, m.To+"/"+m.Language)
		}
		if s := strings.Join(got, " "); s != tt.want || len(plan.Warnings) != tt.warnings || len(plan.Effects) != len(mails) {
			t.Errorf("%s: %s; warnings %+v; effects %+v", tt.name, s, plan.Warnings, plan.Effects)
		}
	}
}

func TestTooManyContacts(t *testing.T) {
	w := newWorld(t, smtptest.Options{}, nil)
	for i := range 30 {
		w.target.Party.Contacts = append(w.target.Party.Contacts,
			candor.Contact{Purpose: "abuse", Channel: candor.Mail, Address: fmt.Sprintf("c%d@x.example", i)})
	}
	plan, _ := w.plan(t, notify.Options{})
	if len(plan.Effects) != 10 || len(plan.Warnings) != 1 || !strings.Contains(plan.Warnings[0].Text, "21") {
		t.Errorf("%d effects, %+v", len(plan.Effects), plan.Warnings)
	}
}

func TestPlanWarns(t *testing.T) {
	w := newWorld(t, smtptest.Options{}, func(w *world, _ *notify.Config) { w.facts.deadline = time.Time{} })
	w.target.Case.Confidence = 50
	plan, _ := w.plan(t, notify.Options{})
	var keys []string
	for _, l := range plan.Warnings {
		keys = append(keys, l.Key)
	}
	if diff := cmp.Diff([]string{"notify.plan.undated", "notify.plan.unsure"}, keys); diff != "" {
		t.Error(diff)
	}
	if !plan.Lasting || plan.Undo.Key != "notify.plan.lasting" {
		t.Errorf("%+v", plan.Undo)
	}
	plan, _ = w.plan(t, notify.Options{Undo: notify.Withdrawn})
	if plan.Lasting || plan.Undo.Key != "notify.plan.undo.withdrawn" {
		t.Errorf("%+v", plan.Undo)
	}
}
