package pe

import (
	"bytes"
	"math/rand"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"candor/engine/module/pe/petest"
)

func TestMutated(t *testing.T) {
	dir := os.Getenv("BULK")
	if dir == "" {
		t.Skip()
	}
	m := New()
	var files []string
	filepath.Walk(dir, func(p string, fi os.FileInfo, err error) error {
		if err == nil && fi.Mode().IsRegular() && fi.Size() < 300000 {
			files = append(files, p)
		}
		return nil
	})
	secs, _ := strconv.Atoi(os.Getenv("SECS"))
	seed, _ := strconv.Atoi(os.Getenv("SEED"))
	r := rand.New(rand.NewSource(int64(seed)))
	end := time.Now().Add(time.Duration(secs) * time.Second)
	n, bad, crash := 0, 0, 0
	same := 0
	for time.Now().Before(end) && bad < 15 {
		p := files[r.Intn(len(files))]
		b, _ := os.ReadFile(p)
		if len(b) < 2 || b[0] != 'M' {
			continue
		}
		lim := len(b)
		if r.Intn(3) > 0 && lim > 1024 {
			lim = 1024
		}
		base := 0
		if os.Getenv("TAIL") != "" { lim = len(b)-3000; base = lim; lim = 3000 }
		for range 1 + r.Intn(2) {
			i := base+r.Intn(lim)
			// prefer non-zero bytes
			for k := 0; k < 20 && b[i] == 0; k++ {
				i = r.Intn(lim)
			}
			switch r.Intn(4) {
			case 0:
				b[i] = byte(r.Intn(256))
			case 1:
				b[i] ^= 1 << r.Intn(8)
			case 2:
				b[i]++
			case 3:
				b[i] = 0
			}
		}
		if r.Intn(5) == 0 && base==0 {
			b = b[:r.Intn(len(b))]
		}
		q := filepath.Join(t.TempDir(), "m")
		os.WriteFile(q, b, 0o600)
		n++
		want := func() (v petest.Values) {
			return petest.TryYara("pe", q)
		}()
		if want == nil {
			crash++
			continue
		}
		d := petest.Diff(petest.Dump(m, b), want, func(s string) bool { return os.Getenv("IGN") != "" && strings.Contains(s, os.Getenv("IGN")) })
		if os.Getenv("TAIL") != "" {
			g := petest.Dump(m, b)
			dd := d
			d = nil
			for k := range g { if strings.HasSuffix(k, "verified") || k == "is_signed" { if g[k] == "1" && want[k] != "1" { d = append(d, k) } } }
			_ = dd
			for k := range want { if strings.HasSuffix(k, "verified") || k == "is_signed" { if want[k] == "1" && g[k] != "1" { d = append(d, "LOST "+k) } } }
			if len(dd)==0 {same++}
		}
		if len(d) > 0 {
			bad++
			os.WriteFile("/tmp/pework/bad."+strconv.Itoa(bad), b, 0o600)
			t.Errorf("%s: %d differences:\n%s", p, len(d), strings.Join(d[:min(len(d), 6)], "\n"))
		}
		_ = bytes.Equal
	}
	t.Log(n, "files", crash, "crashes", same, "same")
}
