package fleet

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"sync"
	"time"

	"candor"
	"candor/internal/fleet/wire"
)

// issuerName is the issuer's name in the database.
const issuerName = "agents"

// How long certificates last. Those of nodes are made when they are needed.
const (
	issuerLife = 30 * 365 * 24 * time.Hour
	nodeLife   = 30 * 24 * time.Hour
	AgentLife  = 90 * 24 * time.Hour
	skew       = time.Hour // clocks differ
)

// issuer signs certificates.
type issuer struct {
	certificate *x509.Certificate
	key         crypto.Signer
}

// sealedAs names the issuer's key among what is sealed.
const sealedAs = "issuer of agents"

// issuer gives the one of the database, whose key is opened, and makes it the
// first time: of two nodes that do so at once, one keeps its own.
func (s *Service) issuer(ctx context.Context) (issuer, error) {
	kept, err := s.keptIssuer(ctx)
	if err != nil {
		return issuer{}, fmt.Errorf("the issuer of agents' certificates: %w", err)
	}
	certificate, err := x509.ParseCertificate(kept.Certificate)
	if err != nil {
		return issuer{}, fmt.Errorf("the issuer of agents' certificates: %w", err)
	}
	private, err := s.openIssuer(ctx, kept)
	if err != nil {
		return issuer{}, candor.WithHint(fmt.Errorf("the key of the issuer of agents' certificates: %w", err), "It is sealed with the key of the vault: every node has the same vault, and a vault that is restored has its names.key.")
	}
	key, err := x509.ParsePKCS8PrivateKey(private)
	signer, ok := key.(crypto.Signer)
	if err != nil || !ok {
		return issuer{}, fmt.Errorf("the key of the issuer of agents' certificates cannot be used: %w", err)
	}
	return issuer{certificate, signer}, nil
}

// keptIssuer gives what the database keeps, and makes it the first time.
func (s *Service) keptIssuer(ctx context.Context) (candor.Issuer, error) {
	kept, err := s.Store.Issuer(ctx, issuerName)
	if !errors.Is(err, candor.ErrNotFound) {
		return kept, err
	}
	if s.Keys == nil {
		return kept, candor.WithHint(fmt.Errorf("there is none yet: %w", candor.ErrUnavailable), "Start candor serve --agents once: it makes the issuer, whose key the vault seals.")
	}
	made, err := makeIssuer(s.Clock().UTC())
	if err != nil {
		return kept, err
	}
	if made.Key, err = s.Keys.Seal(sealedAs, made.Key); err != nil {
		return kept, err
	}
	if err := s.Store.Tx(ctx, func(tx Tx) error { return tx.AddIssuer(ctx, issuerName, made) }); err != nil {
		return kept, err
	}
	return s.Store.Issuer(ctx, issuerName)
}

// openIssuer gives the issuer's key. One that an earlier version of the program
// kept in the clear is sealed.
func (s *Service) openIssuer(ctx context.Context, kept candor.Issuer) ([]byte, error) {
	if s.Keys == nil {
		return nil, fmt.Errorf("there is no vault: %w", candor.ErrUnavailable)
	}
	if _, err := x509.ParsePKCS8PrivateKey(kept.Key); err != nil {
		return s.Keys.Open(sealedAs, kept.Key)
	}
	sealed, err := s.Keys.Seal(sealedAs, kept.Key)
	if err == nil {
		err = s.Store.Tx(ctx, func(tx Tx) error { return tx.SealIssuer(ctx, issuerName, sealed) })
	}
	return kept.Key, err
}

func makeIssuer(now time.Time) (candor.Issuer, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return candor.Issuer{}, err
	}
	template := &x509.Certificate{SerialNumber: serial(), Subject: pkix.Name{CommonName: "Candor agents"}, NotBefore: now.Add(-skew), NotAfter: now.Add(issuerLife),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return candor.Issuer{}, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	return candor.Issuer{Certificate: certificate, Key: private, Created: now}, err
}

func serial() *big.Int {
	b := make([]byte, 16)
	rand.Read(b)
	b[0] &= 0x7f
	return new(big.Int).SetBytes(b)
}

// agent signs the certificate of an agent.
func (i issuer) agent(id candor.ID, key any, now time.Time) ([]byte, error) {
	template := &x509.Certificate{SerialNumber: serial(), Subject: pkix.Name{CommonName: string(id)}, NotBefore: now.Add(-skew), NotAfter: now.Add(AgentLife),
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	return x509.CreateCertificate(rand.Reader, template, i.certificate, key, i.key)
}

// node makes a certificate for this node, with a key that only memory holds.
func (i issuer) node(now time.Time) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{SerialNumber: serial(), Subject: pkix.Name{CommonName: wire.ServerName}, DNSNames: []string{wire.ServerName},
		NotBefore: now.Add(-skew), NotAfter: now.Add(nodeLife), BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	der, err := x509.CreateCertificate(rand.Reader, template, i.certificate, key.Public(), i.key)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{der, i.certificate.Raw}, PrivateKey: key}, nil
}

// TLS is the configuration of the address for agents. Their certificates are
// asked for; enrolling is done without.
func (s *Service) TLS(ctx context.Context) (*tls.Config, error) {
	i, err := s.issuer(ctx)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AddCert(i.certificate)
	var lock sync.Mutex
	var have *tls.Certificate
	var made time.Time
	return &tls.Config{MinVersion: tls.VersionTLS13, ClientAuth: tls.VerifyClientCertIfGiven, ClientCAs: pool, Time: s.Clock,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			lock.Lock()
			defer lock.Unlock()
			now := s.Clock()
			if have == nil || now.Sub(made) > nodeLife/2 || now.Before(made) {
				fresh, err := i.node(now)
				if err != nil {
					return nil, err
				}
				have, made = fresh, now
			}
			return have, nil
		}}, nil
}

// keyDigest names a public key.
func keyDigest(c *x509.Certificate) string {
	sum := sha256.Sum256(c.RawSubjectPublicKeyInfo)
	return hex.EncodeToString(sum[:])
}
