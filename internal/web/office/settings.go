package office

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"

	"github.com/a-h/templ"

	"candor"
	"candor/internal/access"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/store"
	"candor/internal/web"
	"candor/internal/web/hook"
	"candor/internal/web/ui"
)

// addSettings adds the pages of what is configured.
func (o *office) addSettings() {
	s := o.site
	s.Page("GET /settings", readSettings, o.settings)
	s.Page("GET /settings/webhooks/new", manageSettings, o.newWebhook)
	s.Action("POST /settings/webhooks/new", manageSettings, o.addWebhook)
	s.Page("GET /settings/webhooks/{id}", readSettings, o.webhook)
	s.Action("POST /settings/webhooks/{id}/test", manageSettings, o.testWebhook)
	s.Page("GET /settings/webhooks/{id}/remove", manageSettings, o.askRemoveWebhook)
	s.Action("POST /settings/webhooks/{id}/remove", manageSettings, o.removeWebhook)
}

func webhookPath(id candor.ID) string { return "/settings/webhooks/" + string(id) }

// settingsDetail is what the page shows.
type settingsDetail struct {
	webhooks   ui.Table
	configured string
	manage     bool
}

func (o *office) settings(r *web.Request) (web.View, error) {
	all, err := o.house.Webhooks(r.Context(), r.Who)
	if err != nil {
		return web.View{}, err
	}
	d := settingsDetail{webhooks: o.webhookTable(r, all), configured: string(o.Configured), manage: r.May(access.ManageSettings)}
	return web.View{Page: ui.Page{Title: r.T("office.settings"), Active: "settings", Lead: r.T("office.settings.lead")}, Body: settingsPage(d)}, nil
}

func (o *office) webhookTable(r *web.Request, all []store.Webhook) ui.Table {
	t := ui.Table{ID: "webhooks", Caption: r.T("office.webhooks"), Empty: ui.Situation{Title: r.T("office.webhooks.none"), Text: r.T("office.webhooks.none.text")}, Columns: []ui.Column{
		wide(column("url", r.T("office.webhook.url"))), minor(column("owner", r.T("office.webhook.owner"))), column("created", r.T("office.added"))}}
	n := o.names(r)
	for _, h := range all {
		owner := whole(o.site.Provider.Name)
		if h.Owner != "" {
			owner = whole(n.partyOf(h.Owner).Name)
		}
		t.Rows = append(t.Rows, ui.Row{Key: string(h.ID), Label: h.URL, Href: webhookPath(h.ID), Muted: !h.Active, Cells: cells(
			named(shownURL(h.URL), webhookPath(h.ID), kindWords(r, h.Kinds)), owner, ui.Time(h.Created))})
	}
	return t
}

// shownURL is an address without its parameters, which may hold a secret.
func shownURL(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	if u.RawQuery != "" {
		return u.Host + u.EscapedPath() + "?…"
	}
	return u.Host + u.EscapedPath()
}

func kindWords(r *web.Request, kinds []string) string {
	if len(kinds) == 0 {
		return r.T("office.webhook.everything")
	}
	text := ""
	for i, k := range kinds {
		if i > 0 {
			text += r.T("office.list.comma")
		}
		text += r.Printer.Word("office.webhook.kind.", k)
	}
	return text
}

func (o *office) newWebhook(r *web.Request) (web.View, error) {
	return o.webhookForm(r, given(), nil)
}

func settingsFrame(r *web.Request, title string) ui.Page {
	return ui.Page{Title: title, Active: "settings", Crumbs: []ui.Link{{Text: r.T("office.settings"), Href: "/settings"}}}
}

func (o *office) webhookForm(r *web.Request, f form, kinds []string) (web.View, error) {
	v := web.View{Page: settingsFrame(r, r.T("office.webhook.new")), Body: webhookFormPage(f, web.Options(r, "office.webhook.kind.", house.WebhookKinds()), kinds)}
	if f.bad() {
		v = v.Again()
	}
	return v, nil
}

func (o *office) addWebhook(r *web.Request) (web.View, error) {
	f := typed(r, "url")
	kinds := slices.DeleteFunc(r.Lines("kinds"), func(k string) bool { return !slices.Contains(house.WebhookKinds(), k) })
	if u, err := url.Parse(f.values["url"]); err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
		f.refuse("url", r.T("office.webhook.url.bad"))
		return o.webhookForm(r, f, kinds)
	}
	h, secret, err := o.house.AddWebhook(r.Context(), r.Who, f.values["url"], kinds)
	if err != nil {
		if err := f.blame(r, err); err != nil {
			return web.View{}, err
		}
		return o.webhookForm(r, f, kinds)
	}
	return o.webhookView(r, h, secret)
}

// webhookOf is the webhook in the path.
func (o *office) webhookOf(r *web.Request) (store.Webhook, error) {
	id, err := r.ID("id")
	if err != nil {
		return store.Webhook{}, err
	}
	all, err := o.house.Webhooks(r.Context(), r.Who)
	if i := slices.IndexFunc(all, func(h store.Webhook) bool { return h.ID == id }); i >= 0 {
		return all[i], err
	}
	return store.Webhook{}, errors.Join(err, fmt.Errorf("webhook %s: %w", id, candor.ErrNotFound))
}

func (o *office) webhook(r *web.Request) (web.View, error) {
	h, err := o.webhookOf(r)
	if err != nil {
		return web.View{}, err
	}
	return o.webhookView(r, h, "")
}

// webhookDetail is what the page of one webhook shows.
type webhookDetail struct {
	facts      []ui.Fact
	secret     string // shown once
	deliveries ui.Table
}

func (o *office) webhookView(r *web.Request, h store.Webhook, secret string) (web.View, error) {
	all, err := o.house.Deliveries(r.Context(), r.Who, h.ID)
	if err != nil {
		return web.View{}, err
	}
	d := webhookDetail{secret: secret, deliveries: deliveryTable(r, all), facts: []ui.Fact{{Label: r.T("office.webhook.url"), Value: ui.Mono(shownURL(h.URL))},
		{Label: r.T("office.webhook.kinds"), Value: ui.Text(kindWords(r, h.Kinds))}, {Label: r.T("office.added"), Value: ui.Time(h.Created)}}}
	p := settingsFrame(r, r.T("office.webhook"))
	if r.May(access.ManageSettings) {
		p.Actions = ui.InTurn(ui.ButtonLink(ui.Link{Text: r.T("office.webhook.remove"), Href: webhookPath(h.ID) + "/remove"}, ui.Destructive, ""),
			web.Step(webhookPath(h.ID)+"/test", r.T("office.webhook.test"), "external", ui.Plain))
	}
	return web.View{Page: p, Body: webhookPage(d)}, nil
}

func deliveryTable(r *web.Request, all []store.Delivery) ui.Table {
	t := ui.Table{ID: "deliveries", Caption: r.T("office.deliveries"), Empty: ui.Situation{Title: r.T("office.deliveries.none"), Text: r.T("office.deliveries.none.text")}, Columns: []ui.Column{
		wide(column("kind", r.T("office.webhook.kind"))), column("state", r.T("office.state")), number(column("status", r.T("office.delivery.status"))),
		number(minor(column("attempts", r.T("office.delivery.attempts")))), column("created", r.T("office.record.at"))}}
	for _, d := range all {
		status := ui.Absent()
		if d.Status != 0 {
			status = ui.Mono(fmt.Sprint(d.Status))
		}
		t.Rows = append(t.Rows, ui.Row{Key: string(d.ID), Label: d.Kind, Cells: cells(ui.Together(strong(r.Printer.Word("office.webhook.kind.", d.Kind)), quiet(d.Error)), deliveryState(r, d), status, ui.Number(int64(d.Attempts), ""), ui.Time(d.Created))})
	}
	return t
}

func deliveryState(r *web.Request, d store.Delivery) templ.Component {
	tone := map[string]ui.Tone{hook.Delivered: ui.Good, hook.Failed: ui.Bad, hook.Waiting: ui.Accent}[d.State]
	return ui.Badge(r.Printer.Word("office.delivery.state.", d.State), tone)
}

// testWebhook sends a message that says that it is a test.
func (o *office) testWebhook(r *web.Request) (web.View, error) {
	h, err := o.webhookOf(r)
	if err != nil {
		return web.View{}, err
	}
	now := o.house.Clock().UTC()
	body, err := json.Marshal(map[string]any{"type": "test", "timestamp": now, "data": map[string]any{"webhook": h.ID}})
	if err != nil {
		return web.View{}, err
	}
	d := store.Delivery{ID: candor.NewID(now), Webhook: h.ID, Kind: "test", Body: string(body), State: hook.Waiting, Created: now}
	err = o.house.Store.Tx(r.Context(), func(tx *store.Tx) error {
		return errors.Join(tx.SetDelivery(r.Context(), d), tx.Enqueue(r.Context(), hook.Job{Delivery: d.ID}, candor.JobOptions{}))
	})
	return web.See(webhookPath(h.ID)).Say(ui.Good, r.T("office.webhook.tested")), err
}

func (o *office) askRemoveWebhook(r *web.Request) (web.View, error) {
	h, err := o.webhookOf(r)
	if err != nil {
		return web.View{}, err
	}
	return web.Confirm(settingsFrame(r, r.T("office.webhook.remove")), ui.Confirmation{ID: "remove", Title: r.T("office.webhook.remove.title", phrase.Args{"url": shownURL(h.URL)}),
		What: []string{r.T("office.webhook.remove.what"), r.T("office.webhook.remove.log")}, Undo: r.T("office.webhook.remove.undo"), URL: webhookPath(h.ID) + "/remove",
		Fields: r.Fields(), Submit: r.T("office.webhook.remove"), Destructive: true, Back: webhookPath(h.ID)}), nil
}

func (o *office) removeWebhook(r *web.Request) (web.View, error) {
	h, err := o.webhookOf(r)
	if err != nil {
		return web.View{}, err
	}
	return web.See("/settings").Say(ui.Good, r.T("office.webhook.removed")), o.house.DeleteWebhook(r.Context(), r.Who, h.ID)
}
