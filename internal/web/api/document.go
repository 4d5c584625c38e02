package api

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/yaml"

	"candor/internal/access"
)

const about = `Everything that the console can do, for programs.

**Who asks.** Send a token as ` + "`Authorization: Bearer candor_…`" + `. It may what its owner may, bounded by its scopes: ` + "`read`, `write`, `admin`" + `, each of which holds those before it, and ` + "`flows`" + `, which stands alone. A token of a reporter's has the scope ` + "`report`" + `: it hands in reports as that reporter, and reads what became of these. A browser's session works too, for requests from this site only.

**Errors** are problem details (RFC 9457): ` + "`title`, `status`, `detail`, `hint`" + ` (what to do next), ` + "`errors`" + ` (what was wrong where) and ` + "`instance`" + `, which the log of the program has too.

**Lists** come in pages. Follow ` + "`next`" + `, or the Link header, until there is none. A cursor works for the list, the filters and the order that it is from, for whoever got it.

**Once.** Send an ` + "`Idempotency-Key`" + ` with a POST that you may have to repeat. The answer is kept for 24 hours; a repetition gets it again with ` + "`Idempotency-Replayed: true`" + `. Another request with the same key is refused (422), and so is one while the first is being worked on (409). What failed for reasons of the server (5xx) can be repeated with the same key.

**Changed meanwhile.** Cases have an ETag. Send it as If-Match with a change, and nothing is done if somebody else was faster (412).

**Too often.** With 429 and 503, Retry-After says after how many seconds to go on.

**Forms.** Times are RFC 3339 in UTC, identifiers UUIDs of version 7, texts UTF-8. Members and parameters that are not known are refused. Items of lists in parameters are separated by commas.`

// describe says what all operations have in common.
func describe(o *huma.OpenAPI, address string) {
	o.Info.Title, o.Info.Description = "Candor", about
	o.Servers = []*huma.Server{{URL: address}}
	if address == "" {
		o.Servers[0].URL = "/"
	}
	o.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		byToken:   {Type: "http", Scheme: "bearer", BearerFormat: "candor token", Description: "A token of a user's, with scopes " + access.ScopeRead + ", " + access.ScopeWrite + ", " + access.ScopeAdmin + ", " + access.ScopeFlows + " or " + access.ScopeExchange + "; or one of a reporter's, with scope " + access.ScopeReport + "."},
		bySession: {Type: "apiKey", In: "cookie", Name: cookieName(address), Description: "The session of a browser, for requests from this site only."},
	}
	for _, t := range [][2]string{{"Desk", "What needs somebody now, search, health."}, {"Cases", "What the desk works on."}, {"Own cases", "What only those can say who own what a case is about."},
		{"Findings", "What sensors saw."}, {"Responses", "Acts towards a party or upon an asset."}, {"Parties", "Those whom the provider deals with, and their agreements."},
		{"Terms", "Documents that parties agree to, and their versions."}, {"Consents", "What parties said of terms, and what that allows."}, {"Tickets", "What end users ask or report, and how the support desk answers."},
		{"Assets", "What the provider answers for."}, {"Scans", "Looks at the content of sites."}, {"Gate", "Whether sites may be reached, and what they have to meet."}, {"Estate", "How much is looked at, and contents wherever they lie."}, {"Directory", "Vendors, CERTs, authorities and hotlines: how each wants to be reached."}, {"Intelligence", "What others publish of threats, and what of it is here."}, {"Sharing", "Sharing groups, and what goes to them."}, {"Bulletins", "Best practice for partners and vendors, and who read it."}, {"Reports", "What others tell of abuse, and what became of it."}, {"Traffic", "What lines do in the network, and what is usual."}, {"Drills", "Rehearsals of responses in a copy of the desk."}, {"Notices", "What sites declare of themselves, and whether they serve it."}, {"Agents", "Programs that look after hosting servers."}, {"Client software", "Builds, the agreements that they come with, and what devices say."}, {"Definitions", "The rules that scans rest on."},
		{"Evidence", "The log in which all of it can be proved."}, {"Policy", "What acts by itself."}, {"People", "Those who can sign in."},
		{"Tokens", "Of programs."}, {"Webhooks", "Addresses that are told of what happens."}} {
		o.Tags = append(o.Tags, &huma.Tag{Name: t[0], Description: t[1]})
	}
}

// cookieName is what package access calls the cookie of a session.
func cookieName(address string) string {
	if strings.HasPrefix(address, "https:") {
		return "__Host-candor"
	}
	return "candor"
}

// file is a document that does not change while the program runs.
type file struct {
	kind, etag string
	body       []byte
	policy     string // of content; that of all answers if empty
}

func newFile(kind string, body []byte) file {
	sum := sha256.Sum256(body)
	return file{kind: kind, body: body, etag: `"` + hex.EncodeToString(sum[:8]) + `"`}
}

func (f file) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD, OPTIONS")
		if r.Method == http.MethodOptions {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	h.Set("Content-Type", f.kind)
	h.Set("ETag", f.etag)
	h.Set("Cache-Control", "no-cache") // ask each time whether it is still so
	if f.policy != "" {
		h.Set("Content-Security-Policy", f.policy)
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.body))
}

//go:embed style.css
var style []byte

// Where the documents are.
const (
	jsonPath  = "/openapi.json"
	yamlPath  = "/openapi.yaml"
	pagePath  = "/api"
	stylePath = "/api/style.css"
)

// isDocument tells whether a document is there.
func isDocument(path string) bool {
	return path == jsonPath || path == yamlPath || path == pagePath || path == stylePath
}

// document writes the documents.
func (s *server) document() (map[string]file, error) {
	text, err := shared(s.api.OpenAPI())
	if err != nil {
		return nil, fmt.Errorf("write the OpenAPI document: %w", err)
	}
	var asYAML bytes.Buffer
	if err := yaml.Convert(&asYAML, bytes.NewReader(text)); err != nil {
		return nil, fmt.Errorf("write the OpenAPI document: %w", err)
	}
	html, err := s.page(s.api.OpenAPI())
	if err != nil {
		return nil, fmt.Errorf("write the page of documentation: %w", err)
	}
	page := newFile("text/html; charset=utf-8", html)
	page.policy = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	return map[string]file{
		jsonPath:  newFile("application/vnd.oai.openapi+json;version=3.1", append(text, '\n')),
		yamlPath:  newFile("application/vnd.oai.openapi;version=3.1", asYAML.Bytes()),
		pagePath:  page,
		stylePath: newFile("text/css; charset=utf-8", style),
	}, nil
}

// shared writes the document with each answer that says that something was not
// done once, under components: they are the same for all operations.
func shared(o *huma.OpenAPI) ([]byte, error) {
	text, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	var document struct {
		OpenAPI    string                                           `json:"openapi"`
		Info       json.RawMessage                                  `json:"info"`
		Servers    json.RawMessage                                  `json:"servers"`
		Tags       json.RawMessage                                  `json:"tags"`
		Paths      map[string]map[string]map[string]json.RawMessage `json:"paths"`
		Components map[string]json.RawMessage                       `json:"components"`
	}
	if err := json.Unmarshal(text, &document); err != nil {
		return nil, err
	}
	failures := map[string]json.RawMessage{}
	for _, methods := range document.Paths {
		for _, op := range methods {
			var answers map[string]json.RawMessage
			if err := json.Unmarshal(op["responses"], &answers); err != nil {
				return nil, err
			}
			for status, answer := range answers {
				if code, err := strconv.Atoi(status); err == nil && code >= http.StatusBadRequest {
					name := strings.ReplaceAll(http.StatusText(code), " ", "")
					failures[name] = answer
					answers[status] = fmt.Appendf(nil, `{"$ref":"#/components/responses/%s"}`, name)
				}
			}
			if op["responses"], err = json.Marshal(answers); err != nil {
				return nil, err
			}
		}
	}
	if document.Components["responses"], err = json.Marshal(failures); err != nil {
		return nil, err
	}
	return json.MarshalIndent(document, "", "  ")
}
