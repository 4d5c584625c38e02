package portal

import (
	"fmt"
	"net/mail"
	"slices"

	"github.com/a-h/templ"

	"candor"
	"candor/internal/access"
	"candor/internal/guide"
	"candor/internal/web"
	"candor/internal/web/ui"
)

func looksLikeMail(text string) bool {
	a, err := mail.ParseAddress(text)
	return err == nil && a.Address == text
}

// shownGuide is a guide in the language that it is shown in.
type shownGuide struct {
	Slug, Title string
	Lang        string // if it is another than the page's
	Body        templ.Component
	Steps       []string
}

// wordedGuide words a guide for the reader; top is the level of its headings.
func wordedGuide(r *web.Request, a candor.Article, top int) shownGuide {
	title, text, lang := guide.In(a, r.Printer.Lang())
	g := shownGuide{Slug: a.Slug, Title: title, Body: templ.Raw(guide.HTML(text, top)), Steps: guide.Steps(text)}
	if lang != r.Printer.Lang() {
		g.Lang = lang
	}
	return g
}

// helpPage lists the guides that anybody may read.
func (p *portal) helpPage(r *web.Request) (web.View, error) {
	all, err := p.site.House.Guides(r.Context())
	if err != nil {
		return web.View{}, err
	}
	words := r.Query("q")
	if words != "" {
		all = guide.Search(all, words, r.Printer.Lang())
	}
	var out []shownGuide
	for _, a := range all {
		out = append(out, wordedGuide(r, a, 2))
	}
	return web.View{Document: helpDocument(p.helpLetter(r, r.T("support.help")), words, out, p.reach(""))}, nil
}

// guidePage shows one guide.
func (p *portal) guidePage(r *web.Request) (web.View, error) {
	all, err := p.site.House.Guides(r.Context())
	if err != nil {
		return web.View{}, err
	}
	i := slices.IndexFunc(all, func(a candor.Article) bool { return a.Slug == r.PathValue("slug") })
	if i < 0 {
		return web.View{}, fmt.Errorf("guide %.60q: %w", r.PathValue("slug"), candor.ErrNotFound)
	}
	g := wordedGuide(r, all[i], 2)
	letter := p.helpLetter(r, g.Title)
	letter.Home = ui.Link{Text: r.T("support.help"), Href: "/help"}
	return web.View{Document: guideDocument(letter, g, p.reach(""))}, nil
}

func (p *portal) helpLetter(r *web.Request, title string) ui.CustomerPage {
	letter := r.Letter(title)
	if access.Allowed(r.Who, access.ReadOwn) {
		letter.Home = ui.Link{Text: r.T("portal.my.title"), Href: "/my"}
	}
	return letter
}

// guides are those that fit a case, the best first.
func (p *portal) guides(v visit, c candor.Case, a candor.Asset) ([]shownGuide, error) {
	all, err := p.site.House.Guides(v.Context())
	var out []shownGuide
	for _, x := range guide.For(all, c.Class, guide.Platform(a), 3) {
		out = append(out, wordedGuide(v.Request, x, 3))
	}
	return out, err
}
