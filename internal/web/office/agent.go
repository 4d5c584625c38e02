package office

import (
	"net"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"candor"
	"candor/internal/access"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/regex"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// addAgents adds the pages of agents on hosting servers.
func (o *office) addAgents() {
	s := o.site
	s.Page("GET /agents", readSettings, o.agents)
	s.Page("GET /agents/new", manageSettings, o.newAgent)
	s.Action("POST /agents/new", manageSettings, o.enrolAgent)
	s.Page("GET /agents/{id}/retire", manageSettings, o.askRetire)
	s.Action("POST /agents/{id}/retire", manageSettings, o.retire)
	s.Page("GET /agents/tokens/{hash}/revoke", manageSettings, o.askAgentToken)
	s.Action("POST /agents/tokens/{hash}/revoke", manageSettings, o.revokeAgentToken)
}

// agentStates are what the list can be cut to.
func agentStates() []candor.AgentState {
	return []candor.AgentState{candor.AgentActive, candor.AgentRevoked}
}

// agentList is what the page of agents shows.
type agentList struct {
	deaf   bool // nobody answers agents here
	agents ui.Listing
	tokens ui.Table
}

func (o *office) agents(r *web.Request) (web.View, error) {
	state := web.FilterOne(r, "state", agentStates())
	if state == "" {
		state = candor.AgentActive
	}
	page, err := o.house.Agents(r.Context(), r.Who, state, r.Cut())
	if err != nil {
		return web.View{}, err
	}
	d := agentList{deaf: o.Agents == "", agents: ui.Listing{Table: agentTable(r, page.Items), Cursor: web.Cursor(page), Label: r.T("office.state")}}
	for _, s := range agentStates() {
		d.agents.Tabs = append(d.agents.Tabs, ui.Tab{Text: r.Printer.T("office.agents." + string(s)), Href: "/agents?state=" + string(s), Active: s == state})
	}
	if d.tokens, err = o.agentTokenTable(r); err != nil {
		return web.View{}, err
	}
	p := ui.Page{Title: r.T("office.agents"), Active: "agents", Lead: r.T("office.agents.lead")}
	if r.May(access.ManageSettings) && !d.deaf {
		p.Actions = ui.ButtonLink(ui.Link{Text: r.T("office.agent.enrol"), Href: "/agents/new"}, ui.Primary, "plus")
	}
	return web.View{Page: p, Body: agentPage(d)}, nil
}

// agentTable lists agents by their servers.
func agentTable(r *web.Request, all []candor.AgentStatus) ui.Table {
	t := ui.Table{ID: "agents", Caption: r.T("office.agents"), Empty: ui.Situation{Title: r.T("office.agents.none"), Text: r.T("office.agents.none.text")}, Columns: []ui.Column{
		wide(column("server", r.T("office.agent.server"))), column("heard", r.T("office.agent.heard")), number(column("backlog", r.T("office.agent.backlog"))),
		column("generation", r.T("office.definitions")), minor(column("version", r.T("office.agent.version"))), number(minor(column("sites", r.T("office.assets.site"))))}}
	retires := r.May(access.ManageSettings)
	if retires {
		t.Columns = append(t.Columns, column("do", r.T("office.do")))
	}
	for _, a := range all {
		row := ui.Row{Key: string(a.ID), Label: a.Server, Muted: a.State != candor.AgentActive, Cells: cells(named(a.Server, assetPath(a.Asset), a.Name), agentHeard(r, a),
			ui.Number(a.Backlog, ""), agentDefinitions(r, a), code(a.Version), ui.Number(a.Sites, ""))}
		if retires {
			do := ui.Together()
			if a.State == candor.AgentActive {
				do = ui.ButtonLink(ui.Link{Text: r.T("office.agent.retire"), Href: agentPath(a.ID) + "/retire"}, ui.Plain, "")
			}
			row.Cells = append(row.Cells, do)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func agentPath(id candor.ID) string { return "/agents/" + string(id) }

// agentHeard is when an agent called last, with what that means.
func agentHeard(r *web.Request, a candor.AgentStatus) templ.Component {
	state := ui.Badge(r.T("office.agent.silent"), ui.Warn)
	switch {
	case a.State != candor.AgentActive:
		state = ui.Badge(r.T("office.agent.retired"), ui.Neutral)
	case a.Heard:
		state = ui.Badge(r.T("office.agent.listens"), ui.Good)
	}
	if a.Seen.IsZero() {
		return state
	}
	return ui.Together(state, ui.Time(a.Seen))
}

func agentDefinitions(r *web.Request, a candor.AgentStatus) templ.Component {
	switch {
	case a.Generation == "":
		return ui.Absent()
	case a.Current || a.State != candor.AgentActive:
		return ui.Digest(a.Generation)
	}
	return ui.Together(ui.Digest(a.Generation), ui.Badge(r.T("office.agent.older"), ui.Warn))
}

// agentTokenTable lists the tokens that were made lately.
func (o *office) agentTokenTable(r *web.Request) (ui.Table, error) {
	t := ui.Table{ID: "tokens", Caption: r.T("office.agent.tokens"), Empty: ui.Situation{Title: r.T("office.agent.tokens.none")}, Columns: []ui.Column{
		wide(column("server", r.T("office.agent.server"))), column("state", r.T("office.state")), minor(column("by", r.T("office.agent.token.by"))), column("created", r.T("office.added")), column("do", r.T("office.do"))}}
	all, err := o.house.AgentTokens(r.Context(), r.Who)
	n := o.names(r)
	for _, k := range all[:min(len(all), mostSuggested)] {
		state, do, over := ui.Badge(r.T("office.token.works"), ui.Good), ui.Together(), true
		switch {
		case !k.Used.IsZero():
			state = ui.Together(ui.Badge(r.T("office.agent.token.used"), ui.Neutral), ui.Time(k.Used))
		case !r.Now.Before(k.Expires):
			state = ui.Badge(r.T("office.token.expired"), ui.Neutral)
		default:
			if over = false; r.May(access.ManageSettings) {
				do = ui.ButtonLink(ui.Link{Text: r.T("office.token.revoke"), Href: "/agents/tokens/" + k.Hash + "/revoke"}, ui.Plain, "")
			}
		}
		server, err := o.house.Store.Asset(r.Context(), candor.Everything, k.Asset)
		if err != nil {
			return t, err
		}
		t.Rows = append(t.Rows, ui.Row{Key: k.Hash, Label: server.Name, Muted: over, Cells: cells(anchor(server.Name, assetPath(server.ID)), state, ui.Text(n.who(k.By)), ui.Time(k.Created), do)})
	}
	return t, err
}

// enrolForm asks for which server a token is to be.
type enrolForm struct {
	form
	deaf    bool
	servers []string
}

func (o *office) newAgent(r *web.Request) (web.View, error) {
	f := given("server", "")
	if id := r.FilterID("server"); id != "" {
		server, err := o.house.Store.Asset(r.Context(), r.Who.Scope(), id)
		if err != nil {
			return web.View{}, err
		}
		f.values["server"] = assetHandle(server)
	}
	return o.enrolView(r, f)
}

func (o *office) enrolView(r *web.Request, f form) (web.View, error) {
	servers, err := o.servers(r)
	if err != nil {
		return web.View{}, err
	}
	v := web.View{Page: agentFrame(r, r.T("office.agent.enrol"), r.T("office.agent.enrol.lead")), Body: enrolPage(enrolForm{form: f, deaf: o.Agents == "", servers: servers})}
	if f.bad() {
		v = v.Again()
	}
	return v, nil
}

func agentFrame(r *web.Request, title, lead string) ui.Page {
	return ui.Page{Title: title, Active: "agents", Lead: lead, Crumbs: []ui.Link{{Text: r.T("office.agents"), Href: "/agents"}}}
}

// enrolled is a token that is shown once, with what to type on the server.
type enrolled struct {
	server  candor.Asset
	command string
	made    house.EnrolToken
}

func (o *office) enrolAgent(r *web.Request) (web.View, error) {
	f := typed(r, "server")
	server, err := o.server(r, f.values["server"])
	if err := f.blameServer(r, err); err != nil {
		return web.View{}, err
	}
	if o.Agents == "" {
		f.refuse("server", r.T("office.agents.deaf"))
	}
	if f.bad() {
		return o.enrolView(r, f)
	}
	made, err := o.house.EnrolAgent(r.Context(), r.Who, server.ID)
	if err != nil {
		if err := f.blame(r, err); err != nil {
			return web.View{}, err
		}
		return o.enrolView(r, f)
	}
	sites, err := o.house.Store.SitesOn(r.Context(), server.ID)
	if err != nil {
		return web.View{}, err
	}
	e := enrolled{server: server, made: made, command: enrolCommand(agentAddress(o.site.PublicURL, o.Agents), made.Token, sites)}
	return web.View{Page: agentFrame(r, r.T("office.agent.enrol.done", phrase.Args{"server": server.Name}), ""), Body: enrolledPage(e)}, nil
}

// agentAddress is where agents reach this desk: at the host that it is known by,
// unless they are answered at an address of its own.
func agentAddress(public, listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return listen
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		if u, err := url.Parse(public); err == nil {
			host = u.Hostname()
		}
	}
	return net.JoinHostPort(host, port)
}

// usualRoot is what stands for the folder of sites while none is known.
const usualRoot = "/srv/www"

// enrolCommand is what enrols an agent, typed on the server.
func enrolCommand(address, token string, sites []candor.Asset) string {
	words := []string{"candor", "agent", "--server", address, "--token", token}
	for _, root := range bounds(sites) {
		words = append(words, "--root", root)
	}
	for i, w := range words {
		words[i] = quoted(w)
	}
	return strings.Join(words, " ")
}

// bounds are folders that hold all roots of sites: the folders above them, none
// of which is in another.
func bounds(sites []candor.Asset) (all []string) {
	for _, s := range sites {
		for _, root := range s.Roots {
			if above := filepath.Dir(root); above != "/" {
				root = above
			}
			all = append(all, root)
		}
	}
	slices.Sort(all)
	all = slices.Compact(all)
	out := all[:0]
	for _, folder := range all {
		if len(out) == 0 || !strings.HasPrefix(folder+"/", out[len(out)-1]+"/") {
			out = append(out, folder)
		}
	}
	if len(out) == 0 {
		return []string{usualRoot}
	}
	return out
}

var plainWord = regex.Of(`^[A-Za-z0-9@%+=:,./_\[\]-]+$`)

// quoted is a word as a shell takes it.
func quoted(word string) string {
	if plainWord.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// agentOf is the agent in the path, with its server.
func (o *office) agentOf(r *web.Request) (a candor.Agent, server candor.Asset, err error) {
	id, err := r.ID("id")
	if err != nil {
		return a, server, err
	}
	if a, err = o.house.Store.Agent(r.Context(), id); err != nil {
		return a, server, err
	}
	server, err = o.house.Store.Asset(r.Context(), candor.Everything, a.Asset)
	return a, server, err
}

func (o *office) askRetire(r *web.Request) (web.View, error) {
	a, server, err := o.agentOf(r)
	if err != nil {
		return web.View{}, err
	}
	q := ui.Confirmation{ID: "retire", Title: r.T("office.agent.retire.title", phrase.Args{"server": server.Name}), What: []string{r.T("office.agent.retire.what"), r.T("office.agent.retire.waits")},
		Undo: r.T("office.agent.retire.undo"), URL: agentPath(a.ID) + "/retire", Fields: r.Fields(), Submit: r.T("office.agent.retire"), Destructive: true, Back: "/agents"}
	return web.Confirm(agentFrame(r, r.T("office.agent.retire"), ""), q), nil
}

func (o *office) retire(r *web.Request) (web.View, error) {
	a, server, err := o.agentOf(r)
	if err != nil {
		return web.View{}, err
	}
	if err := o.house.RevokeAgent(r.Context(), r.Who, a.ID); err != nil {
		return web.View{}, err
	}
	return web.See("/agents").Say(ui.Good, r.T("office.agent.retire.done", phrase.Args{"server": server.Name})), nil
}

// agentTokenOf is the token in the path.
func (o *office) agentTokenOf(r *web.Request) (candor.AgentToken, error) {
	return o.house.Store.AgentToken(r.Context(), r.PathValue("hash"))
}

func (o *office) askAgentToken(r *web.Request) (web.View, error) {
	k, err := o.agentTokenOf(r)
	if err != nil {
		return web.View{}, err
	}
	q := ui.Confirmation{ID: "revoke", Title: r.T("office.agent.token.revoke.title"), What: []string{r.T("office.agent.token.revoke.what")}, URL: "/agents/tokens/" + k.Hash + "/revoke",
		Fields: r.Fields(), Submit: r.T("office.token.revoke"), Destructive: true, Back: "/agents"}
	return web.Confirm(agentFrame(r, r.T("office.token.revoke"), ""), q), nil
}

func (o *office) revokeAgentToken(r *web.Request) (web.View, error) {
	k, err := o.agentTokenOf(r)
	if err != nil {
		return web.View{}, err
	}
	if err := o.house.RevokeAgentToken(r.Context(), r.Who, k.Hash); err != nil {
		return web.View{}, err
	}
	return web.See("/agents").Say(ui.Good, r.T("office.agent.token.revoked")), nil
}
