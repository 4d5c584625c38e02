// Package jws is the one form in which this program signs statements that
// others check without it: a JSON object in canonical form (RFC 8785), signed as
// a compact JWS (RFC 7515).
//
// It is strict, so that a statement has one text only. The protected header
// has the members alg, kid and typ, in this order and without spaces, and no
// others: keys, addresses of keys and critical extensions in headers are refused
// unseen. The algorithm is that of the key which the reader trusts. typ is exact
// (RFC 8725, 3.11), so that a text signed for one purpose serves no other.
package jws

import (
	"bytes"
	"crypto"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-jose/go-jose/v4"
	"github.com/gowebpki/jcs"

	"candor"
)

// MostBytes is how long a statement may be.
const MostBytes = 64 << 10

// header is the protected header. Its members are in canonical order.
type header struct {
	Algorithm string `json:"alg"`
	Key       string `json:"kid"`
	Type      string `json:"typ"`
}

// Sign writes v as canonical JSON and signs it. typ says what v is.
func Sign(private crypto.Signer, typ string, v any) (string, error) {
	key, err := NewKey(private.Public())
	if err != nil {
		return "", err
	}
	payload, err := Canonical(v)
	if err != nil {
		return "", err
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.SignatureAlgorithm(key.algorithm), Key: jose.JSONWebKey{Key: private, KeyID: key.id}},
		(&jose.SignerOptions{}).WithType(jose.ContentType(typ)))
	if err != nil {
		return "", fmt.Errorf("sign with %s: %w", key.algorithm, err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("sign with %s: %w", key.algorithm, err)
	}
	text, err := signed.CompactSerialize()
	if err == nil && len(text) > MostBytes {
		err = fmt.Errorf("%d bytes, %d are allowed: %w", len(text), MostBytes, candor.ErrInvalid)
	}
	return text, err
}

// Open reads a signed statement of type typ into v, which is a pointer to a
// struct, and gives the payload. key gives the key that is trusted under a
// thumbprint. What is not exactly what Sign writes gives candor.ErrInvalid; a
// signature that is not that key's, candor.ErrDenied; else what key gives.
func Open(text, typ string, key func(id string) (Key, error), v any) ([]byte, error) {
	head, err := parts(text)
	if err != nil {
		return nil, err
	}
	if head.Type != typ {
		return nil, fmt.Errorf("its type is %.40q, not %q: %w", head.Type, typ, candor.ErrInvalid)
	}
	k, err := key(head.Key)
	if err != nil {
		return nil, err
	}
	if k.id != head.Key || k.algorithm != head.Algorithm {
		return nil, fmt.Errorf("it is said to be signed with %.20q by %.50q, which is not the key's algorithm: %w", head.Algorithm, head.Key, candor.ErrDenied)
	}
	signed, err := jose.ParseSignedCompact(text, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(k.algorithm)})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", err, candor.ErrInvalid)
	}
	payload, err := signed.Verify(k.public)
	if err != nil {
		return nil, fmt.Errorf("the signature is not that of key %s: %w", k.id, candor.ErrDenied)
	}
	return payload, Decode(payload, v)
}

// parts checks the form of a text and gives its header.
func parts(text string) (header, error) {
	if len(text) > MostBytes {
		return header{}, fmt.Errorf("it has %d bytes, %d are allowed: %w", len(text), MostBytes, candor.ErrInvalid)
	}
	all := strings.Split(text, ".")
	if len(all) != 3 {
		return header{}, fmt.Errorf("it is no compact JWS: %w", candor.ErrInvalid)
	}
	var raw []byte
	for i, part := range all {
		b, err := decode(part)
		if err != nil || len(b) == 0 {
			return header{}, fmt.Errorf("part %d of the JWS: %w", i+1, candor.ErrInvalid)
		}
		if i == 0 {
			raw = b
		}
	}
	var head header
	if err := Decode(raw, &head); err != nil {
		return header{}, fmt.Errorf("its header: %w", err)
	}
	return head, nil
}

// KeyID gives the thumbprint of the key by which a text says that it is signed.
// Nothing has been verified then.
func KeyID(text string) (string, error) {
	head, err := parts(text)
	return head.Key, err
}

// Canonical writes v as canonical JSON (RFC 8785).
func Canonical(v any) ([]byte, error) {
	data, err := json.Marshal(v)
	if err == nil {
		data, err = jcs.Transform(data)
	}
	if err != nil {
		return nil, fmt.Errorf("canonical form: %w", err)
	}
	return data, nil
}

// Decode reads canonical JSON into v, a pointer to a struct. Members that v has
// not, or that are there twice, and whatever Canonical would write otherwise
// give candor.ErrInvalid.
func Decode(data []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return fmt.Errorf("%w: %w", err, candor.ErrInvalid)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("there is more behind its end: %w", candor.ErrInvalid)
	}
	again, err := Canonical(v)
	if err != nil || !bytes.Equal(again, data) {
		return fmt.Errorf("it is not in canonical form: %w", candor.ErrInvalid)
	}
	return nil
}
