package fleet_test

import (
	"bytes"
	"crypto/x509"
	"errors"
	"testing"

	"candor"
	"candor/internal/fleet"
	"candor/internal/store"
	"candor/internal/store/storetest"
)

// TestSealed keeps the issuer's key out of the database: a copy of it is of no
// use without the vault. One that lies there in the clear is sealed.
func TestSealed(t *testing.T) {
	w := newWorld(t)
	kept := func() candor.Issuer {
		i, err := w.s.Issuer(t.Context(), "agents")
		if err != nil {
			t.Fatal(err)
		}
		return i
	}
	sealed := kept()
	plain, err := w.Keys.Open("issuer of agents", sealed.Key)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := x509.ParsePKCS8PrivateKey(plain); err != nil {
		t.Errorf("what was sealed is no key: %v", err)
	}
	if _, err := x509.ParsePKCS8PrivateKey(sealed.Key); err == nil || bytes.Contains(sealed.Key, plain) {
		t.Error("the key lies in the clear")
	}

	config := w.Config
	config.Keys = newVault(t)
	if _, err := fleet.New(config).TLS(t.Context()); !errors.Is(err, candor.ErrInvalid) || candor.Hint(err) == "" {
		t.Errorf("with another vault: %v, %s", err, candor.Hint(err))
	}
	config.Keys = nil
	if _, err := fleet.New(config).TLS(t.Context()); !errors.Is(err, candor.ErrUnavailable) {
		t.Errorf("without a vault: %v", err)
	}
	server, _ := w.server(t, "web9")
	if _, _, err := fleet.New(config).Token(t.Context(), server.ID, "test"); err != nil {
		t.Errorf("a token needs no key: %v", err)
	}

	if err := w.s.Tx(t.Context(), func(tx *store.Tx) error { return tx.SealIssuer(t.Context(), "agents", plain) }); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := fleet.New(w.Config).TLS(t.Context()); err != nil {
			t.Fatal(err)
		}
		if now, err := w.Keys.Open("issuer of agents", kept().Key); err != nil || !bytes.Equal(now, plain) {
			t.Errorf("a key in the clear was not sealed: %v", err)
		}
	}
}

// TestNoIssuer makes none where there is nothing to seal its key with.
func TestNoIssuer(t *testing.T) {
	w := newWorld(t)
	other := storetest.SQLite(t)
	config := w.Config
	config.Keys, config.Store = nil, fleetStore{other}
	if _, _, err := fleet.New(config).Token(t.Context(), "none", "test"); !errors.Is(err, candor.ErrUnavailable) {
		t.Errorf("a token of nobody: %v", err)
	}
	if _, err := other.Issuer(t.Context(), "agents"); !errors.Is(err, candor.ErrNotFound) {
		t.Errorf("an issuer was made: %v", err)
	}
}
