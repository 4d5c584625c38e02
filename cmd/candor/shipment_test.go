package main

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"strings"
	"testing"

	"candor"
	"candor/internal/desk"
	"candor/internal/directory"
	"candor/internal/house"
	"candor/internal/intel"
	"candor/internal/intel/group"
	"candor/internal/intel/tlp"
	"candor/internal/respond/notify/smtp"
	"candor/internal/respond/notify/smtptest"
	"candor/internal/scan/site"
	"candor/internal/store/storetest"
)

// TestShipmentMail shares a case with an organisation by a real mail server: once,
// in its language, with the file that the evidence log has the digest of.
func TestShipmentMail(t *testing.T) {
	r, _ := aDesk(t)
	ctx := t.Context()
	server := smtptest.Start(t, smtptest.Options{})
	sender, err := smtp.New(smtp.Options{Host: server.Host, Port: server.Port, Security: smtp.None, From: mail.Address{Address: "desk@desk.example"}})
	if err != nil {
		t.Fatal(err)
	}
	r.notify.Sender, r.House.Mute, r.House.Producer = sender, false, intel.Producer{Name: "Example Hosting"}
	analyst := candor.Principal{User: "0190a000-0000-7000-8000-00000000000b", Name: "Ada", Role: candor.RoleAnalyst}
	_, asset := storetest.Sample(t, r.Store, "acme")
	digest := strings.Repeat("ab", 32)
	filed, err := r.Desk.File(ctx, desk.Filing{Asset: asset.ID, Scan: candor.NewID(r.setup.clock()), Sensor: site.Sensor, Generation: "g",
		Findings: []candor.Finding{{Path: "/srv/acme/x.php", Rule: "shell", Class: candor.ApplicationCompromise, Severity: candor.High, SHA256: digest}}})
	if err != nil {
		t.Fatal(err)
	}
	e, err := r.SaveEntry(ctx, analyst, directory.Entry{Name: "CERT", Kinds: []directory.Kind{directory.CERT}, Languages: []string{"fr"}, Takes: []directory.Goods{directory.Reports}, Channels: []directory.Channel{{Way: directory.Mail, Address: "in@cert.example"}}})
	if err != nil {
		t.Fatal(err)
	}
	g, err := r.SaveGroup(ctx, analyst, group.Group{Name: "ISAC", Most: tlp.Amber, Members: []group.Member{{Entry: e.ID, Format: "stix"}}})
	if err != nil {
		t.Fatal(err)
	}
	sent, err := r.Share(ctx, analyst, house.ShareOrder{Case: filed.Opened[0], Group: g.ID})
	if err != nil || len(sent.Mails) != 1 {
		t.Fatal(sent, err)
	}
	job := house.ShipmentJob{Shipment: sent.ID, Message: sent.Mails[0].Message, Entry: e.ID, Mark: sent.Mark}
	for range 2 {
		if err := r.mailShipment(ctx, job); err != nil {
			t.Fatal(err)
		}
	}
	all := server.Mails()
	if len(all) != 1 || all[0].To != "in@cert.example" {
		t.Fatalf("%d mails", len(all))
	}
	m, err := mail.ReadMessage(bytes.NewReader(all[0].Data))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil || !strings.Contains(subject, "TLP:AMBER") || !strings.Contains(subject, "incident, pour") {
		t.Errorf("%q, %v", subject, err)
	}
	if text := attached(t, m); !strings.Contains(text, "application/stix+json") || strings.Contains(string(all[0].Data), "acme") {
		t.Errorf("%s\n%s", text, all[0].Data)
	}
	if _, err := r.Store.FileOf(ctx, job.Message); !errors.Is(err, candor.ErrNotFound) {
		t.Error("what was sent is kept:", err)
	}
	for _, lang := range r.phrases.Languages() {
		p := r.phrases.For(lang)
		for _, text := range []string{p.T("shared.mail.subject", nil), p.T("shared.mail.text", nil), p.T("shared.mail.mark", nil)} {
			if text == "" || strings.HasPrefix(text, "shared.") {
				t.Errorf("%s: %q", lang, text)
			}
		}
	}
}

// attached gives the types of the parts of a mail.
func attached(t *testing.T, m *mail.Message) string {
	t.Helper()
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	types := ""
	for parts := multipart.NewReader(m.Body, params["boundary"]); ; {
		p, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return types
		}
		if err != nil {
			t.Fatal(err)
		}
		types += p.Header.Get("Content-Type") + "\n"
	}
}
