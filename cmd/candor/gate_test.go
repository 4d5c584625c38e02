package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// answers is a desk that says of hosts what it was told.
func answers(t *testing.T) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.URL.Query().Get("host")
		if r.URL.Path != "/api/v1/gate/allowed" || r.Header.Get("Authorization") != "Bearer candor_x" {
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"detail":"not signed in","hint":"Use a token."}`)
			return
		}
		switch host {
		case "live.example":
			fmt.Fprint(w, `{"host":"live.example","allowed":true,"site":"s","state":"live","unmet":[]}`)
		case "grace.example":
			fmt.Fprint(w, `{"host":"grace.example","allowed":true,"site":"s","state":"grace","until":"2026-12-01T00:00:00Z","unmet":[{"check":"terms","outcome":"failed","why":"old-terms","since":"2026-11-01T00:00:00Z","clause":"11.2, b)","requirements":[],"detail":"Old.","hint":"Accept them."}]}`)
		case "draft.example":
			fmt.Fprint(w, `{"host":"draft.example","allowed":false,"site":"s","state":"draft","unmet":[]}`)
		case "broken.example":
			w.WriteHeader(http.StatusServiceUnavailable)
		case "moved.example":
			http.Redirect(w, r, "/api/v1/gate/allowed?host=live.example", http.StatusFound)
		case "other.example":
			fmt.Fprint(w, `{"host":"live.example","allowed":true}`)
		case "captive.example":
			fmt.Fprint(w, `<html>allowed: true</html>`)
		default:
			fmt.Fprintf(w, `{"host":%q,"allowed":false,"unmet":[]}`, host)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func TestGateCheck(t *testing.T) {
	s := answers(t)
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("candor_x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("CANDOR_URL", "")
	t.Setenv("CANDOR_TOKEN", "")
	for _, x := range []struct {
		args   string
		status int
		want   string // in what it says
	}{
		{"live.example", exitClean, "live.example may be reached (live)"},
		{"LIVE.example.", exitError, "the answer is about"}, // this desk does not know how to fold names
		{"grace.example", exitClean, "until 2026-12-01T00:00:00Z (grace)\n  terms (X.1207, 11.2, b)), failed: Old.\n      Accept them."},
		{"draft.example", exitFound, "draft.example may not be reached (draft)"},
		{"nobody.example", exitFound, "(no site of that name)"},
		{"draft.example --quiet", exitFound, ""},
		{"live.example --json", exitClean, `"allowed":true`},
		{"broken.example", exitError, "503"},
		{"moved.example", exitError, "302"},
		{"other.example", exitError, "the answer is about"},
		{"captive.example", exitError, "not a desk's"},
		{"live.example --server http://desk.example", exitError, "https://"},
		{"live.example --token-file /nowhere", exitError, "scope read"},
		{"live.example --server https://127.0.0.1:1", exitError, "Leave it as it is"},
		{"live.example draft.example", exitError, "one at a time"},
		{"", exitError, "no host name given"},
	} {
		args := strings.Fields("gate check --server " + s.URL + " --token-file " + file + " " + x.args)
		var out, problems bytes.Buffer
		status := run(args, nil, &out, &problems)
		if said := out.String() + problems.String(); status != x.status || !strings.Contains(said, x.want) || x.want == "" && said != "" {
			t.Errorf("%q: status %d, want %d; it says %q, want %q", x.args, status, x.status, said, x.want)
		}
	}
	t.Setenv("CANDOR_URL", s.URL)
	var problems bytes.Buffer
	if status := run([]string{"gate", "check", "live.example"}, nil, &problems, &problems); status != exitError || !strings.Contains(problems.String(), "there is no token") {
		t.Errorf("without a token: %d, %s", status, &problems)
	}
	t.Setenv("CANDOR_TOKEN", "candor_x")
	if status := run([]string{"gate", "check", "live.example"}, nil, &problems, &problems); status != exitClean {
		t.Errorf("from the environment: %d, %s", status, &problems)
	}
}

// script runs one of the example scripts in a folder, with "candor" being this
// program and the desk the one that answers.
func script(t *testing.T, dir, desk, input, name string, args ...string) (string, int) {
	t.Helper()
	candor := filepath.Join(dir, "candor")
	if _, err := os.Lstat(candor); err != nil {
		self, err := os.Executable()
		if err == nil {
			err = os.Symlink(self, candor)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	path, err := filepath.Abs(filepath.Join("../../docs/gate", name))
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), path, args...)
	c.Env = append(os.Environ(), "CANDOR="+candor, "CANDOR_URL="+desk, "CANDOR_TOKEN=candor_x", "AVAILABLE="+dir+"/available", "ENABLED="+dir+"/enabled",
		"TEST=test ! -e "+dir+"/wrong", "RELOAD=touch "+dir+"/reloaded", "PDNSUTIL=echo pdns", "NSUPDATE=cat", "TRUEUSERDOMAINS="+dir+"/domains")
	c.Stdin = strings.NewReader(input)
	out, err := c.CombinedOutput()
	if c.ProcessState == nil {
		t.Fatalf("%s: %v", name, err)
	}
	return string(out), c.ProcessState.ExitCode()
}

// TestVirtualHosts has the script enable and disable hosts as the desk says, and
// leave all as it is when it cannot be asked.
func TestVirtualHosts(t *testing.T) {
	dir, desk := t.TempDir(), answers(t)
	for _, host := range []string{"live", "grace", "draft", "broken"} {
		write(t, filepath.Join(dir, "available", host+".example.conf"), "server {}\n")
	}
	write(t, filepath.Join(dir, "enabled", "own.conf"), "of the operator\n")
	for _, host := range []string{"draft", "broken"} { // as they were before
		if err := os.Symlink(filepath.Join(dir, "available", host+".example.conf"), filepath.Join(dir, "enabled", host+".example.conf")); err != nil {
			t.Fatal(err)
		}
	}
	enabled := func() string {
		all, err := os.ReadDir(filepath.Join(dir, "enabled"))
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, e := range all {
			names = append(names, strings.TrimSuffix(e.Name(), ".conf"))
		}
		return strings.Join(names, " ")
	}
	reloaded := func() bool { return os.Remove(filepath.Join(dir, "reloaded")) == nil }
	out, status := script(t, dir, desk.URL, "", "vhost.sh", "sync")
	if status != 2 || enabled() != "broken.example grace.example live.example own" || !reloaded() {
		t.Errorf("sync: status %d, enabled %s: %s", status, enabled(), out)
	}
	out, status = script(t, dir, desk.URL, "", "vhost.sh", "enable", "draft.example")
	if status != 1 || strings.Contains(enabled(), "draft") || reloaded() {
		t.Errorf("a draft: status %d, enabled %s: %s", status, enabled(), out)
	}
	out, status = script(t, dir, "http://127.0.0.1:1", "", "vhost.sh", "sync")
	if status != 2 || enabled() != "broken.example grace.example live.example own" || reloaded() {
		t.Errorf("without a desk: status %d, enabled %s: %s", status, enabled(), out)
	}
	if err := os.Remove(filepath.Join(dir, "enabled", "live.example.conf")); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "wrong"), "")
	out, status = script(t, dir, desk.URL, "", "vhost.sh", "enable", "live.example")
	if status != 2 || strings.Contains(enabled(), "live") {
		t.Errorf("a configuration that is wrong: status %d, enabled %s: %s", status, enabled(), out)
	}
	for _, bad := range []string{"../x", "", "a b", "-q"} {
		if out, status := script(t, dir, desk.URL, "", "vhost.sh", "enable", bad); status != 2 {
			t.Errorf("%q: status %d: %s", bad, status, out)
		}
	}
}

// TestNames has the script publish names and withdraw them.
func TestNames(t *testing.T) {
	dir, desk := t.TempDir(), answers(t)
	for _, x := range []struct {
		args, server string
		status       int
		want         string
	}{
		{"live.example example 192.0.2.7", "powerdns", 0, "pdns replace-rrset example live A 300 192.0.2.7\npublished live.example"},
		{"live.example live.example 2001:db8::1", "powerdns", 0, "pdns replace-rrset live.example @ AAAA 300 2001:db8::1"},
		{"live.example example 192.0.2.7", "update", 0, "update add live.example. 300 A 192.0.2.7\nsend"},
		{"draft.example example 192.0.2.7", "powerdns", 1, "pdns delete-rrset example draft A\nwithdrew draft.example"},
		{"draft.example example 192.0.2.7", "update", 1, "update delete draft.example. A\nsend"},
		{"broken.example example 192.0.2.7", "powerdns", 2, "503"},
		{"live.example other 192.0.2.7", "powerdns", 2, "not in the zone"},
		{"live.example example nowhere", "powerdns", 2, "no address"},
		{"live.example example 192.0.2.7", "carrier-pigeon", 2, ""},
		{"", "powerdns", 2, "usage"},
	} {
		t.Setenv("SERVER", x.server)
		out, status := script(t, dir, desk.URL, "", "dns.sh", strings.Fields(x.args)...)
		if status != x.status || !strings.Contains(out, x.want) || status == 2 && strings.Contains(out, "pdns ") {
			t.Errorf("%s by %s: status %d, want %d: %s", x.args, x.server, status, x.status, out)
		}
	}
}

// TestPanelHook has the panel's steps go on only if the site may be reached.
func TestPanelHook(t *testing.T) {
	dir, desk := t.TempDir(), answers(t)
	write(t, filepath.Join(dir, "domains"), "draft.example: shop\nlive.example: blog\n")
	for _, x := range []struct{ input, want string }{
		{`{"data":{"domain":"live.example","user":"x"}}`, "1 live.example"},
		{`{"data": {"user": "blog"}}`, "1 live.example"},
		{"{\n \"data\": {\n  \"user\": \"shop\"\n }\n}", "0 BAILOUT Candor: draft.example may not be reached"},
		{`{"data":{"domain":"broken.example"}}`, "0 BAILOUT Candor: the desk could not be asked"},
		{`{"data":{"user":"nobody"}}`, "0 BAILOUT Candor: the step names no domain"},
		{`not JSON`, "0 BAILOUT"},
		{``, "0 BAILOUT"},
	} {
		out, status := script(t, dir, desk.URL, x.input, "cpanel-hook.sh")
		lines := strings.Split(strings.TrimSpace(out), "\n")
		if last := lines[len(lines)-1]; status != 0 || !strings.HasPrefix(last, x.want) {
			t.Errorf("%s: status %d, %s, want %s", x.input, status, out, x.want)
		}
	}
}

// TestScriptsAreClean has shellcheck and PHP look at the examples.
func TestScriptsAreClean(t *testing.T) {
	for _, tool := range [][]string{{"shellcheck", "../../docs/gate/vhost.sh", "../../docs/gate/dns.sh", "../../docs/gate/cpanel-hook.sh"}, {"php", "-l", "../../docs/gate/candor_gate.php"}} {
		if found(t, tool[0]) {
			if out, err := exec.CommandContext(t.Context(), tool[0], tool[1:]...).CombinedOutput(); err != nil {
				t.Errorf("%s: %v: %s", tool[0], err, out)
			}
		}
	}
}

// found tells whether a tool is there. In CI it has to be.
func found(t *testing.T, tool string) bool {
	t.Helper()
	_, err := exec.LookPath(tool)
	if err != nil && os.Getenv("CI") != "" {
		t.Fatalf("%s is not installed: apt-get install shellcheck php-cli", tool)
	}
	if err != nil {
		t.Logf("%s is not installed", tool)
	}
	return err == nil
}

// billing drives the functions of the PHP example as WHMCS does.
const billing = `<?php
$hooks = []; $done = [];
function add_hook($name, $order, $do) { global $hooks; $hooks[$name] = $do; }
function localAPI($what, $with) { global $done; $done[] = $what . ' ' . $with['serviceid']; }
function logActivity($text) { global $done; $done[] = $text; }
require $argv[1];
foreach (['live.example', 'draft.example', 'broken.example', 'captive.example', 'other.example', ''] as $domain) {
	$out = $hooks['PreModuleUnsuspend'](['params' => ['domain' => $domain]]);
	echo $domain, ' ', isset($out['abortcmd']) ? 'stopped' : 'goes on', candor_gate_ask($domain)['known'] ? '' : ' unknown', "\n";
}
$hooks['AfterModuleCreate'](['params' => ['domain' => 'draft.example', 'serviceid' => 7]]);
$hooks['AfterModuleCreate'](['params' => ['domain' => 'live.example', 'serviceid' => 8]]);
echo end($done), "\n";
$body = '{"type":"site.suspended","data":{"allowed":false,"hosts":["draft.example"],"state":"suspended"}}';
$sign = fn ($at, $key) => 'v1,' . base64_encode(hash_hmac('sha256', "m.$at.$body", base64_decode($key), true));
$send = fn ($at, $signature, $body) => candor_gate_receive(['webhook-id' => 'm', 'webhook-timestamp' => (string) $at, 'webhook-signature' => $signature], $body, 1000000);
$got = $send(1000000, $sign(1000000, 'c2VjcmV0'), $body);
echo $got['suspend'] ? 'suspend ' : 'release ', $got['hosts'][0], "\n";
echo json_encode([$send(1000000, $sign(1000000, 'b3RoZXI='), $body), $send(999000, $sign(999000, 'c2VjcmV0'), $body), $send(1000000, $sign(1000000, 'c2VjcmV0'), $body . ' '), $send('', '', $body)]), "\n";
`

func TestBillingHook(t *testing.T) {
	if !found(t, "php") {
		t.Skip("php is not installed")
	}
	desk := answers(t)
	c := exec.CommandContext(t.Context(), "php", write(t, filepath.Join(t.TempDir(), "billing.php"), billing), "../../docs/gate/candor_gate.php")
	c.Env = append(os.Environ(), "CANDOR_URL="+desk.URL, "CANDOR_TOKEN=candor_x", "CANDOR_WEBHOOK_SECRET=whsec_c2VjcmV0")
	out, err := c.CombinedOutput()
	want := `live.example goes on
draft.example stopped
broken.example stopped unknown
captive.example stopped unknown
other.example stopped unknown
 stopped
ModuleSuspend 7
suspend draft.example
[null,null,null,null]
`
	if d := cmp.Diff(want, string(out)); err != nil || d != "" {
		t.Errorf("%v: -want +got:\n%s", err, d)
	}
}
