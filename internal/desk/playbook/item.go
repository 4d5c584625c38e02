package playbook

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"candor"
	"candor/internal/desk/calendar"
	"candor/internal/desk/calendar/document"
)

// maxWords bounds an operator's text, in bytes.
const maxWords = 1000

func (r *reader) questions(p part, out *Playbook) error {
	for _, n := range p.fields["questions"].Items() {
		f, err := itemFields(n, "question", "text")
		if err != nil {
			return err
		}
		var q Question
		if q.ID, err = f["question"].Text(); err != nil {
			return err
		}
		if err := wantID(n, q.ID); err != nil {
			return err
		}
		if q.Text, err = r.words(f["text"], n, "playbook.question."+q.ID, "question "+q.ID); err != nil {
			return err
		}
		out.Questions = append(out.Questions, q)
	}
	return limited(p.fields["questions"], len(out.Questions))
}

func (r *reader) tasks(p part, out *Playbook) error {
	for _, n := range p.fields["tasks"].Items() {
		f, err := itemFields(n, "task", "text", "role", "due", "from", "x1207")
		if err != nil {
			return err
		}
		id, err := f["task"].Text()
		if err != nil {
			return err
		}
		if err := wantID(n, id); err != nil {
			return err
		}
		t, ok := r.defaults[id]
		if !ok {
			t = Task{ID: id, Role: candor.RoleAnalyst}
		}
		if err := r.taskFields(f, &t); err != nil {
			return err
		}
		if t.Text.Own == nil {
			if t.Text, err = r.words(document.Node{}, n, "playbook.task."+id, "task "+id); err != nil {
				return err
			}
		}
		if slices.ContainsFunc(out.Tasks, func(o Task) bool { return o.ID == id }) {
			return n.Error("Remove one of them.", "task %q is there twice", id)
		}
		out.Tasks = append(out.Tasks, t)
	}
	return limited(p.fields["tasks"], len(out.Tasks))
}

// task reads what a default says of t.
func (r *reader) task(n document.Node, t *Task) error {
	f, err := n.Fields("text", "role", "due", "from", "x1207")
	if err != nil {
		return err
	}
	return r.taskFields(f, t)
}

// taskFields puts into t what the fields say; what they do not say stays.
func (r *reader) taskFields(f map[string]document.Node, t *Task) (err error) {
	if n := f["text"]; n.Found() {
		if t.Text, err = r.words(n, n, "", ""); err != nil {
			return err
		}
	}
	if n := f["role"]; n.Found() {
		word, err := n.Text()
		if err != nil {
			return err
		}
		if t.Role = candor.Role(word); t.Role != candor.RoleAnalyst && t.Role != candor.RoleAdmin {
			return n.Error("Known are: analyst, admin.", "role %q does no tasks", word)
		}
	}
	if n := f["due"]; n.Found() {
		if t.Due, err = r.due(n, t.ID); err != nil {
			return err
		}
	}
	if n := f["from"]; n.Found() {
		if t.From, err = from(n); err != nil {
			return err
		}
	}
	if n := f["x1207"]; n.Found() {
		t.X1207 = nil
		for _, item := range n.Items() {
			id, err := requirement(item)
			if err != nil {
				return err
			}
			t.X1207 = append(t.X1207, id)
		}
		return limited(n, len(t.X1207))
	}
	return nil
}

// due reads a rule's name, or a period since the case was opened, which
// "working" after it makes working time.
func (r *reader) due(n document.Node, task string) (calendar.Rule, error) {
	word, err := n.Text()
	if err != nil {
		return calendar.Rule{}, err
	}
	if rule, known := r.known(word); known {
		return rule, nil
	}
	text, working := strings.CutSuffix(word, " working")
	rule := calendar.Rule{Name: "task-" + task, Start: calendar.CaseOpened, Business: working, Pausable: true}
	rule.Period, err = calendar.ParsePeriod(text)
	if err == nil {
		err = rule.Check()
	}
	if err != nil {
		return rule, n.Error("Write a period like 4h, 3d or \"8h working\", or a rule. "+r.ruleHint(), "due: %q is neither a period nor a rule", word)
	}
	return rule, nil
}

func (r *reader) advice(p part, out *Playbook) error {
	n := p.fields["advice"]
	if !n.Found() {
		return p.fields["name"].Error("Add \"advice:\" with a topic and steps.", "playbook %q has nothing to tell the customer", out.Name)
	}
	f, err := n.Fields("topic", "seen", "means", "steps", "next")
	if err != nil {
		return err
	}
	topic, err := f["topic"].Text()
	if err != nil {
		return err
	}
	if out.Advice.Seen, err = r.words(f["seen"], n, "advice."+topic+".seen", "advice: what was seen"); err != nil {
		return err
	}
	if out.Advice.Means, err = r.words(f["means"], n, "advice."+topic+".means", "advice: what it means"); err != nil {
		return err
	}
	if out.Advice.Steps, err = r.listed(f["steps"], "step"); err != nil {
		return err
	}
	if out.Advice.Next, err = r.listed(f["next"], "next"); err != nil {
		return err
	}
	if len(out.Advice.Steps) == 0 {
		return n.Error("Add steps; \"nothing\" is one.", "advice has no steps")
	}
	return nil
}

// listed reads names of texts for customers, or an operator's own texts.
func (r *reader) listed(list document.Node, kind string) (out []Words, err error) {
	for _, n := range list.Items() {
		f, err := itemFields(n, kind, "text")
		if err != nil {
			return nil, err
		}
		id, err := f[kind].Text()
		if err != nil {
			return nil, err
		}
		w, err := r.words(f["text"], n, "advice."+kind+"."+id, kind+" "+id)
		if err != nil {
			return nil, err
		}
		out = append(out, w)
	}
	return out, limited(list, len(out))
}

// words reads an operator's texts by language; where there are none, the key
// stands for them, if the catalogue has it.
func (r *reader) words(n, at document.Node, key, what string) (Words, error) {
	if !n.Found() {
		if !r.english.Has(key) {
			return Words{}, at.Error("Add \"text:\" with en: and other languages, or take a name that is known.", "%s has no text", what)
		}
		return Words{Key: key}, nil
	}
	pairs, err := n.Pairs()
	if err != nil {
		return Words{}, err
	}
	w := Words{Own: make(map[string]string)}
	for _, p := range pairs {
		text, err := p.Value.Text()
		if err != nil {
			return Words{}, err
		}
		if !slices.Contains(r.langs, p.Name) {
			return Words{}, p.Key.Error("Known are: "+strings.Join(r.langs, ", ")+".", "language %q is not known", p.Name)
		}
		if text == "" || len(text) > maxWords || !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
			return Words{}, p.Value.Error("Write one line of plain text.", "the text is empty, longer than %d bytes, or has control characters", maxWords)
		}
		w.Own[p.Name] = text
	}
	if w.Own["en"] == "" {
		return Words{}, n.Error("Add en: it stands in for languages that are missing.", "the English text is missing")
	}
	return w, nil
}

// itemFields reads a member of a list that is a name alone, or a name with
// more to say about it. The first of the known fields is the name.
func itemFields(n document.Node, known ...string) (map[string]document.Node, error) {
	if _, err := n.Text(); err == nil {
		return map[string]document.Node{known[0]: n}, nil
	}
	f, err := n.Fields(known...)
	if err == nil && !f[known[0]].Found() {
		return nil, n.Error("Add \""+known[0]+":\" with its name.", "%s is missing", known[0])
	}
	return f, err
}

// wantID checks a name that keys are made of.
func wantID(n document.Node, id string) error {
	if id == "" || len(id) > 40 || strings.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return n.Error("Use small letters, digits and hyphens, at most 40.", "%q is no name", id)
	}
	return nil
}

func from(n document.Node) (candor.Severity, error) {
	word, err := n.Text()
	if err != nil || word == "" {
		return candor.Info, err
	}
	s, err := candor.ParseSeverity(word)
	if err != nil {
		return s, n.Error("Known are: info, low, medium, high, critical.", "severity %q is not known", word)
	}
	return s, nil
}

func limited(n document.Node, items int) error {
	if items > maxItems {
		return n.Error("Write fewer.", "more than %d items", maxItems)
	}
	return nil
}

// texts reads several single values and keeps the first error.
type texts struct {
	fields map[string]document.Node
	err    error
}

func (t *texts) of(name string) string {
	text, err := t.fields[name].Text()
	if t.err == nil {
		t.err = err
	}
	return text
}

func (t *texts) yes(name string) bool {
	switch word := t.of(name); word {
	case "true", "yes":
		return true
	case "", "false", "no":
	default:
		if t.err == nil {
			t.err = t.fields[name].Error("Write yes or no.", "%s: %q is neither", name, word)
		}
	}
	return false
}
