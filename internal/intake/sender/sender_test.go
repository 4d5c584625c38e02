package sender

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/emersion/go-msgauth/dkim"
	"golang.org/x/net/dns/dnsmessage"

	"candor"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// zone is a name server on loopback that knows texts of names; a name with an empty
// text is never answered.
type zone struct {
	mu    sync.Mutex
	texts map[string]string
	hosts map[string][4]byte
	asked map[string]int
}

func (z *zone) text(name string) (string, bool) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.asked[name]++
	text, ok := z.texts[name]
	return text, ok
}

func (z *zone) count(name string) int {
	z.mu.Lock()
	defer z.mu.Unlock()
	return z.asked[name]
}

// serve answers until the test ends, and gives a resolver that asks it.
func (z *zone) serve(t *testing.T) *net.Resolver {
	t.Helper()
	z.asked = map[string]int{}
	at, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { at.Close() })
	go func() {
		in := make([]byte, 4096)
		for {
			n, from, err := at.ReadFrom(in)
			if err != nil {
				return
			}
			if out := z.answer(in[:n]); out != nil {
				_, _ = at.WriteTo(out, from) // whoever asked may be gone
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", at.LocalAddr().String())
	}}
}

func (z *zone) answer(in []byte) []byte {
	var m dnsmessage.Message
	if m.Unpack(in) != nil || len(m.Questions) != 1 {
		return nil
	}
	q := m.Questions[0]
	name := strings.TrimSuffix(q.Name.String(), ".")
	text, ok := z.text(name)
	host, known := z.hosts[name]
	out := dnsmessage.Message{Header: dnsmessage.Header{ID: m.ID, Response: true, RecursionAvailable: true}, Questions: m.Questions}
	switch {
	case ok && text == "":
		return nil
	case known && q.Type == dnsmessage.TypeA:
		out.Answers = []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 60}, Body: &dnsmessage.AResource{A: host}}}
	case known:
	case !ok:
		out.RCode = dnsmessage.RCodeNameError
	case q.Type == dnsmessage.TypeTXT:
		out.Answers = []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 60}, Body: &dnsmessage.TXTResource{TXT: []string{text}}}}
	}
	packed, err := out.Pack()
	if err != nil {
		return nil
	}
	return packed
}

var key = ed25519.NewKeyFromSeed(bytes.Repeat([]byte("k"), ed25519.SeedSize))

func published() string {
	return "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(key.Public().(ed25519.PublicKey))
}

const plain = "From: CERT <Desk@Cert.example>\r\nTo: abuse@example.net\r\nSubject: Abuse\r\n\r\n192.0.2.1 attacks us.\r\n"

// signed is a mail with a signature of a domain.
func signed(t *testing.T, text, domain string) string {
	t.Helper()
	var b bytes.Buffer
	if err := dkim.Sign(&b, strings.NewReader(text), &dkim.SignOptions{Domain: domain, Selector: "s", Signer: key, HeaderKeys: []string{"From", "To", "Subject"}}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func trace(envelope, address string) string {
	return "Return-Path: <" + envelope + ">\r\nReceived: from mx.cert.example ([" + address + "])\r\n\tby desk.example with ESMTP;\r\n\tSun, 01 Mar 2026 12:00:00 +0000\r\n"
}

func TestCheck(t *testing.T) {
	z := &zone{texts: map[string]string{"s._domainkey.cert.example": published(), "s._domainkey.mail.cert.example": published(), "s._domainkey.evil.example": published(), "s._domainkey.slow.example": "",
		"cert.example": "v=spf1 ip4:203.0.113.0/24 -all", "evil.example": "v=spf1 +all"}, hosts: map[string][4]byte{"mx.example.net": {192, 0, 2, 25}}}
	c := New(Options{Resolver: z.serve(t), Relays: []string{"mx.example.net"}, Patience: 2 * time.Second, Now: func() time.Time { return noon }})
	relay := func(id, result string) string {
		return "Authentication-Results: " + id + "; " + result + "\r\n" + plain
	}
	for name, x := range map[string]struct {
		mail    string
		heard   bool
		by      candor.VouchMethod
		domain  string
		results string // of all checks
	}{
		"nobody":             {mail: plain},
		"signed":             {mail: signed(t, plain, "cert.example"), by: candor.VouchDKIM, domain: "cert.example", results: "dkim pass"},
		"below it":           {mail: signed(t, plain, "mail.cert.example"), by: candor.VouchDKIM, domain: "mail.cert.example", results: "dkim pass"},
		"another domain":     {mail: signed(t, plain, "evil.example"), results: "dkim pass"},
		"two signatures":     {mail: signed(t, signed(t, plain, "cert.example"), "evil.example"), by: candor.VouchDKIM, domain: "cert.example", results: "dkim pass dkim pass"},
		"changed":            {mail: strings.Replace(signed(t, plain, "cert.example"), "192.0.2.1", "192.0.2.2", 1), results: "dkim fail"},
		"another author":     {mail: strings.Replace(signed(t, plain, "cert.example"), "Desk@Cert.example", "ceo@cert.example", 1), results: "dkim fail"},
		"no key":             {mail: signed(t, plain, "none.example"), results: "dkim permerror"},
		"two authors":        {mail: "From: other@evil.example\r\n" + signed(t, plain, "cert.example")},
		"passed on by us":    {mail: trace("Desk@cert.example", "203.0.113.9") + signed(t, plain, "cert.example"), heard: true, by: candor.VouchSPF, domain: "cert.example", results: "spf pass dkim pass"},
		"its server":         {mail: trace("bounce@cert.example", "203.0.113.9") + plain, heard: true, by: candor.VouchSPF, domain: "cert.example", results: "spf pass"},
		"another server":     {mail: trace("desk@cert.example", "198.51.100.9") + plain, heard: true, results: "spf fail"},
		"another's envelope": {mail: trace("x@evil.example", "198.51.100.9") + plain, heard: true, results: "spf pass"},
		"a relay of ours":    {mail: trace("desk@cert.example", "127.0.0.1") + plain, heard: true},
		"nobody heard it":    {mail: trace("desk@cert.example", "203.0.113.9") + plain},
		"relay":              {mail: relay("mx.example.net", "dkim=pass header.d=cert.example"), by: candor.VouchRelay, domain: "cert.example", results: "relay pass"},
		"relay, spf":         {mail: relay("mx.example.net", "spf=pass smtp.mailfrom=x@cert.example"), by: candor.VouchRelay, domain: "cert.example", results: "relay pass"},
		"relay, failed":      {mail: relay("mx.example.net", "dkim=fail header.d=cert.example"), results: "relay fail"},
		"relay, near":        {mail: trace("x@evil.example", "10.0.0.25") + relay("mx.example.net", "dkim=pass header.d=cert.example"), heard: true, by: candor.VouchRelay, domain: "cert.example", results: "relay pass"},
		"relay, public":      {mail: trace("x@none.example", "192.0.2.25") + relay("mx.example.net", "dkim=pass header.d=cert.example"), heard: true, by: candor.VouchRelay, domain: "cert.example", results: "relay pass spf none"},
		"past the relay":     {mail: trace("x@none.example", "198.51.100.9") + relay("mx.example.net", "dkim=pass header.d=cert.example"), heard: true, results: "relay none spf none"},
		"another's results":  {mail: relay("mx.evil.example", "dkim=pass header.d=cert.example")},
		"results below":      {mail: "Authentication-Results: mx.example.net; none\r\n" + relay("mx.example.net", "dkim=pass header.d=cert.example")},
		"no header":          {mail: "hello"},
	} {
		t.Run(name, func(t *testing.T) {
			v, err := c.Check(t.Context(), strings.NewReader(x.mail), x.heard)
			if err != nil {
				t.Fatal(err)
			}
			var results []string
			for _, k := range v.Checks {
				results = append(results, string(k.Method)+" "+k.Result)
			}
			if v.By != x.by || v.Domain != x.domain || strings.Join(results, " ") != x.results || !v.Checked.Equal(noon) {
				t.Errorf("%+v", v)
			}
			if x.by != "" && v.Sender != "desk@cert.example" {
				t.Errorf("it is from %q", v.Sender)
			}
		})
	}
}

// TestCheckSlow does not wait for a name server that says nothing, asks one that
// answers once, and tells that a body broke off.
func TestCheckSlow(t *testing.T) {
	z := &zone{texts: map[string]string{"s._domainkey.slow.example": "", "s._domainkey.cert.example": published()}}
	c := New(Options{Resolver: z.serve(t), Patience: 100 * time.Millisecond, Now: func() time.Time { return noon }})
	v, err := c.Check(t.Context(), strings.NewReader(signed(t, strings.ReplaceAll(plain, "Cert.example", "slow.example"), "slow.example")), false)
	if err != nil || v.By != "" || len(v.Checks) != 1 || v.Checks[0].Result != "temperror" {
		t.Errorf("%+v, %v", v, err)
	}
	c.Patience = 5 * time.Second
	mail := signed(t, plain, "cert.example")
	for range 3 {
		if v, err := c.Check(t.Context(), strings.NewReader(mail), false); err != nil || v.By != candor.VouchDKIM {
			t.Errorf("%+v, %v", v, err)
		}
	}
	if n := z.count("s._domainkey.cert.example"); n != 1 {
		t.Errorf("it was asked %d times", n)
	}
	broken := errors.New("the disk is gone")
	if _, err := c.Check(t.Context(), io.MultiReader(strings.NewReader(mail[:40]), iotest.ErrReader(broken)), false); !errors.Is(err, broken) {
		t.Errorf("a broken body: %v", err)
	}
}

func FuzzCheck(f *testing.F) {
	f.Add([]byte(plain), true)
	f.Add([]byte("DKIM-Signature: v=1; a=rsa-sha256; d=x.example; s=s; h=from; bh=; b=\r\n"+plain), false)
	f.Add([]byte(trace("a@b.example", "203.0.113.1")+"Authentication-Results: mx.example.net; dkim=pass header.d=x.example\r\n"+plain), true)
	c := New(Options{Resolver: silent{}, Relays: []string{"mx.example.net"}, Now: func() time.Time { return noon }})
	f.Fuzz(func(t *testing.T, mail []byte, heard bool) {
		v, err := c.Check(t.Context(), bytes.NewReader(mail), heard)
		if err != nil {
			t.Fatal(err)
		}
		if v.By == candor.VouchDKIM || v.By == candor.VouchSPF {
			t.Errorf("nobody was asked, and %+v", v)
		}
	})
}

// silent is a DNS that knows nothing.
type silent struct{}

var none = &net.DNSError{Err: "no such host", IsNotFound: true}

func (silent) LookupTXT(context.Context, string) ([]string, error)          { return nil, none }
func (silent) LookupMX(context.Context, string) ([]*net.MX, error)          { return nil, none }
func (silent) LookupIPAddr(context.Context, string) ([]net.IPAddr, error)   { return nil, none }
func (silent) LookupAddr(context.Context, string) (names []string, e error) { return nil, none }
