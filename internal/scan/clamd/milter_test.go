package clamd_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"candor/internal/scan/clamd"
	"candor/internal/scan/unpack"
)

// need gives the path of a program, which has to be there in CI.
func need(t *testing.T, name, debian string) string {
	t.Helper()
	t.Setenv("PATH", os.Getenv("PATH")+":/usr/sbin")
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("%s is not installed: apt-get install %s", name, debian)
		}
		t.Skipf("%s is not installed", name)
	}
	return path
}

// nobody is who a daemon runs as that root starts.
const nobody = 65534

// startMilter runs Debian's clamav-milter with a clamd at socket, in a folder
// that everybody may write to, and gives the address of its own socket.
func startMilter(t *testing.T, dir, socket string) string {
	t.Helper()
	program := need(t, "clamav-milter", "clamav-milter")
	address := filepath.Join(dir, "milter.sock")
	conf := filepath.Join(dir, "clamav-milter.conf")
	text := fmt.Sprintf(`
MilterSocket unix:%s
ClamdSocket %s
Foreground yes
OnClean Accept
OnInfected Reject
OnFail Defer
RejectMsg found %%v
AddHeader Replace
MaxFileSize 40M
TemporaryDirectory %s
ReadTimeout 60
`, address, socket, dir)
	if err := os.WriteFile(conf, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	c := exec.Command(program, "--config-file", conf)
	if os.Getuid() == 0 {
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	var log bytes.Buffer
	c.Stdout, c.Stderr = &log, &log
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = c.Wait(); close(ended) }() // it is told to end
	t.Cleanup(func() {
		_ = c.Process.Kill() // it may have ended; told to end it takes 5 seconds
		<-ended
	})
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for range 1000 {
		if conn, err := net.Dial("unix", address); err == nil {
			conn.Close()
			return address
		}
		select {
		case <-ended:
			t.Fatalf("clamav-milter has ended:\n%s", &log)
		case <-tick.C:
		}
	}
	t.Fatal("clamav-milter does not answer")
	return ""
}

// mailServer speaks to a milter as a mail server does: by packets of a length,
// a letter and data (Sendmail's libmilter, mfdef.h).
type mailServer struct {
	net.Conn
	t *testing.T
}

func (m mailServer) send(command byte, data string) {
	m.t.Helper()
	packet := binary.BigEndian.AppendUint32(nil, uint32(1+len(data)))
	if _, err := m.Write(append(append(packet, command), data...)); err != nil {
		m.t.Fatal(err)
	}
}

func (m mailServer) receive() (command byte, data string) {
	m.t.Helper()
	var size [4]byte
	if _, err := io.ReadFull(m, size[:]); err != nil {
		m.t.Fatal(err)
	}
	packet := make([]byte, binary.BigEndian.Uint32(size[:]))
	if _, err := io.ReadFull(m, packet); err != nil {
		m.t.Fatal(err)
	}
	return packet[0], string(packet[1:])
}

// steps are the letters of the commands that a milter may not want to hear of,
// by their bits (SMFIP_NOCONNECT and on).
const steps = "CHMRBLN"

// mail hands a mail over, and gives what is to become of it, and what the
// milter changes.
func (m mailServer) mail(head [][2]string, body string) (verdict byte, text string, changes []string) {
	m.t.Helper()
	m.send('O', "\x00\x00\x00\x06\x00\x00\x01\xff\x00\x00\x00\x7f") // version 6, all changes, all steps that are as old as 2
	command, wants := m.receive()
	if command != 'O' || len(wants) != 12 {
		m.t.Fatalf("negotiated %q %q", command, wants)
	}
	unwanted := binary.BigEndian.Uint32([]byte(wants[8:]))
	step := func(command byte, data string) bool {
		if n := strings.IndexByte(steps, command); n >= 0 && unwanted&(1<<n) != 0 {
			return true
		}
		m.send(command, data)
		verdict, text = m.receive()
		return verdict == 'c'
	}
	m.send('D', "Ci\x004ABC\x00j\x00mx.example.org\x00")
	if !step('C', "client.example.org\x004\x30\x39192.0.2.1\x00") || !step('H', "client.example.org\x00") || !step('M', "<ada@example.org>\x00") || !step('R', "<bob@example.org>\x00") {
		return verdict, text, nil
	}
	for _, h := range head {
		if !step('L', h[0]+"\x00"+h[1]+"\x00") {
			return verdict, text, nil
		}
	}
	if !step('N', "") {
		return verdict, text, nil
	}
	for len(body) > 0 {
		n := min(len(body), 65535)
		if !step('B', body[:n]) {
			return verdict, text, nil
		}
		body = body[n:]
	}
	for m.send('E', ""); ; {
		switch verdict, text = m.receive(); verdict {
		case 'h', 'i', 'm', 'p':
			changes = append(changes, text)
		default:
			return verdict, text, changes
		}
	}
}

// TestMilter has Debian's clamav-milter drive the server, unchanged, and a mail
// server hand mails to it.
func TestMilter(t *testing.T) {
	random := make([]byte, 3<<20)
	for i := range random {
		random[i] = 'a' + byte(rand.Uint32N(16))
	}
	head := [][2]string{{"From", "Ada <ada@example.org>"}, {"To", "Bob <bob@example.org>"}, {"Subject", "what you asked for"}}
	attached := append(head[:3:3], [2]string{"MIME-Version", "1.0"}, [2]string{"Content-Type", `multipart/mixed; boundary="xx"`})
	attachment := "--xx\r\nContent-Type: text/plain\r\n\r\nhere it is\r\n--xx\r\nContent-Type: application/octet-stream; name=a.php\r\nContent-Disposition: attachment; filename=a.php\r\n" +
		"Content-Transfer-Encoding: base64\r\n\r\n" + base64.StdEncoding.EncodeToString([]byte(evil)) + "\r\n--xx--\r\n"
	for network, address := range map[string]func(*world) string{
		"unix": func(w *world) string { return "unix:" + w.unix },
		"tcp":  func(w *world) string { return "tcp:" + w.tcp },
	} {
		t.Run(network, func(t *testing.T) {
			dir, err := os.MkdirTemp("/tmp", "candor-milter-")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { os.RemoveAll(dir) })
			if err := os.Chmod(dir, 0o777); err != nil {
				t.Fatal(err)
			}
			w := serveIn(t, dir, func(o *clamd.Options) { o.Inside = &unpack.Options{} })
			if err := os.Chmod(w.unix, 0o666); err != nil {
				t.Fatal(err)
			}
			milter := startMilter(t, dir, address(w))
			for _, tt := range []struct {
				name    string
				head    [][2]string
				body    string
				verdict byte // accepted, rejected with a text (y), or to be tried again (t)
			}{
				{"clean", head, "Hello Bob,\r\n\r\nthere is nothing bad in here.\r\n", 'a'},
				{"without a body", head, "", 'a'},
				{"infected", head, "Hello,\r\n" + evil + "\r\n", 'y'},
				{"infected attachment", attached, attachment, 'y'},
				{"large", head, string(random), 'a'},
				{"large and infected at the end", head, string(random) + evil, 'y'},
				{"larger than is taken", head, strings.Repeat(string(random), 3), map[string]byte{"unix": 'a', "tcp": 't'}[network]}, // of a file a descriptor comes
				{"infected, after that", head, evil, 'y'},
			} {
				conn, err := net.Dial("unix", milter)
				if err != nil {
					t.Fatal(err)
				}
				if err := conn.SetDeadline(time.Now().Add(60 * time.Second)); err != nil {
					t.Fatal(err)
				}
				verdict, text, changes := mailServer{conn, t}.mail(tt.head, tt.body)
				conn.Close()
				if verdict != tt.verdict {
					t.Errorf("a mail that is %s: %c %q, want %c", tt.name, verdict, text, tt.verdict)
				}
				if told := strings.Contains(text, "found YARA.evil.UNOFFICIAL"); told != (tt.verdict == 'y') {
					t.Errorf("a mail that is %s: %q", tt.name, text)
				}
				if marked := strings.Contains(strings.Join(changes, " "), "Clean"); marked != (tt.verdict == 'a') {
					t.Errorf("a mail that is %s is changed: %q", tt.name, changes)
				}
			}
		})
	}
}
