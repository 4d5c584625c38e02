package office

import (
	"net/url"
	"time"

	"github.com/a-h/templ"

	"candor"
	"candor/internal/access"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// addIntel adds the pages of what others publish of threats, and of what is here
// of it.
func (o *office) addIntel() {
	s := o.site
	s.Page("GET /intel", readParties, o.feeds)
	s.Page("GET /intel/feeds/{name}", readParties, o.feed)
	s.Action("POST /intel/feeds/{name}/fetch", actCases, o.fetchFeed)
	s.Page("GET /intel/exposures", readParties, o.exposures)
	s.Page("GET /intel/exposures/{id}", readParties, o.exposure)
	s.Page("GET /intel/exposures/{id}/warn", actCases, o.askWarn)
	s.Action("POST /intel/exposures/{id}/warn", actCases, o.warnExposed)
}

func feedPath(name string) string { return "/intel/feeds/" + url.PathEscape(name) }

func intelTabs(r *web.Request, exposures bool) []ui.Tab {
	return []ui.Tab{{Text: r.T("office.intel.feeds"), Href: "/intel", Active: !exposures}, {Text: r.T("office.exposures"), Href: "/intel/exposures", Active: exposures}}
}

func (o *office) feeds(r *web.Request) (web.View, error) {
	all, err := o.house.ListFeeds(r.Context(), r.Who)
	if err != nil {
		return web.View{}, err
	}
	t := ui.Table{ID: "feeds", Caption: r.T("office.intel.feeds"), Empty: ui.Situation{Title: r.T("office.intel.none"), Text: r.T("office.intel.none.text")}, Columns: []ui.Column{
		wide(column("name", r.T("office.name"))), column("state", r.T("office.state")), column("fetched", r.T("office.intel.fetched")), number(column("entries", r.T("office.intel.entries"))),
		number(column("hits", r.T("office.intel.hits"))), minor(number(column("trust", r.T("office.intel.trust")))), minor(column("licence", r.T("office.intel.licence")))}}
	for _, v := range all {
		t.Rows = append(t.Rows, ui.Row{Key: v.Name, Label: v.Name, Href: feedPath(v.Name), Cells: cells(named(v.Name, feedPath(v.Name), feedKind(r, v)), feedState(r, v), feedAge(r, v),
			count(int64(v.Entries)), count(int64(v.Hits)), ui.Number(int64(v.Trust), ""), whole(v.Licence))})
	}
	l := ui.Listing{Label: r.T("office.intel"), Tabs: intelTabs(r, false), Table: t}
	return web.View{Page: ui.Page{Title: r.T("office.intel"), Active: "intel", Lead: r.T("office.intel.lead")}, Body: ui.ListPage(l)}, nil
}

func feedKind(r *web.Request, v house.FeedView) string {
	return r.Printer.Word("office.intel.kind.", string(v.Kind))
}

func feedState(r *web.Request, v house.FeedView) templ.Component {
	switch {
	case v.Reading:
		return ui.Badge(r.T("office.intel.reading"), ui.Accent)
	case v.Failures > 0 && v.Stale:
		return ui.Together(ui.Badge(r.T("office.intel.failing"), ui.Bad), ui.Badge(r.T("office.intel.stale"), ui.Warn))
	case v.Failures > 0:
		return ui.Badge(r.T("office.intel.failing"), ui.Bad)
	case v.Fetched.IsZero():
		return ui.Badge(r.T("office.intel.unread"), ui.Neutral)
	case v.Stale:
		return ui.Badge(r.T("office.intel.stale"), ui.Warn)
	}
	return ui.Badge(r.T("office.intel.fresh"), ui.Good)
}

func feedAge(r *web.Request, v house.FeedView) templ.Component {
	if v.Fetched.IsZero() {
		return ui.Text(r.T("office.intel.never"))
	}
	return ui.Time(v.Fetched)
}

// feedDetail is what the page of one feed shows.
type feedDetail struct {
	path   string
	facts  []ui.Fact
	note   ui.Message
	raw    string // what the feed answered, as it was written down
	hits   ui.Table
	cursor ui.Cursor // of the hits
	may    bool      // have it asked
}

func (o *office) feed(r *web.Request) (web.View, error) {
	v, err := o.house.FeedOf(r.Context(), r.Who, r.PathValue("name"))
	if err != nil {
		return web.View{}, err
	}
	hits, err := o.house.ListHits(r.Context(), r.Who, v.Name, r.Cut())
	if err != nil {
		return web.View{}, err
	}
	table, err := o.hitTable(r, hits.Items)
	if err != nil {
		return web.View{}, err
	}
	d := feedDetail{path: feedPath(v.Name), facts: o.feedFacts(r, v), hits: table, cursor: web.Cursor(hits), may: r.May(access.ActCases) && !v.Reading, raw: v.Error}
	if v.Failures > 0 {
		d.note = ui.Message{Tone: ui.Bad, Title: r.N("office.intel.failed", v.Failures), Text: r.Printer.Word("office.intel.cause.", string(v.Cause)), Stays: true}
	} else if v.Stale && !v.Fetched.IsZero() {
		d.note = ui.Message{Tone: ui.Warn, Title: r.T("office.intel.stale.title"), Text: r.T("office.intel.stale.text"), Stays: true}
	} else if v.Proof.Rejected > 0 {
		d.note, d.raw = ui.Message{Tone: ui.Warn, Title: r.N("office.intel.rejected", v.Proof.Rejected), Text: r.T("office.intel.rejected.text"), Stays: true}, v.Proof.Why
	}
	p := ui.Page{Title: v.Name, Active: "intel", Lead: feedKind(r, v), Crumbs: []ui.Link{{Text: r.T("office.intel"), Href: "/intel"}}}
	return web.View{Page: p, Body: feedPage(d)}, nil
}

func (o *office) feedFacts(r *web.Request, v house.FeedView) []ui.Fact {
	changed := ui.Absent()
	if !v.Changed.IsZero() {
		changed = ui.Time(v.Changed)
	}
	next := ui.Text(r.T("office.intel.next.soon"))
	if v.Next.After(o.site.Clock()) {
		next = ui.Time(v.Next)
	}
	told := ui.Text(r.T("office.intel.told.never"))
	switch {
	case v.ToldError != "":
		told = named(r.T("office.intel.told.refused"), "", v.ToldError)
	case v.Told > 0:
		told = ui.Text(r.N("office.intel.told.times", int(v.Told)))
	case !v.Tells:
		told = ui.Text(r.T("office.intel.told.off"))
	}
	facts := []ui.Fact{
		{Label: r.T("office.state"), Value: feedState(r, v)},
		{Label: r.T("office.intel.told"), Value: told},
		{Label: r.T("office.intel.fetched"), Value: feedAge(r, v)},
		{Label: r.T("office.intel.changed"), Value: changed},
		{Label: r.T("office.intel.next"), Value: next},
		{Label: r.T("office.intel.entries"), Value: ui.Number(int64(v.Entries), "")},
		{Label: r.T("office.intel.skipped"), Value: ui.Number(int64(v.Skipped), "")},
		{Label: r.T("office.intel.hits"), Value: ui.Number(int64(v.Hits), "")},
		{Label: r.T("office.intel.trust"), Value: ui.Text(r.T("office.intel.trust.of", phrase.Args{"trust": r.Printer.Number(int64(v.Trust))}))},
		{Label: r.T("office.intel.licence"), Value: ui.OrAbsent(v.Licence)},
		{Label: r.T("office.intel.tlp"), Value: ui.Badge(v.TLP, ui.Neutral)},
		{Label: r.T("office.intel.every"), Value: ui.Text(every(r, v))},
		{Label: r.T("office.intel.address"), Value: ui.Mono(v.URL)},
	}
	if v.Kind == "csaf" {
		facts = append(facts, proofFacts(r, v.Proof)...)
	}
	return facts
}

// proofFacts say how advisories are proved to be their provider's.
func proofFacts(r *web.Request, p house.FeedProof) []ui.Fact {
	number := func(n int) string { return r.Printer.Number(int64(n)) }
	facts := []ui.Fact{{Label: r.T("office.intel.proof"), Value: ui.Text(r.T("office.intel.proof.of", phrase.Args{"signed": number(p.Signed), "hashed": number(p.Hashed), "bare": number(p.Bare)}))}}
	for _, k := range p.Keys {
		facts = append(facts, ui.Fact{Label: r.T("office.intel.key"), Value: ui.Together(ui.Mono(k.Fingerprint), ui.Time(k.Since))})
	}
	return facts
}

// every is how often a feed is asked.
func every(r *web.Request, v house.FeedView) string {
	d, err := time.ParseDuration(v.Every)
	if err != nil {
		return v.Every
	}
	return r.Printer.Span(d)
}

// hitTable lists what of ours a feed names.
func (o *office) hitTable(r *web.Request, all []house.FeedHit) (ui.Table, error) {
	t := ui.Table{ID: "hits", Caption: r.T("office.intel.hits.newest"), Empty: ui.Situation{Title: r.T("office.intel.hits.none"), Text: r.T("office.intel.hits.none.text")}, Columns: []ui.Column{
		wide(column("value", r.T("office.intel.value"))), column("asset", r.T("office.intel.asset")), column("class", r.T("office.intel.class")), number(column("confidence", r.T("office.intel.confidence"))),
		column("filed", r.T("office.intel.filed")), minor(column("first", r.T("office.intel.first"))), minor(column("last", r.T("office.intel.last")))}}
	names := map[candor.ID]string{}
	for _, h := range all {
		if names[h.Asset] == "" {
			a, err := o.house.Store.Asset(r.Context(), r.Who.Scope(), h.Asset)
			if err != nil {
				return t, err
			}
			names[h.Asset] = a.Name
		}
		class := ui.Absent()
		if h.Class != "" {
			class = ui.Class(h.Class)
		}
		filed := ui.Badge(r.T("office.intel.filed.no"), ui.Neutral)
		if h.Filed {
			filed = ui.Badge(r.T("office.intel.filed.yes"), ui.Accent)
		}
		t.Rows = append(t.Rows, ui.Row{Key: string(h.ID), Label: h.Value, Href: assetPath(h.Asset), Cells: cells(ui.Mono(excerpt(h.Value)), anchor(names[h.Asset], assetPath(h.Asset)), class,
			ui.Number(int64(h.Confidence), "%"), filed, ui.Time(h.First), ui.Time(h.Last))})
	}
	return t, nil
}

func (o *office) fetchFeed(r *web.Request) (web.View, error) {
	name := r.PathValue("name")
	if err := o.house.FetchFeed(r.Context(), r.Who, name); err != nil {
		return web.View{}, err
	}
	return web.See(feedPath(name)).Say(ui.Good, r.T("office.intel.fetching")), nil
}

// known are what an exposure may be known for.
type known string

const (
	knownExploited  known = "exploited"
	knownRansomware known = "ransomware"
)

// due are until when an exposure should be gone.
type due string

const (
	duePast  due = "past"
	dueWeek  due = "week"
	dueMonth due = "month"
)

func (d due) days() int { return map[due]int{dueWeek: 7, dueMonth: 30}[d] }

var (
	allKnown = []known{knownExploited, knownRansomware}
	allDue   = []due{duePast, dueWeek, dueMonth}
)
