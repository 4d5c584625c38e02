package directory_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ProtonMail/gopenpgp/v3/crypto"
	"github.com/google/go-cmp/cmp"

	"candor"
	"candor/internal/directory"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func entry() directory.Entry {
	return directory.Entry{Name: "Example Anti-Virus", Kinds: []directory.Kind{directory.AntiVirus}, Channels: []directory.Channel{{Way: directory.Mail, Address: "samples@av.example"},
		{Way: directory.Form, Address: "https://av.example/submit?kind=file"}, {Way: directory.Phone, Address: "+43 1 234 56"}}, Archive: directory.Zip, Password: "infected", MostBytes: 10 << 20,
		Languages: []string{"en", "zh-Hans"}, Hours: "Mon to Fri", Classes: []candor.Class{candor.InfectedSystem}, Takes: []directory.Goods{directory.Samples, directory.Hashes},
		Source: "https://av.example/contact", Looked: "2026-02-01", Note: "Line one.\nLine two, with, commas and \"quotes\"."}
}

// key makes an armoured public key that lives so long.
func key(t testing.TB, made time.Time, seconds int32) string {
	t.Helper()
	k, err := crypto.PGP().KeyGeneration().AddUserId("Lab", "samples@av.example").GenerationTime(made.Unix()).Lifetime(seconds).New().GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	public, err := k.GetArmoredPublicKey()
	if err != nil {
		t.Fatal(err)
	}
	return public
}

func TestCheck(t *testing.T) {
	if err := entry().Check(); err != nil {
		t.Fatal(err)
	}
	private, err := crypto.PGP().KeyGeneration().AddUserId("x", "x@y.example").New().GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	secret, err := private.Armor()
	if err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*directory.Entry){
		"no name": func(e *directory.Entry) { e.Name = " " }, "two lines": func(e *directory.Entry) { e.Name = "a\nb" }, "no kind": func(e *directory.Entry) { e.Kinds = nil },
		"unknown kind": func(e *directory.Entry) { e.Kinds = []directory.Kind{"spy"} }, "kind twice": func(e *directory.Entry) { e.Kinds = append(e.Kinds, e.Kinds[0]) },
		"no channel": func(e *directory.Entry) { e.Channels = nil }, "channel twice": func(e *directory.Entry) { e.Channels = append(e.Channels, e.Channels[0]) },
		"no mail": func(e *directory.Entry) { e.Channels[0].Address = "samples" }, "two mails": func(e *directory.Entry) { e.Channels[0].Address = "a@b.example, c@d.example" },
		"a header": func(e *directory.Entry) { e.Channels[0].Address = "a@b.example\r\nBcc: c@d.example" }, "http": func(e *directory.Entry) { e.Channels[1].Address = "http://av.example" },
		"a user": func(e *directory.Entry) { e.Channels[1].Address = "https://u:p@av.example" }, "script": func(e *directory.Entry) { e.Channels[1].Address = "javascript:alert(1)" },
		"no number": func(e *directory.Entry) { e.Channels[2].Address = "call us" }, "way": func(e *directory.Entry) { e.Channels[0].Way = "pigeon" },
		"archive": func(e *directory.Entry) { e.Archive = "rar" }, "no password": func(e *directory.Entry) { e.Password = "" }, "password alone": func(e *directory.Entry) { e.Archive = "" },
		"size": func(e *directory.Entry) { e.MostBytes = -1 }, "huge": func(e *directory.Entry) { e.MostBytes = directory.MostMail + 1 }, "language": func(e *directory.Entry) { e.Languages = []string{"no such"} }, "class": func(e *directory.Entry) { e.Classes = []candor.Class{"x/y"} },
		"takes nothing": func(e *directory.Entry) { e.Takes = nil }, "source": func(e *directory.Entry) { e.Source = "their site" }, "day": func(e *directory.Entry) { e.Looked = "yesterday" },
		"no key": func(e *directory.Entry) { e.Key = "BEGIN PGP" }, "private key": func(e *directory.Entry) { e.Key = secret }, "note": func(e *directory.Entry) { e.Note = "\x1b[31m" },
	} {
		e := entry()
		spoil(&e)
		if err := e.Check(); !errors.Is(err, candor.ErrInvalid) || candor.Hint(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestState(t *testing.T) {
	e := entry()
	state := func(want directory.State) {
		t.Helper()
		if got := e.State(noon); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	state(directory.Due)
	e.Verified.At = noon.Add(-directory.Valid)
	state(directory.Fresh)
	e.Verified.At = e.Verified.At.Add(-time.Second)
	state(directory.Due)
	e.Probes = []directory.Probe{{Unknown: true}}
	state(directory.Due)
	e.Probes = append(e.Probes, directory.Probe{What: directory.HTTPS, First: noon, Last: noon})
	state(directory.Due)
	e.Probes[1].Last = noon.Add(time.Hour)
	state(directory.Failing)
	e.Probes = []directory.Probe{{What: directory.Bounce, First: noon, Last: noon}}
	state(directory.Failing)
	e.Retired = noon
	state(directory.Retired)
}

func TestFilter(t *testing.T) {
	e := entry()
	for _, f := range []directory.Filter{{}, {Kind: directory.AntiVirus}, {Class: candor.InfectedSystem}, {State: directory.Due}, {Takes: directory.Hashes}, {Words: "SAMPLES@"}, {Words: "anti-v"}} {
		if !f.Match(e, noon) {
			t.Errorf("%+v does not match", f)
		}
	}
	for _, f := range []directory.Filter{{Kind: directory.CERT}, {Class: candor.Phishing}, {State: directory.Fresh}, {Takes: directory.URLs}, {Words: "else"}} {
		if f.Match(e, noon) {
			t.Errorf("%+v matches", f)
		}
	}
	if e.Retired = noon; (directory.Filter{}).Match(e, noon) || !(directory.Filter{State: directory.Retired}).Match(e, noon) {
		t.Error("what is retired is listed, or cannot be asked for")
	}
}

func TestExchange(t *testing.T) {
	plain := entry()
	plain.Name, plain.Archive, plain.Password, plain.MostBytes, plain.Languages, plain.Classes = "Plain", "", "", 0, nil, nil
	plain.Channels = plain.Channels[:1]
	keyed := plain
	keyed.Name, keyed.Key = "With a key", key(t, noon, 0)
	for _, form := range []struct {
		write func(*bytes.Buffer, []directory.Entry) error
		read  func(*bytes.Buffer) ([]directory.Entry, error)
		want  func(*directory.Entry)
	}{
		{func(b *bytes.Buffer, e []directory.Entry) error { return directory.WriteYAML(b, e) }, func(b *bytes.Buffer) ([]directory.Entry, error) { return directory.ReadYAML(b) }, func(*directory.Entry) {}},
		{func(b *bytes.Buffer, e []directory.Entry) error { return directory.WriteCSV(b, e) }, func(b *bytes.Buffer) ([]directory.Entry, error) { return directory.ReadCSV(b) },
			func(e *directory.Entry) {
				for i, c := range e.Channels {
					e.Channels[i].Address = strings.ReplaceAll(c.Address, " ", "-")
				}
			}},
	} {
		want := []directory.Entry{entry(), plain, keyed}
		verified := want[0]
		verified.Verified.By, verified.Edition = "Ada", 7 // belongs to this provider
		var b bytes.Buffer
		if err := form.write(&b, append([]directory.Entry{verified}, want[1:]...)); err != nil {
			t.Fatal(err)
		}
		got, err := form.read(&b)
		if err != nil {
			t.Fatal(err)
		}
		form.want(&want[0])
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	}
}

func TestReadFails(t *testing.T) {
	for name, text := range map[string]string{"empty": "", "schema": "schema: other\n", "unknown member": "schema: candor-directory-1\nverified: true\n", "two documents": "schema: candor-directory-1\n---\nschema: candor-directory-1\n",
		"bad entry": "schema: candor-directory-1\nentries: [{name: x}]\n", "large": "schema: " + strings.Repeat("x", directory.MostRead)} {
		if _, err := directory.ReadYAML(strings.NewReader(text)); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, text := range []string{"", "name,colour\n", "name,name\n", "name\nx\n", "name,most_bytes\nx,many\n"} {
		if _, err := directory.ReadCSV(strings.NewReader(text)); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add("schema: candor-directory-1\nentries: [{name: x, kinds: [cert], takes: [reports], channels: [{way: mail, address: a@b.example}]}]\n")
	f.Add("name,kinds,channels,takes\nx,cert,mail:a@b.example,reports\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, read := range []func(string) ([]directory.Entry, error){
			func(s string) ([]directory.Entry, error) { return directory.ReadYAML(strings.NewReader(s)) },
			func(s string) ([]directory.Entry, error) { return directory.ReadCSV(strings.NewReader(s)) }} {
			all, err := read(text)
			if err != nil {
				continue
			}
			var b bytes.Buffer
			if err := directory.WriteYAML(&b, all); err != nil {
				t.Fatal(err)
			}
			again, err := directory.ReadYAML(&b)
			if err != nil || len(again) != len(all) {
				t.Fatalf("%d entries became %d: %v", len(all), len(again), err)
			}
			for i := range all {
				if !all[i].Same(again[i]) {
					t.Fatalf("%+v became %+v", all[i], again[i])
				}
			}
		}
	})
}

// TestStarter: what comes with the program is checked, says where it stands, and
// is verified by nobody.
func TestStarter(t *testing.T) {
	all, err := directory.Starter()
	if err != nil || len(all) < 10 {
		t.Fatal(len(all), err)
	}
	for _, e := range all {
		if e.State(noon) != directory.Due || e.Source == "" && !strings.Contains(e.Note, "X.1207") || e.Source != "" && e.Looked == "" {
			t.Errorf("%s: %s, %q, %q", e.Name, e.State(noon), e.Source, e.Looked)
		}
	}
}

// names is a DNS.
type names map[string][]*net.MX

func (n names) LookupMX(_ context.Context, domain string) ([]*net.MX, error) {
	if domain == "broken.example" {
		return nil, &net.DNSError{Err: "server misbehaving", IsTemporary: true}
	}
	if list := n[domain]; len(list) > 0 {
		return list, nil
	}
	return nil, &net.DNSError{Err: "no such host", IsNotFound: true}
}

func (n names) LookupHost(_ context.Context, host string) ([]string, error) {
	if _, ok := n[host]; ok {
		return []string{"192.0.2.1"}, nil
	}
	return nil, &net.DNSError{Err: "no such host", IsNotFound: true}
}

func TestProbe(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/gone":
			w.WriteHeader(http.StatusGone)
		case "/private":
			w.WriteHeader(http.StatusUnauthorized)
		case "/busy":
			w.WriteHeader(http.StatusTooManyRequests)
		}
	}))
	defer server.Close()
	client := server.Client()
	client.Transport.(*http.Transport).TLSClientConfig = &tls.Config{RootCAs: client.Transport.(*http.Transport).TLSClientConfig.RootCAs, ServerName: "example.com"}
	p := directory.Prober{Resolver: names{"good.example": {{Host: "mx.good.example."}}, "null.example": {{Host: "."}}, "old.example": nil}, Client: client, Clock: func() time.Time { return noon }}
	for address, want := range map[string][2]bool{ // ok, unknown
		"a@good.example": {true, false}, "a@null.example": {false, false}, "a@old.example": {true, false}, "a@gone.example": {false, false}, "a@broken.example": {false, true},
		server.URL + "/": {true, false}, server.URL + "/private": {true, false}, server.URL + "/gone": {false, false}, server.URL + "/busy": {false, true}, "https://127.0.0.1:1/": {false, false},
	} {
		e := directory.Entry{Channels: []directory.Channel{{Way: directory.Form, Address: address}}}
		if strings.Contains(address, "@") {
			e.Channels[0].Way = directory.Mail
		}
		got := p.Probe(t.Context(), e)
		if len(got) != 1 || got[0].OK != want[0] || got[0].Unknown != want[1] || got[0].OK == (got[0].Detail != "") {
			t.Errorf("%s: %+v", address, got)
		}
	}
	day := int32(24 * 3600)
	for days, want := range map[int32]bool{0: true, 400: true, 129: false, 101: false, 50: false} {
		e := directory.Entry{Key: key(t, noon.AddDate(0, 0, -100), days*day)}
		got := p.Probe(t.Context(), e)
		if len(got) != 1 || got[0].What != directory.Key || got[0].OK != want || len(got[0].Address) < 40 {
			t.Errorf("a key of %d days: %+v", days, got)
		}
	}
}

// broken fails every request.
type broken struct{ err error }

func (b broken) RoundTrip(*http.Request) (*http.Response, error) { return nil, b.err }

// TestUnanswered: troubles of our own are no failure of theirs, and no address of
// ours is shown.
func TestUnanswered(t *testing.T) {
	lost := func(err error) error {
		return &net.OpError{Op: "dial", Net: "tcp", Source: &net.TCPAddr{IP: net.IPv4(10, 9, 8, 7), Port: 40000}, Addr: &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 443}, Err: err}
	}
	for name, c := range map[string]struct {
		err     error
		unknown bool
	}{
		"name server": {lost(&net.DNSError{Err: "server misbehaving", IsTemporary: true, Server: "10.9.8.1:53"}), true}, "name server slow": {lost(&net.DNSError{Err: "i/o timeout", IsTimeout: true, Server: "10.9.8.1:53"}), true},
		"no name": {lost(&net.DNSError{Err: "no such host", IsNotFound: true}), false}, "no network": {lost(os.NewSyscallError("connect", syscall.ENETUNREACH)), true},
		"no route": {lost(os.NewSyscallError("connect", syscall.EHOSTUNREACH)), true}, "refused": {lost(os.NewSyscallError("connect", syscall.ECONNREFUSED)), false},
		"slow": {lost(os.ErrDeadlineExceeded), false}, "stopped": {context.Canceled, true}, "torn": {lost(os.NewSyscallError("read", syscall.ECONNRESET)), false},
	} {
		p := directory.Prober{Resolver: names{}, Client: &http.Client{Transport: broken{c.err}}, Clock: func() time.Time { return noon }}
		got := p.Probe(t.Context(), directory.Entry{Channels: []directory.Channel{{Way: directory.Form, Address: "https://lab.example/"}}})[0]
		if got.OK || got.Unknown != c.unknown || got.Detail == "" || strings.Contains(got.Detail, "10.9.8") || strings.Contains(got.Detail, "192.0.2") {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// TestAfter: failures in a row are one time of failing, whatever they are; the
// words of a mail server make no difference.
func TestAfter(t *testing.T) {
	one := directory.Probe{What: directory.HTTPS, Detail: "no answer in time", First: noon, Last: noon}
	two := one
	two.Detail, two.First, two.Last = "the answer was 404 Not Found", noon.Add(time.Hour), noon.Add(time.Hour)
	kept, same := two.After(one)
	if same || !kept.Failed() || one.Failed() || kept.First != noon {
		t.Errorf("%t, %+v", same, kept)
	}
	back := directory.Probe{What: directory.Bounce, Detail: "550 no such user (queue 1)", First: noon, Last: noon}
	again := back
	again.Detail, again.Last = "550 no such user (queue 2)", noon.Add(time.Hour)
	if kept, same = again.After(back); !same || kept.Detail != back.Detail || kept.Last != again.Last {
		t.Errorf("%t, %+v", same, kept)
	}
	alive := directory.Probe{What: directory.HTTPS, OK: true, First: noon, Last: noon}
	if kept, same = two.After(alive); same || kept.Failed() {
		t.Errorf("it failed once: %t, %+v", same, kept)
	}
}
