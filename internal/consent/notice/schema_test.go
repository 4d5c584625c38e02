package notice

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

func compiled(t testing.TB) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("notice.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("notice.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSchemaAgrees holds the published schema and Decode against each other,
// on notices that are made up and on such that were damaged: both take them, or
// both refuse them.
func TestSchemaAgrees(t *testing.T) {
	s := compiled(t)
	taken, refused := 0, 0
	for seed := range uint64(3000) {
		r := rand.New(rand.NewPCG(seed, 7))
		var v any
		if seed%3 == 0 {
			if err := json.Unmarshal(sampleData(t, sampleNames()[r.IntN(6)]), &v); err != nil {
				t.Fatal(err)
			}
		} else {
			v = made(r, document())
		}
		for range r.IntN(4) {
			v = damage(r, v)
		}
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if len(data) > MostBytes {
			continue // a schema says nothing of size
		}
		n, problems := Decode(data)
		read, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		said := s.Validate(read)
		if (n != nil) != (said == nil) {
			t.Fatalf("seed %d: Decode says %v, the schema %v\n%s", seed, problems, said, data)
		}
		if n != nil {
			taken++
		} else {
			refused++
		}
	}
	t.Logf("%d taken, %d refused", taken, refused)
	if taken < 300 || refused < 300 {
		t.Errorf("%d were taken and %d refused: too few to tell", taken, refused)
	}
}

// made gives a value of a shape.
func made(r *rand.Rand, s *shape) any {
	switch s.kind {
	case object:
		m := map[string]any{}
		for _, k := range s.members {
			if k.required || r.IntN(2) == 0 {
				m[k.name] = made(r, k.shape)
			}
		}
		for i := 0; len(m) < s.least; i++ {
			m[s.members[i].name] = made(r, s.members[i].shape)
		}
		return m
	case list:
		items := []any{}
		for range s.least + r.IntN(3) {
			items = append(items, made(r, s.item))
		}
		return distinct(items, s.least)
	case byTag:
		m := map[string]any{}
		for _, tag := range []string{"en", "zh-Hans", "ar", "pt-BR"}[:1+r.IntN(4)] {
			m[tag] = made(r, s.item)
		}
		return m
	case flag:
		return r.IntN(2) == 0
	}
	if s.words != nil {
		return s.words[r.IntN(len(s.words))]
	}
	return cases(s.form)[r.IntN(len(cases(s.form)))]
}

func distinct(items []any, least int) []any {
	var out []any
	seen := map[string]bool{}
	for _, item := range items {
		data, _ := json.Marshal(item)
		if !seen[string(data)] || len(out) < least {
			out = append(out, item)
		}
		seen[string(data)] = true
	}
	if out == nil {
		return []any{}
	}
	return out
}

// cases are strings of a form, and such that are nearly of it.
func cases(form string) []string {
	switch form {
	case "line":
		return []string{"A text.", "文字", "نص", "x", "a  b"}
	case "sha256":
		return []string{strings.Repeat("0a", 32), strings.Repeat("f1", 32)}
	case "tag":
		return []string{"en", "zh-Hans", "es-419"}
	case "origin":
		return []string{"self", "inline", "https://a.example", "https://*.a.example:8443", "wss://x.example"}
	case "lifetime":
		return []string{"session", "unlimited", "P13M", "PT5S"}
	case "retention":
		return []string{"session", "account", "purpose", "P10Y"}
	}
	return []string{example(form)}
}

// damage changes one place of a document.
func damage(r *rand.Rand, v any) any {
	switch v := v.(type) {
	case map[string]any:
		if len(v) == 0 || r.IntN(8) == 0 {
			switch r.IntN(3) {
			case 0:
				v["surprise"] = true
			case 1:
				if len(v) > 0 {
					delete(v, sorted(v)[r.IntN(len(v))])
				}
			default:
				return strange(r)
			}
			return v
		}
		name := sorted(v)[r.IntN(len(v))]
		v[name] = damage(r, v[name])
		return v
	case []any:
		if len(v) == 0 || r.IntN(8) == 0 {
			switch r.IntN(4) {
			case 0:
				return append(slices.Clone(v), strange(r))
			case 1:
				return []any{}
			case 2:
				if len(v) > 0 {
					return append(slices.Clone(v), v[0])
				}
			}
			return strange(r)
		}
		i := r.IntN(len(v))
		v[i] = damage(r, v[i])
		return v
	case string:
		return bent(r, v)
	}
	return strange(r)
}

func strange(r *rand.Rand) any {
	return []any{nil, 1.5, "", true, []any{}, map[string]any{}, "x", []any{"x", "x"}, map[string]any{"en": "x"}}[r.IntN(9)]
}

func bent(r *rand.Rand, s string) any {
	switch r.IntN(9) {
	case 0:
		return s + "\n"
	case 1:
		return strings.ToUpper(s)
	case 2:
		return s + " "
	case 3:
		return strings.Repeat("é", mostLine+r.IntN(3)-1)
	case 4:
		return s + "\u202e"
	case 5:
		return "https://" + s
	case 6:
		return "*" + s
	case 7:
		return s[:len(s)/2]
	}
	return strange(r)
}
