// Package misp reads and writes events of MISP, and feeds of them.
package misp

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"candor"
	"candor/internal/intel"
	"candor/internal/intel/tlp"
)

// Content is what an event says.
type Content struct {
	UUID     string
	Info     string
	Producer string // the organisation that made it
	Modified time.Time
	TLP      tlp.Mark
	// Indicators are of attributes that are there to detect by (to_ids), Context of
	// the others.
	Indicators []intel.Indicator
	Context    []intel.Indicator
	Attributes int // how many were read
	// Problems are of attributes that could not be read, the first hundred.
	Problems []string
}

const mostProblems = 100

func (c *Content) problem(format string, args ...any) {
	if len(c.Problems) < mostProblems {
		c.Problems = append(c.Problems, fmt.Sprintf(format, args...))
	}
}

// text is a value that some write as a string, others as a number or a boolean.
type text string

func (t *text) UnmarshalJSON(b []byte) error {
	var s string
	switch {
	case string(b) == "null":
	case json.Unmarshal(b, &s) == nil:
		*t = text(s)
	case len(b) < 64 && b[0] != '{' && b[0] != '[':
		*t = text(b)
	}
	return nil
}

// yes tells whether a value says so.
func (t text) yes() bool { return t == "1" || t == "true" }

// time reads a timestamp in seconds, or one of RFC 3339.
func (t text) time() time.Time {
	if n, err := strconv.ParseInt(string(t), 10, 64); err == nil && n > 0 && n < 1<<38 {
		return time.Unix(n, 0).UTC()
	}
	if w, err := time.Parse(time.RFC3339Nano, string(t)); err == nil {
		return w.UTC()
	}
	return time.Time{}
}

type event struct {
	UUID        string      `json:"uuid"`
	Info        string      `json:"info"`
	Date        string      `json:"date"`
	Timestamp   text        `json:"timestamp"`
	Published   bool        `json:"published"`
	PublishTime text        `json:"publish_timestamp,omitempty"`
	Analysis    text        `json:"analysis"`
	ThreatLevel text        `json:"threat_level_id"`
	Distrib     text        `json:"distribution"`
	Orgc        *org        `json:"Orgc,omitempty"`
	Tags        []tag       `json:"Tag,omitempty"`
	Attributes  []attribute `json:"Attribute"`
	Objects     []group     `json:"Object,omitempty"`
}

type org struct {
	Name string `json:"name"`
	UUID string `json:"uuid"`
}

type tag struct {
	Name   string `json:"name"`
	Colour string `json:"colour,omitempty"`
}

type group struct {
	Name       string      `json:"name"`
	Deleted    text        `json:"deleted,omitempty"`
	Attributes []attribute `json:"Attribute"`
}

type attribute struct {
	UUID      string     `json:"uuid"`
	Type      string     `json:"type"`
	Category  string     `json:"category"`
	Value     text       `json:"value"`
	IDS       text       `json:"to_ids"`
	Comment   string     `json:"comment,omitempty"`
	Timestamp text       `json:"timestamp"`
	First     text       `json:"first_seen,omitempty"`
	Last      text       `json:"last_seen,omitempty"`
	Distrib   text       `json:"distribution"`
	Deleted   text       `json:"deleted,omitempty"`
	Tags      []tag      `json:"Tag,omitempty"`
	Sightings []sighting `json:"Sighting,omitempty"`
}

type sighting struct {
	UUID   string `json:"uuid,omitempty"`
	Type   string `json:"type"`
	Date   string `json:"date_sighting,omitempty"`
	Source string `json:"source,omitempty"`
}

// marks gives the strictest mark of some tags; empty if none is one.
func marks(tags []tag) tlp.Mark {
	found := tlp.Mark("")
	for _, t := range tags {
		if m, ok := tlp.FromTag(t.Name); ok && (found == "" || m.Compare(found) > 0) {
			found = m
		}
	}
	return found
}

// class gives the class that the first tag names that names one: of the taxonomies
// rsit and ecsirt.
func class(tags []tag) candor.Class {
	for _, t := range tags {
		space, rest, ok := strings.Cut(strings.ToLower(t.Name), ":")
		if !ok || space != "rsit" && space != "ecsirt" {
			continue
		}
		predicate, value, _ := strings.Cut(rest, "=")
		value = strings.Trim(value, `"`)
		for _, word := range []string{predicate + "/" + value, ecsirt[value], value} {
			if c, ok := candor.ParseClass(word); ok && word != "" {
				return c
			}
		}
	}
	return ""
}

// ecsirt are words of the elder taxonomy that this one has others for.
var ecsirt = map[string]string{
	"botnet-drone": "infected-system", "c&c": "c2-server", "malware": "malware-distribution", "ransomware": "infected-system", "worm": "infected-system",
	"trojan": "infected-system", "virus": "infected-system", "spyware": "infected-system", "dialer": "infected-system", "rootkit": "infected-system",
	"ids-alert": "ids-alert", "brute-force": "brute-force", "defacement": "application-compromise", "backdoor": "system-compromise",
	"compromised": "system-compromise", "unauthorized-use-of-resources": "unauthorised-use-of-resources", "vulnerable-service": "vulnerable-system",
	"harmful-speech": "harmful-speech", "child-sexual-exploitation-violence-glorification": "violence",
}

// classTag is the tag of a class: rsit:fraud="phishing".
func classTag(c candor.Class) (string, bool) {
	predicate, value, ok := strings.Cut(string(c), "/")
	return "rsit:" + predicate + `="` + value + `"`, ok
}

// sure are the words of MISP's taxonomy for confidence, the surest first.
var sure = []struct {
	tag  string
	most int
}{
	{`misp:confidence-level="completely-confident"`, 100}, {`misp:confidence-level="usually-confident"`, 75},
	{`misp:confidence-level="fairly-confident"`, 50}, {`misp:confidence-level="rarely-confident"`, 25},
}

// confidence gives what tags say of it; 0 if none does.
func confidence(tags []tag) int {
	for _, t := range tags {
		for _, s := range sure {
			if strings.EqualFold(t.Name, s.tag) {
				return s.most
			}
		}
	}
	return 0
}

// confidenceTag gives the word for a confidence that does not say more than it.
func confidenceTag(n int) (string, bool) {
	for _, s := range sure {
		if n >= s.most {
			return s.tag, true
		}
	}
	return "", false
}
