package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/config"
	"candor/internal/house"
	"candor/internal/intake"
	"candor/internal/intake/holder"
	"candor/internal/intake/reading"
	"candor/internal/respond/notify/smtptest"
	"candor/internal/store"
)

// forwarder is a desk with a real mail server, and a registry of the network that
// abuse@holder.test answers for.
func forwarder(t *testing.T) (*running, *smtptest.Server) {
	t.Helper()
	server := smtptest.Start(t, smtptest.Options{})
	c := config.Defaults()
	c.Data.Dir, c.Listen.PublicURL = t.TempDir(), "https://desk.example"
	c.Provider.Name, c.Mail.Host, c.Mail.Port, c.Mail.TLS, c.Mail.From = "Provider", server.Host, server.Port, "none", "Abuse Desk <abuse@desk.example>"
	c.Intake.Networks, c.Intake.SMTP = []string{"198.51.100.0/24"}, []config.IntakeSMTP{{Name: "abuse", Listen: "127.0.0.1:0", Accept: []string{"reports@in.desk.example"}}}
	s, err := makeSetup(c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	r, err := open(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.close(); err != nil {
			t.Error(err)
		}
	})
	registry := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		switch q.URL.Path {
		case "/ipv4.json":
			fmt.Fprint(w, `{"version":"1.0","services":[[["81.0.0.0/8"],["https://rir.test/"]]]}`)
		case "/ip/81.1.0.1":
			fmt.Fprint(w, `{"objectClassName":"ip network","handle":"NET-81","entities":[{"roles":["abuse"],"vcardArray":["vcard",[["version",{},"text","4.0"],["email",{},"text","abuse@holder.test"]]]}]}`)
		default:
			http.NotFound(w, q)
		}
	}))
	t.Cleanup(registry.Close)
	transport := registry.Client().Transport.(*http.Transport).Clone()
	transport.TLSClientConfig.InsecureSkipVerify = true // its certificate is for example.com
	transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, registry.Listener.Addr().String())
	}
	r.Forwarding.Holders = holder.New(holder.Options{Client: &http.Client{Transport: transport}, Bootstrap: "https://boot.test/"})
	return r, server
}

// take keeps a mail and has it read.
func (r *running) take(t *testing.T, text string) candor.Report {
	t.Helper()
	who := candor.Principal{User: "0190a000-0000-7000-8000-000000000001", Role: candor.RoleAdmin}
	id, err := r.TakeReport(t.Context(), who, "", "", strings.NewReader(text))
	if err == nil {
		err = r.ReadReport(t.Context(), id)
	}
	x, again := r.Store.Report(t.Context(), id)
	if err != nil || again != nil {
		t.Fatal(err, again)
	}
	return x
}

// gretas is a report that 81.1.0.1 tries passwords, in XARF.
const gretas = `From: Greta Olsson <greta@victim.example>
Subject: scan.json
Message-ID: <1@victim.example>
MIME-Version: 1.0
Content-Type: application/json; name=xarf.json
Content-Disposition: attachment; filename=xarf.json

{"xarf_version":"4.2.0","report_id":"0b6a4c1e-9d3c-4b0f-9a67-6f2d7f6b9a01","timestamp":"2026-03-09T12:00:00Z","reporter":{"org":"Olsson AB","contact":"greta@victim.example","domain":"victim.example"},
"sender":{"org":"Olsson AB","contact":"greta@victim.example","domain":"victim.example"},"source_identifier":"81.1.0.1","source_port":4711,"destination_ip":"192.0.2.80","category":"connection","type":"login_attack","protocol":"tcp",
"first_seen":"2026-03-09T11:59:00Z","evidence":[{"content_type":"text/plain","description":"greta's log","payload":"TWFyICA5IDExOjU5OjAwIG14LnZpY3RpbS5leGFtcGxlIHNzaGQ6IEZhaWxlZCBwYXNzd29yZCBmcm9tIDgxLjEuMC4xCg=="}]}
`

// TestForwardErased sends nothing of what was erased while its mail was on its way.
func TestForwardErased(t *testing.T) {
	r, server := forwarder(t)
	ctx := t.Context()
	who := candor.Principal{User: "0190a000-0000-7000-8000-000000000001", Role: candor.RoleAdmin}
	x := r.take(t, gretas)
	if err := r.LookForHolders(ctx, house.LookForHoldersJob{Report: x.ID, Since: time.Now()}); err != nil {
		t.Fatal(err)
	}
	f, err := r.Store.ForwardTo(ctx, x.ID, "abuse@holder.test")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(r.PassOn(ctx, who, f.ID, house.Passing{Ground: "g", Version: f.Version}), r.SendForward(ctx, f.ID)); err != nil {
		t.Fatal(err)
	}
	err = r.Store.Tx(ctx, func(tx *store.Tx) error {
		m, err := tx.Message(ctx, f.ID)
		if err != nil {
			return err
		}
		m.State = candor.MessageSending // and then it was killed
		return errors.Join(tx.ChangeMessage(ctx, m, candor.MessageQueued), tx.EraseReports(ctx, x.ID))
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.mailForward(ctx, house.ForwardMailJob{Forward: f.ID}); err != nil {
		t.Fatal(err)
	}
	if m, err := r.Store.Message(ctx, f.ID); err != nil || m.State != candor.MessageFailed || len(server.Mails()) != 0 {
		t.Errorf("%s, %d mails, %v", m.State, len(server.Mails()), err)
	}
}

// TestForwardMail passes a report of free text on by a real mail server: what arrives
// is read again as what was reported, and tells nothing of the reporter; the answer
// and the bounce find back.
func TestForwardMail(t *testing.T) {
	r, server := forwarder(t)
	ctx := t.Context()
	who := candor.Principal{User: "0190a000-0000-7000-8000-000000000001", Role: candor.RoleAdmin}
	x := r.take(t, gretas)
	if x.State != candor.ReportFiled || x.Complaints != 1 {
		t.Fatalf("%+v", x)
	}
	if err := r.LookForHolders(ctx, house.LookForHoldersJob{Report: x.ID, Since: time.Now()}); err != nil {
		t.Fatal(err)
	}
	all, err := r.Forwards(ctx, who, candor.ForwardFilter{Report: x.ID}, candor.Cut{})
	if err != nil || len(all.Items) != 1 || all.Items[0].Holder != "abuse@holder.test" {
		t.Fatalf("%+v, %v", all.Items, err)
	}
	f := all.Items[0]
	for _, own := range []string{"abuse@desk.example", "reports@in.desk.example"} {
		if err := r.PassOn(ctx, who, f.ID, house.Passing{To: own, Ground: "g", Version: f.Version}); err == nil {
			t.Errorf("it goes to ourselves, %s", own)
		}
	}
	if err := r.PassOn(ctx, who, f.ID, house.Passing{Ground: "asked by telephone", Version: f.Version}); err != nil {
		t.Fatal(err, candor.Hint(err))
	}
	for range 2 { // jobs are done at least once
		if err := r.SendForward(ctx, f.ID); err != nil {
			t.Fatal(err)
		}
		if err := r.mailForward(ctx, house.ForwardMailJob{Forward: f.ID}); err != nil {
			t.Fatal(err)
		}
	}
	got := server.Mails()
	if len(got) != 1 || got[0].To != "abuse@holder.test" {
		t.Fatalf("%d mails: %+v", len(got), got)
	}
	raw := string(got[0].Data)
	for _, secret := range []string{"greta", "Greta", "Olsson", "victim.example"} {
		if strings.Contains(raw, secret) {
			t.Errorf("the mail tells %q:\n%s", secret, raw)
		}
	}
	var events []intake.Event
	read, err := r.Reports.Reader.Read(reading.Source{Body: bytes.NewReader(got[0].Data)}, func(e intake.Event, _ bool) error { events = append(events, e); return nil })
	if err != nil || read.Report.Format != "xarf" || len(events) != 1 || events[0].About[0].Value != "81.1.0.1" || events[0].About[0].Port != 4711 || !strings.Contains(events[0].Evidence, "Failed password from 81.1.0.1") || strings.Contains(events[0].Evidence, "mx.victim") {
		t.Errorf("%+v, %+v, %v", read.Report, events, err)
	}
	if read.Mail.ID != string(f.ID)+"@desk.example" || read.Mail.Get("X-Loop") != "desk.example" {
		t.Errorf("Message-ID %q, X-Loop %q", read.Mail.ID, read.Mail.Get("X-Loop"))
	}
	reply := r.take(t, "From: desk@holder.test\nSubject: Re: done\nMessage-ID: <2@holder.test>\nIn-Reply-To: <"+read.Mail.ID+">\n\nBlocked.\n")
	if v, err := r.ForwardView(ctx, who, f.ID); err != nil || v.Progress() != house.ForwardAnswered || reply.Same != x.ID || reply.State != candor.ReportReply {
		t.Errorf("%+v, %+v, %v", v, reply, err)
	}
	bounce := r.take(t, "From: mailer-daemon@holder.test\nTo: abuse@desk.example\nSubject: Undelivered\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: text/plain\n\nNo such user.\n"+
		"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.holder.test\n\nFinal-Recipient: rfc822; abuse@holder.test\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 no such user\n\n--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <"+read.Mail.ID+">\n\n--b--\n")
	if bounce.State != candor.ReportAutomatic {
		t.Errorf("%+v", bounce)
	}
	if err := r.hearBounce(ctx, house.HearBounceJob{Report: bounce.ID}); err != nil {
		t.Fatal(err)
	}
	if m, err := r.Store.Message(ctx, f.ID); err != nil || m.State != candor.MessageBounced || !strings.Contains(m.Error, "no such user") {
		t.Errorf("%+v, %v", m, err)
	}
	if at, why, err := r.Store.BouncedTo(ctx, "abuse@holder.test"); err != nil || at.IsZero() || why == "" {
		t.Errorf("the directory does not hear of it: %v, %q, %v", at, why, err)
	}
}
