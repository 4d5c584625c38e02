package scan

import (
	"bytes"
	"strings"

	"candor"
	"candor/engine"
)

// verdict words a match as a finding: what the rule's author said of it, and
// defaults where the author said nothing.
func verdict(m engine.Match) candor.Finding {
	f := describeRule(m.Rule)
	for _, s := range m.Strings {
		f.Strings = append(f.Strings, candor.Occurrence{
			Name: s.Name, Offset: s.Offset, Length: s.Length, Data: bytes.Clone(s.Data),
		})
	}
	return f
}

func describeRule(r *engine.Rule) candor.Finding {
	f := candor.Finding{
		Rule: r.Name, Language: r.Language, Definitions: r.File, Line: r.Line, Tags: r.Tags,
		Class: candor.Undetermined, Severity: candor.High,
	}
	if r.Language == "clamav" {
		f.Class, f.Nature = candor.MalwareDistribution, candor.Malware
	}
	for _, h := range hints {
		if h.names(r) {
			h.apply(&f)
			break
		}
	}
	var severity, score *candor.Severity
	for _, m := range r.Meta {
		switch strings.ToLower(m.Name) {
		case "description":
			f.Description, _ = m.Value.(string)
		case "class":
			if word, ok := m.Value.(string); ok {
				setClass(&f, word)
			}
		case "nature", "x1207":
			if word, ok := m.Value.(string); ok {
				setClass(&f, word)
			}
		case "severity":
			severity = severityOf(m.Value)
		case "score":
			score = scoreOf(m.Value)
		}
	}
	switch {
	case severity != nil:
		f.Severity = *severity
	case score != nil:
		f.Severity = *score
	}
	return f
}

// setClass takes a word of either vocabulary: RSIT's classes or X.1207's
// natures. Authors have words of their own too; those say nothing here.
func setClass(f *candor.Finding, word string) {
	if c, ok := candor.ParseClass(word); ok {
		f.Class = c
	}
	if n, ok := candor.ParseNature(word); ok {
		f.Nature = n
	}
}

func severityOf(v any) *candor.Severity {
	switch v := v.(type) {
	case string:
		if s, err := candor.ParseSeverity(v); err == nil {
			return &s
		}
	case int64:
		return scoreOf(v)
	}
	return nil
}

// scoreOf reads a score of 0 to 100 as signature-base gives it: from 40 a
// notice, from 60 a warning, from 75 an alert.
func scoreOf(v any) *candor.Severity {
	score, ok := v.(int64)
	if !ok {
		return nil
	}
	s := candor.Info
	switch {
	case score >= 90:
		s = candor.Critical
	case score >= 75:
		s = candor.High
	case score >= 60:
		s = candor.Medium
	case score >= 40:
		s = candor.Low
	}
	return &s
}

// hint says what a word in a rule's name or tags tells about what it finds.
type hint struct {
	words    []string // lower case; a whole word between _ . - and the like
	class    candor.Class
	nature   candor.Nature
	severity candor.Severity
}

// hints are tried in order and the first wins. The words are those that
// naming conventions of ClamAV and signature-base use.
var hints = []hint{
	{[]string{"eicar"}, candor.Test, "", candor.Info},
	{[]string{"phishing", "phish", "phishingkit"}, candor.Phishing, "", candor.High},
	{[]string{"webshell", "shell", "backdoor"}, candor.ApplicationCompromise, candor.Malware, candor.High},
	{[]string{"pua", "adware", "pup"}, candor.MalwareDistribution, candor.PUS, candor.Low},
	{[]string{"spyware", "keylogger", "stealer", "spy"}, candor.MalwareDistribution, candor.Spyware, candor.High},
	{[]string{"miner", "coinminer", "cryptominer"}, candor.UnauthorisedUse, candor.PUS, candor.High},
	{[]string{"mailer", "spam"}, candor.Spam, "", candor.Medium},
	{[]string{"vuln", "vul"}, candor.VulnerableSystem, "", candor.Medium},
	{[]string{"expl", "exploit", "cve"}, candor.Exploit, "", candor.High},
	{[]string{"susp", "suspicious", "heuristics"}, candor.Undetermined, "", candor.Medium},
	{[]string{"mal", "malware", "trojan", "worm", "virus", "apt", "crime", "ransom", "ransomware", "rat", "dropper", "hktl"}, candor.MalwareDistribution, candor.Malware, candor.High},
}

func (h hint) names(r *engine.Rule) bool {
	if h.in(r.Name) {
		return true
	}
	for _, tag := range r.Tags {
		if h.in(tag) {
			return true
		}
	}
	return false
}

func (h hint) in(name string) bool {
	for word := range strings.FieldsFuncSeq(strings.ToLower(name), func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < '0' || c > '9')
	}) {
		for _, w := range h.words {
			if word == w {
				return true
			}
		}
	}
	return false
}

func (h hint) apply(f *candor.Finding) {
	f.Class, f.Severity = h.class, h.severity
	if h.nature != "" {
		f.Nature = h.nature
	}
}
