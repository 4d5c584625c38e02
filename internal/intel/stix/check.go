package stix

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"candor"
	"candor/internal/regex"
)

// identifier is the form of IDs (STIX 2.1, 2.9).
var identifier = regex.Of(`^([a-z][a-z0-9-]+[a-z0-9])--[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

// stamp is the form of timestamps that say milliseconds.
var stamp = regex.Of(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,9}Z$`)

// required are the properties that an object of a type has at least, besides type
// and id.
var required = map[string][]string{
	"identity":           {"spec_version", "created", "modified", "name"},
	"indicator":          {"spec_version", "created", "modified", "pattern", "pattern_type", "valid_from"},
	"observed-data":      {"spec_version", "created", "modified", "first_observed", "last_observed", "number_observed", "object_refs"},
	"relationship":       {"spec_version", "created", "modified", "relationship_type", "source_ref", "target_ref"},
	"sighting":           {"spec_version", "created", "modified", "sighting_of_ref"},
	"report":             {"spec_version", "created", "modified", "name", "published", "object_refs"},
	"language-content":   {"spec_version", "created", "modified", "object_ref", "contents"},
	"marking-definition": {"spec_version", "created"},
	"ipv4-addr":          {"value"}, "ipv6-addr": {"value"}, "domain-name": {"value"}, "url": {"value"}, "email-addr": {"value"},
	"file": {"hashes"},
}

// Check tells whether a bundle is what the specification asks of the types that
// Write writes: properties, forms of IDs and times, order of times, patterns, IDs
// of observables, references that lead to an object of the bundle (a sighting may
// be of what others hold). Each fault is told; all are candor.ErrInvalid.
func Check(r io.Reader) error {
	c := checker{ids: map[string]bool{}}
	in := &bounded{r: r, left: MostBytes}
	err := objects(json.NewDecoder(in), func(raw json.RawMessage) error {
		if len(c.all) >= MostObjects {
			return fmt.Errorf("more than %d objects", MostObjects)
		}
		var o map[string]any
		if err := json.Unmarshal(raw, &o); err != nil {
			return err
		}
		c.all = append(c.all, o)
		c.ids[said(o, "id")] = true
		return nil
	})
	if err != nil {
		return fmt.Errorf("STIX: %w", errors.Join(err, candor.ErrInvalid))
	}
	for _, o := range c.all {
		c.object(o)
	}
	if len(c.faults) > 0 {
		return fmt.Errorf("STIX: %s: %w", strings.Join(c.faults, "; "), candor.ErrInvalid)
	}
	return nil
}

type checker struct {
	all    []map[string]any
	ids    map[string]bool
	faults []string
}

func said(o map[string]any, key string) string {
	s, _ := o[key].(string)
	return s
}

func (c *checker) fault(o map[string]any, format string, args ...any) {
	if len(c.faults) < mostProblems {
		c.faults = append(c.faults, fmt.Sprintf("%.80s: ", said(o, "id"))+fmt.Sprintf(format, args...))
	}
}

func (c *checker) object(o map[string]any) {
	kind := said(o, "type")
	if m := identifier.FindStringSubmatch(said(o, "id")); m == nil || m[1] != kind {
		c.fault(o, "no ID of a %s", kind)
	}
	wants, known := required[kind]
	if !known {
		c.fault(o, "a type that is not written here: %.40s", kind)
	}
	for _, key := range wants {
		if v, ok := o[key]; !ok || v == "" {
			c.fault(o, "no %s", key)
		}
	}
	for key, v := range o {
		c.property(o, key, v)
	}
	for _, pair := range [][2]string{{"created", "modified"}, {"first_observed", "last_observed"}, {"first_seen", "last_seen"}, {"valid_from", "valid_until"}} {
		from, to := said(o, pair[0]), said(o, pair[1])
		if to != "" && (to < from || to == from && pair[0] == "valid_from") {
			c.fault(o, "%s before %s", pair[1], pair[0])
		}
	}
	if kind == "indicator" {
		if _, err := ParsePattern(said(o, "pattern")); err != nil {
			c.fault(o, "%v", err)
		}
	}
	c.observable(o)
}

// times are the properties that are timestamps.
var times = []string{"created", "modified", "valid_from", "valid_until", "first_observed", "last_observed", "first_seen", "last_seen", "published", "object_modified"}

func (c *checker) property(o map[string]any, key string, v any) {
	switch x := v.(type) {
	case string:
		if slices.Contains(times, key) && !stamp.MatchString(x) {
			c.fault(o, "%s is no timestamp: %.40s", key, x)
		}
		if strings.HasSuffix(key, "_ref") {
			c.reference(o, key, x)
		}
	case []any:
		if len(x) == 0 {
			c.fault(o, "%s is empty", key)
		}
		for _, one := range x {
			if ref, ok := one.(string); ok && strings.HasSuffix(key, "_refs") {
				c.reference(o, key, ref)
			}
		}
	case float64:
		if key == "confidence" && (x < 0 || x > 100) || strings.HasPrefix(key, "count") && x < 0 || key == "number_observed" && x < 1 {
			c.fault(o, "%s of %v", key, x)
		}
	case nil:
		c.fault(o, "%s is null", key)
	}
}

func (c *checker) reference(o map[string]any, key, ref string) {
	if !identifier.MatchString(ref) {
		c.fault(o, "%s is no ID: %.80s", key, ref)
	} else if !c.ids[ref] && key != "sighting_of_ref" {
		c.fault(o, "%s leads nowhere: %s", key, ref)
	}
}

// observable checks that an observable has the ID that all give it.
func (c *checker) observable(o map[string]any) {
	kind, properties := said(o, "type"), map[string]any{}
	if _, ok := valued(kind); ok {
		properties["value"] = o["value"]
	} else if hashes, _ := o["hashes"].(map[string]any); kind == "file" {
		for _, name := range []string{"MD5", "SHA-1", "SHA-256", "SHA-512"} { // the first there is
			if h, ok := hashes[name]; ok {
				properties["hashes"] = map[string]any{name: h}
				break
			}
		}
	} else {
		return
	}
	if id, err := observableID(kind, properties); err != nil || id != said(o, "id") {
		c.fault(o, "should be %s", id)
	}
}
