package smtp

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"flag"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"candor"
	"candor/internal/respond/notify/smtptest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// sent sends one mail and gives what the server took.
func sent(t *testing.T, m candor.Message, change func(*Options)) smtptest.Mail {
	t.Helper()
	server := smtptest.Start(t, smtptest.Options{})
	if err := sender(t, server, change).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	return server.Mails()[0]
}

func parsed(t *testing.T, m smtptest.Mail) *mail.Message {
	t.Helper()
	out, err := mail.ReadMessage(bytes.NewReader(m.Data))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestGolden(t *testing.T) {
	m := message("a@example.org")
	m.ID, m.MessageID = "01980000-0000-7000-8000-0000000000aa", "019800000000700080000000000000aa@example.net"
	m.Subject, m.Language = "Уведомление о безопасности: example.org [C-12], а теперь ещё несколько слов", "ru"
	got := sent(t, m, func(o *Options) { o.ReplyTo = mail.Address{Name: "Бюро", Address: "help@example.net"} }).Data
	golden := filepath.Join("testdata", "mail.eml")
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Error(diff)
	}
}

func TestHeader(t *testing.T) {
	m := message("a@example.org")
	m.Subject = "Уведомление 通知"
	h := parsed(t, sent(t, m, nil)).Header
	want := map[string]string{
		"From": `"Example Hosting" <desk@example.net>`, "To": "<a@example.org>", "Message-Id": "<" + m.MessageID + ">",
		"In-Reply-To": "<01980000000070008000000000000001.case@example.net>",
		"References":  "<01980000000070008000000000000001.case@example.net>",
		"Date":        "Mon, 24 Nov 2025 09:30:00 +0000", "Auto-Submitted": "auto-generated", "Mime-Version": "1.0",
		"Content-Language": "en", "X-Auto-Response-Suppress": "OOF, AutoReply", "X-Loop": "example.net",
	}
	for name, value := range want {
		if got := h[name]; len(got) != 1 || got[0] != value {
			t.Errorf("%s: %q, want %q", name, got, value)
		}
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(h.Get("Subject"))
	if err != nil || subject != m.Subject {
		t.Errorf("subject %q, %v", subject, err)
	}
	for name := range h {
		if want[name] == "" && name != "Subject" && name != "Content-Type" {
			t.Errorf("%s: %q", name, h[name])
		}
	}
}

// TestBody: both forms come back as they were, whichever way they travel.
func TestBody(t *testing.T) {
	for _, text := range []string{"plain\n", "Grüße, é\n.\n..\nFrom here on\n", strings.Repeat("很长的一行", 500) + "\n", "مرحبًا\n"} {
		m := message("a@example.org")
		m.Text, m.HTML = text, "<p>"+text+"</p>"
		msg := parsed(t, sent(t, m, nil))
		kind, params, err := mime.ParseMediaType(msg.Header.Get("Content-Type"))
		if err != nil || kind != "multipart/alternative" {
			t.Fatal(kind, err)
		}
		parts := multipart.NewReader(msg.Body, params["boundary"])
		for _, want := range []struct{ kind, text string }{{"text/plain; charset=UTF-8", m.Text}, {"text/html; charset=UTF-8", m.HTML}} {
			p, err := parts.NextRawPart()
			if err != nil {
				t.Fatal(err)
			}
			var r io.Reader = quotedprintable.NewReader(p)
			if p.Header.Get("Content-Transfer-Encoding") == "base64" {
				r = base64.NewDecoder(base64.StdEncoding, p)
			}
			got, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			if text := strings.ReplaceAll(string(got), "\r\n", "\n"); text != want.text || p.Header.Get("Content-Type") != want.kind {
				t.Errorf("%q %q, want %q %q", p.Header.Get("Content-Type"), text, want.kind, want.text)
			}
		}
	}
}

// TestInjection: no word of a message makes another line of the header.
func TestInjection(t *testing.T) {
	evil := "x\r\nBcc: victim@example.org\r\n\r\nbody\u202e"
	m := message("a@example.org")
	m.Subject, m.Language = evil, evil
	got := sent(t, m, func(o *Options) { o.From.Name = evil; o.ReplyTo = mail.Address{Name: evil, Address: "r@example.net"} })
	msg := parsed(t, got)
	if msg.Header.Get("Bcc") != "" || got.To != "a@example.org" || !strings.Contains(msg.Header.Get("Content-Type"), "alternative") {
		t.Errorf("%s", got.Data)
	}
	for _, change := range []func(*candor.Message){
		func(m *candor.Message) { m.To = "a@example.org>\r\nRCPT TO:<b@example.org" },
		func(m *candor.Message) { m.To = "a@example.org, b@example.org" },
		func(m *candor.Message) { m.To = `"a\r\nb"@example.org` + "\n" },
		func(m *candor.Message) { m.MessageID = "x>\r\nBcc: <y" },
		func(m *candor.Message) { m.MessageID = "" },
		func(m *candor.Message) { m.Text = "--candor-" + hex(m.ID) + "--" },
	} {
		m := message("a@example.org")
		change(&m)
		server := smtptest.Start(t, smtptest.Options{})
		if err := sender(t, server, nil).Send(t.Context(), m); !errors.Is(err, candor.ErrInvalid) || len(server.Mails()) > 0 {
			t.Errorf("to %q: %v", m.To, err)
		}
	}
}

func TestAddress(t *testing.T) {
	for _, tt := range []struct {
		to, want string
		utf8     bool
	}{
		{"a@example.org", "a@example.org", false},
		{"a@EXAMPLE.org", "a@example.org", false},
		{"a@bücher.example", "a@xn--bcher-kva.example", false},
		{"联系@例子.例", "联系@xn--fsqu00a.xn--fsq", true},
		{"jörg@bücher.example", "jörg@xn--bcher-kva.example", true},
		{`"odd one"@example.org`, `"odd one"@example.org`, false},
	} {
		server := smtptest.Start(t, smtptest.Options{})
		if err := sender(t, server, nil).Send(t.Context(), message(tt.to)); err != nil {
			t.Errorf("%s: %v", tt.to, err)
			continue
		}
		got := server.Mails()[0]
		if unquoted := strings.ReplaceAll(got.To, `"`, ""); unquoted != strings.ReplaceAll(tt.want, `"`, "") || got.UTF8 != tt.utf8 {
			t.Errorf("%s went to %s, UTF-8: %v", tt.to, got.To, got.UTF8)
		}
		list, err := parsed(t, got).Header.AddressList("To")
		if err != nil || len(list) != 1 {
			t.Errorf("%s: %v %v", tt.to, list, err)
		}
	}
	old := sender(t, smtptest.Start(t, smtptest.Options{ASCII: true}), nil)
	if err := old.Send(t.Context(), message("jörg@example.org")); !errors.Is(err, candor.ErrInvalid) {
		t.Errorf("a server for ASCII only: %v", err)
	}
	if err := old.Send(t.Context(), message("j@bücher.example")); err != nil {
		t.Errorf("a server for ASCII only, address in ASCII: %v", err)
	}
	for _, bad := range []string{"", "a", "@b", "a@", "a@b@c", "a b@c.example", "a@exa mple.org", "a@-.example", strings.Repeat("x", 65) + "@a.example"} {
		if _, err := parseAddress(bad); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func FuzzParseAddress(f *testing.F) {
	for _, s := range []string{"a@example.org", "联系@例子.例", `"a b"@c`, "a@[127.0.0.1]", "a@xn--a.b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := parseAddress(s)
		if err != nil {
			if !errors.Is(err, candor.ErrInvalid) {
				t.Fatal(err)
			}
			return
		}
		again, err := parseAddress(a.String())
		if err != nil || again != a {
			t.Fatalf("%q became %q, and that %q, %v", s, a, again, err)
		}
		if strings.ContainsAny(a.String(), "\r\n\x00") {
			t.Fatalf("%q", a)
		}
	})
}

// TestDKIM checks signatures as RFC 6376 says, by code of its own.
func TestDKIM(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	public, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	m := message("a@example.org")
	m.Subject = "Уведомление о безопасности: example.org [C-12], а теперь ещё несколько слов"
	for name, key := range map[string]crypto.Signer{"rsa-sha256": rsaKey, "ed25519-sha256": edKey} {
		data := sent(t, m, func(o *Options) {
			o.DKIM = &DKIM{Domain: "example.net", Selector: "candor", Key: key}
			o.ReplyTo = mail.Address{Address: "help@example.net"}
		}).Data
		tags, signed := dkim(t, string(data))
		if tags["a"] != name || tags["d"] != "example.net" || tags["s"] != "candor" {
			t.Errorf("%v", tags)
		}
		signature, err := base64.StdEncoding.DecodeString(tags["b"])
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256([]byte(signed))
		if name == "ed25519-sha256" {
			if !ed25519.Verify(public, sum[:], signature) {
				t.Errorf("%s: the signature does not hold", name)
			}
		} else if err := rsa.VerifyPKCS1v15(&rsaKey.PublicKey, crypto.SHA256, sum[:], signature); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

var blanks = regexp.MustCompile(`[ \t\r\n]+`)

// dkim gives the tags of a signature and what it is about, canonicalised
// "relaxed" (RFC 6376, 3.4.2 and 3.7), and checks the digest of the body.
func dkim(t *testing.T, data string) (tags map[string]string, signed string) {
	t.Helper()
	head, body, _ := strings.Cut(data, "\r\n\r\n")
	header := map[string]string{}
	for _, line := range strings.Split(strings.NewReplacer("\r\n ", " ", "\r\n\t", " ").Replace(head), "\r\n") {
		name, value, _ := strings.Cut(line, ":")
		header[strings.ToLower(strings.TrimSpace(name))] = strings.TrimSpace(blanks.ReplaceAllString(value, " "))
	}
	tags = map[string]string{}
	for tag := range strings.SplitSeq(header["dkim-signature"], ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(tag), "=")
		tags[name] = value
		if name != "h" {
			tags[name] = blanks.ReplaceAllString(value, "")
		}
	}
	names := strings.Split(tags["h"], ":")
	for i, name := range names {
		if strings.ContainsAny(strings.TrimSpace(name), " \t") {
			t.Errorf("a name of the header is broken: %q", name)
		}
		names[i] = strings.ToLower(strings.TrimSpace(name))
		signed += names[i] + ":" + header[names[i]] + "\r\n"
	}
	at := strings.LastIndex(header["dkim-signature"], "b=")
	signed += "dkim-signature:" + strings.TrimSpace(header["dkim-signature"][:at+2])
	lines := strings.Split(body, "\r\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(regexp.MustCompile(`[ \t]+`).ReplaceAllString(line, " "), " ")
	}
	sum := sha256.Sum256([]byte(strings.TrimRight(strings.Join(lines, "\r\n"), "\r\n") + "\r\n"))
	if got := base64.StdEncoding.EncodeToString(sum[:]); got != tags["bh"] {
		t.Errorf("the digest of the body is %s, not %s", got, tags["bh"])
	}
	return tags, signed
}
