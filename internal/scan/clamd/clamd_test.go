package clamd_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"candor"
	"candor/engine"
	"candor/internal/scan"
	"candor/internal/scan/clamd"
)

const evil = "this is EVIL-CONTENT indeed"

// rules find it, by two rules.
func rules(t testing.TB) *engine.Rules {
	t.Helper()
	source := `rule evil { strings: $a = "EVIL-CONTENT" condition: $a } rule worse { strings: $a = "EVIL" condition: $a }`
	compiled, report := engine.Compile([]engine.Source{{Name: "r.yar", Data: []byte(source)}}, engine.Options{})
	if len(report.Problems) > 0 {
		t.Fatal(report.Problems)
	}
	return compiled
}

type world struct {
	*clamd.Server
	unix, tcp string
	lock      sync.Mutex
	found     []candor.Finding
}

func serve(t testing.TB, change func(*clamd.Options)) *world {
	t.Helper()
	return serveIn(t, t.TempDir(), change)
}

// serveIn serves at a socket in a folder, and by TCP.
func serveIn(t testing.TB, dir string, change func(*clamd.Options)) *world {
	t.Helper()
	compiled, w := rules(t), &world{}
	o := clamd.Options{Version: "test", MaxStream: 8 << 20, Idle: 5 * time.Second,
		Definitions: func() (clamd.Definitions, error) {
			return clamd.Definitions{Generation: "0123456789abcdef", Made: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
				NewMatcher: func() scan.Matcher { return compiled.NewScanner(engine.ScanOptions{}) }}, nil
		},
		Found: func(_ string, all []candor.Finding) {
			w.lock.Lock()
			defer w.lock.Unlock()
			w.found = append(w.found, all...)
		}}
	if change != nil {
		change(&o)
	}
	w.Server = clamd.New(o)
	w.unix = filepath.Join(dir, "clamd.sock")
	for network, address := range map[string]string{"unix": w.unix, "tcp": "127.0.0.1:0"} {
		l, err := net.Listen(network, address)
		if err != nil {
			t.Fatal(err)
		}
		if network == "tcp" {
			w.tcp = l.Addr().String()
		}
		go func() {
			if err := w.Serve(l); err != nil {
				t.Errorf("serve: %v", err)
			}
		}()
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// ask sends bytes and gives all that is answered.
func (w *world) ask(t testing.TB, network, text string) string {
	t.Helper()
	address := w.tcp
	if network == "unix" {
		address = w.unix
	}
	conn, err := net.Dial(network, address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(conn)
	if err != nil && !errors.Is(err, unix.ECONNRESET) {
		t.Fatalf("%.60q: %v", text, err)
	}
	return string(out)
}

// chunks writes a content as INSTREAM takes it.
func chunks(content string, size int) string {
	var b strings.Builder
	for part := []byte(content); len(part) > 0; {
		n := min(size, len(part))
		_ = binary.Write(&b, binary.BigEndian, uint32(n)) // a Builder never fails
		b.Write(part[:n])
		part = part[n:]
	}
	b.WriteString("\x00\x00\x00\x00")
	return b.String()
}

func TestCommands(t *testing.T) {
	w := serve(t, nil)
	dir := t.TempDir()
	for name, content := range map[string]string{"good.txt": "fine", "a/evil.php": evil, "b/evil.php": evil} {
		name = filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, []byte(content), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	version := "ClamAV 1.4 (Candor test)/0123456789ab/Sun Mar  1 12:00:00 2026"
	big := strings.Repeat("x", 3<<20)
	for _, tt := range []struct{ network, ask, want string }{
		{"tcp", "nPING\n", "PONG\n"},
		{"tcp", "zPING\x00", "PONG\x00"},
		{"tcp", "PING\n", "PONG\n"},
		{"tcp", "PING\r\n", "PONG\n"},
		{"unix", "nVERSION\n", version + "\n"},
		{"unix", "nRELOAD\n", "RELOADING\n"},
		{"unix", "nSHUTDOWN\n", "UNKNOWN COMMAND\n"},
		{"unix", "nPINGPONG\n", "UNKNOWN COMMAND\n"},
		{"unix", "n" + strings.Repeat("A", 100_000) + "\n", "COMMAND TOO LONG. ERROR\n"},
		{"tcp", "zINSTREAM\x00" + chunks(evil, 5), "stream: YARA.evil.UNOFFICIAL FOUND\x00"},
		{"tcp", "nINSTREAM\n" + chunks("fine", 100), "stream: OK\n"},
		{"tcp", "nINSTREAM\n" + chunks("", 1), "stream: OK\n"},
		{"tcp", "nINSTREAM\n" + chunks(big+evil, 1<<16), "stream: YARA.evil.UNOFFICIAL FOUND\n"},
		{"tcp", "nINSTREAM\n" + chunks(big, 1<<20), "stream: OK\n"},
		{"tcp", "nINSTREAM\n\x7f\xff\xff\xff", "INSTREAM size limit exceeded. ERROR\n"},
		{"unix", "nSCAN " + dir + "/good.txt\n", dir + "/good.txt: OK\n"},
		{"unix", "nSCAN " + dir + "/a\n", dir + "/a/evil.php: YARA.evil.UNOFFICIAL FOUND\n"},
		{"unix", "nALLMATCHSCAN " + dir + "/a\n", dir + "/a/evil.php: YARA.evil.UNOFFICIAL FOUND\n" + dir + "/a/evil.php: YARA.worse.UNOFFICIAL FOUND\n"},
		{"unix", "nSCAN " + dir + "/missing\n", dir + "/missing: File path check failure: No such file or directory. ERROR\n"},
		{"unix", "nSCAN etc\n", "etc: File path check failure: not an absolute path. ERROR\n"},
		{"tcp", "nSCAN " + dir + "\n", dir + ": paths are looked at for those only who come by a socket of this machine; send the content (INSTREAM). ERROR\n"},
		{"tcp", "nFILDES\nx", "FILDES: a descriptor comes by a socket of this machine only. ERROR\n"},
		{"unix", "nFILDES\nx", "No file descriptor received. ERROR\n"},
		{"tcp", "nIDSESSION\nnPING\nnPING\nnEND\n", "1: PONG\n2: PONG\n"},
		{"tcp", "zIDSESSION\x00zPING\x00zNONSENSE\x00zPING\x00", "1: PONG\x002: UNKNOWN COMMAND\x00"},
	} {
		if got := w.ask(t, tt.network, tt.ask); got != tt.want {
			t.Errorf("%.50q by %s: %q, want %q", tt.ask, tt.network, got, tt.want)
		}
	}
	for _, command := range []string{"CONTSCAN", "MULTISCAN"} {
		got := w.ask(t, "unix", "n"+command+" "+dir+"\n")
		if strings.Count(got, " FOUND\n") != 2 || strings.Contains(got, "good.txt") {
			t.Errorf("%s: %q", command, got)
		}
	}
	if got := w.ask(t, "unix", "nSTATS\n"); !strings.HasPrefix(got, "POOLS: 1\n") || !strings.HasSuffix(got, "END\n") || !strings.Contains(got, "QUEUE: 0 items") {
		t.Errorf("STATS: %q", got)
	}
	if got := w.ask(t, "unix", "nVERSIONCOMMANDS\n"); !strings.HasPrefix(got, version+"| COMMANDS: SCAN ") {
		t.Errorf("VERSIONCOMMANDS: %q", got)
	}
	w.lock.Lock()
	defer w.lock.Unlock()
	if len(w.found) < 8 {
		t.Errorf("the desk was told of %d findings", len(w.found))
	}
}

// TestSession sends many contents in one session, and lets the answers come in
// any order.
func TestSession(t *testing.T) {
	w := serve(t, nil)
	var ask strings.Builder
	ask.WriteString("zIDSESSION\x00")
	const n = 200
	for i := range n {
		content := fmt.Sprintf("fine %d", i)
		if i%3 == 0 {
			content = evil
		}
		ask.WriteString("zINSTREAM\x00" + chunks(content, 7))
	}
	ask.WriteString("zEND\x00")
	answers := map[string]string{}
	for one := range strings.SplitSeq(strings.TrimSuffix(w.ask(t, "unix", ask.String()), "\x00"), "\x00") {
		id, text, _ := strings.Cut(one, ": ")
		answers[id] = text
	}
	for i := range n {
		want := "stream: OK"
		if i%3 == 0 {
			want = "stream: YARA.evil.UNOFFICIAL FOUND"
		}
		if got := answers[fmt.Sprint(i+1)]; got != want {
			t.Errorf("%d: %q, want %q", i+1, got, want)
		}
	}
}

// TestSlow makes sure that those who send nothing keep nobody from being
// served, and are sent away.
func TestSlow(t *testing.T) {
	w := serve(t, func(o *clamd.Options) { o.Threads, o.Idle = 1, 2*time.Second })
	var slow []net.Conn
	for range 20 {
		conn, err := net.Dial("tcp", w.tcp)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := io.WriteString(conn, "nINSTREAM\n\x00\x00\x00\x10ab"); err != nil {
			t.Fatal(err)
		}
		slow = append(slow, conn)
	}
	if got := w.ask(t, "tcp", "nINSTREAM\n"+chunks(evil, 10)); !strings.Contains(got, "FOUND") {
		t.Errorf("beside those who are slow: %q", got)
	}
	for _, conn := range slow {
		if err := conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if out, err := io.ReadAll(conn); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("one who is slow is still connected: %q", out)
		}
	}
}

// TestNoDefinitions never says OK of what could not be looked at.
func TestNoDefinitions(t *testing.T) {
	w := serve(t, func(o *clamd.Options) {
		o.Definitions = func() (clamd.Definitions, error) { return clamd.Definitions{}, errors.New("none are loaded") }
	})
	for _, ask := range []string{"nINSTREAM\n" + chunks("x", 1), "nSCAN " + t.TempDir() + "\n"} {
		if got := w.ask(t, "unix", ask); !strings.HasSuffix(got, "none are loaded. ERROR\n") {
			t.Errorf("%.20q: %q", ask, got)
		}
	}
}

// TestClamdscan has Debian's client drive the server, unchanged.
func TestClamdscan(t *testing.T) {
	client := need(t, "clamdscan", "clamdscan")
	w := serve(t, nil)
	dir := t.TempDir()
	good, bad := filepath.Join(dir, "good"), filepath.Join(dir, "bad")
	if err := errors.Join(os.WriteFile(good, []byte("fine"), 0o644), os.WriteFile(bad, []byte(evil), 0o644)); err != nil {
		t.Fatal(err)
	}
	conf := filepath.Join(dir, "clamd.conf")
	host, port, err := net.SplitHostPort(w.tcp)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"unix": "LocalSocket " + w.unix + "\n", "tcp": "TCPAddr " + host + "\nTCPSocket " + port + "\n"} {
		if err := os.WriteFile(conf, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		modes := [][]string{{"--stream"}}
		if name == "unix" {
			// --stdout is how ModSecurity's runav.pl runs it for uploads.
			modes = append(modes, nil, []string{"--stdout"}, []string{"--fdpass"}, []string{"--multiscan"}, []string{"--multiscan", "--fdpass"}, []string{"--allmatch"})
		}
		for _, mode := range modes {
			for file, want := range map[string]int{good: 0, bad: 1} {
				args := append([]string{"--config-file", conf, "--no-summary"}, mode...)
				c := exec.CommandContext(t.Context(), client, append(args, file)...)
				out, err := c.CombinedOutput()
				if got := c.ProcessState.ExitCode(); got != want || want == 1 && !bytes.Contains(out, []byte(file+": YARA.evil.UNOFFICIAL FOUND")) {
					t.Errorf("clamdscan by %s %v %s: %d, want %d, %v\n%s", name, mode, filepath.Base(file), got, want, err, out)
				}
			}
		}
		if out, err := exec.CommandContext(t.Context(), client, "--config-file", conf, "--ping", "1").CombinedOutput(); err != nil {
			t.Errorf("ping by %s: %v %s", name, err, out)
		}
		if out, err := exec.CommandContext(t.Context(), client, "--config-file", conf, "--version").CombinedOutput(); err != nil || !bytes.Contains(out, []byte("Candor")) {
			t.Errorf("version by %s: %v %s", name, err, out)
		}
	}
}

// FuzzSession sends anything: the server answers or closes, and goes on.
func FuzzSession(f *testing.F) {
	for _, seed := range []string{"nPING\n", "zIDSESSION\x00zINSTREAM\x00\x00\x00\x00\x02ab\x00\x00\x00\x00zEND\x00", "nINSTREAM\n\xff\xff\xff\xff", "nFILDES\nx", "SCAN /\n", "nIDSESSION\nnIDSESSION\n", "n\n", "\x00"} {
		f.Add([]byte(seed))
	}
	w := serve(f, func(o *clamd.Options) { o.MaxStream, o.Idle = 1<<16, 200*time.Millisecond })
	f.Fuzz(func(t *testing.T, input []byte) {
		if bytes.Contains(input, []byte("SCAN ")) {
			return // not of this machine's files
		}
		conn, err := net.Dial("unix", w.unix)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		_, _ = conn.Write(input) // the server may have closed
		if c, ok := conn.(*net.UnixConn); ok {
			_ = c.CloseWrite()
		}
		if _, err := io.Copy(io.Discard, bufio.NewReader(conn)); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%q leaves a connection open", input)
		}
	})
}
