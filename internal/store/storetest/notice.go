package storetest

import (
	"encoding/json"
	"testing"
	"time"

	"candor"
	"candor/internal/store"
)

// testNotices drafts, publishes and pins a notice, and keeps what sites served.
func testNotices(t *testing.T, s *store.Store) {
	ctx := t.Context()
	p, a := Sample(t, s, "notices")
	q, _ := Sample(t, s, "strange")
	n := candor.Notice{ID: candor.NewID(noon), Party: p.ID, Name: "shop", Draft: json.RawMessage(`{"title":{"en":"Shop"}}`), By: "user:1", Edition: 1,
		Guesses: []candor.NoticeGuess{{Pointer: "/title", Source: "host", Detail: "notices.example"}}, Created: noon, Updated: noon}
	do(t, s, func(tx *store.Tx) error { return tx.AddNotice(ctx, n) })
	same(t, must(s.Notice(ctx, candor.Scope{Party: p.ID}, n.ID))(t), n)
	for _, scope := range []candor.Scope{{Party: q.ID}, {}} {
		_, err := s.Notice(ctx, scope, n.ID)
		isKind(t, err, candor.ErrNotFound)
		same(t, must(s.Notices(ctx, scope, candor.NoticeFilter{}, candor.Cut{}))(t).Count, 0)
	}
	stale := n
	n.Name, n.Draft = "shops", json.RawMessage(`{}`)
	do(t, s, func(tx *store.Tx) error { return tx.ChangeNotice(ctx, &n) })
	same(t, n.Edition, int64(2))
	isKind(t, s.Tx(ctx, func(tx *store.Tx) error { return tx.ChangeNotice(ctx, &stale) }), candor.ErrChanged)
	same(t, must(s.Notices(ctx, candor.Everything, candor.NoticeFilter{Party: p.ID, Text: "sho"}, candor.Cut{Sort: "name"}))(t).Items, []candor.Notice{n})
	same(t, must(s.Notices(ctx, candor.Everything, candor.NoticeFilter{Party: p.ID, Text: "x"}, candor.Cut{}))(t).Count, 0)

	testVersions(t, s, &n)
	testNoticeSites(t, s, n, a)
	testProofs(t, s, n, a)

	do(t, s, func(tx *store.Tx) error { return tx.EraseTraces(ctx, q.ID, nil) })
	must(s.Notice(ctx, candor.Everything, n.ID))(t)
	do(t, s, func(tx *store.Tx) error { return tx.EraseTraces(ctx, p.ID, nil) })
	_, err := s.Notice(ctx, candor.Everything, n.ID)
	isKind(t, err, candor.ErrNotFound)
	same(t, len(must(s.NoticeProofs(ctx, a.ID, 10))(t)), 0)
}

func testVersions(t *testing.T, s *store.Store, n *candor.Notice) {
	ctx := t.Context()
	v := candor.NoticeVersion{ID: candor.NewID(noon), Notice: n.ID, Number: 1, Body: `{"version":"1"}`, Digest: "d1", Languages: []string{"en", "zh"}, Published: noon, By: "user:1"}
	w := v
	w.ID, w.Number, w.Body, w.Digest = candor.NewID(noon), 2, `{"version":"2"}`, "d2"
	n.Latest = 2
	do(t, s, func(tx *store.Tx) error {
		for _, x := range []candor.NoticeVersion{v, w} {
			if err := tx.AddNoticeVersion(ctx, x); err != nil {
				return err
			}
		}
		return tx.ChangeNotice(ctx, n)
	})
	same(t, must(s.NoticeVersion(ctx, n.ID, 1))(t), v)
	_, err := s.NoticeVersion(ctx, n.ID, 3)
	isKind(t, err, candor.ErrNotFound)
	twice := v
	twice.ID = candor.NewID(noon)
	isKind(t, s.Tx(ctx, func(tx *store.Tx) error { return tx.AddNoticeVersion(ctx, twice) }), candor.ErrExists)
	v.Body, w.Body = "", ""
	same(t, must(s.NoticeVersions(ctx, n.ID, 10))(t), []candor.NoticeVersion{w, v})
	isKind(t, s.Tx(ctx, func(tx *store.Tx) error { return tx.DeleteNotice(ctx, n.ID) }), candor.ErrChanged)

	never := *n
	never.ID, never.Latest = candor.NewID(noon), 0
	do(t, s, func(tx *store.Tx) error { return tx.AddNotice(ctx, never) })
	do(t, s, func(tx *store.Tx) error { return tx.DeleteNotice(ctx, never.ID) })
	_, err = s.Notice(ctx, candor.Everything, never.ID)
	isKind(t, err, candor.ErrNotFound)
}

func testNoticeSites(t *testing.T, s *store.Store, n candor.Notice, a candor.Asset) {
	ctx := t.Context()
	_, err := s.NoticeSite(ctx, a.ID)
	isKind(t, err, candor.ErrNotFound)
	site := candor.NoticeSite{Asset: a.ID, Notice: n.ID}
	do(t, s, func(tx *store.Tx) error { return tx.SetNoticeSite(ctx, site) })
	same(t, len(must(s.DueNoticeSites(ctx, noon.Add(time.Hour), 10))(t)), 0)
	site.Number, site.Pinned, site.By, site.Due = 2, noon, "user:1", noon.Add(time.Minute)
	do(t, s, func(tx *store.Tx) error { return tx.SetNoticeSite(ctx, site) })
	same(t, must(s.NoticeSite(ctx, a.ID))(t), site)
	same(t, must(s.NoticeSites(ctx, n.ID))(t), []candor.NoticeSite{site})
	same(t, len(must(s.DueNoticeSites(ctx, noon, 10))(t)), 0)
	same(t, must(s.DueNoticeSites(ctx, noon.Add(time.Minute), 10))(t), []candor.NoticeSite{site})
	do(t, s, func(tx *store.Tx) error { return tx.DeleteNoticeSite(ctx, a.ID) })
	same(t, len(must(s.NoticeSites(ctx, n.ID))(t)), 0)
	do(t, s, func(tx *store.Tx) error { return tx.SetNoticeSite(ctx, site) })
}

func testProofs(t *testing.T, s *store.Store, n candor.Notice, a candor.Asset) {
	ctx := t.Context()
	seen := func(at time.Time, status candor.ProofStatus, host string) (p candor.NoticeProof, differs bool) {
		p = candor.NoticeProof{ID: candor.NewID(at), Asset: a.ID, Notice: n.ID, Host: host, Number: 2, Status: status, First: at, Last: at}
		do(t, s, func(tx *store.Tx) (err error) { differs, err = tx.AddNoticeProof(ctx, &p); return err })
		return p, differs
	}
	one, first := seen(noon, candor.ProofSame, "a.example")
	later, second := seen(noon.Add(time.Hour), candor.ProofSame, "a.example")
	bad, third := seen(noon.Add(2*time.Hour), candor.ProofAbsent, "a.example")
	other, fourth := seen(noon.Add(3*time.Hour), candor.ProofAbsent, "b.example")
	same(t, []bool{first, second, third, fourth}, []bool{true, false, true, true})
	one.Last = later.Last
	same(t, later, one)
	same(t, must(s.NoticeProofs(ctx, a.ID, 10))(t), []candor.NoticeProof{other, bad, one})
	same(t, must(s.LastNoticeProof(ctx, a.ID, "a.example"))(t), bad)
}
