package office_test

import (
	"net/url"
	"strconv"
	"strings"
	"testing"

	"candor"
	"candor/internal/house"
	"candor/internal/intake/format/xarf"
	"candor/internal/intake/forward"
	"candor/internal/phrase"
	"candor/internal/store"
)

// foreign has a report come in that belongs to others, with what is passed on of it:
// one waits, one needs a person, one was sent and came back.
func (w *world) foreign(t testing.TB) (candor.Report, []candor.Forward) {
	t.Helper()
	phrases, err := phrase.Load()
	if err != nil {
		t.Fatal(err)
	}
	r := w.comesIn(t, strings.ReplaceAll(reportMail, "p1@reporter", "p2@reporter"))
	w.House.Forwarding = house.Forwarding{Writer: forward.New(phrases, xarf.Party{Org: "Example", Contact: "abuse@example.net", Domain: "example.net"}), Domain: "example.net", Own: []string{"example.net"}}
	ctx, now := t.Context(), w.Clock()
	c := w.complaint(t, r)
	more := make([]candor.Complaint, 2)
	for i := range more {
		more[i] = candor.Complaint{ID: candor.NewID(now), Report: r.ID, Number: int64(10 + i), Class: candor.Spam, Kind: "address", Value: "203.0.113." + strconv.Itoa(i+7), State: candor.ComplaintForeign, Evidence: "<b>lines</b>", Updated: now}
	}
	holder := candor.Holder{Of: "network", Name: `Net <script>alert("n")</script>`, Handle: "NET-203-0-113", Mails: []string{"abuse@net.example"}, Abuse: true, Source: "https://rdap.example/ip/203.0.113.7", Asked: now}
	all := []candor.Forward{
		{Holder: "abuse@net.example", State: candor.ForwardWaiting, Why: "waiting", Contacts: []candor.Holder{holder}},
		{Holder: "", State: candor.ForwardPerson, Why: "unknown"},
		{Holder: "abuse@gone.example", State: candor.ForwardSent, Sent: now, Contacts: []candor.Holder{holder}, Basis: candor.ForwardBasis{How: candor.AgreedPerson, Ground: `<img src=x>`, At: now}, Letter: candor.Letter{Language: "en", Subject: "[F-1] Report", Text: "Hello <script>", Files: []string{`{"xarf_version":"4.2.0"}`}}},
	}
	err = w.House.Store.Tx(ctx, func(tx *store.Tx) error {
		was := c.State
		c.State = candor.ComplaintForeign
		if err := tx.ChangeComplaint(ctx, c, was); err != nil {
			return err
		}
		if err := tx.AddComplaints(ctx, more...); err != nil {
			return err
		}
		for i := range all {
			f := &all[i]
			f.ID, f.Report, f.Count, f.Created, f.Updated, f.Version = candor.NewID(now), r.ID, 1, now, now, 1
			if err := tx.AddForward(ctx, *f); err != nil {
				return err
			}
			if err := tx.AddForwarded(ctx, f.ID, append([]candor.Complaint{c}, more...)[i].ID); err != nil {
				return err
			}
		}
		return tx.AddMessage(ctx, candor.Message{ID: all[2].ID, To: all[2].Holder, MessageID: string(all[2].ID) + "@example.net", State: candor.MessageBounced, Error: "550 <script>no such user", Created: now})
	})
	if err != nil {
		t.Fatal(err)
	}
	return r, all
}

// passedOn is the page of a report that belongs to others, for the pages that are
// looked at.
func (w *world) passedOn(t testing.TB) string {
	t.Helper()
	r, _ := w.foreign(t)
	if _, err := w.House.AgreeForwards(t.Context(), w.Who(candor.RoleAdmin), "@cert.example", "Agreement of 3 May 2026, in the archive under 7/2026", true); err != nil {
		t.Fatal(err)
	}
	return "/reports/" + string(r.ID)
}

// TestForwardPart decides about what belongs to others: on a ground, to an address
// that is none of ours; and shows what became of it. What strangers wrote stays text.
func TestForwardPart(t *testing.T) {
	w := newWorld(t)
	r, all := w.foreign(t)
	path, analyst := "/reports/"+string(r.ID), w.As(candor.RoleAnalyst)
	show := func(f candor.Forward, want ...string) string {
		t.Helper()
		page := string(w.Get(t, analyst, path+"?language=en&forward="+string(f.ID)).Body)
		for _, s := range want {
			if !strings.Contains(page, s) {
				t.Errorf("the page of %s has no %q", f.Holder, s)
			}
		}
		for _, s := range []string{"<script>alert", "<img src=x", "550 <script>", "Hello <script>"} {
			if strings.Contains(page, s) {
				t.Errorf("the page of %s has %q as it came", f.Holder, s)
			}
		}
		return page
	}
	show(all[0], "Belongs to others", "abuse@net.example", "Waits for consent", "has not agreed yet", "the network", "rdap.example", "The mail, word by word", "Report of abuse", "It cannot be taken back")
	show(all[1], "Nobody is known", "Needs a person", "is found whom to tell")
	if page := show(all[2], "Came back", "550 &lt;script&gt;no such user", "&lt;img src=x&gt;", "a decision at the desk"); strings.Contains(page, `name="ground"`) {
		t.Error("what was sent can be decided about")
	}
	if page := string(w.Get(t, w.As(candor.RoleAuditor), path).Body); !strings.Contains(page, "abuse@net.example") || strings.Contains(page, `name="ground"`) {
		t.Error("an auditor sees nothing, or decides")
	}
	send := func(f candor.Forward, values url.Values) int {
		t.Helper()
		values.Set("version", strconv.FormatInt(f.Version, 10))
		return w.Post(t, analyst, path+"/forwards/"+string(f.ID), values).Status
	}
	for _, x := range []struct {
		f      candor.Forward
		values url.Values
		want   int
	}{
		{all[0], url.Values{"do": {"pass"}, "to": {"abuse@net.example"}}, 422}, {all[0], url.Values{"do": {"pass"}, "to": {"abuse@example.net"}, "ground": {"g"}}, 422}, {all[1], url.Values{"do": {"pass"}, "to": {""}, "ground": {"g"}}, 422},
		{all[1], url.Values{"do": {"pass"}, "to": {"abuse@net.example"}, "ground": {"g"}}, 422}, // something goes there already
		{all[2], url.Values{"do": {"pass"}, "to": {"abuse@gone.example"}, "ground": {"g"}}, 422},
		{all[0], url.Values{"do": {"pass"}, "to": {"abuse@net.example"}, "ground": {"agreed by telephone"}}, 303}, {all[1], url.Values{"do": {"refuse"}, "ground": {"nobody to tell"}}, 303},
	} {
		if got := send(x.f, x.values); got != x.want {
			t.Errorf("%v: %d, want %d", x.values, got, x.want)
		}
	}
	if got := w.Post(t, analyst, "/reports/"+string(candor.NewID(w.Clock()))+"/forwards/"+string(all[0].ID), url.Values{"version": {"1"}}).Status; got != 404 {
		t.Errorf("by another report: %d", got)
	}
	show(all[0], "Approved", "agreed by telephone", "is not named")
	show(all[1], "Not passed on", "nobody to tell")
	if got := w.Post(t, analyst, path+"/holders", url.Values{}).Status; got != 503 {
		t.Errorf("looking where nobody is looked for: %d", got)
	}
}

// TestReporterConsents keeps and withdraws what reporters agreed to once for all.
func TestReporterConsents(t *testing.T) {
	w := newWorld(t)
	analyst := w.As(candor.RoleAnalyst)
	const path = "/reporter-consents"
	for _, bad := range []url.Values{{}, {"reporter": {"@cert.example"}}, {"reporter": {"cert"}, "ground": {"x"}}} {
		if a := w.Post(t, analyst, path, bad); a.Status != 422 {
			t.Errorf("%v: %d", bad, a.Status)
		}
	}
	if a := w.Post(t, analyst, path, url.Values{"reporter": {"@CERT.example"}, "ground": {"Agreement <b>7</b>"}, "named": {"yes"}}); a.Status != 303 {
		t.Fatal(a.Status, string(a.Body))
	}
	page := string(w.Get(t, w.As(candor.RoleAuditor), path+"?language=en").Body)
	if !strings.Contains(page, "@cert.example") || !strings.Contains(page, "Agreement &lt;b&gt;7") || strings.Contains(page, "Withdraw it") || strings.Contains(page, `name="reporter"`) {
		t.Error(page)
	}
	all, err := w.House.ForwardConsents(t.Context(), w.Who(candor.RoleAnalyst))
	if err != nil || len(all) != 1 || !all[0].Named {
		t.Fatal(all, err)
	}
	for _, want := range []int{303, 404} {
		if a := w.Post(t, analyst, path+"/"+string(all[0].ID)+"/withdraw", url.Values{}); a.Status != want {
			t.Errorf("%d, want %d", a.Status, want)
		}
	}
	if page := string(w.Get(t, analyst, path+"?language=en").Body); !strings.Contains(page, "Withdrawn") {
		t.Error(page)
	}
}
