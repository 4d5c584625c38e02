package terms

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"candor"
	"candor/internal/consent"
)

// small is a version that nothing is wrong with.
const small = `schema: terms-1
document: tea
kind: hosting-terms
version: 1.0
effective: 2027-01-01T00:00:00+08:00
languages: [en, zh]
provider: {name: Tea Ltd, contact: "mailto:help@tea.test"}
title: {en: Tea terms, zh: 茶条款}
summary: {en: Short., zh: 简短。}
clauses:
  - id: scan
    allows: [quarantine, notify]
    serves: [2.2f, 2.1c]
    heading: {en: Scans, zh: 扫描}
    text:
      en: |
        We look at files
        every 7 days.

        - You can *say* no.
      zh: |
        我们每 7 天
        检查文件。

        - 您可以*拒绝*。
  - id: share
    optional: true
    allows: [submit]
    serves: [2.1b]
    heading: {en: Samples, zh: 样本}
    text: {en: "See [scans](#scan).", zh: "见[扫描](#scan)。"}
`

func smallDocument(t testing.TB, replace ...string) *Document {
	t.Helper()
	data := strings.NewReplacer(replace...).Replace(small)
	d, problems := Decode([]byte(data))
	if d == nil {
		t.Fatalf("%v\n%s", problems, data)
	}
	return d
}

func TestDecode(t *testing.T) {
	d, problems := Check([]byte(small))
	for _, p := range problems {
		if p.Code != "refusal" { // its only word on refusing is a clause of choice
			t.Errorf("%+v", p)
		}
	}
	want := &Document{Schema: "terms-1", ID: "tea", Kind: Hosting, Label: "1.0", Effective: "2027-01-01T00:00:00+08:00", Languages: []string{"en", "zh"},
		Provider: Provider{"Tea Ltd", "mailto:help@tea.test"}, Title: Text{"en": "Tea terms", "zh": "茶条款"}, Summary: Text{"en": "Short.", "zh": "简短。"},
		Clauses: []Clause{
			{ID: "scan", Allows: []string{"notify", "quarantine"}, Serves: []string{"2.1c", "2.2f"}, Heading: Text{"en": "Scans", "zh": "扫描"},
				Text: Text{"en": "We look at files every 7 days.\n\n- You can *say* no.", "zh": "我们每 7 天检查文件。\n\n- 您可以*拒绝*。"}},
			{ID: "share", Optional: true, Allows: []string{"submit"}, Serves: []string{"2.1b"}, Heading: Text{"en": "Samples", "zh": "样本"},
				Text: Text{"en": "See [scans](#scan).", "zh": "见[扫描](#scan)。"}},
		}}
	if diff := cmp.Diff(want, d); diff != "" {
		t.Error(diff)
	}
	if want := time.Date(2026, 12, 31, 16, 0, 0, 0, time.UTC); !d.Since().Equal(want) {
		t.Errorf("since %v, want %v", d.Since(), want)
	}
}

func TestVersion(t *testing.T) {
	d := smallDocument(t)
	id := candor.NewID(time.Unix(0, 0))
	v, err := d.Version(id)
	if err != nil {
		t.Fatal(err)
	}
	digest, err := d.Digest()
	if err != nil {
		t.Fatal(err)
	}
	want := &consent.Version{ID: id, Document: "tea", Label: "1.0", Digest: digest, Effective: d.Since(), Clauses: []consent.Clause{
		{ID: "scan", Allows: []string{"notify", "quarantine"}, Serves: []string{"2.1c", "2.2f"}},
		{ID: "share", Optional: true, Allows: []string{"submit"}, Serves: []string{"2.1b"}}}}
	if diff := cmp.Diff(want, v); diff != "" {
		t.Error(diff)
	}
}

// TestAge reads the age from which somebody may agree alone.
func TestAge(t *testing.T) {
	const place = "version: 1.0\n"
	d := smallDocument(t, place, place+"age: 16\n")
	if d.Age != 16 {
		t.Errorf("age %d", d.Age)
	}
	data, err := d.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	if again, problems := Decode(data); again == nil || again.Age != 16 {
		t.Errorf("the canonical form has lost it: %v", problems)
	}
	for _, bad := range []string{"0", "26", "-3", "16.5", `"16"`, "sixteen", "[16]", "null"} {
		if d, problems := Decode([]byte(strings.Replace(small, place, place+"age: "+bad+"\n", 1))); d != nil || len(problems) == 0 || problems[0].Pointer != "/age" {
			t.Errorf("age %s: %v", bad, problems)
		}
	}
}

// TestProblems breaks the small document in one place each, and wants the
// problem that says so, at its place.
func TestProblems(t *testing.T) {
	c := texts(t)
	told := map[string]bool{"size": true, "yaml": true, "several": true} // below, and in TestHostile
	for _, tt := range []struct{ old, new, code, at string }{
		{"version: 1.0", "version: true", "type", "/version"},
		{"version: 1.0", "version: 1 0", "form", "/version"},
		{"version: 1.0\n", "", "missing", ""},
		{"version: 1.0", "version: 1.0\nversion: 1.1", "duplicate", "/version"},
		{"version: 1.0", "version: 1.0\ncolour: red", "unknown", "/colour"},
		{"kind: hosting-terms", "kind: poem", "word", "/kind"},
		{"terms-1", "terms-9", "word", "/schema"},
		{"2027-01-01T00:00:00+08:00", "2027-01-01", "date", "/effective"},
		{"2027-01-01T00:00:00+08:00", "2027-02-30T00:00:00Z", "date", "/effective"},
		{"[en, zh]", "[]", "many", "/languages"},
		{"[en, zh]", "[en, Chinese]", "form", "/languages/1"},
		{"[en, zh]", "[en, zh, fr]", "language", "/title"},
		{"[en, zh]", "[en]", "surplus", "/title/zh"},
		{"[en, zh]", "[en, zh, en]", "twice", "/languages/2"},
		{"zh: 茶条款", "chinese: 茶条款", "tag", "/title"},
		{"Tea terms", `""`, "few", "/title/en"},
		{"Tea terms", `"a\u202eb"`, "character", "/title/en"},
		{"Tea terms", strings.Repeat("tea ", 50), "long", "/title/en"},
		{"mailto:help@tea.test", "ftp://tea.test", "form", "/provider/contact"},
		{"mailto:help@tea.test", "mailto:help@tea.example", "example", "/provider"},
		{"id: share", "id: scan", "twice", "/clauses/1/id"},
		{"optional: true", "optional: perhaps", "type", "/clauses/1/optional"},
		{"optional: true", "optional: true\n    chosen: true", "chosen", "/clauses/1/chosen"},
		{"allows: [submit]", "allows: [dance]", "action", "/clauses/1/allows/0"},
		{"allows: [submit]", "allows: [submit, submit]", "twice", "/clauses/1/allows/1"},
		{"serves: [2.1b]", "serves: [9.9z]", "requirement", "/clauses/1/serves/0"},
		{"serves: [2.2f, 2.1c]", "serves: [2.2f]", "control", "/clauses"},
		{"serves: [2.1b]", "serves: []", "refusal", "/clauses"},
		{"(#scan).", "(#scam).", "reference", "/clauses/1/text/en"},
		{"(#scan).", "(javascript:1).", "markup", "/clauses/1/text/en"},
		{"每 7 天", "每 8 天", "numbers", "/clauses/0/text/zh"},
		{"- 您可以", "您可以", "shape", "/clauses/0/text/zh"},
		{"We look at files", "If you go on using our service, you are deemed to have accepted this, and we look", "silence", "/clauses/0/text/en"},
		{"We look at files", "We look at " + strings.Repeat("old ", 40) + "files", "wordy", "/clauses/0/text/en"},
		{"provider: {", "provider: &p {", "alias", "/provider"},
		{"allows: [submit]", "allows: [[[[[[[[submit]]]]]]]]", "depth", "/clauses/1/allows/0/0/0/0/0/0"},
	} {
		if !strings.Contains(small, tt.old) {
			t.Fatalf("the document has no %q", tt.old)
		}
		_, problems := Check([]byte(strings.Replace(small, tt.old, tt.new, 1)))
		told[tt.code] = true
		i := slices.IndexFunc(problems, func(p Problem) bool { return p.Code == tt.code && p.Pointer == tt.at })
		if i < 0 {
			t.Errorf("%q: no problem %s at %q: %+v", tt.new, tt.code, tt.at, problems)
			continue
		}
		if problems[i].Line == 0 {
			t.Errorf("%q: %s without a line", tt.new, tt.code)
		}
		for _, tag := range c.Languages() {
			if what, do := problems[i].In(c.For(tag)); strings.ContainsAny(what+do, "[]{}") && tt.code != "type" && tt.code != "markup" {
				t.Errorf("%s in %s: %s %s", tt.code, tag, what, do)
			}
		}
	}
	for _, code := range Codes() {
		if !told[code] && !slices.Contains([]string{"unmarked", "overmarked", "replaces", "label", "other"}, code) { // TestJudge
			t.Errorf("no document has the problem %q", code)
		}
	}
	if times, keys := c.Missing(); times != 0 {
		t.Errorf("missing texts: %q", keys)
	}
}

// TestSilence holds that what denies consent by silence is not taken for it.
func TestSilence(t *testing.T) {
	for tag, both := range map[string][2][]string{
		"en": {{"By using the service you agree to this.", "Silence counts as consent.", "Customers who do not object accept the new terms."},
			{"Silence is not a yes.", "Going on to use the service does not mean that you agree.", "You can accept these terms here."}},
		"zh": {{"继续使用本服务即视为同意。", "逾期未提出异议的，默认接受。"}, {"沉默不等于同意，继续使用服务也不等于同意。", "您可以同意或拒绝。"}},
		"fr": {{"Votre silence vaut acceptation.", "Vous êtes réputé avoir accepté."}, {"Le silence ne vaut pas accord.", "Vous pouvez accepter."}},
		"es": {{"El silencio equivale a aceptar.", "Se entenderá que acepta."}, {"El silencio no es un sí.", "Puede aceptar."}},
		"ru": {{"Молчание означает согласие.", "Это считается согласием."}, {"Молчание не означает согласия.", "Можно согласиться."}},
		"ar": {{"استمرارك في الاستخدام يعني موافقة منك."}, {"السكوت لا يعني موافقة.", "يمكنك الموافقة."}},
	} {
		for i, list := range both {
			for _, s := range list {
				v := validator{}
				v.checkSilence(s, tag, "")
				if (len(v.problems) > 0) != (i == 0) {
					t.Errorf("%s: %q: %v", tag, s, v.problems)
				}
			}
		}
	}
}

func TestWestern(t *testing.T) {
	for n, want := range map[string]string{"30": "30", "٣٠": "30", "１２": "12", "1,000": "1000", "३": "3", "𝟗": "9"} {
		if got := western(n); got != want {
			t.Errorf("%s: %q, want %q", n, got, want)
		}
	}
}

// TestRoundTrip holds that the canonical form is read as the same document, and
// has the same canonical form.
func TestRoundTrip(t *testing.T) {
	for _, name := range Library() {
		d := libraryDocument(t, name)
		data, err := d.Canonical()
		if err != nil {
			t.Fatal(err)
		}
		again, problems := Decode(data)
		if diff := cmp.Diff(d, again); diff != "" {
			t.Errorf("%s: %v %s", name, problems, diff)
			continue
		}
		if other, err := again.Canonical(); err != nil || !bytes.Equal(data, other) {
			t.Errorf("%s: %v, another canonical form", name, err)
		}
	}
}

func digestOf(t testing.TB, d *Document) string {
	t.Helper()
	digest, err := d.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return digest
}

// TestDigestStays changes what does not matter.
func TestDigestStays(t *testing.T) {
	want := digestOf(t, smallDocument(t))
	for _, change := range [][]string{
		{"schema:", "# a comment\nschema:"},
		{"[quarantine, notify]", "[notify, quarantine]"},
		{"[2.2f, 2.1c]", "[2.1c, 2.2f]"},
		{"look at files\n        every", "look at files every"},
		{"- You can", "-   You  can"},
		{"version: 1.0", `version: "1.0"`},
		{"optional: true", "optional: True\n    material: false"},
		{"document: tea\nkind: hosting-terms", "kind: hosting-terms\ndocument: tea"},
	} {
		if got := digestOf(t, smallDocument(t, change...)); got != want {
			t.Errorf("%q: another digest", change)
		}
	}
	if got := digestOf(t, smallDocument(t, "7 days", "8 days")); got == want {
		t.Error("another text has the same digest")
	}
}

// TestDigestChanges changes each value of the canonical form, one at a time:
// every one has another digest.
func TestDigestChanges(t *testing.T) {
	d := smallDocument(t)
	want := digestOf(t, d)
	n := mutate(reflect.ValueOf(d).Elem(), "", func(at string) {
		if digestOf(t, d) == want {
			t.Errorf("%s was changed, and the digest is the same", at)
		}
	})
	if n < 35 {
		t.Errorf("only %d values were changed", n)
	}
	if digestOf(t, d) != want {
		t.Error("the document was not put back")
	}
}

// mutate changes each value below v, looks, and puts it back.
func mutate(v reflect.Value, at string, look func(at string)) (n int) {
	change := func(to reflect.Value) {
		old := reflect.ValueOf(v.Interface())
		v.Set(to)
		look(at)
		v.Set(old)
		n++
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			n += mutate(v.Field(i), at+"."+v.Type().Field(i).Name, look)
		}
	case reflect.String:
		change(reflect.ValueOf(v.String() + "x").Convert(v.Type()))
	case reflect.Int:
		change(reflect.ValueOf(int(v.Int() + 1)))
	case reflect.Bool:
		change(reflect.ValueOf(!v.Bool()))
	case reflect.Slice:
		for i := range v.Len() {
			n += mutate(v.Index(i), fmt.Sprint(at, "[", i, "]"), look)
		}
		if v.Len() > 0 {
			change(v.Slice(0, v.Len()-1))
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			old := v.MapIndex(key)
			v.SetMapIndex(key, reflect.ValueOf(old.String()+"x"))
			look(at + "." + key.String())
			v.SetMapIndex(key, old)
			n++
		}
	default:
		panic(at)
	}
	return n
}

// TestHostile holds that texts that want to be large or deep are refused soon.
func TestHostile(t *testing.T) {
	for name, data := range map[string]string{
		"size":    strings.Repeat("a", MostBytes+1),
		"depth":   strings.Repeat("[", 5000),
		"bomb":    "a: &a [x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
		"several": small + "---\n" + small,
		"binary":  "\xff\xfe\x00",
		"empty":   "",
		"tag":     "a: !!binary aGFsbG8=\n",
		"merge":   "a: &a {b: c}\nd:\n  <<: *a\n",
	} {
		began := time.Now()
		d, problems := Decode([]byte(data))
		if d != nil || !Faulty(problems) {
			t.Errorf("%s: %v", name, problems)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%s took %v", name, took)
		}
	}
}

// FuzzDecode holds that whatever is read can be pinned, read again, shown and
// compared with itself.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(small))
	for _, name := range Library() {
		data, err := Source(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	c := texts(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		d, problems := Check(data)
		for _, p := range problems {
			p.In(c.For("zh"))
		}
		if d == nil {
			if !Faulty(problems) {
				t.Fatal("nothing is said to be wrong")
			}
			return
		}
		canonical, err := d.Canonical()
		if err != nil {
			t.Fatal(err)
		}
		again, problems := Decode(canonical)
		if diff := cmp.Diff(d, again); diff != "" {
			t.Fatalf("%v %s", problems, diff)
		}
		if !json.Valid(canonical) {
			t.Fatal("no JSON")
		}
		var page strings.Builder
		if err := d.HTML(&page, c, "ar"); err != nil {
			t.Fatal(err)
		}
		comparison, err := Compare(d, again, c, "en")
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range comparison.Clauses {
			if x.Changed() || x.Moved {
				t.Fatalf("%s differs from itself", x.ID)
			}
		}
	})
}

// TestDigestPinned holds digests for ever: people agreed to them. Who changes
// the canonical form makes terms that were agreed to unprovable.
func TestDigestPinned(t *testing.T) {
	rich := smallDocument(t, "We look at files\n        every 7 days.", `**We *look*** at \*files\* < 5 & > 7 [here](https://tea.test/a?b=c#d), [mail](mailto:a@tea.test)!`+"\n        1. wait\n        2. *and* \\- see\n\n        202\\. Then\n        \\# so every 7 days.",
		"version: 1.0", "version: 1.0\nmaterial: true\nreplaces: "+strings.Repeat("0a", 32))
	const text = "**We *look*** at \\*files\\* \\< 5 \\& > 7 [here](https://tea.test/a?b=c#d), [mail](mailto:a@tea.test)!\n\n1. wait\n2. *and* - see\n\n202\\. Then # so every 7 days.\n\n- You can *say* no."
	if diff := cmp.Diff(text, rich.Clauses[0].Text["en"]); diff != "" {
		t.Error(diff)
	}
	for want, d := range map[string]*Document{
		"86ee9c53b0d773706e62e34e5f13fa65555158fb768fa7916328204965db0c94": smallDocument(t),
		"4e159d10492d9fc98044818d5d8607018ca116d148403e26bcc631bb7c6e53b0": rich,
	} {
		if got := digestOf(t, d); got != want {
			t.Errorf("the digest is %s, and was %s", got, want)
		}
	}
}
