package console

import (
	"errors"
	"strings"

	"github.com/a-h/templ"

	"candor"
	"candor/internal/access"
	"candor/internal/house"
	"candor/internal/regex"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// hashWords is a whole MD5, SHA-1 or SHA-256 in hexadecimal.
var hashWords = regex.Of(`^([0-9a-fA-F]{32}|[0-9a-fA-F]{40}|[0-9a-fA-F]{64})$`)

// hashDetail is where a content lies that somebody knows by a hash alone.
type hashDetail struct {
	facts         []ui.Fact
	missing       string // how much was not told; empty if all was
	places, asked ui.Table
	unasked       ui.Situation // shown if nobody was asked
	was, all      bool         // it was asked; all places are shown
}

func hashPath(hash string) string { return "/estate/hash/" + strings.ToLower(hash) }

// hash shows where a content lies, as far as those have answered who were asked.
func (c *console) hash(r *web.Request) (web.View, error) {
	hash := strings.ToLower(r.PathValue("hash"))
	v, err := c.house.Hash(r.Context(), r.Who, hash)
	unasked := errors.Is(err, candor.ErrNotFound)
	if err != nil && !unasked {
		return web.View{}, err
	}
	page := ui.Page{Title: r.T("console.hash") + " " + short(hash, 13), Lead: r.T("console.hash.lead"), Active: "estate", Crumbs: []ui.Link{{Text: r.T("console.estate"), Href: "/estate"}}}
	if r.May(access.ActCases) && (unasked || v.State != candor.HashWaiting) {
		page.Actions = web.Step(hashPath(hash), r.T("console.hash.ask"), "search", ui.Primary)
	}
	d := hashDetail{was: !unasked, facts: []ui.Fact{{Label: r.T("console.content"), Value: ui.FullDigest(hash)}}, unasked: ui.Situation{Title: r.T("console.hash.unasked"), Text: r.T("console.hash.unasked.text"), Unmeasured: true}}
	if d.was {
		d.fill(r, c.names(r), v)
	}
	return web.View{Page: page, Body: hashBody(d)}, nil
}

func (d *hashDetail) fill(r *web.Request, n *names, v house.HashView) {
	d.facts = append(d.facts, ui.Fact{Label: r.T("console.hash.state"), Value: hashState(r, v.State)}, ui.Fact{Label: r.T("console.hash.asked"), Value: ui.Time(v.Asked)}, ui.Fact{Label: r.T("console.places"), Value: ui.Number(v.Count, "")})
	if v.Size > 0 {
		d.facts = append(d.facts, ui.Fact{Label: r.T("console.hash.size"), Value: ui.Bytes(v.Size)})
	}
	if v.Missing > 0 {
		d.missing = r.N("console.hash.missing", int(v.Missing))
	}
	d.all = int64(len(v.Places)) >= v.Count
	nothing := ui.Situation{Title: r.T("console.hash.none"), Text: r.T("console.hash.none.text")}
	if v.State != candor.HashAnswered || v.Missing > 0 { // nobody knows that it lies nowhere
		nothing = ui.Situation{Title: r.T("console.hash.yet"), Text: r.T("console.hash.yet.text"), Unmeasured: true}
	}
	d.places = tableOf{id: "places", few: true, empty: nothing}.table(r, r.T("console.hash.places"), wide(column("path", r.T("console.hash.file"))), column("server", r.T("console.hash.who")),
		number(minor(column("size", r.T("console.hash.size")))), column("since", r.T("console.estate.since")))
	for _, p := range v.Places {
		name, href := n.assetName(p.Asset), assetPath(p.Asset)
		d.places.Rows = append(d.places.Rows, ui.Row{Key: string(p.ID), Label: p.Path, Href: href, Cells: cells(below(name, href, p.Path), ui.Text(whoAnswers(r, n, p.Server)), ui.Bytes(p.Size), ui.Time(p.Since))})
	}
	d.asked = tableOf{id: "answers", few: true}.table(r, r.T("console.hash.who.all"), wide(column("server", r.T("console.hash.who"))), column("state", r.T("console.hash.state")),
		number(column("places", r.T("console.places"))), number(minor(column("unread", r.T("console.hash.unread")))), column("updated", r.T("console.hash.updated")))
	for _, a := range v.Answers {
		name := whoAnswers(r, n, a.Server)
		d.asked.Rows = append(d.asked.Rows, ui.Row{Key: "of-" + string(a.Server), Label: name, Cells: cells(ui.Together(ui.Text(name), when(a.Error != "", quiet(a.Error), nil)), hashState(r, a.State),
			ui.Number(a.Places, ""), ui.Number(a.Unread, ""), ui.Time(a.Updated))})
	}
}

// whoAnswers names who answers for a server.
func whoAnswers(r *web.Request, n *names, server candor.ID) string {
	if server == "" {
		return r.T("console.hash.itself")
	}
	return n.assetName(server)
}

func hashState(r *web.Request, s candor.HashState) templ.Component {
	tone := map[candor.HashState]ui.Tone{candor.HashWaiting: ui.Neutral, candor.HashAnswered: ui.Good, candor.HashFailed: ui.Warn}[s]
	return ui.Badge(r.Printer.Word("console.hash.state.", string(s)), tone)
}

// askHash asks all of the estate.
func (c *console) askHash(r *web.Request) (web.View, error) {
	hash := r.PathValue("hash")
	if _, err := c.house.AskHash(r.Context(), r.Who, hash, 0); err != nil {
		if !readers(err) {
			return web.View{}, err
		}
		return web.See(hashPath(hash)).SayAll(ui.Message{Tone: ui.Bad, Title: r.T("console.not.done"), Text: why(r, err)}), nil
	}
	return web.See(hashPath(hash)).SayAll(ui.Message{Tone: ui.Good, Title: r.T("console.hash.asking"), Text: r.T("console.hash.asking.text")}), nil
}

// searchHash leads to what is known of a content by its hash.
func (c *console) searchHash(r *web.Request, hash string) (web.View, error) {
	if sha256Words.MatchString(hash) {
		page, err := c.house.Findings(r.Context(), r.Who, candor.FindingFilter{Content: hash}, candor.Cut{Limit: 2})
		if err != nil {
			return web.View{}, err
		}
		switch len(page.Items) {
		case 0:
		case 1:
			return web.See(findingPath(page.Items[0].ID)), nil
		default:
			return web.See(contentPath(hash)), nil
		}
	}
	return web.See(hashPath(hash)), nil
}

// hashLink leads from a content to where it lies by its hash.
func hashLink(r *web.Request, hash string) templ.Component {
	return ui.ButtonLink(ui.Link{Text: r.T("console.hash.where"), Href: hashPath(hash)}, ui.Plain, "search")
}
