// Package stix reads and writes bundles of STIX 2.1 (OASIS).
package stix

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"candor/internal/intel"
	"candor/internal/intel/tlp"
)

// MediaType is that of STIX 2.1.
const MediaType = "application/stix+json;version=2.1"

// Content is what a bundle says.
type Content struct {
	Indicators []intel.Indicator
	Sightings  []intel.Sighting
	// Observed are sightings of things that nobody called a threat: of
	// observed-data that no indicator is based on.
	Observed []intel.Sighting
	Revoked  []string // IDs of objects that their makers took back
	Name     string   // of the first report, or of a grouping
	Producer string   // name of the first identity that made something
	TLP      tlp.Mark
	Objects  int // how many were read
	// Problems are of objects that could not be read, the first hundred; the others
	// were.
	Problems []string
}

const mostProblems = 100

func (c *Content) problem(format string, args ...any) {
	if len(c.Problems) < mostProblems {
		c.Problems = append(c.Problems, fmt.Sprintf(format, args...))
	}
}

// object is an object of any type, with the properties that are of use here.
type object struct {
	Type        string   `json:"type"`
	ID          string   `json:"id"`
	SpecVersion string   `json:"spec_version,omitempty"`
	CreatedBy   string   `json:"created_by_ref,omitempty"`
	Created     moment   `json:"created,omitzero"`
	Modified    moment   `json:"modified,omitzero"`
	Name        string   `json:"name,omitempty"`
	Description string   `json:"description,omitempty"`
	Labels      []string `json:"labels,omitempty"`
	Confidence  int      `json:"confidence,omitempty"`
	Revoked     bool     `json:"revoked,omitempty"`
	Markings    []string `json:"object_marking_refs,omitempty"`

	IdentityClass  string `json:"identity_class,omitempty"`
	ContactDetails string `json:"contact_information,omitempty"`

	IndicatorTypes []string `json:"indicator_types,omitempty"`
	Pattern        string   `json:"pattern,omitempty"`
	PatternType    string   `json:"pattern_type,omitempty"`
	PatternVersion string   `json:"pattern_version,omitempty"`
	ValidFrom      moment   `json:"valid_from,omitzero"`
	ValidUntil     moment   `json:"valid_until,omitzero"`

	FirstObserved  moment            `json:"first_observed,omitzero"`
	LastObserved   moment            `json:"last_observed,omitzero"`
	NumberObserved int64             `json:"number_observed,omitempty"`
	Objects        map[string]object `json:"objects,omitempty"` // of STIX 2.0

	SightingOf   string   `json:"sighting_of_ref,omitempty"`
	WhereSighted []string `json:"where_sighted_refs,omitempty"`
	FirstSeen    moment   `json:"first_seen,omitzero"`
	LastSeen     moment   `json:"last_seen,omitzero"`
	Count        int64    `json:"count,omitempty"`

	RelationshipType string   `json:"relationship_type,omitempty"`
	Source           string   `json:"source_ref,omitempty"`
	Target           string   `json:"target_ref,omitempty"`
	ReportTypes      []string `json:"report_types,omitempty"`
	Lang             string   `json:"lang,omitempty"`
	Published        moment   `json:"published,omitzero"`
	ObjectRefs       []string `json:"object_refs,omitempty"`
	ObjectRef        string   `json:"object_ref,omitempty"` // of language-content
	ObjectModified   moment   `json:"object_modified,omitzero"`
	// Contents are properties of what ObjectRef is, by language.
	Contents   map[string]map[string]string `json:"contents,omitempty"`
	SampleRefs []string                     `json:"sample_refs,omitempty"`
	IsFamily   *bool                        `json:"is_family,omitempty"`

	Value  string            `json:"value,omitempty"`
	Hashes map[string]string `json:"hashes,omitempty"`

	DefinitionType string               `json:"definition_type,omitempty"`
	Definition     *definition          `json:"definition,omitempty"`
	Extensions     map[string]extension `json:"extensions,omitempty"`
	Granular       []granular           `json:"granular_markings,omitempty"`
}

type definition struct {
	TLP string `json:"tlp,omitempty"`
}

type extension struct {
	Type string `json:"extension_type,omitempty"`
	TLP  string `json:"tlp_2_0,omitempty"`
}

type granular struct {
	Marking string `json:"marking_ref"`
}

// moment is a timestamp of STIX: RFC 3339, in UTC, with milliseconds as written
// here.
type moment struct{ time.Time }

const layout = "2006-01-02T15:04:05.000Z"

// at gives a time as it will be read again.
func at(t time.Time) moment {
	if t.IsZero() {
		return moment{}
	}
	return moment{t.UTC().Truncate(time.Millisecond)}
}

func (m moment) MarshalJSON() ([]byte, error) { return json.Marshal(m.UTC().Format(layout)) }

// UnmarshalJSON takes what is a time; all else is none, so that one bad time does
// not lose the object.
func (m *moment) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) != nil {
		return nil //nolint:nilerr // no time
	}
	if t, err := time.Parse(time.RFC3339Nano, strings.ToUpper(s)); err == nil {
		m.Time = t.UTC()
	}
	return nil
}
