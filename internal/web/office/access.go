package office

import (
	"strconv"
	"strings"

	"candor"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// giveAccess puts what a line is sold as into the fields.
func giveAccess(f *form, a candor.Access) {
	f.values["plan"], f.values["down"], f.values["up"] = a.Plan, rateText(a.Down), rateText(a.Up)
	f.values["addresses"], f.values["mail-servers"], f.values["name-servers"] = strings.Join(a.Addresses, "\n"), yes(a.Mail), yes(a.Names)
}

// rateText is a rate as house.ParseRate reads it, empty if it is unknown.
func rateText(v int64) string {
	if v == 0 {
		return ""
	}
	unit := ""
	for _, u := range []string{"k", "M", "G"} {
		if v%1000 != 0 {
			break
		}
		v, unit = v/1000, u
	}
	return strconv.FormatInt(v, 10) + unit
}

const mostPlan = 100 // bytes

// readAccess takes the fields into what a line is sold as, and says what is
// wrong with them.
func readAccess(r *web.Request, f *form, a *candor.Access) {
	*a = candor.Access{Plan: f.values["plan"], Addresses: lines(f.values["addresses"]), Mail: f.values["mail-servers"] != "", Names: f.values["name-servers"] != ""}
	if len(a.Plan) > mostPlan {
		f.refuse("plan", r.T("office.access.plan.bad"))
	}
	var err error
	if a.Down, err = house.ParseRate(f.values["down"]); err != nil {
		f.refuse("down", r.T("office.access.rate.bad"))
	}
	if a.Up, err = house.ParseRate(f.values["up"]); err != nil {
		f.refuse("up", r.T("office.access.rate.bad"))
	}
	for _, text := range a.Addresses {
		if _, err := (candor.Access{Addresses: []string{text}}).Prefixes(); err != nil {
			f.refuse("addresses", r.T("office.access.addresses.bad", phrase.Args{"address": text}))
		}
	}
}

// accessFacts are what a line is sold as.
func accessFacts(r *web.Request, a candor.Access) []ui.Fact {
	rate := func(v int64) string {
		if v == 0 {
			return ""
		}
		return bits(r, float64(v))
	}
	facts := []ui.Fact{{Label: r.T("office.access.plan"), Value: ui.OrAbsent(a.Plan)}, {Label: r.T("office.access.down"), Value: ui.OrAbsent(rate(a.Down))}, {Label: r.T("office.access.up"), Value: ui.OrAbsent(rate(a.Up))}}
	if len(a.Addresses) > 0 {
		facts = append(facts, ui.Fact{Label: r.T("office.access.addresses"), Value: hosts(a.Addresses)})
	}
	if a.Mail {
		facts = append(facts, ui.Fact{Label: r.T("office.access.mail"), Value: ui.Text(r.T("office.yes"))})
	}
	if a.Names {
		facts = append(facts, ui.Fact{Label: r.T("office.access.names"), Value: ui.Text(r.T("office.yes"))})
	}
	return facts
}
