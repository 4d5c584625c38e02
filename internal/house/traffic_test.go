package house_test

import (
	"errors"
	"testing"

	"candor"
	"candor/internal/flow/line"
	"candor/internal/house"
	"candor/internal/store/storetest"
)

// heard is the traffic of one line.
type heard candor.ID

func (h heard) Network() line.Network { return line.Network{Lines: 1} }

func (h heard) View(id candor.ID) (line.View, bool) {
	return line.View{Line: id, Weeks: 3}, id == candor.ID(h)
}

// TestTraffic: staff read it where it is measured; a household's own people and
// others do not.
func TestTraffic(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	w.agree(t)
	site, err := w.Store.Assets(t.Context(), candor.Everything, candor.AssetFilter{}, candor.Cut{Limit: 1})
	if err != nil || len(site.Items) != 1 {
		t.Fatal(site.Items, err)
	}
	owner := site.Items[0].Owner
	a, err := w.SaveAsset(t.Context(), ada, candor.Asset{Kind: candor.Line, Name: "Line 1", Owner: owner})
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range []candor.Role{candor.RoleCustomer, candor.RoleSubscriber} {
		who := candor.Principal{User: "u", Role: role, Party: owner}
		if _, err := w.NetworkTraffic(t.Context(), who); !errors.Is(err, candor.ErrDenied) {
			t.Errorf("%s reads the network: %v", role, err)
		}
		if _, err := w.LineTraffic(t.Context(), who, a.ID); !errors.Is(err, candor.ErrDenied) {
			t.Errorf("%s reads a line: %v", role, err)
		}
	}
	why := func(id candor.ID) house.Unmeasured {
		t.Helper()
		v, err := w.LineTraffic(t.Context(), ada, id)
		if err != nil || (v.Traffic == nil) != (v.Unmeasured != "") {
			t.Fatalf("%+v, %v", v, err)
		}
		return v.Unmeasured
	}
	if n, err := w.NetworkTraffic(t.Context(), ada); err != nil || n.Unmeasured != house.NotHere || n.Network != nil || why(a.ID) != house.NotHere {
		t.Errorf("where nobody listens: %+v, %v", n, err)
	}
	w.Traffic = heard("another")
	if why(a.ID) != house.NotYet || why(site.Items[0].ID) != house.NoLine {
		t.Errorf("a line that is not watched: %s; a site: %s", why(a.ID), why(site.Items[0].ID))
	}
	w.Traffic = heard(a.ID)
	if n, err := w.NetworkTraffic(t.Context(), ada); err != nil || n.Network == nil || n.Network.Lines != 1 || why(a.ID) != "" {
		t.Errorf("where it is measured: %+v, %v", n, err)
	}
	a.Retired = true
	if _, err := w.SaveAsset(t.Context(), ada, a); err != nil {
		t.Fatal(err)
	}
	if got := why(a.ID); got != house.NotYet {
		t.Errorf("of a line that is retired: %s", got)
	}
	if _, err := w.LineTraffic(t.Context(), ada, candor.NewID(w.now)); !errors.Is(err, candor.ErrNotFound) {
		t.Errorf("of no asset: %v", err)
	}
}
