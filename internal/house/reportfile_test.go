package house_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/house"
	"candor/internal/intake"
	"candor/internal/store"
	"candor/internal/store/storetest"
)

// away tells whose a resource was until it was asked so often.
type away struct {
	holders
	left int
}

func (f *away) Whose(ctx context.Context, r intake.Resource, first, last *intake.When, received time.Time) (house.Attribution, error) {
	if f.left--; f.left == 0 {
		return house.Attribution{}, fmt.Errorf("the records are away: %w", candor.ErrUnavailable)
	}
	return f.holders.Whose(ctx, r, first, last, received)
}

// manyAssets are sites of a party, by their hosts.
func manyAssets(t *testing.T, w *world, n int) holders {
	t.Helper()
	h := holders{}
	err := w.Store.Tx(t.Context(), func(tx *store.Tx) error {
		for i := range n {
			name := fmt.Sprintf("s%d.example", i)
			a := candor.Asset{ID: candor.NewID(w.now), Kind: candor.Site, Owner: w.party.ID, Name: name, Hosts: []string{name}, Created: w.now, Updated: w.now}
			h[name] = []candor.Asset{a}
			if err := tx.AddAsset(t.Context(), a, time.Time{}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// TestReportOfMany breaks off a report about many assets and reads it again: each
// is filed once.
func TestReportOfMany(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w, _ := reports(t, s)
		const sites, lines = 140, 1100 // 40 are named often, and 100 once, after much was filed
		whose := &away{manyAssets(t, w, sites), 90}
		w.Reports.Whose = whose
		var all []string
		for n := range lines {
			site := n % 40
			if n >= 1000 {
				site = n - 960
			}
			all = append(all, fmt.Sprintf("fraud/phishing url http://s%d.example/%d", site, n))
		}
		id, err := w.TakeReport(t.Context(), ada, "", "", strings.NewReader(listed("a@a.example", "many", all...)))
		if err != nil {
			t.Fatal(err)
		}
		if err := w.ReadReport(t.Context(), id); !errors.Is(err, candor.ErrUnavailable) {
			t.Fatalf("it was read though the records are away: %v", err)
		}
		if read, err := s.IsRead(t.Context(), w.party.ID); err != nil || !read {
			t.Errorf("it is not being read: %v", err)
		}
		for range 2 {
			if err := w.ReadReport(t.Context(), id); err != nil {
				t.Fatal(err)
			}
		}
		r, err := s.Report(t.Context(), id)
		if err != nil || r.State != candor.ReportFiled || r.Complaints != lines {
			t.Fatalf("%+v, %v", r, err)
		}
		cases, err := s.Cases(t.Context(), candor.Everything, candor.CaseFilter{Class: candor.Phishing}, candor.Cut{Limit: 500})
		if err != nil || len(cases.Items) != sites {
			t.Fatalf("%d cases, %v", len(cases.Items), err)
		}
		for n, c := range cases.Items {
			if c.Findings != 25 && c.Findings != 1 || c.Open != c.Findings || c.Due.IsZero() {
				t.Errorf("case %d has %d findings, %d open, and is due %s", n, c.Findings, c.Open, c.Due)
			}
			events, err := s.Events(t.Context(), c.ID)
			opened := 0
			for _, e := range events {
				if e.Kind == candor.EventOpened {
					opened++
				}
			}
			if err != nil || opened != 1 {
				t.Errorf("case %d was opened %d times: %v", n, opened, err)
			}
		}
	})
}

// TestReportInPart files what can be, where an asset is not there any more.
func TestReportInPart(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w, _ := reports(t, s)
		whose := manyAssets(t, w, 5)
		whose["gone.example"] = []candor.Asset{{ID: candor.NewID(w.now), Owner: w.party.ID}}
		w.Reports.Whose, w.Logger = whose, slog.New(slog.DiscardHandler)
		r := w.take(t, listed("a@a.example", "part", "fraud/phishing url http://s0.example/", "fraud/phishing url http://gone.example/", "fraud/phishing url http://s1.example/"))
		all := w.complaints(t, r)
		if r.State != candor.ReportPerson || all[0].Case == "" || all[2].Case == "" || all[1].State != candor.ComplaintPerson || all[1].Why == "" || all[1].Case != "" {
			t.Errorf("%s: %+v", r.State, all)
		}
	})
}
