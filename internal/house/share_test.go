package house_test

import (
	"errors"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/ProtonMail/gopenpgp/v3/crypto"

	"candor"
	"candor/internal/desk"
	"candor/internal/directory"
	"candor/internal/house"
	"candor/internal/intake"
	"candor/internal/intel"
	"candor/internal/intel/group"
	"candor/internal/intel/tlp"
	"candor/internal/store"
)

var ann = candor.Principal{User: "0190a000-0000-7000-8000-000000000003", Name: "Ann", Role: candor.RoleAnalyst}

// org adds an organisation to the directory, with a key if it is asked for.
func (w *world) org(t *testing.T, name string, keyed bool) (directory.Entry, *crypto.Key) {
	t.Helper()
	e := directory.Entry{Name: name, Kinds: []directory.Kind{directory.CERT}, Takes: []directory.Goods{directory.Reports}, Channels: []directory.Channel{{Way: directory.Mail, Address: "in@" + strings.ToLower(name) + ".example"}}}
	var key *crypto.Key
	if keyed {
		var err error
		if key, err = crypto.PGP().KeyGeneration().AddUserId(name, "in@cert.example").New().GenerateKey(); err != nil {
			t.Fatal(err)
		}
		if e.Key, err = key.GetArmoredPublicKey(); err != nil {
			t.Fatal(err)
		}
	}
	e, err := w.SaveEntry(t.Context(), ada, e)
	if err != nil {
		t.Fatal(err)
	}
	return e, key
}

func (w *world) group(t *testing.T, name string, most tlp.Mark, members ...group.Member) group.Group {
	t.Helper()
	g, err := w.SaveGroup(t.Context(), ada, group.Group{Name: name, Most: most, Members: members})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// marked adds a report of a mark about the case, which also tells of the attacker.
func (w *world) marked(t *testing.T, mark, url string) {
	t.Helper()
	r := candor.Report{ID: candor.NewID(w.now), Way: "api", Received: w.now, SHA256: strings.Repeat("b", 63) + mark[:1], State: candor.ReportFiled, Reporter: "who@cert.example", TLP: mark, Complaints: 2, Updated: w.now}
	w.must(t, func(tx *store.Tx) error {
		return errors.Join(tx.AddReports(t.Context(), store.NewReport{Report: r}), tx.AddComplaints(t.Context(),
			candor.Complaint{ID: candor.NewID(w.now), Report: r.ID, Number: 1, Confidence: 90, First: w.now, Last: w.now, Updated: w.now, Kind: string(intake.Domain), Value: "acme.example", Role: string(intake.Source), Class: candor.Phishing, State: candor.ComplaintFiled, Asset: w.site.ID, Party: w.party.ID, Case: w.kase},
			candor.Complaint{ID: candor.NewID(w.now), Report: r.ID, Number: 2, Confidence: 90, First: w.now, Last: w.now, Updated: w.now, Kind: string(intake.URL), Value: url, Role: string(intake.Source), Class: candor.Phishing, State: candor.ComplaintForeign}))
	})
}

// TestGroups keeps groups: who may, what is refused, and what the log has.
func TestGroups(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		cert, _ := w.org(t, "CERT", false)
		isp, err := w.SaveParty(ctx, ada, candor.Party{Kind: candor.Partner, Name: "Other ISP", Language: "en", TimeZone: "UTC"})
		if err != nil {
			t.Fatal(err)
		}
		g := w.group(t, "ISAC", tlp.Green, group.Member{Entry: cert.ID, Format: "misp"}, group.Member{Party: isp.ID, Write: true, Trust: 50})
		if g.Members[0].Name != "CERT" || g.Members[1].Name != "Other ISP" || g.Edition != 1 {
			t.Errorf("%+v", g)
		}
		for name, bad := range map[string]group.Group{
			"customer": {Name: "a", Most: tlp.Green, Members: []group.Member{{Party: w.party.ID}}},
			"nobody":   {Name: "b", Most: tlp.Green, Members: []group.Member{{Party: candor.NewID(w.now)}}},
			"strict":   {Name: "c", Most: tlp.AmberStrict},
		} {
			if _, err := w.SaveGroup(ctx, ada, bad); !errors.Is(err, candor.ErrInvalid) && !errors.Is(err, candor.ErrNotFound) || candor.Hint(err) == "" {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := w.SaveGroup(ctx, ada, group.Group{Name: "isac", Most: tlp.Green}); !errors.Is(err, candor.ErrExists) {
			t.Error(err)
		}
		customer := candor.Principal{User: "u", Role: candor.RoleCustomer, Party: w.party.ID}
		for name, who := range map[string]candor.Principal{"nobody": {}, "auditor": eve, "customer": customer} {
			_, saved := w.SaveGroup(ctx, who, g)
			_, retired := w.RetireGroup(ctx, who, g.ID, true)
			_, shared := w.Share(ctx, who, house.ShareOrder{Case: w.kase, Group: g.ID})
			_, offered := w.OfferShare(ctx, who, house.ShareOrder{Case: w.kase, Group: g.ID})
			_, listed := w.Groups(ctx, who)
			_, seen := w.Group(ctx, who, g.ID)
			for what, err := range map[string]error{"save": saved, "retire": retired, "share": shared, "offer": offered, "list": listed, "see": seen} {
				if reads := name == "auditor" && (what == "list" || what == "see"); reads != (err == nil) || !reads && !errors.Is(err, candor.ErrDenied) {
					t.Errorf("%s, %s: %v", name, what, err)
				}
			}
		}
		old := g
		if g, err = w.SaveGroup(ctx, ann, g); err != nil || g.Edition != 2 {
			t.Fatal(g, err)
		}
		if _, err := w.SaveGroup(ctx, ann, old); !errors.Is(err, candor.ErrChanged) {
			t.Error(err)
		}
		if g, err = w.RetireGroup(ctx, ann, g.ID, true); err != nil || g.Retired.IsZero() {
			t.Error(g, err)
		}
		var refused *group.Refused
		if _, err := w.Share(ctx, ann, house.ShareOrder{Case: w.kase, Group: g.ID}); !errors.As(err, &refused) {
			t.Error("something goes to a group that is out of use:", err)
		}
		if err := w.ErasePerson(ctx, ada, isp.ID); err != nil {
			t.Fatal(err)
		}
		if v, err := w.Group(ctx, ann, g.ID); err != nil || len(v.Group.Members) != 1 {
			t.Error("who was erased is a member still:", v, err)
		}
		records, err := w.Records(ctx, ada, candor.RecordFilter{Subject: g.ID}, candor.Cut{})
		if err != nil || len(records.Items) != 4 {
			t.Errorf("the log has %d records of the group, %v", len(records.Items), err)
		}
	})
}

// TestShare shares a case by all exits, and looks for what may not be there.
func TestShareCase(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		plain, _ := w.org(t, "Plain", false)
		sealed, key := w.org(t, "Sealed", true)
		w.marked(t, "green", "http://green.example/kit")
		g := w.group(t, "ISAC", tlp.Amber, group.Member{Entry: plain.ID, Format: "misp"}, group.Member{Entry: sealed.ID, Format: "iodef"})
		sent, err := w.Share(ctx, ann, house.ShareOrder{Case: w.kase, Group: g.ID})
		if err != nil || sent.Indicators != 2 || sent.Objects == 0 || len(sent.Mails) != 2 || sent.Mark != tlp.Amber {
			t.Fatalf("%+v, %v", sent, err)
		}
		for _, m := range sent.Mails {
			l, err := w.ShipmentLetter(ctx, house.ShipmentJob{Shipment: sent.ID, Message: m.Message, Entry: m.Entry})
			if err != nil {
				t.Fatal(err)
			}
			text := string(l.File.Data)
			if m.Encrypted {
				if strings.Contains(text, "green.example") {
					t.Error("what goes to who has a key is not encrypted")
				}
				text = opened(t, key, l.File.Data)
			}
			if !strings.Contains(text, "green.example") || strings.Contains(text, "acme") || strings.Contains(text, string(w.kase)) {
				t.Errorf("%s: %s", m.Name, text)
			}
			if err := w.DropFile(ctx, m.Message); err != nil {
				t.Fatal(err)
			}
			if _, err := w.ShipmentLetter(ctx, house.ShipmentJob{Message: m.Message, Entry: m.Entry}); !errors.Is(err, candor.ErrNotFound) {
				t.Error("it is kept after it was sent:", err)
			}
		}
		records, err := w.Records(ctx, ada, candor.RecordFilter{Case: w.kase}, candor.Cut{})
		log := ""
		for _, l := range records.Items {
			log += string(l.Body)
		}
		if err != nil || !strings.Contains(log, `"shared":"ISAC"`) || !strings.Contains(log, sent.Mails[0].SHA256) {
			t.Error("the log does not have it", err)
		}
		w.must(t, func(tx *store.Tx) error {
			return tx.AddMessage(ctx, candor.Message{ID: sent.Mails[1].Message, To: "in@sealed.example", MessageID: "1@x.example", State: candor.MessageBounced, Created: w.now})
		})
		v, err := w.Group(ctx, eve, g.ID)
		if err != nil || v.Sent[0].Mails[0].State != "" || v.Sent[0].Mails[1].State != candor.MessageBounced {
			t.Errorf("nobody is told that a mail came back: %+v, %v", v.Sent, err)
		}
		w.refusals(t, plain, sealed)
	})
}

// refusals shares what may not go.
func (w *world) refusals(t *testing.T, plain, sealed directory.Entry) {
	t.Helper()
	ctx := t.Context()
	order := func(g group.Group, more ...candor.ID) house.ShareOrder {
		return house.ShareOrder{Case: w.kase, Group: g.ID, To: more}
	}
	green := w.group(t, "Green", tlp.Green)
	var refused *group.Refused
	if _, err := w.Share(ctx, ann, order(green)); !errors.As(err, &refused) || refused.Faults[0].Why != group.WhyStrict {
		t.Error("amber goes to a group of green:", err)
	}
	chosen := order(green)
	chosen.Values = []string{"http://green.example/kit"}
	if sent, err := w.Share(ctx, ann, chosen); err != nil || sent.Indicators != 1 || sent.Mark != tlp.Green {
		t.Error(sent, err)
	}
	// What a report gave as amber was given to us alone.
	w.marked(t, "amber", "http://amber.example/kit")
	amber := w.group(t, "Amber", tlp.Amber)
	if _, err := w.Share(ctx, ann, order(amber)); !errors.As(err, &refused) || refused.Faults[0].Why != group.WhyGiven {
		t.Error("what others gave as amber goes on:", err)
	}
	offer, err := w.OfferShare(ctx, ann, order(amber))
	if err != nil || len(offer.Faults) == 0 || !offer.Collection {
		t.Error(offer, err)
	}
	red := w.group(t, "Red", tlp.Red, group.Member{Entry: plain.ID, Format: "stix"}, group.Member{Entry: sealed.ID, Format: "stix"})
	if _, err := w.Share(ctx, ann, order(red, "0190a000-0000-7000-8000-0000000000ff")); !errors.Is(err, candor.ErrInvalid) {
		t.Error("a stranger is named:", err)
	}
	w.Mute = true
	if _, err := w.Share(ctx, ann, order(red, plain.ID)); !errors.Is(err, candor.ErrUnavailable) {
		t.Error(err)
	}
	w.Mute = false
}

// TestShareOfFeeds keeps the mark under which a feed gave a digest.
func TestShareOfFeeds(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		digest := strings.Repeat("ab", 32)
		w.must(t, func(tx *store.Tx) error {
			return tx.KeepHit(ctx, intel.Hit{ID: candor.NewID(w.now), Feed: "partner", Kind: intake.Hash, Value: digest, Asset: w.site.ID, TLP: tlp.Amber, Confidence: 90, First: w.now, Last: w.now, Filed: true})
		})
		if _, err := w.Desk.File(ctx, desk.Filing{Asset: w.site.ID, Sensor: house.SensorIntel, Generation: "partner",
			Findings: []candor.Finding{{Path: digest, Rule: "Intel.partner", Class: candor.ApplicationCompromise, Severity: candor.High, SHA256: digest}}}); err != nil {
			t.Fatal(err)
		}
		page, err := w.Findings(ctx, ada, candor.FindingFilter{Asset: w.site.ID}, candor.Cut{})
		if err != nil {
			t.Fatal(err)
		}
		kase := w.kase
		for _, f := range page.Items {
			if f.SHA256 == digest {
				kase = f.Case
			}
		}
		g := w.group(t, "ISAC", tlp.Amber)
		var refused *group.Refused
		if _, err := w.Share(ctx, ann, house.ShareOrder{Case: kase, Group: g.ID, Values: []string{digest}}); !errors.As(err, &refused) && !errors.Is(err, candor.ErrInvalid) {
			t.Error("what a feed gave as amber goes on:", err)
		}
		offer, err := w.OfferShare(ctx, ann, house.ShareOrder{Case: kase, Group: g.ID})
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range offer.Bundle.Indicators {
			if i.Value == digest {
				t.Errorf("%+v", i)
			}
		}
	})
}

func opened(t *testing.T, key *crypto.Key, sealed []byte) string {
	t.Helper()
	handle, err := crypto.PGP().Decryption().DecryptionKey(key).New()
	if err != nil {
		t.Fatal(err)
	}
	got, err := handle.Decrypt(sealed, crypto.Auto)
	if err != nil {
		t.Fatal(err)
	}
	return string(got.Bytes())
}

// TestShareSeals encrypts for all before the transaction, in which others wait.
func TestShareSeals(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		sealed, _ := w.org(t, "Sealed", true)
		plain, _ := w.org(t, "Plain", false)
		w.marked(t, "green", "http://green.example/kit")
		g := w.group(t, "ISAC", tlp.Amber, group.Member{Entry: sealed.ID, Format: "misp"}, group.Member{Entry: plain.ID, Format: "misp"})
		sealing, clock := 0, w.Clock
		w.Clock = func() time.Time { // asked for the name of each mail
			stack := string(debug.Stack())
			if strings.Contains(stack, "house.(*House).enclose(") {
				if sealing++; strings.Contains(stack, "store.(*Store).Tx(") {
					t.Error("it is written and encrypted while a transaction is open")
				}
			}
			return clock()
		}
		sent, err := w.Share(t.Context(), ann, house.ShareOrder{Case: w.kase, Group: g.ID})
		if err != nil || sealing != 2 || len(sent.Mails) != 2 || sent.Mails[0].SHA256 != sent.Mails[1].SHA256 || sent.Mails[0].Encrypted == sent.Mails[1].Encrypted {
			t.Errorf("%d sealed, %+v, %v", sealing, sent.Mails, err)
		}
	})
}
