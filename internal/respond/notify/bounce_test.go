package notify_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"candor"
	"candor/internal/respond/notify"
	"candor/internal/respond/notify/smtptest"
)

const (
	tag = "019ab532d9c073d5960db80501011d6a"
	id  = tag + "@example.net"
)

func TestParseBounce(t *testing.T) {
	want := map[string]notify.Bounce{
		"postfix": {Kind: notify.BounceFailed, Recipient: "gone@shop.example", Status: "5.1.1",
			Diagnostic: "550 5.1.1 <gone@shop.example>: Recipient address rejected: User unknown"},
		"postfix-delayed": {Kind: notify.BounceDelayed, Recipient: "slow@shop.example", Status: "4.4.1",
			Diagnostic: "connect to mail.shop.example[192.0.2.1]:25: Connection timed out"},
		"exim": {Kind: notify.BounceFailed, Recipient: "gone@shop.example", Status: "5.1.1",
			Diagnostic: "550 5.1.1 no mailbox here by that name"},
		"exim-delayed": {Kind: notify.BounceDelayed, Recipient: "slow@shop.example", Status: "4.7.1",
			Diagnostic: "Delay reason: SMTP error from remote mail server: 451 4.7.1 Greylisted"},
		"qmail": {Kind: notify.BounceFailed, Recipient: "gone@shop.example", Status: "5.1.1",
			Diagnostic: "Remote host said: 550 sorry, no mailbox here by that name (#5.1.1)"},
		"exchange": {Kind: notify.BounceFailed, Recipient: "gone@shop.example", Status: "5.1.10",
			Diagnostic: "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup"},
		"international": {Kind: notify.BounceFailed, Recipient: "联系@例子.例", Status: "5.6.7", Diagnostic: "550 5.6.7 no SMTPUTF8"},
		"delivered":     {Kind: notify.BounceDelivered, Recipient: "here@shop.example", Status: "2.0.0"},
		"several":       {Kind: notify.BounceFailed, Recipient: "gone@shop.example", Status: "5.2.2"},
		"away":          {Kind: notify.BounceReply},
		"away-exchange": {Kind: notify.BounceReply},
		"read":          {Kind: notify.BounceReply},
		"person":        {Kind: notify.BounceOther},
	}
	unnamed := map[string]bool{"delivered": true, "several": true, "exim-delayed": true} // only the tag tells
	files, err := filepath.Glob("testdata/bounce/*.eml")
	if err != nil || len(files) != len(want) {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".eml")
		w := want[name]
		w.Tag = tag
		if !unnamed[name] {
			w.MessageID = id
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for form, data := range map[string][]byte{
			"as it is": data, "CRLF": bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n")), "mbox": append([]byte("From MAILER-DAEMON Mon Nov 24\n"), data...),
		} {
			got, err := notify.ParseBounce(bytes.NewReader(data))
			if diff := cmp.Diff(w, got); diff != "" || err != nil {
				t.Errorf("%s, %s: %v\n%s", name, form, err, diff)
			}
		}
	}
}

func TestParseBounceFails(t *testing.T) {
	for _, s := range []string{"", "no mail at all", "\x00\x01"} {
		if _, err := notify.ParseBounce(strings.NewReader(s)); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("%q: %v", s, err)
		}
	}
	broken := errors.New("broken pipe")
	if _, err := notify.ParseBounce(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Error(err)
	}
	endless := io.MultiReader(strings.NewReader("To: x\n\n"), endlessly('x'))
	if _, err := notify.ParseBounce(endless); err != nil {
		t.Error(err)
	}
}

type endlessly byte

func (e endlessly) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(e)
	}
	return len(p), nil
}

func FuzzParseBounce(f *testing.F) {
	files, err := filepath.Glob("testdata/bounce/*.eml")
	if err != nil || len(files) == 0 {
		f.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := notify.ParseBounce(bytes.NewReader(data))
		if err != nil {
			return
		}
		if b.Kind == "" || b.Tag != "" && len(b.Tag) != 32 {
			t.Fatalf("%+v", b)
		}
		for _, s := range []string{b.Recipient, b.Status, b.Diagnostic, b.Reason()} {
			if strings.ContainsAny(s, "\r\n\x00") || !utf8.ValidString(s) || len(s) > 2000 {
				t.Fatalf("%+v", b)
			}
		}
	})
}

func TestRecord(t *testing.T) {
	w := newWorld(t, smtptest.Options{}, nil)
	r := w.planned(t, notify.Options{})
	if err := w.apply(t, &r); err != nil {
		t.Fatal(err)
	}
	m := w.messages.all()[0]
	tag := strings.ReplaceAll(string(m.ID), "-", "")
	for _, kind := range []notify.BounceKind{notify.BounceDelayed, notify.BounceDelivered, notify.BounceReply, notify.BounceOther} {
		if got, err := w.method.Record(t.Context(), notify.Bounce{Kind: kind, Tag: tag}); err != nil || got.State != candor.MessageSent {
			t.Errorf("%s: %+v, %v", kind, got, err)
		}
	}
	for range 2 {
		got, err := w.method.Record(t.Context(), notify.Bounce{Kind: notify.BounceFailed, Tag: tag, Status: "5.1.1", Diagnostic: "no such user"})
		if err != nil || got.State != candor.MessageBounced || got.Error != "5.1.1 no such user" || !got.Bounced.Equal(began) {
			t.Errorf("%+v, %v", got, err)
		}
	}
	if err := w.method.Verify(t.Context(), r); err == nil || !strings.Contains(err.Error(), "no such user") {
		t.Errorf("verify: %v", err)
	}
	for _, b := range []notify.Bounce{{Kind: notify.BounceFailed}, {Kind: notify.BounceFailed, Tag: strings.Repeat("0", 32), MessageID: "x@y"}} {
		if _, err := w.method.Record(t.Context(), b); !errors.Is(err, candor.ErrNotFound) || candor.Hint(err) == "" {
			t.Error(err)
		}
	}
}
