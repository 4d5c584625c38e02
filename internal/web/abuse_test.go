package web_test

import (
	"testing"
	"time"

	"candor"
	"candor/internal/access/link"
	"candor/internal/store"
	"candor/internal/web/webtest"
)

// reportedAbuse has a report of which something waits to be passed on, and gives the
// path of the page that its reporter was mailed.
func reportedAbuse(t *testing.T, w *webtest.World) string {
	t.Helper()
	ctx, now := t.Context(), w.Clock()
	r := candor.Report{ID: candor.NewID(now), Way: "form", Received: now, SHA256: "aa", State: candor.ReportNew, Updated: now}
	err := w.House.Store.Tx(ctx, func(tx *store.Tx) error {
		if err := tx.AddReports(ctx, store.NewReport{Report: r}); err != nil {
			return err
		}
		r.Version, r.State, r.Reporter, r.Subject, r.Complaints = 1, candor.ReportFiled, "anne@victim.example", "Somebody tries passwords: 203.0.113.9", 2
		if err := tx.ChangeReport(ctx, &r, ""); err != nil {
			return err
		}
		foreign := candor.Complaint{ID: candor.NewID(now), Report: r.ID, Number: 1, Class: candor.Spam, Kind: "address", Value: "203.0.113.9", State: candor.ComplaintForeign, Updated: now}
		if err := tx.AddComplaints(ctx, foreign); err != nil {
			return err
		}
		f := candor.Forward{ID: candor.NewID(now), Report: r.ID, Holder: "abuse@net.example", State: candor.ForwardWaiting, Count: 1, Created: now, Updated: now}
		if err := tx.AddForward(ctx, f); err != nil {
			return err
		}
		sent := candor.Forward{ID: candor.NewID(now), Report: r.ID, Holder: "abuse@two.example", State: candor.ForwardSent, Count: 1, Sent: now, Created: now, Updated: now}
		if err := tx.AddForward(ctx, sent); err != nil {
			return err
		}
		return tx.AddMessage(ctx, candor.Message{ID: sent.ID, To: sent.Holder, MessageID: string(sent.ID) + "@desk.example", State: candor.MessageSent, Created: now})
	})
	if err != nil {
		t.Fatal(err)
	}
	token, err := w.Links.Sign(link.Link{Purpose: link.Report, Subject: r.ID, Contact: link.ContactOf(r.Reporter), Expires: now.Add(24 * time.Hour).Truncate(time.Second)})
	if err != nil {
		t.Fatal(err)
	}
	return "/r/" + token
}
