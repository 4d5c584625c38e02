package ui

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

//go:embed static
var static embed.FS

// Prefix is where Static has to be mounted.
const Prefix = "/static/"

// asset is a file as it is served.
type asset struct {
	kind   string // content type
	hash   string // of the content, part of the address
	data   []byte
	packed []byte // gzip; nil where it would not be smaller
}

// joined are files that are served as one: all files of a folder, in order.
// A newcomer finds the noun, a browser fetches one file.
var joined = map[string]string{"style": "candor.css", "script": "candor.js"}

// assets are read once; they are part of the program, so that a mistake in
// them shows in every test.
var assets = sync.OnceValue(func() map[string]asset {
	out, err := readAssets(static)
	if err != nil {
		panic(fmt.Sprintf("the embedded files are damaged: %v", err))
	}
	return out
})

func readAssets(from fs.FS) (map[string]asset, error) {
	contents := map[string][]byte{}
	err := fs.WalkDir(from, "static", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := fs.ReadFile(from, name)
		if err != nil {
			return err
		}
		name = strings.TrimPrefix(name, "static/")
		if whole, ok := joined[path.Dir(name)]; ok {
			name = whole
		}
		contents[name] = append(contents[name], data...)
		return nil
	})
	if err != nil {
		return nil, err
	}
	out := map[string]asset{}
	for name, data := range contents {
		a, err := newAsset(name, data)
		if err != nil {
			return nil, err
		}
		out[name] = a
	}
	return out, nil
}

func newAsset(name string, data []byte) (asset, error) {
	sum := sha256.Sum256(data)
	a := asset{kind: contentType(name), hash: base64.RawURLEncoding.EncodeToString(sum[:9]), data: data}
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return a, err
	}
	if _, err := w.Write(data); err != nil {
		return a, err
	}
	if err := w.Close(); err != nil {
		return a, err
	}
	if b.Len() < len(data) {
		a.packed = b.Bytes()
	}
	return a, nil
}

// contentType does not ask the machine's tables, which differ.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".png":
		return "image/png"
	}
	if t := mime.TypeByExtension(path.Ext(name)); strings.HasPrefix(t, "font/") {
		return t
	}
	return "text/plain; charset=utf-8"
}

// Path gives the address of an embedded file by its name under static, such as
// "candor.css" or "vendor/htmx/htmx.min.js". The address changes with the
// content. A name that does not exist gives an address that answers 404.
func Path(name string) string {
	return Prefix + assets()[name].hash + "/" + name
}

// Static serves the embedded files at Prefix. What it serves may be kept for
// ever; an address with another content's hash is not found.
func Static() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "These files can only be read.", http.StatusMethodNotAllowed)
			return
		}
		hash, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, Prefix), "/")
		a, ok := assets()[name]
		if !ok || hash != a.hash {
			http.Error(w, "There is no such file.", http.StatusNotFound)
			return
		}
		a.serve(w, r)
	})
}

func (a asset) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", a.kind)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Vary", "Accept-Encoding")
	h.Set("X-Content-Type-Options", "nosniff")
	data := a.data
	if a.packed != nil && acceptsGzip(r.Header.Get("Accept-Encoding")) {
		h.Set("Content-Encoding", "gzip")
		data = a.packed
	}
	h.Set("Content-Length", strconv.Itoa(len(data)))
	if r.Method == http.MethodGet {
		_, _ = w.Write(data) // the client is gone; nobody is left to tell
	}
}

// acceptsGzip reads Accept-Encoding (RFC 9110, 12.5.3) as far as it matters:
// gzip is named, and not with the weight nought.
func acceptsGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			return strings.Trim(strings.ReplaceAll(weight, " ", ""), "qQ=0.") != "" || weight == ""
		}
	}
	return false
}
