package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"unicode/utf8"

	"candor"
	"candor/internal/access"
)

// harden sets the headers of all answers.
func harden(h http.Header) {
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
}

// ServeHTTP answers requests to the API and for its documents.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	harden(w.Header())
	defer s.rescue(w, r)
	if isDocument(r.URL.Path) {
		files, err := s.documents()
		if err != nil {
			s.Log.Error("the documentation of the API cannot be written", "error", err)
			http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
			return
		}
		files[r.URL.Path].serve(w, r)
		return
	}
	h, pattern := s.mux.Handler(r)
	if pattern == "" {
		s.nowhere(w, r, h)
		return
	}
	s.mux.ServeHTTP(w, r)
}

// rescue answers for what panicked, unless that is how an answer is broken off.
func (s *server) rescue(w http.ResponseWriter, r *http.Request) {
	caught := recover()
	if caught == nil {
		return
	}
	if caught == http.ErrAbortHandler {
		panic(caught)
	}
	s.fail(w, r, fmt.Errorf("panic: %v\n%s", caught, debug.Stack()))
}

func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	s.problem(r.Context(), err, false).write(w)
}

// nowhere answers where there is no operation: 404, or 405 with the methods
// that there are (RFC 9110, 15.5.6), and OPTIONS (9.3.7). No other site's
// pages may ask, so nothing of CORS is said.
func (s *server) nowhere(w http.ResponseWriter, r *http.Request, h http.Handler) {
	seen := &answer{header: http.Header{}}
	h.ServeHTTP(seen, r)
	allow := seen.header.Get("Allow")
	switch {
	case allow == "":
		s.fail(w, r, candor.WithHint(fmt.Errorf("there is no operation at %.200s: %w", r.URL.Path, candor.ErrNotFound), "See the documentation at /api."))
	case r.Method == http.MethodOptions:
		w.Header().Set("Allow", allow+", OPTIONS")
		w.WriteHeader(http.StatusNoContent)
	default:
		p := newProblem(http.StatusMethodNotAllowed, "That cannot be done here.", "Use "+allow+".")
		p.header.Set("Allow", allow+", OPTIONS")
		s.fail(w, r, p)
	}
}

// guardedMux puts what all operations have in common in front of each.
type guardedMux struct{ s *server }

// HandleFunc implements humago.Mux.
func (m guardedMux) HandleFunc(pattern string, handler func(http.ResponseWriter, *http.Request)) {
	op := m.s.table[len(m.s.table)-1] // huma registers what was just added
	m.s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { m.s.guard(w, r, op, handler) })
}

// ServeHTTP implements humago.Mux.
func (m guardedMux) ServeHTTP(w http.ResponseWriter, r *http.Request) { m.s.mux.ServeHTTP(w, r) }

// guard bounds how often and how much is asked, asks whether whoever asks may,
// and sees to it that a request with a key is done once.
func (s *server) guard(w http.ResponseWriter, r *http.Request, op operation, do http.HandlerFunc) {
	if err := s.admit(r, op); err != nil {
		s.fail(w, r, err)
		return
	}
	body, err := readBody(w, r, op)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	r = r.WithContext(context.WithValue(r.Context(), requestKey{}, &request{r, body}))
	if len(op.raw) == 0 {
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	key := r.Header.Get("Idempotency-Key")
	if op.method != http.MethodPost || key == "" || op.ofDevice() {
		do(w, r)
		return
	}
	if err := s.once.do(w, r, op, key, body, do); err != nil {
		s.fail(w, r, err)
	}
}

// admit says whether a request may go on.
func (s *server) admit(r *http.Request, op operation) error {
	who := access.From(r.Context())
	key := asker(who) // more tokens allow no more
	if key == "" {
		key = s.Access.Client(r).Address.String()
	}
	if wait := s.buckets.Take(key); wait > 0 {
		return candor.WithHint(&access.Wait{For: wait}, "Ask less often, or for more at a time.")
	}
	if err := op.may(who); err != nil {
		return err
	}
	return checkQuery(r.URL)
}

// checkQuery refuses what no database takes.
func checkQuery(u *url.URL) error {
	values, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return newProblem(http.StatusBadRequest, "The query of the address cannot be read.", "Escape it as application/x-www-form-urlencoded.")
	}
	for name, all := range values {
		if len(all) > 1 {
			return fault(fmt.Sprintf("query.%.60s", strings.ToValidUTF8(name, "")), "it is there more than once; separate the items of lists by commas")
		}
		for _, text := range append(all, name) {
			if !clean(text) {
				return fault(fmt.Sprintf("query.%.60s", strings.ToValidUTF8(name, "")), "it is no text in UTF-8, or has a zero byte in it")
			}
		}
	}
	if !clean(u.Path) {
		return fault("path", "it is no text in UTF-8, or has a zero byte in it")
	}
	return nil
}

func clean(text string) bool { return utf8.ValidString(text) && !strings.ContainsRune(text, 0) }

// fault is one thing that is wrong in a request.
func fault(location, message string) *Problem {
	p := newProblem(http.StatusUnprocessableEntity, "validation failed", "")
	p.Errors = []Fault{{location, message}}
	return p
}

func readBody(w http.ResponseWriter, r *http.Request, op operation) ([]byte, error) {
	most := op.body
	if most == 0 {
		most = mostBody
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, newProblem(http.StatusRequestEntityTooLarge, fmt.Sprintf("The body has more than %d bytes.", large.Limit), "Send less at a time.")
	case err != nil:
		return nil, newProblem(http.StatusBadRequest, "The body did not arrive.", "Send it again.")
	}
	return body, nil
}

// request is what operations can see of a request besides their input.
type request struct {
	*http.Request
	body []byte
}

type requestKey struct{}

func requestOf(ctx context.Context) *request {
	r, _ := ctx.Value(requestKey{}).(*request)
	return r
}

// header gives a header of the request, empty if there is none.
func header(ctx context.Context, name string) string {
	if r := requestOf(ctx); r != nil {
		return r.Header.Get(name)
	}
	return ""
}
