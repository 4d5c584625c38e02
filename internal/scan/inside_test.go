package scan_test

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"candor"
	"candor/engine"
	"candor/internal/scan"
	"candor/internal/scan/unpack"
)

// TestInside tells of what lies inside by the place of the file and of the
// part, with the digest of the file, and of what was not looked at.
func TestInside(t *testing.T) {
	rules, report := engine.Compile([]engine.Source{{Name: "a.yar", Data: []byte(`
rule needle { strings: $a = "needle in the hay" condition: $a }
rule php { strings: $a = "needle in the hay" condition: $a and extension == ".php" and filename == "page.php" }`)}}, engine.Options{Externals: scan.BuiltinExternals()})
	if len(report.Problems) > 0 {
		t.Fatal(report.Problems)
	}
	root := t.TempDir()
	whole := zipped(t, "a/page.php", "the needle in the hay", "more.zip", zipped(t, "deep", "a needle in the hay"))
	write(t, filepath.Join(root, "site.zip"), whole)
	write(t, filepath.Join(root, "cut.zip"), whole[:len(whole)/2])
	many := make([]string, 0, 100)
	for range 50 {
		many = append(many, "page.php", "needle in the hay")
	}
	write(t, filepath.Join(root, "many.zip"), zipped(t, many...))

	look := func(o *unpack.Options) (scan.Summary, []string) {
		t.Helper()
		var got collected
		s, err := scan.Scan(t.Context(), scan.Paths(root), &got, scan.Options{NewMatcher: func() scan.Matcher { return rules.NewScanner(engine.ScanOptions{}) }, Inside: o})
		if err != nil || s.Errors > 0 {
			t.Fatal(err, got.failures)
		}
		var lines []string
		for _, f := range got.findings {
			if len(f.SHA256) != 64 || f.Bytes == 0 {
				t.Errorf("%s has no digest or size", f.Where())
			}
			lines = append(lines, strings.TrimPrefix(f.Where(), root+"/")+" "+f.Rule)
		}
		slices.Sort(lines)
		return s, slices.Compact(lines)
	}
	s, got := look(&unpack.Options{})
	want := []string{
		"cut.zip//a/page.php needle", "cut.zip//a/page.php php", "cut.zip//more.zip " + candor.Unread("Damaged"), "cut.zip//more.zip//deep needle",
		"many.zip//page.php needle", "many.zip//page.php php",
		"site.zip//a/page.php needle", "site.zip//a/page.php php", "site.zip//more.zip//deep needle",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error("-want +got:", diff)
	}
	if s.Unread != 1 || s.Flagged != 3 || s.Findings != 3+3+2*20 {
		t.Errorf("%d files not fully read, %d flagged, %d findings", s.Unread, s.Flagged, s.Findings)
	}
	if _, got = look(&unpack.Options{Limits: unpack.Limits{Depth: 1}}); !slices.Contains(got, "site.zip//more.zip "+candor.Unread("Depth")) {
		t.Errorf("what lies too deep is not told: %q", got)
	}
	if s, got = look(nil); len(got) > 0 || s.Unread > 0 {
		t.Errorf("files as a whole hold nothing, and there is %q", got)
	}
}

// TestInnermost: what a rule finds in a part it finds in all that holds the part
// as it is; told is the part alone.
func TestInnermost(t *testing.T) {
	rules, report := engine.Compile([]engine.Source{{Name: "a.yar", Data: []byte(`
rule needle { strings: $a = "needle in the hay" condition: $a }
rule whole { strings: $a = "needle in the hay" condition: $a and filesize > 600 }`)}}, engine.Options{})
	if len(report.Problems) > 0 {
		t.Fatal(report.Problems)
	}
	root := t.TempDir()
	store := func(name, data string) string {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Comment: strings.Repeat("a comment ", 50)})
		if err == nil {
			_, err = w.Write([]byte(data))
		}
		if err == nil {
			err = z.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	in := store("in.zip", store("page.php", "the needle in the hay"))
	write(t, filepath.Join(root, "stored.zip"), in)
	write(t, filepath.Join(root, "deflated.zip"), zipped(t, "stored.zip", in))
	write(t, filepath.Join(root, "page.php"), "needle in the hay "+base64.StdEncoding.EncodeToString([]byte(strings.Repeat("a needle in the hay. ", 10))))
	var got collected
	_, err := scan.Scan(t.Context(), scan.Paths(root), &got, scan.Options{NewMatcher: func() scan.Matcher { return rules.NewScanner(engine.ScanOptions{}) }, Inside: &unpack.Options{}})
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, f := range got.findings {
		lines = append(lines, strings.TrimPrefix(f.Where(), root+"/")+" "+f.Rule)
	}
	slices.Sort(lines)
	want := []string{
		"deflated.zip//stored.zip//in.zip whole", "deflated.zip//stored.zip//in.zip//page.php needle",
		"page.php needle", "page.php//base64@18 needle", // the text itself is another one
		"stored.zip//in.zip whole", "stored.zip//in.zip//page.php needle",
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Error("-want +got:", diff)
	}
}
