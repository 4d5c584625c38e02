package clamav

import (
	"crypto/md5"
	"fmt"
	"testing"
)

func TestMerge(t *testing.T) {
	read := func(name, src string) *Database {
		db, problems := Read(name, []byte(src), Options{})
		for _, p := range problems {
			t.Error(p)
		}
		return db
	}
	line := "Gone.Exact:0:*:616263"
	ndb := read("x.ndb", "Gone.Name:0:*:616263\n"+line+"\nStays.Other:0:*:616263\nNot.Gone:0:*:616263\n")
	hdb := read("x.hdb", "00022e7b2f7f5731e773409843f81e9e:5:Gone.Hash\n00022e7b2f7f5731e773409843f81e9f:5:Kept.Hash\n")
	ldb := read("x.ldb", "Gone.Logical;Target:0;0;616263\n")
	fp := read("x.fp", "00022e7b2f7f5731e773409843f81e9e:5:Fine\n")
	ign := read("x.ign2", fmt.Sprintf("Gone.Name\nGone.Exact:%x\nStays.Other:%x\nGone.Hash.UNOFFICIAL\nGone.Hash\nGone.Logical\nGone\n",
		md5.Sum([]byte(line)), md5.Sum([]byte("another line"))))
	m := Merge(ndb, hdb, ldb, fp, ign)
	if len(m.Bodies) != 2 || m.Bodies[0].Name != "Stays.Other" || m.Bodies[1].Name != "Not.Gone" {
		t.Errorf("bodies: %+v", m.Bodies)
	}
	if len(m.Hashes) != 1 || m.Hashes[0].Name() != "Kept.Hash" {
		t.Errorf("hashes: %+v", m.Hashes)
	}
	if len(m.Logical) != 0 || len(m.FalsePositives) != 1 || len(m.Ignored) != 4 {
		t.Errorf("%d logical, %d false positives, %d ignored; want 0, 1, 4", len(m.Logical), len(m.FalsePositives), len(m.Ignored))
	}
	if len(ndb.Bodies) != 4 {
		t.Error("Merge changed a database")
	}
}

func TestHash(t *testing.T) {
	db, problems := Read("x.mdb", []byte("4096:00022e7b2f7f5731e773409843f81e9e:Win.X (Clam)\n"), Options{})
	if len(problems) != 0 || len(db.SectionHashes) != 1 {
		t.Fatalf("%v %v", db, problems)
	}
	h := &db.SectionHashes[0]
	if h.Name() != "Win.X" || h.Size != 4096 || h.Kind != MD5 || fmt.Sprintf("%x", h.Digest()) != "00022e7b2f7f5731e773409843f81e9e" {
		t.Errorf("%+v", h)
	}
	if got := h.Origin.Label(h.Name()); got != "Win.X.UNOFFICIAL" {
		t.Errorf("label %q", got)
	}
}
