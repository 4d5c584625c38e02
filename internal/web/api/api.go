// Package api is the desk over HTTP for programs: JSON under /api/v1/, an
// OpenAPI 3.1 document made from the code at /openapi.json and /openapi.yaml,
// and a page of documentation at /api that needs nothing but itself.
//
// Everything that the console can do is an operation here. What an operation
// needs stands in one table ([Operations]); package house decides again, and
// bounds what is seen to what belongs to whoever asks.
//
// Conventions, for all operations: errors are problem details (RFC 9457), lists
// come in pages with cursors and Link headers (RFC 8288), a POST with an
// Idempotency-Key is done once, whoever asks too often is told when to come
// back (RFC 6585), times are RFC 3339 in UTC, identifiers UUIDs of version 7
// (RFC 9562).
package api

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"candor"
	"candor/internal/access"
	"candor/internal/access/limit"
	"candor/internal/house"
)

// Config is what the API is made of. House, Access and Clock are needed.
type Config struct {
	House  *house.House
	Access *access.Service
	Clock  candor.Clock
	Log    *slog.Logger // nil stands for silence
	// Version is that of the program, as the document names it.
	Version string
	// PublicURL is where programs reach the API: scheme, host and port.
	PublicURL string
	// Bounce takes a mail that came back, as it came (RFC 5322). nil: there is
	// nobody to take it, candor.ErrUnavailable.
	Bounce func(ctx context.Context, message io.Reader) error
	// Welcome gives the address where the secret of an invitation or a reset
	// is redeemed; nil: only the secret is given.
	Welcome func(p access.Purpose, secret string) string
	// Secret signs cursors. Nodes that serve one database have the same; nil
	// stands for a random one, with which cursors end with the process.
	Secret []byte
	// Burst and PerSecond bound the requests of one principal, or of one network
	// that is nobody's; 200 and 50 if zero.
	Burst, PerSecond int
}

// server answers requests. It is safe for concurrent use.
type server struct {
	Config
	mux     *http.ServeMux
	api     huma.API
	buckets *limit.Buckets
	table   []operation
	once    *once
	// documents are those about the API, by path. They are written when the first
	// of them is asked for: few ask, and they take megabytes.
	documents func() (map[string]file, error)
}

// New makes the API. It stands inside access.Service.Identify, whose
// Options.MaxBody must let imports through (MaxBody). candor.ErrInvalid says
// what of the configuration is missing. The operations are put together at the first
// request: they take memory that a desk without programs need not hold.
func New(c Config) (http.Handler, error) {
	if c.House == nil || c.Access == nil || c.Clock == nil {
		return nil, fmt.Errorf("an API without a house, access or a clock: %w", candor.ErrInvalid)
	}
	if u, err := url.Parse(c.PublicURL); err != nil || u.Host == "" {
		return nil, candor.WithHint(fmt.Errorf("the address of the API, %q: %w", c.PublicURL, candor.ErrInvalid), "Write it as https://desk.example.net.")
	}
	if c.Secret == nil {
		c.Secret = make([]byte, 32)
		rand.Read(c.Secret)
	}
	made := sync.OnceValue(func() *server { return build(c) })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { made().ServeHTTP(w, r) }), nil
}

// remembered bounds the buckets: about 2 MB when full.
const remembered = 10_000

// build puts all operations together.
func build(c Config) *server {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Burst <= 0 {
		c.Burst = 200
	}
	if c.PerSecond <= 0 {
		c.PerSecond = 50
	}
	c.PublicURL = strings.TrimSuffix(c.PublicURL, "/")
	s := &server{Config: c, mux: http.NewServeMux()}
	s.buckets = limit.NewBuckets(c.Burst, time.Second/time.Duration(c.PerSecond), remembered, c.Clock)
	s.once = &once{house: c.House, clock: c.Clock, log: c.Log}
	s.api = humago.New(guardedMux{s}, s.settings())
	for _, part := range []func(){s.addDesk, s.addCases, s.addEscalation, s.addActs, s.addFindings, s.addResponses, s.addParties, s.addTerms, s.addConsents, s.addTickets, s.addAssets, s.addScans, s.addGates, s.addEstate, s.addTraffic, s.addFlows, s.addDrills, s.addReports, s.addReporters, s.addForwards, s.addNotices, s.addAgents, s.addSoftware, s.addDirectory, s.addIntel, s.addSubmissions, s.addPacks, s.addGroups, s.addBulletins, s.addDefinitions,
		s.addEvidence, s.addPolicy, s.addPeople, s.addTokens, s.addWebhooks} {
		part()
	}
	annotate(s.api.OpenAPI().Components.Schemas.Map())
	s.documents = sync.OnceValues(s.document)
	return s
}

// settings are those of huma: JSON only, nothing unknown in queries or bodies,
// and none of its own documents or links.
func (s *server) settings() huma.Config {
	c := huma.DefaultConfig("Candor", s.Version)
	c.OpenAPIPath, c.DocsPath, c.SchemasPath, c.CreateHooks = "", "", "", nil
	c.RejectUnknownQueryParameters = true
	c.Formats = map[string]huma.Format{"application/json": {Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: unmarshal}}
	c.Formats["json"] = c.Formats["application/json"]
	c.Transformers = []huma.Transformer{s.problems}
	c.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	alias(c.Components.Schemas)
	describe(c.OpenAPI, s.PublicURL)
	return c
}
