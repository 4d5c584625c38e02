package message_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"candor/internal/intake/message"
)

func read(t *testing.T, raw string) *message.Message {
	t.Helper()
	m, err := message.Read(strings.NewReader(raw), message.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func crlf(lines ...string) string { return strings.Join(lines, "\r\n") + "\r\n" }

// TestRead takes apart what is well formed.
func TestRead(t *testing.T) {
	m := read(t, crlf(
		"Received: from a.example ([192.0.2.1])", "\tby b.example; Sun, 01 Feb 2026 22:25:38 +0000",
		"From: =?utf-8?q?J=C3=B6rg?= <joerg@example.org>", "To: abuse@isp.example, noc@isp.example",
		"Subject: =?gb2312?B?zba7rA==?=", "Date: Sun, 01 Feb 2026 23:25:00 +0100", "Message-ID: <1@example.org>", "In-Reply-To: <0@isp.example>",
		`Content-Type: multipart/mixed; boundary="b"`, "", "preamble", "--b",
		"Content-Type: text/plain; charset=koi8-r", "Content-Transfer-Encoding: base64", "", "8NLJ18XU", "--b",
		`Content-Type: text/plain; name="auth.log"`, "Content-Disposition: attachment", "Content-Transfer-Encoding: quoted-printable", "", "a=3Db =", "c", "--b",
		"Content-Type: message/rfc822", "", "Subject: inner", "", "text", "--b",
		`Content-Type: application/octet-stream; name="..\..\x.bin"`, "Content-Transfer-Encoding: base64", "", "AAEC", "--b--"))
	if m.Subject != "投滑" || m.From[0].Name != "Jörg" || len(m.To) != 2 || m.ID != "1@example.org" || m.References[0] != "0@isp.example" || !m.Date.Equal(time.Date(2026, 2, 1, 22, 25, 0, 0, time.UTC)) {
		t.Errorf("the header is %+v", m)
	}
	if got := m.Get("received"); !strings.Contains(got, "by b.example") {
		t.Errorf("the unfolded field is %q", got)
	}
	if len(m.Parts) != 4 || len(m.Problems) != 0 {
		t.Fatalf("there are %d parts, problems %q", len(m.Parts), m.Problems)
	}
	if p := m.Parts[0]; p.Text != "Привет\n" && p.Text != "Привет" || !p.Inline {
		t.Errorf("the text is %q", p.Text)
	}
	if p := m.Parts[1]; p.Text != "a=b c\n" && p.Text != "a=b c" || p.Inline || p.Name != "auth.log" {
		t.Errorf("the log is %+v", p)
	}
	if p := m.Parts[2]; p.Message == nil || p.Message.Subject != "inner" {
		t.Errorf("the inner mail is %+v", p)
	}
	if p := m.Parts[3]; !bytes.Equal(p.Bytes, []byte{0, 1, 2}) || p.Name != "x.bin" {
		t.Errorf("the attachment is %+v", p)
	}
}

// TestDamaged reads what others send all the same.
func TestDamaged(t *testing.T) {
	for _, c := range []struct{ name, raw, text, problem string }{
		{"no empty line", "From: a@example.org\nSubject: x\nHello there, this is no field\n", "Hello there, this is no field\n", ""},
		{"cut off", "Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\n\ntwo", "one\n", "boundary is missing"},
		{"bad base64", "Subject: x\nContent-Transfer-Encoding: base64\n\naGVs!bG8=\n", "hello", ""},
		{"bad quoted-printable", "Subject: x\nContent-Transfer-Encoding: quoted-printable\n\na=ZZ=3D\n", "a=ZZ=\n", ""},
		{"utf-8 called latin1", "Subject: x\nContent-Type: text/plain; charset=iso-8859-1\n\nJörg\n", "Jörg\n", ""},
		{"unknown charset", "Subject: x\nContent-Type: text/plain; charset=x-none\n\nJ\xf6rg\n", "Jörg\n", ""},
		{"bad content type", "Subject: x\nContent-Type: text/html; charset=\"\n\n<p>a\n", "<p>a\n", "not readable"},
		{"mbox", "From someone Mon Jan 1\nSubject: x\n\nbody\n", "body\n", ""},
		{"zero width", "Subject: x\n\n192.0\u200b.2.1\n", "192.0.2.1\n", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := read(t, c.raw)
			if len(m.Parts) == 0 || m.Parts[0].Text != c.text {
				t.Errorf("the parts are %+v, not %q", m.Parts, c.text)
			}
			if c.problem != "" && !strings.Contains(strings.Join(m.Problems, "\n"), c.problem) {
				t.Errorf("the problems are %q", m.Problems)
			}
		})
	}
	if _, err := message.Read(strings.NewReader("just text\n"), message.DefaultLimits()); err != message.ErrNoMail {
		t.Errorf("what is no mail gives %v", err)
	}
}

// TestBounds: what exceeds them is left out, and said.
func TestBounds(t *testing.T) {
	deep := "Subject: 0\n\nx"
	for range 40 {
		deep = "Content-Type: message/rfc822\n\n" + deep
	}
	wide := "Content-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat("--b\n\nx\n", 800) + "--b--\n"
	for name, raw := range map[string]string{"deep": deep, "wide": wide, "long": "Subject: x\n\n" + strings.Repeat("a", 5<<20)} {
		if m := read(t, raw); len(m.Problems) == 0 {
			t.Errorf("%s: nothing is said of what was left out", name)
		}
	}
}

// TestAutomatic tells mails of programs apart.
func TestAutomatic(t *testing.T) {
	for raw, want := range map[string]bool{
		"Auto-Submitted: auto-replied\n\n": true, "Auto-Submitted: no\n\n": false, "Precedence: bulk\n\n": true, "Return-Path: <>\n\n": true, "Subject: x\n\n": false,
		"Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\nAction: failed\n--b--\n": true,
	} {
		if got := read(t, raw).Automatic(); got != want {
			t.Errorf("%q is automatic: %v", raw, got)
		}
	}
}

// TestPlain shows HTML as it is seen.
func TestPlain(t *testing.T) {
	for markup, want := range map[string]string{
		`<p>One<br>two &amp; three</p><p>four`:                                                    "One\ntwo & three\nfour\n",
		`<table><tr><td>IP</td><td>192.0.2.1</td></tr><tr><td>b</td></tr></table>`:                "IP\t192.0.2.1\nb\n",
		`<a href="https://x.example/a">click</a> here`:                                            "click <https://x.example/a> here\n",
		`<a href="https://x.example/">x.example</a>`:                                              "x.example\n",
		`<style>p{}</style><script>1</script><div style="display: none">no<div>no</div></div>yes`: "yes\n",
		`<blockquote>said<blockquote>before</blockquote></blockquote>`:                            "> said\n> > before\n",
		"<pre>a  b\n c</pre>": "a  b\n c\n",
	} {
		if diff := cmp.Diff(want, message.Plain(markup)); diff != "" {
			t.Errorf("%s:\n%s", markup, diff)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html\n\n<p>x\n--b--\n"))
	f.Add([]byte("From a\nSubject: =?utf-8?b?zba7?=\nContent-Transfer-Encoding: base64\n\nAAAA\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := message.Read(bytes.NewReader(raw), message.Limits{Parts: 20, Depth: 4, Text: 1 << 16, Bytes: 1 << 18})
		if err != nil {
			return
		}
		for _, p := range m.Parts {
			if strings.ContainsRune(p.Text, 0) {
				t.Error("a text holds a zero byte")
			}
			if p.Type == "text/html" {
				message.Plain(p.Text)
			}
		}
	})
}

func TestLinesEndInCarriageReturns(t *testing.T) {
	m, err := message.Read(strings.NewReader("From: a@b.example\rSubject: one\r\rtwo\rthree\r"), message.DefaultLimits())
	if err != nil || m.Subject != "one" || m.Parts[0].Text != "two\nthree\n" {
		t.Errorf("%v %+v", err, m)
	}
}

// TestTruncated: whatever exceeds a limit is told, also of mails within; texts end
// with a whole line.
func TestTruncated(t *testing.T) {
	raw := "From: a@b.example\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\none\ntwo\nthree\n--x\nContent-Type: message/rfc822\n\nSubject: y\n\nfour\nfive and six\n--x--\n"
	whole := message.Limits{Parts: 10, Depth: 5, Text: 100, Bytes: 1000}
	for what, change := range map[string]func(*message.Limits){
		"nothing": func(*message.Limits) {},
		"text":    func(l *message.Limits) { l.Text = 15 },
		"parts":   func(l *message.Limits) { l.Parts = 1 },
		"bytes":   func(l *message.Limits) { l.Bytes = 30 },
		"depth":   func(l *message.Limits) { l.Depth = 1 },
	} {
		limits := whole
		change(&limits)
		m, err := message.Read(strings.NewReader(raw), limits)
		if err != nil || m.Truncated != (what != "nothing") {
			t.Errorf("%s: %v, %+v", what, err, m)
		}
		if what == "text" && m.Parts[1].Message.Parts[0].Text != "four\n" {
			t.Errorf("the text ends with %q", m.Parts[1].Message.Parts[0].Text)
		}
	}
}
