// Package hosted serves published notices to anybody, for sites that cannot
// serve them: the short page, the full text and the machine copy, of the last
// version and of each one before.
package hosted

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"candor"
	"candor/internal/access"
	"candor/internal/consent/notice"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/web"
)

// How long others may keep what is served: the last version may be replaced, a
// version with its number cannot, but it may be erased.
const (
	briefly = "public, max-age=300"
	long    = "public, max-age=86400"
)

// pages serves notices. It is safe for concurrent use.
type pages struct {
	house  *house.House
	texts  *phrase.Catalogue
	refuse func(http.ResponseWriter, *http.Request, error)
	policy string
}

// Mount adds the pages to a site. They need no session, and set no cookie.
func Mount(s *web.Site) {
	sum := sha256.Sum256([]byte(notice.Style()))
	p := &pages{house: s.House, texts: s.Phrases, refuse: s.Refuse,
		policy: "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"}
	anyone := web.Needs{web.Anyone}
	for _, at := range []string{"GET /notice/{id}", "GET /notice/{id}/v/{n}"} {
		s.Handle(at, anyone, p.page((*notice.Notice).Short, "short"))
		s.Handle(at+"/full", anyone, p.page((*notice.Notice).Full, "full"))
		s.Handle(at+"/notice.json", anyone, http.HandlerFunc(p.copy))
	}
	reads := web.Needs{access.ReadOwn, access.ReadParties}
	s.Handle("GET /my/notices/{id}/preview", reads, p.preview((*notice.Notice).Short, "short"))
	s.Handle("GET /my/notices/{id}/preview/full", reads, p.preview((*notice.Notice).Full, "full"))
}

// version is what the path asks for.
func (p *pages) version(r *http.Request) (*notice.Notice, candor.NoticeVersion, error) {
	id, err := candor.ParseID(r.PathValue("id"))
	number := int64(0)
	if n := r.PathValue("n"); n != "" && err == nil {
		if number, err = strconv.ParseInt(n, 10, 64); number < 1 {
			err = candor.ErrNotFound
		}
	}
	if err != nil {
		return nil, candor.NoticeVersion{}, fmt.Errorf("a notice at %.100q: %w", r.URL.Path, candor.ErrNotFound)
	}
	return p.house.PublishedNotice(r.Context(), id, number)
}

// copy answers with the machine copy, byte by byte as it was published.
func (p *pages) copy(w http.ResponseWriter, r *http.Request) {
	_, v, err := p.version(r)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", notice.MediaType)
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	p.keep(h, r, v.Digest)
	http.ServeContent(w, r, "", v.Published, strings.NewReader(v.Body))
}

// page answers with a layer in the language that is asked for.
func (p *pages) page(layer func(*notice.Notice, phrase.Printer) *notice.Page, name string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, v, err := p.version(r)
		if err != nil {
			p.fail(w, r, err)
			return
		}
		base := "/notice/" + r.PathValue("id")
		if n := r.PathValue("n"); n != "" {
			base += "/v/" + n
		}
		t := p.printer(r)
		page := layer(n, t)
		page.Nav = append(p.nav(t, base, name), notice.Link{Text: t.T("hosted.copy"), Href: base + "/notice.json"})
		var b bytes.Buffer
		if err := page.HTML(&b); err != nil {
			p.fail(w, r, err)
			return
		}
		h := w.Header()
		p.head(h, t)
		h.Add("Vary", "Accept-Language")
		p.keep(h, r, v.Digest[:16]+"-"+name+"-"+t.Lang())
		http.ServeContent(w, r, "", v.Published, bytes.NewReader(b.Bytes()))
	})
}

// preview answers with a layer of a draft, to those who work on it.
func (p *pages) preview(layer func(*notice.Notice, phrase.Printer) *notice.Page, name string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, err := candor.ParseID(r.PathValue("id"))
		if err != nil {
			err = fmt.Errorf("a notice at %.100q: %w", r.URL.Path, candor.ErrNotFound)
		}
		var n *notice.Notice
		if err == nil {
			n, err = p.house.PreviewNotice(r.Context(), access.From(r.Context()), id)
		}
		if err != nil {
			p.refuse(w, r, err)
			return
		}
		t, base := p.printer(r), "/my/notices/"+string(id)
		page := layer(n, t)
		page.Nav = append([]notice.Link{{Text: t.T("hosted.back"), Href: base}}, p.nav(t, base+"/preview", name)...)
		var b bytes.Buffer
		if err := page.HTML(&b); err != nil {
			p.refuse(w, r, err)
			return
		}
		p.head(w.Header(), t)
		_, _ = w.Write(b.Bytes()) // whoever asked has gone
	})
}

// printer is that of the language which the address or the browser asks for.
func (p *pages) printer(r *http.Request) phrase.Printer {
	lang := r.URL.Query().Get("lang")
	if !slices.Contains(p.texts.Languages(), lang) {
		lang = ""
	}
	return p.texts.For(lang, r.Header.Get("Accept-Language"))
}

func (p *pages) head(h http.Header, t phrase.Printer) {
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", t.Lang())
	h.Set("Content-Security-Policy", p.policy)
}

// keep says how long an answer may be kept, and by what it is known again.
func (p *pages) keep(h http.Header, r *http.Request, tag string) {
	h.Set("ETag", strconv.Quote(tag))
	h.Set("Cache-Control", briefly)
	if r.PathValue("n") != "" {
		h.Set("Cache-Control", long)
	}
}

// nav leads to the other layers, and to this one in other languages.
func (p *pages) nav(t phrase.Printer, base, name string) []notice.Link {
	in := func(path, lang string) string { return path + "?" + url.Values{"lang": {lang}}.Encode() }
	links := []notice.Link{{Text: t.T("hosted.short"), Href: in(base, t.Lang()), Current: name == "short"},
		{Text: t.T("hosted.full"), Href: in(base+"/full", t.Lang()), Current: name == "full"}}
	here := base
	if name == "full" {
		here += "/full"
	}
	for _, lang := range p.texts.Languages() {
		own := p.texts.For(lang)
		links = append(links, notice.Link{Text: own.T("hosted.language"), Href: in(here, lang), Lang: lang, Current: lang == t.Lang()})
	}
	return links
}

// fail answers as pages do; what is not found may be there soon.
func (p *pages) fail(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, candor.ErrNotFound) {
		w.Header().Set("Cache-Control", "no-store")
	}
	p.refuse(w, r, err)
}
