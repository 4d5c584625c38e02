package access_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"testing"

	"github.com/fxamacker/cbor/v2"

	"candor/internal/access"
)

// authenticator is a key such as people carry, in software (Web
// Authentication 3, 6): one discoverable credential over P-256.
type authenticator struct {
	t      *testing.T
	key    *ecdsa.PrivateKey
	id     []byte
	handle []byte
	count  uint32
	steps  uint32 // by which the counter grows; 0 for keys that do not count
	origin string // of the page that the browser shows
	flags  byte   // 1 present, 4 verified
}

func newAuthenticator(t *testing.T) *authenticator {
	t.Helper()
	key := ok(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
	id := make([]byte, 32)
	rand.Read(id)
	return &authenticator{t: t, key: key, id: id, steps: 1, origin: origin, flags: 1 | 4}
}

// asked is what matters here of the options of either ceremony.
type asked struct {
	PublicKey struct {
		Challenge string
		RPID      string `json:"rpId"`
		RP        struct{ ID string }
		User      struct{ ID string }
		Exclude   []struct{ ID string } `json:"excludeCredentials"`
	}
}

func (a *authenticator) read(c access.Ceremony) asked {
	a.t.Helper()
	var out asked
	if err := json.Unmarshal(c.Options, &out); err != nil {
		a.t.Fatal(err)
	}
	return out
}

// create answers navigator.credentials.create.
func (a *authenticator) create(c access.Ceremony) []byte {
	a.t.Helper()
	q := a.read(c)
	a.handle = ok(base64.RawURLEncoding.DecodeString(q.PublicKey.User.ID))(a.t)
	x, y := make([]byte, 32), make([]byte, 32)
	raw := ok(a.key.PublicKey.Bytes())(a.t) // 4 ‖ x ‖ y
	copy(x, raw[1:33])
	copy(y, raw[33:])
	cose := ok(cbor.Marshal(map[int]any{1: 2, 3: -7, -1: 1, -2: x, -3: y}))(a.t)
	data := a.data(q.PublicKey.RP.ID, 0x40)
	data = append(data, make([]byte, 16)...) // no brand
	data = binary.BigEndian.AppendUint16(data, uint16(len(a.id)))
	data = append(append(data, a.id...), cose...)
	object := ok(cbor.Marshal(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": data}))(a.t)
	return a.answer(map[string]string{"clientDataJSON": b64(a.client("webauthn.create", q)), "attestationObject": b64(object)})
}

// get answers navigator.credentials.get.
func (a *authenticator) get(c access.Ceremony) []byte {
	a.t.Helper()
	q := a.read(c)
	data, client := a.data(q.PublicKey.RPID, 0), a.client("webauthn.get", q)
	hash := sha256.Sum256(client)
	sum := sha256.Sum256(append(append([]byte(nil), data...), hash[:]...))
	sig := ok(ecdsa.SignASN1(rand.Reader, a.key, sum[:]))(a.t)
	return a.answer(map[string]string{"clientDataJSON": b64(client), "authenticatorData": b64(data), "signature": b64(sig), "userHandle": b64(a.handle)})
}

func (a *authenticator) data(rp string, more byte) []byte {
	a.count += a.steps
	hash := sha256.Sum256([]byte(rp))
	return binary.BigEndian.AppendUint32(append(hash[:], a.flags|more), a.count)
}

func (a *authenticator) client(kind string, q asked) []byte {
	return ok(json.Marshal(map[string]any{"type": kind, "challenge": q.PublicKey.Challenge, "origin": a.origin, "crossOrigin": false}))(a.t)
}

func (a *authenticator) answer(response map[string]string) []byte {
	return ok(json.Marshal(map[string]any{"id": b64(a.id), "rawId": b64(a.id), "type": "public-key", "response": response}))(a.t)
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
