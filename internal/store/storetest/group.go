package storetest

import (
	"testing"
	"time"

	"candor"
	"candor/internal/intake"
	"candor/internal/intel"
	"candor/internal/intel/group"
	"candor/internal/intel/tlp"
	"candor/internal/store"
)

// testGroups keeps sharing groups, what went to them, and what members added.
func testGroups(t *testing.T, s *store.Store) {
	ctx := t.Context()
	g := group.Group{ID: candor.NewID(noon), Name: "ISAC", Most: tlp.Green, Classes: []candor.Class{candor.Phishing}, Members: []group.Member{{Party: candor.NewID(noon), Name: "One", Write: true, Trust: 50}}, Sightings: true, Edition: 1, Created: noon, Updated: noon}
	do(t, s, func(tx *store.Tx) error { return tx.AddGroup(ctx, g) })
	same(t, must(s.Group(ctx, g.ID))(t), g)
	double := g
	double.ID, double.Name = candor.NewID(noon), "isac"
	isKind(t, s.Tx(ctx, func(tx *store.Tx) error { return tx.AddGroup(ctx, double) }), candor.ErrExists)
	g.Retired, g.Edition = noon, 2
	isKind(t, s.Tx(ctx, func(tx *store.Tx) error { return tx.ChangeGroup(ctx, g, 7) }), candor.ErrChanged)
	do(t, s, func(tx *store.Tx) error { return tx.ChangeGroup(ctx, g, 1) })
	same(t, must(s.Groups(ctx))(t), []group.Group{g})
	_, err := s.Group(ctx, candor.NewID(noon))
	isKind(t, err, candor.ErrNotFound)

	kase := candor.NewID(noon)
	var all []group.Shipment
	for n := range 3 {
		x := group.Shipment{ID: candor.NewID(noon.Add(time.Duration(n) * time.Second)), Group: g.ID, Case: kase, At: noon, By: "user:x", Mark: tlp.Green, Indicators: n, Mails: []group.Mail{{Message: candor.NewID(noon), Name: "CERT"}}}
		do(t, s, func(tx *store.Tx) error { return tx.AddShipment(ctx, x) })
		all = append([]group.Shipment{x}, all...)
	}
	same(t, must(s.Shipments(ctx, g.ID, "", 2))(t), all[:2])
	same(t, must(s.Shipments(ctx, "", kase, 10))(t), all)

	message, file := candor.NewID(noon), candor.Attachment{Name: "a.json", Type: "application/json", Data: []byte("{}")}
	do(t, s, func(tx *store.Tx) error { return tx.KeepFile(ctx, message, file) })
	same(t, must(s.FileOf(ctx, message))(t), file)
	do(t, s, func(tx *store.Tx) error { return tx.DropFile(ctx, message) })
	_, err = s.FileOf(ctx, message)
	isKind(t, err, candor.ErrNotFound)

	// Forgetting feeds leaves what members added.
	one := intel.Indicator{Kind: intake.Domain, Value: "a.example", First: noon, Last: noon, TLP: tlp.Green, Confidence: 50, Source: g.Feed(g.Members[0])}
	do(t, s, func(tx *store.Tx) error {
		if err := tx.KeepIndicators(ctx, one.Source, noon, one); err != nil {
			return err
		}
		return tx.ForgetFeeds(ctx, nil)
	})
	same(t, must(s.Indicator(ctx, one.Source, one.Kind, one.Value))(t), one)
	do(t, s, func(tx *store.Tx) error { _, err := tx.DropEntries(ctx, one.Source, noon.Add(time.Hour)); return err })
	_, err = s.Indicator(ctx, one.Source, one.Kind, one.Value)
	isKind(t, err, candor.ErrNotFound)
}
