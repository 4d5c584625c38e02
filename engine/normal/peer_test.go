package normal

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// peer runs clamscan over samples and gives the folder in which it leaves its
// temporary files, and what it said.
func peer(t *testing.T, samples [][]byte, flags ...string) (dir string, log []byte) {
	program, err := exec.LookPath("clamscan")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("clamscan is not installed: apt-get install clamav")
		}
		t.Skip("clamscan is not installed")
	}
	root := t.TempDir()
	in, dir := filepath.Join(root, "in"), filepath.Join(root, "temp")
	for _, d := range []string{in, dir} {
		if err := os.Mkdir(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for i, s := range samples {
		if err := os.WriteFile(filepath.Join(in, sampleName(i)), s, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	db := filepath.Join(root, "never.ndb")
	if err := os.WriteFile(db, []byte("Never:0:*:7a7a7a7a00ff00ff7a7a7a7a\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	args := append(flags, "-d", db, "--debug", "--leave-temps", "--disable-cache", "--tempdir="+dir, "-r", in)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, program, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("clamscan: %v\n%s", err, out[max(0, len(out)-2000):])
	}
	return dir, out
}

func sampleName(i int) string { return fmt.Sprintf("s%06d.html", i) }

// leftover gives what clamscan left of sample i under the given name.
func leftover(t *testing.T, dir string, i int, name string) (b []byte, ok bool) {
	list, err := filepath.Glob(filepath.Join(dir, "*-"+sampleName(i)+".*", sampleName(i)+".*", "html-tmp.*", name))
	if err != nil {
		t.Fatal(err)
	}
	if len(list) == 0 {
		return nil, false
	}
	if b, err = os.ReadFile(list[0]); err != nil {
		t.Fatal(err)
	}
	return b, true
}

// compare reports where got is not want.
func compare(t *testing.T, what string, got, want []byte) bool {
	t.Helper()
	if bytes.Equal(got, want) {
		return true
	}
	i := 0
	for i < len(got) && i < len(want) && got[i] == want[i] {
		i++
	}
	from := max(0, i-60)
	t.Errorf("%s differs at byte %d\n\t got %q\n\twant %q", what, i,
		got[min(from, len(got)):min(i+60, len(got))], want[min(from, len(want)):min(i+60, len(want))])
	return false
}

// comparePages holds Pages of each sample against clamscan's files and gives
// the number of samples that clamscan took for HTML.
func comparePages(t *testing.T, samples [][]byte, names []string) (html int) {
	dir, _ := peer(t, samples)
	p := &Pages{}
	for i, s := range samples {
		want, ok := leftover(t, dir, i, "nocomment.html")
		if is := isHTML(s); is != ok {
			t.Errorf("%s: HTML: %v, want %v", names[i], is, ok)
		}
		if !ok {
			continue
		}
		html++
		if Type(s) == TypeHTMLUTF16 {
			s = UTF16(nil, s)
		}
		p.Read(s, 0)
		compare(t, names[i]+" nocomment", p.NoComment, want)
		want, _ = leftover(t, dir, i, "notags.html")
		compare(t, names[i]+" notags", p.NoTags, want)
		want, _ = leftover(t, dir, i, "javascript")
		compare(t, names[i]+" script", p.Script, want)
		want, _ = leftover(t, dir, i, "rfc2397/*")
		if len(p.Embedded) == 1 {
			compare(t, names[i]+" data", p.Embedded[0], want)
		}
	}
	return html
}

// isHTML tells whether there are pages of a file.
func isHTML(b []byte) bool {
	switch Type(b) {
	case TypeHTML, TypeHTMLUTF16:
		return true
	case TypeTextASCII, TypeGIF:
		return Anywhere(b) == TypeHTML
	}
	return false
}
