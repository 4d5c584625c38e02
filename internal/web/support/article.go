package support

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"candor"
	"candor/internal/access"
	"candor/internal/guide"
	"candor/internal/web"
	"candor/internal/web/ui"
)

func (p *pages) articles(r *web.Request) (web.View, error) {
	all, err := p.house.Articles(r.Context(), r.Who)
	if err != nil {
		return web.View{}, err
	}
	lang := r.Printer.Lang()
	if words := r.Query("q"); words != "" {
		all = guide.Search(all, words, lang)
	}
	t := ui.Table{ID: "articles", Caption: r.T("tickets.articles"), Empty: ui.Situation{Title: r.T("tickets.articles.none")}, Columns: []ui.Column{
		{Key: "title", Label: r.T("tickets.article.title"), Wide: true}, {Key: "platforms", Label: r.T("tickets.article.platforms")}, {Key: "languages", Label: r.T("tickets.article.languages"), Minor: true},
		{Key: "source", Label: r.T("tickets.article.source")}, {Key: "updated", Label: r.T("tickets.updated"), Minor: true}}}
	for _, a := range all {
		title, _, _ := guide.In(a, lang)
		source, updated := ui.Text(r.T("tickets.article.program")), ui.Absent()
		if a.Version > 0 {
			source, updated = ui.Text(r.T("tickets.article.own")), ui.Time(a.Updated)
		}
		if a.Hidden {
			source = ui.Together(source, ui.Badge(r.T("tickets.article.hidden"), ui.Warn))
		}
		t.Rows = append(t.Rows, ui.Row{Key: a.Slug, Label: title, Href: "/articles/" + a.Slug, Cells: cells(anchor(title, "/articles/"+a.Slug), ui.Text(platformNames(r, a.Platforms)),
			ui.Text(strings.Join(tongues(a), " ")), source, updated)})
	}
	v := web.View{Page: ui.Page{Title: r.T("tickets.articles"), Active: "articles", Lead: r.T("tickets.articles.lead")}, Body: ui.ListPage(ui.Listing{Table: t, Filters: []ui.Filter{{Name: "q", Label: r.T("tickets.words"), Kind: ui.Words}}, Cursor: ui.Cursor{Total: len(all)}})}
	if r.May(access.ActCases) {
		v.Page.Actions = ui.ButtonLink(ui.Link{Text: r.T("tickets.article.new"), Href: "/articles/new"}, ui.Primary, "")
	}
	return v, nil
}

// tongues are the languages of an article, in their order.
func tongues(a candor.Article) []string {
	return slices.DeleteFunc(languages(), func(l string) bool { return a.Titles[l] == "" })
}

func platformNames(r *web.Request, all []string) string {
	var names []string
	for _, x := range all {
		names = append(names, r.Printer.Word("support.platform.", x))
	}
	return strings.Join(names, ", ")
}

// articleDetail is the page of an article, and the form to change it.
type articleDetail struct {
	candor.Article
	problem   string
	shown     templ.Component // in the reader's language; nil for a new one
	shownIn   string
	classes   []ui.Option
	platforms []ui.Option
	may       bool
}

func (p *pages) article(r *web.Request) (web.View, error) {
	all, err := p.house.Articles(r.Context(), r.Who)
	if err != nil {
		return web.View{}, err
	}
	i := slices.IndexFunc(all, func(a candor.Article) bool { return a.Slug == r.PathValue("slug") })
	if i < 0 {
		return web.View{}, fmt.Errorf("article %.60q: %w", r.PathValue("slug"), candor.ErrNotFound)
	}
	return p.articlePage(r, all[i], "")
}

func (p *pages) articlePage(r *web.Request, a candor.Article, problem string) (web.View, error) {
	d := articleDetail{Article: a, problem: problem, may: r.May(access.ActCases)}
	title := r.T("tickets.article.new")
	if len(a.Titles) > 0 {
		var text string
		title, text, d.shownIn = guide.In(a, r.Printer.Lang())
		d.shown = templ.Raw(guide.HTML(text, 3))
	}
	for _, c := range candor.Classes() {
		d.classes = append(d.classes, ui.Option{Value: string(c), Label: className(r, c)})
	}
	for _, x := range guide.Platforms() {
		d.platforms = append(d.platforms, ui.Option{Value: x, Label: r.Printer.T("support.platform." + x)})
	}
	v := web.View{Body: articleBody(d), Page: ui.Page{Title: title, Active: "articles", Crumbs: []ui.Link{{Text: r.T("tickets.articles"), Href: "/articles"}}}}
	if problem != "" {
		v = v.Again()
	}
	return v, nil
}

func (p *pages) saveArticle(r *web.Request) (web.View, error) {
	version, err := r.Int("version")
	if err != nil {
		return web.View{}, err
	}
	id, err := r.FormID("key")
	if err != nil {
		return web.View{}, err
	}
	a := candor.Article{ID: id, Slug: r.Line("slug"), Titles: map[string]string{}, Texts: map[string]string{}, Platforms: r.Lines("platform"), Hidden: r.Yes("hidden"), Version: version}
	for _, c := range r.Lines("class") {
		a.Classes = append(a.Classes, candor.Class(c))
	}
	for _, l := range languages() {
		if title, text := r.Line("title-"+l), r.LongText("text-"+l, guide.MostText); title != "" || text != "" {
			a.Titles[l], a.Texts[l] = title, text
		}
	}
	a2, err := p.house.SetArticle(r.Context(), r.Who, a)
	if problem := plain(r, err); problem != "" {
		return p.articlePage(r, a, problem)
	}
	return web.See("/articles/"+a2.Slug).Say(ui.Good, r.T("tickets.saved")), err
}

func (p *pages) deleteArticle(r *web.Request) (web.View, error) {
	return web.See("/articles").Say(ui.Good, r.T("tickets.removed")), p.house.DeleteArticle(r.Context(), r.Who, r.PathValue("slug"))
}

// answers lists those that are kept ready.
func (p *pages) answers(r *web.Request) (web.View, error) {
	all, err := p.house.CannedAnswers(r.Context(), r.Who)
	if err != nil {
		return web.View{}, err
	}
	t := ui.Table{ID: "answers", Caption: r.T("tickets.canned"), Empty: ui.Situation{Title: r.T("tickets.canned.none"), Text: r.T("tickets.canned.none.text")}, Columns: []ui.Column{
		{Key: "name", Label: r.T("tickets.canned.name"), Wide: true}, {Key: "languages", Label: r.T("tickets.article.languages")}, {Key: "by", Label: r.T("tickets.canned.by"), Minor: true}, {Key: "updated", Label: r.T("tickets.updated")}}}
	for _, c := range all {
		in := slices.DeleteFunc(languages(), func(l string) bool { return c.Texts[l] == "" })
		t.Rows = append(t.Rows, ui.Row{Key: string(c.ID), Label: c.Name, Href: "/answers/" + string(c.ID), Cells: cells(anchor(c.Name, "/answers/"+string(c.ID)), ui.Text(strings.Join(in, " ")), ui.OrAbsent(c.By), ui.Time(c.Updated))})
	}
	v := web.View{Page: ui.Page{Title: r.T("tickets.canned"), Active: "answers", Lead: r.T("tickets.canned.lead")}, Body: ui.List(t)}
	if r.May(access.ActCases) {
		v.Page.Actions = ui.ButtonLink(ui.Link{Text: r.T("tickets.canned.new"), Href: "/answers/new"}, ui.Primary, "")
	}
	return v, nil
}

// cannedDetail is the form of one.
type cannedDetail struct {
	candor.Canned
	problem string
	may     bool
}

func (p *pages) canned(r *web.Request) (web.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	all, err := p.house.CannedAnswers(r.Context(), r.Who)
	if err != nil {
		return web.View{}, err
	}
	i := slices.IndexFunc(all, func(c candor.Canned) bool { return c.ID == id })
	if i < 0 {
		return web.View{}, fmt.Errorf("answer %s: %w", id, candor.ErrNotFound)
	}
	return p.cannedPage(r, all[i], "")
}

func (p *pages) cannedPage(r *web.Request, c candor.Canned, problem string) (web.View, error) {
	title := c.Name
	if title == "" {
		title = r.T("tickets.canned.new")
	}
	v := web.View{Body: cannedBody(cannedDetail{c, problem, r.May(access.ActCases)}), Page: ui.Page{Title: title, Active: "answers", Crumbs: []ui.Link{{Text: r.T("tickets.canned"), Href: "/answers"}}}}
	if problem != "" {
		v = v.Again()
	}
	return v, nil
}

func (p *pages) saveCanned(r *web.Request) (web.View, error) {
	id, err := r.FormID("key")
	if err != nil {
		return web.View{}, err
	}
	version, err := r.Int("version")
	if err != nil {
		return web.View{}, err
	}
	c := candor.Canned{ID: id, Name: r.Line("name"), Texts: map[string]string{}, Version: version}
	for _, l := range languages() {
		if text := r.Text("text-" + l); text != "" {
			c.Texts[l] = text
		}
	}
	_, err = p.house.SetCanned(r.Context(), r.Who, c)
	if problem := plain(r, err); problem != "" {
		return p.cannedPage(r, c, problem)
	}
	return web.See("/answers").Say(ui.Good, r.T("tickets.saved")), err
}

func (p *pages) deleteCanned(r *web.Request) (web.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	return web.See("/answers").Say(ui.Good, r.T("tickets.removed")), p.house.DeleteCanned(r.Context(), r.Who, id)
}

func chosen[T ~string](all []T) []string {
	out := make([]string, len(all))
	for i, x := range all {
		out[i] = string(x)
	}
	return out
}

func digits(n int64) string { return strconv.FormatInt(n, 10) }
