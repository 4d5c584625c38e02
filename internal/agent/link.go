package agent

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"candor"
	"candor/internal/fleet/wire"
)

// identity is who the agent is.
type identity struct {
	Agent       candor.ID `json:"agent"`
	Issuer      []byte    `json:"issuer"`      // its certificate, DER
	Certificate []byte    `json:"certificate"` // the agent's, DER
	Key         []byte    `json:"key"`         // PKCS #8, DER
	Token       string    `json:"token"`       // SHA-256 of the token that was used, so that a new one is noticed
}

const (
	identityFile = "identity.json"
	pendingFile  = "enrolling.json" // what identityFile will be
)

// link is the way to the nodes. It is safe for concurrent use.
type link struct {
	nodes   []string
	clock   candor.Clock
	lock    sync.Mutex
	id      identity
	expires time.Time
	began   time.Time
	client  *http.Client
	at      int // the node in use
}

// connect takes the identity that is kept, or enrols. A token that was not used
// yet replaces an identity.
func (a *Agent) connect(ctx context.Context) (*link, error) {
	var id identity
	if err := load(a.at(identityFile), &id); err != nil {
		return nil, candor.WithHint(fmt.Errorf("the identity of the agent: %w", err), "Remove the file, and enrol with a new token.")
	}
	used := sha256.Sum256([]byte(strings.TrimSpace(a.Token)))
	if a.Token != "" && id.Token != fmt.Sprintf("%x", used) {
		fresh, err := a.enrol(ctx, fmt.Sprintf("%x", used))
		if err != nil {
			return nil, fmt.Errorf("enrol: %w", err)
		}
		if err := replace(a.at(identityFile), fresh); err != nil {
			return nil, fmt.Errorf("keep the identity of the agent: %w", err)
		}
		id = fresh
		a.Log.Info("enrolled", "agent", id.Agent)
	}
	if id.Agent == "" {
		return nil, candor.WithHint(fmt.Errorf("the machine is not enrolled: %w", candor.ErrDenied), "Make a token with candor enrol on the desk, and give it with --token.")
	}
	l := &link{nodes: a.Nodes, clock: a.Clock}
	return l, l.use(id)
}

// use makes a client of an identity.
func (l *link) use(id identity) error {
	issuer, err := x509.ParseCertificate(id.Issuer)
	if err != nil {
		return fmt.Errorf("the issuer: %w", err)
	}
	key, err := x509.ParsePKCS8PrivateKey(id.Key)
	if err != nil {
		return fmt.Errorf("the key: %w", err)
	}
	leaf, err := x509.ParseCertificate(id.Certificate)
	if err != nil {
		return fmt.Errorf("the certificate: %w", err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(issuer)
	client := client(&tls.Config{MinVersion: tls.VersionTLS13, ServerName: wire.ServerName, RootCAs: pool, Time: l.clock,
		Certificates: []tls.Certificate{{Certificate: [][]byte{id.Certificate}, PrivateKey: key, Leaf: leaf}}})
	l.lock.Lock()
	defer l.lock.Unlock()
	if l.client != nil {
		l.client.CloseIdleConnections()
	}
	l.id, l.client, l.began, l.expires = id, client, leaf.NotBefore, leaf.NotAfter
	return nil
}

func client(c *tls.Config) *http.Client {
	return &http.Client{Transport: &http.Transport{TLSClientConfig: c, TLSHandshakeTimeout: 20 * time.Second, IdleConnTimeout: 90 * time.Second,
		MaxIdleConnsPerHost: 2, ResponseHeaderTimeout: 3 * time.Minute, ReadBufferSize: 8 << 10, WriteBufferSize: 8 << 10}}
}

// pinned is a configuration that trusts only nodes of the issuer that a token
// names, and gives the issuer's certificate.
func pinned(digest [32]byte, clock candor.Clock, issuer *[]byte) *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS13, ServerName: wire.ServerName,
		InsecureSkipVerify: true, //nolint:gosec // what follows is stricter: one issuer, and no other
		VerifyConnection: func(s tls.ConnectionState) error {
			for _, c := range s.PeerCertificates {
				if sha256.Sum256(c.Raw) != digest {
					continue
				}
				pool := x509.NewCertPool()
				pool.AddCert(c)
				_, err := s.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: pool, DNSName: wire.ServerName, CurrentTime: clock(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
				if err == nil {
					*issuer = c.Raw
				}
				return err
			}
			return candor.WithHint(fmt.Errorf("it is no node of the desk that made the token: %w", candor.ErrDenied), "Look at the address, and at who answers there.")
		}}
}

// enrol makes a key and has it certified. The key is kept first: a token that was
// used works again for the same key, should the answer get lost.
func (a *Agent) enrol(ctx context.Context, used string) (identity, error) {
	token, err := wire.ParseToken(a.Token)
	if err != nil {
		return identity{}, err
	}
	var id identity
	if err := load(a.at(pendingFile), &id); err != nil || id.Token != used {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return identity{}, err
		}
		id = identity{Token: used}
		if id.Key, err = x509.MarshalPKCS8PrivateKey(key); err != nil {
			return identity{}, err
		}
		if err := replace(a.at(pendingFile), id); err != nil {
			return identity{}, err
		}
	}
	key, err := x509.ParsePKCS8PrivateKey(id.Key)
	if err != nil {
		return identity{}, err
	}
	request, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: "agent"}}, key)
	if err != nil {
		return identity{}, err
	}
	l := &link{nodes: a.Nodes, client: client(pinned(token.Issuer, a.Clock, &id.Issuer))}
	defer l.client.CloseIdleConnections()
	var out wire.EnrolAnswer
	if err := l.ask(ctx, wire.Enrol, wire.EnrolRequest{Token: token.SecretText(), Request: request, Name: a.Name, Version: a.Version}, &out); err != nil {
		return identity{}, err
	}
	id.Agent, id.Certificate = out.Agent, out.Certificate
	return id, nil
}

// renew renews the certificate in the last third of its time.
func (a *Agent) renew(ctx context.Context) error {
	a.link.lock.Lock()
	id, began, expires := a.link.id, a.link.began, a.link.expires
	a.link.lock.Unlock()
	if a.Clock().Before(expires.Add(-expires.Sub(began) / 3)) {
		return nil
	}
	key, err := x509.ParsePKCS8PrivateKey(id.Key)
	if err != nil {
		return err
	}
	request, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: "agent"}}, key)
	if err != nil {
		return err
	}
	var out wire.EnrolAnswer
	if err := a.link.ask(ctx, wire.Renew, wire.RenewRequest{Request: request}, &out); err != nil {
		return err
	}
	id.Certificate = out.Certificate
	if err := replace(a.at(identityFile), id); err != nil {
		return err
	}
	a.Log.Info("the certificate was renewed", "agent", id.Agent)
	return a.link.use(id)
}

// ask posts a message and reads the answer. Nodes are tried in turn.
func (l *link) ask(ctx context.Context, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	var failed error
	for range l.nodes {
		r, err := l.send(ctx, http.MethodPost, path, bytes.NewReader(body))
		if err == nil {
			defer r.Body.Close()
			return decode(r, out)
		}
		failed = errors.Join(failed, err)
		if ctx.Err() != nil || !errors.Is(err, candor.ErrUnavailable) {
			break
		}
	}
	return failed
}

// decode reads an answer.
func decode(r *http.Response, out any) error {
	data, err := io.ReadAll(io.LimitReader(r.Body, wire.MostBody))
	if err != nil {
		return fmt.Errorf("read the answer of the node: %w: %w", candor.ErrUnavailable, err)
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(data, out); err != nil {
		return fmt.Errorf("the answer of the node cannot be read: %w: %w", candor.ErrUnavailable, err)
	}
	return nil
}

// send sends one request to the node in use. Whoever is given the response
// closes it. A node that does not answer is candor.ErrUnavailable, and the next
// one is used from then on.
func (l *link) send(ctx context.Context, method, path string, body io.Reader) (*http.Response, error) {
	l.lock.Lock()
	at, client := l.at%len(l.nodes), l.client
	l.lock.Unlock()
	request, err := http.NewRequestWithContext(ctx, method, "https://"+l.nodes[at]+path, body)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	r, err := client.Do(request)
	if err != nil {
		l.next(at)
		return nil, fmt.Errorf("%w: %w", candor.ErrUnavailable, err)
	}
	if r.StatusCode == http.StatusOK {
		return r, nil
	}
	defer r.Body.Close()
	data, _ := io.ReadAll(io.LimitReader(r.Body, 64<<10)) // what there is of it
	var f wire.Failure
	if err := json.Unmarshal(data, &f); err != nil || f.Text == "" {
		f = wire.Failure{Text: "the node answers " + r.Status, Kind: "unavailable"}
	}
	if r.StatusCode >= http.StatusInternalServerError {
		l.next(at)
		f.Kind = "unavailable"
	}
	return nil, f.Err()
}

// next has the next node be used.
func (l *link) next(from int) {
	l.lock.Lock()
	defer l.lock.Unlock()
	if l.at%len(l.nodes) == from {
		l.at = from + 1
	}
}
