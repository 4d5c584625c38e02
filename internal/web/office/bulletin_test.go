package office_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/intel"
	"candor/internal/intel/bulletin"
	"candor/internal/intel/tlp"
	"candor/internal/store"
)

// told is a bulletin with two versions, the first of which one of two read, and a draft.
func (w *world) told(t testing.TB) bulletin.Bulletin {
	t.Helper()
	ctx, admin := t.Context(), w.Who(candor.RoleAdmin)
	all, err := w.House.Bulletins(ctx, admin, candor.Cut{})
	if err != nil {
		t.Fatal(err)
	}
	if len(all.Items) > 0 {
		return all.Items[0].Bulletin
	}
	g := w.partners(t)
	vendor, err := w.House.SaveParty(ctx, admin, candor.Party{Kind: candor.Vendor, Name: "Toolbars & Co", Language: "ar", TimeZone: "UTC", Contacts: []candor.Contact{{Channel: candor.Mail, Address: "security@toolbars.example"}}})
	if err != nil {
		t.Fatal(err)
	}
	d := bulletin.Draft{Mark: tlp.Amber, Until: w.Clock().AddDate(0, 6, 0), Remind: 7, Groups: []candor.ID{g.ID}, Parties: []candor.ID{vendor.ID},
		Texts: []intel.Text{{Language: "en", Title: "Close memcached <b>now</b>", Body: "1. Bind it to localhost.\n2. Look at <script>alert(1)</script> port 11211."}, {Language: "ar", Title: "أغلق المنفذ", Body: "اربطه بالمضيف المحلي."}}}
	b, err := w.House.SaveBulletin(ctx, admin, "", d, 0)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 2 {
		if _, err := w.House.PublishBulletin(ctx, admin, b.ID, b.Edition); err != nil {
			t.Fatal(err)
		}
		copies, err := w.House.Store.BulletinCopies(ctx, b.ID, n+1)
		if err != nil || len(copies) != 2 {
			t.Fatal(copies, err)
		}
		if n == 0 {
			err = w.House.ReadBulletin(ctx, copies[1].ID, "We did <i>so</i> last week.")
		}
		if err != nil {
			t.Fatal(err)
		}
		d.Texts[0].Title = "Close memcached and LDAP <b>now</b>"
		d.Remind = 5 + n
		if b, err = w.House.SaveBulletin(ctx, admin, b.ID, d, 0); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

// TestBulletinPages writes, publishes and withdraws one in the console.
func TestBulletinPages(t *testing.T) {
	w := newWorld(t)
	analyst, auditor := w.As(candor.RoleAnalyst), w.As(candor.RoleAuditor)
	has(t, w.Get(t, auditor, "/intel/bulletins"), http.StatusOK, "No bulletins yet")
	g := w.partners(t)
	has(t, w.Get(t, analyst, "/intel/bulletins/new"), http.StatusOK, "CERT of providers (directory)", `name="title-ar"`, `lang="ar"`)
	until := w.Clock().AddDate(0, 1, 0).Format("2006-01-02")
	values := url.Values{"mark": {"green"}, "until": {until}, "remind": {"3"}, "group": {string(g.ID)}, "title-en": {"Patch <b>now</b>"}}
	has(t, w.Post(t, analyst, "/intel/bulletins/new", values), http.StatusUnprocessableEntity, "A text has a title and a body.", "Patch <b>now")
	has(t, w.Post(t, analyst, "/intel/bulletins/new", url.Values{"remind": {"often"}}), http.StatusUnprocessableEntity, "at least one language", "a number of days")
	values.Set("body-en", "First.\n\nThen <script>alert(1)</script>.")
	values.Set("mark", "amber+strict")
	has(t, w.Post(t, analyst, "/intel/bulletins/new", values), http.StatusUnprocessableEntity, "stays in the house")
	values.Set("mark", "red")
	a := w.Post(t, analyst, "/intel/bulletins/new", values)
	path := a.Location()
	if a.Status != http.StatusSeeOther || !strings.HasPrefix(path, "/intel/bulletins/") {
		t.Fatalf("%d %s: %s", a.Status, path, a.Body)
	}
	page := w.Get(t, auditor, path)
	has(t, page, http.StatusOK, "Nothing goes out before", "Patch <b>now", "TLP:RED")
	if strings.Contains(page.Text(), "<script>alert(1)") {
		t.Error("what somebody wrote is markup")
	}
	refused := w.Get(t, analyst, path+"/publish")
	has(t, refused, http.StatusOK, "It may not go out like this", "stricter than what may go to the group")
	if strings.Contains(refused.Text(), `name="edition"`) {
		t.Error("what is refused can be published")
	}
	has(t, w.Get(t, analyst, w.Post(t, analyst, path+"/publish", url.Values{"edition": {"1"}}).Location()), http.StatusOK, "may not go to")
	values.Set("mark", "green")
	has(t, w.Get(t, analyst, w.Post(t, analyst, path+"/edit", values).Location()), http.StatusOK, "Nothing went out.", "TLP:GREEN")
	has(t, w.Get(t, analyst, path+"/publish"), http.StatusOK, "in@certs.example", "Providers <script>", "No mail address, retired, or erased.")
	has(t, w.Get(t, analyst, w.Post(t, analyst, path+"/publish", url.Values{"edition": {"1"}}).Location()), http.StatusOK, "Somebody changed it meanwhile")
	has(t, w.Get(t, analyst, w.Post(t, analyst, path+"/publish", url.Values{"edition": {"2"}}).Location()), http.StatusOK, "Version 1 is published.", "CERT of providers", "Not yet", "0 of 1")
	has(t, w.Post(t, analyst, path+"/withdraw", url.Values{"reason": {" "}}), http.StatusUnprocessableEntity, "Say why")
	has(t, w.Get(t, analyst, w.Post(t, analyst, path+"/withdraw", url.Values{"reason": {"It was wrong."}}).Location()), http.StatusOK, "all who got it are told", "It was wrong.", "Withdrawn")
}

// TestBulletinReceipts shows who read which version.
func TestBulletinReceipts(t *testing.T) {
	w := newWorld(t)
	b := w.told(t)
	auditor := w.As(candor.RoleAuditor)
	path := "/intel/bulletins/" + string(b.ID)
	has(t, w.Get(t, auditor, path), http.StatusOK, "The draft below is not published", "Who got version 2", "0 of 2", "1 of 2", "LDAP", `dir="auto"`)
	old := w.Get(t, auditor, path+"?version=1")
	has(t, old, http.StatusOK, "Version 1; the latest is 2", "We did <i>so", "Toolbars & Co", "Arabic")
	if strings.Contains(old.Text(), "LDAP</strong>") || strings.Contains(old.Text(), "LDAP <b>") {
		t.Error("an old version says what a newer one does")
	}
	has(t, w.Get(t, auditor, "/intel/bulletins"), http.StatusOK, "0 of 2", "TLP:AMBER")
	w.At(w.Clock().Add(8 * 24 * time.Hour))
	if err := w.House.RemindBulletins(t.Context()); err != nil {
		t.Fatal(err)
	}
	v, err := w.House.Bulletin(t.Context(), w.Who(candor.RoleAuditor), b.ID, 0)
	if err != nil || v.Copies[0].Reminders != 1 {
		t.Error(v, err)
	}
}

// TestBulletinRecipients: whoever is a partner can be named, however many there are, and
// stays named.
func TestBulletinRecipients(t *testing.T) {
	w := newWorld(t)
	ctx, admin, analyst := t.Context(), w.Who(candor.RoleAdmin), w.As(candor.RoleAnalyst)
	g := w.partners(t)
	var all []candor.ID
	for n := range 510 {
		p := candor.Party{ID: candor.NewID(w.Clock()), Kind: candor.Partner, Name: fmt.Sprintf("Peer %03d", n), Language: "en", TimeZone: "UTC"}
		if err := w.House.Store.Tx(ctx, func(tx *store.Tx) error { return tx.AddParty(ctx, p) }); err != nil {
			t.Fatal(err)
		}
		all = append(all, p.ID)
	}
	last := all[len(all)-1]
	a := w.Get(t, analyst, "/intel/bulletins/new")
	has(t, a, http.StatusOK, "There are more than are shown", "Peer 000")
	if strings.Contains(a.Text(), "Peer 509") {
		t.Error("all are shown")
	}
	values := url.Values{"mark": {"green"}, "until": {w.Clock().AddDate(0, 1, 0).Format("2006-01-02")}, "remind": {"3"}, "to": {"party " + string(all[7])}, "find": {"509"}, "do": {"find"}, "title-en": {"Half a text"}}
	a = w.Post(t, analyst, "/intel/bulletins/new", values)
	has(t, a, http.StatusUnprocessableEntity, "Peer 509", "Peer 007", "Half a text")
	if !strings.Contains(a.Text(), `value="party `+string(all[7])+`" checked`) || strings.Contains(a.Text(), "Peer 008") || strings.Contains(a.Text(), "A text has a title and a body.") {
		t.Error("what was ticked is not, or what is looked for is not alone, or it is blamed:", a.Text())
	}
	values.Set("find", "nobody is called so")
	has(t, w.Post(t, analyst, "/intel/bulletins/new", values), http.StatusUnprocessableEntity, "Nobody else has that in the name.")
	values.Del("do")
	values.Set("body-en", "x")
	values.Del("to")
	for _, id := range all {
		values.Add("to", "party "+string(id))
	}
	path := w.Post(t, analyst, "/intel/bulletins/new", values).Location()
	has(t, w.Get(t, analyst, path+"/edit"), http.StatusOK, "Peer 509", "Peer 508")
	b, err := w.House.Bulletins(ctx, admin, candor.Cut{})
	if err != nil || len(b.Items) != 1 || len(b.Items[0].Bulletin.Draft.Parties) != len(all) {
		t.Fatalf("%d of %d are named, %v", len(b.Items[0].Bulletin.Draft.Parties), len(all), err)
	}
	has(t, w.Get(t, analyst, groupPath(g.ID)), http.StatusOK, string(last))
}

func groupPath(id candor.ID) string { return "/intel/groups/" + string(id) }
