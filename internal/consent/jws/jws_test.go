package jws

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"candor"
)

type told struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
}

func signers(t testing.TB) map[string]crypto.Signer {
	t.Helper()
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]crypto.Signer{ES256: ec, EdDSA: ed}
}

// trust knows one key.
func trust(t testing.TB, s crypto.Signer) func(string) (Key, error) {
	t.Helper()
	k, err := NewKey(s.Public())
	if err != nil {
		t.Fatal(err)
	}
	return func(id string) (Key, error) {
		if id != k.ID() {
			return Key{}, candor.ErrNotFound
		}
		return k, nil
	}
}

// TestOpen holds that what is signed opens, and that no text that differs from
// it in one byte does, nor one byte shorter or longer.
func TestOpen(t *testing.T) {
	for algorithm, s := range signers(t) {
		text, err := Sign(s, "tea+jwt", told{"Ada", 3})
		if err != nil {
			t.Fatal(err)
		}
		var got told
		payload, err := Open(text, "tea+jwt", trust(t, s), &got)
		if err != nil || got != (told{"Ada", 3}) || string(payload) != `{"count":3,"name":"Ada"}` {
			t.Fatalf("%s: %v, %s, %+v", algorithm, err, payload, got)
		}
		for i := range len(text) {
			for _, c := range []byte{text[i] ^ 1, text[i] ^ 2, text[i] ^ 32, text[i] ^ 128, '\n', '='} {
				if altered := text[:i] + string([]byte{c}) + text[i+1:]; altered != text {
					if _, err := Open(altered, "tea+jwt", trust(t, s), &told{}); err == nil {
						t.Fatalf("%s: byte %d altered to %q opens", algorithm, i, c)
					}
				}
			}
			for _, altered := range []string{text[:i] + text[i+1:], text[:i] + "\n" + text[i:], text[:i]} {
				if _, err := Open(altered, "tea+jwt", trust(t, s), &told{}); err == nil {
					t.Fatalf("%s: without or with a byte more at %d it opens", algorithm, i)
				}
			}
		}
	}
}

// forge makes a text of a header, a payload and a signature.
func forge(head, payload string, sign func(input []byte) []byte) string {
	input := encode([]byte(head)) + "." + encode([]byte(payload))
	return input + "." + encode(sign([]byte(input)))
}

func rawES256(t testing.TB, s crypto.Signer) func([]byte) []byte {
	return func(input []byte) []byte {
		sum := sha256.Sum256(input)
		r, v, err := ecdsa.Sign(rand.Reader, s.(*ecdsa.PrivateKey), sum[:])
		if err != nil {
			t.Fatal(err)
		}
		return append(r.FillBytes(make([]byte, 32)), v.FillBytes(make([]byte, 32))...)
	}
}

// TestOpenForged signs well, with the right key, what is not the one form; and
// badly what is.
func TestOpenForged(t *testing.T) {
	all := signers(t)
	right, other := all[ES256], signers(t)[ES256]
	k, err := NewKey(right.Public())
	if err != nil {
		t.Fatal(err)
	}
	head := fmt.Sprintf(`{"alg":"ES256","kid":"%s","typ":"tea+jwt"}`, k.ID())
	const payload = `{"count":3,"name":"Ada"}`
	good := rawES256(t, right)
	if _, err := Open(forge(head, payload, good), "tea+jwt", trust(t, right), &told{}); err != nil {
		t.Fatalf("signed by package crypto: %v", err)
	}
	secret, err := json.Marshal(k)
	if err != nil {
		t.Fatal(err)
	}
	mac := func(input []byte) []byte { h := hmac.New(sha256.New, secret); h.Write(input); return h.Sum(nil) }
	none := func([]byte) []byte { return nil }
	with := func(more string) string { return strings.TrimSuffix(head, "}") + more + "}" }
	n := elliptic.P256().Params().N
	for name, text := range map[string]string{
		"none":                 forge(strings.Replace(head, "ES256", "none", 1), payload, none),
		"None, with signature": forge(strings.Replace(head, "ES256", "None", 1), payload, good),
		"no signature":         forge(head, payload, none),
		"zeros":                forge(head, payload, func([]byte) []byte { return make([]byte, 64) }),
		"r and s of the order": forge(head, payload, func([]byte) []byte { return append(n.Bytes(), n.Bytes()...) }),
		"s beyond the order": forge(head, payload, func(in []byte) []byte {
			sig := good(in)
			s := new(big.Int).Add(new(big.Int).SetBytes(sig[32:]), n)
			return append(sig[:32], s.Bytes()...)
		}),
		"HMAC with the public key": forge(strings.Replace(head, "ES256", "HS256", 1), payload, mac),
		"EdDSA":                    forge(strings.Replace(head, "ES256", "EdDSA", 1), payload, good),
		"ES384":                    forge(strings.Replace(head, "ES256", "ES384", 1), payload, good),
		"another's key":            forge(head, payload, rawES256(t, other)),
		"jwk":                      forge(with(`,"jwk":`+string(secret)), payload, good),
		"crit":                     forge(with(`,"crit":["exp"]`), payload, good),
		"b64":                      forge(with(`,"b64":false,"crit":["b64"]`), payload, good),
		"alg twice":                forge(`{"alg":"none",`+head[1:], payload, good),
		"alg in capitals":          forge(with(`,"ALG":"none"`), payload, good),
		"order of header":          forge(fmt.Sprintf(`{"typ":"tea+jwt","alg":"ES256","kid":"%s"}`, k.ID()), payload, good),
		"other type":               forge(strings.Replace(head, "tea+jwt", "JWT", 1), payload, good),
		"no type":                  forge(fmt.Sprintf(`{"alg":"ES256","kid":"%s"}`, k.ID()), payload, good),
		"unknown member":           forge(head, `{"count":3,"name":"Ada","x":1}`, good),
		"member twice":             forge(head, `{"count":3,"name":"Ada","name":"Bob"}`, good),
		"capitals":                 forge(head, `{"Count":3,"name":"Ada"}`, good),
		"space":                    forge(head, `{"count":3, "name":"Ada"}`, good),
		"order":                    forge(head, `{"name":"Ada","count":3}`, good),
		"number":                   forge(head, `{"count":3.0,"name":"Ada"}`, good),
		"not UTF-8":                forge(head, "{\"count\":3,\"name\":\"\xff\"}", good),
		"two values":               forge(head, payload+"{}", good),
		"null":                     forge(head, `null`, good),
		"JSON serialization":       `{"payload":"e30","protected":"e30","signature":"e30"}`,
		"four parts":               forge(head, payload, good) + ".e30",
		"long":                     forge(head, `{"count":3,"name":"`+strings.Repeat("a", MostBytes)+`"}`, good),
	} {
		if _, err := Open(text, "tea+jwt", trust(t, right), &told{}); !errors.Is(err, candor.ErrInvalid) && !errors.Is(err, candor.ErrDenied) {
			t.Errorf("%s: %v", name, err)
		}
	}
	text, err := Sign(other, "tea+jwt", told{"Ada", 3})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(text, "tea+jwt", trust(t, right), &told{}); !errors.Is(err, candor.ErrNotFound) {
		t.Errorf("a key that nobody knows: %v", err)
	}
	if _, err := Open(text, "tea+jwt", func(string) (Key, error) { return k, nil }, &told{}); !errors.Is(err, candor.ErrDenied) {
		t.Errorf("a key of another name: %v", err)
	}
}

// TestThumbprint holds keys against the examples of RFC 7638 (its form), RFC
// 8037 (A.3) and RFC 7517 (A.1).
func TestThumbprint(t *testing.T) {
	for jwk, want := range map[string]string{
		`{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`: "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
	} {
		var k Key
		if err := json.Unmarshal([]byte(jwk), &k); err != nil || k.ID() != want {
			t.Errorf("%v, %s, not %s", err, k.ID(), want)
		}
	}
	var k Key
	if err := json.Unmarshal([]byte(`{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","use":"sig"}`), &k); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{
		`{}`, `[]`, `{"kty":"RSA","n":"AQAB","e":"AQAB"}`, `{"kty":"oct","k":"AQAB"}`,
		`{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"5Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}`,
		`{"kty":"OKP","crv":"X25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`,
		`{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"mine"}`,
		`{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","alg":"ES256"}`,
		`{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","use":"enc"}`,
	} {
		if err := json.Unmarshal([]byte(bad), &k); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// TestThumbprintAgain holds thumbprints against those of another library.
func TestThumbprintAgain(t *testing.T) {
	for algorithm, s := range signers(t) {
		k, err := NewKey(s.Public())
		if err != nil {
			t.Fatal(err)
		}
		want, err := (&jose.JSONWebKey{Key: s.Public()}).Thumbprint(crypto.SHA256)
		if err != nil || encode(want) != k.ID() {
			t.Errorf("%s: %v, %s, not %s", algorithm, err, k.ID(), encode(want))
		}
	}
}

// FuzzOpen holds that nothing opens but what was signed, and that what opens
// has one text.
func FuzzOpen(f *testing.F) {
	s := signers(f)[EdDSA]
	text, err := Sign(s, "tea+jwt", told{"Ada", 3})
	if err != nil {
		f.Fatal(err)
	}
	known := trust(f, s)
	f.Add(text)
	f.Add("..")
	f.Add(encode([]byte(`{"alg":"none","kid":"","typ":"tea+jwt"}`)) + ".e30.")
	f.Fuzz(func(t *testing.T, in string) {
		if _, err := Open(in, "tea+jwt", known, &told{}); err == nil && in != text {
			t.Errorf("%q opens", in)
		}
	})
}
