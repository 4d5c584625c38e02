package playbook

import (
	"slices"
	"strings"
	"time"

	"candor"
	"candor/internal/desk/calendar"
	"candor/internal/desk/calendar/document"
	"candor/internal/phrase"
	"candor/internal/x1207"
)

// maxItems bounds each list of a playbook.
const maxItems = 60

// methods are the responses that a playbook may propose.
var methods = [...]string{"notify", "quarantine", "isolate"}

// levels are those of an isolation.
var levels = [...]string{"rate-limit", "block-ports", "walled-garden", "disconnect"}

// reader reads files, and knows what files before them said.
type reader struct {
	english  phrase.Printer
	langs    []string
	rules    []calendar.Rule
	from     map[string]document.Node // where a file says a rule
	defaults map[string]Task
	ladders  map[string]ladder
}

func newReader(phrases *phrase.Catalogue) *reader {
	return &reader{english: phrases.For("en"), langs: phrases.Languages(), rules: calendar.Rules(),
		from: make(map[string]document.Node), defaults: make(map[string]Task), ladders: make(map[string]ladder)}
}

// rulesAndDefaults reads what other files may speak of.
func (r *reader) rulesAndDefaults(p part) error {
	for _, n := range p.fields["rules"].Items() {
		if err := r.rule(n); err != nil {
			return err
		}
	}
	pairs, err := p.fields["defaults"].Pairs()
	if err != nil {
		return err
	}
	for _, pair := range pairs {
		if err := wantID(pair.Key, pair.Name); err != nil {
			return err
		}
		t := Task{ID: pair.Name, Role: candor.RoleAnalyst}
		if err := r.task(pair.Value, &t); err != nil {
			return err
		}
		r.defaults[pair.Name] = t
	}
	return nil
}

// events that a rule may start with, besides "met:" and a rule's name.
var events = [...]calendar.Event{calendar.CaseOpened, calendar.CustomerNotified, calendar.BecameAware, calendar.IncidentHandled}

func (r *reader) rule(n document.Node) error {
	f, err := n.Fields("rule", "start", "period", "working", "warn", "pausable", "source")
	if err != nil {
		return err
	}
	text := texts{fields: f}
	rule := calendar.Rule{Name: text.of("rule"), Start: calendar.Event(text.of("start")), Source: text.of("source"),
		Business: text.yes("working"), Pausable: text.yes("pausable")}
	period, warn := text.of("period"), text.of("warn")
	if text.err != nil {
		return text.err
	}
	if err := wantID(n, rule.Name); err != nil {
		return err
	}
	if rule.Name == CustomerRule {
		return n.Error("Name the severity as well: customer-high and so on.", "rule %q stands for others", rule.Name)
	}
	if _, met := strings.CutPrefix(string(rule.Start), "met:"); !met && !slices.Contains(events[:], rule.Start) {
		return n.Error("Known are: case-opened, customer-notified, aware, handled, and met: with the name of a rule.", "start %q is no event", rule.Start)
	}
	if rule.Period, err = calendar.ParsePeriod(period); err != nil {
		return n.Error(candor.Hint(err), "period: %q is none", period)
	}
	if warn != "" {
		before, err := calendar.ParsePeriod(warn)
		if err != nil || before.Months != 0 {
			return n.Error("Write how long before, like 6h or 2d.", "warn: %q is no time", warn)
		}
		rule.Warn = before.Time + time.Duration(before.Days)*24*time.Hour
	}
	if err := rule.Check(); err != nil {
		return n.Error(candor.Hint(err), "%v", err)
	}
	r.from[rule.Name] = n
	if at := slices.IndexFunc(r.rules, func(o calendar.Rule) bool { return o.Name == rule.Name }); at >= 0 {
		r.rules[at] = rule
	} else {
		r.rules = append(r.rules, rule)
	}
	return nil
}

// chained makes sure that rules which start with another's submission name one.
func (r *reader) chained() error {
	for _, rule := range r.rules {
		after, met := strings.CutPrefix(string(rule.Start), "met:")
		if _, known := findRule(r.rules, after); met && !known {
			return r.from[rule.Name].Error(r.ruleHint(), "rule %q starts when %q is met, which is not known", rule.Name, after)
		}
	}
	return nil
}

// playbook reads the playbook of a file; it has no name if there is none.
func (r *reader) playbook(p part) (b book, err error) {
	b.layer = p.layer
	if !p.fields["name"].Found() {
		for name := range p.fields {
			if name != "rules" && name != "defaults" && name != "ladders" {
				return b, p.root.Error("Begin with a name, for example \"name: phishing\".", "a playbook has no name")
			}
		}
		return b, nil
	}
	if b.Name, err = p.fields["name"].Text(); err != nil {
		return b, err
	}
	for _, step := range []func(part, *Playbook) error{
		r.head, r.classes, r.natures, r.questions, r.tasks, r.deadlines, r.responses, r.ladderOf, r.advice,
	} {
		if err := step(p, &b.Playbook); err != nil {
			return b, err
		}
	}
	return b, nil
}

func (r *reader) head(p part, out *Playbook) (err error) {
	if err := wantID(p.fields["name"], out.Name); err != nil {
		return err
	}
	out.Title, err = r.words(p.fields["title"], p.fields["name"], "playbook."+out.Name+".title", "title")
	return err
}

func (r *reader) classes(p part, out *Playbook) error {
	items := p.fields["classes"].Items()
	if len(items) == 0 {
		return p.fields["name"].Error("Add classes of RSIT, for example \"classes: [fraud/phishing]\".", "playbook %q is for no class", out.Name)
	}
	for _, n := range items {
		word, err := n.Text()
		if err != nil {
			return err
		}
		class, known := candor.ParseClass(word)
		switch {
		case word == "*" || strings.HasSuffix(word, "/*") && classified(word):
			out.Classes = append(out.Classes, word)
		case known:
			out.Classes = append(out.Classes, string(class))
		default:
			return n.Error("Write a class of RSIT like fraud/phishing, a whole classification like fraud/*, or *.", "class %q is not known", word)
		}
	}
	return limited(p.fields["classes"], len(items))
}

// classified tells whether "fraud/*" names a classification of the taxonomy.
func classified(word string) bool {
	return slices.Contains([]string{
		"abusive-content/*", "malicious-code/*", "information-gathering/*", "intrusion-attempts/*", "intrusions/*",
		"availability/*", "information-content-security/*", "fraud/*", "vulnerable/*", "other/*", "test/*",
	}, word)
}

func (r *reader) natures(p part, out *Playbook) error {
	for _, n := range p.fields["natures"].Items() {
		word, err := n.Text()
		if err != nil {
			return err
		}
		nature, known := candor.ParseNature(word)
		if !known {
			return n.Error("Known are: malware, spyware, deceptive, pus.", "nature %q is not known", word)
		}
		out.Natures = append(out.Natures, nature)
	}
	return limited(p.fields["natures"], len(out.Natures))
}

func (r *reader) deadlines(p part, out *Playbook) error {
	for _, n := range p.fields["deadlines"].Items() {
		f, err := itemFields(n, "rule", "from")
		if err != nil {
			return err
		}
		name, err := f["rule"].Text()
		if err != nil {
			return err
		}
		var d Deadline
		if d.From, err = from(f["from"]); err != nil {
			return err
		}
		var known bool
		if d.Rule, known = r.known(name); !known {
			return n.Error(r.ruleHint(), "rule %q is not known", name)
		}
		if slices.ContainsFunc(out.Deadlines, func(o Deadline) bool { return o.Rule.Name == name }) {
			return n.Error("Remove one of them.", "deadline %q is there twice", name)
		}
		out.Deadlines = append(out.Deadlines, d)
	}
	return limited(p.fields["deadlines"], len(out.Deadlines))
}

func (r *reader) responses(p part, out *Playbook) error {
	for _, n := range p.fields["responses"].Items() {
		f, err := itemFields(n, "respond", "level", "expires", "from")
		if err != nil {
			return err
		}
		text := texts{fields: f}
		answer := Response{Method: text.of("respond"), Level: text.of("level")}
		expires := text.of("expires")
		if text.err != nil {
			return text.err
		}
		if answer.From, err = from(f["from"]); err != nil {
			return err
		}
		if !slices.Contains(methods[:], answer.Method) {
			return n.Error("Known are: "+strings.Join(methods[:], ", ")+".", "response %q is not known", answer.Method)
		}
		if expires != "" {
			if answer.Expires, err = calendar.ParsePeriod(expires); err != nil {
				return n.Error(candor.Hint(err), "expires: %q is no period", expires)
			}
		}
		// What takes something away from a customer must not stay by oversight.
		if answer.Method != "notify" && expires == "" {
			return n.Error("Say when it ends, for example \"expires: 30d\".", "%s has no expiry", answer.Method)
		}
		if isolates := answer.Method == "isolate"; isolates != slices.Contains(levels[:], answer.Level) {
			return n.Error("An isolation, and nothing else, has a level: "+strings.Join(levels[:], ", ")+".", "level: %q", answer.Level)
		}
		out.Responses = append(out.Responses, answer)
	}
	return limited(p.fields["responses"], len(out.Responses))
}

// known gives a rule by its name; CustomerRule is one without more.
func (r *reader) known(name string) (calendar.Rule, bool) {
	if name == CustomerRule {
		return calendar.Rule{Name: CustomerRule}, true
	}
	return findRule(r.rules, name)
}

func (r *reader) ruleHint() string {
	names := []string{CustomerRule}
	for _, rule := range r.rules {
		names = append(names, rule.Name)
	}
	return "Known are: " + strings.Join(names, ", ") + ". Add others under rules."
}

// requirement checks an id of X.1207.
func requirement(n document.Node) (string, error) {
	id, err := n.Text()
	if err != nil {
		return "", err
	}
	if _, ok := x1207.ByID(id); !ok {
		return "", n.Error("The ids are in docs/x1207.md: 1.1e, 2.2f and so on.", "X.1207 has no requirement %q", id)
	}
	return id, nil
}
