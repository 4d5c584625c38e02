package api

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"candor"
	"candor/internal/access"
)

// SignedIn stands in the table where no permission suits: whoever has a session
// or a token may ask, and gets their own.
const SignedIn access.Permission = "signed-in"

// Device stands in the table where nobody signs in: the device signed the body.
const Device access.Permission = "device"

// Operation is one line of the table of operations.
type Operation struct {
	ID     string
	Method string
	Path   string
	// Permissions are those of which a principal must have one.
	Permissions []access.Permission
}

// Operations is the table of all operations, in the order of the document.
func Operations() []Operation {
	s := build(Config{})
	all := make([]Operation, len(s.table))
	for i, op := range s.table {
		all[i] = Operation{op.id, op.method, op.path, op.needs}
	}
	return all
}

// Bounds of bodies in bytes.
const (
	mostBody = 1 << 20
	// MaxBody is the greatest body of any operation, that of an import.
	MaxBody = 64 << 20
)

// operation says what an operation is.
type operation struct {
	id, method, path string
	tag              string
	summary, about   string // a line, and what else must be known
	needs            []access.Permission
	status           int      // of success; 200, or 204 without a body
	body             int64    // most bytes; mostBody if 0
	raw              []string // content types of a body that is not JSON
	answers          string   // content type of an answer that is not JSON
	matches          bool     // If-Match is looked at
	example          string   // of a body that needs no member, but has one
	secrets          []string // members of the answer that are not kept to be given again
}

// add puts an operation into the table, and behind the API.
func add[I, O any](s *server, op operation, do func(context.Context, candor.Principal, *I) (*O, error)) {
	s.table = append(s.table, op)
	huma.Register(s.api, op.described(s.api.OpenAPI().Components.Schemas), func(ctx context.Context, in *I) (*O, error) {
		out, err := do(ctx, access.From(ctx), in)
		if err != nil {
			return nil, s.problem(ctx, err, op.matches)
		}
		return out, nil
	})
}

// may tells whether somebody has one of the permissions.
func (op operation) may(who candor.Principal) error {
	err := access.ErrSignedOut
	if who.User == "" && who.Token != "" { // a reporter's program is nobody who signed in
		err = candor.WithHint(fmt.Errorf("%s with this token: %w", op.id, candor.ErrDenied), "Use a token of somebody who may do that.")
	}
	for _, p := range op.needs {
		if p == Device || p == SignedIn && who.User != "" {
			return nil
		}
		if p == SignedIn {
			continue
		}
		if err = access.Require(who, p); err == nil {
			return nil
		}
	}
	return err
}

// ofDevice tells whether a device asks, and nobody is signed in.
func (op operation) ofDevice() bool { return slices.Contains(op.needs, Device) }

// scope is the narrowest scope of a token for the operation; empty if none
// will do.
func (op operation) scope() string {
	if slices.Contains(op.needs, SignedIn) {
		return access.ScopeRead
	}
	if op.ofDevice() {
		return ""
	}
	for _, scope := range access.Scopes() {
		for _, role := range candor.Roles() {
			p := candor.Principal{User: "u", Role: role, Token: "t", Scopes: []string{scope}}
			if !role.Staff() {
				p.Party = "p"
			}
			if op.may(p) == nil {
				return scope
			}
		}
	}
	if op.ofReporters() {
		return access.ScopeReport
	}
	return ""
}

// ofReporters tells whether programs of reporters may ask.
func (op operation) ofReporters() bool { return slices.Contains(op.needs, access.FileReports) }

// Names of the security schemes.
const (
	byToken   = "token"
	bySession = "session"
)

// described is the operation in the words of OpenAPI.
func (op operation) described(r huma.Registry) huma.Operation {
	o := huma.Operation{OperationID: op.id, Method: op.method, Path: op.path, Tags: []string{op.tag}, Summary: op.summary,
		DefaultStatus: op.status, MaxBodyBytes: -1, BodyReadTimeout: -1, Responses: op.errors(r)}
	o.Security = []map[string][]string{{bySession: {}}}
	text := []string{op.about}
	if scope := op.scope(); op.ofDevice() {
		o.Security = []map[string][]string{}
		text = append(text, "Nobody signs in: the device signed the body.")
	} else if scope == access.ScopeReport {
		o.Security = []map[string][]string{{byToken: {scope}}}
		text = append(text, "Only with a token of a reporter's, of scope `"+scope+"`.")
	} else if scope != "" {
		o.Security = []map[string][]string{{byToken: {scope}}, {bySession: {}}}
		text = append(text, "Scope of a token: `"+scope+"`.")
		if op.ofReporters() {
			o.Security[0] = map[string][]string{byToken: {scope}}
			o.Security = append(o.Security, map[string][]string{byToken: {access.ScopeReport}})
			text[len(text)-1] += " Or a token of a reporter's, of scope `" + access.ScopeReport + "`."
		}
	} else {
		text = append(text, "Tokens cannot do this: it needs a session.")
	}
	words := make([]string, len(op.needs))
	for i, p := range op.needs {
		words[i] = string(p)
	}
	if !op.ofDevice() {
		text = append(text, "Permission: `"+strings.Join(words, "` or `")+"`.")
	}
	o.Description = strings.TrimSpace(strings.Join(text, " "))
	o.Extensions = map[string]any{"x-permissions": words}
	if op.method == http.MethodPost && !op.ofDevice() {
		o.Parameters = append(o.Parameters, &huma.Param{Name: "Idempotency-Key", In: "header", Description: "A key of your own, at most 255 characters. The same request with the same key within 24 hours is done once, and answered as the first time.",
			Schema: &huma.Schema{Type: "string"}})
	}
	if len(op.raw) > 0 {
		o.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{}}
		for _, t := range op.raw {
			o.RequestBody.Content[t] = &huma.MediaType{Schema: &huma.Schema{Type: "string"}}
		}
	}
	if op.answers != "" {
		status := strconv.Itoa(cmp.Or(op.status, http.StatusOK))
		o.Responses[status] = &huma.Response{Description: "OK", Content: map[string]*huma.MediaType{op.answers: {Schema: &huma.Schema{Type: "string"}}}}
	}
	return o
}

// errors are the answers that say that it was not done.
func (op operation) errors(r huma.Registry) map[string]*huma.Response {
	codes := []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusUnprocessableEntity, http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusServiceUnavailable}
	if strings.Contains(op.path, "{") {
		codes = append(codes, http.StatusNotFound)
	}
	if op.method != http.MethodGet {
		codes = append(codes, http.StatusBadRequest, http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	if op.matches {
		codes = append(codes, http.StatusPreconditionFailed)
	}
	schema := r.Schema(problemType, true, "")
	all := make(map[string]*huma.Response, len(codes))
	for _, code := range codes {
		all[strconv.Itoa(code)] = &huma.Response{Description: fmt.Sprintf("%s. %s", http.StatusText(code), meaning[code]),
			Content: map[string]*huma.MediaType{problemJSON: {Schema: schema}}}
	}
	return all
}

// meaning says when an answer comes.
var meaning = map[int]string{
	http.StatusBadRequest:            "The request cannot be read.",
	http.StatusUnauthorized:          "There is no token or session, or it works no longer.",
	http.StatusForbidden:             "The role or the scope does not allow this.",
	http.StatusNotFound:              "It is not there, or not yours.",
	http.StatusConflict:              "It is there already, changed meanwhile, or the request with this key is still being worked on.",
	http.StatusPreconditionFailed:    "It is no longer the version that If-Match names.",
	http.StatusRequestEntityTooLarge: "The body is too large.",
	http.StatusUnsupportedMediaType:  "The body is of another type.",
	http.StatusUnprocessableEntity:   "What was asked for makes no sense; errors say where.",
	http.StatusTooManyRequests:       "Too many requests; Retry-After says when to go on.",
	http.StatusInternalServerError:   "A defect; the log has the instance.",
	http.StatusServiceUnavailable:    "It may work later; Retry-After says when.",
}
