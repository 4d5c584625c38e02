package house_test

import (
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/house"
	"candor/internal/intake"
	"candor/internal/intake/attribute"
	"candor/internal/store"
	"candor/internal/store/storetest"
)

// TestAttributor asks whose resources are by the records of a real store.
func TestAttributor(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := house.House{Store: s, Clock: time.Now}
		p, site := storetest.Sample(t, s, "attributed")
		other, _ := storetest.Sample(t, s, "other")
		site.Hosts, site.Owner, site.Updated = []string{"attributed.example", "new.example"}, other.ID, site.Created.Add(time.Hour)
		c := candor.Case{ID: candor.NewID(site.Created), Asset: site.ID, Party: p.ID, Class: candor.Phishing, State: candor.CaseNew, Title: "t", Opened: site.Created, Updated: site.Created}
		sum := strings.Repeat("e", 64)
		err := s.Tx(t.Context(), func(tx *store.Tx) error {
			if err := tx.ChangeAsset(t.Context(), site, time.Time{}); err != nil {
				return err
			}
			if err := tx.AddCase(t.Context(), &c); err != nil {
				return err
			}
			return tx.AddFindings(t.Context(), []candor.FiledFinding{{ID: candor.NewID(site.Created), Asset: site.ID, Party: p.ID, Case: c.ID, Sensor: "scan", State: candor.FindingOpen, First: site.Created, Last: site.Created,
				Finding: candor.Finding{Path: "/x", Rule: "r", SHA256: sum}}})
		})
		if err != nil {
			t.Fatal(err)
		}
		a := h.Attributor(nil, nil, attribute.Options{})
		for _, x := range []struct {
			kind    intake.Kind
			value   string
			hours   float64
			verdict attribute.Verdict
			party   candor.ID
		}{
			{intake.URL, "http://www.attributed.example/x", 0.5, attribute.Ours, p.ID},
			{intake.URL, "http://www.attributed.example/x", 1.5, attribute.Ours, other.ID},
			{intake.Domain, "new.example", 0.5, attribute.Unknown, ""},
			{intake.Domain, "new.example", 1.5, attribute.Ours, other.ID},
			{intake.Domain, "attributed.example", 1, attribute.Several, ""},
			{intake.Hash, sum, 0, attribute.Ours, p.ID},
			{intake.Mail, "li@other.example", 1.5, attribute.Several, other.ID},
			{intake.Address, "203.0.113.5", 1, attribute.Foreign, ""},
			{intake.Address, "192.0.2.7", 0.5, attribute.Several, ""}, // both samples have it
		} {
			got, err := a.Attribute(t.Context(), intake.Resource{Kind: x.kind, Value: x.value}, &intake.When{Time: site.Created.Add(time.Duration(x.hours * float64(time.Hour)))}, nil, time.Time{})
			if err != nil || got.Verdict != x.verdict || got.Party != x.party {
				t.Errorf("%s %s at %g: %+v, %v", x.kind, x.value, x.hours, got, err)
			}
		}
	})
}
