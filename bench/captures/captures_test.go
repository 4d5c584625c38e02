package captures_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"candor/bench/captures"
)

const zeekHead = "#separator \\x09\n#fields\tts\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tduration\thistory\torig_pkts\torig_ip_bytes\tresp_pkts\tresp_ip_bytes\n"

// scanned is a log in which 10.0.0.1 tries port 23 of many hosts, and 10.0.0.2
// reads pages.
func scanned() []byte {
	b := bytes.NewBufferString(zeekHead)
	for n := range 120 {
		fmt.Fprintf(b, "%d\t10.0.0.1\t%d\t198.51.100.%d\t23\ttcp\t-\tS\t1\t60\t0\t0\n", 1000+n, 40000+n, n+1)
		fmt.Fprintf(b, "%d\t10.0.0.2\t%d\t192.0.2.%d\t443\ttcp\t0.2\tShADadFf\t8\t900\t9\t7000\n", 1000+n/6*(20+n%17)+n*n%13, 40000+n, n%7+1)
	}
	return b.Bytes()
}

func folder(t *testing.T, log []byte) (dir, table string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "ours"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "ours", "conn.log"), log, 0o600); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(log)
	return dir, "path,sha256,lines,attached\nours/conn.log," + hex.EncodeToString(sum[:]) + ",10.0.0.0/8,\nours/other.log,00,10.0.0.0/8,\n"
}

func run(t *testing.T, hosts string) (*captures.Report, string) {
	t.Helper()
	dir, table := folder(t, scanned())
	all, err := captures.ReadTable([]byte(table), []byte("path,host,truth,expect,source,note\n"+hosts))
	if err != nil {
		t.Fatal(err)
	}
	r, err := captures.Run(t.Context(), dir, all)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	r.Write(&b)
	return r, b.String()
}

func TestJudgesCaptures(t *testing.T) {
	r, text := run(t, "ours/conn.log,10.0.0.1,malicious,horizontal-scan,us,\nours/conn.log,10.0.0.2,benign,,us,\nours/conn.log,10.0.0.3,benign,,us,\n")
	if got := r.Totals(); got != (captures.Totals{Captures: 1, Absent: 1, Malicious: 1, Found: 1, Benign: 1}) {
		t.Errorf("totals %+v", got)
	}
	for _, want := range []string{"10.0.0.1        found: horizontal-scan after ", "10.0.0.2        nothing told", "10.0.0.3        sent nothing", "absent: ours/other.log", "malicious hosts: 1 of 1 found", "0 would be isolated"} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %q in:\n%s", want, text)
		}
	}
}

// Labels that are the other way round must show: what is missed, and who would
// be isolated for nothing.
func TestTellsOfMistakes(t *testing.T) {
	r, text := run(t, "ours/conn.log,10.0.0.1,benign,,us,\nours/conn.log,10.0.0.2,malicious,beacon,us,\n")
	if got := r.Totals(); got != (captures.Totals{Captures: 1, Absent: 1, Malicious: 1, Benign: 1, Noisy: 1, Isolated: 1}) {
		t.Errorf("totals %+v", got)
	}
	for _, want := range []string{"FALSE ISOLATION: horizontal-scan", "MISSED: expected beacon"} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %q in:\n%s", want, text)
		}
	}
}

func TestJudgesSenders(t *testing.T) {
	r, _ := run(t, "ours/conn.log,*,malicious,horizontal-scan,us,\n")
	if s := r.Outcomes[0].Senders; s == nil || s.All != 2 || s.Judged != 2 || s.Found != 1 {
		t.Errorf("senders %+v", s)
	}
}

func TestFolderWithout(t *testing.T) {
	all, err := captures.Table()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := captures.Run(t.Context(), t.TempDir(), all); !errors.Is(err, captures.ErrFolder) {
		t.Errorf("of an empty folder: %v", err)
	}
	dir, table := folder(t, []byte("another"))
	known, err := captures.ReadTable([]byte(strings.Replace(table, "conn.log,", "conn.log,ff", 1)), []byte("path,host,truth,expect,source,note\n"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := captures.Run(t.Context(), dir, known); err == nil || errors.Is(err, captures.ErrFolder) {
		t.Errorf("of a file that is another: %v", err)
	}
}

func TestTable(t *testing.T) {
	all, err := captures.Table()
	if err != nil || len(all) < 30 {
		t.Fatalf("%d captures: %v", len(all), err)
	}
	for _, c := range all {
		if len(c.SHA256) != 64 || len(c.Inside) == 0 || len(c.Hosts) == 0 {
			t.Errorf("%+v", c)
		}
	}
	for _, bad := range []string{"x,1.2.3.4,malicious,,us,\n", "ours/conn.log,1.2.3.4,evil,,us,\n", "ours/conn.log,1.2.3.4,malicious,rain,us,\n", "ours/conn.log,1.2.3.4,malicious,,,\n"} {
		_, table := folder(t, nil)
		if _, err := captures.ReadTable([]byte(table), []byte("path,host,truth,expect,source,note\n"+bad)); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}
