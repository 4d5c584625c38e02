package playbook

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"candor"
	"candor/internal/desk/calendar"
	"candor/internal/desk/calendar/document"
	"candor/internal/phrase"
)

//go:embed data/*.yaml
var files embed.FS

// maxFiles bounds the files of one folder.
const maxFiles = 200

// Library holds all playbooks and the rules that they speak of. It never
// changes and is safe for concurrent use.
type Library struct {
	books []book
	rules []calendar.Rule

	ladders map[string]ladder
}

// book is a Playbook with the layer that it comes from: 0 for the program's
// own, then the folders of the operator.
type book struct {
	Playbook
	layer int
}

// Load reads the playbooks of the program, and then the files *.yaml, *.yml
// and *.json of the folders given, in the order of their names. A playbook
// takes the place of an earlier one of the same name, and so do rules and the
// defaults of tasks.
//
// All files are read even if one is wrong; the error then names file, line,
// what is wrong and what to write instead. It is of the kind
// candor.ErrInvalid, or of the file system.
func Load(overrides ...fs.FS) (*Library, error) {
	own, err := fs.Sub(files, "data")
	if err != nil {
		return nil, fmt.Errorf("read playbooks: %w", err)
	}
	phrases, err := phrase.Load()
	if err != nil {
		return nil, err
	}
	return load(phrases, append([]fs.FS{own}, overrides...))
}

func load(phrases *phrase.Catalogue, layers []fs.FS) (*Library, error) {
	r := newReader(phrases)
	var parts []part
	var problems []error
	for layer, folder := range layers {
		found, err := open(folder, layer)
		parts = append(parts, found...)
		problems = append(problems, err)
	}
	// Rules and defaults first: a playbook may speak of those of a later file.
	for _, p := range parts {
		problems = append(problems, r.rulesAndDefaults(p))
	}
	for _, p := range parts { // which speak of tasks and their defaults
		problems = append(problems, r.readLadders(p))
	}
	problems = append(problems, r.chained())
	lib := &Library{}
	if err := errors.Join(problems...); err != nil {
		return nil, fmt.Errorf("read playbooks: %w", err)
	}
	for _, p := range parts {
		b, err := r.playbook(p)
		if err == nil && b.Name != "" {
			err = lib.add(b, p.fields["name"])
		}
		problems = append(problems, err)
	}
	lib.rules, lib.ladders = r.rules, r.ladders
	if err := errors.Join(problems...); err != nil {
		return nil, fmt.Errorf("read playbooks: %w", err)
	}
	return lib, lib.complete()
}

// part is a file, its fields not yet looked into.
type part struct {
	layer  int
	root   document.Node
	fields map[string]document.Node
}

func open(folder fs.FS, layer int) (parts []part, err error) {
	entries, err := fs.ReadDir(folder, ".")
	if err != nil {
		return nil, err
	}
	entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool {
		ext := path.Ext(e.Name())
		return e.IsDir() || ext != ".yaml" && ext != ".yml" && ext != ".json"
	})
	if len(entries) > maxFiles {
		return nil, candor.WithHint(fmt.Errorf("more than %d files: %w", maxFiles, candor.ErrInvalid), "Keep nothing but playbooks in their folder.")
	}
	var problems []error
	for _, e := range entries {
		p, err := openFile(folder, e.Name())
		p.layer = layer
		if problems = append(problems, err); err == nil {
			parts = append(parts, p)
		}
	}
	return parts, errors.Join(problems...)
}

func openFile(folder fs.FS, name string) (p part, err error) {
	info, err := fs.Stat(folder, name)
	if err != nil {
		return p, err
	}
	if !info.Mode().IsRegular() || info.Size() > document.MaxBytes {
		return p, candor.WithHint(fmt.Errorf("%s: not a plain file, or larger than %d KiB: %w", name, document.MaxBytes>>10, candor.ErrInvalid),
			"Remove it, or write one playbook a file.")
	}
	text, err := fs.ReadFile(folder, name)
	if err != nil {
		return p, err
	}
	if p.root, err = document.Parse(name, text); err != nil {
		return p, err
	}
	p.fields, err = p.root.Fields("name", "title", "classes", "natures", "questions", "tasks", "deadlines", "responses", "ladder", "advice", "rules", "defaults", "ladders")
	return p, err
}

// add puts b in the place of the book of its name.
func (l *Library) add(b book, at document.Node) error {
	for i, other := range l.books {
		switch {
		case other.Name == b.Name && other.layer == b.layer:
			return at.Error("Give one of them another name.", "a playbook %q is in another file of the folder", b.Name)
		case other.Name == b.Name:
			l.books[i] = b
			return nil
		}
	}
	l.books = append(l.books, b)
	return nil
}

// complete makes sure that every case finds one playbook, and no two of a
// folder have the same claim to it.
func (l *Library) complete() error {
	for i, a := range l.books {
		for _, b := range l.books[:i] {
			class := slices.IndexFunc(a.Classes, func(c string) bool { return slices.Contains(b.Classes, c) })
			nature := len(a.Natures)+len(b.Natures) == 0 ||
				slices.ContainsFunc(a.Natures, func(n candor.Nature) bool { return slices.Contains(b.Natures, n) })
			if a.layer == b.layer && class >= 0 && nature {
				return candor.WithHint(fmt.Errorf("read playbooks: %q and %q are both for %s: %w", b.Name, a.Name, a.Classes[class], candor.ErrInvalid),
					"Take the class out of one of them.")
			}
		}
	}
	if !slices.ContainsFunc(l.books, func(b book) bool { return len(b.Natures) == 0 && slices.Contains(b.Classes, "*") }) {
		return candor.WithHint(fmt.Errorf("read playbooks: there is none for what no other is for: %w", candor.ErrInvalid),
			`Have one with classes: "*" and without natures.`)
	}
	return nil
}

// For gives the playbook for a case. One for its nature goes before one for
// all natures, then one for its class before one for its classification
// ("fraud/*") and that before "*"; of two that are equal, the operator's. What
// is for graver cases is left out.
func (l *Library) For(class candor.Class, nature candor.Nature, severity candor.Severity) Playbook {
	best, most := -1, -1
	for i, b := range l.books {
		claim := b.claim(class, nature)
		if claim > most || claim == most && claim >= 0 && b.layer >= l.books[best].layer {
			best, most = i, claim
		}
	}
	return l.at(best, severity)
}

// claim is how closely b fits; negative if it does not.
func (b book) claim(class candor.Class, nature candor.Nature) int {
	claim := -1
	for _, c := range b.Classes {
		classification, all := strings.CutSuffix(c, "/*")
		within, _, _ := strings.Cut(string(class), "/")
		switch {
		case c == string(class):
			claim = max(claim, 2)
		case all && classification == within:
			claim = max(claim, 1)
		case c == "*":
			claim = max(claim, 0)
		}
	}
	if len(b.Natures) > 0 && claim >= 0 {
		if !slices.Contains(b.Natures, nature) {
			return -1
		}
		claim += 3
	}
	return claim
}

// Named gives a playbook by name, for a severity as For does.
func (l *Library) Named(name string, severity candor.Severity) (Playbook, bool) {
	at := slices.IndexFunc(l.books, func(b book) bool { return b.Name == name })
	if at < 0 {
		return Playbook{}, false
	}
	return l.at(at, severity), true
}

// Names gives the names of all playbooks, sorted.
func (l *Library) Names() []string {
	var names []string
	for _, b := range l.books {
		names = append(names, b.Name)
	}
	slices.Sort(names)
	return names
}

// Rules gives all rules: those of package calendar, as the operator changed
// them, and the operator's own.
func (l *Library) Rules() []calendar.Rule { return slices.Clone(l.rules) }

// Rule gives a rule by name.
func (l *Library) Rule(name string) (calendar.Rule, bool) { return findRule(l.rules, name) }

func findRule(rules []calendar.Rule, name string) (calendar.Rule, bool) {
	at := slices.IndexFunc(rules, func(r calendar.Rule) bool { return r.Name == name })
	if at < 0 {
		return calendar.Rule{}, false
	}
	return rules[at], true
}

// at gives a copy of a playbook with what holds for a severity.
func (l *Library) at(i int, severity candor.Severity) Playbook {
	p := l.books[i].Playbook
	customer, _ := findRule(l.rules, calendar.Customer(severity))
	var tasks []Task
	for _, t := range p.Tasks {
		if t.From <= severity {
			if t.Due.Name == CustomerRule {
				t.Due = customer
			}
			tasks = append(tasks, t)
		}
	}
	var deadlines []Deadline
	for _, d := range p.Deadlines {
		if d.From <= severity {
			if d.Rule.Name == CustomerRule {
				d.Rule = customer
			}
			deadlines = append(deadlines, d)
		}
	}
	p.Tasks, p.Deadlines, p.Ladder = tasks, deadlines, l.rungs(p.ladder, severity)
	p.Responses = slices.DeleteFunc(slices.Clone(p.Responses), func(r Response) bool { return r.From > severity })
	return p
}
