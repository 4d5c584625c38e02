package clamav

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// clamscan gives the path of the program, the peer of these tests.
func clamscan(t *testing.T) string {
	p, err := exec.LookPath("clamscan")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("clamscan is not installed: apt-get install clamav")
		}
		t.Skip("clamscan is not installed")
	}
	return p
}

// What becomes of a line.
const (
	loaded  = "loaded"
	ignored = "ignored"
	refused = "refused"
	unlike  = "unlike clamscan: refused" // clamscan loads it, we name it as not supported
)

// lines are cases of every syntax, with what clamscan 1.4 makes of them.
var lines = []struct{ ext, text, want string }{
	{"hdb", "00022e7b2f7f5731e773409843f81e9e:89726:A", loaded},
	{"hdb", "00022E7B2F7F5731E773409843F81E9E:89726:A", loaded},
	{"hdb", "00022e7b2f7f5731e773409843f81e9e:*:A", refused},
	{"hdb", "00022e7b2f7f5731e773409843f81e9e:*:A:72", refused},
	{"hdb", "00022e7b2f7f5731e773409843f81e9e:*:A:73", loaded},
	{"hdb", "00022e7b2f7f5731e773409843f81e9e:0:A", refused},
	{"hdb", "00022e7b2f7f5731e773409843f81e9e:x:A", refused},
	{"hdb", "00022e7b2f7f5731e773409843f81e9e:4294967295:A", refused},
	{"hdb", "00022e7b2f7f5731e773409843f81e9:1:A", refused},
	{"hdb", "g0022e7b2f7f5731e773409843f81e9e:1:A", refused},
	{"hdb", "00022e7b2f7f5731e773409843f81e9e:1", refused},
	{"hdb", "00022e7b2f7f5731e773409843f81e9e:1:A:999", ignored},
	{"hdb", "00022e7b2f7f5731e773409843f81e9e:1:A:1:215", ignored},
	{"hdb", "00022e7b2f7f5731e773409843f81e9e:1:A:1:216", loaded},
	{"hdb", "00022e7b2f7f5731e773409843f81e9e:1:A:1:216:x", refused},
	{"hsb", "da39a3ee5e6b4b0d3255bfef95601890afd80709:5:A", loaded},
	{"hsb", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855:5:A", loaded},
	{"mdb", "4096:00022e7b2f7f5731e773409843f81e9e:A", loaded},
	{"mdb", "*:00022e7b2f7f5731e773409843f81e9e:A:73", loaded},
	{"msb", "4096:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855:A", loaded},
	{"imp", "00022e7b2f7f5731e773409843f81e9e:*:A", loaded},
	{"hdu", "00022e7b2f7f5731e773409843f81e9e:89726:A", ignored},
	{"db", "A=616263", loaded},
	{"db", "A 616263", refused},
	{"ndb", "A:0:*:616263", loaded},
	{"ndb", "A:*:*:616263", loaded},
	{"ndb", "A:0:*:6162", refused},
	{"ndb", "A:3:*:6162", loaded},
	{"ndb", "A:3:*:61", refused},
	{"ndb", "A:1:*:6162", loaded},
	{"ndb", "A:1:EP+0:6162", refused},
	{"ndb", "A:0:*:61626", refused},
	{"ndb", "A:0:*:61626g", refused},
	{"ndb", "A:15:*:616263", ignored},
	{"ndb", "A:x:*:616263", refused},
	{"ndb", "A:0:*:616263:300", ignored},
	{"ndb", "A:0:*:616263:1:100", ignored},
	{"ndb", "A:0:*:616263:1:216", loaded},
	{"ndb", "A:0:*", refused},
	{"ndb", "A:0:10:616263", loaded},
	{"ndb", "A:0:10,5:616263", loaded},
	{"ndb", "A:0:10,x:616263", refused},
	{"ndb", "A:0:EOF-10,5:616263", loaded},
	{"ndb", "A:0:EP+10:616263", refused},
	{"ndb", "A:1:EP+10:616263", loaded},
	{"ndb", "A:6:EP-10,100:616263", loaded},
	{"ndb", "A:9:S0+10:616263", loaded},
	{"ndb", "A:1:SE2:616263", loaded},
	{"ndb", "A:1:SL+2:616263", loaded},
	{"ndb", "A:1:SX+2:616263", refused},
	{"ndb", "A:1:VI:616263", loaded},
	{"ndb", "A:3:VI:616263", refused},
	{"ndb", "A:0:$3$:616263", loaded},
	{"ndb", "A:0:$32$:616263", refused},
	{"ndb", "A:0:abc:616263", refused},
	{"ndb", "A:0:*:6162*6364", loaded},
	{"ndb", "A:0:*:6162*64", refused},
	{"ndb", "A:0:*:6162**6364", refused},
	{"ndb", "A:0:*:6162*", refused},
	{"ndb", "A:0:*:*6162", refused},
	{"ndb", "A:0:*:6162{4}6364", loaded},
	{"ndb", "A:0:*:6162{0}6364", loaded},
	{"ndb", "A:0:*:6162{200}6364", loaded},
	{"ndb", "A:0:*:6162{4-}6364", loaded},
	{"ndb", "A:0:*:6162{-4}6364", loaded},
	{"ndb", "A:0:*:6162{4-7}6364", loaded},
	{"ndb", "A:0:*:6162{4-7-9}6364", refused},
	{"ndb", "A:0:*:6162{x}6364", refused},
	{"ndb", "A:0:*:6162{4", refused},
	{"ndb", "A:0:*:6162??6364", loaded},
	{"ndb", "A:0:*:61??62??63", refused},
	{"ndb", "A:0:*:??6162", loaded},
	{"ndb", "A:0:*:6?6162", loaded},
	{"ndb", "A:0:*:?16162", loaded},
	{"ndb", "A:0:*:6162?", refused},
	{"ndb", "A:0:*:61[2-4]626364", loaded},
	{"ndb", "A:0:*:626364[2-4]61", loaded},
	{"ndb", "A:0:*:61[2-4]626364[1]65", loaded},
	{"ndb", "A:0:*:6162[2-4]626364", refused},
	{"ndb", "A:0:*:61[2-40]626364", refused},
	{"ndb", "A:0:*:6162(63|64)65", loaded},
	{"ndb", "A:0:*:6162!(63|64)65", loaded},
	{"ndb", "A:0:*:6162(6364|6465)65", loaded},
	{"ndb", "A:0:*:6162!(6364|6465)65", loaded},
	{"ndb", "A:0:*:6162(6364|64)65", loaded},
	{"ndb", "A:0:*:6162!(6364|64)65", refused},
	{"ndb", "A:0:*:6162(6364|6(5|6))65", unlike},
	{"ndb", "A:0:*:6162(6364|(65|66)67)65", loaded},
	{"ndb", "A:0:*:6162(63*64|65)65", refused},
	{"ndb", "A:0:*:6162(63{2}64|65)65", loaded},
	{"ndb", "A:0:*:6162(63{2-3}64|65)65", refused},
	{"ndb", "A:0:*:6162(63??|6?65)65", loaded},
	{"ndb", "A:0:*:6162()65", refused},
	{"ndb", "A:0:*:6162(6365", refused},
	{"ndb", "A:0:*:(B)616263(B)", loaded},
	{"ndb", "A:0:*:(L)616263!(L)", loaded},
	{"ndb", "A:0:*:(W)616263(W)", loaded},
	{"ndb", "A:0:*:!(W)616263", loaded},
	{"ndb", "A:0:*:6162(W)6364", loaded},
	{"ndb", "A:0:*:6162(L)6364", loaded},
	{"ndb", "A:0:*:6162!(L)6364", loaded},
	{"ndb", "A:0:*:6162!(L)??6364", unlike},
	{"ndb", "A:0:*:6162(W)*6364", unlike},
	{"ldb", "A;Target:0;0;616263", loaded},
	{"ldb", "A;Target:0;0;6162", loaded},
	{"ldb", "A;Target:0;0;61", refused},
	{"ldb", "A;Target:0;0&1;616263;646566", loaded},
	{"ldb", "A;Target:0;0;616263;646566", refused},
	{"ldb", "A;Target:0;0&2;616263;646566;676869", loaded},
	{"ldb", "A;Target:0;(0|1)>1,2;616263;646566", loaded},
	{"ldb", "A;Target:0;0=0&1;616263;646566", loaded},
	{"ldb", "A;Target:0;(0;616263", refused},
	{"ldb", "A;Target:0;0&;616263", refused},
	{"ldb", "A;Target:0;((0|1)>2|2)>5,2;616263;646566;676869", loaded},
	{"ldb", "A;Target:0;(0);616263", loaded},
	{"ldb", "A;Engine:51-255,Target:0;0;616263", loaded},
	{"ldb", "A;Engine:51-215,Target:0;0;616263", ignored},
	{"ldb", "A;Engine:217-255,Target:0;0;616263", ignored},
	{"ldb", "A;Target:0,Engine:51-255;0;616263", refused},
	{"ldb", "A;Target:0,FileSize:1-2;0;616263", refused},
	{"ldb", "A;Engine:51-255,Target:0,FileSize:1-2;0;616263", loaded},
	{"ldb", "A;Engine:51-255,Target:0,EntryPoint:1-2;0;616263", refused},
	{"ldb", "A;Engine:51-255,Target:1,EntryPoint:1-2;0;616263", loaded},
	{"ldb", "A;Engine:51-255,Target:6,NumberOfSections:1-2;0;616263", loaded},
	{"ldb", "A;Engine:51-255,Target:0,Container:CL_TYPE_ZIP;0;616263", loaded},
	{"ldb", "A;Engine:51-255,Target:0,Container:CL_TYPE_NONE;0;616263", ignored},
	{"ldb", "A;Engine:51-255,Target:0,Intermediates:CL_TYPE_ZIP>CL_TYPE_ANY;0;616263", loaded},
	{"ldb", "A;Engine:51-255,Target:0,HandlerType:CL_TYPE_PDF;0;616263", unlike},
	{"ldb", "A;Engine:51-255,Target:1,IconGroup1:X;0;616263", unlike},
	{"ldb", "A;Engine:51-255,Target:0,IconGroup1:X;0;616263", refused},
	{"ldb", "A;Engine:51-255,Target:0,Nonsense:1;0;616263", ignored},
	{"ldb", "A;Engine:51-255;0;616263", refused},
	{"ldb", "A;Target:0;0;616263::i", loaded},
	{"ldb", "A;Target:0;0;616263::wa", loaded},
	{"ldb", "A;Target:0;0;616263::iwfa", loaded},
	{"ldb", "A;Target:0;0;616263::x", refused},
	{"ldb", "A;Target:0;0;616263!(63|64)::i", refused},
	{"ldb", "A;Target:0;0;0:616263", loaded},
	{"ldb", "A;Target:0;0;EOF-20,3:616263::i", loaded},
	{"ldb", "A;Target:1;0;EP+0:616263", loaded},
	{"ldb", "A;Target:0;0;EP+0:616263", refused},
	{"ldb", "A;Target:0;0&1;616263;0/a.c/i", loaded},
	{"ldb", "A;Target:0;0&1;616263;0/a;c/gre", loaded},
	{"ldb", "A;Target:0;0&1;616263;10,5:0/a[[:digit:]]c/s", loaded},
	{"ldb", "A;Target:0;0&1;616263;1/a.c/i", refused},
	{"ldb", "A;Target:0;0&1;616263;/a.c/i", refused},
	{"ldb", "A;Target:0;0&1;616263;0/a(?=b)c/", unlike},
	{"ldb", "A;Target:0;0&1;616263;0/a.c/q", refused},
	{"ldb", "A;Target:0;0&1;616263;0/a.c", refused},
	{"ldb", "A;Target:0;0&1;616263;0(>>5#hb2#=1)", loaded},
	{"ldb", "A;Target:0;0&1;616263;0(<<5#il4#>0x10,<20)", loaded},
	{"ldb", "A;Target:0;0&1;616263;0(0#dbe2#=1)", loaded},
	{"ldb", "A;Target:0;0&1;616263;0(#dle2#=1)", refused},
	{"ldb", "A;Target:0;0&1;616263;0(>>5#ib3#=1)", refused},
	{"ldb", "A;Target:0;0&1;616263;0(>>5#hb2#!1)", refused},
	{"ldb", "A;Target:0;0&1;616263;0(>>5#hb2#=1,=2,=3)", refused},
	{"ldb", "A;Target:0;0&1;616263;${2-5}3$", loaded},
	{"ldb", "A;Target:0;0&1;616263;${2-5}32$", refused},
	{"ldb", "A;Target:0;0&1;616263;${2-5}3", refused},
	{"ldb", "A;Target:0;0;fuzzy_img#af2ad01ed42993c7", unlike},
	{"ftm", "0:0:cafed00d:x:CL_TYPE_ANY:CL_TYPE_ZIP", loaded},
	{"ftm", "1:*:cafed00d:x:CL_TYPE_ANY:CL_TYPE_ZIP", loaded},
	{"ftm", "0:0:cafed00d:x:CL_TYPE_ANY:CL_TYPE_NONE", refused},
	{"ftm", "0:*:cafed00d:x:CL_TYPE_ANY:CL_TYPE_ZIP", refused},
	{"ftm", "0:0:cafed00d:x:CL_TYPE_ANY", refused},
	{"ign2", "A", loaded},
	{"ign2", "Abcd:00022e7b2f7f5731e773409843f81e9e", loaded},
	{"ign2", "Abcd:0002", refused},
	{"ign", "daily:5:A", loaded},
	{"ign", "daily:5:A:6", refused},
	{"cdb", "A:CL_TYPE_ZIP:*:a.exe:*:*:*:*:*:*", unlike},
	{"fp", "00022e7b2f7f5731e773409843f81e9e:89726:A", loaded},
	{"sfp", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855:5:A", loaded},
}

// fate says what became of the only line.
func fate(db *Database, problems []Problem) string {
	switch {
	case len(problems) == 1 && len(db.Ignored) == 0:
		return refused
	case len(problems) == 0 && len(db.Ignored) == 1:
		return ignored
	}
	n := len(db.Hashes) + len(db.SectionHashes) + len(db.ImportHashes) + len(db.FalsePositives) +
		len(db.Bodies) + len(db.Logical) + len(db.FileTypes) + len(db.Ignores)
	if n == 1 && len(problems) == 0 && len(db.Ignored) == 0 {
		return loaded
	}
	return "more than one thing"
}

func TestReadKeepsWhatClamscanKeeps(t *testing.T) {
	for _, l := range lines {
		want := strings.TrimPrefix(l.want, "unlike clamscan: ")
		db, problems := Read("x."+l.ext, []byte(l.text+"\n"), Options{})
		if got := fate(db, problems); got != want {
			t.Errorf("%s %s\n\tis %s, want %s %v %v", l.ext, l.text, got, want, problems, db.Ignored)
		}
	}
}

// TestClamscanKeeps holds the table above against the program itself.
func TestClamscanKeeps(t *testing.T) {
	program := clamscan(t)
	dir := t.TempDir()
	sample := filepath.Join(dir, "sample")
	if err := os.WriteFile(sample, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, l := range lines {
		// A signature that is always there: a database with nothing in force is refused as a whole.
		file := filepath.Join(dir, "x."+l.ext)
		if err := os.WriteFile(file, []byte(l.text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		always := filepath.Join(dir, "always.ndb")
		if err := os.WriteFile(always, []byte("Always:0:*:7a7a7a7a7a7a\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		out, _ := exec.Command(program, "-d", always, "-d", file, sample).CombinedOutput()
		os.Remove(file)
		got := refused
		switch {
		case bytes.Contains(out, []byte("ERROR: ")):
		case bytes.Contains(out, []byte("Known viruses: 2")):
			got = loaded
		case bytes.Contains(out, []byte("Known viruses: 1")):
			got = ignored
		}
		want := l.want
		switch {
		case want == unlike:
			want = loaded
		case want == loaded && (l.ext == "ftm" || strings.HasPrefix(l.ext, "ign")):
			want = ignored // not counted as a signature
		}
		if got != want {
			t.Errorf("%s %s\n\tclamscan: %s, want %s\n%s", l.ext, l.text, got, want, out)
		}
	}
}
