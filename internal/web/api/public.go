package api

import (
	"fmt"
	"slices"

	"candor"
	"candor/internal/house"
)

// public takes away what customers and subscribers are not shown of what is
// theirs: the provider's own notes, names of its people, and what a response
// is like inside. Package house does so in the view of a case; here it is done
// for all that an operation answers.
func public[T any](who candor.Principal, v T) T {
	if who.Role.Staff() {
		return v
	}
	switch v := any(&v).(type) {
	case *candor.Page[candor.Case]:
		for i := range v.Items {
			v.Items[i].Assignee = ""
		}
	case *candor.Page[candor.Party]:
		for i := range v.Items {
			v.Items[i].Note = ""
		}
	case *candor.Page[candor.Response]:
		for i := range v.Items {
			publicResponse(&v.Items[i])
		}
	case *candor.Page[candor.Scan]:
		for i := range v.Items {
			publicScan(&v.Items[i])
		}
	case *candor.Scan:
		publicScan(v)
	case *responseView:
		publicResponse(&v.Response)
	case *house.CaseView:
		v.Party.Note, v.Case.Assignee, v.Assignee = "", "", candor.User{}
		for i := range v.Responses {
			publicResponse(&v.Responses[i])
		}
		for i, e := range v.Events { // customers know the provider, and not its people
			if staff(e.Actor) {
				v.Events[i].Actor = "provider"
			}
			if e.Kind == candor.EventAssigned {
				v.Events[i].Details = nil
			}
		}
	case *house.FindingView:
		v.Party.Note, v.Case.Assignee = "", ""
	case *house.PartyView:
		v.Party.Note, v.Users = "", nil
		v.Cases = public(who, v.Cases)
	case *house.AssetView:
		v.Owner.Note = ""
		v.Cases, v.Scans = public(who, v.Cases), public(who, v.Scans)
	}
	return v
}

func staff(actor string) bool { return len(actor) > 5 && actor[:5] == "user:" }

func publicResponse(r *candor.Response) {
	r.By, r.Approved, r.Reason, r.Error, r.Plan, r.Result = "", "", "", "", nil, nil
}

func publicScan(x *candor.Scan) {
	if staff(x.By) {
		x.By = "provider"
	}
	x.Error = ""
}

// shown keeps the states of responses that somebody may see: customers those
// in which something was done. False says that none is left.
func shown(who candor.Principal, states []candor.ResponseState) ([]candor.ResponseState, bool) {
	if who.Role.Staff() {
		return states, true
	}
	acted := []candor.ResponseState{candor.ResponseApplied, candor.ResponseVerified, candor.ResponseUndone}
	if len(states) == 0 {
		return acted, true
	}
	some := slices.DeleteFunc(slices.Clone(states), func(s candor.ResponseState) bool { return !slices.Contains(acted, s) })
	return some, len(some) > 0
}

// notThere is the error for what is not there, or not for whoever asks.
func notThere(what string, id candor.ID) error {
	return fmt.Errorf("%s %s: %w", what, id, candor.ErrNotFound)
}
