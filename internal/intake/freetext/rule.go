package freetext

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"candor"
	"candor/internal/intake"
)

// Rules say how the mails of some who report are read. What a rule finds wins
// over what was learned. They never change and are safe for concurrent use.
type Rules struct{ all []rule }

// rule is what is written of one who reports.
type rule struct {
	name    string
	from    string // address, or "@domain" with all below it; in lower case
	subject *regexp.Regexp
	labels  []string // in lower case
	match   []*regexp.Regexp
	class   candor.Class
	zone    *int // minutes ahead of UTC, of times that tell none
}

// Bounds of a file of rules.
const (
	MostRules     = 500
	mostPatterns  = 20 // of a rule: labels and expressions
	mostRulesFile = 1 << 20
	mostFound     = 5000 // resources that a rule finds in a mail
)

// kinds are what a group of an expression may be named.
var kinds = []intake.Kind{intake.Address, intake.Network, intake.URL, intake.Domain, intake.Hash, intake.Mail}

// ruleText is a rule as it is written.
type ruleText struct {
	Name    yaml.Node   `yaml:"name"`
	From    yaml.Node   `yaml:"from"`
	Subject yaml.Node   `yaml:"subject"`
	Behind  []yaml.Node `yaml:"behind"`
	Match   []yaml.Node `yaml:"match"`
	Class   yaml.Node   `yaml:"class"`
	Zone    yaml.Node   `yaml:"zone"`
}

// ReadRules reads a file of rules (docs/intake.md). All rules are read even if
// one is wrong; the error then names each line and what is wrong there, and is
// candor.ErrInvalid.
func ReadRules(r io.Reader) (*Rules, error) {
	text, err := io.ReadAll(io.LimitReader(r, mostRulesFile+1))
	if err != nil {
		return nil, err
	}
	if len(text) > mostRulesFile {
		return nil, fmt.Errorf("rules are at most %d bytes: %w", mostRulesFile, candor.ErrInvalid)
	}
	var list []ruleText
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(&list); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: %w", err, candor.ErrInvalid)
	}
	if len(list) > MostRules {
		return nil, fmt.Errorf("there are %d rules, of at most %d: %w", len(list), MostRules, candor.ErrInvalid)
	}
	rules := &Rules{}
	var problems []error
	for i := range list {
		one, wrong := list[i].rule()
		if slices.ContainsFunc(rules.all, func(o rule) bool { return o.name == one.name }) {
			wrong = append(wrong, at(&list[i].Name, "there is another rule %q", one.name))
		}
		rules.all, problems = append(rules.all, one), append(problems, wrong...)
	}
	if err := errors.Join(problems...); err != nil {
		return nil, fmt.Errorf("%w\n%w", err, candor.ErrInvalid)
	}
	return rules, nil
}

func at(n *yaml.Node, format string, args ...any) error {
	return fmt.Errorf("line %d: %s", n.Line, fmt.Sprintf(format, args...))
}

func (t *ruleText) rule() (r rule, wrong []error) {
	r = rule{name: t.Name.Value, from: strings.ToLower(strings.TrimSpace(t.From.Value))}
	if r.name == "" {
		wrong = append(wrong, fmt.Errorf("line %d: a rule has no name", max(t.From.Line, t.Subject.Line, t.Class.Line)))
	}
	if r.from == "" && t.Subject.Value == "" {
		wrong = append(wrong, at(&t.Name, "say whose mails %q is for: from, subject or both", r.name))
	}
	if r.from != "" && strings.Count(r.from, "@") != 1 {
		wrong = append(wrong, at(&t.From, "%q is neither an address nor @domain", r.from))
	}
	if t.Subject.Value != "" {
		r.subject, wrong = compile(&t.Subject, wrong)
	}
	for i := range t.Behind {
		label := strings.ToLower(strings.TrimSpace(strings.TrimRight(t.Behind[i].Value, " :=")))
		if label == "" {
			wrong = append(wrong, at(&t.Behind[i], "a label is empty"))
		}
		r.labels = append(r.labels, label)
	}
	for i := range t.Match {
		var re *regexp.Regexp
		if re, wrong = compile(&t.Match[i], wrong); re != nil {
			r.match, wrong = append(r.match, re), groups(&t.Match[i], re, wrong)
		}
	}
	if n := len(r.labels) + len(t.Match); n == 0 || n > mostPatterns {
		wrong = append(wrong, at(&t.Name, "%q has %d labels and expressions (behind, match), not 1 to %d", r.name, n, mostPatterns))
	}
	if text := t.Class.Value; text != "" {
		class, ok := candor.ParseClass(text)
		if !ok {
			wrong = append(wrong, at(&t.Class, "%q is no class of the Reference Security Incident Taxonomy", text))
		}
		r.class = class
	}
	if text := t.Zone.Value; text != "" {
		minutes, ok := zoneOf(text)
		if !ok {
			wrong = append(wrong, at(&t.Zone, "%q is no zone; write UTC, CET or +02:00", text))
		}
		r.zone = &minutes
	}
	return r, wrong
}

func compile(n *yaml.Node, wrong []error) (*regexp.Regexp, []error) {
	re, err := regexp.Compile(n.Value)
	if err != nil {
		return nil, append(wrong, at(n, "%v", err))
	}
	return re, wrong
}

// groups says what is wrong with the names of groups.
func groups(n *yaml.Node, re *regexp.Regexp, wrong []error) []error {
	named := 0
	for _, g := range re.SubexpNames() {
		switch {
		case g == "" || g == "port":
		case slices.Contains(kinds, intake.Kind(g)):
			named++
		default:
			wrong = append(wrong, at(n, "a group is named %q, not one of address, network, url, domain, hash, mail and port", g))
		}
	}
	if named == 0 {
		wrong = append(wrong, at(n, "no group is named: write (?P<address>…) about what is complained about"))
	}
	return wrong
}

// of finds the first rule that is for a mail; nil if none is.
func (r *Rules) of(from []*mail.Address, subject string) *rule {
	if r == nil {
		return nil
	}
	for i := range r.all {
		one := &r.all[i]
		if one.from != "" && !slices.ContainsFunc(from, func(a *mail.Address) bool { return one.sender(strings.ToLower(a.Address)) }) {
			continue
		}
		if one.subject != nil && !one.subject.MatchString(subject) {
			continue
		}
		return one
	}
	return nil
}

func (r *rule) sender(address string) bool {
	if domain, ok := strings.CutPrefix(r.from, "@"); ok {
		_, of, _ := strings.Cut(address, "@")
		return of == domain || strings.HasSuffix(of, "."+domain)
	}
	return address == r.from
}
