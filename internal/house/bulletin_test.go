package house_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/house"
	"candor/internal/intel"
	"candor/internal/intel/bulletin"
	"candor/internal/intel/group"
	"candor/internal/intel/taxii"
	"candor/internal/intel/tlp"
)

// practice is a bulletin in two languages.
func (w *world) practice(mark tlp.Mark) bulletin.Draft {
	return bulletin.Draft{Mark: mark, Until: w.now.Add(60 * 24 * time.Hour), Remind: 7,
		Texts: []intel.Text{{Language: "en", Title: "Close port 11211", Body: "Bind memcached to <localhost>."}, {Language: "fr", Title: "Fermez le port 11211", Body: "Liez memcached à localhost."}}}
}

func (w *world) drafts(t *testing.T, d bulletin.Draft) bulletin.Bulletin {
	t.Helper()
	b, err := w.SaveBulletin(t.Context(), ann, "", d, 0)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (w *world) publishes(t *testing.T, b bulletin.Bulletin) bulletin.Version {
	t.Helper()
	v, err := w.PublishBulletin(t.Context(), ann, b.ID, b.Edition)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func (w *world) bulletin(t *testing.T, id candor.ID) house.BulletinView {
	t.Helper()
	v, err := w.House.Bulletin(t.Context(), eve, id, 0)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func (w *world) partner(t *testing.T, name, language string) candor.Party {
	t.Helper()
	p, err := w.SaveParty(t.Context(), ada, candor.Party{Kind: candor.Partner, Name: name, Language: language, TimeZone: "UTC", Contacts: []candor.Contact{
		{Purpose: "billing", Channel: candor.Mail, Address: "money@" + language + ".example"}, {Purpose: "technical", Channel: candor.Mail, Address: "noc@" + language + ".example"}}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// collection gives what a party reads in the collection of a group.
func (w *world) collection(t *testing.T, party candor.ID, g group.Group) string {
	t.Helper()
	x, err := w.Exchange(candor.Principal{User: "u", Role: candor.RoleCustomer, Party: party, Token: "t", Scopes: []string{"exchange"}})
	if err != nil {
		t.Fatal(err)
	}
	page, err := x.Objects(t.Context(), house.ExchangeRoot, string(g.ID), taxii.Filter{Limit: 100}, "")
	if err != nil {
		t.Fatal(err)
	}
	text := ""
	for _, e := range page.Entries {
		text += string(e.Object.Raw) + "\n"
	}
	return text
}

// TestBulletin goes through the life of one: written, published, read, replaced,
// withdrawn.
func TestBulletin(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		w.PublicURL = "https://desk.example"
		isp, cert := w.partner(t, "Autre FAI", "fr"), first(w.org(t, "CERT", false))
		g := w.group(t, "ISAC", tlp.Green, group.Member{Party: isp.ID}, group.Member{Entry: cert.ID, Format: "stix"})
		d := w.practice(tlp.Green)
		d.Groups, d.Parties = []candor.ID{g.ID}, []candor.ID{isp.ID} // named twice, and written to once
		b := w.drafts(t, d)
		o, err := w.OfferBulletin(ctx, ann, b.ID)
		if err != nil || len(o.Mails) != 2 || o.Mails[0].Address != "noc@fr.example" || o.Mails[0].Language != "fr" || o.Mails[1].Language != "en" || len(o.Collections) != 1 || len(o.Faults)+len(o.Left) > 0 {
			t.Fatalf("%+v, %v", o, err)
		}
		if text := w.collection(t, isp.ID, g); text != "" {
			t.Error("it went out before anybody approved it:", text)
		}
		if _, err := w.PublishBulletin(ctx, ann, b.ID, b.Edition+1); !errors.Is(err, candor.ErrChanged) {
			t.Error("what nobody looked at is published:", err)
		}
		v := w.publishes(t, b)
		if v.Number != 1 || v.SHA256 != d.Digest() || v.By != ann.Actor() {
			t.Errorf("%+v", v)
		}
		text := w.collection(t, isp.ID, g)
		for _, want := range []string{`"type":"report"`, `"lang":"en"`, `"name":"Close port 11211"`, `"type":"language-content"`, `Fermez le port`, `best-practice`} {
			if !strings.Contains(text, want) {
				t.Errorf("the collection lacks %s: %s", want, text)
			}
		}
		if _, err := w.PublishBulletin(ctx, ann, b.ID, w.bulletin(t, b.ID).Bulletin.Edition); !errors.Is(err, candor.ErrInvalid) {
			t.Error("the same goes out again:", err)
		}
		w.readOnce(t, w.bulletin(t, b.ID))
		w.replaced(t, b.ID, isp, g)
		w.withdrawn(t, b.ID, isp, g)
	})
}

func first[A, B any](a A, _ B) A { return a }

// readOnce has one of two say to have read it.
func (w *world) readOnce(t *testing.T, v house.BulletinView) {
	t.Helper()
	ctx := t.Context()
	if v.Count != (bulletin.Count{Sent: 2}) || len(v.Copies) != 2 {
		t.Fatalf("%+v", v)
	}
	at := v.Copies[0] // of "Autre FAI"
	for range 3 {     // looking is no receipt
		if s, err := w.SeeBulletin(ctx, at.ID); err != nil || !s.Waits() {
			t.Fatal(s, err)
		}
	}
	if err := w.ReadBulletin(ctx, at.ID, strings.Repeat("x", bulletin.MostComment+1)); !errors.Is(err, candor.ErrInvalid) {
		t.Error(err)
	}
	if err := w.ReadBulletin(ctx, at.ID, " Merci, dit Zoé. "); err != nil {
		t.Fatal(err)
	}
	if err := w.ReadBulletin(ctx, at.ID, "again"); !errors.Is(err, candor.ErrExists) {
		t.Error(err)
	}
	v = w.bulletin(t, v.Bulletin.ID)
	if c := v.Copies[0]; v.Count != (bulletin.Count{Sent: 2, Read: 1}) || c.Comment != "Merci, dit Zoé." || !c.Read.Equal(w.now) || !c.Due.IsZero() {
		t.Errorf("%+v", v)
	}
	records, err := w.Records(ctx, ada, candor.RecordFilter{Subject: v.Bulletin.ID}, candor.Cut{})
	log := ""
	for _, l := range records.Items {
		log += l.Actor + string(l.Body)
	}
	if err != nil || !strings.Contains(log, `"bulletin":"read"`) || !strings.Contains(log, "party:"+string(at.Party)) || !strings.Contains(log, v.Versions[0].SHA256) || strings.Contains(log, "Zoé") {
		t.Error("the log:", log, err)
	}
}

// replaced publishes another version: receipts were of the one before.
func (w *world) replaced(t *testing.T, id candor.ID, isp candor.Party, g group.Group) {
	t.Helper()
	ctx := t.Context()
	old := w.bulletin(t, id)
	w.now = w.now.Add(time.Hour)
	d := old.Bulletin.Draft
	d.Texts = []intel.Text{{Language: "en", Title: "Close ports 11211 and 389", Body: "Both."}}
	b, err := w.SaveBulletin(ctx, ann, id, d, old.Bulletin.Edition)
	if err != nil || !b.Changed || b.State != bulletin.Published {
		t.Fatal(b, err)
	}
	if text := w.collection(t, isp.ID, g); strings.Contains(text, "389") {
		t.Error("a draft is in the collection")
	}
	if v := w.publishes(t, b); v.Number != 2 {
		t.Errorf("%+v", v)
	}
	v := w.bulletin(t, id)
	if v.Count != (bulletin.Count{Sent: 2}) || v.Counts[1] != (bulletin.Count{Sent: 2, Read: 1}) || len(v.Versions) != 2 || v.Versions[1].Draft.Texts[0].Title != "Close port 11211" {
		t.Errorf("%+v", v)
	}
	if s, err := w.SeeBulletin(ctx, old.Copies[1].ID); err != nil || !s.Replaced || s.Waits() {
		t.Error(s, err)
	}
	if err := w.ReadBulletin(ctx, old.Copies[1].ID, ""); !errors.Is(err, candor.ErrChanged) {
		t.Error("what was replaced is read:", err)
	}
	if text := w.collection(t, isp.ID, g); !strings.Contains(text, "389") || strings.Contains(text, `"name":"Close port 11211"`) {
		t.Error("the collection gives the old version as the last:", text)
	}
}

func (w *world) withdrawn(t *testing.T, id candor.ID, isp candor.Party, g group.Group) {
	t.Helper()
	ctx := t.Context()
	w.now = w.now.Add(time.Hour)
	if _, err := w.WithdrawBulletin(ctx, ann, id, " "); !errors.Is(err, candor.ErrInvalid) {
		t.Error(err)
	}
	b, err := w.WithdrawBulletin(ctx, ann, id, "It was wrong.")
	if err != nil || b.State != bulletin.Withdrawn {
		t.Fatal(b, err)
	}
	if _, err := w.WithdrawBulletin(ctx, ann, id, "again"); !errors.Is(err, candor.ErrChanged) {
		t.Error(err)
	}
	if text := w.collection(t, isp.ID, g); !strings.Contains(text, `"revoked":true`) {
		t.Error("the collection does not say so:", text)
	}
	v := w.bulletin(t, id)
	if s, err := w.SeeBulletin(ctx, v.Copies[0].ID); err != nil || !s.Withdrawn || s.Reason != "It was wrong." || s.Waits() {
		t.Error(s, err)
	}
	if l, err := w.BulletinLetter(ctx, house.BulletinMailJob{Copy: v.Copies[0].ID, Why: house.BulletinGone}); err != nil || l.Bulletin.Reason == "" {
		t.Error(l, err)
	}
	if _, err := w.BulletinLetter(ctx, house.BulletinMailJob{Copy: v.Copies[0].ID, Why: house.BulletinNew}); !errors.Is(err, candor.ErrNotFound) {
		t.Error("what is withdrawn is mailed:", err)
	}
	if err := w.ErasePerson(ctx, ada, isp.ID); err != nil {
		t.Fatal(err)
	}
	for _, number := range []int{1, 2} {
		all, err := w.Store.BulletinCopies(ctx, id, number)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range all {
			if c.Party == isp.ID && (c.Address != "" || c.Comment != "" || c.Name == "Autre FAI") {
				t.Errorf("what is personal stays: %+v", c)
			}
		}
	}
}

// TestBulletinLight lets bulletins of all marks go to groups of all marks, and to those
// who are named.
func TestBulletinLight(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		w.PublicURL = "https://desk.example"
		isp, plain, sealed := w.partner(t, "ISP", "en"), first(w.org(t, "Plain", false)), first(w.org(t, "Sealed", true))
		for _, most := range group.Marks() {
			g := w.group(t, string(most), most, group.Member{Party: isp.ID}, group.Member{Entry: plain.ID, Format: "stix"}, group.Member{Entry: sealed.ID, Format: "stix"})
			for _, mark := range group.Marks() {
				d := w.practice(mark)
				d.Texts = d.Texts[:1]
				d.Texts[0].Title = "Practice of " + string(mark)
				d.Groups = []candor.ID{g.ID}
				b := w.drafts(t, d)
				_, err := w.PublishBulletin(ctx, ann, b.ID, b.Edition)
				if may := mark.Compare(most) <= 0; may != (err == nil) || err != nil && !errors.Is(err, candor.ErrDenied) {
					t.Errorf("%s to a group of %s: %v", mark, most, err)
				}
				in := strings.Contains(w.collection(t, isp.ID, g), d.Texts[0].Title)
				if want := err == nil && mark != tlp.Red; in != want {
					t.Errorf("%s is in the collection of a group of %s: %v", mark, most, in)
				}
				v := w.bulletin(t, b.ID)
				if mark == tlp.Red && err == nil && (len(v.Copies) != 1 || v.Copies[0].Name != "Sealed") {
					t.Errorf("red goes unencrypted: %+v", v.Copies)
				}
				if err != nil && len(v.Copies) > 0 {
					t.Errorf("what is refused goes to %+v", v.Copies)
				}
			}
		}
		d := w.practice(tlp.AmberStrict)
		if _, err := w.SaveBulletin(ctx, ann, "", d, 0); !errors.Is(err, candor.ErrInvalid) {
			t.Error("what stays in the house is written as a bulletin:", err)
		}
		d.Mark, d.Entries = tlp.Red, []candor.ID{plain.ID}
		b := w.drafts(t, d)
		if o, err := w.OfferBulletin(ctx, ann, b.ID); err != nil || len(o.Faults) != 1 || o.Faults[0].Why != house.WhyNoKey {
			t.Error(o, err)
		}
		if _, err := w.PublishBulletin(ctx, ann, b.ID, b.Edition); !errors.Is(err, candor.ErrDenied) {
			t.Error("red goes unencrypted:", err)
		}
	})
}

// TestBulletinReminders reminds who has not read it, a bounded number of times.
func TestBulletinReminders(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		w.PublicURL = "https://desk.example"
		d := w.practice(tlp.Amber)
		d.Parties = []candor.ID{w.partner(t, "ISP", "en").ID, w.partner(t, "Réseau", "fr").ID}
		b := w.drafts(t, d)
		w.publishes(t, b)
		remind := func(days int) [2]int {
			t.Helper()
			w.now = w.now.Add(time.Duration(days) * 24 * time.Hour)
			if err := w.RemindBulletins(ctx); err != nil {
				t.Fatal(err)
			}
			v := w.bulletin(t, b.ID)
			return [2]int{v.Copies[0].Reminders, v.Copies[1].Reminders}
		}
		if got := remind(6); got != [2]int{} {
			t.Error("too early:", got)
		}
		if got := remind(1); got != [2]int{1, 1} {
			t.Error(got)
		}
		if err := w.ReadBulletin(ctx, w.bulletin(t, b.ID).Copies[0].ID, ""); err != nil {
			t.Fatal(err)
		}
		for _, want := range []int{2, 3, 3, 3} {
			if got := remind(7); got != [2]int{1, want} {
				t.Errorf("%v, want 1 and %d", got, want)
			}
		}
	})
}

// TestBulletinRoles says who may.
func TestBulletinRoles(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		w.PublicURL = "https://desk.example"
		d := w.practice(tlp.Green)
		d.Parties = []candor.ID{w.partner(t, "ISP", "en").ID}
		b := w.drafts(t, d)
		for name, bad := range map[string]func(*bulletin.Draft){
			"no text": func(d *bulletin.Draft) { d.Texts = nil }, "past": func(d *bulletin.Draft) { d.Until = w.now }, "language": func(d *bulletin.Draft) { d.Texts = []intel.Text{{Language: "de", Title: "a", Body: "b"}} },
			"customer": func(d *bulletin.Draft) { d.Parties = []candor.ID{w.party.ID} }, "often": func(d *bulletin.Draft) { d.Remind = 31 }, "twice": func(d *bulletin.Draft) { d.Parties = append(d.Parties, d.Parties...) },
		} {
			d := d
			bad(&d)
			if _, err := w.SaveBulletin(ctx, ann, "", d, 0); !errors.Is(err, candor.ErrInvalid) || candor.Hint(err) == "" {
				t.Errorf("%s: %v", name, err)
			}
		}
		customer := candor.Principal{User: "u", Role: candor.RoleCustomer, Party: w.party.ID}
		for name, who := range map[string]candor.Principal{"nobody": {}, "auditor": eve, "customer": customer} {
			_, saved := w.SaveBulletin(ctx, who, b.ID, d, 0)
			_, offered := w.OfferBulletin(ctx, who, b.ID)
			_, published := w.PublishBulletin(ctx, who, b.ID, b.Edition)
			_, withdrawn := w.WithdrawBulletin(ctx, who, b.ID, "x")
			_, listed := w.Bulletins(ctx, who, candor.Cut{})
			_, seen := w.House.Bulletin(ctx, who, b.ID, 0)
			for what, err := range map[string]error{"save": saved, "offer": offered, "publish": published, "withdraw": withdrawn, "list": listed, "see": seen} {
				if reads := name == "auditor" && (what == "list" || what == "see"); reads != (err == nil) || !reads && !errors.Is(err, candor.ErrDenied) {
					t.Errorf("%s, %s: %v", name, what, err)
				}
			}
		}
		w.Mute = true
		if _, err := w.PublishBulletin(ctx, ann, b.ID, b.Edition); !errors.Is(err, candor.ErrUnavailable) {
			t.Error(err)
		}
		w.Mute = false
	})
}

// TestBulletinRed takes the last version out of the collections of groups to which the
// next goes by mail only.
func TestBulletinRed(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		w.PublicURL = "https://desk.example"
		isp, sealed := w.partner(t, "ISP", "en"), first(w.org(t, "Sealed", true))
		g := w.group(t, "ISAC", tlp.Red, group.Member{Party: isp.ID}, group.Member{Entry: sealed.ID, Format: "stix"})
		d := w.practice(tlp.Green)
		d.Groups = []candor.ID{g.ID}
		b := w.drafts(t, d)
		w.publishes(t, b)
		w.now = w.now.Add(time.Hour)
		d.Mark = tlp.Red
		b, err := w.SaveBulletin(ctx, ann, b.ID, d, 0)
		if err != nil {
			t.Fatal(err)
		}
		w.publishes(t, b)
		if text := w.collection(t, isp.ID, g); !strings.Contains(text, `"revoked":true`) || strings.Contains(text, "TLP:RED") {
			t.Error("the version that was replaced holds still in the collection:", text)
		}
	})
}

// TestBulletinLowered says in a collection that a bulletin holds no more, though the
// group takes less by now, or is out of use for a while.
func TestBulletinLowered(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		w.PublicURL = "https://desk.example"
		isp := w.partner(t, "ISP", "en")
		g := w.group(t, "ISAC", tlp.Amber, group.Member{Party: isp.ID})
		d := w.practice(tlp.Amber)
		d.Groups = []candor.ID{g.ID}
		b := w.drafts(t, d)
		w.publishes(t, b)
		g.Most = tlp.Green
		g, err := w.SaveGroup(ctx, ada, g)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.RetireGroup(ctx, ada, g.ID, true); err != nil {
			t.Fatal(err)
		}
		w.now = w.now.Add(time.Hour)
		if _, err := w.WithdrawBulletin(ctx, ann, b.ID, "It was wrong."); err != nil {
			t.Fatal(err)
		}
		if g, err = w.RetireGroup(ctx, ada, g.ID, false); err != nil {
			t.Fatal(err)
		}
		if text := w.collection(t, isp.ID, g); !strings.Contains(text, `"revoked":true`) {
			t.Error("what is withdrawn holds still in the collection:", text)
		}
	})
}

// TestBulletinMoved writes nothing to an address that is a party's no more, but that a
// bulletin is withdrawn: to where it is written to by now.
func TestBulletinMoved(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		w.PublicURL = "https://desk.example"
		isp, gone := w.partner(t, "ISP", "en"), w.partner(t, "Gone", "fr")
		d := w.practice(tlp.Amber)
		d.Parties = []candor.ID{isp.ID, gone.ID}
		b := w.drafts(t, d)
		w.publishes(t, b)
		copies := map[candor.ID]candor.ID{}
		for _, c := range w.bulletin(t, b.ID).Copies {
			copies[c.Party] = c.ID
		}
		isp.Contacts = []candor.Contact{{Purpose: "technical", Channel: candor.Mail, Address: "new@en.example"}}
		gone.Contacts = nil
		for _, p := range []candor.Party{isp, gone} {
			if _, err := w.SaveParty(ctx, ada, p); err != nil {
				t.Fatal(err)
			}
		}
		for _, why := range []house.BulletinWhy{house.BulletinNew, house.BulletinRemind} {
			if l, err := w.BulletinLetter(ctx, house.BulletinMailJob{Copy: copies[isp.ID], Why: why}); !errors.Is(err, candor.ErrNotFound) {
				t.Errorf("%s goes to %q, %v", why, l.Copy.Address, err)
			}
		}
		if _, err := w.SeeBulletin(ctx, copies[isp.ID]); !errors.Is(err, candor.ErrDenied) {
			t.Error("who has the address no more reads on:", err)
		}
		if _, err := w.WithdrawBulletin(ctx, ann, b.ID, "It was wrong."); err != nil {
			t.Fatal(err)
		}
		if l, err := w.BulletinLetter(ctx, house.BulletinMailJob{Copy: copies[isp.ID], Why: house.BulletinGone}); err != nil || l.Copy.Address != "new@en.example" {
			t.Errorf("that it is withdrawn goes to %q, %v", l.Copy.Address, err)
		}
		if _, err := w.BulletinLetter(ctx, house.BulletinMailJob{Copy: copies[gone.ID], Why: house.BulletinGone}); !errors.Is(err, candor.ErrNotFound) {
			t.Error(err)
		}
	})
}

// TestBulletinNamed stops what cannot reach somebody who is named, though a group of
// theirs gets it too.
func TestBulletinNamed(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		w.PublicURL = "https://desk.example"
		isp, mute := w.partner(t, "ISP", "en"), w.partner(t, "Mute", "fr")
		mute.Contacts = nil
		if _, err := w.SaveParty(ctx, ada, mute); err != nil {
			t.Fatal(err)
		}
		g := w.group(t, "ISAC", tlp.Amber, group.Member{Party: isp.ID}, group.Member{Party: mute.ID})
		d := w.practice(tlp.Green)
		d.Groups, d.Parties = []candor.ID{g.ID}, []candor.ID{mute.ID}
		b := w.drafts(t, d)
		if o, err := w.OfferBulletin(ctx, ann, b.ID); err != nil || len(o.Faults) != 1 || o.Faults[0].Why != house.WhyUnreachable || len(o.Left) != 0 || len(o.Mails) != 1 {
			t.Errorf("%+v, %v", o, err)
		}
		if _, err := w.PublishBulletin(ctx, ann, b.ID, b.Edition); !errors.Is(err, candor.ErrDenied) {
			t.Error("it goes out without somebody who is named:", err)
		}
	})
}
