package clamd_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestClients sends what clients of clamd write, each by its source, and gives
// back what they take for an answer.
func TestClients(t *testing.T) {
	w := serve(t, nil)
	dir := t.TempDir()
	good, bad := filepath.Join(dir, "good"), filepath.Join(dir, "bad")
	if err := errors.Join(os.WriteFile(good, []byte("fine"), 0o644), os.WriteFile(bad, []byte(evil), 0o644)); err != nil {
		t.Fatal(err)
	}
	parts := filepath.Join(dir, "parts")
	if err := errors.Join(os.Mkdir(parts, 0o755), os.WriteFile(filepath.Join(parts, "p001"), []byte("fine"), 0o644)); err != nil {
		t.Fatal(err)
	}
	large := strings.Repeat("a", 200_000)
	const found = "YARA.evil.UNOFFICIAL FOUND"
	for _, tt := range []struct{ client, network, send, want string }{
		// Nextcloud, files_antivirus, lib/Scanner/ExternalClam.php: daemon by TCP,
		// socket by a path. An empty block ends the content early, and the end
		// comes again.
		{"Nextcloud, daemon", "tcp", "nINSTREAM\n" + chunks(large, 8192), "stream: OK\n"},
		{"Nextcloud, daemon", "tcp", "nINSTREAM\n" + chunks(large+evil, 8192), "stream: " + found + "\n"},
		{"Nextcloud, socket", "unix", "nINSTREAM\n" + chunks(evil, 1), "stream: " + found + "\n"},
		{"Nextcloud, an empty file", "unix", "nINSTREAM\n" + chunks("", 1) + "\x00\x00\x00\x00", "stream: OK\n"},
		// python-clamd, src/clamd/__init__.py; pyClamd writes the same.
		{"python-clamd", "tcp", "nPING\n", "PONG\n"},
		{"python-clamd", "tcp", "nINSTREAM\n" + chunks(large, 1024), "stream: OK\n"},
		{"python-clamd", "unix", "nSCAN " + bad + "\n", bad + ": " + found + "\n"},
		{"python-clamd", "unix", "nCONTSCAN " + dir + "\n", bad + ": " + found + "\n"},
		{"python-clamd", "unix", "nMULTISCAN " + good + "\n", good + ": OK\n"},
		{"python-clamd, too much", "tcp", "nINSTREAM\n" + chunks(strings.Repeat(large, 50), 1024), "INSTREAM size limit exceeded. ERROR\n"},
		// Rspamd, lualib/lua_scanners/clamav.lua: all in one block, whatever it is.
		{"Rspamd", "tcp", "zINSTREAM\x00" + chunks(large, len(large)), "stream: OK\x00"},
		{"Rspamd", "tcp", "zINSTREAM\x00" + chunks(evil, len(evil)), "stream: " + found + "\x00"},
		{"Rspamd, an empty part", "tcp", "zINSTREAM\x00\x00\x00\x00\x00\x00\x00\x00\x00", "stream: OK\x00"},
		{"Rspamd, too much", "tcp", "zINSTREAM\x00" + chunks(strings.Repeat(large, 50), 50*len(large)), "INSTREAM size limit exceeded. ERROR\x00"},
		// Amavis, ask_daemon of its @av_scanners: bare, of the folder of a mail.
		{"Amavis", "unix", "CONTSCAN " + parts + "\n", parts + ": OK\n"},
		{"Amavis", "unix", "CONTSCAN " + dir + "\n", bad + ": " + found + "\n"},
		// NodeClam (npm clamscan), index.js: bare and without an end.
		{"NodeClam", "tcp", "PING", "PONG\n"},
		{"NodeClam", "unix", "VERSION", "ClamAV 1.4 (Candor test)/0123456789ab/Sun Mar  1 12:00:00 2026\n"},
		{"NodeClam", "tcp", "zINSTREAM\x00" + chunks(evil, 10), "stream: " + found + "\x00"},
	} {
		if got := w.ask(t, tt.network, tt.send); got != tt.want {
			t.Errorf("%s, %.40q by %s: %q, want %q", tt.client, tt.send, tt.network, got, tt.want)
		}
	}
}

// TestBare sends commands without prefix in pieces: half a path is no path, and
// the end of what is sent ends a command.
func TestBare(t *testing.T) {
	w := serve(t, nil)
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad.php")
	if err := errors.Join(os.WriteFile(bad, []byte(evil), 0o644), os.WriteFile(strings.TrimSuffix(bad, ".php"), []byte("fine"), 0o644)); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		pieces []string
		want   string
	}{
		{[]string{"PI", "NG"}, "PONG\n"},
		{[]string{"S", "CAN " + dir + "/bad", ".php\n"}, bad + ": YARA.evil.UNOFFICIAL FOUND\n"},
		{[]string{"SCAN " + dir + "/bad", ".php", ""}, bad + ": YARA.evil.UNOFFICIAL FOUND\n"},
		{[]string{"VERS", ""}, "UNKNOWN COMMAND\n"},
	} {
		conn, err := net.Dial("unix", w.unix)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
			t.Fatal(err)
		}
		for _, piece := range tt.pieces {
			if _, err := conn.Write([]byte(piece)); err != nil {
				t.Fatal(err)
			}
			if unix, ok := conn.(*net.UnixConn); piece == "" && ok {
				_ = unix.CloseWrite() // it may be closed
			}
		}
		answer := make([]byte, 1000)
		n, err := conn.Read(answer)
		if got := string(answer[:n]); err != nil || got != tt.want {
			t.Errorf("%q: %q, %v, want %q", tt.pieces, got, err, tt.want)
		}
	}
}
