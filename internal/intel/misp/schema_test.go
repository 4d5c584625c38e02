package misp_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"candor/internal/intel"
	"candor/internal/intel/misp"
	"candor/internal/intel/tlp"
)

// schema compiles a schema of testdata. What it names elsewhere is not fetched.
func schema(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	s, err := jsonschema.NewCompiler().Compile(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func document(t *testing.T, raw []byte) any {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// TestSchema holds what is written against the core format.
func TestSchema(t *testing.T) {
	s := schema(t, "testdata/event.json")
	bare := bundle(2)
	bare.Indicators, bare.Sightings, bare.Class = nil, nil, ""
	for _, one := range []intel.Bundle{bundle(1), bare} {
		var out bytes.Buffer
		if err := misp.Write(&out, release(t, one, tlp.Community)); err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(document(t, out.Bytes())); err != nil {
			t.Errorf("%v\n%s", err, out.Bytes())
		}
	}
	for kind, categories := range allowed { // which the tests hold the writer against
		for _, c := range categories {
			doc := map[string]any{"uuid": "018f0000-0000-7000-8000-000000000001", "type": kind, "category": c, "to_ids": true, "distribution": "5", "timestamp": "1772370000", "value": value(kind)}
			event := map[string]any{"Event": map[string]any{"uuid": doc["uuid"], "published": true, "info": "x", "threat_level_id": "1", "analysis": "2", "date": "2026-03-01", "timestamp": "1772370000", "distribution": "3",
				"Orgc": map[string]any{"uuid": doc["uuid"], "name": "x"}, "Attribute": []any{doc}}}
			if err := s.Validate(event); err != nil {
				t.Errorf("%s in %s: %v", kind, c, err)
			}
		}
	}
}

// value is one that an attribute of a type may have.
func value(kind string) string {
	if n := map[string]int{"md5": 32, "sha1": 40, "sha256": 64, "sha384": 96, "sha512": 128}[kind]; n > 0 {
		return strings.Repeat("a", n)
	}
	return "bad@evil.example"
}

// TestSchemaRefuses: the schema finds what is wrong.
func TestSchemaRefuses(t *testing.T) {
	s := schema(t, "testdata/event.json")
	var out bytes.Buffer
	if err := misp.Write(&out, release(t, bundle(1), tlp.Community)); err != nil {
		t.Fatal(err)
	}
	for old, wrong := range map[string]string{
		`"published":true`: `"published":"1"`, `"threat_level_id":"1"`: `"threat_level_id":"5"`, `"analysis":"2"`: `"analysis":2`, `"info":"Phishing"`: `"info":""`, `"date":"2026-03-01"`: `"date":"1 March"`,
		`"type":"md5"`: `"type":"sha1"`, `"category":"Network activity"`: `"category":"Artifacts dropped"`, `"to_ids":true`: `"to_ids":"1"`, `"timestamp":"1772370000"`: `"timestamp":"2026-03-01"`, `"Orgc":`: `"Org":`,
		`"colour":"#33ff00"`: `"colour":"green"`, `"first_seen":"2026-03-01T12:00:00.000000+00:00"`: `"first_seen":"2026-03-01 12:00"`, `"comment":"seen"`: `"commentary":"seen"`, `"date_sighting":"1772366400"`: `"date_sighting":"noon"`,
	} {
		bad := strings.Replace(out.String(), old, wrong, 1)
		if bad == out.String() {
			t.Errorf("nothing is written like %s", old)
		} else if s.Validate(document(t, []byte(bad))) == nil {
			t.Errorf("%s in place of %s is valid", wrong, old)
		}
	}
}
