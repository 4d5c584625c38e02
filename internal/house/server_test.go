package house_test

import (
	"errors"
	"strings"
	"testing"

	"candor"
	"candor/internal/store"
)

// TestServers puts a site onto a server: roots elsewhere are not held against
// what may be scanned here, and what was said of another place is over.
func TestServers(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		rows := "type,kind,reference,name,owner,roots,server\nparty,customer,K-9,Nine,,,\nasset,server,W-1,web1,K-9,,\nasset,site,S-9,shop.example,K-9,/elsewhere/shop,W-1\n"
		for want := range 2 {
			done, err := w.Import(ctx, ada, "csv", strings.NewReader(rows), false)
			if err != nil || done.Added != 3*(1-want) || done.Same != 3*want || len(done.Errors) > 0 {
				t.Fatalf("%+v, %v", done, err)
			}
		}
		server, err := w.Store.AssetByReference(ctx, candor.Server, "W-1")
		if err != nil {
			t.Fatal(err)
		}
		shop, err := w.Store.AssetByReference(ctx, candor.Site, "S-9")
		if err != nil || shop.Server != server.ID {
			t.Fatalf("the site is %+v, %v", shop, err)
		}
		sc := candor.Scan{ID: candor.NewID(w.now), Asset: shop.ID, Party: shop.Owner, State: candor.ScanRunning, Cause: "demand", Queued: w.now, Started: w.now}
		if err := w.Store.Tx(ctx, func(tx *store.Tx) error { return tx.AddScan(ctx, sc) }); err != nil {
			t.Fatal(err)
		}
		shop.Server = ""
		if _, err := w.SaveAsset(ctx, ada, shop); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("roots here that may not be scanned: %v", err)
		}
		shop.Roots = []string{w.dir}
		if _, err := w.SaveAsset(ctx, ada, shop); err != nil {
			t.Fatal(err)
		}
		if got, err := w.Store.Scan(ctx, candor.Everything, sc.ID); err != nil || got.State != candor.ScanPartial {
			t.Errorf("the scan is %s, %v", got.State, err)
		}
		shop.Server = shop.ID
		if _, err := w.SaveAsset(ctx, ada, shop); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("a site on a site: %v", err)
		}
		if _, err := w.EnrolAgent(ctx, eve, server.ID); !errors.Is(err, candor.ErrDenied) {
			t.Errorf("who may not makes a token: %v", err)
		}
	})
}
