package house

import (
	"math/rand/v2"

	"candor"
)

// otherPages are the shorter lists.
func (a *asker) otherPages() []page {
	var all []page
	yes, no := true, false

	parties := lists[candor.PartyFilter, candor.Party]{what: "parties", list: a.Parties}
	sorts := orders("updated", "name", "id")
	parties.add("all", 1, a.anyStaff, func(*rand.Rand) candor.PartyFilter { return candor.PartyFilter{} }, sorts...)
	parties.add("by kind", 1, a.anyStaff, func(r *rand.Rand) candor.PartyFilter {
		return candor.PartyFilter{Kind: any1(r, candor.PartyKinds())}
	}, sorts...)
	parties.add("with words", 1, a.anyStaff, func(r *rand.Rand) candor.PartyFilter {
		return candor.PartyFilter{Text: any1(r, []string{"bakery", "li", "customer17", "amber quartz"})}
	}, sorts...)
	parties.deep(1, a.anyStaff, sorts...)

	sites := lists[candor.AssetFilter, candor.Asset]{what: "sites", list: a.Assets}
	sorts = orders("name", "scanned", "id")
	sites.add("all", 1, a.anyStaff, func(*rand.Rand) candor.AssetFilter { return candor.AssetFilter{Kind: candor.Site, Retired: &no} }, sorts...)
	sites.add("retired", 1, a.anyStaff, func(*rand.Rand) candor.AssetFilter { return candor.AssetFilter{Kind: candor.Site, Retired: &yes} }, sorts...)
	sites.add("with words", 1, a.anyStaff, func(r *rand.Rand) candor.AssetFilter {
		return candor.AssetFilter{Text: any1(r, []string{"bakery", "example", "amber quartz", "wordp"})}
	}, sorts...)
	sites.add("as customer", 1, a.as, func(*rand.Rand) candor.AssetFilter { return candor.AssetFilter{} }, sorts...)
	sites.deep(1, a.anyStaff, sorts...)

	responses := lists[candor.ResponseFilter, candor.Response]{what: "responses", list: a.Responses}
	sorts = orders("created", "id")
	responses.add("all", 1, a.anyStaff, func(*rand.Rand) candor.ResponseFilter { return candor.ResponseFilter{} }, sorts...)
	responses.add("by state", 2, a.anyStaff, func(r *rand.Rand) candor.ResponseFilter {
		return candor.ResponseFilter{States: []candor.ResponseState{any1(r, []candor.ResponseState{candor.ResponseProposed, candor.ResponseVerified, candor.ResponseFailed, candor.ResponseRefused})}}
	}, sorts...)
	responses.add("by method and state", 1, a.anyStaff, func(r *rand.Rand) candor.ResponseFilter {
		return candor.ResponseFilter{Method: any1(r, []string{"notify", "quarantine", "suspend"}), States: []candor.ResponseState{candor.ResponseVerified}}
	}, sorts...)
	responses.add("by method", 1, a.anyStaff, func(r *rand.Rand) candor.ResponseFilter {
		return candor.ResponseFilter{Method: any1(r, []string{"notify", "quarantine", "suspend"})}
	}, sorts...)
	responses.add("as customer", 1, a.as, func(*rand.Rand) candor.ResponseFilter { return candor.ResponseFilter{} }, sorts...)
	responses.deep(1, a.anyStaff, sorts...)

	scans := lists[candor.ScanFilter, candor.Scan]{what: "scans", list: a.Scans}
	sorts = orders("queued", "id")
	scans.add("all", 1, a.anyStaff, func(*rand.Rand) candor.ScanFilter { return candor.ScanFilter{} }, sorts...)
	scans.add("by state", 1, a.anyStaff, func(r *rand.Rand) candor.ScanFilter {
		return candor.ScanFilter{States: []candor.ScanState{any1(r, []candor.ScanState{candor.ScanRunning, candor.ScanComplete, candor.ScanFailed})}}
	}, sorts...)
	scans.add("as customer", 1, a.as, func(*rand.Rand) candor.ScanFilter { return candor.ScanFilter{} }, sorts...)
	scans.deep(1, a.anyStaff, sorts...)

	records := lists[candor.RecordFilter, candor.Logged]{what: "records", list: a.Records}
	sorts = orders("at", "id")
	records.add("all", 1, a.anyStaff, func(*rand.Rand) candor.RecordFilter { return candor.RecordFilter{} }, sorts...)
	records.add("by kind", 1, a.anyStaff, func(r *rand.Rand) candor.RecordFilter {
		return candor.RecordFilter{Kind: any1(r, []candor.RecordKind{candor.RecordFinding, candor.RecordDecision, candor.RecordResponse, candor.RecordPolicy})}
	}, sorts...)
	records.add("of a case", 1, a.anyStaff, func(r *rand.Rand) candor.RecordFilter {
		return candor.RecordFilter{Case: any1(r, a.sample.large)}
	}, sorts...)
	records.deep(1, a.anyStaff, sorts...)

	for _, more := range [][]page{parties.all, sites.all, responses.all, scans.all, records.all} {
		all = append(all, more...)
	}
	return all
}
