//go:build schemas

package stix_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"candor/internal/intel/tlp"
)

// TestPublished holds what is written against the schemas that OASIS publishes
// (oasis-open/cti-stix2-json-schemas), in the folder that CANDOR_STIX_SCHEMAS names.
func TestPublished(t *testing.T) {
	dir := os.Getenv("CANDOR_STIX_SCHEMAS")
	if dir == "" {
		t.Fatal("CANDOR_STIX_SCHEMAS names no folder of schemas")
	}
	c := jsonschema.NewCompiler()
	const base = "http://raw.githubusercontent.com/oasis-open/cti-stix2-json-schemas/stix2.1/schemas/"
	ids := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || filepath.Ext(name) != ".json" {
			return err
		}
		raw, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		at := base + filepath.ToSlash(rel)
		ids[strings.TrimSuffix(filepath.Base(name), ".json")] = at
		return c.AddResource(at, doc)
	})
	if err != nil {
		t.Fatal(err)
	}
	var bundle struct{ Objects []json.RawMessage }
	if err := json.Unmarshal(written(t, release(t, sample(), tlp.Community)), &bundle); err != nil {
		t.Fatal(err)
	}
	for _, raw := range bundle.Objects {
		o, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		kind := o.(map[string]any)["type"].(string)
		s, err := c.Compile(ids[kind])
		if err != nil {
			t.Fatal(kind, err)
		}
		if err := s.Validate(o); err != nil {
			t.Errorf("%s\n%v", raw, err)
		}
	}
}
