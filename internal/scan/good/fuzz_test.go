package good

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"testing"
	"time"

	"candor"
)

// FuzzList reads lists whose checksum is right, whatever else is wrong.
func FuzzList(f *testing.F) {
	b := NewBuilder()
	of, err := b.Origin("release", time.Unix(0, 0))
	if err != nil {
		f.Fatal(err)
	}
	for _, c := range []string{"a", "b", "c"} {
		if err := b.Add(of, sha256.Sum256([]byte(c)), c); err != nil {
			f.Fatal(err)
		}
	}
	var whole bytes.Buffer
	if _, err := b.WriteTo(&whole); err != nil {
		f.Fatal(err)
	}
	f.Add(whole.Bytes()[:whole.Len()-sumBytes])
	f.Fuzz(func(t *testing.T, body []byte) {
		sum := sha256.Sum256(body)
		all := append(bytes.Clone(body), sum[:]...)
		l, err := read(t.Context(), bytes.NewReader(all), int64(len(all)), nil)
		if err != nil {
			if !errors.Is(err, candor.ErrInvalid) {
				t.Fatal(err)
			}
			return
		}
		for i := range min(l.entries, 100) {
			r, err := l.row(i)
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := l.Look(r.digest); err != nil && !errors.Is(err, candor.ErrInvalid) && !errors.Is(err, io.EOF) {
				t.Fatal(err)
			}
		}
		if err := NewBuilder().take(l); err != nil && !errors.Is(err, candor.ErrInvalid) {
			t.Fatal(err)
		}
	})
}
