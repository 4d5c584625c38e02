package e2e

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/intake/message"
	"candor/internal/respond/notify/smtptest"
)

// elsewhere names the variable that tells this test program that it runs in
// namespaces of its own, in which the Internet is what a test makes; it holds the
// program under test.
const elsewhere = "CANDOR_E2E_ELSEWHERE"

// The Internet of the test: who answers for networks, and an address of one.
const (
	registryAt = "81.2.0.53"
	accusedAt  = "81.1.0.1"
)

// TestForward has a report of what is not the provider's come by mail; its reporter
// agrees by the mailed link that it is passed on; it arrives at the holder whom a
// registry names, in XARF, and says nothing of the reporter.
//
// The program asks the registries of the Internet alone, so the test runs in
// namespaces of network and mounts where the Internet is the test's.
func TestForward(t *testing.T) {
	if os.Getenv(elsewhere) != "" {
		forwards(t)
		return
	}
	unshare, _ := need(t, "unshare"), need(t, "ip")
	if os.Geteuid() != 0 {
		if os.Getenv("CI") != "" {
			t.Fatal("only root makes namespaces")
		}
		t.Skip("only root makes namespaces")
	}
	ctx, stop := context.WithTimeout(t.Context(), 3*time.Minute)
	defer stop()
	c := exec.CommandContext(ctx, unshare, "--net", "--mount", os.Args[0], "-test.run=^TestForward$", "-test.v")
	c.Env = append(environment(), elsewhere+"="+binary)
	out, err := c.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: TestForward") {
		t.Fatalf("%v\n%s", err, out)
	}
}

func forwards(t *testing.T) {
	dir := t.TempDir()
	internet(t, dir)
	server := smtptest.Start(t, smtptest.Options{})
	d := newAbuseDesk(t, fmt.Sprintf("host: %s, port: %d, tls: none", server.Host, server.Port))
	p := start(t, "--config", d.conf)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(p.errors())
		}
	})
	ada := signIn(t, p)
	now := time.Now().UTC().Add(-time.Minute).Format(time.RFC3339)
	d.deliver(t, "greta@victim.example", fmt.Sprintf("From: Greta Olsson <greta@victim.example>\nTo: abuse@provider.example\nSubject: Attacks on mx.victim.example\nMessage-ID: <77@victim.example>\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"+
		"--b\nContent-Type: text/plain\n\nGreta Olsson asks you to look at this.\n--b\nContent-Type: application/json; name=xarf.json\n\n"+
		`{"xarf_version":"4.2.0","report_id":"0b6a4c1e-9d3c-4b0f-9a67-6f2d7f6b9a01","timestamp":%q,"reporter":{"org":"Olsson AB","contact":"greta@victim.example","domain":"victim.example"},"sender":{"org":"Olsson AB","contact":"greta@victim.example","domain":"victim.example"},
"source_identifier":%q,"source_port":4711,"destination_ip":"192.0.2.80","category":"connection","type":"login_attack","protocol":"tcp","first_seen":%q}`+"\n--b--\n", now, accusedAt, now))
	x := ada.report(t, "Attacks on mx.victim.example")
	if list := ada.complaints(t, x.ID); x.State != candor.ReportFiled || len(list) != 1 || list[0].State != candor.ComplaintForeign {
		t.Fatalf("%+v, %+v", x, list)
	}
	link := written(t, server, "greta@victim.example", regexp.MustCompile(`http://\S+/r/\S+`))
	eventually(t, "the holder is found", 30*time.Second, func() bool {
		f := ada.forwards(t, x.ID)
		return len(f) == 1 && f[0].Holder == "abuse@holder.example" && f[0].State == candor.ForwardWaiting
	})
	for _, m := range server.Mails() {
		if m.To == "abuse@holder.example" {
			t.Fatalf("it is passed on before the reporter agrees:\n%s", m.Data)
		}
	}
	agree(t, link)
	var mail smtptest.Mail
	eventually(t, "the holder gets a mail", 30*time.Second, func() bool {
		for _, m := range server.Mails() {
			if m.To == "abuse@holder.example" {
				mail = m
			}
		}
		return mail.To != ""
	})
	arrived(t, d, mail)
	if f := ada.forwards(t, x.ID); len(f) != 1 || f[0].State != candor.ForwardSent || f[0].Basis.How != candor.AgreedLink || f[0].Basis.Named {
		t.Errorf("%+v", f)
	}
	if status := p.stop(t); status != 0 {
		t.Errorf("the program ended with %d", status)
	}
	mails := 0
	for _, m := range server.Mails() {
		if m.To == "abuse@holder.example" {
			mails++
		}
	}
	if mails != 1 {
		t.Errorf("the holder gets %d mails", mails)
	}
}

func (o *person) forwards(t *testing.T, report candor.ID) (all []candor.Forward) {
	t.Helper()
	o.list(t, "/api/v1/forwards?report="+string(report), &all)
	return all
}

// written gives the link in a mail to an address.
func written(t *testing.T, server *smtptest.Server, to string, link *regexp.Regexp) (found string) {
	t.Helper()
	eventually(t, "a mail comes to "+to, 30*time.Second, func() bool {
		for _, m := range server.Mails() {
			if read, err := message.Read(strings.NewReader(string(m.Data)), message.DefaultLimits()); err == nil && m.To == to {
				for _, p := range read.Parts {
					if found == "" && p.Type == "text/plain" {
						found = link.FindString(p.Text)
					}
				}
			}
		}
		return found != ""
	})
	return found
}

// agree opens the page behind a link, and says yes as its form does.
func agree(t *testing.T, link string) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	at, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	reporter := &person{Client: http.Client{Jar: jar, Timeout: time.Minute}, url: at.Scheme + "://" + at.Host}
	a, err := reporter.Get(link)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	page, err := io.ReadAll(a.Body)
	if err != nil || a.StatusCode != http.StatusOK {
		t.Fatalf("the reporter's page: %d, %v", a.StatusCode, err)
	}
	action := regexp.MustCompile(`<form[^>]* action="(/r/[^"]+/consent)"`).FindSubmatch(page)
	if action == nil {
		t.Fatalf("the page does not ask:\n%s", page)
	}
	form := url.Values{"pass": {"yes"}}
	for _, hidden := range regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`).FindAllSubmatch(page, -1) {
		form.Set(string(hidden[1]), string(hidden[2]))
	}
	if status := reporter.post(t, string(action[1]), form); status >= 300 {
		t.Fatalf("the reporter agrees: %d", status)
	}
}

// arrived checks the mail to a holder.
func arrived(t *testing.T, d *abuseDesk, mail smtptest.Mail) {
	t.Helper()
	for _, secret := range []string{"greta", "olsson", "victim.example", "0b6a4c1e-9d3c"} {
		if strings.Contains(strings.ToLower(string(mail.Data)), secret) {
			t.Errorf("the mail tells %q:\n%s", secret, mail.Data)
		}
	}
	name := filepath.Join(d.dir, "arrived.eml")
	if err := os.WriteFile(name, mail.Data, 0o600); err != nil {
		t.Fatal(err)
	}
	out, _ := exec.Command(binary, "intake", "--format", "json", name).Output() // 1: it complains about something
	for _, want := range []string{`"xarf"`, accusedAt, "4711", "intrusion-attempts/brute-force"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("what arrived has no %s: %s\n%s", want, out, mail.Data)
		}
	}
}

// internet makes the Internet: addresses, names, and the registry's servers, whom
// the program under test trusts.
func internet(t *testing.T, dir string) {
	t.Helper()
	binary = os.Getenv(elsewhere)
	hosts := filepath.Join(dir, "hosts")
	if err := os.WriteFile(hosts, []byte("127.0.0.1 localhost\n"+registryAt+" data.iana.org rdap.registry.example\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, words := range []string{"ip link set lo up", "ip addr add " + registryAt + "/32 dev lo", "mount --make-rprivate /", "mount --bind " + hosts + " /etc/hosts"} {
		command := strings.Fields(words)
		if out, err := exec.Command(command[0], command[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", words, err, out)
		}
	}
	ca, certificate := vouched(t, "data.iana.org", "rdap.registry.example")
	name := filepath.Join(dir, "ca.pem")
	if err := errors.Join(os.WriteFile(name, ca, 0o600), os.Setenv("SSL_CERT_FILE", name)); err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp", net.JoinHostPort(registryAt, "443"), &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12})
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{ReadHeaderTimeout: time.Minute, ErrorLog: log.New(io.Discard, "", 0), Handler: http.HandlerFunc(registry)}
	t.Cleanup(func() { _ = s.Close() })
	go func() { _ = s.Serve(l) }()
}

// registry answers as IANA (RFC 9224) and a regional registry (RFC 9083) do.
func registry(w http.ResponseWriter, r *http.Request) {
	switch r.Host + r.URL.Path {
	case "data.iana.org/rdap/ipv4.json":
		_, _ = io.WriteString(w, `{"version":"1.0","services":[[["81.0.0.0/8"],["https://rdap.registry.example/"]]]}`)
	case "rdap.registry.example/ip/" + accusedAt:
		_, _ = io.WriteString(w, `{"objectClassName":"ip network","handle":"NET-81","entities":[{"objectClassName":"entity","roles":["abuse"],"vcardArray":["vcard",[["version",{},"text","4.0"],["fn",{},"text","Holder"],["email",{},"text","abuse@holder.example"]]]}]}`)
	default:
		http.NotFound(w, r)
	}
}

// vouched makes a certificate for names, and the authority that vouches for it.
func vouched(t *testing.T, names ...string) (ca []byte, _ tls.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: names[0]}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), DNSNames: names,
		IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
