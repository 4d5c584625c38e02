package inventory

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"slices"
	"strings"

	"candor/internal/regex"
)

// part is a folder in which an application has parts of its own: each folder in it,
// or file, is read by the function, which gives nothing for what is none.
type part struct {
	kind   Kind
	folder string
	read   func(t *tree, at string, e fs.DirEntry) (Item, bool)
}

// mostHeader is how far into a file WordPress looks for a header.
const mostHeader = 8 << 10

// mostTried is how many files of a folder are looked at for a header.
const mostTried = 100

// parts gives what lies in one folder of parts.
func (t *tree) parts(of string, p part, folder string) (all []Item) {
	at := join(folder, p.folder)
	names, err := t.list(at)
	t.missed(err)
	for _, e := range names {
		if t.over() || len(all) > MostItems {
			t.missed(errBound)
			return all
		}
		i, ok := p.read(t, join(at, e.Name()), e)
		if !ok {
			continue
		}
		i.Kind, i.Of, i.Place = p.kind, of, at
		if i.Name = wordOf(i.Name); i.Name == "" {
			continue
		}
		i.Title, i.Version = wordOf(i.Title), versionOf(i.Version)
		if i.Title == i.Name {
			i.Title = ""
		}
		all = append(all, i)
	}
	return all
}

// header reads a field of the comment that a file of WordPress begins with.
func header(data []byte, field string) string {
	for line := range bytes.Lines(bytes.ReplaceAll(data, []byte("\r"), []byte("\n"))) { // as WordPress does
		name, value, ok := bytes.Cut(line, []byte(":"))
		word := strings.TrimPrefix(strings.TrimSpace(string(name)), "<?php")
		if ok && strings.EqualFold(strings.TrimLeft(word, "/*#@ \t"), field) {
			text, _, _ := strings.Cut(string(value), "*/")
			text, _, _ = strings.Cut(text, "?>")
			return strings.TrimSpace(text)
		}
	}
	return ""
}

// pluginHeader reads a plug-in of WordPress: a file, or a folder with one.
func pluginHeader(t *tree, at string, e fs.DirEntry) (Item, bool) {
	if !e.IsDir() {
		slug, ok := strings.CutSuffix(e.Name(), ".php")
		if !ok {
			return Item{}, false
		}
		return plugin(slug, t.head(at, mostHeader))
	}
	_, files := t.folders(at)
	files = slices.DeleteFunc(files, func(f fs.DirEntry) bool { return !strings.HasSuffix(f.Name(), ".php") })
	slices.SortStableFunc(files, func(a, b fs.DirEntry) int { // what is called as the folder first
		return rank(b.Name() == e.Name()+".php") - rank(a.Name() == e.Name()+".php")
	})
	for _, f := range files[:min(len(files), mostTried)] {
		if i, ok := plugin(e.Name(), t.head(join(at, f.Name()), mostHeader)); ok {
			return i, true
		}
	}
	if len(files) > mostTried {
		t.missed(errBound) // one of the others may have it
	}
	return Item{}, false
}

func rank(b bool) int {
	if b {
		return 1
	}
	return 0
}

func plugin(slug string, head []byte) (Item, bool) {
	title := header(head, "Plugin Name")
	return Item{Name: slug, Title: title, Version: header(head, "Version")}, title != ""
}

// themeHeader reads a theme of WordPress.
func themeHeader(t *tree, at string, e fs.DirEntry) (Item, bool) {
	if !e.IsDir() {
		return Item{}, false
	}
	head := t.head(join(at, "style.css"), mostHeader)
	title := header(head, "Theme Name")
	return Item{Name: e.Name(), Title: title, Version: header(head, "Version")}, title != ""
}

var (
	manifestName    = regex.Of(`<name>\s*([^<]{1,200}?)\s*</name>`)
	manifestVersion = regex.Of(`<version>\s*([^<\s]{1,100})\s*</version>`)
	appName         = regex.Of(`<id>\s*([^<\s]{1,200})\s*</id>`)
)

// componentManifest reads a component of Joomla.
func componentManifest(t *tree, at string, e fs.DirEntry) (Item, bool) {
	name, ok := strings.CutPrefix(e.Name(), "com_")
	if !ok || !e.IsDir() {
		return Item{}, false
	}
	text := string(t.head(join(at, name+".xml"), mostHead))
	if !strings.Contains(text, "<extension") && !strings.Contains(text, "<install") {
		return Item{}, false
	}
	return Item{Name: e.Name(), Title: first(manifestName, text), Version: first(manifestVersion, text)}, true
}

func first(r *regex.Regexp, text string) string {
	if m := r.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}

// moduleInfo reads a module or theme of Drupal: those of its packages tell their
// versions, what belongs to the core does not.
func moduleInfo(t *tree, at string, e fs.DirEntry) (Item, bool) {
	if !e.IsDir() {
		return Item{}, false
	}
	info := t.head(join(at, e.Name()+".info.yml"), mostHead)
	sign := ":"
	if info == nil {
		info, sign = t.head(join(at, e.Name()+".info"), mostHead), "="
	}
	i := Item{Name: e.Name(), Title: setting(info, "name", sign), Version: setting(info, "version", sign)}
	return i, i.Title != "" && i.Version != "" && i.Version != "VERSION"
}

// setting reads a line "name: value" or "name = value".
func setting(data []byte, name, sign string) string {
	for line := range bytes.Lines(data) {
		key, value, ok := strings.Cut(string(line), sign)
		if ok && strings.TrimSpace(key) == name && !strings.HasPrefix(key, " ") {
			return strings.Trim(strings.TrimSpace(value), `'"`)
		}
	}
	return ""
}

// extensionManifest reads an extension or skin of MediaWiki.
func extensionManifest(t *tree, at string, e fs.DirEntry) (Item, bool) {
	if !e.IsDir() {
		return Item{}, false
	}
	for _, name := range []string{"extension.json", "skin.json"} {
		var m struct {
			Name    string `json:"name"`
			Version string `json:"version"`
		}
		if data := t.head(join(at, name), mostHead); data != nil && json.Unmarshal(data, &m) == nil && m.Name != "" {
			return Item{Name: e.Name(), Title: m.Name, Version: m.Version}, true
		}
	}
	return Item{}, false
}

// appInfo reads an app of Nextcloud.
func appInfo(t *tree, at string, e fs.DirEntry) (Item, bool) {
	if !e.IsDir() {
		return Item{}, false
	}
	text := string(t.head(join(at, "appinfo/info.xml"), mostHead))
	name := first(appName, text)
	return Item{Name: name, Title: first(manifestName, text), Version: first(manifestVersion, text)}, name != ""
}
