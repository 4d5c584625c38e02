package console

import (
	"candor"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// mostReported is how many complaints the page of a case shows.
const mostReported = 20

// reportedTable lists what others reported of a case, with their reports.
func (c *console) reportedTable(r *web.Request, of candor.ID) (ui.Table, error) {
	t := ui.Table{ID: "reported", Caption: r.T("console.reported"), Columns: []ui.Column{{Key: "value", Label: r.T("console.reported.about"), Wide: true},
		{Key: "report", Label: r.T("console.reported.report")}, {Key: "when", Label: r.T("console.reported.when"), Minor: true}}}
	page, err := c.house.ComplaintList(r.Context(), r.Who, candor.ComplaintFilter{Case: of}, candor.Cut{Limit: mostReported})
	if err != nil {
		return t, err
	}
	for _, x := range page.Items {
		when := ui.Absent()
		if !x.First.IsZero() {
			when = ui.ExactTime(x.First)
		}
		t.Rows = append(t.Rows, ui.Row{Key: string(x.ID), Label: x.Value, Cells: cells(ui.Mono(x.Value), ui.Anchor(ui.Link{Text: r.T("console.reported.open"), Href: "/reports/" + string(x.Report)}), when)})
	}
	return t, nil
}
