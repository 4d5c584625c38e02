package radius_test

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"candor"
	"candor/internal/respond/isolate"
	"candor/internal/respond/isolate/radius"
)

// site is a server for Dynamic Authorization that knows one session.
const site = `
name = freeradius
prefix = /usr
logdir = %[1]s
run_dir = %[1]s
libdir = /usr/lib/freeradius
correct_escapes = true
max_requests = 1024
log {
 destination = stdout
}
security { max_attributes = 200
 reject_delay = 0
 status_server = no
}
client lab { ipaddr = 127.0.0.1
 secret = "%[2]s"
 require_message_authenticator = yes
}
listen { type = coa
 ipaddr = 127.0.0.1
 port = %[3]d
 virtual_server = lab
}
modules {
 always ok {
  rcode = ok
 }
 always reject {
  rcode = reject
 }
}
server lab {
 recv-coa {
  if (!&Message-Authenticator || !&Event-Timestamp || "%%{User-Name}" != "li@example.net" || "%%{NAS-Identifier}" != "bras-1" || "%%{Framed-IP-Address}" != "10.0.0.1") {
   update reply { &Error-Cause := 402 }
   reject
  }
  elsif ("%%{Acct-Session-Id}" != "0a1b2c") {
   update reply { &Error-Cause := 503 }
   reject
  }
  elsif ("%%{Packet-Type}" == "CoA-Request" && "%%{Filter-Id}" != "garden" && "%%{Filter-Id}" != "open") {
   update reply { &Error-Cause := 407 }
   reject
  }
  else {
   ok
  }
 }
 send-coa {
  ok
 }
}
`

// TestFreeRADIUS has requests read by another implementation.
func TestFreeRADIUS(t *testing.T) {
	program, err := exec.LookPath("freeradius")
	if err != nil {
		if program = "/usr/sbin/freeradius"; !exists(program) {
			if os.Getenv("CI") != "" {
				t.Fatal("freeradius is not there")
			}
			t.Skip("freeradius is not there")
		}
	}
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := conn.LocalAddr().(*net.UDPAddr).Port
	conn.Close()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "radiusd.conf"), fmt.Appendf(nil, site, dir, secret, port), 0o600); err != nil {
		t.Fatal(err)
	}
	var log bounded
	cmd := exec.CommandContext(t.Context(), program, "-f", "-X", "-d", dir, "-D", "/usr/share/freeradius")
	if !exists("/usr/share/freeradius/dictionary") {
		t.Fatal("freeradius has no dictionary")
	}
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() }) // killed as the context ends
	log.await(t, "Ready to process requests")

	e, err := radius.New(radius.Options{Server: fmt.Sprintf("127.0.0.1:%d", port), Secret: []byte(secret), Now: time.Now, Patience: 8 * time.Second,
		Levels:  map[isolate.Level][]string{isolate.WalledGarden: {"Filter-Id=garden"}, isolate.RateLimit: {"Filter-Id=slow"}, isolate.Disconnect: {"Disconnect"}},
		Restore: []string{"Filter-Id=open"}})
	if err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{"garden": e.Set(t.Context(), session, isolate.WalledGarden), "disconnect": e.Set(t.Context(), session, isolate.Disconnect),
		"clear": e.Clear(t.Context(), session)} {
		if err != nil {
			t.Errorf("%s: %v\n%s", what, err, log.text())
		}
	}
	if err := e.Set(t.Context(), session, isolate.RateLimit); !errors.Is(err, candor.ErrDenied) || !strings.Contains(err.Error(), "Error-Cause 407") {
		t.Errorf("a value that it does not take: %v", err)
	}
	old := session
	old.ID = "another"
	if err := e.Set(t.Context(), old, isolate.WalledGarden); !errors.Is(err, candor.ErrUnavailable) || !strings.Contains(err.Error(), "Error-Cause 503") {
		t.Errorf("a session that it does not know: %v", err)
	}
	if err := e.Clear(t.Context(), old); err != nil {
		t.Errorf("clear a session that it does not know: %v", err)
	}
	wrong, err := radius.New(radius.Options{Server: fmt.Sprintf("127.0.0.1:%d", port), Secret: []byte("another"), Now: time.Now, Patience: 80 * time.Millisecond,
		Levels: map[isolate.Level][]string{isolate.Disconnect: {"Disconnect"}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := wrong.Set(t.Context(), session, isolate.Disconnect); !errors.Is(err, candor.ErrUnavailable) {
		t.Errorf("with another secret: %v", err)
	}
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// bounded keeps what a program writes, and tells when a text was.
type bounded struct {
	mu   sync.Mutex
	b    bytes.Buffer
	wait string
	seen chan struct{}
}

func (l *bounded) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.b.Write(p)
	if l.seen != nil && strings.Contains(l.b.String(), l.wait) {
		close(l.seen)
		l.seen = nil
	}
	return len(p), nil
}

func (l *bounded) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (l *bounded) await(t *testing.T, text string) {
	t.Helper()
	seen := make(chan struct{})
	l.mu.Lock()
	if strings.Contains(l.b.String(), text) {
		close(seen)
	} else {
		l.wait, l.seen = text, seen
	}
	l.mu.Unlock()
	select {
	case <-seen:
	case <-time.After(30 * time.Second):
		t.Fatalf("no %q in\n%s", text, l.text())
	}
}
