package storetest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/consent/software"
	"candor/internal/store"
)

// testSoftware keeps products, builds and bindings, and what devices say.
func testSoftware(t *testing.T, s *store.Store) {
	ctx := t.Context()
	p, a := Sample(t, s, "software")
	sum := func(digit string) string { return strings.Repeat(digit, 64) }
	product := software.Product{ID: "toolbar", Name: "Toolbar", Publisher: "Example", Asset: a.ID, Created: noon}
	build := software.Build{Product: "toolbar", Version: "1", Platform: "windows/amd64", Files: []software.File{{Name: "a.dll", SHA256: sum("a")}, {Name: "b.exe", SHA256: sum("b")}}}
	later := build
	later.Version, later.Files = "2", build.Files[:1]
	bind := func(version string, at time.Time) software.Binding {
		return software.Binding{ID: candor.NewID(at), Product: "toolbar", Build: build.Digest(), Since: at, Optional: []string{"stats"},
			Agreement: software.Paper{Document: "eula", Version: version, SHA256: sum("1")}, Policy: software.Paper{Document: "privacy", Version: "1", SHA256: sum("2")}}
	}
	one, two := bind("1", noon), bind("2", noon.Add(time.Hour))
	do(t, s, func(tx *store.Tx) error {
		return errors.Join(tx.AddProduct(ctx, product), tx.AddBuild(ctx, build, noon), tx.AddBuild(ctx, later, noon.Add(time.Minute)), tx.AddBinding(ctx, two), tx.AddBinding(ctx, one))
	})
	same(t, must(s.Product(ctx, "toolbar"))(t), product)
	products(t, s, product)
	same(t, must(s.Declared(ctx, "toolbar", build.Digest()))(t), software.Declared{Build: build, Known: true, Bindings: []software.Binding{one, two}})
	same(t, must(s.Declared(ctx, "toolbar", sum("9")))(t), software.Declared{})
	all := must(s.Builds(ctx, "toolbar", 10))(t)
	if len(all) != 2 || all[0].Build.Version != "2" || len(all[0].Bindings) != 0 || len(all[1].Bindings) != 2 {
		t.Errorf("builds are %+v", all)
	}
	isKind(t, s.Tx(ctx, func(tx *store.Tx) error { return tx.AddBuild(ctx, build, noon) }), candor.ErrExists)
	isKind(t, s.Tx(ctx, func(tx *store.Tx) error { return tx.AddProduct(ctx, product) }), candor.ErrExists)
	stray := one
	stray.ID, stray.Build = candor.NewID(noon), sum("9")
	if err := s.Tx(ctx, func(tx *store.Tx) error { return tx.AddBinding(ctx, stray) }); err == nil {
		t.Error("a build that is not known was bound")
	}
	_, err := s.Product(ctx, "dialler")
	isKind(t, err, candor.ErrNotFound)
	testDevices(t, s, p)
}

// testDevices keeps devices, codes, statements and what follows from them.
func testDevices(t *testing.T, s *store.Store, p candor.Party) {
	ctx := t.Context()
	_, err := s.Device(ctx, "key")
	isKind(t, err, candor.ErrNotFound)
	d := software.Device{ID: "key", Last: 3, First: noon, Seen: noon}
	do(t, s, func(tx *store.Tx) error { return tx.AddDevice(ctx, d) })
	isKind(t, s.Tx(ctx, func(tx *store.Tx) error { return tx.AddDevice(ctx, d) }), candor.ErrExists)
	d.Party, d.Last = p.ID, 5
	do(t, s, func(tx *store.Tx) error { return tx.ChangeDevice(ctx, d, 3) })
	isKind(t, s.Tx(ctx, func(tx *store.Tx) error { return tx.ChangeDevice(ctx, d, 3) }), candor.ErrChanged)
	same(t, must(s.Device(ctx, "key"))(t), d)

	do(t, s, func(tx *store.Tx) error {
		return errors.Join(tx.AddCode(ctx, "code", p.ID, noon, noon.Add(time.Hour)), tx.AddCode(ctx, "other", p.ID, noon, noon.Add(time.Minute)))
	})
	same(t, must(s.Codes(ctx, p.ID, noon))(t), 2)
	use := func(code string, at time.Time) (party candor.ID, err error) {
		err = s.Tx(ctx, func(tx *store.Tx) error { party, err = tx.UseCode(ctx, code, "key", at); return err })
		return party, err
	}
	_, err = use("other", noon.Add(2*time.Minute))
	isKind(t, err, candor.ErrDenied)
	same(t, must(use("code", noon.Add(2*time.Minute)))(t), p.ID)
	_, err = use("code", noon.Add(2*time.Minute))
	isKind(t, err, candor.ErrDenied)

	k := software.Kept{Device: "key", Serial: 5, Digest: "d", Product: "toolbar", Text: "a.b.c", Received: noon,
		Answer: software.Answer{ID: candor.NewID(noon), Serial: 5, Outcome: software.Recorded, Received: noon, Linked: true}}
	do(t, s, func(tx *store.Tx) error { return tx.AddStatement(ctx, k) })
	isKind(t, s.Tx(ctx, func(tx *store.Tx) error { return tx.AddStatement(ctx, k) }), candor.ErrExists)
	same(t, must(s.Statement(ctx, "key", 5))(t), k)
	_, err = s.Statement(ctx, "key", 6)
	isKind(t, err, candor.ErrNotFound)

	same(t, must(s.Acceptance(ctx, "key", "toolbar"))(t), software.Acceptance{})
	for _, a := range []software.Acceptance{
		{Device: "key", Product: "toolbar", Serial: 5, Build: "b", Agreement: "a", Policy: "p", Clauses: []string{"stats"}, Since: noon},
		{Device: "key", Product: "toolbar", Serial: 6, Build: "b", Agreement: "a2", Policy: "p", Clauses: []string{}, Since: noon, Ended: noon.Add(time.Hour), Refused: "r"},
		{Device: "other", Product: "toolbar", Serial: 1, Agreement: "a", Policy: "p", Clauses: []string{}, Since: noon},
	} {
		do(t, s, func(tx *store.Tx) error { return tx.SetAcceptance(ctx, a) })
		same(t, must(s.Acceptance(ctx, a.Device, "toolbar"))(t), a)
	}
	same(t, must(s.Installed(ctx, "toolbar"))(t), []store.Installed{{Agreement: "a", Devices: 1}})
	do(t, s, func(tx *store.Tx) error { return tx.EraseTraces(ctx, p.ID, nil) })
	d.Party = ""
	same(t, must(s.Device(ctx, "key"))(t), d)
	same(t, must(s.Codes(ctx, p.ID, noon))(t), 0)
}

// products are listed page by page, and by words.
func products(t *testing.T, s *store.Store, first software.Product) {
	t.Helper()
	ctx := t.Context()
	var more []software.Product
	do(t, s, func(tx *store.Tx) error {
		more = nil
		for i := range 5 {
			p := first
			p.ID, p.Name, p.Created = fmt.Sprintf("other-%d", i), fmt.Sprintf("100%% _other_ %d", i), first.Created.Add(time.Duration(i+1)*time.Hour)
			more = append(more, p)
			if err := tx.AddProduct(ctx, p); err != nil {
				return err
			}
		}
		return nil
	})
	page := must(s.Products(ctx, "", candor.Cut{Limit: 4}))(t)
	same(t, page.Items, []software.Product{more[4], more[3], more[2], more[1]})
	page = must(s.Products(ctx, "", candor.Cut{Limit: 4, Cursor: page.Next}))(t)
	same(t, page.Items, []software.Product{more[0], first})
	same(t, must(s.Products(ctx, "", candor.Cut{Limit: 1, Sort: "name"}))(t).Items, more[:1])
	same(t, must(s.Products(ctx, "0% _OTHER_ 3", candor.Cut{}))(t).Items, more[3:4])
	same(t, len(must(s.Products(ctx, "0%4", candor.Cut{}))(t).Items), 0)
	same(t, len(must(s.Products(ctx, "x_other", candor.Cut{}))(t).Items), 0)
}
