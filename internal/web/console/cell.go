package console

import (
	"net/url"
	"slices"

	"github.com/a-h/templ"

	"candor"
	"candor/internal/web"
	"candor/internal/web/ui"
)

func cells(all ...templ.Component) []templ.Component { return all }

func anchor(text, href string) templ.Component { return ui.Anchor(ui.Link{Text: text, Href: href}) }

// when is one of two components.
func when(yes bool, c, otherwise templ.Component) templ.Component {
	if yes {
		return c
	}
	return otherwise
}

// Columns of tables.
func column(key, label string) ui.Column { return ui.Column{Key: key, Label: label} }
func wide(c ui.Column) ui.Column         { c.Wide = true; return c }
func minor(c ui.Column) ui.Column        { c.Minor = true; return c }
func number(c ui.Column) ui.Column       { c.Number = true; return c }
func sorted(c ui.Column) ui.Column       { c.Sortable = true; return c }
func largest(c ui.Column) ui.Column      { c.Sortable, c.Largest = true, true; return c }

// severities are the choices of the least severity that a list shows.
func severities(r *web.Request) []ui.Option {
	var all []ui.Option
	for s := candor.Critical; s > candor.Info; s-- {
		all = append(all, ui.Option{Value: s.String(), Label: r.Printer.T("severity." + s.String())})
	}
	return all
}

// leastSeverity is that choice; Info bounds nothing.
func leastSeverity(r *web.Request) candor.Severity {
	s, err := candor.ParseSeverity(r.Query("severity"))
	if err != nil {
		return candor.Info
	}
	return s
}

// classes are the classes of incidents that a list can be narrowed to, by
// their names in the reader's language.
func classes(r *web.Request) []ui.Option {
	var all []ui.Option
	offered := taxonomy
	if c := filterClass(r); c != "" && !slices.Contains(offered, c) {
		offered = append(slices.Clone(offered), c)
	}
	for _, c := range offered {
		all = append(all, ui.Option{Value: string(c), Label: short(className(r.Printer, c), 28)}) // a select is as wide as its longest
	}
	return all
}

func filterClass(r *web.Request) candor.Class {
	c, ok := candor.ParseClass(r.Query("class"))
	if !ok {
		return ""
	}
	return c
}

// Addresses of what pages lead to.
func casePath(id candor.ID) string     { return "/cases/" + string(id) }
func findingPath(id candor.ID) string  { return "/findings/" + string(id) }
func responsePath(id candor.ID) string { return "/responses/" + string(id) }
func partyPath(id candor.ID) string    { return "/parties/" + string(id) }
func assetPath(id candor.ID) string    { return "/assets/" + string(id) }

// contentPath leads to all findings of a content.
func contentPath(sha256 string) string {
	return "/findings?" + url.Values{"content": {sha256}}.Encode()
}

// counted is the size of a list as people write it: "10,000+".
func counted[T any](r *web.Request, p candor.Page[T]) string {
	n := r.Printer.Number(int64(p.Count))
	if p.More {
		return n + "+"
	}
	return n
}
