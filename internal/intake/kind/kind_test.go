package kind

import (
	"bytes"
	"strings"
	"testing"

	"candor/internal/intake/message"
)

const id = "0190aaaabbbbccccddddeeeeffff0001@desk.example.org"

var ours = Ours{Domains: []string{"desk.example.org"}}

func multi(kind string, parts ...string) string {
	return "Content-Type: multipart/" + kind + "; boundary=b\n\n--b\n" + strings.Join(parts, "\n--b\n") + "\n--b--\n"
}

// samples are mails, what they are, and which mail of ours they name.
var samples = []struct {
	name, raw string
	kind      Kind
	id        string
}{
	{"a report", "From: a@example.net\nSubject: attack from 192.0.2.1\n\nPlease look.\n", Report, ""},
	{"a monitor's report", "From: fail2ban@example.net\nAuto-Submitted: auto-generated\nSubject: [abuse] ssh\n\nlog\n", Report, ""},
	{"ARF, marked as bulk", "From: fbl@example.net\nPrecedence: bulk\nList-Unsubscribe: <mailto:x@example.net>\nReturn-Path: <>\nSubject: complaint\n" + multi("report; report-type=feedback-report", "\nwords", "Content-Type: message/feedback-report\n\nFeedback-Type: abuse\nVersion: 1\n", "Content-Type: message/rfc822\n\nSubject: spam\n\n"), Report, ""},
	{"a report with no return path", "Return-Path: <>\nFrom: bot@example.net\nSubject: phishing\n\nhttp://x.example\n", Report, ""},
	{"a postmaster's report", "From: postmaster@example.net\nSubject: spam from 192.0.2.1\n\nYour customer sends spam.\n", Report, ""},
	{"a report by a list that can be left", "From: r@example.net\nList-Unsubscribe: <mailto:x@example.net>\nPrecedence: bulk\nSubject: Abuse from 192.0.2.1\n\nlog\n", Report, ""},
	{"a report in another's ticket", "From: r@example.net\nSubject: [X#12345] abuse\nReferences: <5@example.net>\n\nlog\n", Report, ""},
	{"a report with a bounce attached", "From: r@example.net\nSubject: look\n" + multi("mixed", "\nthis came", "Content-Type: message/rfc822\nContent-Disposition: attachment\n\nFrom: MAILER-DAEMON@x\nContent-Type: message/delivery-status\n\nAction: failed\n"), Report, ""},
	{"a delivery status", "From: MAILER-DAEMON@example.net\nAuto-Submitted: auto-replied\nSubject: Undelivered Mail\n" + multi("report; report-type=delivery-status", "\nfailed", "Content-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\nAction: failed\nStatus: 5.1.1\n", "Content-Type: message/rfc822\n\nMessage-ID: <"+id+">\nSubject: our notice C-1234\n\n"), Bounce, id},
	{"a delivery status in UTF-8", "From: x@example.net\n" + multi("report", "\n", "Content-Type: message/global-delivery-status\n\nAction: delayed\n"), Bounce, ""},
	{"exim", "From: Mail Delivery System <Mailer-Daemon@example.net>\nX-Failed-Recipients: a@example.com\nAuto-Submitted: auto-replied\nSubject: Mail delivery failed: returning message to sender\n\nThis message was created automatically\n", Bounce, ""},
	{"qmail", "From: x@example.net\nSubject: failure notice\n\nHi. This is the qmail-send program at example.net.\n<a@example.com>:\n", Bounce, ""},
	{"exchange in german", "Return-Path: <>\nFrom: server@example.net\nSubject: Unzustellbar: Hinweis\n\nwords\n", Bounce, ""},
	{"late", "From: MAILER-DAEMON@example.net\nSubject: Warning: could not send message for past 4 hours\n\nx\n", Bounce, ""},
	{"away", "From: a@example.net\nAuto-Submitted: auto-replied\nIn-Reply-To: <" + id + ">\nSubject: Re: notice [C-1234]\n\nI am away\n", Automatic, id},
	{"away, vacation", "From: a@example.net\nAuto-Submitted: auto-replied (vacation)\n\nI am away\n", Automatic, ""},
	{"away, exchange", "From: a@example.net\nX-Auto-Response-Suppress: All\nSubject: Automatic reply: notice\n\nI am away\n", Automatic, ""},
	{"away, old", "From: a@example.net\nPrecedence: auto_reply\nSubject: x\n\nI am away\n", Automatic, ""},
	{"away, french", "From: a@example.net\nReferences: <1@example.org>\nSubject: =?utf-8?q?R=C3=A9ponse_automatique=3A_x?=\n\nx\n", Automatic, ""},
	{"a ticket system", "From: a@example.net\nX-Autoreply: yes\nSubject: [1] received\n\nWe got it\n", Automatic, ""},
	{"a person about being away", "From: a@example.net\nSubject: Out of office laptop sends spam\n\nx\n", Report, ""},
	{"an invitation", "From: a@example.net\nSubject: meet\n" + multi("alternative", "\nmeet", "Content-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR\n"), Calendar, ""},
	{"an answer to one", "From: a@example.net\nContent-Type: text/calendar\n\nBEGIN:VCALENDAR\nMETHOD:REPLY\n", Calendar, ""},
	{"a calendar as a file", "From: a@example.net\nSubject: phishing by calendars\n" + multi("mixed", "\nsee", "Content-Type: text/calendar\n\nBEGIN:VCALENDAR\nMETHOD:PUBLISH\n"), Report, ""},
	{"a reply", "From: a@example.net\nReferences: <1@example.net> <" + id + "> <2@example.net>\nSubject: Re: notice\n\nDone.\n", Reply, id},
	{"a reply to another's", "From: a@example.net\nIn-Reply-To: <0190aaaabbbbccccddddeeeeffff0001@other.example>\nSubject: Re: notice\n\nDone.\n", Report, ""},
	{"a receipt", "From: a@example.net\nSubject: Read: notice\n" + multi("report; report-type=disposition-notification", "\nread", "Content-Type: message/disposition-notification\n\nOriginal-Message-ID: <"+id+">\nDisposition: manual-action/MDN-sent-manually; displayed\n"), Receipt, id},
	{"a newsletter", "From: news@example.net\nList-Unsubscribe: <https://x.example>\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\nSubject: Our spring offers\n\nBuy\n", List, ""},
	{"a list", "From: a@example.net\nList-Id: <talk.example.net>\nList-Unsubscribe: <mailto:x>\nPrecedence: list\nSubject: lunch\n\nx\n", List, ""},
	{"marketing", "From: a@example.net\nList-Unsubscribe: <mailto:x>\nContent-Type: text/html\nSubject: Hosting summit\n\n<p>Buy</p><a href=x>View in browser</a>\n", List, ""},
	{"nothing", "From: a@example.net\n\n", Report, ""},
}

func TestTell(t *testing.T) {
	for _, c := range samples {
		t.Run(c.name, func(t *testing.T) {
			m, err := message.Read(strings.NewReader(c.raw), message.DefaultLimits())
			if err != nil {
				t.Fatal(err)
			}
			v := Tell(m, ours)
			if v.Kind != c.kind || v.Message != c.id || v.Reason == "" {
				t.Errorf("it is %+v", v)
			}
		})
	}
}

func FuzzTell(f *testing.F) {
	for _, c := range samples {
		f.Add([]byte(c.raw))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := message.Read(bytes.NewReader(raw), message.Limits{Parts: 20, Depth: 4, Text: 1 << 16, Bytes: 1 << 18})
		if err != nil {
			return
		}
		if v := Tell(m, ours); v.Kind == "" || v.Reason == "" {
			t.Errorf("it is %+v", v)
		}
	})
}
