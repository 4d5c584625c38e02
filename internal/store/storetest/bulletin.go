package storetest

import (
	"testing"
	"time"

	"candor"
	"candor/internal/intel"
	"candor/internal/intel/bulletin"
	"candor/internal/intel/tlp"
	"candor/internal/store"
)

// testBulletins keeps bulletins, their versions, and who read them.
func testBulletins(t *testing.T, s *store.Store) {
	ctx := t.Context()
	party, _ := Sample(t, s, "bulletins")
	b := bulletin.Bulletin{ID: candor.NewID(noon), State: bulletin.Drafted, Author: "user:x", Edition: 1, Created: noon, Updated: noon,
		Draft: bulletin.Draft{Texts: []intel.Text{{Language: "ar", Title: "عنوان", Body: "نص"}}, Mark: tlp.Amber, Until: noon.Add(time.Hour), Parties: []candor.ID{party.ID}, Remind: 3}}
	do(t, s, func(tx *store.Tx) error { return tx.AddBulletin(ctx, b) })
	same(t, must(s.Bulletin(ctx, b.ID))(t), b)
	old := b
	b.State, b.Number, b.Edition, b.Updated = bulletin.Published, 1, 2, noon.Add(time.Minute)
	isKind(t, s.Tx(ctx, func(tx *store.Tx) error { return tx.ChangeBulletin(ctx, b, 7) }), candor.ErrChanged)
	do(t, s, func(tx *store.Tx) error { return tx.ChangeBulletin(ctx, b, old.Edition) })
	same(t, must(s.Bulletins(ctx, candor.Cut{}))(t), candor.Page[bulletin.Bulletin]{Items: []bulletin.Bulletin{b}, Count: 1})
	testBulletinPages(t, s)

	var versions []bulletin.Version
	for n := 1; n <= 2; n++ {
		v := bulletin.Version{Bulletin: b.ID, Number: n, Draft: b.Draft, SHA256: b.Draft.Digest(), Author: "user:x", By: "user:y", At: noon}
		do(t, s, func(tx *store.Tx) error { return tx.AddBulletinVersion(ctx, v) })
		versions = append([]bulletin.Version{v}, versions...)
	}
	isKind(t, s.Tx(ctx, func(tx *store.Tx) error { return tx.AddBulletinVersion(ctx, versions[0]) }), candor.ErrExists)
	same(t, must(s.BulletinVersions(ctx, b.ID))(t), versions)
	same(t, must(s.BulletinVersion(ctx, b.ID, 1))(t), versions[1])

	one := bulletin.Copy{ID: candor.NewID(noon), Bulletin: b.ID, Number: 1, Party: party.ID, Name: "A", Address: "a@a.example", Language: "ar", Sent: noon, Due: noon.Add(time.Hour)}
	two := bulletin.Copy{ID: candor.NewID(noon), Bulletin: b.ID, Number: 1, Entry: candor.NewID(noon), Name: "B", Address: "b@b.example", Language: "en", Sent: noon}
	do(t, s, func(tx *store.Tx) error { return tx.AddBulletinCopies(ctx, one, two) })
	double := one
	double.ID = candor.NewID(noon)
	isKind(t, s.Tx(ctx, func(tx *store.Tx) error { return tx.AddBulletinCopies(ctx, double) }), candor.ErrExists)
	same(t, must(s.BulletinCopies(ctx, b.ID, 1))(t), []bulletin.Copy{one, two})
	same(t, must(s.DueBulletinCopies(ctx, noon.Add(time.Hour), 5))(t), []bulletin.Copy{one})
	same(t, len(must(s.DueBulletinCopies(ctx, noon, 5))(t)), 0)

	stale := two // as somebody else looked at it before
	two.Read, two.Comment = noon.Add(time.Minute), "Thanks"
	do(t, s, func(tx *store.Tx) error { return tx.ReadBulletinCopy(ctx, two.ID, two.Read, two.Comment) })
	same(t, must(s.BulletinCopy(ctx, two.ID))(t), two)
	isKind(t, s.Tx(ctx, func(tx *store.Tx) error { return tx.ReadBulletinCopy(ctx, two.ID, noon, "again") }), candor.ErrChanged)
	isKind(t, s.Tx(ctx, func(tx *store.Tx) error { return tx.RemindBulletinCopy(ctx, stale, 1, noon.Add(time.Hour)) }), candor.ErrChanged)
	same(t, must(s.BulletinCopy(ctx, two.ID))(t), two) // no receipt is lost to a reminder
	do(t, s, func(tx *store.Tx) error { return tx.RemindBulletinCopy(ctx, one, 1, noon.Add(2*time.Hour)) })
	isKind(t, s.Tx(ctx, func(tx *store.Tx) error { return tx.RemindBulletinCopy(ctx, one, 1, noon.Add(2*time.Hour)) }), candor.ErrChanged) // by two nodes
	one.Reminders, one.Due = 1, noon.Add(2*time.Hour)
	same(t, must(s.BulletinCopy(ctx, one.ID))(t), one)
	same(t, must(s.BulletinCounts(ctx, b.ID))(t), map[candor.ID]map[int]bulletin.Count{b.ID: {1: {Sent: 2, Read: 1}}})

	do(t, s, func(tx *store.Tx) error { return tx.StopBulletinReminders(ctx, b.ID, 1) })
	same(t, len(must(s.DueBulletinCopies(ctx, noon.Add(time.Hour), 5))(t)), 0)
	do(t, s, func(tx *store.Tx) error { return tx.EraseBulletinCopies(ctx, party.ID) })
	one.Name, one.Address, one.Due = store.Erased, "", time.Time{}
	same(t, must(s.BulletinCopy(ctx, one.ID))(t), one)
	isKind(t, s.Tx(ctx, func(tx *store.Tx) error { return tx.ReadBulletinCopy(ctx, one.ID, noon, "mine") }), candor.ErrChanged) // nothing personal comes back
	_, err := s.BulletinCopy(ctx, candor.NewID(noon))
	isKind(t, err, candor.ErrNotFound)
}

// testBulletinPages goes through more bulletins than a page has, there and back.
func testBulletinPages(t *testing.T, s *store.Store) {
	ctx := t.Context()
	var ids []candor.ID
	for n := range 7 {
		b := bulletin.Bulletin{ID: candor.NewID(noon), State: bulletin.Drafted, Edition: 1, Created: noon, Updated: noon.Add(time.Duration(n/2) * time.Hour)} // two at a time
		do(t, s, func(tx *store.Tx) error { return tx.AddBulletin(ctx, b) })
		ids = append(ids, b.ID)
	}
	seen := map[candor.ID]bool{}
	var pages []candor.Page[bulletin.Bulletin]
	for cut := (candor.Cut{Limit: 3}); ; {
		page := must(s.Bulletins(ctx, cut))(t)
		for _, b := range page.Items {
			same(t, seen[b.ID], false)
			seen[b.ID] = true
		}
		pages = append(pages, page)
		if cut.Cursor = page.Next; page.Next == "" {
			break
		}
	}
	for _, id := range ids {
		same(t, seen[id], true)
	}
	same(t, len(pages), 3) // with the one that was there
	same(t, must(s.Bulletins(ctx, candor.Cut{Limit: 3, Cursor: pages[1].Previous}))(t).Items, pages[0].Items)
	same(t, pages[0].Items[0].Updated, noon.Add(3*time.Hour))
}
