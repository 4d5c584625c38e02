package clamav

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/md5"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// signer makes signatures with keys of its own.
type signer struct{ header, info *rsa.PrivateKey }

func newSigner(t testing.TB) *signer {
	t.Helper()
	make := func(bits int) *rsa.PrivateKey {
		k, err := rsa.GenerateKey(rand.Reader, bits)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	return &signer{make(1024), make(2048)}
}

func (s *signer) keys() *Keys {
	public := func(k *rsa.PrivateKey) Key { return Key{N: k.N, E: big.NewInt(int64(k.E))} }
	return &Keys{Header: public(s.header), Info: public(s.info)}
}

// encode writes a signature the way ClamAV does.
func encode(n *big.Int) string {
	const digits = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/"
	var b strings.Builder
	for n = new(big.Int).Set(n); n.Sign() > 0; n.Rsh(n, 6) {
		b.WriteByte(digits[new(big.Int).And(n, big.NewInt(63)).Int64()])
	}
	return b.String()
}

func (s *signer) signSum(sum []byte) string {
	return encode(new(big.Int).Exp(new(big.Int).SetBytes(sum), s.header.D, s.header.N))
}

func (s *signer) signPSS(t testing.TB, text string) string {
	sum := sha256.Sum256([]byte(text))
	sig, err := rsa.SignPSS(rand.Reader, s.info, 5, sum[:], &rsa.PSSOptions{SaltLength: pssSalt})
	if err != nil {
		t.Fatal(err)
	}
	return encode(new(big.Int).SetBytes(sig))
}

// box is a container to be built.
type box struct {
	members  []member
	plain    bool   // not compressed
	unsigned bool   // without a signature in the table of contents
	version  int    // in the header; the table says 7
	badSum   bool   // the table of contents is wrong about the members
	extra    string // member that the table of contents does not have
}

func (b box) build(t testing.TB, s *signer) []byte {
	t.Helper()
	head := "ClamAV-VDB:22 Nov 2026 03-04 +0000:%d:1:90:%s:%s:tester:1795000000"
	info := fmt.Sprintf(head, 7, "X", "X") + "\n"
	for _, m := range b.members {
		sum := sha256.Sum256([]byte(m.text))
		if b.badSum {
			sum[0]++
		}
		info += fmt.Sprintf("%s:%d:%x\n", m.name, len(m.text), sum)
	}
	if !b.unsigned {
		info += "DSIG:" + s.signPSS(t, info) + "\n"
	}
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	all := append([]member{{"COPYING", "licence"}, {"x.info", info}}, b.members...)
	if b.extra != "" {
		all = append(all, member{b.extra, "A:0:*:616263\n"})
	}
	for _, m := range all {
		if err := w.WriteHeader(&tar.Header{Name: m.name, Size: int64(len(m.text)), Mode: 0o644, Format: tar.FormatUSTAR}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(m.text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	payload := archive.Bytes()
	if !b.plain {
		var z bytes.Buffer
		zw := gzip.NewWriter(&z)
		if _, err := zw.Write(payload); err != nil {
			t.Fatal(err)
		}
		if err := zw.Close(); err != nil {
			t.Fatal(err)
		}
		payload = z.Bytes()
	}
	if b.version == 0 {
		b.version = 7
	}
	sum := md5.Sum(payload)
	h := fmt.Sprintf(head, b.version, hex.EncodeToString(sum[:]), s.signSum(sum[:]))
	return append([]byte(h+strings.Repeat(" ", headerSize-len(h))), payload...)
}

func TestReadContainer(t *testing.T) {
	s := newSigner(t)
	members := []member{{"x.ndb", "A:0:*:616263\n"}, {"x.yar", "rule a { condition: true }"}, {"x.cfg", "X:1\n"}, {"x.cbc", "ClamBC"}}
	good := box{members: members}
	spoil := func(b []byte, at int) []byte { b[at] ^= 1; return b }
	for _, c := range []struct {
		name, file string
		src        []byte
		bodies     int
		official   bool
	}{
		{"cvd", "x.cvd", good.build(t, s), 1, true},
		{"plain cld", "x.cld", box{members: members, plain: true}.build(t, s), 1, true},
		{"cud", "x.cud", box{members: members, unsigned: true}.build(t, s), 1, false},
		{"cvd with a wrong payload", "x.cvd", spoil(good.build(t, s), 600), 0, false},
		{"cvd with a wrong MD5", "x.cvd", spoil(good.build(t, s), 45), 0, false},
		{"cvd with a wrong signature", "x.cvd", spoil(good.build(t, s), 90), 0, false},
		{"cvd of another signer", "x.cvd", good.build(t, newSigner(t)), 0, false},
		{"cvd without signature inside", "x.cvd", box{members: members, unsigned: true}.build(t, s), 0, false},
		{"cld without signature inside", "x.cld", box{members: members, unsigned: true}.build(t, s), 0, false},
		{"wrong digest", "x.cvd", box{members: members, badSum: true}.build(t, s), 0, false},
		{"wrong digest, unsigned", "x.cud", box{members: members, badSum: true, unsigned: true}.build(t, s), 0, false},
		{"other version", "x.cvd", box{members: members, version: 8}.build(t, s), 0, false},
		{"member that is not in the table", "x.cvd", box{members: members, extra: "y.ndb"}.build(t, s), 0, false},
		{"path in a member", "x.cvd", box{members: []member{{"a/x.ndb", "A:0:*:616263\n"}}}.build(t, s), 0, false},
		{"short", "x.cvd", []byte("ClamAV-VDB:x"), 0, false},
		{"empty", "x.cvd", nil, 0, false},
	} {
		db, problems := Read(c.file, c.src, Options{Keys: s.keys()})
		if len(db.Bodies) != c.bodies {
			t.Errorf("%s: %d bodies, want %d: %v", c.name, len(db.Bodies), c.bodies, problems)
			continue
		}
		if c.bodies == 0 {
			if len(problems) != 1 || len(db.Yara) != 0 {
				t.Errorf("%s: %d problems, %d YARA sources, want 1 and 0: %v", c.name, len(problems), len(db.Yara), problems)
			}
			continue
		}
		if len(problems) != 1 || len(db.Ignored) != 1 || len(db.Yara) != 1 { // bytecode, configuration
			t.Errorf("%s: problems %v, ignored %v, %d YARA sources", c.name, problems, db.Ignored, len(db.Yara))
		}
		o := db.Bodies[0].Origin
		if o.Official != c.official || o.File != c.file+"/x.ndb" {
			t.Errorf("%s: origin %+v", c.name, o)
		}
		if db.Info[0].Version != 7 || db.Info[0].Time.Unix() != 1795000000 {
			t.Errorf("%s: info %+v", c.name, db.Info[0])
		}
	}
}

func TestReadContainerBounds(t *testing.T) {
	s := newSigner(t)
	src := box{members: []member{{"x.ndb", "#" + strings.Repeat("x", 1<<20) + "\n"}}}.build(t, s)
	_, problems := Read("x.cvd", src, Options{Keys: s.keys(), MaxUnpacked: 1 << 16})
	if len(problems) != 1 || !strings.Contains(problems[0].Reason, "limit") {
		t.Errorf("problems: %v", problems)
	}
}

// TestContainerIsClamscans has clamscan read a container of ours that needs no
// signature, and refuse the same with a signature of ours.
func TestContainerIsClamscans(t *testing.T) {
	program := clamscan(t)
	s := newSigner(t)
	dir := t.TempDir()
	sample := filepath.Join(dir, "sample")
	if err := os.WriteFile(sample, []byte("..abc.."), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		file string
		box  box
		want string
	}{
		{"x.cud", box{members: []member{{"x.ndb", "A:0:*:616263\n"}}, unsigned: true}, "A.UNOFFICIAL FOUND"},
		{"x.cud", box{members: []member{{"x.ndb", "A:0:*:616263\n"}}, unsigned: true, badSum: true}, "ERROR"},
		{"x.cld", box{members: []member{{"x.ndb", "A:0:*:616263\n"}}}, "ERROR"},
		{"x.cvd", box{members: []member{{"x.ndb", "A:0:*:616263\n"}}}, "ERROR"},
	} {
		file := filepath.Join(dir, c.file)
		if err := os.WriteFile(file, c.box.build(t, s), 0o600); err != nil {
			t.Fatal(err)
		}
		out, _ := exec.Command(program, "-d", file, sample).CombinedOutput()
		if !strings.Contains(string(out), c.want) {
			t.Errorf("%s: clamscan says\n%s\nwant %q", c.file, out, c.want)
		}
		os.Remove(file)
	}
}

// TestClamAVKeys holds the length of the published keys.
func TestClamAVKeys(t *testing.T) {
	k := ClamAVKeys()
	if n := k.Header.N.BitLen(); n < 1000 || n > 1024 {
		t.Errorf("header key of %d bits", n)
	}
	if n := k.Info.N.BitLen(); n < 2040 || n > 2048 {
		t.Errorf("info key of %d bits", n)
	}
}
