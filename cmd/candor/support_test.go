package main

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"

	"candor"
	"candor/internal/access/link"
	"candor/internal/house"
)

// TestTicketMail answers a mail in its language, once, with a link that opens the
// ticket alone; what answers it by mail finds back.
func TestTicketMail(t *testing.T) {
	r, _ := aDesk(t)
	ctx := t.Context()
	tk, _, err := r.TakeMail(ctx, house.TicketMail{MessageID: "1@x.example", From: "li@x.example", Language: "zh-Hans", Subject: "帮助", Text: "你好"})
	if err != nil {
		t.Fatal(err)
	}
	analyst := candor.Principal{User: "0190a000-0000-7000-8000-00000000000b", Name: "Ada", Role: candor.RoleAnalyst}
	if _, err := r.AnswerTicket(ctx, analyst, tk.ID, "请重新启动。", candor.TicketSolved); err != nil {
		t.Fatal(err)
	}
	v, err := r.Ticket(ctx, analyst, tk.ID)
	if err != nil {
		t.Fatal(err)
	}
	answer := v.Entries[slices.IndexFunc(v.Entries, func(e candor.Entry) bool { return e.Kind == candor.EntryAnswer })]
	for range 2 {
		if err := r.mailTicket(ctx, house.TicketMailJob{Entry: answer.ID, Why: house.MailSolved}); err != nil {
			t.Fatal(err)
		}
	}
	m, err := r.Store.Message(ctx, answer.ID)
	if err != nil || m.To != "li@x.example" || m.Language != "zh" || !strings.Contains(m.Subject, "[T-1] 已解决") || !strings.Contains(m.Text, "请重新启动。") {
		t.Fatalf("%+v, %v", m, err)
	}
	at := regexp.MustCompile(`/t/(\S+)`).FindStringSubmatch(m.Text)
	if at == nil {
		t.Fatal(m.Text)
	}
	if l, err := r.links.Open(ctx, at[1], link.Ticket); err != nil || l.Subject != tk.ID {
		t.Errorf("the link opens %+v, %v", l, err)
	}
	again, reply, err := r.TakeMail(ctx, house.TicketMail{MessageID: "2@x.example", References: []string{m.MessageID}, From: "li@x.example", Subject: "else", Text: "不行"})
	if err != nil || !reply || again.ID != tk.ID || again.State != candor.TicketOpen {
		t.Errorf("the answer to it: %+v, %v, %v", again, reply, err)
	}
	for _, lang := range r.phrases.Languages() {
		for _, why := range []string{house.MailReceived, house.MailAnswer, house.MailSolved, house.MailVerdict} {
			l := ticketLetter(r.phrases.For(lang), house.TicketLetter{Ticket: tk, Entry: answer, Uploads: []candor.Upload{{Name: "a\nb.exe", State: candor.UploadFound}}}, why, "Us", "https://desk.example/t/x", "then")
			if strings.ContainsAny(l.subject, "\n{") || strings.Contains(l.text, "{") || !strings.Contains(l.text, "https://desk.example/t/x\n") {
				t.Errorf("%s in %s: %q\n%s", why, lang, l.subject, l.text)
			}
		}
	}
}

// TestPublicLetter: nothing that somebody typed into the public form is mailed to
// the address that was typed with it.
func TestPublicLetter(t *testing.T) {
	r, _ := aDesk(t)
	tk := candor.Ticket{Number: 7, Way: candor.TicketByForm, Mail: "victim@x.example", Subject: "Buy pills", Suspect: candor.Suspect{What: "Buy pills"}}
	for _, lang := range r.phrases.Languages() {
		for _, why := range []string{house.MailReceived, house.MailAnswer, house.MailSolved, house.MailVerdict} {
			l := ticketLetter(r.phrases.For(lang), house.TicketLetter{Ticket: tk, Entry: candor.Entry{Text: "By the staff."}, Uploads: []candor.Upload{{Name: "Buy pills.exe", State: candor.UploadFound}}}, why, "Us", "https://desk.example/t/x", "then")
			if strings.Contains(l.subject+l.text, "pills") || !strings.Contains(l.subject, "T-7") {
				t.Errorf("%s in %s: %q\n%s", why, lang, l.subject, l.text)
			}
		}
	}
}

// TestErasedIsNotMailed: a mail about a ticket that is erased while it is worded is
// not written down.
func TestErasedIsNotMailed(t *testing.T) {
	r, _ := aDesk(t)
	ctx := t.Context()
	tk, err := r.ReportSoftware(ctx, house.NewTicket{Mail: "li@x.example", Suspect: candor.Suspect{What: "x"}})
	if err != nil {
		t.Fatal(err)
	}
	entries, err := r.Store.TicketEntries(ctx, tk.ID)
	if err != nil {
		t.Fatal(err)
	}
	l, err := r.TicketLetter(ctx, entries[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.EraseTicket(ctx, candor.Principal{User: "0190a000-0000-7000-8000-00000000000b", Name: "Ada", Role: candor.RoleAdmin}, tk.ID); err != nil {
		t.Fatal(err)
	}
	if err := r.writeTicketMail(ctx, l, house.MailReceived); err != nil {
		t.Fatal(err)
	}
	if m, err := r.Store.Message(ctx, entries[0].ID); !errors.Is(err, candor.ErrNotFound) {
		t.Errorf("%+v, %v", m, err)
	}
}

// TestSampleScanned: a file that somebody hands in is looked at with the
// definitions in use.
func TestSampleScanned(t *testing.T) {
	r, _ := aDesk(t)
	ctx := context.WithoutCancel(t.Context())
	if err := checkDefinitions(ctx, r.House); err != nil {
		t.Fatal(err)
	}
	eicar := `X5O!P%@AP[4\PZX54(P^)7CC)7}$` + `EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*`
	for content, want := range map[string]candor.UploadState{eicar: candor.UploadFound, "nothing": candor.UploadQuiet} {
		tk, err := r.ReportSoftware(ctx, house.NewTicket{File: &house.Attachment{Name: "x.com", Content: []byte(content)}})
		if err != nil {
			t.Fatal(err)
		}
		files, err := r.Store.UploadsOfTicket(ctx, tk.ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.LookAtUpload(ctx, files[0].ID); err != nil {
			t.Fatal(err)
		}
		if u, err := r.Store.Upload(ctx, files[0].ID); err != nil || u.State != want || u.Generation == "" {
			t.Errorf("%.20q: %+v, %v", content, u, err)
		}
	}
}
