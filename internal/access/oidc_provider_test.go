package access_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"candor"
)

// idp is a small OpenID Connect provider: discovery, keys, authorization and
// token endpoints, codes that work once, PKCE, RS256.
type idp struct {
	t   *testing.T
	srv *httptest.Server
	now candor.Clock
	key *rsa.PrivateKey

	mu     sync.Mutex
	down   bool
	asked  int // for discovery
	codes  map[string]url.Values
	claims map[string]any // of whoever signs in
	spoil  func(claims map[string]any)
	signer *rsa.PrivateKey // signs; key if nil
}

const (
	clientID     = "candor"
	clientSecret = "s3cr3t of the client"
)

func newIDP(t *testing.T) *idp {
	t.Helper()
	p := &idp{t: t, key: ok(rsa.GenerateKey(rand.Reader, 2048))(t), codes: map[string]url.Values{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.discovery)
	mux.HandleFunc("GET /keys", p.keys)
	mux.HandleFunc("POST /token", p.token)
	p.srv = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.down {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(p.srv.Close)
	return p
}

func (p *idp) set(down bool, claims map[string]any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down, p.claims = down, claims
}

func (p *idp) json(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		p.t.Error(err)
	}
}

func (p *idp) discovery(w http.ResponseWriter, _ *http.Request) {
	p.asked++
	u := p.srv.URL
	p.json(w, map[string]any{"issuer": u, "authorization_endpoint": u + "/authorize", "token_endpoint": u + "/token", "jwks_uri": u + "/keys",
		"id_token_signing_alg_values_supported": []string{"RS256"}, "response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"}})
}

func (p *idp) keys(w http.ResponseWriter, _ *http.Request) {
	p.json(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: p.key.Public(), KeyID: "1", Algorithm: "RS256", Use: "sig"}}})
}

// visit is what the authorization endpoint does once the person has signed in:
// it gives the query with which the browser comes back.
func (p *idp) visit(to string) url.Values {
	p.t.Helper()
	u := ok(url.Parse(to))(p.t)
	q := u.Query()
	for name, want := range map[string]string{"client_id": clientID, "response_type": "code", "code_challenge_method": "S256", "redirect_uri": origin + "/sign-in/oidc"} {
		if q.Get(name) != want {
			p.t.Errorf("%s is %q", name, q.Get(name))
		}
	}
	if len(q.Get("state")) < 20 || len(q.Get("nonce")) < 20 || u.Path != "/authorize" {
		p.t.Errorf("sent to %s", to)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	code := rand.Text()
	p.codes[code] = q
	return url.Values{"code": {code}, "state": {q.Get("state")}, "iss": {p.srv.URL}}
}

func (p *idp) token(w http.ResponseWriter, r *http.Request) {
	code := r.PostFormValue("code")
	q, known := p.codes[code]
	delete(p.codes, code)
	id, secret, basic := r.BasicAuth()
	if basic {
		secret = ok(url.QueryUnescape(secret))(p.t)
	} else {
		id, secret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	}
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if !known || id != clientID || secret != clientSecret || q.Get("code_challenge") != base64.RawURLEncoding.EncodeToString(sum[:]) {
		w.WriteHeader(http.StatusBadRequest)
		p.json(w, map[string]string{"error": "invalid_grant"})
		return
	}
	access := rand.Text()
	hash := sha256.Sum256([]byte(access))
	claims := map[string]any{"iss": p.srv.URL, "aud": clientID, "nonce": q.Get("nonce"), "iat": p.now().Unix(), "exp": p.now().Add(time.Minute).Unix(),
		"at_hash": base64.RawURLEncoding.EncodeToString(hash[:16])}
	maps.Copy(claims, p.claims)
	if p.spoil != nil {
		p.spoil(claims)
	}
	key := p.key
	if p.signer != nil {
		key = p.signer
	}
	signer := ok(jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: key, KeyID: "1"}}, nil))(p.t)
	p.json(w, map[string]any{"access_token": access, "token_type": "Bearer", "expires_in": 60, "id_token": ok(jwt.Signed(signer).Claims(claims).Serialize())(p.t)})
}
