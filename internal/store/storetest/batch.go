package storetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"candor"
	"candor/internal/store"
)

// testBatches reads and writes many at once, of any number.
func testBatches(t *testing.T, s *store.Store) {
	ctx := t.Context()
	const most = 173 // no size of a statement
	p, _ := Sample(t, s, "batches")
	assets := make([]candor.Asset, most)
	for i := range assets {
		assets[i] = candor.Asset{ID: candor.NewID(noon), Kind: candor.Site, Owner: p.ID, Name: fmt.Sprint("site ", i), Created: noon, Updated: noon}
	}
	cases, events, findings := make([]*candor.Case, most), make([]candor.Event, most), make([]candor.FiledFinding, most)
	var tasks []candor.Task
	var deadlines []candor.Deadline
	var records []candor.AboutParty
	var places []candor.SeenPlace
	for i, a := range assets {
		c := newCase(a, candor.Phishing)
		c.Good = i%3 == 0
		cases[i] = &c
		events[i] = candor.Event{ID: candor.NewID(noon), Case: c.ID, At: noon, Kind: candor.EventOpened, Actor: "x"}
		findings[i] = candor.FiledFinding{ID: candor.NewID(noon), Asset: a.ID, Party: p.ID, Case: c.ID, Sensor: "report", State: candor.FindingOpen, First: noon, Last: noon,
			Finding: candor.Finding{Path: fmt.Sprint("/", i), Rule: "r", Class: c.Class, SHA256: fmt.Sprint("s", i)}}
		tasks = append(tasks, candor.Task{ID: candor.NewID(noon), Case: c.ID, Text: "t", Created: noon})
		deadlines = append(deadlines, candor.Deadline{ID: candor.NewID(noon), Case: c.ID, Rule: "r", State: candor.DeadlineRunning, Started: noon, Due: noon.Add(time.Hour)})
		records = append(records, candor.AboutParty{Party: p.ID, Record: candor.Record{ID: candor.NewID(noon), Kind: candor.RecordFinding, At: noon, Subject: findings[i].ID, Case: c.ID,
			Body: []byte("{}"), Personal: map[string]string{"path": findings[i].Path}}})
		places = append(places, candor.SeenPlace{Asset: a.ID, Scan: "scan", Place: candor.Place{ID: candor.NewID(noon), Finding: findings[i].ID, Path: findings[i].Path, State: candor.FindingOpen, First: noon, Last: noon}})
	}
	do(t, s, func(tx *store.Tx) error {
		for _, a := range assets {
			if err := tx.AddAsset(ctx, a, noon); err != nil {
				return err
			}
		}
		return errors.Join(tx.AddCases(ctx, cases), tx.AddTasks(ctx, tasks), tx.AddDeadlines(ctx, deadlines), tx.AddFindings(ctx, findings), tx.AddSeenPlaces(ctx, places),
			tx.AddEvents(ctx, events), tx.AddRecordsAbout(ctx, records), tx.AddCases(ctx, nil))
	})
	numbers := map[int64]bool{}
	var ids []candor.ID
	var keys []candor.CaseKey
	var sames []candor.SameAt
	for i, c := range cases {
		if numbers[c.Number] || c.Number == 0 || c.Version != 1 {
			t.Errorf("case %d has the number %d and the version %d", i, c.Number, c.Version)
		}
		numbers[c.Number] = true
		same(t, must(s.Case(ctx, candor.Everything, c.ID))(t), *c)
		same(t, len(must(s.Events(ctx, c.ID))(t))+len(must(s.Tasks(ctx, c.ID))(t))+len(must(s.Deadlines(ctx, c.ID))(t))+len(must(s.Places(ctx, findings[i].ID))(t)), 4)
		same(t, must(s.PersonalOf(ctx, records[i].ID))(t)[0].Value, findings[i].Path)
		ids, keys = append(ids, c.Asset), append(keys, candor.CaseKey{Asset: c.Asset, Class: c.Class, Good: i%2 == 0})
		sames = append(sames, candor.SameAt{Asset: c.Asset, Same: candor.Same{Rule: "r", SHA256: fmt.Sprint("s", i-i%2)}})
	}
	found := must(s.AssetsByID(ctx, append(ids, candor.NewID(noon))))(t)
	same(t, len(found), most)
	like := must(s.FindingsLikeAt(ctx, sames))(t)
	do(t, s, func(tx *store.Tx) error {
		open, err := tx.OpenCases(ctx, keys)
		for i, c := range cases {
			if got, ok := open[keys[i]]; ok != (c.Good == keys[i].Good) || ok && got.ID != c.ID {
				t.Errorf("case %d: %+v, %v", i, got, ok)
			}
			if got, ok := like[sames[i]]; ok != (i%2 == 0) || ok && got.ID != findings[i].ID || found[ids[i]].Name != assets[i].Name {
				t.Errorf("finding %d: %+v, %v", i, got, ok)
			}
		}
		return err
	})
	twin := newCase(assets[7], candor.Phishing)
	fresh := newCase(assets[8], candor.Spam)
	isKind(t, s.Tx(ctx, func(tx *store.Tx) error { return tx.AddCases(ctx, []*candor.Case{&fresh, &twin}) }), candor.ErrExists)
}

// testTogether is what waits to be told to a party.
func testTogether(t *testing.T, s *store.Store) {
	ctx := t.Context()
	p, a := Sample(t, s, "together")
	q, b := Sample(t, s, "apart")
	make1 := func(asset candor.Asset, party candor.ID, n int, method string, state candor.ResponseState) candor.Response {
		c := newCase(asset, candor.Class(fmt.Sprint("test/", n)))
		at := noon.Add(time.Duration(n) * time.Second)
		r := candor.Response{ID: candor.NewID(at), Case: c.ID, Asset: asset.ID, Party: party, Method: method, State: state, Plan: []byte(`{}`), Created: at, Updated: at,
			Basis: candor.Basis{Kind: candor.ByLaw, Terms: "law", Accepted: noon}}
		do(t, s, func(tx *store.Tx) error { return errors.Join(tx.AddCase(ctx, &c), tx.AddResponse(ctx, r)) })
		return r
	}
	var want []candor.ID
	for n := range 3 {
		want = append(want, make1(a, p.ID, n, "notify", candor.ResponseApproved).ID)
	}
	make1(a, p.ID, 3, "notify", candor.ResponseProposed)
	make1(a, p.ID, 4, "quarantine", candor.ResponseApproved)
	make1(b, q.ID, 5, "notify", candor.ResponseApproved)
	begun := make1(a, p.ID, 6, "notify", candor.ResponseApproved)
	waiting := func(most int) (ids []candor.ID) {
		do(t, s, func(tx *store.Tx) error {
			all, err := tx.Approved(ctx, p.ID, "notify", most)
			ids = nil
			for _, r := range all {
				ids = append(ids, r.ID)
			}
			return err
		})
		return ids
	}
	same(t, must(s.LastCarried(ctx, p.ID, "notify"))(t), time.Time{})
	begun.Result, begun.Updated = []byte(`{"sent":0}`), noon.Add(time.Hour)
	do(t, s, func(tx *store.Tx) error { return tx.ChangeResponse(ctx, begun, begun.State) })
	same(t, waiting(10), want)
	same(t, waiting(2), want[:2])
	same(t, must(s.LastCarried(ctx, p.ID, "notify"))(t), begun.Updated)
	begun.State, begun.Applied, begun.Updated = candor.ResponseVerified, noon.Add(2*time.Hour), noon.Add(9*time.Hour)
	do(t, s, func(tx *store.Tx) error { return tx.ChangeResponse(ctx, begun, candor.ResponseApproved) })
	same(t, must(s.LastCarried(ctx, p.ID, "notify"))(t), begun.Applied)
	same(t, must(s.LastCarried(ctx, q.ID, "notify"))(t), time.Time{})

	r := candor.Report{ID: candor.NewID(noon), Received: noon, State: candor.ReportNew, Updated: noon}
	do(t, s, func(tx *store.Tx) error {
		return errors.Join(tx.AddReports(ctx, store.NewReport{Report: r}), tx.AddComplaint(ctx, candor.Complaint{ID: candor.NewID(noon), Report: r.ID, Number: 1, Party: p.ID, State: candor.ComplaintFiled, Updated: noon}))
	})
	same(t, []bool{must(s.IsRead(ctx, p.ID))(t), must(s.IsRead(ctx, q.ID))(t), must(s.IsRead(ctx, ""))(t)}, []bool{true, false, false})
	r = must(s.Report(ctx, r.ID))(t)
	r.State = candor.ReportFiled
	do(t, s, func(tx *store.Tx) error { return tx.ChangeReport(ctx, &r, "") })
	same(t, must(s.IsRead(ctx, p.ID))(t), false)
}

// testManyJobs asks for many jobs at once.
func testManyJobs(t *testing.T, s *store.Store) {
	ctx := t.Context()
	before := must(s.QueueState(ctx))(t)
	var all []candor.JobRequest
	for n := range 50 {
		all = append(all, candor.JobRequest{Job: testJob{100 + n}, Options: candor.JobOptions{Queue: "many"}})
	}
	once := candor.JobRequest{Job: testJob{99}, Options: candor.JobOptions{Queue: "many", Once: true}}
	later := candor.JobRequest{Job: testJob{98}, Options: candor.JobOptions{Queue: "many", At: time.Now().Add(time.Hour)}}
	all = slices.Insert(all, 10, once, later, once)
	do(t, s, func(tx *store.Tx) error { return tx.EnqueueAll(ctx, all) })
	after := must(s.QueueState(ctx))(t)
	same(t, []int64{after["available"] - before["available"], after["scheduled"] - before["scheduled"]}, []int64{51, 1})
}
