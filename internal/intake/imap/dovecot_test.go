package imap

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2/imapclient"
)

// dovecot is a real one (Debian: dovecot-imapd), of its own configuration.
type dovecot struct {
	root, plain, tls string
	config           *tls.Config
	process          *exec.Cmd
}

func start(t *testing.T) *dovecot {
	t.Helper()
	if _, err := exec.LookPath("dovecot"); err != nil || os.Getuid() != 0 {
		if os.Getenv("CI") != "" {
			t.Fatal("Dovecot is not installed (Debian: dovecot-imapd), or this is not root")
		}
		t.Skip("Dovecot is not installed (Debian: dovecot-imapd), or this is not root")
	}
	root, err := os.MkdirTemp("/tmp", "dovecot-") // its sockets need short paths
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(root) })
	d := &dovecot{root: root, plain: free(t), tls: free(t)}
	d.config = d.certificate(t)
	_, plain, _ := net.SplitHostPort(d.plain)
	_, secure, _ := net.SplitHostPort(d.tls)
	write(t, filepath.Join(root, "users"), "abuse:{PLAIN}secret:65534:65534::"+root+"/home\n")
	write(t, filepath.Join(root, "dovecot.conf"), fmt.Sprintf(`protocols = imap
base_dir = %[1]s/run
state_dir = %[1]s/state
log_path = %[1]s/log
listen = 127.0.0.1
first_valid_uid = 0
mail_location = maildir:~/mail
mail_fsync = never
ssl = yes
ssl_cert = <%[1]s/cert.pem
ssl_key = <%[1]s/key.pem
passdb {
  driver = passwd-file
  args = %[1]s/users
}
userdb {
  driver = passwd-file
  args = %[1]s/users
}
service imap-login {
  chroot =
  inet_listener imap {
    port = %[2]s
  }
  inet_listener imaps {
    port = %[3]s
    ssl = yes
  }
}
service anvil {
  chroot =
}
`, root, plain, secure))
	home := filepath.Join(root, "home")
	if err := os.Mkdir(home, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(home, 65534, 65534); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(root, 0o755); err != nil {
		t.Fatal(err)
	}
	d.run(t)
	t.Cleanup(func() {
		if d.process != nil {
			d.stop(t, syscall.SIGTERM)
		}
		if t.Failed() {
			log, err := os.ReadFile(filepath.Join(root, "log"))
			t.Logf("%s (%v)", log, err)
		}
	})
	return d
}

// run starts it, and waits until it answers.
func (d *dovecot) run(t *testing.T) {
	t.Helper()
	d.process = exec.Command("dovecot", "-F", "-c", filepath.Join(d.root, "dovecot.conf"))
	d.process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	d.process.Stderr = os.Stderr
	if err := d.process.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); ; {
		c, err := net.Dial("tcp", d.tls)
		if err == nil {
			c.Close()
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
		<-time.After(20 * time.Millisecond)
	}
}

// kill ends it and all that it started, at once.
func (d *dovecot) kill(t *testing.T) { d.stop(t, syscall.SIGKILL) }

func (d *dovecot) stop(t *testing.T, signal syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(-d.process.Process.Pid, signal); err != nil {
		t.Error(err)
	}
	_ = d.process.Wait() // it was killed
	d.process = nil
}

func (d *dovecot) client(t *testing.T) *imapclient.Client {
	t.Helper()
	c, err := imapclient.DialTLS(d.tls, &imapclient.Options{TLSConfig: d.config})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.Login("abuse", "secret").Wait(); err != nil {
		t.Fatal(err)
	}
	return c
}

func (d *dovecot) certificate(t *testing.T) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	cert := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	write(t, filepath.Join(d.root, "cert.pem"), cert)
	write(t, filepath.Join(d.root, "key.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})))
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM([]byte(cert)) {
		t.Fatal("no certificate")
	}
	return &tls.Config{RootCAs: roots}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(strings.TrimLeft(text, "\n")), 0o644); err != nil {
		t.Fatal(err)
	}
}

// free finds a port that nobody uses.
func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
