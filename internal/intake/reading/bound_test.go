package reading_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"candor/internal/intake"
	"candor/internal/intake/format/readers"
	"candor/internal/intake/freetext"
	"candor/internal/intake/kind"
	"candor/internal/intake/message"
	"candor/internal/intake/reading"
	"candor/internal/intake/wrap"
)

// real reads with all readers that there are.
func real(limits message.Limits) *reading.Reader {
	return &reading.Reader{Formats: readers.All(nil), Text: freetext.New(), Opener: wrap.New(wrap.Options{Now: time.Now, Limits: wrap.Limits{Message: limits}}),
		Ours: kind.Ours{Domains: []string{"desk.example"}}}
}

// with is a mail with a file.
func with(name, head, content string) string {
	return "From: a@b.example\r\nSubject: hosts\r\nMessage-ID: <1@b.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n" +
		"--x\r\nContent-Type: text/plain\r\n\r\nsee\r\n--x\r\n" + head + "\r\nContent-Disposition: attachment; filename=" + name + "\r\n\r\n" + content + "\r\n--x--\r\n"
}

// table has n rows, each of another address.
func table(n int) string {
	var b strings.Builder
	b.WriteString("timestamp,src_ip,category\n")
	for i := range n {
		fmt.Fprintf(&b, "2026-11-01T00:00:00Z,198.%d.%d.%d,spam\n", 18+i>>16&1, i>>8&255, i&255)
	}
	return b.String()
}

// TestLong: a table of more than 4 MiB is read in whole, and each event once.
func TestLong(t *testing.T) {
	const rows = 125_000
	seen, doubtful := map[string]bool{}, 0
	got, err := real(message.DefaultLimits()).Read(reading.Source{Body: strings.NewReader(with("hosts.csv", "Content-Type: text/csv", table(rows)))}, func(e intake.Event, sure bool) error {
		seen[e.About[0].Value] = true
		if !sure {
			doubtful++
		}
		return nil
	})
	if err != nil || len(seen) != rows || doubtful != 0 || got.Report.Person != "" || got.Mail.Truncated {
		t.Errorf("%v: %d of %d, %d not sure; %q", err, len(seen), rows, doubtful, got.Report.Person)
	}
}

// TestCut: of what is cut off nothing is sure, and no address is half of another.
func TestCut(t *testing.T) {
	limits := message.DefaultLimits()
	for what, change := range map[string]func(*message.Limits){
		"text":  func(l *message.Limits) { l.File = 30_003 },
		"bytes": func(l *message.Limits) { l.Bytes = 30_003 },
	} {
		t.Run(what, func(t *testing.T) {
			limits := limits
			change(&limits)
			n := 0
			got, err := real(limits).Read(reading.Source{Body: strings.NewReader(with("hosts.csv", "Content-Type: text/csv", table(1000)))}, func(e intake.Event, sure bool) error {
				if n++; sure {
					t.Fatalf("%v is sure", e.About)
				}
				return nil
			})
			if err != nil || n >= 1000 || got.Report.Person != "not all of it was read" || !got.Mail.Truncated {
				t.Errorf("%v: %d events; %q", err, n, got.Report.Person)
			}
		})
	}
}

// TestBomb: a small mail that unpacks to much takes bounded memory, and is for a
// person.
func TestBomb(t *testing.T) {
	for what, size := range map[string]int{"more than is unpacked": 110 << 20, "as much as is": 4 << 20} {
		t.Run(what, func(t *testing.T) {
			var packed bytes.Buffer
			w := gzip.NewWriter(&packed)
			header, rows, _ := strings.Cut(table(20_000), "\n")
			_, _ = w.Write([]byte(header + "\n")) // into memory
			block := []byte(rows)
			if size > 64<<20 {
				block = bytes.Repeat(block[:strings.IndexByte(rows, '\n')+1], 20_000)
			}
			for n := 0; n < size; n += len(block) {
				_, _ = w.Write(block)
			}
			w.Close()
			mail := with("hosts.csv.gz", "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64", base64.StdEncoding.EncodeToString(packed.Bytes()))
			var most uint64
			n := 0
			got, err := real(message.DefaultLimits()).Read(reading.Source{Body: strings.NewReader(mail)}, func(intake.Event, bool) error {
				if n%50_000 == 0 {
					var m runtime.MemStats
					runtime.GC()
					runtime.ReadMemStats(&m)
					most = max(most, m.HeapAlloc)
				}
				n++
				return nil
			})
			t.Logf("mail of %d bytes, %d events, heap %d MB, %q", len(mail), n, most>>20, got.Report.Person)
			if err != nil || most > 60<<20 || n > 300_000 || (size > 64<<20) != (got.Report.Person != "") {
				t.Errorf("%v: %d MB, %q", err, most>>20, got.Report.Person)
			}
		})
	}
}

// TestDoubt: what looks like an answer of a machine, and complains, is a report
// that a person has to look at.
func TestDoubt(t *testing.T) {
	for _, x := range []struct {
		name, mail string
		kind       kind.Kind
		person     string
	}{
		{"no sender", "Return-Path: <>\r\nFrom: Blocklist <reports@bl.example>\r\nSubject: Spam from 192.0.2.7\r\n\r\nYour host 192.0.2.7 sends us spam. Our warnings to you could not be delivered.\r\n", kind.Report, "it looks like a bounce: a mail server says that a mail was not delivered"},
		{"backscatter", "From: postmaster@victim.example\r\nTo: abuse@isp.example\r\nSubject: Abuse: spam from 192.0.2.7\r\n\r\nYour customer 192.0.2.7 floods us with backscatter:\r\n\r\nSubject: Undelivered Mail Returned to Sender\r\n", kind.Report, "it looks like a bounce: a mail server says that a mail was not delivered"},
		{"one click", "From: Brand Protection <notices@brand.example>\r\nSubject: Counterfeit shop https://shop.example/fake\r\nList-Unsubscribe: <https://u.example/1>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n\r\nFake shop: https://shop.example/fake sells counterfeits. Please remove it.\r\n", kind.Report, "it looks like a mail to many: one can unsubscribe from it with one click (RFC 8058)"},
		{"autorespond", "From: a@b.example\r\nSubject: Phishing at https://shop.example/x\r\nX-Autorespond: yes\r\n\r\nPhishing URL: https://shop.example/x\r\n\r\nPlease take this phishing page down.\r\n", kind.Report, "it looks like an automatic answer: it has X-Autorespond"},
		{"away", "From: a@b.example\r\nAuto-Submitted: auto-replied\r\nSubject: Away\r\n\r\nI am away until Monday.\r\n", kind.Automatic, ""},
		{"away, with our notice", "From: a@b.example\r\nAuto-Submitted: auto-replied\r\nIn-Reply-To: <01980000000070008000000000000001@desk.example>\r\nSubject: Away\r\n\r\nI am away.\r\n\r\n> https://shop.example/x is phishing.\r\n", kind.Automatic, ""},
		{"ours, returned as text", "From: MAILER-DAEMON@b.example\r\nSubject: failure notice\r\n\r\nHi. This is the qmail-send program at b.example.\r\n<c@b.example>: unknown\r\n\r\n--- Below this line is a copy of the message.\r\n\r\nMessage-ID: <01980000000070008000000000000001@desk.example>\r\n\r\nhttps://shop.example/x is phishing.\r\n", kind.Bounce, ""},
		{"a delivery status", "From: MAILER-DAEMON@b.example\r\nSubject: Undelivered: phishing at https://shop.example/x\r\nContent-Type: multipart/report; boundary=x\r\n\r\n--x\r\n\r\nhttps://shop.example/x is phishing.\r\n--x\r\nContent-Type: message/delivery-status\r\n\r\nAction: failed\r\n--x--\r\n", kind.Bounce, ""},
		{"a newsletter", "From: news@b.example\r\nList-Unsubscribe: <https://b.example/u>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nSubject: Our spring offers\r\n\r\nBuy two, get one: https://b.example/spring\r\n", kind.List, ""},
	} {
		events := 0
		got, err := real(message.DefaultLimits()).Read(reading.Source{Body: strings.NewReader(x.mail)}, func(_ intake.Event, sure bool) error {
			if events++; sure {
				t.Errorf("%s: an event is sure", x.name)
			}
			return nil
		})
		if err != nil || got.Kind != x.kind || got.Report.Person != x.person || (events > 0) != (x.kind == kind.Report) {
			t.Errorf("%s: %v, %s, %d events, a person looks since %q", x.name, err, got.Kind, events, got.Report.Person)
		}
	}
}

// TestOpen: opening reads no format.
func TestOpen(t *testing.T) {
	m, problems, err := reader(formats{err: fmt.Errorf("nobody reads")}).Open(strings.NewReader(plain))
	if err != nil || m.Subject != "Port scan from 203.0.113.9" || len(problems) != 0 {
		t.Errorf("%v, %v, %q", m, err, problems)
	}
	if _, _, err := reader(formats{}).Open(strings.NewReader("no mail")); err == nil {
		t.Error("what is no mail is opened")
	}
}

func TestIsFile(t *testing.T) {
	for _, x := range []struct {
		source reading.Source
		file   bool
	}{
		{reading.Source{}, false},
		{reading.Source{Type: "message/rfc822"}, false},
		{reading.Source{Type: "Message/RFC822; charset=utf-8"}, false},
		{reading.Source{Type: "application/octet-stream"}, true},
		{reading.Source{Type: "rubbish;;"}, true},
		{reading.Source{Name: "a.csv"}, true},
	} {
		if got := x.source.IsFile(); got != x.file {
			t.Errorf("%+v: %v", x.source, got)
		}
	}
}
