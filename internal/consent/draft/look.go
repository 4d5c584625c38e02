// Package draft proposes a notice from what is known of a site: whose it is,
// its host names, its software, and what its stored pages bring in. Every part
// that nobody said is named as a guess, with what it was guessed from.
package draft

import (
	"context"
	"io"
	"io/fs"
	"net/url"
	"path"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// The bounds of a look at a site's folder.
const (
	mostEntries = 20_000 // folders and files that are passed
	mostPages   = 200    // that are read
	mostPage    = 256 << 10
	mostDeep    = 6
	mostHosts   = 100
)

// Observed is what stored pages bring in: each with the first file in which it
// was seen.
type Observed struct {
	Scripts  map[string]string // origins of scripts of others: "https://cdn.example"
	Hosts    map[string]string // of all that is loaded from others: scripts, frames, styles, pictures
	Frames   map[string]string // hosts of frames
	Fields   map[string]string // of forms: email, password, tel, name, address, card, message, file
	Inline   string            // a page with a script in it
	Own      string            // a page that loads a script of the site itself
	Software string            // wordpress, joomla, …; empty if it is none of them
	Plugins  map[string]string // of the software, those that mean something here
	Pages    int               // read
}

// Look reads the pages of a folder, those that lie highest first, within
// bounds. What cannot be read is passed over.
func Look(ctx context.Context, folder fs.FS) *Observed {
	o := &Observed{Scripts: map[string]string{}, Hosts: map[string]string{}, Frames: map[string]string{}, Fields: map[string]string{}, Plugins: map[string]string{}}
	queue, entries := []string{"."}, 0
	for len(queue) > 0 && ctx.Err() == nil {
		dir := queue[0]
		queue = queue[1:]
		found, err := fs.ReadDir(folder, dir)
		if err != nil {
			continue
		}
		for _, e := range found {
			if entries++; entries > mostEntries {
				return o
			}
			name := path.Join(dir, e.Name())
			switch {
			case e.IsDir():
				o.folder(name)
				if strings.Count(name, "/") < mostDeep && !passed(name) {
					queue = append(queue, name)
				}
			case e.Type().IsRegular():
				o.file(folder, name)
			}
		}
	}
	return o
}

// passed are folders whose pages are not shown to visitors, or are many.
func passed(dir string) bool {
	if base := path.Base(dir); strings.HasPrefix(base, ".") || slices.Contains([]string{"wp-admin", "wp-includes", "node_modules", "vendor", "administrator", "cache", "tmp", "var", "uploads"}, base) {
		return true
	}
	return strings.HasSuffix(path.Dir(dir), "wp-content/plugins")
}

// folder tells the software by its folders.
func (o *Observed) folder(dir string) {
	switch base := path.Base(dir); base {
	case "wp-includes":
		o.Software = "wordpress"
	case "administrator":
		if o.Software == "" {
			o.Software = "joomla"
		}
	case "typo3":
		o.Software = "typo3"
	}
	for _, name := range []string{"woocommerce", "contact-form-7", "google-site-kit", "wpforms-lite", "matomo"} {
		if strings.HasSuffix(dir, "wp-content/plugins/"+name) {
			o.Plugins[name] = dir
		}
	}
}

func (o *Observed) file(folder fs.FS, name string) {
	switch path.Base(name) {
	case "wp-config.php":
		o.Software = "wordpress"
	case "PrestaShopAutoload.php":
		o.Software = "prestashop"
	case "Mage.php":
		o.Software = "magento"
	case "drupal.js", "drupal.es6.js":
		o.Software = "drupal"
	}
	switch strings.ToLower(path.Ext(name)) {
	case ".html", ".htm", ".php", ".phtml", ".twig", ".tpl":
	default:
		return
	}
	if o.Pages >= mostPages {
		return
	}
	f, err := folder.Open(name)
	if err != nil {
		return
	}
	defer f.Close()
	o.Pages++
	o.read(io.LimitReader(f, mostPage), name)
}

// read takes note of what a page brings in. It is safe for hostile input.
func (o *Observed) read(r io.Reader, name string) {
	z := html.NewTokenizer(r)
	z.SetMaxBuf(mostPage)
	for {
		switch z.Next() {
		case html.ErrorToken:
			return
		case html.StartTagToken, html.SelfClosingTagToken:
			tag, more := z.TagName()
			o.tag(string(tag), attributes(z, more), name)
		}
	}
}

func attributes(z *html.Tokenizer, more bool) map[string]string {
	all := map[string]string{}
	for more {
		var key, value []byte
		key, value, more = z.TagAttr()
		if k := string(key); len(all) < 50 && all[k] == "" {
			all[k] = string(value)
		}
	}
	return all
}

func (o *Observed) tag(tag string, has map[string]string, name string) {
	switch tag {
	case "script":
		o.script(has, name)
	case "iframe", "frame", "embed":
		if host := hostOf(has["src"]); host != "" {
			note(o.Frames, host, name)
			note(o.Hosts, host, name)
		}
	case "link":
		if rel := strings.ToLower(has["rel"]); strings.Contains(rel, "stylesheet") || strings.Contains(rel, "pre") || strings.Contains(rel, "icon") {
			note(o.Hosts, hostOf(has["href"]), name)
		}
	case "img", "source", "video", "audio":
		note(o.Hosts, hostOf(has["src"]), name)
	case "input", "textarea", "select":
		if kind := fieldOf(tag, has); kind != "" {
			note(o.Fields, kind, name)
		}
	}
}

func (o *Observed) script(has map[string]string, name string) {
	if kind := strings.ToLower(has["type"]); kind != "" && kind != "module" && !strings.Contains(kind, "javascript") {
		return // data
	}
	src := strings.TrimSpace(has["src"])
	switch host := hostOf(src); {
	case host != "":
		note(o.Scripts, "https://"+host, name)
		note(o.Hosts, host, name)
	case src == "" && o.Inline == "":
		o.Inline = name
	case src != "" && o.Own == "":
		o.Own = name
	}
}

func note(in map[string]string, what, where string) {
	if what != "" && in[what] == "" && len(in) < mostHosts {
		in[what] = where
	}
}

// hostOf is the host of an address with a host in it, empty for others: the
// site's own, what a program writes, and what no notice can name.
func hostOf(address string) string {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || u.Host == "" || u.Scheme != "" && u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	host := strings.ToLower(u.Hostname())
	if len(host) > 120 || !strings.Contains(host, ".") || strings.Trim(host, "abcdefghijklmnopqrstuvwxyz0123456789.-") != "" || strings.Contains(host, "..") {
		return ""
	}
	for _, label := range strings.Split(host, ".") {
		if label == "" || len(label) > 63 || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
			return ""
		}
	}
	return host
}

// fieldOf is what a field of a form asks for, as far as its type and name tell.
func fieldOf(tag string, has map[string]string) string {
	kind, name := strings.ToLower(has["type"]), strings.ToLower(has["name"]+" "+has["autocomplete"])
	about := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(name, w) })
	}
	switch {
	case tag == "textarea":
		return "message"
	case kind == "hidden" || kind == "submit" || kind == "button" || kind == "search":
		return ""
	case kind == "email" || about("email", "e-mail"):
		return "email"
	case kind == "password":
		return "password"
	case kind == "tel" || about("phone", "telefon"):
		return "tel"
	case kind == "file":
		return "file"
	case about("cc-number", "card"):
		return "card"
	case about("street", "postal", "zip", "address"):
		return "address"
	case about("firstname", "lastname", "first_name", "last_name", "fullname", "full_name", "your-name", "given-name", "family-name"):
		return "name"
	}
	return ""
}
