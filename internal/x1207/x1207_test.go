package x1207

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// root is the project's folder, seen from this one.
const root = "../.."

func TestCatalogue(t *testing.T) {
	all, err := parse(data)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 50 || len(all) != len(IDs()) {
		t.Fatalf("%d requirements", len(all))
	}
	for _, r := range all {
		got, ok := ByID(r.ID)
		if !ok || got.Clause != r.Clause {
			t.Errorf("ByID(%s) = %v, %v", r.ID, got, ok)
		}
	}
	if _, ok := ByID("9.9z"); ok {
		t.Error("ByID gives what is not there")
	}
	Requirements()[0].Title.EN = "changed"
	if got, _ := ByID("1.1a"); got.Title.EN == "changed" {
		t.Error("the catalogue can be changed from outside")
	}
}

// plain is a catalogue of which only the second requirement is carried, partly.
func plain() []Requirement {
	all := Requirements()
	for i := range all {
		all[i].State, all[i].Missing, all[i].Carriers = NotYet, Text{}, nil
	}
	some := Text{EN: "some", ZH: "一些"}
	all[1].State, all[1].Missing, all[1].Carriers = Partly, some, []Carrier{{Command, "candor scan", some}}
	return all
}

// TestParseRefuses makes sure that parse can say no.
func TestParseRefuses(t *testing.T) {
	text, err := json.Marshal(plain())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parse(text); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(all []Requirement) []Requirement{
		"an id is missing":           func(all []Requirement) []Requirement { return all[1:] },
		"an id is twice":             func(all []Requirement) []Requirement { return append(all, all[0]) },
		"a title has one language":   func(all []Requirement) []Requirement { all[3].Title.ZH = ""; return all },
		"a state is unknown":         func(all []Requirement) []Requirement { all[3].State = "done"; return all },
		"carried by nothing":         func(all []Requirement) []Requirement { all[0].State = Carried; return all },
		"partly, and does not say":   func(all []Requirement) []Requirement { all[1].Missing = Text{}; return all },
		"a carrier without a name":   func(all []Requirement) []Requirement { all[1].Carriers[0].Name = ""; return all },
		"a carrier of unknown kind":  func(all []Requirement) []Requirement { all[1].Carriers[0].Kind = "hope"; return all },
		"not yet, but with carriers": func(all []Requirement) []Requirement { all[1].State = NotYet; return all },
	} {
		text, err := json.Marshal(spoil(plain()))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parse(text); err == nil {
			t.Errorf("%s: nobody minds", name)
		}
	}
	if _, err := parse([]byte(`[{"id": "1.1a", "carrier": []}]`)); err == nil {
		t.Error("an unknown field was taken")
	}
}

// TestDocuments holds that the documents are those of the catalogue.
func TestDocuments(t *testing.T) {
	for name, lang := range map[string]string{"x1207.md": "en", "x1207.zh-CN.md": "zh-CN"} {
		got, err := os.ReadFile(filepath.Join(root, "docs", name))
		if err != nil {
			t.Fatal(err)
		}
		want := Markdown(lang)
		if string(got) != want {
			t.Errorf("docs/%s is out of date: run go generate ./internal/x1207", name)
		}
		for _, id := range IDs() {
			if !strings.Contains(want, "\n## "+id+" ") {
				t.Errorf("docs/%s lacks %s", name, id)
			}
		}
	}
}
