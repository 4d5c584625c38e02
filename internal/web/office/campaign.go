package office

import (
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"candor"
	"candor/internal/access"
	"candor/internal/consent"
	"candor/internal/consent/campaign"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/store"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// addCampaigns adds the pages of campaigns that ask parties again.
func (o *office) addCampaigns() {
	o.site.Page("GET /campaigns", readPolicy, o.campaigns)
	o.addCampaignForms()
	o.site.Page("GET /campaigns/{id}", readPolicy, o.campaign)
}

func campaignPath(id candor.ID) string { return "/campaigns/" + string(id) }

var campaignStates = []campaign.State{campaign.Draft, campaign.Running, campaign.Ended}

func (o *office) campaigns(r *web.Request) (web.View, error) {
	all, err := o.house.Campaigns(r.Context(), r.Who)
	if err != nil {
		return web.View{}, err
	}
	terms, err := o.house.Terms(r.Context(), r.Who)
	if err != nil {
		return web.View{}, err
	}
	t := ui.Table{ID: "campaigns", Caption: r.T("office.campaigns"), Empty: ui.Situation{Title: r.T("office.campaigns.none"), Text: r.T("office.campaigns.none.text")}, Columns: []ui.Column{
		wide(column("terms", r.T("office.agreement.terms"))), column("state", r.T("office.state")), number(column("asked", r.T("office.campaign.asked"))),
		column("silence", r.T("office.campaign.silence")), minor(column("starts", r.T("office.campaign.starts"))), column("deadline", r.T("office.campaign.deadline"))}}
	state := web.FilterOne(r, "state", campaignStates)
	if state != "" {
		t.Empty = ui.Situation{Title: r.T("office.none.filter"), Text: r.T("office.none.filter.text")}
	}
	for _, c := range all {
		if state != "" && c.State != state {
			continue
		}
		name := campaignName(r, c, terms)
		t.Rows = append(t.Rows, ui.Row{Key: string(c.ID), Label: name, Href: campaignPath(c.ID), Muted: c.State == campaign.Ended, Cells: cells(anchor(name, campaignPath(c.ID)), campaignState(r, c),
			count(c.Asked), whole(r.Printer.T("office.campaign.silence."+string(c.Silence))), ui.Time(c.Starts), ui.Time(c.Deadline))})
	}
	l := ui.Listing{Table: t, Filters: []ui.Filter{{Name: "state", Label: r.T("office.state"), Kind: ui.Choice, Options: web.Options(r, "office.campaign.state.", campaignStates)}}}
	p := ui.Page{Title: r.T("office.campaigns"), Active: "campaigns", Lead: r.T("office.campaigns.lead")}
	if r.May(access.ManagePolicy) {
		p.Actions = ui.ButtonLink(ui.Link{Text: r.T("office.campaign.new"), Href: "/campaigns/new"}, ui.Primary, "plus")
	}
	return web.View{Page: p, Body: ui.ListPage(l)}, nil
}

// campaignName names the version that a campaign asks about.
func campaignName(r *web.Request, c campaign.Campaign, all []consent.Terms) string {
	if i := slices.IndexFunc(all, func(v consent.Terms) bool { return v.ID == c.Terms }); i >= 0 {
		return termsTitle(r.Printer, all[i]) + " " + all[i].Label
	}
	return c.Document
}

func campaignState(r *web.Request, c campaign.Campaign) templ.Component {
	tone, text := ui.Neutral, r.Printer.T("office.campaign.state."+string(c.State))
	switch {
	case c.State == campaign.Running:
		tone = ui.Accent
	case c.Stopped != "":
		tone, text = ui.Warn, r.T("office.campaign.stopped")
	}
	return ui.Badge(text, tone)
}

// campaignDetail is what the page of a campaign shows.
type campaignDetail struct {
	facts   []ui.Fact
	tiles   []ui.Stat
	silence ui.Message
	policy  []policyText
	asked   *ui.Listing // nil for those who may not see parties
}

// policyText is what silence means in the provider's words, in a language.
type policyText struct{ tag, language, text string }

func (o *office) campaign(r *web.Request) (web.View, error) {
	id, err := r.ID("id")
	if err != nil {
		return web.View{}, err
	}
	v, err := o.house.Campaign(r.Context(), r.Who, id)
	if err != nil {
		return web.View{}, err
	}
	c := v.Campaign
	d := campaignDetail{facts: campaignFacts(r, v), tiles: campaignTiles(r, v.Figures, c),
		silence: ui.Message{Title: r.Printer.T("office.campaign.silence." + string(c.Silence)), Text: r.Printer.T("office.campaign.silence."+string(c.Silence)+".text", phrase.Args{"time": r.Printer.Time(c.Deadline, r.Zone)}), Stays: true}}
	for tag, text := range c.Policy {
		d.policy = append(d.policy, policyText{tag, languageName(r, tag), strings.TrimSpace(text)})
	}
	slices.SortFunc(d.policy, func(a, b policyText) int { return strings.Compare(a.tag, b.tag) })
	if r.May(access.ReadParties) {
		if d.asked, err = o.askedList(r, c); err != nil {
			return web.View{}, err
		}
	}
	return web.View{Page: ui.Page{Title: termsTitle(r.Printer, v.Terms) + " " + v.Terms.Label, Active: "campaigns", Crumbs: []ui.Link{{Text: r.T("office.campaigns"), Href: "/campaigns"}}, Actions: campaignButtons(r, c)}, Body: campaignBody(d)}, nil
}

func campaignFacts(r *web.Request, v house.CampaignView) []ui.Fact {
	c := v.Campaign
	days := make([]string, len(c.Reminders))
	for i, n := range c.Reminders {
		days[i] = strconv.Itoa(n)
	}
	facts := []ui.Fact{
		{Label: r.T("office.state"), Value: campaignState(r, c)},
		{Label: r.T("office.agreement.terms"), Value: anchor(termsTitle(r.Printer, v.Terms)+" "+v.Terms.Label, termsPath(v.Terms.ID))},
		{Label: r.T("office.campaign.starts"), Value: ui.Time(c.Starts)},
		{Label: r.T("office.campaign.deadline"), Value: ui.Time(c.Deadline)},
		{Label: r.T("office.campaign.reminders"), Value: ui.OrAbsent(strings.Join(days, r.T("office.list.comma")))},
		{Label: r.T("office.campaign.planned"), Value: ui.OrAbsent("")},
		{Label: r.T("office.campaign.by"), Value: ui.OrAbsent(c.By)},
	}
	if !c.Planned.IsZero() {
		facts[5].Value = ui.Time(c.Planned)
	}
	if !c.Ended.IsZero() {
		facts = append(facts, ui.Fact{Label: r.T("office.campaign.ended"), Value: ui.Time(c.Ended)})
	}
	if c.Stopped != "" {
		facts = append(facts, ui.Fact{Label: r.T("office.campaign.stopped.why"), Value: ui.Text(c.Stopped)})
	}
	return facts
}

// campaignTiles are its figures. Before it is planned nobody knows whom it asks.
func campaignTiles(r *web.Request, f campaign.Figures, c campaign.Campaign) []ui.Stat {
	known, path := !c.Planned.IsZero(), campaignPath(c.ID)
	tile := func(name string, n int64) ui.Stat {
		return ui.Stat{Label: r.Printer.T("office.campaign." + name), Value: r.Printer.Number(n), Known: known, Href: path + "?state=" + name}
	}
	all := []ui.Stat{{Label: r.T("office.campaign.asked"), Value: r.Printer.Number(f.Asked), Known: known, Href: path},
		tile("waiting", f.Waiting), tile("agreed", f.Agreed), tile("refused", f.Refused), tile("withdrawn", f.Withdrawn), tile("silent", f.Silent)}
	if f.Overdue > 0 {
		all[1].Tone, all[1].Note = ui.Warn, r.N("office.campaign.overdue", int(f.Overdue))
	}
	unreachable := ui.Stat{Label: r.T("office.campaign.unreachable"), Value: r.Printer.Number(f.Unreachable), Known: known, Href: path + "?unreachable=yes", Note: r.T("office.campaign.unreachable.note")}
	if f.Unreachable > 0 {
		unreachable.Tone = ui.Warn
	}
	return append(all, unreachable, ui.Stat{Label: r.T("office.campaign.unsent"), Value: r.Printer.Number(f.Unsent), Known: known})
}

// askedList lists whom a campaign asks.
func (o *office) askedList(r *web.Request, c campaign.Campaign) (*ui.Listing, error) {
	f := store.AskedFilter{State: web.FilterOne(r, "state", campaign.Answers())}
	if r.Query("unreachable") == "yes" {
		yes := true
		f.Unreachable = &yes
	}
	page, err := o.house.Asked(r.Context(), r.Who, c.ID, f, r.Cut())
	if err != nil {
		return nil, err
	}
	t := ui.Table{ID: "asked", Caption: r.T("office.campaign.who"), Empty: ui.Situation{Title: r.T("office.campaign.who.none"), Text: r.T("office.campaign.who.none.text")}, Columns: []ui.Column{
		wide(column("party", r.T("office.questions.party"))), column("state", r.T("office.state")), number(column("sent", r.T("office.campaign.mails"))),
		column("last", r.T("office.campaign.last")), column("next", r.T("office.campaign.next"))}}
	if f != (store.AskedFilter{}) {
		t.Empty = ui.Situation{Title: r.T("office.none.filter"), Text: r.T("office.none.filter.text")}
	}
	n := o.names(r)
	for _, a := range page.Items {
		name := partyName(r, n.partyOf(a.Party))
		last, next := ui.Absent(), ui.Absent()
		if !a.Last.IsZero() {
			last = ui.Time(a.Last)
		}
		if !a.Next.IsZero() && a.State == campaign.Waiting {
			next = ui.Time(a.Next)
		}
		t.Rows = append(t.Rows, ui.Row{Key: string(a.Party), Label: name, Href: partyPath(a.Party), Cells: cells(anchor(name, partyPath(a.Party)), askedState(r, a), count(int64(a.Sent)), last, next)})
	}
	return &ui.Listing{Table: t, Cursor: web.Cursor(page), Filters: []ui.Filter{
		{Name: "state", Label: r.T("office.state"), Kind: ui.Choice, Options: web.Options(r, "office.campaign.", campaign.Answers())},
		{Name: "unreachable", Label: r.T("office.campaign.unreachable"), Kind: ui.Choice, Options: []ui.Option{{Value: "yes", Label: r.T("office.campaign.unreachable.yes")}}},
	}}, nil
}

func askedState(r *web.Request, a campaign.Asked) templ.Component {
	tone := map[campaign.Answer]ui.Tone{campaign.Agreed: ui.Good, campaign.Waiting: ui.Accent}[a.State]
	state := ui.Badge(r.Printer.T("office.campaign."+string(a.State)), tone)
	if a.Unreachable {
		return ui.Together(state, ui.Badge(r.T("office.campaign.unreachable.yes"), ui.Warn))
	}
	return state
}
