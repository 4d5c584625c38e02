package web

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"net/http"
	"path"
	"strings"
)

// scripts is where the scripts of this package are served.
const scripts = "/script/"

//go:embed static/*.js
var static embed.FS

// scriptPath is the address of a script; it changes with its content.
func scriptPath(name string) string {
	data, err := static.ReadFile("static/" + name)
	if err != nil {
		return scripts + "missing"
	}
	sum := sha256.Sum256(data)
	return scripts + base64.RawURLEncoding.EncodeToString(sum[:9]) + "/" + name
}

// serveScript serves one of static; what it serves may be kept for ever.
func serveScript(w http.ResponseWriter, r *http.Request) {
	name := path.Base(r.URL.Path)
	data, err := static.ReadFile("static/" + name)
	if err != nil || !strings.HasSuffix(name, ".js") || scriptPath(name) != r.URL.Path {
		plain(w, http.StatusNotFound, "There is no such file.\n")
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/javascript; charset=utf-8")
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	_, _ = w.Write(data) // whoever asked has gone
}
