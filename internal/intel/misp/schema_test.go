package misp_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"candor/internal/intel/misp"
	"candor/internal/intel/tlp"
)

// TestSchema holds what is written against the schema and the table of types that
// MISP publishes (MISP/PyMISP, pymisp/data), where CANDOR_MISP_DATA names the folder
// that holds them.
func TestSchema(t *testing.T) {
	dir := os.Getenv("CANDOR_MISP_DATA")
	if dir == "" {
		t.Skip("CANDOR_MISP_DATA names no folder of schemas")
	}
	var out bytes.Buffer
	if err := misp.Write(&out, release(t, bundle(1), tlp.Community)); err != nil {
		t.Fatal(err)
	}
	s := schema(t, filepath.Join(dir, "schema-lax.json"))
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(out.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(doc); err != nil {
		t.Errorf("%v\n%s", err, out.Bytes())
	}
	raw, err := os.ReadFile(filepath.Join(dir, "describeTypes.json"))
	if err != nil {
		t.Fatal(err)
	}
	var types struct {
		Result struct {
			Mappings map[string][]string `json:"category_type_mappings"`
		} `json:"result"`
	}
	var event struct {
		Event struct {
			Attribute []struct{ Type, Category string }
		}
	}
	if err := json.Unmarshal(raw, &types); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out.Bytes(), &event); err != nil || len(event.Event.Attribute) == 0 {
		t.Fatal(err)
	}
	for _, a := range event.Event.Attribute {
		if !slices.Contains(types.Result.Mappings[a.Category], a.Type) {
			t.Errorf("%s may not be in %s", a.Type, a.Category)
		}
	}
	for kind, categories := range allowed {
		for _, c := range categories {
			if !slices.Contains(types.Result.Mappings[c], kind) {
				t.Errorf("the table of the tests has %s in %s", kind, c)
			}
		}
	}
}

// schema compiles a schema. MISP's names a property "required" that is a list: a
// mistake, which is taken out.
func schema(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	mend(doc)
	c := jsonschema.NewCompiler()
	if err := c.AddResource("misp.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("misp.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func mend(v any) {
	m, ok := v.(map[string]any)
	if !ok {
		return
	}
	if p, ok := m["properties"].(map[string]any); ok {
		if _, isList := p["required"].([]any); isList {
			delete(p, "required")
		}
	}
	for _, inner := range m {
		mend(inner)
	}
}
