package xarf

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"candor"
	"candor/internal/intake"
)

// document is a valid report, and what it tells of itself.
type document struct {
	top                              map[string]any
	reporter, reference, tlp, person string
}

// four reads version 4.
func (d *document) four() intake.Event {
	top := d.top
	category, kind := str(top, "category"), str(top, "type")
	e := intake.Event{Class: classes["4/"+category+"/"+kind]}
	d.reporter, d.reference = mailOf(at(top, "reporter.contact")), str(top, "report_id")
	d.tlp = label(str(top, "tlp"))
	tags, _ := top["tags"].([]any)
	for _, tag := range tags {
		if t, ok := tag.(string); ok && strings.HasPrefix(t, "tlp:") {
			d.tlp = stricter(d.tlp, label(t))
		}
	}
	role := intake.Source
	switch category {
	case "content", "copyright", "vulnerability":
		role = intake.Host
	}
	if kind == "p2p" || kind == "compromised_server" {
		role = intake.Source
	}
	port := portOf(top["source_port"])
	if category == "vulnerability" && top["service_port"] != nil {
		port = portOf(top["service_port"])
	}
	d.about(&e, str(top, "source_identifier"), port, role)
	for _, name := range []string{"url", "infringing_url"} {
		add(&e.About, intake.URL, str(top, name), 0, intake.Host)
	}
	add(&e.Others, intake.Address, str(top, "destination_ip"), portOf(top["destination_port"]), intake.Victim)
	add(&e.Others, intake.URL, str(top, "target_url"), 0, intake.Victim)
	add(&e.Others, intake.URL, str(top, "legitimate_site"), 0, intake.Victim)
	add(&e.Others, intake.Mail, str(top, "smtp_from"), 0, intake.Other)
	add(&e.Others, intake.Mail, str(top, "smtp_to"), 0, intake.Recipient)
	addAny(&e.Others, str(top, "c2_server"), 0, intake.Other)
	hashes(&e, top)
	e.First, e.Last = when(str(top, "first_seen")), when(str(top, "last_seen"))
	if e.First == nil {
		e.First = when(str(top, "timestamp"))
	}
	for _, name := range []string{"attempt_count", "attempts_count", "total_probes", "total_requests", "recipient_count"} {
		e.Count = max(e.Count, count(top[name]))
	}
	proof, _ := top["evidence"].([]any)
	note := first(str(top, "description"), str(top, "scheme_description"), str(top, "subject"), str(top, "work_title"), str(top, "compromise_evidence"))
	for _, x := range proof {
		m, _ := x.(map[string]any)
		if e.Evidence == "" {
			e.Evidence = payload(str(m, "content_type"), str(m, "payload"), true)
		}
		note = first(note, str(m, "description"))
	}
	e.Note = intake.Cut(note, intake.MostNote)
	return e
}

// old reads versions 1 to 3.
func (d *document) old() intake.Event {
	top := d.top
	report, _ := top["Report"].(map[string]any)
	class, kind := str(report, "ReportClass"), str(report, "ReportType")
	e := intake.Event{Class: classes["old/"+class+"/"+kind]}
	d.reporter = first(mailOf(at(top, "ReporterInfo.ReporterContactEmail")), mailOf(at(top, "ReporterInfo.ReporterOrgEmail")))
	d.reference = str(report, "ReporterCaseID")
	d.tlp = label(str(top, "TLP"))
	role := intake.Source
	if class != "Activity" && class != "Messaging" && class != "Network" && class != "System" {
		role = intake.Host
	}
	source, _ := report["Source"].(map[string]any)
	more, _ := report["AdditionalInfo"].(map[string]any)
	if source != nil {
		e.Class = loose(kind)
	}
	add(&e.About, intake.Address, first(str(report, "SourceIp"), str(source, "IP")), portOf(one(report["SourcePort"], source["Port"])), role)
	add(&e.About, intake.URL, first(str(report, "SourceUrl"), str(source, "URL")), 0, role)
	add(&e.About, intake.Mail, at(report, "Account.AccountEmail"), 0, intake.Source)
	if len(e.About) == 0 {
		d.person = "the report names nothing that can be looked up"
	}
	add(&e.Others, intake.Address, first(str(report, "DestinationIp"), str(more, "DestinationIP")), portOf(one(report["DestinationPort"], more["DestinationPort"])), intake.Victim)
	add(&e.Others, intake.Address, str(report, "AttackerIp"), portOf(report["AttackerPort"]), intake.Other)
	add(&e.Others, intake.Domain, str(report, "RpzDomain"), 0, intake.Other)
	add(&e.Others, intake.URL, str(report, "InfringingUrl"), 0, intake.Other)
	add(&e.Others, intake.Mail, first(str(report, "SmtpMailFromAddress"), str(more, "SMTPFrom")), 0, intake.Other)
	add(&e.Others, intake.Mail, str(report, "SmtpRcptToAddress"), 0, intake.Recipient)
	addAny(&e.Others, str(more, "C2Server"), 0, intake.Other)
	add(&e.Others, intake.Hash, first(str(report, "FileHash"), at(report, "FileHash.HashValue")), 0, intake.Other)
	e.First, e.Last = when(first(str(report, "FirstSeen"), str(more, "FirstSeen"))), when(str(report, "Date"))
	if e.First == nil {
		e.First, e.Last = e.Last, nil
	}
	e.Count = count(report["AttackCount"])
	note := first(str(report, "ReporterNotes"), str(report, "HarassmentDescription"), str(report, "InfringedMaterial"), str(report, "MalwareName"), str(report, "BotnetName"))
	samples, _ := one(report["Samples"], report["Attachment"]).([]any)
	for _, x := range samples {
		m, _ := x.(map[string]any)
		if e.Evidence == "" {
			data := str(m, "Data")
			e.Evidence = payload(str(m, "ContentType"), first(str(m, "Payload"), data), data != "" || m["Base64Encoded"] == true)
		}
		note = first(note, str(m, "Description"))
	}
	e.Note = intake.Cut(note, intake.MostNote)
	return e
}

// about adds what is complained about, of whatever kind it is.
func (d *document) about(e *intake.Event, value string, port uint16, role intake.Role) {
	if !addAny(&e.About, value, port, role) {
		d.person = intake.Cut(fmt.Sprintf("the source %.60q is nothing that can be looked up", value), intake.MostNote)
	}
}

func addAny(to *[]intake.Resource, value string, port uint16, role intake.Role) bool {
	for _, kind := range []intake.Kind{intake.Address, intake.Network, intake.URL, intake.Mail, intake.Domain, intake.Hash} {
		if add(to, kind, value, port, role) {
			return true
		}
	}
	return false
}

// add adds a resource, unless it is none, or there.
func add(to *[]intake.Resource, kind intake.Kind, value string, port uint16, role intake.Role) bool {
	if value == "" {
		return false
	}
	r, err := intake.NewResource(kind, value)
	if err != nil {
		return false
	}
	r.Role, r.Port, r.Confidence = role, port, 95
	if !role.Blamed() {
		r.Confidence = 5
	}
	for _, have := range *to {
		if have.Kind == r.Kind && have.Value == r.Value {
			return true
		}
	}
	*to = append(*to, r)
	return true
}

// hashes adds those of files, with or without the name of the algorithm.
func hashes(e *intake.Event, top map[string]any) {
	values := []string{str(top, "file_hash")}
	for _, name := range []string{"file_hashes", "hash_values"} {
		m, _ := top[name].(map[string]any)
		values = append(values, str(m, "md5"), str(m, "sha1"), str(m, "sha256"), str(m, "sha512"))
	}
	for _, v := range values {
		add(&e.Others, intake.Hash, v[strings.LastIndexByte(v, ':')+1:], 0, intake.Other)
	}
}

func when(text string) *intake.When {
	t, err := time.Parse(time.RFC3339, strings.ToUpper(text))
	if err != nil || len(text) > 100 {
		return nil
	}
	return &intake.When{Text: text, Time: t.UTC()}
}

// payload is evidence as text, if it is text; only its beginning is decoded.
func payload(mediaType, data string, encoded bool) string {
	if encoded {
		data = strings.NewReplacer("\r", "", "\n", "").Replace(data[:min(len(data), 3*intake.MostEvidence)])
		b := make([]byte, base64.StdEncoding.DecodedLen(len(data)))
		n, _ := base64.StdEncoding.Decode(b, []byte(data[:len(data)/4*4]))
		b = b[:n]
		textual := strings.HasPrefix(mediaType, "text/") || strings.HasPrefix(mediaType, "message/") || strings.HasPrefix(mediaType, "application/json")
		if !textual || bytes.IndexByte(b, 0) >= 0 {
			return ""
		}
		data = string(b)
	}
	return intake.Cut(data, intake.MostEvidence)
}

// label is a TLP label as package intake has it; empty if it is none.
func label(s string) string {
	s = strings.TrimPrefix(strings.ToLower(strings.TrimSpace(s)), "tlp:")
	switch s {
	case "clear", "green", "amber", "amber+strict", "red":
		return s
	case "white":
		return "clear"
	case "amber_strict", "amber-strict":
		return "amber+strict"
	}
	return ""
}

func mailOf(s string) string {
	r, err := intake.NewResource(intake.Mail, s)
	if err != nil {
		return ""
	}
	return r.Value
}

func str(m map[string]any, name string) string {
	s, _ := m[name].(string)
	return s
}

// at is the text that lies at a path.
func at(m map[string]any, path string) string {
	name, rest, deeper := strings.Cut(path, ".")
	if !deeper {
		return str(m, name)
	}
	next, _ := m[name].(map[string]any)
	return at(next, rest)
}

// portOf is a port; 0 if there is none, or more than one.
func portOf(v any) uint16 {
	if list, ok := v.([]any); ok && len(list) == 1 {
		v = list[0]
	}
	if n := count(v); n <= math.MaxUint16 {
		return uint16(n) //nolint:gosec // it is in bounds
	}
	return 0
}

func count(v any) int64 {
	n, _ := v.(json.Number)
	f, err := n.Float64()
	if err != nil || f < 0 || f > 1<<53 {
		return 0
	}
	return int64(f)
}

func one(a, b any) any {
	if a != nil {
		return a
	}
	return b
}

func first(all ...string) string {
	for _, s := range all {
		if s != "" && utf8.ValidString(s) {
			return s
		}
	}
	return ""
}

// loose is the class of a type as it was written before those of version 3 were
// fixed.
func loose(kind string) candor.Class {
	switch strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(kind)) {
	case "spam":
		return candor.Spam
	case "loginattack":
		return "intrusion-attempts/brute-force"
	case "portscan":
		return "information-gathering/scanner"
	case "ddos", "dos":
		return "availability/ddos"
	case "phishing":
		return candor.Phishing
	case "malware":
		return candor.MalwareDistribution
	case "botnet", "bot":
		return candor.InfectedSystem
	case "copyright":
		return "fraud/copyright"
	}
	return candor.Undetermined
}
