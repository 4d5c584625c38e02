package portal

import (
	"cmp"
	"slices"

	"candor"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

const (
	mostFindings = 50  // whose places are looked up
	mostFiles    = 100 // listed
)

// file is a place, relative to the site, at which something was seen.
type file struct {
	candor.Place
	Rule   string
	SHA256 string
}

// story is what the page of a case tells.
type story struct {
	view     house.CaseView
	told     Told
	path     string
	banner   *ui.Message
	looking  bool // a re-check that the customer asked for is under way
	files    []file
	more     int // places that are not listed
	deadline *candor.Deadline
	events   []ui.Event
	reach    contact
	account  *candor.User
	acts     bool // there is something that the customer can still do
	late     bool // the deadline is past
	form     form
	guides   []shownGuide
	uploads  []candor.Upload // that were handed in as proof
}

// form is what was typed into one that came back.
type form struct {
	field, problem string
}

func (p *portal) show(v visit) (web.View, error) { return p.page(v, form{}) }

// page draws the case for whoever visits.
func (p *portal) page(v visit, f form) (web.View, error) {
	view, err := p.site.House.Case(v.Context(), v.Who, v.id)
	if err != nil {
		return web.View{}, err
	}
	if !view.Case.Class.Incident() { // what was asked stands where it was asked
		return web.See(mine), nil
	}
	contact, to := masked(v.link, view.Party.Contacts)
	v.Speak(contact.Language, view.Party.Language)
	v.In(view.Party.TimeZone)
	st := story{view: view, path: v.path, form: f, reach: p.reach(view.Case.Label()), acts: view.Case.State.Open(), deadline: running(view.Deadlines)}
	st.late = st.deadline != nil && (st.deadline.State == candor.DeadlineMissed || st.deadline.Due.Before(v.Now))
	st.told = p.Advice.For(view.Case, v.Printer, view.Asset.Software)
	if st.files, st.more, err = p.files(v, view); err != nil {
		return web.View{}, err
	}
	if st.guides, err = p.guides(v, view.Case, view.Asset); err != nil {
		return web.View{}, err
	}
	if st.uploads, err = p.site.House.CaseUploads(v.Context(), v.Who, view.Case.ID); err != nil {
		return web.View{}, err
	}
	st.banner, st.looking = banner(v, view)
	st.events = history(v, view.Events)
	letter := v.Letter(title(v, view))
	letter.To = to
	if v.link == nil {
		letter.Home = ui.Link{Text: v.T("portal.my.title"), Href: "/my"}
		st.account = &v.User
	} else {
		letter.Expires = v.Printer.Time(v.link.Expires, v.Zone)
	}
	out := web.View{Document: exact(casePage(letter, st))}
	if f.problem != "" {
		out = out.Again()
	}
	return out, nil
}

func title(v visit, view house.CaseView) string {
	site := phrase.Args{"site": view.Asset.Name}
	switch {
	case view.Case.State == candor.CaseFalseAlarm:
		return v.T("portal.title.false-alarm", site)
	case !view.Case.State.Open() || view.Case.State == candor.CaseResolved:
		return v.T("portal.title.closed", site)
	}
	return v.T("portal.title.open", site)
}

// banner says how the case stands, and whether the customer waits for a look
// that was asked for. What was seen again after that is still there; what is
// still open without having been seen again has not been looked at yet.
func banner(v visit, view house.CaseView) (m *ui.Message, looking bool) {
	say := func(tone ui.Tone, key string, args ...phrase.Args) *ui.Message {
		key = "portal.state." + key
		return &ui.Message{Tone: tone, Title: v.Printer.T(key + ".title"), Text: v.Printer.T(key+".text", args...), Stays: true}
	}
	c := view.Case
	switch {
	case c.State == candor.CaseFalseAlarm:
		return say(ui.Good, "false-alarm"), false
	case (c.State == candor.CaseClosed || c.State == candor.CaseResolved) && c.Open == 0 && gone(view):
		return say(ui.Good, "clean"), false
	case c.State == candor.CaseClosed:
		return say(ui.Neutral, "closed"), false
	}
	if fixed := last(view.Events, candor.EventFixed); fixed != nil {
		seen := view.Case.Opened
		for _, f := range view.Findings {
			if f.State == candor.FindingOpen && f.Last.After(seen) {
				seen = f.Last
			}
		}
		if seen.After(fixed.At) {
			return say(ui.Warn, "still", phrase.Args{"time": v.Printer.Time(seen, v.Zone)}), false
		}
		if c.Open > 0 {
			return say(ui.Accent, "looking", phrase.Args{"time": v.Printer.Time(fixed.At, v.Zone)}), true
		}
	}
	if c.State == candor.CaseContained {
		return say(ui.Good, "contained"), false
	}
	return nil, false
}

// gone tells whether a look found that nothing is there any longer: somebody
// may also close a case without one.
func gone(view house.CaseView) bool {
	return len(view.Findings) > 0 && !slices.ContainsFunc(view.Findings, func(f candor.FiledFinding) bool { return f.State != candor.FindingGone })
}

func last(events []candor.Event, kind candor.EventKind) *candor.Event {
	for i, e := range slices.Backward(events) {
		if e.Kind == kind {
			return &events[i]
		}
	}
	return nil
}

// running is the customer's deadline that counts, the nearest first.
func running(all []candor.Deadline) (d *candor.Deadline) {
	for i, one := range all {
		if one.Outstanding() && (d == nil || one.Due.Before(d.Due)) {
			d = &all[i]
		}
	}
	return d
}

// files lists where the case's findings were seen: what is there still comes
// first, and each file once, whatever rules saw it.
func (p *portal) files(v visit, view house.CaseView) (out []file, more int, err error) {
	findings := slices.Clone(view.Findings)
	slices.SortStableFunc(findings, func(a, b candor.FiledFinding) int { return cmp.Compare(rank(a.State), rank(b.State)) })
	ids := make([]candor.ID, 0, mostFindings)
	for _, f := range findings[:min(len(findings), mostFindings)] {
		ids = append(ids, f.ID)
	}
	places, err := p.site.House.CasePlaces(v.Context(), v.Who, view.Case.ID, ids)
	if err != nil {
		return nil, 0, err
	}
	seen := map[[2]string]int{} // where it is in out, by place and content
	for i, f := range findings {
		if i >= mostFindings || len(out) >= mostFiles {
			more += max(f.Places, 1)
			continue
		}
		for _, at := range places[f.ID] {
			key := [2]string{at.Path, f.SHA256}
			if n, ok := seen[key]; ok {
				out[n].Rule += ", " + f.Rule
				continue
			}
			if len(out) >= mostFiles {
				more++
				continue
			}
			seen[key] = len(out)
			out = append(out, file{at, f.Rule, f.SHA256})
		}
	}
	slices.SortStableFunc(out, func(a, b file) int { return cmp.Compare(rank(a.State), rank(b.State)) })
	return out, more, nil
}

func rank(s candor.FindingState) int { return slices.Index(candor.FindingStates(), s) }
