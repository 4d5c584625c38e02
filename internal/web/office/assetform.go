package office

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"candor"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// software is what advice to customers knows the steps for.
var software = []string{"wordpress", "woocommerce", "joomla", "drupal", "magento", "typo3", "prestashop"}

// usualPeriods are offered to choose from.
var usualPeriods = []time.Duration{time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour, 3 * 24 * time.Hour, 7 * 24 * time.Hour, 30 * 24 * time.Hour}

// assetFields are the fields of the form but the boxes and the texts of
// several lines.
var assetFields = []string{"kind", "name", "owner", "reference", "software", "every", "observe", "retired", "server", "vital", "plan", "down", "up", "mail-servers", "name-servers"}

// mostSuggested is how many owners a browser is given to choose from.
const mostSuggested = 200

func (o *office) newAsset(r *web.Request) (web.View, error) {
	kind := web.FilterOne(r, "kind", candor.AssetKinds())
	if kind == "" {
		kind = candor.Site
	}
	f := given("kind", string(kind))
	if id := r.FilterID("owner"); id != "" {
		owner, err := o.house.Store.Party(r.Context(), r.Who.Scope(), id)
		if err != nil {
			return web.View{}, err
		}
		f.values["owner"] = handle(owner)
	}
	return o.assetView(r, f, candor.Asset{Kind: kind})
}

func (o *office) editAsset(r *web.Request) (web.View, error) {
	a, err := o.assetOf(r)
	if err != nil {
		return web.View{}, err
	}
	f := given("name", a.Name, "reference", a.Reference, "software", a.Software, "every", everyText(a.Every), "observe", yes(a.ObserveOnly), "vital", string(a.Vital), "retired", yes(a.Retired),
		"hosts", strings.Join(a.Hosts, "\n"), "roots", strings.Join(a.Roots, "\n"), "owner", handle(o.names(r).partyOf(a.Owner)))
	giveAccess(&f, a.Access)
	if a.Server != "" {
		server, err := o.house.Store.Asset(r.Context(), r.Who.Scope(), a.Server)
		if err != nil {
			return web.View{}, err
		}
		f.values["server"] = assetHandle(server)
	}
	return o.assetView(r, f, a)
}

// assetOf is the asset in the path.
func (o *office) assetOf(r *web.Request) (candor.Asset, error) {
	id, err := r.ID("id")
	if err != nil {
		return candor.Asset{}, err
	}
	return o.house.Store.Asset(r.Context(), r.Who.Scope(), id)
}

func (o *office) assetView(r *web.Request, f form, a candor.Asset) (web.View, error) {
	owners, err := o.owners(r)
	if err != nil {
		return web.View{}, err
	}
	servers, err := o.servers(r)
	if err != nil {
		return web.View{}, err
	}
	af := assetForm{form: f, owners: owners, servers: servers, lies: a.Kind == candor.Site || a.ID == "", every: o.periods(r, f.values["every"]), action: "/assets/new", cancel: listPath(a.Kind)}
	p := ui.Page{Title: r.T("office.asset.new"), Active: "sites", Crumbs: []ui.Link{{Text: assetsTitle(r, a.Kind), Href: listPath(a.Kind)}}}
	if a.ID == "" {
		af.kinds = web.Options(r, "asset.kind.", candor.AssetKinds())
	} else {
		af.action, af.cancel, af.retires = assetPath(a.ID)+"/edit", assetPath(a.ID), true
		p.Title = r.T("office.edit", phrase.Args{"name": a.Name})
		p.Crumbs = append(p.Crumbs, ui.Link{Text: a.Name, Href: assetPath(a.ID)})
	}
	if a.Kind == candor.Line {
		af.vital = append([]ui.Option{{Label: r.T("office.asset.vital.no")}}, web.Options(r, "office.asset.vital.", candor.Vitals())...)
	}
	v := web.View{Page: p, Body: assetFormPage(af)}
	if f.bad() {
		v = v.Again()
	}
	return v, nil
}

// owners are parties that an asset can belong to, as they are written in the field.
func (o *office) owners(r *web.Request) (all []string, err error) {
	page, err := o.house.Parties(r.Context(), r.Who, candor.PartyFilter{}, candor.Cut{Sort: "name", Limit: mostSuggested})
	for _, p := range page.Items {
		if !p.Erased {
			all = append(all, handle(p))
		}
	}
	return all, err
}

// handle is how a party is written in a field: its number if it has one.
func handle(p candor.Party) string {
	if p.Reference != "" {
		return p.Name + " (" + p.Reference + ")"
	}
	return p.Name
}

// errSeveral says that a name stands for more than one party.
var errSeveral = errors.New("several parties have this name")

// owner finds the party that somebody wrote: by name and number, number, name,
// or ID.
func (o *office) owner(r *web.Request, text string) (candor.Party, error) {
	if id, err := candor.ParseID(text); err == nil {
		return o.house.Store.Party(r.Context(), r.Who.Scope(), id)
	}
	if at := strings.LastIndex(text, " ("); at > 0 && strings.HasSuffix(text, ")") {
		if p, err := o.ownerByReference(r, text[at+2:len(text)-1]); err == nil && handle(p) == text {
			return p, nil
		}
	}
	if p, err := o.ownerByReference(r, text); err == nil {
		return p, nil
	}
	page, err := o.house.Parties(r.Context(), r.Who, candor.PartyFilter{Text: text}, candor.Cut{Limit: 500})
	if err != nil {
		return candor.Party{}, err
	}
	same := slices.DeleteFunc(page.Items, func(p candor.Party) bool { return !strings.EqualFold(p.Name, text) })
	switch len(same) {
	case 0:
		return candor.Party{}, candor.ErrNotFound
	case 1:
		return same[0], nil
	}
	return candor.Party{}, errSeveral
}

func (o *office) ownerByReference(r *web.Request, reference string) (candor.Party, error) {
	for _, kind := range candor.PartyKinds() {
		if p, err := o.house.Store.PartyByReference(r.Context(), kind, reference); err == nil {
			return p, nil
		}
	}
	return candor.Party{}, candor.ErrNotFound
}

func everyText(p candor.Period) string {
	if p == 0 {
		return ""
	}
	return time.Duration(p).String()
}

// periods are the choices for how often something is scanned, with one that
// is kept and not usual.
func (o *office) periods(r *web.Request, kept string) []ui.Option {
	usual := r.T("office.every.demand")
	if p := o.usualPeriod(); p > 0 {
		usual = r.T("office.every.usual", phrase.Args{"period": r.Printer.Span(p)})
	}
	out := []ui.Option{{Label: usual}}
	all := usualPeriods
	if own, err := time.ParseDuration(kept); err == nil && own > 0 && !slices.Contains(all, own) {
		all = slices.Sorted(slices.Values(append(slices.Clone(all), own)))
	}
	for _, p := range all {
		out = append(out, ui.Option{Value: p.String(), Label: r.Printer.Span(p)})
	}
	return out
}

func (o *office) addAsset(r *web.Request) (web.View, error) { return o.saveAsset(r, candor.Asset{}) }

func (o *office) changeAsset(r *web.Request) (web.View, error) {
	a, err := o.assetOf(r)
	if err != nil {
		return web.View{}, err
	}
	return o.saveAsset(r, a)
}

func (o *office) saveAsset(r *web.Request, a candor.Asset) (web.View, error) {
	f := typed(r, assetFields...)
	f.values["hosts"], f.values["roots"], f.values["addresses"] = r.Text("hosts"), r.Text("roots"), r.Text("addresses")
	fresh := a.ID == ""
	if fresh {
		a.Kind = candor.AssetKind(f.values["kind"])
	}
	if err := o.readAsset(r, &f, &a); err != nil {
		return web.View{}, err
	}
	if !f.bad() {
		saved, err := o.house.SaveAsset(r.Context(), r.Who, a)
		if err == nil {
			text := r.T("ui.saved")
			if fresh {
				text = r.T("office.asset.added", phrase.Args{"name": saved.Name})
			}
			return web.See(assetPath(saved.ID)).Say(ui.Good, text), nil
		}
		if err := f.blame(r, err); err != nil {
			return web.View{}, err
		}
	}
	if fresh && !slices.Contains(candor.AssetKinds(), a.Kind) {
		a.Kind = candor.Site
	}
	return o.assetView(r, f, a)
}

// readAsset takes the fields into the asset, and says what is wrong with them.
func (o *office) readAsset(r *web.Request, f *form, a *candor.Asset) error {
	f.name(r)
	if !slices.Contains(candor.AssetKinds(), a.Kind) {
		f.refuse("kind", r.T("office.form.choose"))
	}
	owner, err := o.owner(r, f.values["owner"])
	switch {
	case errors.Is(err, errSeveral):
		f.refuse("owner", r.T("office.asset.owner.several"))
	case errors.Is(err, candor.ErrNotFound):
		f.refuse("owner", r.T("office.asset.owner.bad"))
	case err != nil:
		return err
	}
	a.Name, a.Owner, a.Reference, a.Software = f.values["name"], owner.ID, f.values["reference"], strings.ToLower(f.values["software"])
	a.ObserveOnly, a.Retired = f.values["observe"] != "", f.values["retired"] != ""
	a.Vital, a.Access = "", candor.Access{}
	if a.Kind == candor.Line {
		a.Vital = candor.Vital(f.values["vital"])
		readAccess(r, f, &a.Access)
	}
	a.Hosts, a.Roots, a.Server = lines(f.values["hosts"]), lines(f.values["roots"]), ""
	if f.values["server"] != "" {
		server, err := o.server(r, f.values["server"])
		if err := f.blameServer(r, err); err != nil {
			return err
		}
		if a.Server = server.ID; a.Kind != candor.Site {
			f.refuse("server", r.T("office.asset.server.site"))
		}
	}
	for _, root := range a.Roots {
		if !filepath.IsAbs(root) || filepath.Clean(root) != root {
			f.refuse("roots", r.T("office.asset.roots.bad", phrase.Args{"path": root}))
		}
	}
	if err := o.house.Sites.CheckRootsOn(a.Server, a.Roots); err != nil {
		f.refuse("roots", r.T("office.asset.roots.outside", phrase.Args{"folders": strings.Join(o.house.Sites.Allowed, ", ")}))
	}
	if err := a.Every.UnmarshalText([]byte(f.values["every"])); err != nil {
		f.refuse("every", r.T("office.form.choose"))
	}
	return nil
}
