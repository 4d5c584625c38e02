package office

import (
	"slices"

	"candor"
	"candor/internal/access"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// addReporterTokens adds the page of the tokens with which programs of reporters hand
// in reports.
func (o *office) addReporterTokens() {
	s := o.site
	s.Page("GET "+reporterTokensPath, readPeople, func(r *web.Request) (web.View, error) { return o.reporterTokens(r, given()) })
	s.Action("POST "+reporterTokensPath, managePeople, o.makeReporterToken)
	s.Page("GET "+reporterTokensPath+"/{grant}/revoke", managePeople, o.askRevokeReporterToken)
	s.Action("POST "+reporterTokensPath+"/{grant}/revoke", managePeople, o.revokeReporterToken)
}

const reporterTokensPath = "/reporter-tokens"

// reporterTokenPage is the page of the tokens of reporters.
type reporterTokenPage struct {
	form
	rows []reporterTokenRow
	may  bool
}

type reporterTokenRow struct {
	access.Token
	title string
	facts []ui.Fact
	works bool
}

func (o *office) reporterTokens(r *web.Request, back form) (web.View, error) {
	all, err := o.site.Access.ReporterTokens(r.Context(), r.Who)
	if err != nil {
		return web.View{}, err
	}
	d := reporterTokenPage{form: back, may: r.May(access.ManagePeople)}
	names := o.names(r)
	for _, t := range all {
		row := reporterTokenRow{Token: t, title: r.T("office.reporter.token", phrase.Args{"reporter": t.Reporter, "name": t.Name}),
			works: t.Revoked.IsZero() && (t.Expires.IsZero() || t.Expires.After(r.Now))}
		until, used := ui.Text(r.T("account.token.expires.never")), ui.Text(r.T("account.token.unused"))
		if !t.Expires.IsZero() {
			until = ui.Time(t.Expires)
		}
		if !t.Used.IsZero() {
			used = ui.Time(t.Used)
		}
		row.facts = []ui.Fact{{Label: r.T("account.token.expires"), Value: until}, {Label: r.T("account.token.used"), Value: used},
			{Label: r.T("office.reporter.token.made"), Value: ui.Together(ui.Text(names.who("user:"+string(t.User))), ui.Time(t.Created))}}
		if !t.Revoked.IsZero() {
			row.facts = append(row.facts, ui.Fact{Label: r.T("account.token.revoked"), Value: ui.Time(t.Revoked)})
		}
		d.rows = append(d.rows, row)
	}
	v := web.View{Body: reporterTokensBody(d), Page: reporterTokenFrame(r, r.T("office.reporter.tokens"))}
	v.Page.Lead = r.T("office.reporter.tokens.lead")
	if back.bad() {
		v = v.Again()
	}
	return v, nil
}

func reporterTokenFrame(r *web.Request, title string) ui.Page {
	return ui.Page{Title: title, Active: "reports", Crumbs: []ui.Link{{Text: r.T("office.reports"), Href: "/reports"}, {Text: r.T("office.forwards.consents"), Href: forwardConsentsPath}}}
}

func (o *office) makeReporterToken(r *web.Request) (web.View, error) {
	if err := o.site.Access.Recent(r.Context()); err != nil {
		return web.View{}, err
	}
	f := typed(r, "reporter", "name", "expires")
	f.mail(r, "reporter")
	if f.values["name"] == "" || len(f.values["name"]) > 200 {
		f.refuse("name", r.T("account.token.name.bad"))
	}
	expires, err := r.Moment("expires")
	if err != nil || !expires.IsZero() && !expires.After(r.Now) {
		f.refuse("expires", r.T("account.token.expires.bad"))
	}
	if f.bad() {
		return o.reporterTokens(r, f)
	}
	text, t, err := o.site.Access.MakeReporterToken(r.Context(), r.Who, f.values["reporter"], f.values["name"], expires)
	if err != nil {
		if err := f.blame(r, err); err != nil {
			return web.View{}, err
		}
		return o.reporterTokens(r, f)
	}
	p := reporterTokenFrame(r, r.T("account.token.made", phrase.Args{"name": t.Name}))
	p.Crumbs = append(p.Crumbs, ui.Link{Text: r.T("office.reporter.tokens"), Href: reporterTokensPath})
	return web.View{Page: p, Body: reporterTokenMade(text)}, nil
}

// reporterToken is the token that the address names, if it works.
func (o *office) reporterToken(r *web.Request) (access.Token, error) {
	id, err := r.ID("grant")
	if err != nil {
		return access.Token{}, err
	}
	all, err := o.site.Access.ReporterTokens(r.Context(), r.Who)
	if err != nil {
		return access.Token{}, err
	}
	i := slices.IndexFunc(all, func(t access.Token) bool { return t.ID == id && t.Revoked.IsZero() })
	if i < 0 {
		return access.Token{}, candor.ErrNotFound
	}
	return all[i], nil
}

func (o *office) askRevokeReporterToken(r *web.Request) (web.View, error) {
	t, err := o.reporterToken(r)
	if err != nil {
		return web.View{}, err
	}
	q := ui.Confirmation{ID: "revoke", Title: r.T("account.token.revoke.title", phrase.Args{"name": t.Name}), What: []string{r.T("office.reporter.token.revoke.what", phrase.Args{"reporter": t.Reporter})},
		URL: reporterTokensPath + "/" + string(t.ID) + "/revoke", Fields: r.Fields(), Submit: r.T("account.token.revoke"), Destructive: true, Back: reporterTokensPath}
	return web.Confirm(reporterTokenFrame(r, r.T("account.token.revoke")), q), nil
}

func (o *office) revokeReporterToken(r *web.Request) (web.View, error) {
	t, err := o.reporterToken(r)
	if err == nil {
		err = o.site.Access.RevokeToken(r.Context(), r.Who, t.ID)
	}
	return web.See(reporterTokensPath).Say(ui.Good, r.T("account.token.revoked")), err
}
