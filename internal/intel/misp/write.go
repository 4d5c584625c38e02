package misp

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"candor"
	"candor/internal/intake"
	"candor/internal/intel"
	"candor/internal/intel/tlp"
)

// Write writes what is released as one event. The same release is written the
// same, byte for byte. candor.ErrInvalid is of what cannot be said in MISP.
func Write(w io.Writer, r intel.Release) error {
	e, err := draft(r.Bundle())
	if err != nil {
		return err
	}
	return encode(w, e)
}

func encode(w io.Writer, e *event) error {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	return out.Encode(map[string]any{"Event": e})
}

func draft(b intel.Bundle) (*event, error) {
	if _, err := candor.ParseID(string(b.ID)); err != nil || b.Producer.Name == "" || b.Created.IsZero() {
		return nil, fmt.Errorf("a bundle without ID, producer or time: %w", candor.ErrInvalid)
	}
	modified := b.Modified
	if modified.Before(b.Created) {
		modified = b.Created
	}
	e := &event{UUID: string(b.ID), Info: b.Title, Date: b.Created.UTC().Format(time.DateOnly), Timestamp: seconds(modified), Published: true, PublishTime: seconds(modified),
		Analysis: "2", ThreatLevel: text(level(b.Severity)), Distrib: text(distribution(b.TLP)), Orgc: producer(b), Tags: tags(b.TLP, b.Class, 0), Attributes: []attribute{}}
	at := map[string]int{}
	for _, i := range b.Indicators {
		if err := e.add(b, i, modified, at); err != nil {
			return nil, err
		}
	}
	for _, s := range b.Sightings {
		n, ok := at[string(s.Indicator.Kind)+s.Indicator.Value]
		if !ok {
			continue // of what others hold: see Sightings
		}
		e.Attributes[n].Sightings = append(e.Attributes[n].Sightings, sighting{UUID: string(name(b, "sighting", strconv.Itoa(len(e.Attributes[n].Sightings)), s.Indicator.Value)), Type: "0", Date: string(seconds(s.Last)), Source: b.Producer.Name})
	}
	return e, nil
}

func producer(b intel.Bundle) *org {
	return &org{b.Producer.Name, string(intel.Name(intel.Own, "misp", "organisation", b.Producer.Name))}
}

func name(b intel.Bundle, parts ...string) candor.ID {
	return intel.Name(intel.Own, append([]string{"misp", string(b.ID)}, parts...)...)
}

func seconds(t time.Time) text { return text(strconv.FormatInt(t.Unix(), 10)) }

// add adds an indicator as an attribute, and notes where it stands.
func (e *event) add(b intel.Bundle, i intel.Indicator, modified time.Time, at map[string]int) error {
	key := string(i.Kind) + i.Value
	if _, there := at[key]; there {
		return nil
	}
	kind, category, ok := attributeType(i)
	if !ok {
		return fmt.Errorf("MISP has no attribute for %s: %w", i.Kind, candor.ErrInvalid)
	}
	a := attribute{UUID: string(name(b, string(i.Kind), i.Value)), Type: kind, Category: category, Value: text(i.Value), IDS: "1", Comment: i.Note,
		Timestamp: seconds(modified), Distrib: "5", Tags: tags(i.TLP, i.Class, i.Confidence)}
	if !i.First.IsZero() {
		a.First = text(i.First.UTC().Format(stamp))
		a.Last = a.First
		if i.Last.After(i.First) {
			a.Last = text(i.Last.UTC().Format(stamp))
		}
	}
	at[key] = len(e.Attributes)
	e.Attributes = append(e.Attributes, a)
	return nil
}

const stamp = "2006-01-02T15:04:05.000000-07:00"

// MarshalJSON writes a text that is yes or no as MISP has it.
func (a attribute) MarshalJSON() ([]byte, error) {
	type plain attribute
	return json.Marshal(struct {
		plain
		IDS bool `json:"to_ids"`
	}{plain(a), a.IDS.yes()})
}

// attributeType gives the type and category of an attribute: of those that MISP
// allows together (its describeTypes).
func attributeType(i intel.Indicator) (kind, category string, ok bool) {
	switch i.Kind {
	case intake.Address, intake.Network:
		switch i.Class {
		case "malicious-code/c2-server", candor.MalwareDistribution, candor.Phishing:
			return "ip-dst", "Network activity", true // victims connect to it
		}
		return "ip-src", "Network activity", true
	case intake.Domain:
		return "domain", "Network activity", true
	case intake.URL:
		return "url", "Network activity", true
	case intake.Mail:
		return "email-src", "Payload delivery", true
	case intake.Hash:
		kind = map[int]string{32: "md5", 40: "sha1", 64: "sha256", 96: "sha384", 128: "sha512"}[len(i.Value)]
		return kind, "Payload delivery", kind != ""
	}
	return "", "", false
}

func tags(m tlp.Mark, c candor.Class, confidence int) []tag {
	out := []tag{{Name: m.Tag(), Colour: colours[m.Effective()]}}
	if name, ok := classTag(c); ok {
		out = append(out, tag{Name: name})
	}
	if name, ok := confidenceTag(confidence); ok {
		out = append(out, tag{Name: name})
	}
	return out
}

// colours are those of the Traffic Light Protocol 2.0 on documents.
var colours = map[tlp.Mark]string{tlp.Clear: "#ffffff", tlp.Green: "#33ff00", tlp.Amber: "#ffc000", tlp.AmberStrict: "#ffc000", tlp.Red: "#ff2b2b"}

// level is MISP's word for how grave something is: 1 high to 4 undefined.
func level(s candor.Severity) string {
	switch s {
	case candor.Critical, candor.High:
		return "1"
	case candor.Medium:
		return "2"
	case candor.Low:
		return "3"
	}
	return "4"
}

// distribution says how far servers of MISP may hand an event on by themselves: 3
// everywhere, 1 to those that it came to, 0 not at all.
func distribution(m tlp.Mark) string {
	switch m.Effective() {
	case tlp.Clear:
		return "3"
	case tlp.Green:
		return "1"
	}
	return "0"
}

// Sighting is a request that tells a server that one of its attributes was seen
// (POST /sightings/add).
type Sighting struct {
	UUID      string `json:"uuid"`
	Timestamp string `json:"timestamp"`
	Type      string `json:"type"`
	Source    string `json:"source"`
}

// Sightings gives the sightings of what others told by a UUID, each once however
// often it was seen.
func Sightings(r intel.Release) []Sighting {
	var out []Sighting
	b := r.Bundle()
	for _, s := range b.Sightings {
		if id, err := candor.ParseID(strings.ToLower(s.Reference)); err == nil {
			out = append(out, Sighting{string(id), string(seconds(s.Last)), "0", b.Producer.Name})
		}
	}
	return out
}
