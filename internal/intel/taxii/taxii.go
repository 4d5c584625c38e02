// Package taxii exchanges what is known of threats by TAXII 2.1 (OASIS): a server
// over a Store, and a client.
package taxii

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"candor"
	"candor/internal/intel/tlp"
)

// MediaType is that of TAXII 2.1.
const MediaType = "application/taxii+json;version=2.1"

// Discovery is what a server is (TAXII 2.1, 4.1).
type Discovery struct {
	Title       string   `json:"title"`
	Description string   `json:"description,omitempty"`
	Contact     string   `json:"contact,omitempty"`
	Default     string   `json:"default,omitempty"`
	Roots       []string `json:"api_roots,omitempty"`
}

// Root is a group of collections (4.2).
type Root struct {
	Name             string   `json:"-"` // in its address
	Title            string   `json:"title"`
	Description      string   `json:"description,omitempty"`
	Versions         []string `json:"versions"`
	MaxContentLength int64    `json:"max_content_length"` // bytes of a request
}

// Collection is a set of objects (5.2), as one principal may use it.
type Collection struct {
	ID          string   `json:"id"` // a UUID
	Title       string   `json:"title"`
	Description string   `json:"description,omitempty"`
	Alias       string   `json:"alias,omitempty"` // a word that stands for the ID
	CanRead     bool     `json:"can_read"`
	CanWrite    bool     `json:"can_write"`
	MediaTypes  []string `json:"media_types,omitempty"`
	// Audience is who can read it: objects that are marked too strictly for it are
	// neither taken nor given.
	Audience tlp.Audience `json:"-"`
}

// Status is what came of objects that were added (4.3).
type Status struct {
	ID           string    `json:"id"`
	Status       string    `json:"status"` // complete or pending
	Requested    time.Time `json:"request_timestamp"`
	Total        int       `json:"total_count"`
	SuccessCount int       `json:"success_count"`
	Successes    []Detail  `json:"successes,omitempty"`
	FailureCount int       `json:"failure_count"`
	Failures     []Detail  `json:"failures,omitempty"`
	PendingCount int       `json:"pending_count"`
	Pendings     []Detail  `json:"pendings,omitempty"`
}

// Detail is what came of one object.
type Detail struct {
	ID      string `json:"id"`
	Version string `json:"version"`
	Message string `json:"message,omitempty"`
}

// Object is one version of an object of STIX.
type Object struct {
	ID          string
	Type        string
	SpecVersion string    // "2.0", "2.1"
	Version     time.Time // modified or created; zero for what has neither
	Raw         json.RawMessage
}

// ParseObject reads what is needed of an object of STIX. candor.ErrInvalid says
// what is wrong with it; the ID is given all the same, if it has one.
func ParseObject(raw json.RawMessage) (Object, error) {
	var said struct {
		ID          string `json:"id"`
		Type        string `json:"type"`
		SpecVersion string `json:"spec_version"`
		Created     string `json:"created"`
		Modified    string `json:"modified"`
	}
	if err := json.Unmarshal(raw, &said); err != nil {
		return Object{}, fmt.Errorf("an object of TAXII: %w", errors.Join(err, candor.ErrInvalid))
	}
	o := Object{ID: said.ID, Type: said.Type, SpecVersion: said.SpecVersion, Raw: raw}
	name, uuid, ok := strings.Cut(o.ID, "--")
	if _, err := candor.ParseID(strings.ToLower(uuid)); !ok || err != nil || o.Type == "" || name != o.Type {
		return o, fmt.Errorf("%.80q is no ID of a %.40q: %w", o.ID, o.Type, candor.ErrInvalid)
	}
	if o.SpecVersion == "" {
		o.SpecVersion = "2.1"
		if said.Created != "" {
			o.SpecVersion = "2.0" // which had no such property
		}
	}
	version := said.Modified
	if version == "" {
		version = said.Created
	}
	if version != "" {
		t, err := parseTime(version)
		if err != nil {
			return o, err
		}
		o.Version = t
	}
	return o, nil
}

func parseTime(s string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339Nano, strings.ToUpper(s))
	if err != nil || t.Year() < 1 || t.Year() > 9999 {
		return time.Time{}, fmt.Errorf("%.40q is no timestamp: %w", s, candor.ErrInvalid)
	}
	return t.UTC(), nil
}

// stamp is how times are written (3.2): microseconds, in UTC.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }

// version is how versions are written: milliseconds, or as many digits as they
// need.
func version(t time.Time) string {
	if t.Nanosecond()%int(time.Millisecond) != 0 {
		return stamp(t)
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}
