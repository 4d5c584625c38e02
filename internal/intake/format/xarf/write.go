package xarf

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"candor"
	"candor/internal/intake"
)

// Party is who reports, or who sends a report.
type Party struct {
	Org     string `json:"org"`     // at most 200 characters
	Contact string `json:"contact"` // mail address
	Domain  string `json:"domain"`
}

// Incident is what a report of version 4 is written of.
type Incident struct {
	ID         string // a UUID
	Reporter   Party
	Sender     Party
	About      intake.Resource
	Class      candor.Class
	Received   time.Time // when it was reported: the time of it, if First is not known
	First      time.Time // zero if it is not told
	Last       time.Time
	Count      int64
	Confidence candor.Confidence
	TLP        string
	Note       string
	Evidence   string
}

// written is a report of version 4. Fields of types stand behind those of all.
type written map[string]any

// Write writes a report of version 4.2 as JSON. It is of the type that fits the
// class, if what that type asks for is known, and else tells the class as a threat;
// a tag always holds the class of the RSIT. What is written is checked as what is
// read is: an error says what the incident lacks.
func (r *Reader) Write(i Incident) ([]byte, error) {
	w := written{"xarf_version": "4.2.0", "report_id": i.ID, "timestamp": stamp(i.First, i.Received), "reporter": i.Reporter, "sender": i.Sender,
		"source_identifier": identifier(i.About), "confidence": float64(i.Confidence) / 100, "tags": tags(i)}
	if i.About.Port != 0 && i.About.Kind == intake.Address {
		w["source_port"] = i.About.Port
	}
	if i.Note != "" {
		w["description"] = cut(i.Note, 1000)
	}
	if i.Evidence != "" {
		sum := sha256.Sum256([]byte(i.Evidence))
		w["evidence"] = []any{map[string]any{"content_type": "text/plain", "description": "As reported", "payload": base64.StdEncoding.EncodeToString([]byte(i.Evidence)),
			"hash": "sha256:" + hex.EncodeToString(sum[:]), "size": len(i.Evidence)}}
	}
	for _, fill := range []func(written, Incident) bool{fits, threat} {
		typed := written{}
		for k, v := range w {
			typed[k] = v
		}
		if !fill(typed, i) {
			continue
		}
		text, err := json.MarshalIndent(typed, "", "  ")
		if err != nil {
			return nil, err
		}
		if p := r.problem(text); p.what != "" {
			return nil, fmt.Errorf("XARF: %s: %s", p.field, p.what)
		}
		return text, nil
	}
	return nil, fmt.Errorf("XARF: no type for %s", i.Class)
}

// problem is the first thing wrong with a report of version 4.
func (r *Reader) problem(text []byte) problem {
	var top map[string]any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&top); err != nil {
		return problem{"", err.Error()}
	}
	scopes, p := scopesOf(top)
	if p.what != "" {
		return p
	}
	for _, scope := range scopes {
		if s := r.shapes[scope]; s != nil {
			if p := s.check(top, "", 0); p.what != "" {
				return p
			}
		}
	}
	return whole(top, scopes)
}

func stamp(first, received time.Time) string {
	if first.IsZero() {
		first = received
	}
	return first.UTC().Format(time.RFC3339)
}

// identifier is what a report is about; of a URL its host.
func identifier(r intake.Resource) string {
	if r.Kind == intake.URL {
		return r.Host()
	}
	return r.Value
}

// tags hold the class: "rsit:fraud+phishing", and the traffic light.
func tags(i Incident) []string {
	all := []string{"rsit:" + strings.ReplaceAll(string(i.Class), "/", "+")}
	switch i.TLP {
	case "clear", "green":
		all = append(all, "tlp:"+i.TLP)
	}
	return all
}

// fits makes a report of the type of its class, if it can.
func fits(w written, i Incident) bool {
	group, kind, _ := strings.Cut(string(i.Class), "/")
	url := address(i.About)
	switch {
	case kind == "copyright" && url != "":
		w.be("copyright", "copyright", "infringing_url", url)
	case url != "":
		return content(w, i.Class, url)
	case i.Class == candor.Spam:
		w.be("messaging", "spam", "protocol", "other") // which it was is not told
	case i.Class == candor.InfectedSystem:
		w.be("infrastructure", "botnet", "compromise_evidence", "reported by a third party")
	case group == "intrusions":
		w.be("infrastructure", "compromised_server", "compromise_method", "unknown")
	case group == "vulnerable":
		service := "unknown"
		if i.About.Port != 0 {
			service = fmt.Sprintf("port %d", i.About.Port)
			w["service_port"] = i.About.Port
		}
		w.be("vulnerability", "open_service", "service", service)
	case i.First.IsZero() || i.About.Kind != intake.Address:
		return false
	case group == "information-gathering" || i.Class == candor.Exploit:
		w.be("connection", "vulnerability_scan", "scan_type", "mixed", "protocol", "mixed")
	case kind == "brute-force" && i.About.Port != 0:
		w.be("connection", "login_attack", "protocol", "tcp")
	default:
		return false
	}
	if w["category"] == "connection" {
		w["first_seen"] = i.First.UTC().Format(time.RFC3339)
		if i.Last.After(i.First) {
			w["last_seen"] = i.Last.UTC().Format(time.RFC3339)
		}
		if i.Count > 0 && w["type"] == "vulnerability_scan" {
			w["total_requests"] = i.Count
		}
	}
	return true
}

// content makes a report about what a URL leads to.
func content(w written, class candor.Class, url string) bool {
	switch class {
	case candor.Phishing:
		w.be("content", "phishing")
	case candor.MalwareDistribution, "malicious-code/malware-configuration":
		w.be("content", "malware")
	case "fraud/masquerade", candor.UnauthorisedUse, "information-gathering/social-engineering":
		w.be("content", "fraud", "fraud_type", "other")
	case candor.ApplicationCompromise, "intrusions/system-compromise":
		w.be("content", "remote_compromise", "compromise_type", "other")
	case "malicious-code/c2-server":
		w.be("content", "remote_compromise", "compromise_type", "c2_server")
	case "information-content-security/data-leak":
		w.be("content", "exposed_data", "data_types", []string{"other"}, "exposure_method", "other")
	default:
		return false
	}
	w["url"] = url
	return true
}

// threat makes a report that tells its class in words: it asks for nothing else.
func threat(w written, i Incident) bool {
	w.be("reputation", "threat_intelligence", "threat_type", string(i.Class))
	if url := address(i.About); url != "" {
		w["description"] = cut(strings.TrimSpace(url+"\n"+i.Note), 1000)
	}
	return true
}

// be sets the type, and pairs of fields and values.
func (w written) be(category, kind string, pairs ...any) {
	w["category"], w["type"] = category, kind
	for i := 0; i+1 < len(pairs); i += 2 {
		w[pairs[i].(string)] = pairs[i+1]
	}
}

// address is the URL of what is complained about; of a domain the root of its site.
func address(r intake.Resource) string {
	switch r.Kind {
	case intake.URL:
		return r.Value
	case intake.Domain:
		if _, err := netip.ParseAddr(r.Value); err != nil {
			return "http://" + r.Value + "/"
		}
	}
	return ""
}

// cut gives at most so many characters.
func cut(text string, most int) string {
	if r := []rune(text); len(r) > most {
		return string(r[:most])
	}
	return text
}
