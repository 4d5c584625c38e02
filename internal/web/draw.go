package web

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"candor/internal/phrase"
	"candor/internal/web/ui"
)

// Addresses of what is on every page. Pages of other packages are at Search.
const (
	Home     = "/"
	SignIn   = "/sign-in"
	SignOut  = "/sign-out"
	Account  = "/account"
	Search   = "/search"
	theme    = "/theme"
	language = "/language"
)

// draw answers with a view.
func (s *Site) draw(w http.ResponseWriter, r *Request, v View) {
	if len(v.Trigger) > 0 {
		if data, err := json.Marshal(v.Trigger); err == nil {
			w.Header().Set("HX-Trigger", ascii(string(data)))
		}
	}
	switch {
	case v.To != "":
		s.keep(w, v.Messages)
		s.lead(w, r, v)
	case v.Send != nil:
		s.send(w, r, *v.Send)
	case v.Strange != nil:
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Security-Policy", strange)
		h.Set("X-Frame-Options", "SAMEORIGIN")
		h.Set("X-DNS-Prefetch-Control", "off")
		h.Set("Referrer-Policy", "no-referrer")
		write(w, r, http.StatusOK, tame(v.Strange))
	case v.JSON != nil:
		s.data(w, r, v)
	default:
		if v.Frames {
			w.Header().Set("Content-Security-Policy", policy+"; frame-src 'self'")
		}
		s.page(w, r, v)
	}
}

// lead sends the browser to another page; htmx, which would put that page into
// a part of this one, is told to go there.
func (s *Site) lead(w http.ResponseWriter, r *Request, v View) {
	if r.Part() {
		w.Header().Set("HX-Redirect", v.To)
		w.WriteHeader(http.StatusOK)
		return
	}
	w.Header().Set("Location", v.To)
	w.WriteHeader(orStatus(v.Status, http.StatusSeeOther))
}

func (s *Site) send(w http.ResponseWriter, r *Request, f File) {
	h := w.Header()
	h.Set("Content-Type", f.Type)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": f.Name}))
	if r.Method == http.MethodHead {
		return
	}
	if err := f.Write(w); err != nil {
		s.Log.ErrorContext(r.Context(), "a file could not be sent to its end", "file", f.Name, "error", err)
		panic(http.ErrAbortHandler) // the browser must not take the part for the whole
	}
}

func (s *Site) data(w http.ResponseWriter, r *Request, v View) {
	data, err := json.Marshal(v.JSON)
	if err != nil {
		s.fail(w, r, fmt.Errorf("write data for a page: %w", err))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	write(w, r, orStatus(v.Status, http.StatusOK), data)
}

// page draws a page to its end before any of it is sent, so that a failure
// still has a page of its own.
func (s *Site) page(w http.ResponseWriter, r *Request, v View) {
	if v.Document == nil && r.Method == http.MethodGet && !r.Part() {
		r.messages = append(s.kept(w, r.Request), r.messages...)
	}
	var b bytes.Buffer
	if err := s.component(r, v).Render(r.drawing(), &b); err != nil {
		if v.Status >= http.StatusInternalServerError { // it was the page for an error
			plain(w, v.Status, http.StatusText(v.Status)+"\n")
			return
		}
		s.fail(w, r, fmt.Errorf("draw a page: %w", err))
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", r.Printer.Lang())
	h.Add("Vary", "HX-Request, Accept-Encoding, Accept-Language, Cookie")
	write(w, r, orStatus(v.Status, http.StatusOK), b.Bytes())
}

// component is what is drawn of a view: a part, a document, or the body with
// what stands around it for this reader.
func (s *Site) component(r *Request, v View) templ.Component {
	switch {
	case v.Document != nil:
		return v.Document
	case v.Partial != nil && r.Part():
		return v.Partial
	case v.Plain || !r.Who.Role.Staff():
		letter := r.Letter(v.Page.Title)
		letter.Messages = append(letter.Messages, v.Page.Messages...)
		if r.User.ID != "" && !v.Plain {
			letter.Home = ui.Link{Text: r.T("error.home"), Href: Home}
		}
		return around(ui.CustomerShell(letter), v.Body)
	}
	p := v.Page
	p.Nav = s.navigation(r)
	p.User = ui.User{Name: r.Who.Name, Detail: r.Printer.T("role." + string(r.Who.Role))}
	p.Theme = r.Theme
	p.Messages = append(r.messages, p.Messages...)
	p.Routes = ui.Routes{Home: Home, Search: Search, Account: Account, SignOut: SignOut, Theme: theme, Language: language}
	return around(ui.Shell(p), v.Body)
}

// around draws a shell with its content.
func around(shell, body templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return shell.Render(templ.WithChildren(ctx, body), w)
	})
}

// drawing is the context that components draw in.
func (r *Request) drawing() context.Context {
	return phrase.With(ui.With(r.Context(), ui.View{Now: r.Now, Zone: r.Zone, URL: r.URL}), r.Printer)
}

// Letter is what stands around a page for customers: who writes, how to reach a
// person, the languages, and what the last step had to say.
func (r *Request) Letter(title string) ui.CustomerPage {
	p := ui.CustomerPage{Title: title, Provider: r.site.Provider.Name, Language: r.URL.RequestURI(), Choices: r.site.Phrases.Languages()}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		p.Language = "" // a link would not repeat the step
	}
	if mail := r.site.Provider.Mail; mail != "" {
		p.Contact = ui.Link{Text: mail, Href: "mailto:" + mail}
	}
	if r.messages == nil && r.Method == http.MethodGet {
		r.messages = r.site.kept(r.writer, r.Request)
	}
	p.Messages = r.messages
	return p
}

// write sends a document, packed if the browser takes it so. Nothing secret
// stands beside what a stranger can choose, so that its length tells nothing.
func write(w http.ResponseWriter, r *Request, status int, body []byte) {
	h := w.Header()
	if len(body) > 1400 && packs(r.Header.Get("Accept-Encoding")) {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, err := z.Write(body)
		if err == nil && z.Close() == nil {
			body = b.Bytes()
			h.Set("Content-Encoding", "gzip")
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the reader is gone; nobody is left to tell
	}
}

// packs reads Accept-Encoding (RFC 9110, 12.5.3) as far as it matters.
func packs(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, weight, _ := strings.Cut(strings.ReplaceAll(part, " ", ""), ";")
		if strings.EqualFold(name, "gzip") {
			return weight == "" || strings.Trim(weight, "qQ=0.") != ""
		}
	}
	return false
}

// ascii writes JSON without letters that a header cannot carry.
func ascii(text string) string {
	var b strings.Builder
	for _, c := range text {
		switch {
		case c < 0x80:
			b.WriteRune(c)
		case c > 0xffff:
			c -= 0x10000
			fmt.Fprintf(&b, `\u%04x\u%04x`, 0xd800+c>>10, 0xdc00+c&0x3ff)
		default:
			fmt.Fprintf(&b, `\u%04x`, c)
		}
	}
	return b.String()
}

func orStatus(status, otherwise int) int {
	if status == 0 {
		return otherwise
	}
	return status
}
