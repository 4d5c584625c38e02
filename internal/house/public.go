package house

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"candor"
	"candor/internal/consent"
	"candor/internal/desk"
	"candor/internal/store"
)

// Provider is who did what somebody of the staff did, to customers.
const Provider = "provider"

// public takes away what customers and subscribers are not shown of what is
// theirs: the provider's own notes, names of its people, clocks that are not
// theirs, and what a response is like inside. All that House gives goes
// through it.
func public[T any](who candor.Principal, v T) T {
	if who.Role.Staff() {
		return v
	}
	switch v := any(&v).(type) {
	case *candor.Page[candor.Case]:
		eachOf(v.Items, publicCase)
	case *candor.Page[candor.Party]:
		eachOf(v.Items, publicParty)
	case *candor.Page[candor.Asset]:
		eachOf(v.Items, publicAsset)
	case *candor.Page[candor.Response]:
		eachOf(v.Items, publicResponse)
	case *[]candor.Message:
		eachOf(*v, publicMessage)
	case *[]store.Delivery:
		eachOf(*v, publicDelivery)
	case *candor.Page[candor.Scan]:
		eachOf(v.Items, publicScan)
	case *candor.Response:
		publicResponse(v)
	case *candor.Scan:
		publicScan(v)
	case *candor.Asset:
		publicAsset(v)
	case *candor.Page[candor.Ticket]:
		eachOf(v.Items, publicTicket)
	case *candor.Ticket:
		publicTicket(v)
	case *TicketView:
		v.public()
	case *CaseView:
		v.public()
	case *GateView:
		v.public()
	case *candor.Page[candor.Notice]:
		eachOf(v.Items, publicNotice)
	case *candor.Notice:
		publicNotice(v)
	case *candor.NoticeVersion:
		publicVersion(v)
	case *NoticeStanding:
		publicStanding(v)
	case *NoticeView:
		publicNotice(&v.Notice)
		publicParty(&v.Party)
		eachOf(v.Versions, publicVersion)
		eachOf(v.Sites, publicStanding)
	case *FindingView:
		v.public()
		publicParty(&v.Party)
		publicCase(&v.Case)
	case *consent.Question:
		publicQuestion(v)
	case *[]consent.Question:
		eachOf(*v, publicQuestion)
	case *Control:
		eachOf(v.Questions, publicQuestion)
	case *PartyView:
		publicParty(&v.Party)
		v.Users = nil
		eachOf(v.Assets, publicAsset)
		eachOf(v.Cases.Items, publicCase)
	case *AssetView:
		publicParty(&v.Owner)
		publicAsset(&v.Asset)
		eachOf(v.Cases.Items, publicCase)
		eachOf(v.Scans.Items, publicScan)
	}
	return v
}

func eachOf[T any](all []T, do func(*T)) {
	for i := range all {
		do(&all[i])
	}
}

func (v *CaseView) public() {
	publicCase(&v.Case)
	publicParty(&v.Party)
	eachOf(v.Findings, func(f *candor.FiledFinding) { publicFinding(f, v.Asset) })
	publicAsset(&v.Asset)
	v.Events = slices.DeleteFunc(v.Events, func(e candor.Event) bool { return !e.Public })
	eachOf(v.Events, func(e *candor.Event) {
		if byStaff(e.Actor) {
			e.Actor = Provider
		}
	})
	v.Deadlines = slices.DeleteFunc(v.Deadlines, func(d candor.Deadline) bool { return !desk.ForCustomer(d.Rule) && d.Rule != candor.TermsAnswer })
	for _, d := range v.Deadlines {
		if d.Outstanding() && (v.Case.Due.IsZero() || d.Due.Before(v.Case.Due)) {
			v.Case.Due = d.Due
		}
	}
	v.Responses = slices.DeleteFunc(v.Responses, func(r candor.Response) bool { return !shown(r.State) })
	eachOf(v.Responses, publicResponse)
}

// shownStates are the states of responses that customers see: those in which
// something was done.
var shownStates = []candor.ResponseState{candor.ResponseApplied, candor.ResponseVerified, candor.ResponseUndone}

func shown(s candor.ResponseState) bool { return slices.Contains(shownStates, s) }

// public words the places of a finding. Where the same content lies elsewhere
// is told of the customer's own sites, which are of other roots.
func (v *FindingView) public() {
	publicFinding(&v.Finding, v.Asset)
	eachOf(v.Elsewhere, func(f *candor.FiledFinding) { publicFinding(f, v.elsewhere[f.Asset]) })
	eachOf(v.Places, func(p *candor.Place) { p.Path = v.Asset.Relative(p.Path) })
	publicAsset(&v.Asset)
}

// PublicCase is a case as customers are shown it, by whatever road.
func PublicCase(c candor.Case) candor.Case { publicCase(&c); return c }

// publicFilter refuses to choose or sort customers' cases by what they are not
// shown of them: the order of a list tells what it is sorted by.
func publicFilter(who candor.Principal, f candor.CaseFilter, cut candor.Cut) error {
	if who.Role.Staff() || f.Assignee == "" && !f.Unassigned && f.DueBefore.IsZero() && cut.Sort != "due" && cut.Sort != "assignee" {
		return nil
	}
	return candor.WithHint(fmt.Errorf("cases are not chosen or sorted by whose work they are, or when they are due: %w", candor.ErrInvalid), "Leave assignee, unassigned, due_before and the sort by due out.")
}

// publicCase takes away whose work it is. When it is due tells of clocks of the
// provider's own.
func publicCase(c *candor.Case) { c.Assignee, c.Due = "", candor.Case{}.Due }

// publicAsset takes away where on which of the provider's servers a site lies.
func publicAsset(a *candor.Asset) { a.Roots, a.Server = nil, "" }

// publicFinding gives places relative to the site, and of the file of
// definitions only its name. What has no content has its place as SHA256.
func publicFinding(f *candor.FiledFinding, a candor.Asset) {
	if f.SHA256 == f.Path || strings.Contains(f.SHA256, "/") {
		f.SHA256 = a.Relative(f.SHA256)
	}
	f.Path, f.Definitions = a.Relative(f.Path), path.Base(f.Definitions)
	if f.Definitions == "." {
		f.Definitions = ""
	}
}

// publicMessage takes away what the mail servers in between said.
func publicMessage(m *candor.Message) { m.Error = "" }

// publicDelivery leaves the status that the customer's own program answered
// with. What else goes wrong may name addresses of the provider's network.
func publicDelivery(d *store.Delivery) {
	if d.Error != "" && d.Status == 0 {
		d.Error = "the webhook could not be reached"
	}
}

func publicParty(p *candor.Party) { p.Note = "" }

func publicResponse(r *candor.Response) {
	r.By, r.Approved, r.Reason, r.Error, r.Plan, r.Result = "", "", "", "", nil, nil
}

func publicScan(x *candor.Scan) {
	if byStaff(x.By) {
		x.By = Provider
	}
	x.Error = ""
}

// The staff's part in notices is the provider's.

func publicNotice(n *candor.Notice) {
	if byStaff(n.By) {
		n.By = Provider
	}
}

func publicVersion(v *candor.NoticeVersion) {
	if byStaff(v.By) {
		v.By = Provider
	}
}

func publicStanding(s *NoticeStanding) {
	publicAsset(&s.Asset)
	publicVersion(&s.Published)
	publicVersion(&s.Pinned)
	if byStaff(s.Pin.By) {
		s.Pin.By = Provider
	}
}

func byStaff(actor string) bool { return strings.HasPrefix(actor, "user:") }

// sites gives assets by their identifiers, for places to be told relative to
// them. One that is gone from the scope leaves only names of files.
func (h *House) sites(ctx context.Context, who candor.Principal, findings []candor.FiledFinding) (map[candor.ID]candor.Asset, error) {
	all := map[candor.ID]candor.Asset{}
	if who.Role.Staff() {
		return all, nil
	}
	for _, f := range findings {
		if _, have := all[f.Asset]; have {
			continue
		}
		a, err := h.Store.Asset(ctx, who.Scope(), f.Asset)
		if err != nil && !errors.Is(err, candor.ErrNotFound) {
			return nil, err
		}
		all[f.Asset] = a
	}
	return all, nil
}

// publicFindings words the places of findings of several sites.
func (h *House) publicFindings(ctx context.Context, who candor.Principal, findings []candor.FiledFinding) error {
	at, err := h.sites(ctx, who, findings)
	if err != nil || who.Role.Staff() {
		return err
	}
	eachOf(findings, func(f *candor.FiledFinding) { publicFinding(f, at[f.Asset]) })
	return nil
}

// publicHits words what a search found: findings are called by their places.
func (h *House) publicHits(ctx context.Context, who candor.Principal, hits []candor.Hit) error {
	if who.Role.Staff() {
		return nil
	}
	for i, x := range hits {
		if x.Kind != "finding" {
			continue
		}
		f, err := h.Store.Finding(ctx, who.Scope(), x.ID)
		if err != nil {
			return err
		}
		found := []candor.FiledFinding{f}
		if err := h.publicFindings(ctx, who, found); err != nil {
			return err
		}
		hits[i].Title, hits[i].Detail = found[0].Path, ""
	}
	return nil
}

func publicQuestion(q *consent.Question) {
	if q.By != "" {
		q.By = Provider
	}
	eachOf(q.Said, func(l *consent.Line) {
		if byStaff(l.By) {
			l.By = Provider
		}
	})
}
