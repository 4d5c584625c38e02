package main

import (
	"mime"
	"net/mail"
	"net/url"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/ProtonMail/gopenpgp/v3/crypto"

	"candor"
	"candor/internal/access/link"
	"candor/internal/directory"
	"candor/internal/house"
	"candor/internal/intel"
	"candor/internal/intel/bulletin"
	"candor/internal/intel/tlp"
	"candor/internal/respond/notify/smtp"
	"candor/internal/respond/notify/smtptest"
)

// TestBulletinMail mails a bulletin: once, in the recipient's language, with a link of
// its own; what is red goes encrypted, with its title and link.
func TestBulletinMail(t *testing.T) {
	r, _ := aDesk(t)
	ctx := t.Context()
	server := smtptest.Start(t, smtptest.Options{})
	sender, err := smtp.New(smtp.Options{Host: server.Host, Port: server.Port, Security: smtp.None, From: mail.Address{Address: "desk@desk.example"}})
	if err != nil {
		t.Fatal(err)
	}
	r.notify.Sender, r.House.Mute, r.House.Producer = sender, false, intel.Producer{Name: "Example Hosting"}
	analyst := candor.Principal{User: "0190a000-0000-7000-8000-00000000000b", Name: "Ada", Role: candor.RoleAnalyst}
	key, err := crypto.PGP().KeyGeneration().AddUserId("CERT", "in@cert.example").New().GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	public, err := key.GetArmoredPublicKey()
	if err != nil {
		t.Fatal(err)
	}
	e, err := r.SaveEntry(ctx, analyst, directory.Entry{Name: "CERT", Key: public, Kinds: []directory.Kind{directory.CERT}, Languages: []string{"fr"}, Takes: []directory.Goods{directory.Reports}, Channels: []directory.Channel{{Way: directory.Mail, Address: "in@cert.example"}}})
	if err != nil {
		t.Fatal(err)
	}
	for n, mark := range []tlp.Mark{tlp.Amber, tlp.Red} {
		b, err := r.SaveBulletin(ctx, analyst, "", bulletin.Draft{Mark: mark, Until: r.setup.clock().Add(24 * time.Hour), Entries: []candor.ID{e.ID}, Texts: []intel.Text{{Language: "fr", Title: "Fermez memcached", Body: "Liez-le."}}}, 0)
		if err != nil {
			t.Fatal(err)
		}
		v, err := r.PublishBulletin(ctx, analyst, b.ID, b.Edition)
		if err != nil {
			t.Fatal(err)
		}
		copies, err := r.Store.BulletinCopies(ctx, b.ID, v.Number)
		if err != nil || len(copies) != 1 {
			t.Fatal(copies, err)
		}
		id := copies[0].ID
		for range 2 {
			if err := r.mailBulletin(ctx, house.BulletinMailJob{Copy: id, Why: house.BulletinNew, Message: id}); err != nil {
				t.Fatal(err)
			}
		}
		if mark != tlp.Red {
			r.opensBulletin(t, id)
			if err := r.send(ctx, mailJob{id}); err != nil {
				t.Fatal(err)
			}
		}
		all := server.Mails()
		if len(all) != n+1 || all[n].To != "in@cert.example" {
			t.Fatalf("%s: %d mails", mark, len(all))
		}
		text := string(all[n].Data)
		m, err := mail.ReadMessage(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
		if err != nil || !strings.Contains(subject, mark.String()) || strings.Contains(subject, "memcached") != (mark != tlp.Red) {
			t.Errorf("%q, %v", subject, err)
		}
		if mark == tlp.Red && (strings.Contains(text, "memcached") || strings.Contains(text, "/b/")) {
			t.Error("what is red goes in the clear:", text)
		}
		if mark == tlp.Red {
			r.withdrawsSealed(t, analyst, b.ID, id, server)
		}
	}
}

// withdrawsSealed says in an encrypted mail which bulletin holds no more, and on it that
// it is about such a one.
func (r *running) withdrawsSealed(t *testing.T, who candor.Principal, id, letter candor.ID, server *smtptest.Server) {
	t.Helper()
	if _, err := r.WithdrawBulletin(t.Context(), who, id, "It was wrong."); err != nil {
		t.Fatal(err)
	}
	if err := r.mailBulletin(t.Context(), house.BulletinMailJob{Copy: letter, Why: house.BulletinGone, Message: candor.NewID(r.setup.clock())}); err != nil {
		t.Fatal(err)
	}
	all := server.Mails()
	m, err := mail.ReadMessage(strings.NewReader(string(all[len(all)-1].Data)))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil || !strings.Contains(subject, "a retiré un bulletin") {
		t.Errorf("%q, %v", subject, err)
	}
}

// opensBulletin holds the link of a mail against the copy that it is of.
func (r *running) opensBulletin(t *testing.T, id candor.ID) {
	t.Helper()
	m, err := r.Store.Message(t.Context(), id)
	if err != nil || m.Language != "fr" || !strings.Contains(m.Text, "Fermez memcached") || strings.Contains(m.Text, "Liez-le") {
		t.Fatal(m, err)
	}
	for word := range strings.FieldsSeq(m.Text) {
		if u, err := url.Parse(word); err == nil && strings.HasPrefix(u.Path, "/b/") {
			l, err := r.links.Open(t.Context(), path.Base(u.Path), link.Bulletin)
			if err != nil || l.Subject != id || l.Contact != link.ContactOf("in@cert.example") {
				t.Error(l, err)
			}
			return
		}
	}
	t.Error("the mail has no link:", m.Text)
}
