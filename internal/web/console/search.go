package console

import (
	"strings"

	"candor"
	"candor/internal/phrase"
	"candor/internal/regex"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// sha256Words is a whole SHA-256 digest in hexadecimal.
var sha256Words = regex.Of(`^[0-9a-fA-F]{64}$`)

const mostHits = 100

// search looks through everything. The number of a case, and a whole hash of
// a content, lead right there.
func (c *console) search(r *web.Request) (web.View, error) {
	text := strings.TrimSpace(r.Query("q"))
	if found, err := c.byLabel(r, text); err == nil {
		return web.See(casePath(found.ID)), nil
	} else if !isMissing(err) {
		return web.View{}, err
	}
	if hashWords.MatchString(text) {
		return c.searchHash(r, strings.ToLower(text))
	}
	hits, err := c.house.Search(r.Context(), r.Who, text, mostHits)
	if err != nil {
		return web.View{}, err
	}
	l := ui.Listing{Filters: []ui.Filter{{Name: "q", Label: r.T("console.words"), Kind: ui.Words}}, Table: hitTable(r, text, hits),
		Cursor: ui.Cursor{Total: len(hits), AtLeast: len(hits) == mostHits}}
	return web.View{Page: ui.Page{Title: r.T("console.search")}, Body: ui.ListPage(l)}, nil
}

// hitTable lists what was found, cases first, as the store gives it.
func hitTable(r *web.Request, text string, hits []candor.Hit) ui.Table {
	t := ui.Table{ID: "hits", Caption: r.T("console.search"), Columns: []ui.Column{wide(column("title", r.T("console.search.found"))), column("kind", r.T("console.search.kind"))},
		Empty: ui.Situation{Title: r.T("console.search.ask"), Text: r.T("console.search.ask.text")}}
	if text != "" {
		t.Empty = ui.Situation{Title: r.T("console.search.none", phrase.Args{"words": short(text, 80)}), Text: r.T("console.search.none.text")}
	}
	for _, h := range hits {
		href, title := hitPath(h), h.Title
		if h.Kind == "case" {
			title = r.Printer.CaseTitle(title)
		}
		t.Rows = append(t.Rows, ui.Row{Key: string(h.ID), Label: title, Href: href, Cells: cells(
			ui.Together(anchor(title, href), when(h.Detail != "", quiet(h.Detail), nil)), ui.Text(r.Printer.Word("console.search.", h.Kind)))})
	}
	return t
}

func hitPath(h candor.Hit) string {
	switch h.Kind {
	case "case":
		return casePath(h.ID)
	case "finding":
		return findingPath(h.ID)
	case "party":
		return partyPath(h.ID)
	}
	return assetPath(h.ID)
}
