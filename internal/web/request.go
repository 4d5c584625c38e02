package web

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/phrase"
	"candor/internal/web/ui"
)

// Request is a request with what is known of who sends it.
type Request struct {
	*http.Request
	Who     candor.Principal
	User    candor.User // behind Who; zero if there is none
	Printer phrase.Printer
	Now     time.Time      // UTC
	Zone    *time.Location // of the reader
	Theme   string         // light, dark, or empty for the system's

	site     *Site
	writer   http.ResponseWriter
	most     int64        // bytes of a form of others than the staff
	messages []ui.Message // of the last step
}

// T is Printer.T.
func (r *Request) T(key string, args ...phrase.Args) string { return r.Printer.T(key, args...) }

// N is Printer.N.
func (r *Request) N(key string, n int, args ...phrase.Args) string {
	return r.Printer.N(key, n, args...)
}

// May tells whether who asks has the permission: for what of a page is shown.
func (r *Request) May(what access.Permission) bool { return access.Allowed(r.Who, what) }

// Part tells whether htmx asks for a part of a page. Links and forms that htmx
// only speeds up (hx-boost) want the whole page.
func (r *Request) Part() bool {
	return r.Header.Get("HX-Request") == "true" && r.Header.Get("HX-Boosted") != "true"
}

// Client is the browser, as access wants to know it.
func (r *Request) Client() access.Client { return r.site.Access.Client(r.Request) }

// Speak chooses the language for this request: tags as in phrase.For, the most
// wanted first. What the reader chose (by address, profile or cookie) goes
// before them, what the browser prefers comes after.
func (r *Request) Speak(tags ...string) {
	r.Printer = r.site.printer(r, tags...)
}

// In chooses the time zone of this request by its IANA name, for readers who
// have not chosen theirs. A name that nobody knows is passed over.
func (r *Request) In(zone string) {
	if r.User.TimeZone == "" {
		r.Zone = zoneOf(zone, r.Zone)
	}
}

func zoneOf(name string, otherwise *time.Location) *time.Location {
	if zone, err := time.LoadLocation(name); name != "" && err == nil {
		return zone
	}
	return otherwise
}

// Fields are hidden fields of a form, pairs of name and value, with the key
// that makes it count once: for ui.Confirmation, ui.Action and ui.Bulk. Forms
// written out have @web.Once() in them instead.
func (r *Request) Fields(pairs ...string) map[string]string {
	fields := map[string]string{onceField: newKey()}
	for i := 0; i+1 < len(pairs); i += 2 {
		fields[pairs[i]] = pairs[i+1]
	}
	return fields
}

// ID is the ID in the path under that name. What is no ID is not found.
func (r *Request) ID(name string) (candor.ID, error) {
	id, err := candor.ParseID(r.PathValue(name))
	if err != nil {
		return "", fmt.Errorf("%s %.60q: %w", name, r.PathValue(name), candor.ErrNotFound)
	}
	return id, nil
}

// Return is the path in the parameter "back", in the address or the form, if
// it is one of this site; otherwise what else says.
func (r *Request) Return(otherwise string) string {
	for _, back := range []string{r.PostForm.Get("back"), r.URL.Query().Get("back")} {
		if path := access.LocalPath(back); path != "" {
			return path
		}
	}
	return otherwise
}

// mostForm bounds a form, in bytes. Those of the staff may bring files, as far
// as the site lets requests be at all.
const mostForm = 1 << 20

// readForm decodes a form; what was too large or damaged is candor.ErrInvalid.
// Files that came with it are removed by dropFiles.
func (r *Request) readForm() error {
	var err error
	if !r.Who.Role.Staff() {
		r.Body = http.MaxBytesReader(nil, r.Body, r.most)
	}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
		err = r.ParseMultipartForm(min(r.most, mostForm)) // what is more lies on the disk meanwhile
	} else {
		err = r.ParseForm()
	}
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return candor.WithHint(fmt.Errorf("read a form of more than %d bytes: %w: %w", large.Limit, candor.ErrInvalid, err), "Send less at a time.")
	case err != nil:
		return fmt.Errorf("read a form: %w: %w", candor.ErrInvalid, err)
	}
	return nil
}

// dropFiles removes what a form has brought to the disk.
func (r *Request) dropFiles() {
	if r.MultipartForm != nil {
		_ = r.MultipartForm.RemoveAll() // in the folder for temporary files
	}
}
