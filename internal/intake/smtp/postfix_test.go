package smtp

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"candor"
)

// TestPostfix has a real Postfix (Debian: postfix) hand a mail over, which the
// keeper first cannot take: it comes again.
func TestPostfix(t *testing.T) {
	for _, name := range []string{"postfix", "sendmail"} {
		if _, err := exec.LookPath(name); err != nil || os.Getuid() != 0 {
			if os.Getenv("CI") != "" {
				t.Fatal("Postfix is not installed (Debian: postfix), or this is not root")
			}
			t.Skip("Postfix is not installed (Debian: postfix), or this is not root")
		}
	}
	m := &memory{err: candor.ErrUnavailable, came: make(chan struct{}, 1)}
	config, _ := certificate(t)
	l := start(t, Options{Keeper: m, TLS: config})
	etc := postfix(t, l.Addr().(*net.TCPAddr).Port)

	body := strings.Repeat("a line with 8 bits: ü\n", 20_000) + ".\n"
	mail := exec.Command("sendmail", "-C", etc, "-f", "reporter@example.net", "abuse+x@example.org")
	mail.Stdin = strings.NewReader("Subject: from postfix\n\n" + strings.Replace(body, "\n.\n", "\n..\n", 1))
	if out, err := mail.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	deadline := time.After(time.Minute)
	for l.Counts().Deferred == 0 {
		select {
		case <-deadline:
			t.Fatal("Postfix does not come")
		case <-time.After(20 * time.Millisecond):
		}
	}
	m.mu.Lock()
	m.err = nil
	m.mu.Unlock()
	// The queue is flushed until Postfix has put the mail back.
	for {
		if out, err := exec.Command("postqueue", "-c", etc, "-f").CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		select {
		case <-m.came:
		case <-time.After(200 * time.Millisecond):
			continue
		case <-deadline:
			t.Fatal("Postfix does not come again")
		}
		break
	}
	got := m.mails()[0]
	if got.From != "reporter@example.net" || fmt.Sprint(got.To) != "[abuse+x@example.org]" || !strings.Contains(got.text, "with ESMTPS (TLS 1.3") {
		t.Errorf("it came as %+v: %.400s", got.Arrival, got.text)
	}
	if n := strings.Count(got.text, "a line with 8 bits: ü\r\n"); n != 20_000 {
		t.Errorf("%d lines came", n)
	}
}

// postfix runs one of its own configuration and queue, that hands all mail to a
// port.
func postfix(t *testing.T, port int) (etc string) {
	t.Helper()
	root, err := os.MkdirTemp("/tmp", "postfix-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(root) })
	etc = filepath.Join(root, "etc")
	for _, folder := range []string{etc, filepath.Join(root, "queue"), filepath.Join(root, "data")} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(root, 0o755); err != nil {
		t.Fatal(err)
	}
	main := fmt.Sprintf(`compatibility_level = 3.6
queue_directory = %[1]s/queue
data_directory = %[1]s/data
myhostname = relay.example.net
mydestination =
inet_interfaces = loopback-only
relayhost = [127.0.0.1]:%[2]d
smtp_tls_security_level = encrypt
smtp_host_lookup = native
minimal_backoff_time = 1s
maillog_file = %[1]s/log
maillog_file_prefixes = %[1]s
multi_instance_directories =
`, root, port)
	master := `pickup unix n - n 1 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 1 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
tlsmgr unix - - n 1000? 1 tlsmgr
smtp unix - - n - - smtp
showq unix n - n - - showq
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
scache unix - - n - 1 scache
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
`
	for name, text := range map[string]string{"main.cf": main, "master.cf": master, "dynamicmaps.cf": ""} {
		if err := os.WriteFile(filepath.Join(etc, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command("chown", "postfix", filepath.Join(root, "data")).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if out, err := exec.Command("postfix", "-c", etc, "start").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Cleanup(func() {
		if t.Failed() {
			log, err := os.ReadFile(filepath.Join(root, "log"))
			t.Logf("%s (%v)", log, err)
		}
		if out, err := exec.Command("postfix", "-c", etc, "stop").CombinedOutput(); err != nil && err != syscall.ESRCH {
			t.Errorf("%v: %s", err, out)
		}
	})
	return etc
}
