package portal

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"candor"
	"candor/internal/consent/notice"
	"candor/internal/house"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// stepForm is a step as it is shown.
type stepForm struct {
	path    string // of the notice
	name    string
	title   string
	lead    string
	edition int64
	lang    string // in which texts are written
	others  []ui.Link
	errors  []ui.FormError
	groups  []groupForm
	next    string
}

type groupForm struct {
	at     string
	title  string
	list   bool
	rows   []rowForm
	errors []string // of the list as a whole
}

type rowForm struct {
	at     string
	title  string
	guess  string // where it comes from; empty if a person said it
	fields []fieldForm
	errors []string // of the row as a whole
	list   bool
}

type fieldForm struct {
	ui.Input
	kind    fieldKind
	options []ui.Option
	chosen  []string
	checked bool
}

// form shows a step of the draft.
func (p *portal) form(r *web.Request, v house.NoticeView, t tree, i int, lang string) stepForm {
	s := editor()[i]
	path := noticePath(v.Notice.ID)
	title, lead := "portal.notice.step."+s.name, "portal.notice.lead."+s.name
	f := stepForm{path: path, name: s.name, title: r.T(title), lead: r.T(lead), edition: v.Notice.Edition, lang: lang}
	if i+1 < len(editor()) {
		f.next = editor()[i+1].name
	}
	w := worker{r, t, v, lang, problemsOf(r, v.Problems, s.name)}
	for _, g := range s.groups {
		f.groups = append(f.groups, w.group(g))
	}
	f.errors = w.summary()
	return f
}

// told is a problem in words, and the field that it was put to.
type toldProblem struct {
	notice.Problem
	text string
	at   string
}

func problemsOf(r *web.Request, all []notice.Problem, step string) (out []*toldProblem) {
	for _, p := range all {
		if stepOf(p.Pointer) == step {
			what, do := p.In(r.Printer)
			out = append(out, &toldProblem{Problem: p, text: what + " " + do})
		}
	}
	return out
}

// worker makes a form of a draft.
type worker struct {
	*web.Request
	tree     tree
	view     house.NoticeView
	lang     string
	problems []*toldProblem
}

// take gives what is wrong at a place, and was put to none yet.
func (w worker) take(at string) (texts []string) {
	for _, p := range w.problems {
		if p.at == "" && under(p.Pointer, at) {
			p.at = at
			texts = append(texts, p.text)
		}
	}
	return texts
}

func (w worker) summary() (out []ui.FormError) {
	for _, p := range w.problems {
		if p.Severity == notice.Fault {
			out = append(out, ui.FormError{Name: p.at, Text: p.text})
		}
	}
	return out
}

func (w worker) group(g group) groupForm {
	f := groupForm{at: g.at, list: g.list}
	if g.title != "" {
		f.title = w.Printer.T(g.title)
	}
	if !g.list {
		row := w.row(g, g.at)
		row.errors = w.take("")
		f.rows = []rowForm{row}
		return f
	}
	for i := range w.tree.list(g.at) {
		row := w.row(g, g.at+"/"+strconv.Itoa(i))
		row.list = true
		row.title = fmt.Sprintf("%s %d", f.title, i+1)
		f.rows = append(f.rows, row)
	}
	f.errors = w.take(g.at)
	return f
}

func (w worker) row(g group, at string) rowForm {
	row := rowForm{at: at}
	for _, f := range g.fields {
		row.fields = append(row.fields, w.field(f, at+"/"+f.member))
	}
	if at != "" {
		row.errors = w.take(at)
	}
	for _, x := range w.view.Notice.Guesses {
		if at != "" && under(x.Pointer, at) && row.guess == "" {
			row.guess = guessed(w.Request, x)
		}
	}
	return row
}

// guessed says where a guess comes from.
func guessed(r *web.Request, g candor.NoticeGuess) string {
	source := r.Printer.Word("portal.notice.source.", g.Source)
	if g.Detail != "" {
		source += " (" + g.Detail + ")"
	}
	return source
}

func (w worker) field(f field, at string) fieldForm {
	out := fieldForm{kind: f.kind, Input: ui.Input{Name: at, Label: w.Printer.T(f.label), Required: f.must, Value: w.tree.text(at), Error: strings.Join(w.take(at), " ")}}
	if f.hint != "" {
		out.Hint = w.Printer.T(f.hint)
	}
	switch f.kind {
	case asProse:
		out.Value, out.Lang = w.tree.text(at+"/"+w.tag(at)), w.lang
	case asDay:
		out.Type = "date"
	case asChoice:
		out.options = append([]ui.Option{{Label: w.Printer.T("portal.notice.choose")}}, options(w.Request, f)...)
	case asMany:
		out.options, out.chosen = options(w.Request, f), w.tree.texts(at)
	case asYes:
		out.checked = w.tree.flag(at)
	case asNames:
		out.Value = strings.Join(w.tree.texts(at), ", ")
	case asEach:
		out.Value = strings.Join(w.tree.texts(at), "\n")
	case asData:
		out.options = options(w.Request, f)
		for i := range w.tree.list(at) {
			out.chosen = append(out.chosen, w.tree.text(at+"/"+strconv.Itoa(i)+"/pii_type"))
		}
	case asPurposes:
		out.options, out.chosen = w.named("/purposes", "purpose_id", "description"), w.tree.texts(at)
	case asParty:
		out.options = append([]ui.Option{{Label: w.Printer.T("portal.notice.ours")}}, w.named("/party_identification", "party_id", "party_name")...)
	case asParties:
		out.options, out.chosen = w.named("/party_identification", "party_id", "party_name"), w.tree.texts(at)
	}
	return out
}

// tag is the language tag under which the text at a pointer is there in the
// language that is worked on: zh-Hans for zh.
func (w worker) tag(at string) string { return tagOf(w.tree, at, w.lang) }

func tagOf(t tree, at, lang string) string {
	m, _ := t.at(at).(map[string]any)
	if _, ok := m[lang]; ok {
		return lang
	}
	for tag := range m {
		if base, _, _ := strings.Cut(tag, "-"); base == lang {
			return tag
		}
	}
	return lang
}

func options(r *web.Request, f field) (all []ui.Option) {
	for _, word := range wordsOf(f.words) {
		all = append(all, ui.Option{Value: word, Label: r.Printer.Word(f.prefix, word)})
	}
	return all
}

// named are the rows of a list to choose from.
func (w worker) named(list, id, name string) (all []ui.Option) {
	for i := range w.tree.list(list) {
		at := list + "/" + strconv.Itoa(i)
		o := ui.Option{Value: w.tree.text(at + "/" + id), Label: w.tree.text(at + "/" + name)}
		if o.Label == "" {
			o.Label = w.tree.text(at + "/" + name + "/" + tagOf(w.tree, at+"/"+name, w.lang))
		}
		if o.Label == "" {
			o.Label = o.Value
		}
		all = append(all, o)
	}
	return all
}

// take puts what was typed in a step into the tree.
func takeStep(r *web.Request, t tree, s step, lang string) {
	for _, g := range s.groups {
		if !g.list {
			takeRow(r, t, g, g.at, lang)
			continue
		}
		for i := range t.list(g.at) {
			takeRow(r, t, g, g.at+"/"+strconv.Itoa(i), lang)
		}
	}
}

func takeRow(r *web.Request, t tree, g group, at, lang string) {
	for _, f := range g.fields {
		name := at + "/" + f.member
		switch f.kind {
		case asProse:
			t.set(name+"/"+tagOf(t, name, lang), strings.Join(strings.Fields(r.Text(name)), " "))
			if m, ok := t.at(name).(map[string]any); ok && len(m) == 0 {
				t.set(name, "")
			}
		case asMany, asPurposes, asParties:
			t.set(name, list(inOrder(t.texts(name), r.Lines(name))))
		case asYes:
			t.set(name, r.Yes(name))
		case asNames:
			t.set(name, list(strings.FieldsFunc(strings.ToUpper(r.Line(name)), func(c rune) bool { return c == ',' || c == ' ' || c == ';' || c == '，' || c == '،' })))
		case asEach:
			t.set(name, list(strings.Fields(strings.ToLower(r.Text(name)))))
		case asData:
			takeData(t, name, r.Lines(name))
		default:
			t.set(name, r.Line(name))
		}
	}
	if m, ok := t.at("/consent").(map[string]any); ok && len(m) == 0 {
		t.set("/consent", "")
	}
}

// takeData keeps what is known of categories that stay.
func takeData(t tree, at string, chosen []string) {
	var rows []any
	for _, old := range t.list(at) {
		m, _ := old.(map[string]any)
		if kind, ok := m["pii_type"].(string); ok && slices.Contains(chosen, kind) {
			rows = append(rows, m)
			chosen = slices.DeleteFunc(chosen, func(s string) bool { return s == kind })
		}
	}
	for _, kind := range chosen {
		rows = append(rows, map[string]any{"pii_type": kind, "source": "provided"})
	}
	t.set(at, rows)
}

// inOrder gives what was chosen: first what was there before, in its order.
func inOrder(before, chosen []string) (all []string) {
	for _, s := range before {
		if slices.Contains(chosen, s) {
			all = append(all, s)
		}
	}
	for _, s := range chosen {
		if !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return all
}

func list(texts []string) (all []any) {
	for _, s := range texts {
		if !slices.Contains(all, any(s)) {
			all = append(all, s)
		}
	}
	return all
}

// fresh is a new row of a list.
func fresh(t tree, at string) map[string]any {
	id := func(name, prefix string) map[string]any {
		for n := len(t.list(at)) + 1; ; n++ {
			word := prefix + strconv.Itoa(n)
			if !slices.ContainsFunc(t.list(at), func(v any) bool { m, ok := v.(map[string]any); return ok && m[name] == word }) {
				return map[string]any{name: word}
			}
		}
	}
	switch at {
	case "/party_identification":
		return id("party_id", "party-")
	case "/purposes":
		return id("purpose_id", "purpose-")
	}
	return map[string]any{"before_consent": false}
}

// cutRow cuts a pointer to a row into that of its list and the row's number; -1
// if it is none.
func cutRow(at string) (dir string, index int) {
	i := strings.LastIndexByte(at, '/')
	if i < 1 {
		return "", -1
	}
	n, err := strconv.Atoi(at[i+1:])
	if err != nil {
		return "", -1
	}
	return at[:i], n
}

// keepGuesses gives the guesses that still hold when rows of a list move, or a
// step was looked at: those of a step that a person saved are guesses no more.
func keepGuesses(all []candor.NoticeGuess, s step, saved bool, removed string) (out []candor.NoticeGuess) {
	dir, index := cutRow(removed)
	for _, g := range all {
		if saved && stepOf(g.Pointer) == s.name {
			continue
		}
		if rest, ok := strings.CutPrefix(g.Pointer, dir+"/"); ok && dir != "" {
			first, tail, _ := strings.Cut(rest, "/")
			n, err := strconv.Atoi(first)
			switch {
			case err == nil && n == index:
				continue
			case err == nil && n > index:
				g.Pointer = dir + "/" + strconv.Itoa(n-1)
				if tail != "" {
					g.Pointer += "/" + tail
				}
			}
		}
		out = append(out, g)
	}
	return out
}
