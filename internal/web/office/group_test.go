package office_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"candor"
	"candor/internal/directory"
	"candor/internal/house"
	"candor/internal/intel/group"
	"candor/internal/intel/tlp"
)

// partners is a group with members of each kind, to which something went.
func (w *world) partners(t testing.TB) group.Group {
	t.Helper()
	ctx, admin := t.Context(), w.Who(candor.RoleAdmin)
	all, err := w.House.Groups(ctx, admin)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) > 0 {
		return all[0].Group
	}
	p, err := w.House.SaveParty(ctx, admin, candor.Party{Kind: candor.Partner, Name: "Anbieter <b>Zwei</b> AG", Language: "de", TimeZone: "Europe/Vienna"})
	if err != nil {
		t.Fatal(err)
	}
	e, err := w.House.SaveEntry(ctx, admin, directory.Entry{Name: "CERT of providers", Kinds: []directory.Kind{directory.CERT}, Channels: []directory.Channel{{Way: directory.Mail, Address: "in@certs.example"}}, Takes: []directory.Goods{directory.Reports}})
	if err != nil {
		t.Fatal(err)
	}
	g, err := w.House.SaveGroup(ctx, admin, group.Group{Name: "Providers <script>alert(1)</script>", Note: "Meets <img src=x onerror=alert(1)> each month.", Most: tlp.Amber,
		Members: []group.Member{{Party: p.ID, Write: true, Trust: 60}, {Entry: e.ID, Format: "misp"}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.House.Share(ctx, admin, house.ShareOrder{Case: w.c.ID, Group: g.ID}); err != nil {
		t.Fatal(err)
	}
	return g
}

func TestGroups(t *testing.T) {
	w := newWorld(t)
	admin, auditor := w.As(candor.RoleAdmin), w.As(candor.RoleAuditor)
	has(t, w.Get(t, admin, "/intel/groups"), http.StatusOK, "No sharing group yet")
	has(t, w.Get(t, admin, "/cases/"+string(w.c.ID)+"/share"), http.StatusOK, "No sharing group yet")
	for field, bad := range map[string][2]string{"name": {"", "name"}, "classes": {"x/y", "no incident class"}, "most": {"amber+strict", "no mark"}} {
		f := url.Values{"name": {"ISAC"}, "most": {"green"}}
		f.Set(field, bad[0])
		has(t, w.Post(t, admin, "/intel/groups/new", f), http.StatusUnprocessableEntity, bad[1])
	}
	a := w.Post(t, admin, "/intel/groups/new", url.Values{"name": {"ISAC"}, "most": {"green"}, "classes": {"fraud/phishing"}})
	path := a.Location()
	if a.Status != http.StatusSeeOther || !strings.HasPrefix(path, "/intel/groups/") {
		t.Fatalf("%d %s: %s", a.Status, path, a.Body)
	}
	e, err := w.House.SaveEntry(t.Context(), w.Who(candor.RoleAdmin), directory.Entry{Name: "CERT Example", Kinds: []directory.Kind{directory.CERT}, Channels: []directory.Channel{{Way: directory.Mail, Address: "in@cert.example"}}, Takes: []directory.Goods{directory.Reports}})
	if err != nil {
		t.Fatal(err)
	}
	has(t, w.Get(t, admin, path), http.StatusOK, "CERT Example (by mail)", "Nobody reads what is shared")
	w.Post(t, admin, path+"/members", url.Values{"member": {"entry " + string(e.ID)}, "format": {"misp"}})
	has(t, w.Get(t, auditor, path), http.StatusOK, "By mail: MISP event")
	w.Post(t, admin, path+"/members", url.Values{"member": {"party " + string(w.party.ID)}}) // a customer
	has(t, w.Get(t, admin, path), http.StatusOK, "Members are partners, authorities and vendors")
	remove := path + "/members/" + string(e.ID) + "/remove"
	has(t, w.Get(t, admin, remove), http.StatusOK, "Remove CERT Example from the group?")
	w.Post(t, admin, remove, nil)
	has(t, w.Get(t, auditor, path), http.StatusOK, "Nobody reads what is shared")
	w.Post(t, admin, path+"/retire", url.Values{"retired": {"yes"}})
	has(t, w.Get(t, auditor, path), http.StatusOK, "Nothing goes to the group")
	w.Post(t, admin, path+"/retire", nil)
	has(t, w.Get(t, auditor, "/intel/groups"), http.StatusOK, "In use", "TLP:GREEN")
}

// TestSharePage shares a case, and is told what may not go.
func TestSharePage(t *testing.T) {
	w := newWorld(t)
	g := w.partners(t)
	analyst := w.As(candor.RoleAnalyst)
	page := w.Get(t, analyst, "/intel/groups/"+string(g.ID))
	has(t, page, http.StatusOK, "Providers <script>alert(1)", "objects in the collection", "Reads the collection and adds to it (trust 60)")
	if body := string(page.Body); strings.Contains(body, "<script>alert(1)") || strings.Contains(body, "<img src=x") || strings.Contains(body, "<b>Zwei") {
		t.Error("what somebody wrote is markup")
	}
	path := "/cases/" + string(w.c.ID) + "/share"
	has(t, w.Get(t, analyst, path+"?group="+string(g.ID)), http.StatusOK, "Digest of a file", "TLP:AMBER", "CERT of providers", "Into the collection of", `name="value"`)
	green, err := w.House.SaveGroup(t.Context(), w.Who(candor.RoleAdmin), group.Group{Name: "Green", Most: tlp.Green})
	if err != nil {
		t.Fatal(err)
	}
	refused := w.Get(t, analyst, path+"?group="+string(green.ID))
	has(t, refused, http.StatusOK, "It may not go there", "stricter than what may go")
	if strings.Contains(string(refused.Body), `name="value"`) {
		t.Error("what is refused can be shared")
	}
	a := w.Post(t, analyst, path, url.Values{"group": {string(green.ID)}})
	has(t, w.Get(t, analyst, a.Location()), http.StatusOK, "stricter than what may go")
	offer, err := w.House.OfferShare(t.Context(), w.Who(candor.RoleAnalyst), house.ShareOrder{Case: w.c.ID, Group: g.ID})
	if err != nil || len(offer.Bundle.Indicators) == 0 {
		t.Fatal(offer, err)
	}
	a = w.Post(t, analyst, path, url.Values{"group": {string(g.ID)}, "value": {offer.Bundle.Indicators[0].Value}})
	has(t, w.Get(t, analyst, a.Location()), http.StatusOK, "Shared, with one indicator.")
	sent, err := w.House.Group(t.Context(), w.Who(candor.RoleAnalyst), g.ID)
	if err != nil || len(sent.Sent) != 2 {
		t.Error(sent, err)
	}
}
