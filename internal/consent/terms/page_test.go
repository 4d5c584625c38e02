package terms

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"candor"
)

func written(t testing.TB, d *Document, language string) string {
	t.Helper()
	var b strings.Builder
	if err := d.HTML(&b, texts(t), language); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestPages writes every document of the library in every language: as a whole
// it is well-formed, each id is there once, and each link inside leads somewhere.
func TestPages(t *testing.T) {
	for _, name := range Library() {
		d := libraryDocument(t, name)
		for _, tag := range texts(t).Languages() {
			checkPage(t, name+" "+tag, written(t, d, tag))
			var b strings.Builder
			if err := d.Page(texts(t), tag).Text(&b); err != nil {
				t.Fatal(err)
			}
			for i, line := range strings.Split(b.String(), "\n") {
				if columns(line) > width+2 && strings.ContainsAny(line, " ") && !strings.Contains(line, "http") {
					t.Errorf("%s %s: line %d is %d wide: %s", name, tag, i+1, columns(line), line)
				}
			}
			for _, c := range d.Clauses {
				if !strings.Contains(b.String(), c.Heading[d.language(tag)]) {
					t.Errorf("%s %s: clause %s is not in the text", name, tag, c.ID)
				}
			}
		}
	}
	if times, keys := texts(t).Missing(); times != 0 {
		t.Errorf("missing texts: %q", keys)
	}
}

func checkPage(t *testing.T, what, page string) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	ids, links := map[string]bool{}, []string{}
	for n := range root.Descendants() {
		for _, a := range n.Attr {
			switch {
			case a.Key == "id" && ids[a.Val]:
				t.Errorf("%s: id %s is there twice", what, a.Val)
			case a.Key == "id":
				ids[a.Val] = true
			case a.Key == "href" || a.Key == "aria-labelledby":
				links = append(links, a.Val)
			}
		}
		if n.Type == html.ElementNode && (n.Data == "script" || n.Data == "img" || n.Data == "link" || n.Data == "iframe") {
			t.Errorf("%s: element %s", what, n.Data)
		}
	}
	for _, l := range links {
		inside := strings.TrimPrefix(l, "#")
		if !strings.Contains(l, ":") && !ids[inside] {
			t.Errorf("%s: %s leads nowhere", what, l)
		}
	}
	if len(ids) < 3 {
		t.Errorf("%s: only %d ids", what, len(ids))
	}
}

func TestShown(t *testing.T) {
	d := smallDocument(t)
	page := written(t, d, "en")
	for _, want := range []string{
		`<html lang="en" dir="ltr">`, "<h1>Tea terms</h1>", "version 1.0", "in force from 1 Jan 2027, 00:00 UTC+8", `<a href="mailto:help@tea.test">`,
		`<h2 id="clause-scan">1. Scans</h2>`, "<li>You can <em>say</em> no.</li>", "<li>put harmful files into quarantine</li>",
		`<section aria-labelledby="clause-share" class="optional">`, "You choose.", `<a href="#clause-scan">scans</a>`, digestOf(t, d),
	} {
		if !strings.Contains(page, want) {
			t.Errorf("%s is not in the page", want)
		}
	}
	if strings.Contains(page, "matters since") {
		t.Error("a clause is marked as changed")
	}
	arabic := written(t, d, "ar")
	for _, want := range []string{`<html lang="ar" dir="rtl">`, `<h1 lang="en" dir="ltr">Tea terms</h1>`, `<p class="summary" lang="en" dir="ltr">`} {
		if !strings.Contains(arabic, want) {
			t.Errorf("%s is not in the Arabic page", want)
		}
	}
	if d.Page(texts(t), "ar").Language() != "en" || d.Page(texts(t), "zh").Language() != "zh" {
		t.Error("the language that was shown is another")
	}
}

// TestHostileTexts puts markup into every text: it is refused, or shown.
func TestHostileTexts(t *testing.T) {
	const evil = `<img src=x onerror=alert(1)>"'&`
	d := smallDocument(t, "Tea Ltd", `'<img src=x onerror=alert(1)>"''&'`, "Tea terms", `'<img src=x onerror=alert(1)>"''&'`, "Short.", `'<img src=x onerror=alert(1)>"''&'`, "Samples", `'<img src=x onerror=alert(1)>"''&'`)
	if d.Title["en"] != evil || d.Provider.Name != evil || d.Clauses[1].Heading["en"] != evil {
		t.Fatalf("%+v", d)
	}
	for _, tag := range []string{"en", "ar"} {
		checkPage(t, tag, written(t, d, tag))
	}
	if _, problems := Decode([]byte(strings.Replace(small, "We look at", "We <img src=x onerror=alert(1)> look at", 1))); !Faulty(problems) {
		t.Error("HTML in a clause is not refused")
	}
	checkPage(t, "escaped", written(t, smallDocument(t, "We look at", `We \<img src=x onerror=alert(1)> look at`), "en"))
}

// TestPDF prints with the browser that is here.
func TestPDF(t *testing.T) {
	if _, err := (Press{}).find(); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	d := libraryDocument(t, "acceptable-use")
	for _, tag := range []string{"en", "zh", "ar"} {
		var b bytes.Buffer
		if err := (Press{}).PDF(t.Context(), &b, d.Page(texts(t), tag).HTML); err != nil {
			t.Fatalf("%s: %v (%s)", tag, err, candor.Hint(err))
		}
		if !bytes.HasPrefix(b.Bytes(), []byte("%PDF-")) || !bytes.Contains(b.Bytes(), []byte("/StructTreeRoot")) || b.Len() < 10_000 {
			t.Errorf("%s: %d bytes, which are no tagged PDF", tag, b.Len())
		}
	}
}

// TestPDFFails asks for what there is not, gets nothing, or waits too long.
func TestPDFFails(t *testing.T) {
	d := smallDocument(t)
	page := d.Page(texts(t), "en").HTML
	script := func(text string) string {
		path := filepath.Join(t.TempDir(), "browser")
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text), 0o700); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for name, tt := range map[string]struct {
		press Press
		want  error
		says  string
	}{
		"missing": {Press{Browser: "/no/such/browser"}, candor.ErrUnavailable, "no browser to print with"},
		"silent":  {Press{Browser: script("exit 0\n")}, os.ErrNotExist, "wrote no PDF"},
		"other":   {Press{Browser: script(`for a; do case $a in --print-to-pdf=*) echo hello > "${a#*=}";; esac; done`)}, candor.ErrInvalid, "wrote no PDF"},
		"failing": {Press{Browser: script("echo first\necho it broke >&2\nexit 3\n")}, nil, "it broke"},
		"slow":    {Press{Browser: script("exec sleep 60\n"), Within: 50 * time.Millisecond}, context.DeadlineExceeded, ""},
	} {
		var b bytes.Buffer
		err := tt.press.PDF(t.Context(), &b, page)
		if err == nil || tt.want != nil && !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.says) || b.Len() > 0 {
			t.Errorf("%s: %v, %d bytes", name, err, b.Len())
		}
	}
	if err := (Press{Browser: "/no/such/browser"}).PDF(t.Context(), &bytes.Buffer{}, page); candor.Hint(err) == "" {
		t.Error("no hint where there is no browser")
	}
}
