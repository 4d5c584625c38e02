package portal_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/access/link"
	"candor/internal/intel"
	"candor/internal/intel/bulletin"
	"candor/internal/intel/tlp"
	"candor/internal/web/portal"
)

// bulletins is a world with a bulletin, and the page of one who got it.
type bulletins struct {
	*world
	b    bulletin.Bulletin
	copy bulletin.Copy
}

func bulletinWorld(t *testing.T) *bulletins {
	t.Helper()
	w := &bulletins{world: newWorld(t, portal.Config{})}
	ctx, admin := t.Context(), w.Who(candor.RoleAdmin)
	p, err := w.House.SaveParty(ctx, admin, candor.Party{Kind: candor.Partner, Name: "Other ISP", Language: "fr", TimeZone: "UTC", Contacts: []candor.Contact{{Channel: candor.Mail, Address: "noc@other.example"}}})
	if err != nil {
		t.Fatal(err)
	}
	w.b, err = w.House.SaveBulletin(ctx, admin, "", bulletin.Draft{Mark: tlp.Amber, Until: w.Clock().AddDate(0, 2, 0), Parties: []candor.ID{p.ID},
		Texts: []intel.Text{{Language: "en", Title: "Close <b>memcached</b>", Body: "First paragraph.\n\nThen <script>alert(1)</script>."}, {Language: "ar", Title: "أغلق المنفذ", Body: "اربطه بالمضيف المحلي."}}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	w.publish(t)
	return w
}

// publish has the next version go out, and notes who got it.
func (w *bulletins) publish(t *testing.T) {
	t.Helper()
	v, err := w.House.PublishBulletin(t.Context(), w.Who(candor.RoleAdmin), w.b.ID, w.b.Edition)
	if err != nil {
		t.Fatal(err)
	}
	copies, err := w.House.Store.BulletinCopies(t.Context(), w.b.ID, v.Number)
	if err != nil || len(copies) != 1 {
		t.Fatal(copies, err)
	}
	w.copy = copies[0]
}

func (w *bulletins) sign(t *testing.T, purpose link.Purpose, life time.Duration) string {
	t.Helper()
	text, err := w.Links.Sign(link.Link{Purpose: purpose, Subject: w.copy.ID, Party: w.copy.Party, Contact: link.ContactOf(w.copy.Address), Expires: w.Clock().Add(life).Truncate(time.Second)})
	if err != nil {
		t.Fatal(err)
	}
	return "/b/" + text
}

func (w *bulletins) receipt(t *testing.T) bulletin.Copy {
	t.Helper()
	c, err := w.House.Store.BulletinCopy(t.Context(), w.copy.ID)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestBulletinReceipt: a program that opens the link, as scanners of mail do, gives no
// receipt; a person who ticks the box does, once.
func TestBulletinReceipt(t *testing.T) {
	w := bulletinWorld(t)
	c, path := w.Stranger(), w.sign(t, link.Bulletin, time.Hour)
	for range 3 {
		a := w.Get(t, c, path+"?language=en")
		for _, want := range []string{"Close &lt;b&gt;memcached", "First paragraph.", "I have read this", "TLP:AMBER", "Version 1"} {
			if !strings.Contains(a.Text(), want) {
				t.Fatalf("%d: the page lacks %q", a.Status, want)
			}
		}
		if strings.Contains(a.Text(), "<script>alert(1)") || strings.Contains(a.Text(), "noc@other.example") {
			t.Error("the page has markup that somebody wrote, or tells an address")
		}
	}
	if a := w.Get(t, c, path+"/read"); a.Status == http.StatusOK || !w.receipt(t).Read.IsZero() {
		t.Errorf("looking is a receipt: %d", a.Status)
	}
	if a := w.Post(t, c, path+"/read?language=en", url.Values{"comment": {"Kept <i>remark</i>"}}); a.Status != http.StatusUnprocessableEntity || !strings.Contains(a.Text(), "Kept &lt;i&gt;remark") || !w.receipt(t).Read.IsZero() {
		t.Errorf("without a tick: %d", a.Status)
	}
	if a := w.Post(t, w.Stranger(), path+"/read", url.Values{}); !strings.Contains(a.Text(), "Cochez la case") {
		t.Error("what is wrong is not said in the language of the page:", a.Text())
	}
	if a := w.Post(t, c, path+"/read", url.Values{"read": {"yes"}, "comment": {strings.Repeat("x", bulletin.MostComment+1)}}); a.Status != http.StatusUnprocessableEntity {
		t.Errorf("too long: %d", a.Status)
	}
	for range 2 { // twice is once
		if a := w.Post(t, c, path+"/read", url.Values{"read": {"yes"}, "comment": {"Do\x00ne."}}); a.Location() != path {
			t.Fatalf("%d %s", a.Status, a.Text())
		}
	}
	if got := w.receipt(t); got.Read.IsZero() || got.Comment != "Done." {
		t.Errorf("%+v", got)
	}
	if a := w.Get(t, c, path+"?language=en"); !strings.Contains(a.Text(), "You confirmed on") || strings.Contains(a.Text(), `name="read"`) {
		t.Errorf("after: %s", a.Text())
	}
}

// TestBulletinStates: what was replaced or withdrawn says so and takes no receipts, and
// a link opens what it is for, as long as it is.
func TestBulletinStates(t *testing.T) {
	w := bulletinWorld(t)
	ctx, admin, c := t.Context(), w.Who(candor.RoleAdmin), w.Stranger()
	old := w.sign(t, link.Bulletin, time.Hour)
	for path, want := range map[string]int{w.sign(t, link.Bulletin, -time.Hour): http.StatusGone, w.sign(t, link.Case, time.Hour): http.StatusNotFound, "/b/x": http.StatusNotFound} {
		if a := w.Get(t, c, path); a.Status != want {
			t.Errorf("%s: %d, want %d", path, a.Status, want)
		}
		if a := w.Post(t, c, path+"/read", url.Values{"read": {"yes"}}); a.Status != want {
			t.Errorf("POST %s: %d, want %d", path, a.Status, want)
		}
	}
	d := w.b.Draft
	d.Texts = d.Texts[:1]
	var err error
	if w.b, err = w.House.SaveBulletin(ctx, admin, w.b.ID, d, 0); err != nil {
		t.Fatal(err)
	}
	w.publish(t)
	if a := w.Get(t, c, old+"?language=en"); !strings.Contains(a.Text(), "There is a newer version") || strings.Contains(a.Text(), `name="read"`) {
		t.Error("an old version:", a.Text())
	}
	if _, err := w.House.WithdrawBulletin(ctx, admin, w.b.ID, "It breaks <b>things</b>."); err != nil {
		t.Fatal(err)
	}
	path := w.sign(t, link.Bulletin, time.Hour)
	a := w.Get(t, c, path+"?language=en")
	if !strings.Contains(a.Text(), "It breaks &lt;b&gt;things") || strings.Contains(a.Text(), "First paragraph") || strings.Contains(a.Text(), `name="read"`) {
		t.Error("a withdrawn one:", a.Text())
	}
	w.Post(t, c, path+"/read", url.Values{"read": {"yes"}})
	if !w.receipt(t).Read.IsZero() {
		t.Error("what was withdrawn is read")
	}
	if err := w.House.ErasePerson(ctx, admin, w.copy.Party); err != nil {
		t.Fatal(err)
	}
	if a := w.Get(t, c, path); a.Status != http.StatusGone {
		t.Errorf("after the party was erased: %d", a.Status)
	}
}

// TestBulletinLanguages shows it in all six.
func TestBulletinLanguages(t *testing.T) {
	w := bulletinWorld(t)
	path := w.sign(t, link.Bulletin, time.Hour)
	seen := map[string]bool{}
	for _, tag := range bulletin.Languages() {
		a := w.Get(t, w.Stranger(), path+"?language="+tag)
		_, label, _ := strings.Cut(a.Text(), `<label for="read">`)
		label, _, _ = strings.Cut(label, "<")
		seen[label] = true
		if want := map[bool]string{true: "اربطه", false: "First paragraph."}[tag == "ar"]; !strings.Contains(a.Text(), want) {
			t.Errorf("%s: the text is not there", tag)
		}
	}
	if len(seen) != 6 {
		t.Errorf("%v", seen)
	}
	if a := w.Get(t, w.Stranger(), path); !strings.Contains(a.Text(), `lang="fr"`) {
		t.Error("it is not in the language of the recipient")
	}
}
