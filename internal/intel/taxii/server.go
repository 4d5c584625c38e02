package taxii

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"candor"
	"candor/internal/intel/stix"
	"candor/internal/intel/tlp"
)

// Identify tells who asks. candor.ErrDenied says that nobody knows them.
type Identify func(*http.Request) (principal string, err error)

// Server answers clients (http.Handler). It is safe for concurrent use if its
// parts are. Addresses are below Base: "/taxii2/", "/ROOT/…".
type Server struct {
	Title, Description, Contact string
	// Base is what addresses begin with, without a slash at the end:
	// "https://desk.example.org", with a path if requests come with one.
	Base     string
	Prefix   string // the path of Base, which requests' paths begin with
	Roots    []Root // the first is the default; bounds of 0 are MostBody
	Store    Store
	Identify Identify
	Log      *slog.Logger
	Page     int // the longest page; 0 for 100
}

// Bounds of requests.
const (
	MostBody  = 10 << 20 // bytes
	MostAdded = 10_000   // objects of one request
	basicPage = 100
)

// ServeHTTP answers a request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a := &answer{ResponseWriter: w, request: r, server: s}
	if err := a.serve(); err != nil {
		a.fail(err)
	}
}

// answer is one request on its way through.
type answer struct {
	http.ResponseWriter
	request   *http.Request
	server    *Server
	principal string
	root      Root
}

// fault is an error with the status that tells it.
type fault struct {
	status int
	err    error
}

func (f *fault) Error() string { return f.err.Error() }
func (f *fault) Unwrap() error { return f.err }

func faulty(status int, format string, args ...any) error {
	return &fault{status, fmt.Errorf(format, args...)}
}

// serve finds what is asked for. Slashes at the end are taken as there.
func (a *answer) serve() error {
	path, ok := strings.CutPrefix(a.request.URL.Path, a.server.Prefix)
	parts := strings.Split(strings.Trim(path, "/"), "/")
	if !ok || len(parts) > 6 {
		return faulty(http.StatusNotFound, "nothing is here")
	}
	who, err := a.server.Identify(a.request)
	if err != nil {
		return &fault{http.StatusUnauthorized, err}
	}
	a.principal = who
	if !acceptable(a.request.Header.Values("Accept")) {
		return faulty(http.StatusNotAcceptable, "only %s is spoken here", MediaType)
	}
	if len(parts) == 1 && parts[0] == "taxii2" {
		return a.only(a.discovery)
	}
	at := slices.IndexFunc(a.server.Roots, func(r Root) bool { return r.Name == parts[0] })
	if at < 0 {
		return faulty(http.StatusNotFound, "no API root of this name")
	}
	a.root = a.server.Roots[at]
	switch {
	case len(parts) == 1:
		return a.only(a.info)
	case len(parts) == 3 && parts[1] == "status":
		return a.only(func() error { return a.status(parts[2]) })
	case len(parts) == 2 && parts[1] == "collections":
		return a.only(a.collections)
	case len(parts) >= 3 && parts[1] == "collections":
		return a.collection(parts[2], parts[3:])
	}
	return faulty(http.StatusNotFound, "nothing is here")
}

func (a *answer) collection(id string, rest []string) error {
	all, err := a.server.Store.Collections(a.request.Context(), a.principal, a.root.Name)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(all, func(c Collection) bool { return c.ID == id || c.Alias != "" && c.Alias == id })
	if at < 0 {
		return faulty(http.StatusNotFound, "no collection of this name")
	}
	c := all[at]
	switch {
	case len(rest) == 0:
		return a.only(func() error { return a.give(http.StatusOK, c) })
	case len(rest) == 1 && rest[0] == "manifest":
		return a.only(func() error { return a.list(c, "", manifest) })
	case len(rest) == 1 && rest[0] == "objects":
		if a.request.Method == http.MethodPost {
			return a.add(c)
		}
		return a.only(func() error { return a.list(c, "", envelope) }, http.MethodPost)
	case len(rest) == 2 && rest[0] == "objects":
		if a.request.Method == http.MethodDelete {
			return a.remove(c, rest[1])
		}
		return a.only(func() error { return a.list(c, rest[1], envelope) }, http.MethodDelete)
	case len(rest) == 3 && rest[0] == "objects" && rest[2] == "versions":
		return a.only(func() error { return a.list(c, rest[1], versions) })
	}
	return faulty(http.StatusNotFound, "nothing is here")
}

// only answers GET and HEAD; also names what else is answered.
func (a *answer) only(do func() error, also ...string) error {
	if m := a.request.Method; m == http.MethodGet || m == http.MethodHead {
		return do()
	}
	a.Header().Set("Allow", strings.Join(append([]string{http.MethodGet, http.MethodHead}, also...), ", "))
	return faulty(http.StatusMethodNotAllowed, "%.20s is not answered here", a.request.Method)
}

func (a *answer) discovery() error {
	d := Discovery{Title: a.server.Title, Description: a.server.Description, Contact: a.server.Contact}
	for _, r := range a.server.Roots {
		if _, err := a.server.Store.Collections(a.request.Context(), a.principal, r.Name); err != nil {
			if errors.Is(err, candor.ErrNotFound) {
				continue
			}
			return err
		}
		d.Roots = append(d.Roots, a.server.Base+"/"+r.Name+"/")
	}
	if len(d.Roots) > 0 {
		d.Default = d.Roots[0]
	}
	return a.give(http.StatusOK, d)
}

func (a *answer) info() error {
	if _, err := a.server.Store.Collections(a.request.Context(), a.principal, a.root.Name); err != nil {
		return err
	}
	r := a.root
	r.Versions, r.MaxContentLength = []string{MediaType}, a.mostBody()
	return a.give(http.StatusOK, r)
}

func (a *answer) mostBody() int64 {
	if a.root.MaxContentLength > 0 {
		return a.root.MaxContentLength
	}
	return MostBody
}

func (a *answer) status(id string) error {
	s, err := a.server.Store.Status(a.request.Context(), a.principal, a.root.Name, id)
	if err != nil {
		return err
	}
	return a.give(http.StatusOK, s)
}

func (a *answer) collections() error {
	all, err := a.server.Store.Collections(a.request.Context(), a.principal, a.root.Name)
	if err != nil {
		return err
	}
	out := map[string]any{}
	if len(all) > 0 {
		out["collections"] = all
	}
	return a.give(http.StatusOK, out)
}

// list answers with a page, as shape writes it.
func (a *answer) list(c Collection, id string, shape func([]Entry) (string, any)) error {
	if !c.CanRead {
		return faulty(http.StatusForbidden, "this collection is not yours to read")
	}
	page := a.server.Page
	if page <= 0 {
		page = basicPage
	}
	f, after, err := parseFilter(a.request.URL.Query(), page)
	if err != nil {
		return err
	}
	if id != "" {
		f.IDs = []string{id}
	}
	if key, _ := shape(nil); key == "versions" {
		f.Versions = []string{"all"}
	}
	p, err := a.server.Store.Objects(a.request.Context(), a.root.Name, c.ID, f, after)
	if err != nil {
		return err
	}
	p.Entries = slices.DeleteFunc(p.Entries, func(e Entry) bool { return !stix.Mark(e.Raw).Allows(c.Audience) })
	if id != "" && len(p.Entries) == 0 && after == "" {
		if known, err := a.known(c, id); err != nil || !known {
			return errors.Join(err, faulty(http.StatusNotFound, "no object of this name"))
		}
	}
	body := map[string]any{}
	if p.Next != "" {
		body["more"], body["next"] = true, nextOf(a.request, f, p.Next)
	}
	if n := len(p.Entries); n > 0 {
		key, list := shape(p.Entries)
		body["more"], body[key] = p.Next != "", list
		a.Header().Set("X-TAXII-Date-Added-First", stamp(p.Entries[0].Added))
		a.Header().Set("X-TAXII-Date-Added-Last", stamp(p.Entries[n-1].Added))
	}
	return a.give(http.StatusOK, body)
}

// nextOf gives the token for the rest of what a request asked, in the words in which
// it will be asked again.
func nextOf(r *http.Request, f Filter, after string) string {
	q := r.URL.Query()
	q.Del("next")
	plain, _, err := parseFilter(q, f.Limit)
	if err != nil {
		return ""
	}
	return plain.next(after)
}

// known tells whether a collection gives any version of an object to its audience.
func (a *answer) known(c Collection, id string) (bool, error) {
	f := Filter{IDs: []string{id}, Versions: []string{"all"}, SpecVersions: []string{"2.0", "2.1"}, Limit: MostAdded}
	p, err := a.server.Store.Objects(a.request.Context(), a.root.Name, c.ID, f, "")
	return err == nil && slices.ContainsFunc(p.Entries, func(e Entry) bool { return stix.Mark(e.Raw).Allows(c.Audience) }), err
}

func envelope(page []Entry) (string, any) {
	out := make([]json.RawMessage, len(page))
	for i, e := range page {
		out[i] = e.Raw
	}
	return "objects", out
}

// record is an entry of a manifest (5.3).
type record struct {
	ID        string `json:"id"`
	Added     string `json:"date_added"`
	Version   string `json:"version"`
	MediaType string `json:"media_type"`
}

func manifest(page []Entry) (string, any) {
	out := make([]record, len(page))
	for i, e := range page {
		out[i] = record{e.ID, stamp(e.Added), version(e.when()), "application/stix+json;version=" + e.SpecVersion}
	}
	return "objects", out
}

func versions(page []Entry) (string, any) {
	out := make([]string, len(page))
	for i, e := range page {
		out[i] = version(e.when())
	}
	return "versions", out
}

func (a *answer) remove(c Collection, id string) error {
	switch {
	case !c.CanRead && !c.CanWrite:
		return faulty(http.StatusNotFound, "no collection of this name")
	case !c.CanRead || !c.CanWrite:
		return faulty(http.StatusForbidden, "nothing of this collection is yours to delete")
	}
	q := a.request.URL.Query()
	f, _, err := parseFilter(q, basicPage)
	if err != nil {
		return err
	}
	f.IDs = []string{id}
	if len(f.Versions) == 0 {
		f.Versions = []string{"all"}
	}
	if len(f.SpecVersions) == 0 {
		f.SpecVersions = []string{"2.0", "2.1"}
	}
	if err := a.server.Store.Delete(a.request.Context(), a.root.Name, c.ID, f); err != nil {
		return err
	}
	return a.give(http.StatusOK, map[string]any{})
}

func (a *answer) add(c Collection) error {
	if !c.CanWrite {
		return faulty(http.StatusForbidden, "this collection is not yours to write")
	}
	if !spoken(a.request.Header.Get("Content-Type")) {
		return faulty(http.StatusUnsupportedMediaType, "only %s is understood here", MediaType)
	}
	objects, failures, err := readEnvelope(http.MaxBytesReader(a, a.request.Body, a.mostBody()), c.Audience)
	var long *http.MaxBytesError
	if errors.As(err, &long) {
		return faulty(http.StatusRequestEntityTooLarge, "more than %d bytes", long.Limit)
	} else if err != nil {
		return &fault{http.StatusUnprocessableEntity, err}
	}
	s, err := a.server.Store.Add(a.request.Context(), a.principal, a.root.Name, c.ID, objects, failures)
	if err != nil {
		return err
	}
	return a.give(http.StatusAccepted, s)
}

// refusal says why an object is not taken; empty if it is.
func refusal(o Object, err error, to tlp.Audience) string {
	switch {
	case err != nil:
		return err.Error()
	case !stix.Mark(o.Raw).Allows(to):
		return stix.Mark(o.Raw).String() + " may not go to who reads this collection"
	}
	return ""
}

func (a *answer) give(status int, body any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	a.Header().Set("Content-Type", MediaType)
	a.Header().Set("Content-Length", strconv.Itoa(len(raw)))
	a.Header().Set("Cache-Control", "no-store")
	a.WriteHeader(status)
	if a.request.Method != http.MethodHead {
		if _, err := a.Write(raw); err != nil && a.server.Log != nil {
			a.server.Log.Debug("TAXII: the client went away", "err", err)
		}
	}
	return nil
}

// Message is how errors are told (3.6).
type Message struct {
	Title  string `json:"title"`
	Detail string `json:"description,omitempty"`
	Status string `json:"http_status"`
}

// fail tells an error. What is not for clients stays in the log.
func (a *answer) fail(err error) {
	status, text := http.StatusInternalServerError, ""
	var f *fault
	switch {
	case errors.As(err, &f):
		status, text = f.status, f.Error()
	case errors.Is(err, candor.ErrInvalid):
		status, text = http.StatusBadRequest, err.Error()
	case errors.Is(err, candor.ErrNotFound):
		status = http.StatusNotFound
	case errors.Is(err, candor.ErrDenied):
		status = http.StatusForbidden
	case errors.Is(err, candor.ErrUnavailable):
		status = http.StatusServiceUnavailable
	}
	if status == http.StatusUnauthorized {
		text = ""
		a.Header().Set("WWW-Authenticate", `Basic realm="TAXII"`)
		a.Header().Add("WWW-Authenticate", `Bearer realm="TAXII"`)
	}
	if status >= http.StatusInternalServerError && a.server.Log != nil {
		a.server.Log.Error("TAXII", "path", a.request.URL.Path, "err", err)
	}
	_ = a.give(status, Message{http.StatusText(status), text, strconv.Itoa(status)}) // it writes, or the client is gone
}
