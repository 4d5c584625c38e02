package portal

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"candor"
	"candor/internal/access"
	"candor/internal/consent/notice"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// mountNotices adds the editor of notices, for customers with an account.
func (p *portal) mountNotices(s *web.Site) {
	reads, acts := web.Needs{access.ReadOwn}, web.Needs{access.ActOwn}
	s.Page("GET /my/notices", reads, p.notices)
	s.Action("POST /my/notices", acts, p.beginNotice)
	s.Page("GET /my/notices/{id}", reads, p.notice)
	s.Page("GET /my/notices/{id}/edit/{step}", acts, p.editNotice)
	s.Action("POST /my/notices/{id}/edit/{step}", acts, p.saveNotice)
	s.Action("POST /my/notices/{id}/sites", acts, p.giveSites)
	s.Action("POST /my/notices/{id}/import", acts, p.importNotice)
	s.Action("POST /my/notices/{id}/publish", acts, p.publishNotice)
	s.Action("POST /my/notices/{id}/pin", acts, p.pinNotice)
	s.Action("POST /my/notices/{id}/prove", acts, p.proveNotice)
	s.Action("POST /my/notices/{id}/remove", acts, p.removeNotice)
	s.Page("GET /my/notices/{id}/export", reads, p.exportNotice)
}

func noticePath(id candor.ID) string { return "/my/notices/" + string(id) }

// mine begins a page of somebody with an account.
func (p *portal) mine(r *web.Request, title string, home ui.Link) ui.CustomerPage {
	letter := r.Letter(title)
	letter.Home = home
	return letter
}

// speak chooses language and zone of the party.
func (p *portal) speak(r *web.Request) error {
	party, err := p.site.House.Store.Party(r.Context(), r.Who.Scope(), r.Who.Party)
	if err == nil {
		r.Speak(party.Language)
		r.In(party.TimeZone)
	}
	return err
}

// noticeList is the page of all notices.
type noticeList struct {
	items []candor.Notice
	sites []ui.Option // that have no notice yet
	more  string      // cursor
	user  *candor.User
}

func (p *portal) notices(r *web.Request) (web.View, error) {
	if err := p.speak(r); err != nil {
		return web.View{}, err
	}
	page, err := p.site.House.Notices(r.Context(), r.Who, candor.NoticeFilter{}, r.Cut())
	if err != nil {
		return web.View{}, err
	}
	l := noticeList{items: page.Items, more: page.Next, user: &r.User}
	if l.sites, err = p.freeSites(r, ""); err != nil {
		return web.View{}, err
	}
	letter := p.mine(r, r.T("portal.notices"), ui.Link{Text: r.T("portal.my.title"), Href: "/my"})
	return web.View{Document: noticesPage(letter, l)}, nil
}

// freeSites are the customer's sites that serve no notice, or that one.
func (p *portal) freeSites(r *web.Request, of candor.ID) (all []ui.Option, err error) {
	page, err := p.site.House.Assets(r.Context(), r.Who, candor.AssetFilter{Kind: candor.Site, Owner: r.Who.Party}, candor.Cut{Limit: 500, Sort: "name"})
	if err != nil {
		return nil, err
	}
	for _, a := range page.Items {
		s, err := p.site.House.Store.NoticeSite(r.Context(), a.ID)
		if err != nil && !errors.Is(err, candor.ErrNotFound) {
			return nil, err
		}
		if err != nil || s.Notice == of {
			all = append(all, ui.Option{Value: string(a.ID), Label: a.Name})
		}
	}
	return all, nil
}

func (p *portal) beginNotice(r *web.Request) (web.View, error) {
	sites, err := r.IDs("sites")
	if err != nil {
		return web.View{}, err
	}
	n, err := p.site.House.AddNotice(r.Context(), r.Who, r.Who.Party, house.NoticeDraft{Name: r.Line("name"), Sites: sites})
	if errors.Is(err, candor.ErrInvalid) {
		return web.See("/my/notices").Say(ui.Bad, r.T("portal.notice.begin.bad")), nil
	}
	if err != nil {
		return web.View{}, err
	}
	return web.See(noticePath(n.ID)).Say(ui.Good, r.T("portal.notice.begun")), nil
}

// noticePage is all about one notice.
type noticeState struct {
	house.NoticeView
	path     string
	steps    []stepLine
	problems []problemLine
	faults   int
	guesses  int
	choices  []ui.Option
	chosen   []string
	snippets []snippet
	hosted   string
	user     *candor.User
}

type stepLine struct {
	ui.Link
	faults, guesses int
}

type problemLine struct {
	ui.Link
	do    string
	fault bool
}

type snippet struct{ name, text string }

func (p *portal) view(r *web.Request) (house.NoticeView, error) {
	id, err := r.ID("id")
	if err != nil {
		return house.NoticeView{}, err
	}
	if err := p.speak(r); err != nil {
		return house.NoticeView{}, err
	}
	return p.site.House.Notice(r.Context(), r.Who, id)
}

func (p *portal) notice(r *web.Request) (web.View, error) {
	v, err := p.view(r)
	if err != nil {
		return web.View{}, err
	}
	s := noticeState{NoticeView: v, path: noticePath(v.Notice.ID), guesses: len(v.Notice.Guesses), user: &r.User}
	for _, e := range editor() {
		title := "portal.notice.step." + e.name
		s.steps = append(s.steps, stepLine{Link: ui.Link{Text: r.T(title), Href: s.path + "/edit/" + e.name}})
	}
	for _, x := range v.Problems {
		what, do := x.In(r.Printer)
		i, _ := stepAt(stepOf(x.Pointer))
		href := s.steps[i].Href
		if at := placeOf(x.Pointer); at.at != "" {
			href, what = href+"#"+at.at, placeWord(r, at)+": "+what
		}
		s.problems = append(s.problems, problemLine{ui.Link{Text: what, Href: href}, do, x.Severity == notice.Fault})
		if x.Severity == notice.Fault {
			s.steps[i].faults++
			s.faults++
		}
	}
	for _, g := range v.Notice.Guesses {
		i, _ := stepAt(stepOf(g.Pointer))
		s.steps[i].guesses++
	}
	slices.SortStableFunc(s.problems, func(a, b problemLine) int { return truth(b.fault) - truth(a.fault) })
	s.problems = s.problems[:min(len(s.problems), 50)]
	if s.choices, err = p.freeSites(r, v.Notice.ID); err != nil {
		return web.View{}, err
	}
	for _, x := range v.Sites {
		s.chosen = append(s.chosen, string(x.Asset.ID))
	}
	if v.Notice.Latest > 0 {
		if s.snippets, err = p.snippets(r, v.Notice); err != nil {
			return web.View{}, err
		}
		s.hosted = p.site.House.NoticeAddress(v.Notice.ID, "")
	}
	letter := p.mine(r, r.T("portal.notice.title", phrase.Args{"name": v.Notice.Name}), ui.Link{Text: r.T("portal.notices"), Href: "/my/notices"})
	return web.View{Document: noticePage(letter, s)}, nil
}

// placeWord says where something is: "Purposes 2, Where".
func placeWord(r *web.Request, at place) string {
	var parts []string
	if at.title != "" {
		parts = append(parts, fmt.Sprintf("%s %d", r.Printer.T(at.title), at.n))
	}
	if at.label != "" {
		parts = append(parts, r.Printer.T(at.label))
	}
	return strings.Join(parts, r.T("portal.list"))
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

// snippets are what serves the last version.
func (p *portal) snippets(r *web.Request, n candor.Notice) (all []snippet, err error) {
	d, v, err := p.site.House.PublishedNotice(r.Context(), n.ID, n.Latest)
	if err != nil {
		return nil, err
	}
	for _, server := range notice.Servers() {
		text, err := d.Snippet(server, d.KeptAt())
		if err != nil {
			return nil, err
		}
		all = append(all, snippet{map[string]string{"nginx": "nginx", "apache": "Apache", "wordpress": "WordPress"}[server], text})
	}
	to := p.site.House.NoticeAddress(n.ID, fmt.Sprintf("/v/%d/notice.json", v.Number))
	return append(all, snippet{r.T("portal.notice.redirect"), "Redirect 302 " + notice.WellKnown + " " + to + "\n"}), nil
}

// language is that in which texts of a draft are written: what the address or
// the form asks for, or the draft's own.
func (p *portal) language(asked string, t tree) string {
	for _, lang := range []string{asked, t.text("/language")} {
		if slices.Contains(p.site.Phrases.Languages(), lang) {
			return lang
		}
	}
	return "en"
}

func (p *portal) editNotice(r *web.Request) (web.View, error) {
	v, err := p.view(r)
	if err != nil {
		return web.View{}, err
	}
	i, ok := stepAt(r.PathValue("step"))
	if !ok {
		return web.View{}, candor.ErrNotFound
	}
	t, err := readTree(v.Notice.Draft)
	if err != nil {
		return web.View{}, err
	}
	f := p.form(r, v, t, i, p.language(r.Query("in"), t))
	for _, lang := range p.site.Phrases.Languages() {
		own := p.site.Phrases.For(lang)
		f.others = append(f.others, ui.Link{Text: own.T("hosted.language"), Href: f.path + "/edit/" + f.name + "?in=" + lang})
	}
	letter := p.mine(r, f.title, ui.Link{Text: v.Notice.Name, Href: f.path})
	return web.View{Document: stepPage(letter, f)}, nil
}

// saveNotice keeps a step, and adds or removes a row.
func (p *portal) saveNotice(r *web.Request) (web.View, error) {
	v, err := p.view(r)
	if err != nil {
		return web.View{}, err
	}
	i, ok := stepAt(r.PathValue("step"))
	if !ok {
		return web.View{}, candor.ErrNotFound
	}
	edition, err := r.Int("edition")
	if err != nil {
		return web.View{}, err
	}
	t, err := readTree(v.Notice.Draft)
	if err != nil {
		return web.View{}, err
	}
	s, path := editor()[i], noticePath(v.Notice.ID)
	here := path + "/edit/" + s.name
	if v.Notice.Edition != edition {
		return web.See(here).Say(ui.Warn, r.T("portal.notice.changed")), nil
	}
	lang := p.language(r.Line("in"), t)
	takeStep(r, t, s, lang)
	do, at, _ := strings.Cut(r.Line("do"), " ")
	done := web.See(here+"?in="+lang).Say(ui.Good, r.T("portal.notice.saved"))
	removed := ""
	switch {
	case do == "add" && ofStep(s, at):
		t.add(at, fresh(t, at))
		done = web.See(here + "?in=" + lang + "#" + at + "/" + strconv.Itoa(len(t.list(at))-1))
	case do == "remove":
		dir, index := cutRow(at)
		if ofStep(s, dir) && index >= 0 {
			t.remove(dir, index)
			removed = at
			done = web.See(here+"?in="+lang+"#"+dir).Say(ui.Good, r.T("portal.notice.removed"))
		}
	case do == "next" && i+1 < len(editor()):
		done = web.See(path + "/edit/" + editor()[i+1].name + "?in=" + lang)
	case do == "next":
		done = web.See(path)
	}
	text, err := t.json()
	if err != nil {
		return web.View{}, err
	}
	d := house.NoticeDraft{Name: v.Notice.Name, Sites: sitesIn(v), Document: text, Guesses: keepGuesses(v.Notice.Guesses, s, do == "save" || do == "next", removed)}
	return p.saved(r, v.Notice.ID, edition, d, done)
}

// saved saves a draft, and leads on.
func (p *portal) saved(r *web.Request, id candor.ID, edition int64, d house.NoticeDraft, done web.View) (web.View, error) {
	_, err := p.site.House.SaveNotice(r.Context(), r.Who, id, edition, d)
	switch {
	case errors.Is(err, candor.ErrChanged):
		return web.See(noticePath(id)).Say(ui.Warn, r.T("portal.notice.changed")), nil
	case errors.Is(err, candor.ErrExists), errors.Is(err, candor.ErrInvalid):
		return web.See(noticePath(id)).Say(ui.Bad, r.T("portal.notice.refused")), nil
	case err != nil:
		return web.View{}, err
	}
	return done, nil
}

// ofStep tells whether a pointer is that of a list of a step.
func ofStep(s step, at string) bool {
	return slices.ContainsFunc(s.groups, func(g group) bool { return g.list && g.at == at })
}

func sitesIn(v house.NoticeView) (all []candor.ID) {
	for _, s := range v.Sites {
		all = append(all, s.Asset.ID)
	}
	return all
}

func (p *portal) giveSites(r *web.Request) (web.View, error) {
	v, err := p.view(r)
	if err != nil {
		return web.View{}, err
	}
	sites, err := r.IDs("sites")
	if err != nil {
		return web.View{}, err
	}
	d := house.NoticeDraft{Name: v.Notice.Name, Sites: sites, Document: v.Notice.Draft, Guesses: v.Notice.Guesses}
	return p.saved(r, v.Notice.ID, v.Notice.Edition, d, web.See(noticePath(v.Notice.ID)).Say(ui.Good, r.T("portal.notice.saved")))
}

func (p *portal) importNotice(r *web.Request) (web.View, error) {
	v, err := p.view(r)
	if err != nil {
		return web.View{}, err
	}
	text, err := r.File("file", notice.MostBytes)
	if err != nil && !errors.Is(err, candor.ErrInvalid) {
		return web.View{}, err
	}
	if len(text) == 0 || len(text) > notice.MostBytes {
		return web.See(noticePath(v.Notice.ID)).Say(ui.Bad, r.T("portal.notice.import.bad")), nil
	}
	d := house.NoticeDraft{Name: v.Notice.Name, Sites: sitesIn(v), Document: text}
	return p.saved(r, v.Notice.ID, v.Notice.Edition, d, web.See(noticePath(v.Notice.ID)).Say(ui.Good, r.T("portal.notice.imported")))
}

func (p *portal) publishNotice(r *web.Request) (web.View, error) {
	v, err := p.view(r)
	if err != nil {
		return web.View{}, err
	}
	edition, err := r.Int("edition")
	if err != nil {
		return web.View{}, err
	}
	back := web.See(noticePath(v.Notice.ID))
	done, err := p.site.House.PublishNotice(r.Context(), r.Who, v.Notice.ID, edition, r.Yes("pin"))
	var faulty *house.FaultyNotice
	switch {
	case errors.As(err, &faulty):
		return back.Say(ui.Bad, r.T("portal.notice.publish.faulty")), nil
	case errors.Is(err, candor.ErrChanged):
		return back.Say(ui.Warn, r.T("portal.notice.changed")), nil
	case errors.Is(err, candor.ErrInvalid):
		return back.Say(ui.Warn, r.T("portal.notice.publish.same")), nil
	case err != nil:
		return web.View{}, err
	}
	return back.Say(ui.Good, r.T("portal.notice.published", phrase.Args{"number": done.Number})), nil
}

func (p *portal) pinNotice(r *web.Request) (web.View, error) {
	v, err := p.view(r)
	if err != nil {
		return web.View{}, err
	}
	site, err1 := r.FormID("site")
	number, err2 := r.Int("number")
	if err := errors.Join(err1, err2); err != nil {
		return web.View{}, err
	}
	if err := p.site.House.PinNotice(r.Context(), r.Who, v.Notice.ID, site, number); err != nil {
		return web.View{}, err
	}
	return web.See(noticePath(v.Notice.ID)).Say(ui.Good, r.T("portal.notice.saved")), nil
}

func (p *portal) proveNotice(r *web.Request) (web.View, error) {
	v, err := p.view(r)
	if err != nil {
		return web.View{}, err
	}
	site, err := r.FormID("site")
	if err == nil {
		err = p.site.House.AskForProof(r.Context(), r.Who, site)
	}
	if err != nil {
		return web.View{}, err
	}
	return web.See(noticePath(v.Notice.ID)).Say(ui.Good, r.T("portal.notice.asked")), nil
}

func (p *portal) removeNotice(r *web.Request) (web.View, error) {
	v, err := p.view(r)
	if err != nil {
		return web.View{}, err
	}
	if err := p.site.House.RemoveNotice(r.Context(), r.Who, v.Notice.ID); err != nil {
		return web.View{}, err
	}
	return web.See("/my/notices").Say(ui.Good, r.T("portal.notice.gone")), nil
}

func (p *portal) exportNotice(r *web.Request) (web.View, error) {
	v, err := p.view(r)
	if err != nil {
		return web.View{}, err
	}
	number, _ := strconv.ParseInt(r.Query("version"), 10, 64) // what is none is the draft
	text, err := p.site.House.ExportNotice(r.Context(), r.Who, v.Notice.ID, max(number, 0))
	if err != nil {
		return web.View{}, err
	}
	return web.View{Send: &web.File{Name: string(v.Notice.ID) + ".json", Type: notice.MediaType, Write: func(w io.Writer) error { _, err := w.Write(text); return err }}}, nil
}
