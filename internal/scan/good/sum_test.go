package good_test

import (
	"crypto/md5" //nolint:gosec // it is what others have published
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"candor"
	"candor/internal/scan/good"
)

func md5Of(content string) good.MD5 { return md5.Sum([]byte(content)) }

func md5Hex(content string) string {
	d := md5Of(content)
	return hex.EncodeToString(d[:])
}

func TestParseSums(t *testing.T) {
	a, b := good.Sum{Path: "dir/a.php", SHA256: digestOf("a")}, good.Sum{Path: "b.php", MD5: md5Of("b")}
	for name, text := range map[string]string{
		"coreutils":    hexOf("a") + "  dir/a.php\n" + md5Hex("b") + " *b.php\n",
		"upper case":   strings.ToUpper(hexOf("a")) + "  dir/a.php\n" + md5Hex("b") + "  b.php",
		"BSD":          "SHA256 (dir/a.php) = " + hexOf("a") + "\nMD5 (b.php) = " + md5Hex("b") + "\n",
		"byte order":   "\ufeff" + hexOf("a") + "  dir/a.php\n" + md5Hex("b") + "  b.php\n",
		"CSV":          "\"SHA-256\",\"MD5\",\"FileName\",\"FileSize\"\r\n\"" + hexOf("a") + "\",\"\",\"dir/a.php\",\"1\"\r\n\"\",\"" + md5Hex("b") + "\",\"b.php\",\"1\"\r\n",
		"plugin":       `{"plugin":"x","version":"1","files":{"dir/a.php":{"md5":"` + md5Hex("a") + `","sha256":"` + hexOf("a") + `"},"b.php":{"md5":["` + md5Hex("b") + `"]}}}`,
		"core, nested": `{"checksums":{"6.4.2":{"b.php":"` + md5Hex("b") + `"},"dir/a.php":"` + hexOf("a") + `"}}`,
	} {
		got, err := good.ParseSums(strings.NewReader(text))
		if err != nil || len(got) != 2 {
			t.Errorf("%s: %v, %v", name, got, err)
			continue
		}
		if got[0].Path != a.Path {
			got[0], got[1] = got[1], got[0]
		}
		if diff := cmp.Diff([]good.Sum{a, b}, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	got := must(good.ParseSums(strings.NewReader(`\` + hexOf("a") + `  a\nb\\c` + "\n")))(t)
	if got[0].Path != "a\nb\\c" {
		t.Errorf("an escaped name is %q", got[0].Path)
	}
	for _, text := range []string{"x", "zz" + hexOf("a")[2:] + "  a", "{", "{}", `{"checksums":{"a":"b"}}`, `{"checksums":{"a":[1]}}`, "sha256,path\nx,y\n", "sha256,path\n" + hexOf("a") + "\n",
		"SHA256 (a) = b", "SHA256 (a", hexOf("a") + "  a\nand more\n", strings.Repeat("x", 100_000)} {
		if got, err := good.ParseSums(strings.NewReader(text)); err == nil {
			t.Errorf("%.50q is %v", text, got)
		} else if len(text) < 1000 && !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("%.50q: %v", text, err)
		}
	}
}

func FuzzParseSums(f *testing.F) {
	f.Add([]byte(hexOf("a") + "  a\n"))
	f.Add([]byte("MD5 (a) = " + md5Hex("a")))
	f.Add([]byte("sha256,md5,path\n" + hexOf("a") + ",,x\n"))
	f.Add([]byte(`{"checksums":{"x":{"a":"` + md5Hex("a") + `"}},"files":{"b":{"md5":["` + md5Hex("b") + `"],"sha256":"` + hexOf("b") + `"}}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		all, err := good.ParseSums(strings.NewReader(string(text)))
		if err != nil {
			return
		}
		for _, s := range all {
			if s.SHA256 == (good.Digest{}) && s.MD5 == (good.MD5{}) && !strings.Contains(string(text), strings.Repeat("0", 32)) {
				t.Fatalf("%+v has no digest", s)
			}
		}
	})
}
