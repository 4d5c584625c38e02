package phrase

import (
	"bytes"
	"context"
	"encoding/json"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func loaded(t *testing.T) *Catalogue {
	t.Helper()
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// inConsole tells whether an area is the console's.
func inConsole(area string) bool { return area == "console" || strings.HasPrefix(area, "console-") }

// TestLanguagesAgree holds every language against English: areas, keys,
// placeholders.
func TestLanguagesAgree(t *testing.T) {
	c := loaded(t)
	for _, problem := range disagreements(c.tongues) {
		t.Error(problem)
	}
}

func disagreements(tongues []*tongue) []string {
	var out []string
	english := tongues[0]
	for i, other := range tongues[1:] {
		for area, texts := range english.areas {
			if inConsole(area) && i+1 >= consoleLanguages {
				continue
			}
			for key, m := range texts {
				got, ok := other.areas[area][key]
				switch {
				case !ok:
					out = append(out, other.name+"/"+area+": lacks "+key)
				case got.plural != m.plural:
					out = append(out, other.name+"/"+area+": is or is not a plural: "+key)
				default:
					out = append(out, comparePlaceholders(other.name+"/"+area+": "+key, got, m)...)
				}
			}
		}
		for area, texts := range other.areas {
			for key := range texts {
				if _, ok := english.areas[area][key]; !ok {
					out = append(out, other.name+"/"+area+": English lacks "+key)
				}
			}
		}
	}
	return out
}

// comparePlaceholders wants the same names in each language, and in each
// form; only {n} may be left out of a form, as in "a day ago".
func comparePlaceholders(where string, a, english message) []string {
	var out []string
	if d := cmp.Diff(english.names(), a.names()); d != "" {
		out = append(out, where+": placeholders differ from English:\n"+d)
	}
	rest := func(names []string) []string {
		return slices.DeleteFunc(slices.Sorted(slices.Values(names)), func(n string) bool { return n == "n" })
	}
	for _, form := range a.forms {
		if !slices.Equal(slices.Compact(rest(form.names)), rest(a.names())) {
			out = append(out, where+": a plural form lacks a placeholder")
		}
	}
	return out
}

// TestDisagreements makes sure that the comparison can say no.
func TestDisagreements(t *testing.T) {
	files := fstest.MapFS{}
	for _, l := range languages {
		files[l+"/base.json"] = &fstest.MapFile{Data: []byte(`{"a": "{x}", "b": "{y}"}`)}
	}
	files["zh/base.json"] = &fstest.MapFile{Data: []byte(`{"a": "{z}", "c": "", "d": ""}`)}
	files["en/console.json"] = &fstest.MapFile{Data: []byte(`{"e": ""}`)}
	c, err := load(files)
	if err != nil {
		t.Fatal(err)
	}
	if got := len(disagreements(c.tongues)); got != 5 { // placeholders of a; b and e lacking; c and d too much
		t.Errorf("%d disagreements: %q", got, disagreements(c.tongues))
	}
}

// TestKeysSorted also finds keys that are in a file twice.
func TestKeysSorted(t *testing.T) {
	names, err := fs.Glob(files, "*/*.json")
	if err != nil || len(names) < 10 {
		t.Fatal(len(names), err)
	}
	for _, name := range names {
		data, err := fs.ReadFile(files, name)
		if err != nil {
			t.Fatal(err)
		}
		keys := keysOf(t, data)
		for i := 1; i < len(keys); i++ {
			if keys[i-1] >= keys[i] {
				t.Errorf("%s: %q stands before %q", name, keys[i-1], keys[i])
			}
		}
	}
}

func keysOf(t *testing.T, data []byte) []string {
	t.Helper()
	var out []string
	d := json.NewDecoder(bytes.NewReader(data))
	if _, err := d.Token(); err != nil {
		t.Fatal(err)
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, key.(string))
		var skipped json.RawMessage
		if err := d.Decode(&skipped); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func TestFor(t *testing.T) {
	c := loaded(t)
	for _, tt := range []struct {
		tags []string
		want string
	}{
		{nil, "en"},
		{[]string{"de"}, "en"},
		{[]string{"", "zh-CN,zh;q=0.9,en;q=0.8"}, "zh"},
		{[]string{"zh-Hans"}, "zh"},
		{[]string{"ar-EG"}, "ar"},
		{[]string{"de, fr-CA;q=0.5"}, "fr"},
		{[]string{"es", "ru"}, "es"},
		{[]string{"\x00;;q=;"}, "en"},
		{[]string{"ru" + strings.Repeat(",de", 10_000)}, "ru"},
		{[]string{strings.Repeat("r", 10_000)}, "en"},
	} {
		if got := c.For(tt.tags...).Lang(); got != tt.want {
			t.Errorf("For(%.40q) = %s, want %s", tt.tags, got, tt.want)
		}
	}
	if got := c.ForConsole("ar", "zh").Lang(); got != "zh" {
		t.Errorf("console in %s", got)
	}
	if d := c.For("ar").Dir() + c.For("zh").Dir(); d != "rtlltr" {
		t.Errorf("directions %s", d)
	}
}

func TestPrinter(t *testing.T) {
	files := fstest.MapFS{
		"en/base.json": {Data: []byte(`{"number.group": ",", "number.decimal": ".", "hello": "Hello {name}, {count} new", "only": "here",
			"cases": {"one": "a case of {who}", "other": "{n} cases of {who}"}}`)},
		"ru/base.json": {Data: []byte(`{"number.group": " ", "cases": {"one": "{n} дело {who}", "few": "{n} дела {who}", "many": "{n} дел {who}"}}`)},
		"ar/base.json": {Data: []byte(`{"hello": "مرحبا {name} {count}"}`)},
	}
	c, err := load(files)
	if err != nil {
		t.Fatal(err)
	}
	en, ru := c.For("en"), c.For("ru")
	who := Args{"who": "A"}
	for _, tt := range []struct{ got, want string }{
		{en.T("hello", Args{"name": "Li", "count": 1234}), "Hello Li, 1,234 new"},
		{en.T("hello", Args{"name": "Li"}), "Hello Li, {count} new"},
		{en.T("nothing"), "[nothing]"},
		{ru.T("only"), "here"},
		{en.N("cases", 1, who), "a case of A"},
		{en.N("cases", 0, who), "0 cases of A"},
		{ru.N("cases", 21, who), "21 дело A"},
		{ru.N("cases", 12, who), "12 дел A"},
		{ru.N("cases", 1003, who), "1 003 дела A"},
		{ru.N("cases", 1_000_001, who), "1 000 001 дело A"},
		{ru.N("cases", -2, who), "-2 дела A"},
		{c.For("ar").T("hello", Args{"name": "a/b", "count": 2}), "مرحبا \u2068a/b\u2069 2"},
		{Printer{}.T("only"), "[only]"},
		{Printer{}.N("only", 2), "[only]"},
		{T(With(context.Background(), en), "only"), "here"},
		{N(With(context.Background(), en), "cases", 2, who), "2 cases of A"},
		{T(context.Background(), "only"), "[only]"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
	times, keys := c.Missing()
	if d := cmp.Diff([]string{"hello {count}", "nothing"}, keys); times != 2 || d != "" {
		t.Errorf("missing %d: %s", times, d)
	}
	if !ru.Has("only") || ru.Has("nothing") {
		t.Error("Has is wrong")
	}
}

func TestLoadRefuses(t *testing.T) {
	for _, data := range []string{
		`{`, `[]`, `{"a": 1}`, `{"a": null}`, `{"a": "{"}`, `{"a": "}"}`, `{"a": "{A b}"}`, `{"a": "{x"}`,
		`{"a": {"one": "x"}}`, `{"a": {"one": "x", "other": "x", "most": "x"}}`, `{"a": {"one": "{", "other": "x"}}`,
	} {
		if _, err := load(fstest.MapFS{"en/base.json": {Data: []byte(data)}}); err == nil {
			t.Errorf("%s was taken", data)
		}
	}
	twice := fstest.MapFS{"en/base.json": {Data: []byte(`{"a": ""}`)}, "en/other.json": {Data: []byte(`{"a": ""}`)}}
	if _, err := load(twice); err == nil || !strings.Contains(err.Error(), "another area") {
		t.Errorf("a key in two areas: %v", err)
	}
}

func FuzzParseArea(f *testing.F) {
	f.Add([]byte(`{"a": "{x}", "b": {"one": "{n}", "other": "y"}}`))
	english := formsOf(loadedTag("en"))
	f.Fuzz(func(t *testing.T, data []byte) {
		texts, err := parseArea(data, english)
		if err != nil {
			return
		}
		c := &Catalogue{unknowns: map[string]bool{}, tongues: []*tongue{{name: "en", tag: loadedTag("en"), texts: texts}}}
		for key := range texts {
			p := Printer{c, c.tongues[0]}
			p.T(key)
			p.N(key, 1)
		}
	})
}

func TestNumbers(t *testing.T) {
	c := loaded(t)
	en, es, fr := c.For("en"), c.For("es"), c.For("fr")
	for _, tt := range []struct{ got, want string }{
		{en.Number(0), "0"}, {en.Number(-1234567), "-1,234,567"}, {en.Number(123), "123"},
		{es.Number(1234), "1234"}, {es.Number(12345), "12.345"}, {fr.Number(1234), "1\u202f234"},
		{en.Number(-1 << 63), "-9,223,372,036,854,775,808"},
		{en.Decimal(-0.5, 1), "-0.5"}, {fr.Decimal(1234.56, 1), "1\u202f234,6"}, {en.Decimal(1e300, 1), "1e+300"},
		{en.Percent(0), "0%"}, {en.Percent(1), "100%"}, {en.Percent(0.9999), "99.9%"}, {en.Percent(0.00001), "0.1%"}, {fr.Percent(0.5), "50\u00a0%"},
		{en.Bytes(0), "0\u00a0B"}, {en.Bytes(999), "999\u00a0B"}, {en.Bytes(1000), "1.0\u00a0kB"}, {en.Bytes(999_999), "1.0\u00a0MB"},
		{en.Bytes(123_456_789), "123\u00a0MB"}, {fr.Bytes(1_500), "1,5\u00a0ko"}, {en.Bytes(1<<63 - 1), "9,223\u00a0PB"},
		{Printer{}.Number(12345), "12345"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
	if times, keys := c.Missing(); times != 0 {
		t.Errorf("missing: %q", keys)
	}
}

func TestTimes(t *testing.T) {
	c := loaded(t)
	en, zh, ru, ar := c.For("en"), c.For("zh"), c.For("ru"), c.For("ar")
	at := time.Date(2026, 11, 5, 21, 3, 0, 0, time.UTC)
	kolkata := time.FixedZone("IST", 5*3600+1800)
	before := func(d time.Duration) time.Time { return at.Add(-d) }
	for _, tt := range []struct{ got, want string }{
		{en.Time(at, nil), "5 Nov 2026, 21:03 UTC"},
		{en.Time(at, kolkata), "6 Nov 2026, 02:33 UTC+5:30"},
		{en.Time(at, time.FixedZone("", -4*3600)), "5 Nov 2026, 17:03 UTC-4"},
		{zh.Time(at, time.FixedZone("CST", 8*3600)), "2026年11月6日 05:03 UTC+8"},
		{zh.Date(at, nil), "2026年11月5日"},
		{ru.Date(at, nil), "5 ноября 2026 г."},
		{en.Time(time.Time{}, nil), "not known"},
		{en.Ago(at, time.Time{}), "not known"},
		{en.Ago(at, at), "just now"}, {en.Ago(at, before(-59*time.Second)), "just now"},
		{en.Ago(at, before(time.Minute)), "1 minute ago"}, {en.Ago(at, before(59*time.Minute)), "59 minutes ago"},
		{en.Ago(at, before(-25*time.Hour)), "in 1 day"}, {zh.Ago(at, before(3*time.Hour)), "3小时前"},
		{en.Ago(at, before(40*day)), "1 month ago"}, {en.Ago(at, before(364*day)), "12 months ago"}, {en.Ago(at, before(800*day)), "2 years ago"},
		{ru.Ago(at, before(22*time.Minute)), "22 минуты назад"}, {ru.Ago(at, before(-5*day)), "через 5 дней"},
		{ar.Ago(at, before(2*day)), "قبل يومين"}, {ar.Ago(at, before(3*day)), "قبل 3 أيام"}, {ar.Ago(at, before(11*day)), "قبل 11 يومًا"},
		{en.Span(0), "0 ms"}, {en.Span(90 * time.Second), "1 min 30 s"}, {en.Span(2 * time.Hour), "2 h"},
		{en.Span(-(day + 30*time.Second)), "1 d"}, {en.Span(26 * time.Hour), "1 d 2 h"}, {en.Span(1500 * time.Millisecond), "1 s"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
	if times, keys := c.Missing(); times != 0 {
		t.Errorf("missing: %q", keys)
	}
}
