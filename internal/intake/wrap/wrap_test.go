package wrap

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"fmt"
	"io"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/clearsign"
	"github.com/smallstep/pkcs7"
	"github.com/yeka/zip"

	"candor/internal/intake/message"
)

const (
	entityText = "Content-Type: text/plain\r\n\r\nphishing at 192.0.2.1\r\n"
	said       = "phishing at 192.0.2.1\n"
)

func clock() time.Time { return time.Now() }

// opened gives all texts of a mail and its mails, and the notes.
func opened(t *testing.T, o Options, raw string) (string, []Note, *message.Message) {
	t.Helper()
	o.Now = clock
	m, notes, err := New(o).Open(strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return texts(m), notes, m
}

func texts(m *message.Message) (all string) {
	for _, p := range m.Parts {
		if p.Message != nil {
			all += texts(p.Message)
		}
		all += p.Text
	}
	return all
}

func mailWith(kind, name string, content []byte) string {
	return fmt.Sprintf("From: a@example.net\r\nSubject: x\r\nContent-Type: %s; name=\"%s\"\r\nContent-Disposition: attachment\r\nContent-Transfer-Encoding: base64\r\n\r\n%s\r\n",
		kind, name, base64.StdEncoding.EncodeToString(content))
}

func zipped(t testing.TB, method zip.EncryptionMethod, password string, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, text := range files {
		var f io.Writer
		var err error
		if password == "" {
			f, err = w.Create(name)
		} else {
			f, err = w.Encrypt(name, password, method)
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(f, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gzipped(t testing.TB, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestZip(t *testing.T) {
	report := map[string]string{"in/report.txt": said}
	for _, c := range []struct {
		name     string
		method   zip.EncryptionMethod
		password string
		opens    bool
	}{
		{"plain", 0, "", true}, {"AES-256", zip.AES256Encryption, "infected", true}, {"AES-128", zip.AES128Encryption, "abuse", true},
		{"ZipCrypto", zip.StandardEncryption, "malware", true}, {"ZipCrypto, last", zip.StandardEncryption, "abuse", true},
		{"unknown", zip.AES256Encryption, "secret", false}, {"unknown, ZipCrypto", zip.StandardEncryption, "secret", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			text, notes, m := opened(t, Options{}, mailWith("application/zip", "a.zip", zipped(t, c.method, c.password, report)))
			if c.opens != (text == said) || len(notes) != 1 || notes[0].What != Zip || c.opens == (notes[0].Problem != "") {
				t.Errorf("it is %q, %+v", text, notes)
			}
			if c.opens && m.Parts[0].Name != "report.txt" || !c.opens && m.Parts[0].Name != "a.zip" {
				t.Errorf("the part is %q", m.Parts[0].Name)
			}
		})
	}
	inner := zipped(t, 0, "", map[string]string{"m.eml": "Subject: in\r\n\r\n" + said})
	text, notes, m := opened(t, Options{}, mailWith("application/octet-stream", "b.zip.gz", gzipped(t, string(inner))))
	if text != said || len(notes) != 2 || m.Parts[0].Message == nil || m.Parts[0].Message.Subject != "in" {
		t.Errorf("it is %q, %+v", text, notes)
	}
	// Documents are left as they are.
	if _, notes, _ := opened(t, Options{}, mailWith("application/vnd.ms-word", "a.docx", inner)); len(notes) != 0 {
		t.Errorf("a document is opened: %+v", notes)
	}
}

// TestBounds: what is too much stays closed, and is told.
func TestBounds(t *testing.T) {
	large := strings.Repeat("0", 10<<20)
	many := map[string]string{}
	for i := range 20 {
		many[fmt.Sprint(i)] = "x"
	}
	deep := []byte(said)
	for range 10 {
		deep = gzipped(t, string(deep))
	}
	for name, c := range map[string]struct {
		limits Limits
		data   []byte
	}{
		"ratio": {Limits{}, gzipped(t, large)}, "zip's ratio": {Limits{}, zipped(t, 0, "", map[string]string{"a": large})},
		"bytes": {Limits{Bytes: 1 << 20, Ratio: 1 << 20}, gzipped(t, large)}, "files": {Limits{Files: 10}, zipped(t, 0, "", many)}, "depth": {Limits{}, deep},
		"broken": {Limits{}, zipped(t, 0, "", many)[:100]},
	} {
		_, notes, m := opened(t, Options{Limits: c.limits}, mailWith("application/octet-stream", "a", c.data))
		if len(notes) == 0 || notes[len(notes)-1].Problem == "" || len(m.Parts) == 0 {
			t.Errorf("%s: %+v", name, notes)
		}
	}
}

type person struct {
	cert *x509.Certificate
	key  *rsa.PrivateKey
}

func newPerson(t testing.TB) person {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "A"}, EmailAddresses: []string{"a@example.net"}, NotBefore: clock().Add(-time.Hour), NotAfter: clock().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return person{cert, key}
}

func (p person) sign(t testing.TB, text string, beside bool) []byte {
	t.Helper()
	s, err := pkcs7.NewSignedData([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	s.SetDigestAlgorithm(pkcs7.OIDDigestAlgorithmSHA256)
	if err := s.AddSigner(p.cert, p.key, pkcs7.SignerInfoConfig{}); err != nil {
		t.Fatal(err)
	}
	if beside {
		s.Detach()
	}
	der, err := s.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func signedMail(protocol, entity, kind, signature string) string {
	return "From: a@example.net\r\nContent-Type: multipart/signed; protocol=\"" + protocol + "\"; boundary=b\r\n\r\n--b\r\n" + entity + "\r\n--b\r\nContent-Type: " + kind + "\r\n\r\n" + signature + "\r\n--b--\r\n"
}

func TestSMIME(t *testing.T) {
	p := newPerson(t)
	roots := x509.NewCertPool()
	roots.AddCert(p.cert)
	signed := p.sign(t, entityText, false)
	envelope, err := pkcs7.Encrypt([]byte(mailWith("application/pkcs7-mime; smime-type=signed-data", "smime.p7m", signed)), []*x509.Certificate{p.cert})
	if err != nil {
		t.Fatal(err)
	}
	beside := func(text string) string {
		return signedMail("application/pkcs7-signature", text, "application/pkcs7-signature; name=smime.p7s\r\nContent-Transfer-Encoding: base64", base64.StdEncoding.EncodeToString(p.sign(t, entityText, true)))
	}
	me := []Identity{{newPerson(t).cert, newPerson(t).key}, {p.cert, p.key}}
	for _, c := range []struct {
		name, raw string
		o         Options
		signature Signature
		problem   bool
	}{
		{"opaque", mailWith("application/pkcs7-mime; smime-type=signed-data", "smime.p7m", signed), Options{Roots: roots}, Valid, false},
		{"untrusted", mailWith("application/pkcs7-mime; smime-type=signed-data", "smime.p7m", signed), Options{}, Untrusted, false},
		{"beside", beside(entityText), Options{Roots: roots}, Valid, false},
		{"beside, ends of lines lost", strings.ReplaceAll(beside(entityText), "\r\n", "\n"), Options{Roots: roots}, Valid, false},
		{"beside, changed", beside(strings.Replace(entityText, "at", "AT", 1)), Options{Roots: roots}, Bad, true},
		{"encrypted", mailWith("application/pkcs7-mime; smime-type=enveloped-data", "smime.p7m", envelope), Options{Roots: roots, Identities: me}, Valid, false},
		{"no key", mailWith("application/pkcs7-mime; smime-type=enveloped-data", "smime.p7m", envelope), Options{Identities: me[:1]}, "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			text, notes, _ := opened(t, c.o, c.raw)
			last := notes[len(notes)-1]
			if c.name != "no key" && !strings.Contains(strings.ToLower(text), strings.TrimSpace(said)) {
				t.Errorf("it is %q", text)
			}
			if last.Signature != c.signature || c.problem != (last.Problem != "") || c.signature != "" && last.Signer != "a@example.net" {
				t.Errorf("noted is %+v", notes)
			}
		})
	}
}

func TestPGP(t *testing.T) {
	sender, err := openpgp.NewEntity("A", "", "a@example.net", nil)
	if err != nil {
		t.Fatal(err)
	}
	desk, err := openpgp.NewEntity("Desk", "", "abuse@example.org", nil)
	if err != nil {
		t.Fatal(err)
	}
	encrypt := func(text string) string {
		var b bytes.Buffer
		a, err := armor.Encode(&b, "PGP MESSAGE", nil)
		if err != nil {
			t.Fatal(err)
		}
		w, err := openpgp.Encrypt(a, []*openpgp.Entity{desk}, sender, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	var clear, beside bytes.Buffer
	w, err := clearsign.Encode(&clear, sender.PrivateKey, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, said); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := openpgp.ArmoredDetachSign(&beside, sender, strings.NewReader(entityText), nil); err != nil {
		t.Fatal(err)
	}
	mime := "From: a@example.net\r\nContent-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=b\r\n\r\n--b\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n--b\r\nContent-Type: application/octet-stream; name=encrypted.asc\r\n\r\n" + encrypt(entityText) + "\r\n--b--\r\n"
	both := openpgp.EntityList{desk, sender}
	for _, c := range []struct {
		name, raw string
		keys      openpgp.EntityList
		signature Signature
		problem   bool
	}{
		{"MIME", mime, both, Valid, false},
		{"inline", "From: a@example.net\r\n\r\n" + encrypt(said), both, Valid, false},
		{"sender unknown", mime, openpgp.EntityList{desk}, Unknown, false},
		{"no key", mime, openpgp.EntityList{sender}, "", true},
		{"clear", "From: a@example.net\r\n\r\nHello,\r\n" + clear.String(), both, Valid, false},
		{"clear, changed", "From: a@example.net\r\n\r\n" + strings.Replace(clear.String(), "at", "AT", 1), both, Bad, true},
		{"clear, unknown", "From: a@example.net\r\n\r\n" + clear.String(), nil, Unknown, false},
		{"beside", signedMail("application/pgp-signature", entityText, "application/pgp-signature", beside.String()), both, Valid, false},
		{"beside, changed", signedMail("application/pgp-signature", strings.Replace(entityText, "at", "AT", 1), "application/pgp-signature", beside.String()), both, Bad, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			text, notes, _ := opened(t, Options{Keys: c.keys}, c.raw)
			if c.name != "no key" && !strings.Contains(strings.ToLower(text), strings.TrimSpace(said)) {
				t.Errorf("it is %q", text)
			}
			if len(notes) != 1 || notes[0].Signature != c.signature || c.problem != (notes[0].Problem != "") || c.signature == Valid && notes[0].Signer != "a@example.net" {
				t.Errorf("noted is %+v", notes)
			}
		})
	}
}

func FuzzOpen(f *testing.F) {
	p := newPerson(f)
	f.Add([]byte(mailWith("application/zip", "a.zip", zipped(f, zip.AES256Encryption, "infected", map[string]string{"a.txt": said}))))
	f.Add([]byte(mailWith("application/gzip", "a.gz", gzipped(f, said))))
	f.Add([]byte(mailWith("application/pkcs7-mime", "a.p7m", p.sign(f, entityText, false))))
	f.Add([]byte(signedMail("application/pkcs7-signature", entityText, "application/pkcs7-signature", "MIIB")))
	f.Add([]byte("Subject: x\n\n-----BEGIN PGP MESSAGE-----\n\nwy4ECQMI\n-----END PGP MESSAGE-----\n"))
	o := New(Options{Now: clock, Identities: []Identity{{p.cert, p.key}}, Limits: Limits{Files: 20, Bytes: 1 << 18, Depth: 3, Message: message.Limits{Parts: 20, Depth: 4, Text: 1 << 16, Bytes: 1 << 18}}})
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, notes, err := o.Open(bytes.NewReader(raw))
		if err == nil && (m == nil || len(notes) > mostNotes) {
			t.Errorf("%d notes", len(notes))
		}
	})
}
