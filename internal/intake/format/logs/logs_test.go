package logs

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"candor"
	"candor/internal/intake"
	"candor/internal/intake/format"
	"candor/internal/intake/format/formattest"
	"candor/internal/intake/message"

	"github.com/google/go-cmp/cmp"
)

func sample(t testing.TB, name string) []byte {
	content, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// short tells an event in a line.
func short(e intake.Event) string {
	text := []string{string(e.Class), fmt.Sprint(e.Count)}
	for _, w := range []*intake.When{e.First, e.Last} {
		switch {
		case w == nil:
			text = append(text, "-")
		case w.Time.IsZero():
			text = append(text, w.Text+" ?")
		default:
			text = append(text, w.Time.Format("2006-01-02T15:04:05Z07:00"))
		}
	}
	for _, r := range append(e.About, e.Others...) {
		text = append(text, fmt.Sprintf("%s %s %d", r.Role, r.Value, r.Port))
	}
	return strings.Join(text, "; ")
}

func readFile(name string, content []byte) (all []intake.Event, err error) {
	_, err = File{}.Read(format.NewFile(name, "", bytes.NewReader(content)), func(e intake.Event) error {
		all = append(all, e)
		return nil
	})
	return all, err
}

func readMail(content []byte) (report intake.Report, all []intake.Event, err error) {
	m, err := message.Read(bytes.NewReader(content), message.DefaultLimits())
	if err != nil {
		return report, nil, err // no mail, which only fuzzing makes
	}
	report, err = Mail{}.Read(m, func(e intake.Event) error {
		all = append(all, e)
		return nil
	})
	return report, all, err
}

func told(all []intake.Event) (lines []string) {
	for _, e := range all {
		lines = append(lines, short(e))
	}
	return lines
}

var files = map[string][]string{
	"sshd.log": {
		"intrusion-attempts/brute-force; 4; Jan  1 03:58:41 ?; Jan  1 04:03:14 ?; source 192.0.2.10 0",
		"intrusion-attempts/brute-force; 1; Jan  1 04:07:50 ?; Jan  1 04:07:50 ?; source 2001:db8::99 33218",
		"intrusion-attempts/brute-force; 1; Jan  1 04:09:00 ?; Jan  1 04:09:00 ?; source 192.0.2.11 0",
	},
	"fail2ban.log": {
		"intrusion-attempts/brute-force; 3; 2026-01-01 00:00:01,123 ?; 2026-01-01 00:00:05,001 ?; source 192.0.2.20 0",
		"intrusion-attempts/exploit; 1; 2026-01-01 00:11:00,001 ?; 2026-01-01 00:11:00,001 ?; source 2001:db8::20 0",
	},
	"access.log": {
		"intrusion-attempts/brute-force; 2; 2026-01-01T00:00:00Z; 2026-01-01T00:00:02Z; source 192.0.2.30 0",
		"intrusion-attempts/exploit; 1; 2026-01-01T00:00:03Z; 2026-01-01T00:00:03Z; source 192.0.2.31 0",
		"information-gathering/scanner; 1; 2026-01-01T00:00:04Z; 2026-01-01T00:00:04Z; source 192.0.2.32 0",
	},
	"forwarded.log": {
		"intrusion-attempts/brute-force; 2; 2026-01-01T00:00:00Z; 2026-01-01T00:00:01Z; source 192.0.2.35 0; relay 198.51.100.80 0; relay 198.51.100.81 0",
	},
	"mail.log": {
		"intrusion-attempts/brute-force; 2; 2026-01-01T04:00:00Z; 2026-01-01T04:00:01Z; source 192.0.2.40 0",
		"abusive-content/spam; 1; 2026-01-01T04:00:02Z; 2026-01-01T04:00:02Z; source 192.0.2.41 4711",
		"intrusion-attempts/brute-force; 1; 2026-01-01T04:00:03Z; 2026-01-01T04:00:03Z; source 192.0.2.42 0; victim 198.51.100.25 0",
		"abusive-content/spam; 1; 2026-01-01T04:00:04Z; 2026-01-01T04:00:04Z; source 192.0.2.43 5555",
		"intrusion-attempts/brute-force; 1; 2026-01-01T04:00:05Z; 2026-01-01T04:00:05Z; source 192.0.2.44 0",
	},
	"other.log": {
		"intrusion-attempts/brute-force; 1; 2026/01/01 06:00:00 ?; 2026/01/01 06:00:00 ?; source 192.0.2.50 0",
		"intrusion-attempts/exploit; 1; Thu Jan 01 06:00:01.123456 2026 ?; Thu Jan 01 06:00:01.123456 2026 ?; source 192.0.2.51 40000",
		"information-gathering/scanner; 1; Jan  1 06:00:02 ?; Jan  1 06:00:02 ?; source 192.0.2.52 50000; victim 198.51.100.9 0",
		"intrusion-attempts/brute-force; 1; Jan  1 06:00:03 ?; Jan  1 06:00:03 ?; source 192.0.2.53 5061",
		"intrusion-attempts/brute-force; 1; Thu Jan  1 06:00:04 2026 ?; Thu Jan  1 06:00:04 2026 ?; source 192.0.2.54 0",
		"intrusion-attempts/brute-force; 1; 2026-01-01 06:00:05 ?; 2026-01-01 06:00:05 ?; source 192.0.2.55 0",
		"abusive-content/spam; 1; 2026-01-01 06:00:06 ?; 2026-01-01 06:00:06 ?; source 192.0.2.56 0",
	},
}

func TestFile(t *testing.T) {
	for name, want := range files {
		content := sample(t, name)
		if !(File{}).Knows(format.NewFile(name, "", bytes.NewReader(content))) {
			t.Errorf("%s is not known", name)
		}
		got, err := readFile(name, content)
		if d := cmp.Diff(want, told(got)); d != "" || err != nil {
			t.Errorf("%s: %v\n%s", name, err, d)
		}
	}
}

func TestFilePacked(t *testing.T) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(sample(t, "sshd.log")); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if !(File{}).Knows(format.NewFile("auth.log.1.gz", "", bytes.NewReader(b.Bytes()))) {
		t.Error("not known")
	}
	if all, err := readFile("auth.log.1.gz", b.Bytes()); err != nil || len(all) != 3 {
		t.Errorf("%v, %v", all, err)
	}
}

func TestFileOther(t *testing.T) {
	for _, text := range []string{"", "Dear abuse team,\nplease look at 192.0.2.1, it was banned.\n", "ip,time\n192.0.2.1,2026-01-01 00:00:00\n",
		"Jan  1 04:00:00 web3 CRON[1]: session opened\n", "Jan  1 04:08:00 web3 sshd[1]: Accepted publickey for admin from 198.51.100.1 port 4 ssh2\n"} {
		if (File{}).Knows(format.NewFile("", "", strings.NewReader(text))) {
			t.Errorf("%q is known", text)
		}
		if _, err := readFile("", []byte(text)); !errors.Is(err, format.ErrOther) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestFileText(t *testing.T) {
	lines := strings.Repeat("Jan  1 04:08:00 web3 sshd[1]: Failed password for admin from 192.0.2.1 port 4 ssh2\n", 9)
	text := "It is all day like this, and it takes what we pay for:\n" + lines + "My own address is 198.51.100.1, which you see above as well.\n"
	for _, c := range []struct {
		name, kind, text string
		want             bool
	}{{"auth.log", "text/plain", text, true}, {"", "text/plain", text, false}, {"", "text/plain", "Hi,\n" + lines + "Bob\n", true}} {
		if got := (File{}).Knows(format.NewFile(c.name, c.kind, strings.NewReader(c.text))); got != c.want {
			t.Errorf("%q, %q is known: %v", c.name, c.text, got)
		}
	}
}

func TestFileConfidence(t *testing.T) {
	for name, want := range map[string]int{"sshd.log": sure, "access.log": fair, "forwarded.log": unsure} {
		report, err := File{}.Read(format.NewFile(name, "", bytes.NewReader(sample(t, name))), func(intake.Event) error { return nil })
		if err != nil || report.Confidence != want {
			t.Errorf("%s: %+v, %v", name, report, err)
		}
	}
}

func TestFileBounds(t *testing.T) {
	var b strings.Builder
	b.WriteString(strings.Repeat("x", 3*mostLine) + "\n")
	for i := range mostSources + 5 {
		fmt.Fprintf(&b, "Jan  1 03:58:41 web3 sshd[1]: Failed password for root from 10.0.%d.%d port 41822 ssh2\n", i>>8, i&255)
	}
	all, err := readFile("", []byte(b.String()))
	if err != nil || len(all) != mostSources+5 {
		t.Errorf("%d events, %v", len(all), err)
	}
	stop := errors.New("stop")
	_, err = File{}.Read(format.NewFile("a", "", strings.NewReader(b.String())), func(intake.Event) error { return stop })
	if !errors.Is(err, stop) {
		t.Errorf("%v", err)
	}
}

var mails = map[string][]string{
	"banned.eml":   {"intrusion-attempts/brute-force; 5; 2026-01-01T10:59:41Z; 2026-01-01T11:00:05Z; source 192.0.2.60 0"},
	"plain.eml":    {"intrusion-attempts/brute-force; 3; -; 2026-01-01T12:00:05Z; source 2001:db8::61 0"},
	"summary.eml":  {"intrusion-attempts/exploit; 5; -; 2026-01-01T12:00:00Z; source 192.0.2.62 0", "intrusion-attempts/exploit; 7; -; Thu Jan  1 12:30:00 CET 2026 ?; source 192.0.2.63 0", "intrusion-attempts/exploit; 1; -; Thu 01 Jan 2026 12:40:00 PM ?; source 192.0.2.64 0"},
	"complain.eml": {"intrusion-attempts/brute-force; 2; 2026-01-01T10:00:00Z; 2026-01-01T10:05:00Z; source 192.0.2.65 0"},
	"lines.eml":    {"intrusion-attempts/brute-force; 2; Jan  1 03:58:41 ?; Jan  1 03:58:45 ?; source 192.0.2.66 41822"},
}

func TestMail(t *testing.T) {
	for name, want := range mails {
		report, all, err := readMail(sample(t, name))
		if d := cmp.Diff(want, told(all)); d != "" || err != nil || report.Format != Format || report.Reporter == "" {
			t.Errorf("%s: %+v, %v\n%s", name, report, err, d)
		}
	}
}

func TestMailOther(t *testing.T) {
	for _, text := range []string{"", "Hi,\n\nThe jail sshd has been started successfully.\n\nRegards,\n\nFail2Ban", "192.0.2.1 attacked us.",
		"A bot of yours takes all of our bandwidth, look at what it does all day:\n" + strings.Repeat("192.0.2.32 - - [01/Jan/2026:01:00:04 +0100] \"GET /.env HTTP/1.1\" 404 153 \"-\" \"-\"\n", 20),
		"192.0.2.32 - - [01/Jan/2026:01:00:04 +0100] \"GET /index.html HTTP/1.1\" 200 153 \"-\" \"-\"\n",
		"The IP x.y has just been banned by Fail2Ban after 5 attempts against sshd."} {
		if _, _, err := readMail([]byte("Subject: x\n\n" + text)); !errors.Is(err, format.ErrOther) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// Attackers choose names of users and may write addresses of others there.
func TestForged(t *testing.T) {
	for line, want := range map[string]string{
		"Jan  1 00:00:00 srv sshd[1]: Failed password for invalid user test from 198.51.100.1 port 5 ssh2 from 192.0.2.1 port 6 ssh2":      "",
		"Jan  1 00:00:00 srv sshd[1]: Failed password for root from 192.0.2.1 port 6 ssh2: ruser x from 198.51.100.1":                      "",
		"Jan  1 00:00:00 srv sshd[1]: Connection closed by invalid user a 198.51.100.1 port 5 192.0.2.1 port 6 [preauth]":                  "",
		"Jan  1 00:00:00 srv pam: pam_unix(a:auth): authentication failure; ruser=a rhost=198.51.100.1 rhost=192.0.2.1":                    "",
		"2026/01/01 00:00:00 [error] 1#1: *1 user \"a, client: 198.51.100.1\": password mismatch, client: 192.0.2.1, server: b":            "",
		"2026-01-01 00:00:00 plain authenticator failed for ([198.51.100.1]) [192.0.2.1]:5 I=[198.51.100.2]:25: 535 Incorrect (set_id=a)":  "192.0.2.1",
		"[Thu Jan 01 00:00:00 2026] [error] [client 192.0.2.1] File does not exist: /x[client 198.51.100.1] user a not found":              "192.0.2.1",
		"Jan  1 00:00:00 srv proftpd[1] srv (::ffff:192.0.2.1[::ffff:192.0.2.1]): USER a (x[198.51.100.1]): no such user found":            "192.0.2.1",
		"Jan  1 00:00:00 mx postfix/smtpd[1]: NOQUEUE: reject: RCPT from unknown[192.0.2.1]: 554 from=<a@b.example> helo=<[198.51.100.1]>": "192.0.2.1",
		"Jan  1 00:00:00 srv sshd[1]: Failed password for root from 192.0.2.1 port 6 ssh2":                                                 "192.0.2.1",
		"Jan  1 00:00:00 srv sshd[1]: Received disconnect from 192.0.2.1 port 7:11: Bye Bye [preauth]":                                     "192.0.2.1",
	} {
		got := ""
		if h, ok := read(line); ok {
			got = h.source.Value
		}
		if got != want {
			t.Errorf("%s: %q", line, got)
		}
	}
}

func TestJailClass(t *testing.T) {
	for name, want := range map[string]candor.Class{"sshd": bruteForce, "postfix-sasl": bruteForce, "postfix": candor.Spam, "nginx-http-auth": bruteForce, "nginx-botsearch": candor.Exploit,
		"apache-badbots": scanner, "nginx-limit-req": dos, "recidive": bruteForce, "my-jail": candor.Undetermined, "": candor.Undetermined} {
		if got := jailClass(name); got != want {
			t.Errorf("%s is %s", name, got)
		}
	}
}

func fine(t *testing.T, all []intake.Event) {
	for _, e := range all {
		formattest.Event(t, e)
		if len(e.About) != 1 || e.About[0].Role != intake.Source {
			t.Errorf("%+v", e)
		}
	}
}

func FuzzFile(f *testing.F) {
	for name := range files {
		f.Add(sample(f, name))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		File{}.Knows(format.NewFile("", "", bytes.NewReader(content)))
		all, _ := readFile("", content)
		fine(t, all)
	})
}

func FuzzMail(f *testing.F) {
	for name := range mails {
		f.Add(sample(f, name))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		_, all, _ := readMail(content)
		fine(t, all)
	})
}
