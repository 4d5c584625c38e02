package house_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/house"
	"candor/internal/intake"
	"candor/internal/intake/format"
	"candor/internal/intake/format/form"
	"candor/internal/intake/format/xarf"
	"candor/internal/intake/forward"
	"candor/internal/intake/holder"
	"candor/internal/intake/message"
	"candor/internal/intake/sender"
	"candor/internal/phrase"
	"candor/internal/store"
	"candor/internal/store/storetest"
)

// registry answers as registries do (RFC 9083): networks with the contacts that
// abuse names. Others of the Internet answer nothing.
func registry(t *testing.T, abuse map[string]string) *holder.Directory {
	t.Helper()
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/boot/ipv4.json":
			fmt.Fprint(w, `{"version":"1.0","services":[[["81.0.0.0/8"],["https://rir.test/"]]]}`)
		case r.URL.Path == "/boot/dns.json":
			fmt.Fprint(w, `{"version":"1.0","services":[[["test"],["https://rir.test/"]]]}`)
		case r.Host == "rir.test":
			mail, ok := abuse[r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]]
			class, role := "ip network", "abuse"
			if strings.HasPrefix(r.URL.Path, "/domain/") {
				class = "domain"
			}
			mail, noc := strings.CutPrefix(mail, "noc:")
			if noc {
				role = "technical"
			}
			if !ok {
				http.NotFound(w, r)
				return
			}
			fmt.Fprintf(w, `{"objectClassName":%q,"handle":"NET-%d","entities":[{"objectClassName":"entity","roles":["registrant"],"vcardArray":["vcard",[["version",{},"text","4.0"],["fn",{},"text","Holder"]]],
				"entities":[{"objectClassName":"entity","roles":[%q],"vcardArray":["vcard",[["version",{},"text","4.0"],["email",{"type":"work"},"text",%q]]]}]}]}`, class, len(mail), role, mail)
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(s.Close)
	transport := s.Client().Transport.(*http.Transport).Clone()
	transport.TLSClientConfig.InsecureSkipVerify = true // its certificate is for example.com
	transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, s.Listener.Addr().String())
	}
	return holder.New(holder.Options{Client: &http.Client{Transport: transport}, Bootstrap: "https://boot.test/boot/", Every: time.Microsecond})
}

// forwards is a world that passes on what is foreign.
func forwards(t *testing.T, s *store.Store) *world {
	t.Helper()
	w, _ := reports(t, s)
	phrases, err := phrase.Load()
	if err != nil {
		t.Fatal(err)
	}
	w.Forwarding = house.Forwarding{Writer: forward.New(phrases, xarf.Party{Org: "Provider", Contact: "abuse@desk.example", Domain: "desk.example"}), Domain: "desk.example", Own: []string{"desk.example"}, PerDay: 2,
		Holders: registry(t, map[string]string{"81.1.0.1": "abuse@one.test", "81.1.0.2": "abuse@one.test", "81.2.0.1": "abuse@two.test", "81.3.0.1": "noc:tech@three.test", "81.4.0.1": "abuse@desk.example", "shop.test": "abuse@registrar.test"})}
	return w
}

// look looks for holders of a report, and gives what is passed on, by holder.
func (w *world) look(t *testing.T, r candor.Report) map[string]house.ForwardView {
	t.Helper()
	if err := w.LookForHolders(t.Context(), house.LookForHoldersJob{Report: r.ID, Since: w.Clock()}); err != nil {
		t.Fatal(err)
	}
	return w.forwardsOf(t, r)
}

func (w *world) forwardsOf(t *testing.T, r candor.Report) map[string]house.ForwardView {
	t.Helper()
	page, err := w.Forwards(t.Context(), ada, candor.ForwardFilter{Report: r.ID}, candor.Cut{})
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]house.ForwardView{}
	for _, f := range page.Items {
		all[f.Holder] = f
	}
	return all
}

// TestForwards looks for those who hold what is foreign: one mail for each, none to
// ourselves, none without consent, and a person where it is not certain.
func TestForwards(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := forwards(t, s)
		r := w.take(t, listed("cert@two.test", "1", "abusive-content/spam address 81.1.0.1", "abusive-content/spam address 81.1.0.2", "abusive-content/spam address 81.2.0.1", "fraud/phishing url http://81.3.0.1/x",
			"abusive-content/spam address 81.4.0.1", "abusive-content/spam address 81.9.0.1", "fraud/phishing domain shop.test", "fraud/phishing url http://shop.example/ours", "malicious-code/malware-distribution hash d41d8cd98f00b204e9800998ecf8427e"))
		w.look(t, r)
		all := w.look(t, r) // twice is once
		for to, want := range map[string]struct {
			state candor.ForwardState
			n     int64
			why   string
		}{"abuse@one.test": {candor.ForwardWaiting, 2, "waiting"}, "abuse@two.test": {candor.ForwardPerson, 1, "reporter"}, "tech@three.test": {candor.ForwardPerson, 1, "other"},
			"abuse@desk.example": {candor.ForwardPerson, 1, "own"}, "": {candor.ForwardPerson, 1, "unknown"}, "abuse@registrar.test": {candor.ForwardWaiting, 1, "waiting"}} {
			if f := all[to]; f.State != want.state || f.Count != want.n || !strings.Contains(f.Why, want.why) {
				t.Errorf("%q: %s, %d, %q", to, f.State, f.Count, f.Why)
			}
		}
		if len(all) != 6 || len(all["abuse@one.test"].Contacts) == 0 || all["abuse@one.test"].Contacts[0].Source != "https://rir.test/ip/81.1.0.1" {
			t.Errorf("%d forwards, %+v", len(all), all["abuse@one.test"].Contacts)
		}
		if o, err := w.ReportOutcome(t.Context(), r.ID); err != nil || !o.Ask.Waiting || o.PassedOn != 0 {
			t.Errorf("%+v, %v", o, err)
		}
		t.Run("person", func(t *testing.T) { w.decideForwards(t, all) })
		t.Run("reporter", func(t *testing.T) { w.reporterSays(t, r) })
	})
}

func (w *world) decideForwards(t *testing.T, all map[string]house.ForwardView) {
	ctx := t.Context()
	f := all["tech@three.test"]
	for _, bad := range []struct {
		who  candor.Principal
		p    house.Passing
		kind error
	}{{eve, house.Passing{Ground: "g", Version: f.Version}, candor.ErrDenied}, {candor.Principal{User: "c", Role: candor.RoleCustomer, Party: w.party.ID}, house.Passing{Ground: "g", Version: f.Version}, candor.ErrDenied}, {ada, house.Passing{Version: f.Version}, candor.ErrInvalid},
		{ada, house.Passing{Ground: "g", Version: f.Version + 7}, candor.ErrChanged}, {ada, house.Passing{Ground: "g", To: "x@sub.desk.example", Version: f.Version}, candor.ErrInvalid}, {ada, house.Passing{Ground: "g", To: "nobody", Version: f.Version}, candor.ErrInvalid}} {
		if err := w.PassOn(ctx, bad.who, f.ID, bad.p); !errors.Is(err, bad.kind) {
			t.Errorf("%+v: %v", bad.p, err)
		}
	}
	if err := w.PassOn(ctx, ada, all[""].ID, house.Passing{Ground: "g", Version: all[""].Version}); !errors.Is(err, candor.ErrInvalid) {
		t.Errorf("to nobody: %v", err)
	}
	if err := w.PassOn(ctx, ada, f.ID, house.Passing{Ground: "they agreed by telephone", To: "Abuse@Three.test", Version: f.Version}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := w.SendForward(ctx, f.ID); err != nil {
			t.Fatal(err)
		}
	}
	sent, err := w.ForwardView(ctx, ada, f.ID)
	if err != nil || sent.State != candor.ForwardSent || sent.Progress() != house.ForwardQueued || sent.Message.To != "abuse@three.test" || sent.Basis.Ground != "they agreed by telephone" || sent.Basis.By != ada.Actor() || len(sent.Letter.Files) != 1 {
		t.Errorf("%+v, %v", sent, err)
	}
	if err := w.PassOn(ctx, ada, f.ID, house.Passing{Ground: "g", Version: sent.Version}); !errors.Is(err, candor.ErrInvalid) {
		t.Errorf("twice: %v", err)
	}
	if err := w.RefuseForward(ctx, eve, all[""].ID, all[""].Version, ""); !errors.Is(err, candor.ErrDenied) {
		t.Errorf("an auditor refuses: %v", err)
	}
	if err := w.RefuseForward(ctx, ada, all[""].ID, all[""].Version, "nobody to tell"); err != nil {
		t.Error(err)
	}
	if l, err := w.PreviewForward(ctx, eve, all["abuse@one.test"].ID, false); err != nil || len(l.Files) != 2 || strings.Contains(fmt.Sprint(l), "two.test") {
		t.Errorf("%+v, %v", l, err)
	}
}

// reporterSays has the reporter agree by the link, take it back, and not be asked by
// anybody else then.
func (w *world) reporterSays(t *testing.T, r candor.Report) {
	ctx := t.Context()
	if err := w.ReporterSays(ctx, r.ID, true, true, false); !errors.Is(err, candor.ErrDenied) {
		t.Errorf("named by a link that was not mailed: %v", err)
	}
	say := func(yes, isNamed bool) {
		t.Helper()
		w.now = w.now.Add(time.Second)
		if err := w.ReporterSays(ctx, r.ID, yes, isNamed, true); err != nil {
			t.Fatal(err)
		}
		if err := w.ConsiderForwards(ctx, r.ID); err != nil {
			t.Fatal(err)
		}
	}
	say(true, true)
	all := w.forwardsOf(t, r)
	one, registrar := all["abuse@one.test"], all["abuse@registrar.test"]
	if one.State != candor.ForwardApproved || !one.Basis.Named || one.Basis.How != candor.AgreedLink || all["abuse@two.test"].State != candor.ForwardPerson {
		t.Fatalf("%+v", all)
	}
	if err := w.SendForward(ctx, one.ID); err != nil {
		t.Fatal(err)
	}
	one = w.forwardsOf(t, r)["abuse@one.test"]
	var top struct{ Reporter, Sender xarf.Party }
	if err := json.Unmarshal([]byte(one.Letter.Files[0]), &top); err != nil || top.Reporter.Contact != "cert@two.test" || top.Sender.Contact != "abuse@desk.example" || !strings.Contains(one.Letter.Text, "cert@two.test") {
		t.Errorf("%+v, %v, %s", top, err, one.Letter.Text)
	}
	w.sent(t, one.ID)
	if o, err := w.ReportOutcome(ctx, r.ID); err != nil || o.PassedOn != 1 || o.Ask.Said == nil || !o.Ask.Said.Named {
		t.Errorf("%+v, %v", o, err)
	}
	say(false, false)
	if got := w.forwardsOf(t, r)["abuse@registrar.test"]; got.State != candor.ForwardRefused || registrar.State != candor.ForwardApproved {
		t.Errorf("after a no: %+v", got)
	}
	if err := w.SendForward(ctx, registrar.ID); err != nil || w.forwardsOf(t, r)["abuse@registrar.test"].State != candor.ForwardRefused {
		t.Errorf("what was refused is sent: %v", err)
	}
	two := w.forwardsOf(t, r)["abuse@two.test"]
	if err := w.PassOn(ctx, ada, two.ID, house.Passing{Ground: "g", Version: two.Version}); err == nil {
		t.Error("a person passes on what the reporter refused")
	}
}

// sent notes that a server took the mail of a forward.
func (w *world) sent(t *testing.T, id candor.ID) {
	t.Helper()
	err := w.Store.Tx(t.Context(), func(tx *store.Tx) error {
		m, err := tx.Message(t.Context(), id)
		if err != nil {
			return err
		}
		m.State = candor.MessageSent
		return tx.ChangeMessage(t.Context(), m, candor.MessageQueued)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestForwardAnswers hears what holders answer, tells it from what others write, and
// passes nothing on that a program passed on.
func TestForwardAnswers(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := forwards(t, s)
		ctx := t.Context()
		r := w.take(t, listed("cert@a.example", "1", "abusive-content/spam address 81.1.0.1"))
		f := w.look(t, r)["abuse@one.test"]
		if err := errors.Join(w.PassOn(ctx, ada, f.ID, house.Passing{Ground: "g", Version: f.Version}), w.SendForward(ctx, f.ID)); err != nil {
			t.Fatal(err)
		}
		w.sent(t, f.ID)
		answer := func(from, more string) candor.Report {
			return w.take(t, "From: "+from+"\r\nSubject: Re: x\r\nMessage-ID: <"+string(candor.NewID(w.Clock()))+"@x>\r\nIn-Reply-To: <"+string(f.ID)+"@desk.example>\r\n"+more+"\r\nWe blocked it.\r\n")
		}
		if got := answer("robot@tickets.one.test", "Auto-Submitted: auto-replied\r\n"); got.State != candor.ReportAutomatic || got.Same != r.ID || w.forwardsOf(t, r)["abuse@one.test"].Progress() != house.ForwardArrived {
			t.Errorf("%+v", got)
		}
		if got := answer("eve@evil.test", ""); got.State != candor.ReportPerson || got.Same != r.ID || !strings.Contains(got.Why, "not the holder's") {
			t.Errorf("%+v", got)
		}
		if got := answer("Bob@one.test", ""); got.State != candor.ReportReply || got.Same != r.ID {
			t.Errorf("%+v", got)
		}
		v := w.forwardsOf(t, r)["abuse@one.test"]
		if v.Progress() != house.ForwardAnswered || len(v.Answers) != 2 {
			t.Errorf("%s, %+v", v.Progress(), v.Answers)
		}
		round := w.take(t, "X-Loop: other.example\r\n"+listed("desk@other.example", "9", "abusive-content/spam address 81.1.0.1"))
		if got := w.look(t, round)["abuse@one.test"]; got.State != candor.ForwardPerson || !strings.Contains(got.Why, "passed") {
			t.Errorf("%+v", got.Forward)
		}
	})
}

// TestForwardRate sends no holder more in a day than the bound; what is over it waits.
func TestForwardRate(t *testing.T) {
	w := forwards(t, storetest.SQLite(t))
	ctx := t.Context()
	for i := range 3 {
		r := w.take(t, listed("cert@a.example", fmt.Sprint(i), "abusive-content/spam address 81.1.0.1"))
		f := w.look(t, r)["abuse@one.test"]
		if err := w.PassOn(ctx, ada, f.ID, house.Passing{Ground: "g", Version: f.Version}); err != nil {
			t.Fatal(err)
		}
		err := w.SendForward(ctx, f.ID)
		var later *candor.LaterError
		if i < 2 && err != nil || i == 2 && !errors.As(err, &later) {
			t.Errorf("mail %d: %v", i+1, err)
		}
		if got := w.forwardsOf(t, r)["abuse@one.test"].State; i == 2 && got != candor.ForwardApproved {
			t.Errorf("what waits is %s", got)
		}
	}
}

// TestStandingConsent passes on what a reporter who agreed once sends, and nothing
// that only claims to be of the reporter.
func TestStandingConsent(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := forwards(t, s)
		ctx := t.Context()
		early := w.take(t, listed("one@cert.example", "0", "abusive-content/spam address 81.2.0.1"))
		w.look(t, early)
		for reporter, kind := range map[string]error{"cert": candor.ErrInvalid, "@": candor.ErrInvalid, "": candor.ErrInvalid} {
			if _, err := w.AgreeForwards(ctx, ada, reporter, "2026/7", true); !errors.Is(err, kind) {
				t.Errorf("%q: %v", reporter, err)
			}
		}
		if _, err := w.AgreeForwards(ctx, eve, "@cert.example", "2026/7", true); !errors.Is(err, candor.ErrDenied) {
			t.Error(err)
		}
		c, err := w.AgreeForwards(ctx, ada, "@Cert.example", "agreement 2026/7", true)
		if err != nil {
			t.Fatal(err, candor.Hint(err))
		}
		if err := w.ConsiderForwards(ctx, early.ID); err != nil {
			t.Fatal(err)
		}
		if got := w.forwardsOf(t, early)["abuse@two.test"]; got.State != candor.ForwardApproved || got.Basis.Of != c.ID || got.Basis.Ground != "agreement 2026/7" || !got.Basis.Named {
			t.Errorf("%+v", got.Forward)
		}
		r := w.take(t, listed("two@cert.example", "1", "abusive-content/spam address 81.1.0.1"))
		f := w.look(t, r)["abuse@one.test"]
		if f.State != candor.ForwardApproved {
			t.Fatalf("%+v", f.Forward)
		}
		forged := w.takeBy(t, intake.SMTP, "X-Reporter: two@cert.example\r\n"+listed("eve@evil.example", "2", "abusive-content/spam address 81.1.0.1"))
		if got := w.look(t, forged)["abuse@one.test"]; forged.Reporter != "two@cert.example" || got.State != candor.ForwardWaiting {
			t.Errorf("forged: %+v, %+v", forged, got.Forward)
		}
		if err := w.EndForwardConsent(ctx, ada, c.ID); err != nil {
			t.Fatal(err)
		}
		if err := w.SendForward(ctx, f.ID); err != nil {
			t.Fatal(err)
		}
		if got := w.forwardsOf(t, r)["abuse@one.test"]; got.State != candor.ForwardWaiting || got.Message != nil {
			t.Errorf("after the consent ended: %+v", got.Forward)
		}
	})
}

// TestStandingConsentForm: whoever fills in the form has not agreed to anything by
// typing the address of somebody who did.
func TestStandingConsentForm(t *testing.T) {
	w := forwards(t, storetest.SQLite(t))
	if _, err := w.AgreeForwards(t.Context(), ada, "@cert.example", "agreement 2026/7", true); err != nil {
		t.Fatal(err, candor.Hint(err))
	}
	w.Reports.Reader.Formats = forms{}
	f := form.Form{Class: candor.Spam, Subject: "s", About: []form.Resource{{Kind: intake.Address, Value: "81.1.0.1"}}}
	f.From.Address = "one@cert.example"
	body, err := form.Write(f, "b0b0", w.Clock())
	if err != nil {
		t.Fatal(err)
	}
	r := w.takeBy(t, intake.Form, string(body))
	if got := w.look(t, r)["abuse@one.test"]; r.Reporter != f.From.Address || got.State != candor.ForwardWaiting {
		t.Errorf("%+v, %+v", r, got.Forward)
	}
	w.Reports.Reader.Formats = lists{}
	lay := w.takeBy(t, intake.Folder, "X-Reporter: two@cert.example\r\n"+listed("eve@evil.example", "2", "abusive-content/spam address 81.1.0.1"))
	if got := w.look(t, lay)["abuse@one.test"]; lay.Reporter != "two@cert.example" || got.State != candor.ForwardWaiting {
		t.Errorf("in a folder: %+v, %+v", lay, got.Forward)
	}
}

// TestStandingConsentVouched: where senders are checked, a sender for whom nobody
// vouches has not agreed to anything.
func TestStandingConsentVouched(t *testing.T) {
	w := forwards(t, storetest.SQLite(t))
	w.Reports.Senders = sender.New(sender.Options{Relays: []string{"mx.desk.example"}, Now: w.Clock})
	if _, err := w.AgreeForwards(t.Context(), ada, "@cert.example", "agreement 2026/7", true); err != nil {
		t.Fatal(err, candor.Hint(err))
	}
	n := 0
	for head, want := range map[string]candor.ForwardState{
		"": candor.ForwardWaiting,
		"Authentication-Results: mx.desk.example; dkim=pass header.d=cert.example\r\n": candor.ForwardApproved,
		"Authentication-Results: mx.evil.example; dkim=pass header.d=cert.example\r\n": candor.ForwardWaiting,
		"Authentication-Results: mx.desk.example; dkim=pass header.d=evil.example\r\n": candor.ForwardWaiting,
		"Authentication-Results: mx.desk.example; dkim=fail header.d=cert.example\r\n": candor.ForwardWaiting,
	} {
		n++
		r := w.takeBy(t, intake.IMAP, head+listed("one@cert.example", fmt.Sprint(n), "abusive-content/spam address 81.1.0.1"))
		if got := w.look(t, r)["abuse@one.test"]; got.State != want {
			t.Errorf("%q: %+v", head, got.Forward)
		}
	}
}

// TestForwardJoined has complaints join a forward that is approved: they are not lost
// while its mail is written, and those that a person has to see wait for one.
func TestForwardJoined(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := forwards(t, s)
		ctx := t.Context()
		approved := func(reference string, lines ...string) (candor.Report, house.ForwardView) {
			t.Helper()
			r := w.take(t, listed("cert@a.example", reference, lines...))
			f := w.look(t, r)["abuse@one.test"]
			if err := w.PassOn(ctx, ada, f.ID, house.Passing{Ground: "g", Version: f.Version}); err != nil {
				t.Fatal(err)
			}
			return r, f
		}
		more := func(r candor.Report, class candor.Class) {
			t.Helper()
			c := candor.Complaint{ID: candor.NewID(w.Clock()), Report: r.ID, Number: 9, Class: class, Kind: "address", Value: "81.1.0.2", State: candor.ComplaintForeign, Updated: w.Clock()}
			if err := w.Store.Tx(ctx, func(tx *store.Tx) error { return tx.AddComplaints(ctx, c) }); err != nil {
				t.Fatal(err)
			}
			w.look(t, r)
		}
		r, f := approved("1", "abusive-content/spam address 81.1.0.1")
		read, err := w.Store.Forward(ctx, f.ID)
		if err != nil {
			t.Fatal(err)
		}
		more(r, candor.Spam)
		if err := house.SendRead(w.House, ctx, read); !errors.Is(err, candor.ErrUnavailable) {
			t.Errorf("its job does not try again: %v", err)
		}
		if err := w.SendForward(ctx, f.ID); err != nil {
			t.Fatal(err)
		}
		if got := w.forwardsOf(t, r)["abuse@one.test"]; got.State != candor.ForwardSent || len(got.Letter.Files) != 2 {
			t.Errorf("%s with %d complaints", got.State, len(got.Letter.Files))
		}
		r, f = approved("2", "abusive-content/spam address 81.1.0.1")
		more(r, "abusive-content/violence")
		if err := w.SendForward(ctx, f.ID); err != nil {
			t.Fatal(err)
		}
		if got := w.forwardsOf(t, r)["abuse@one.test"]; got.State != candor.ForwardPerson || got.Why != "law" || got.Basis.How != "" {
			t.Errorf("%+v", got.Forward)
		}
	})
}

// TestForwardUnnamed has a reporter take the name back before the mail is written: it
// goes without.
func TestForwardUnnamed(t *testing.T) {
	w := forwards(t, storetest.SQLite(t))
	ctx := t.Context()
	r := w.take(t, listed("cert@a.example", "1", "abusive-content/spam address 81.1.0.1"))
	w.look(t, r)
	for _, isNamed := range []bool{true, false} {
		w.now = w.now.Add(time.Second)
		if err := errors.Join(w.ReporterSays(ctx, r.ID, true, isNamed, true), w.ConsiderForwards(ctx, r.ID)); err != nil {
			t.Fatal(err)
		}
	}
	f := w.forwardsOf(t, r)["abuse@one.test"]
	if err := errors.Join(w.SendForward(ctx, f.ID), w.ConsiderForwards(ctx, r.ID), w.SendForward(ctx, f.ID)); err != nil {
		t.Fatal(err)
	}
	if got := w.forwardsOf(t, r)["abuse@one.test"]; got.State != candor.ForwardSent || got.Basis.Named || strings.Contains(got.Letter.Text, "cert@a.example") {
		t.Errorf("%+v", got.Forward)
	}
}

// TestForwardRest passes on by another mail what one does not hold.
func TestForwardRest(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := forwards(t, s)
		ctx := t.Context()
		var lines []string
		for i := range forward.MostComplaints + 3 {
			lines = append(lines, fmt.Sprintf("fraud/phishing url http://81.1.0.1/%d", i))
		}
		r := w.take(t, listed("cert@a.example", "1", lines...))
		f := w.look(t, r)["abuse@one.test"]
		if err := errors.Join(w.PassOn(ctx, ada, f.ID, house.Passing{Ground: "g", Version: f.Version}), w.SendForward(ctx, f.ID)); err != nil {
			t.Fatal(err)
		}
		rest, err := w.Store.ForwardTo(ctx, r.ID, f.Holder)
		if err != nil || rest.State != candor.ForwardApproved || rest.Count != 3 || rest.Basis.Ground != "g" {
			t.Fatalf("%+v, %v", rest, err)
		}
		if err := w.SendForward(ctx, rest.ID); err != nil {
			t.Fatal(err)
		}
		rest, err = w.Store.Forward(ctx, rest.ID)
		if first, bad := w.Store.Forward(ctx, f.ID); err != nil || bad != nil || rest.State != candor.ForwardSent || len(rest.Letter.Files) != 3 || first.Count != forward.MostComplaints || !strings.Contains(first.Letter.Text, "490 more") {
			t.Errorf("%+v, %+v, %v", rest, first.Letter.Text, errors.Join(err, bad))
		}
		if _, err := w.Store.ForwardTo(ctx, r.ID, f.Holder); !errors.Is(err, candor.ErrNotFound) {
			t.Errorf("something is left: %v", err)
		}
	})
}

// takeBy keeps a message that came by a way, and has it read.
func (w *world) takeBy(t *testing.T, way intake.Way, text string) candor.Report {
	t.Helper()
	before := w.Clock()
	err := w.NewReportKeeper(1<<20).Keep(t.Context(), intake.Arrival{Way: way, Source: "test", Body: strings.NewReader(text)})
	if err != nil {
		t.Fatal(err)
	}
	page, err := w.Store.Reports(t.Context(), candor.ReportFilter{Way: string(way), States: []candor.ReportState{candor.ReportNew}, ReceivedAfter: before.Add(-time.Hour)}, candor.Cut{})
	if err != nil || len(page.Items) != 1 {
		t.Fatal(len(page.Items), err)
	}
	if err := w.ReadReport(t.Context(), page.Items[0].ID); err != nil {
		t.Fatal(err)
	}
	r, err := w.Store.Report(t.Context(), page.Items[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// forms reads what comes of the form.
type forms struct{}

func (forms) Read(m *message.Message, each format.Each) (intake.Report, string, error) {
	r, err := form.Reader{}.Read(m, each)
	return r, form.Name, err
}

func (forms) ReadFile(format.File, format.Each) (intake.Report, string, error) {
	return intake.Report{}, "", format.ErrOther
}

// TestFormConsent takes what is ticked on the form; a name waits until the reporter
// has confirmed the address, and goes without after two days.
func TestFormConsent(t *testing.T) {
	w := forwards(t, storetest.SQLite(t))
	w.Reports.Reader.Formats = forms{}
	for i, x := range []struct {
		way           intake.Way
		form          form.Form
		state, later  candor.ForwardState
		isNamed, said bool
	}{
		{intake.Form, form.Form{Pass: true}, candor.ForwardApproved, candor.ForwardApproved, false, true},
		{intake.Form, form.Form{}, candor.ForwardWaiting, candor.ForwardWaiting, false, false},
		{intake.SMTP, form.Form{Pass: true}, candor.ForwardWaiting, candor.ForwardWaiting, false, false}, // anybody can write a mail like that
		{intake.Form, form.Form{Pass: true, Named: true}, candor.ForwardWaiting, candor.ForwardApproved, false, true},
		{intake.Form, form.Form{Pass: true, Named: true, Account: true}, candor.ForwardApproved, candor.ForwardApproved, true, true},
	} {
		x.form.Class, x.form.Subject = candor.Spam, fmt.Sprint("form ", i)
		x.form.About, x.form.From.Address = []form.Resource{{Kind: intake.Address, Value: "81.1.0.1"}}, "anne@a.example"
		body, err := form.Write(x.form, "b0b0", w.Clock())
		if err != nil {
			t.Fatal(err)
		}
		r := w.takeBy(t, x.way, string(body))
		if got := w.look(t, r)["abuse@one.test"]; got.State != x.state {
			t.Errorf("form %d: %s", i, got.State)
		}
		if _, err := w.Store.ForwardConsent(t.Context(), r.ID); (err == nil) != x.said {
			t.Errorf("form %d: said %v", i, err)
		}
		w.now = w.now.Add(49 * time.Hour)
		if err := w.ConsiderForwards(t.Context(), r.ID); err != nil {
			t.Fatal(err)
		}
		if got := w.forwardsOf(t, r)["abuse@one.test"]; got.State != x.later || got.Basis.Named != x.isNamed {
			t.Errorf("form %d, later: %s, %+v", i, got.State, got.Basis)
		}
	}
}
