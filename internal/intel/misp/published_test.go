//go:build schemas

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

// TestPublished holds what is written against the schema and the table of types that
// MISP publishes (MISP/PyMISP, pymisp/data), in the folder that CANDOR_MISP_DATA names.
// The strict schema there is older than first_seen, last_seen and sightings: without
// these it is held against that too.
func TestPublished(t *testing.T) {
	dir := os.Getenv("CANDOR_MISP_DATA")
	if dir == "" {
		t.Fatal("CANDOR_MISP_DATA names no folder of schemas")
	}
	var out bytes.Buffer
	if err := misp.Write(&out, release(t, bundle(1), tlp.Community)); err != nil {
		t.Fatal(err)
	}
	if err := published(t, filepath.Join(dir, "schema-lax.json")).Validate(document(t, out.Bytes())); err != nil {
		t.Errorf("%v\n%s", err, out.Bytes())
	}
	var event struct {
		Event map[string]any
	}
	var types struct {
		Result struct {
			Mappings map[string][]string `json:"category_type_mappings"`
		} `json:"result"`
	}
	raw, err := os.ReadFile(filepath.Join(dir, "describeTypes.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &types); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out.Bytes(), &event); err != nil {
		t.Fatal(err)
	}
	for _, x := range event.Event["Attribute"].([]any) {
		a := x.(map[string]any)
		if !slices.Contains(types.Result.Mappings[a["category"].(string)], a["type"].(string)) {
			t.Errorf("%s may not be in %s", a["type"], a["category"])
		}
		delete(a, "first_seen")
		delete(a, "last_seen")
		delete(a, "Sighting")
	}
	if err := published(t, filepath.Join(dir, "schema.json")).Validate(map[string]any{"Event": event.Event}); err != nil {
		t.Errorf("strictly: %v", err)
	}
	for kind, categories := range allowed {
		for _, c := range categories {
			if !slices.Contains(types.Result.Mappings[c], kind) {
				t.Errorf("the table of the tests has %s in %s", kind, c)
			}
		}
	}
}

// published compiles a schema. MISP's names a property "required" that is a list: a
// mistake, which is taken out.
func published(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	doc := document(t, raw)
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
