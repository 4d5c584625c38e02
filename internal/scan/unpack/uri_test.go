package unpack_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"candor/internal/scan/unpack"
)

// parts gives the parts of a content by their paths.
func parts(t testing.TB, content string) map[string]string {
	t.Helper()
	found := map[string]string{}
	visit(t, []byte(content), func(p unpack.Part) { found[p.Path] = string(p.Data) })
	return found
}

func TestMarkup(t *testing.T) {
	script := "<script>alert('a harmless test')</script>"
	references, hex := "", ""
	for _, c := range []byte(script) {
		references += fmt.Sprintf("&#%d;", c)
		hex += fmt.Sprintf("&#x%x", c)
	}
	percent := "%3Cscript%3Ealert('a%20harmless%20test')%3C/script%3E"
	long := base64.StdEncoding.EncodeToString([]byte(strings.Repeat(script, 4)))
	short := base64.StdEncoding.EncodeToString([]byte(script))[:52]
	for name, tt := range map[string]struct{ text, path, want string }{
		"short base64":        {`<script src="data:text/javascript;base64,` + short + `"></script>`, "base64@41", script[:39]},
		"long base64":         {`<iframe src='data:text/html;base64,` + long + `'>`, "base64@35", strings.Repeat(script, 4)},
		"percent":             {`<iframe src="data:text/html,` + percent + `">`, "percent@28", script},
		"percent, of a style": {`a { background: url(data:image/svg+xml;charset=utf-8,%3Csvg%3E<a b='c'>) }`, "percent@53", "<svg><a b='c'>"},
		"percent, bare":       {`<a href=data:text/html,%3Cb%3Efirst second>`, "percent@23", "<b>first"},
		"all percent":         {`"data:text/html,` + strings.Repeat("%41", 30) + `"`, "percent@16", strings.Repeat("A", 30)},
		"references":          {`<a href="` + references + `">`, "entities@9", script},
		"hex references":      {`<a href="` + hex + `">`, "entities@9", script},
	} {
		if got := parts(t, "<html>\n"+tt.text)[shifted(tt.path, 7)]; got != tt.want {
			t.Errorf("%s: %q, want %q; all: %q", name, got, tt.want, parts(t, "<html>\n"+tt.text))
		}
	}
}

// shifted is a path whose offset is larger by n.
func shifted(path string, n int) string {
	offset := 0
	kind, digits, _ := strings.Cut(path, "@")
	if _, err := fmt.Sscan(digits, &offset); err != nil {
		panic(err)
	}
	return fmt.Sprintf("%s@%d", kind, offset+n)
}

func TestMarkupThatIsPlain(t *testing.T) {
	for _, text := range []string{
		"a { width: 50%; height: 100%20 }\n", "printf(\"%d%%ab\", data);\n", "&#8230;&#20013;&#25991; &#160;&#160;\n", `url("data:image/gif;base64,R0lG")` + "\n",
	} {
		if got := parts(t, strings.Repeat(text, 50)); len(got) > 0 {
			t.Errorf("%q gives %q", text, got)
		}
	}
}

func TestScriptInOtherContent(t *testing.T) {
	code := "<?php eval(base64_decode('" + base64.StdEncoding.EncodeToString([]byte(marker)) + "'));"
	for name, before := range map[string]string{"GIF": "GIF89a\x00\x01", "program": "MZ\x90\x00\x03", "zip": "PK\x03\x04\x14\x00", "mail": "Subject: x\nDate: ", "nothing known": "\x00\x01\x02\x03\x04\x05\x06\x07\x08"} {
		path := fmt.Sprintf("base64@%d", len(before)+26)
		if f := look(t, unpack.Options{}, "", []byte(before+code)); !f.has(path) {
			t.Errorf("%s: %q", name, f.paths)
		}
	}
}
