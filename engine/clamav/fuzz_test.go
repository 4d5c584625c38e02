package clamav

import "testing"

// FuzzRead gives Read files of every kind.
func FuzzRead(f *testing.F) {
	for _, l := range lines {
		f.Add(l.ext, []byte(l.text+"\n"))
	}
	s := newSigner(f)
	f.Add("cud", box{members: []member{{"x.ndb", "A:0:*:616263\n"}}, unsigned: true}.build(f, s))
	f.Add("cvd", box{members: []member{{"x.ndb", "A:0:*:616263\n"}}}.build(f, s))
	f.Fuzz(func(t *testing.T, ext string, src []byte) {
		db, _ := Read("x."+ext, src, Options{PUA: true, MaxUnpacked: 1 << 20})
		counts := make([]uint32, maxSubsigs)
		for i := range db.Logical {
			l := &db.Logical[i]
			l.Logic.Eval(counts)
			if len(l.Subsigs) != l.Logic.greatest()+1 {
				t.Fatalf("%s: %d subsignatures", l.Raw, len(l.Subsigs))
			}
			for j := range l.Subsigs {
				if l.Subsigs[j].Compare != nil && l.Subsigs[j].Compare.Ref >= maxSubsigs {
					t.Fatalf("%s: reference out of range", l.Raw)
				}
			}
		}
		for i := range db.Bodies {
			if b := &db.Bodies[i]; b.Node == nil || b.Target >= targets {
				t.Fatalf("%s: %+v", b.Raw, b)
			}
		}
		Merge(db, db)
	})
}
