package candor_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"candor"
)

func FuzzPath(f *testing.F) {
	for _, seed := range []string{"", "/srv/a.php", "/srv/x\xff.php", "\x00", "\uf7ff", "�", "\xef\x9f", "日本/\x80\xef\x9c\x80"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		text := candor.TextPath(path)
		if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			t.Errorf("%q is written as %q", path, text)
		}
		if got := candor.RawPath(text); got != path {
			t.Errorf("%q came back as %q", path, got)
		}
	})
}
