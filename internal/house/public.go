package house

import (
	"slices"
	"strings"

	"candor"
	"candor/internal/desk"
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
	case *candor.Page[candor.Response]:
		eachOf(v.Items, publicResponse)
	case *candor.Page[candor.Scan]:
		eachOf(v.Items, publicScan)
	case *candor.Response:
		publicResponse(v)
	case *candor.Scan:
		publicScan(v)
	case *CaseView:
		v.public()
	case *FindingView:
		publicParty(&v.Party)
		publicCase(&v.Case)
	case *PartyView:
		publicParty(&v.Party)
		v.Users = nil
		eachOf(v.Cases.Items, publicCase)
	case *AssetView:
		publicParty(&v.Owner)
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
	v.Events = slices.DeleteFunc(v.Events, func(e candor.Event) bool { return !e.Public })
	eachOf(v.Events, func(e *candor.Event) {
		if byStaff(e.Actor) {
			e.Actor = Provider
		}
	})
	v.Deadlines = slices.DeleteFunc(v.Deadlines, func(d candor.Deadline) bool { return !desk.ForCustomer(d.Rule) })
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

// publicCase takes away whose work it is. When it is due tells of clocks of the
// provider's own.
func publicCase(c *candor.Case) { c.Assignee, c.Due = "", candor.Case{}.Due }

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

func byStaff(actor string) bool { return strings.HasPrefix(actor, "user:") }
