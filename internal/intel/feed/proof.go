package feed

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	pgperrors "github.com/ProtonMail/go-crypto/openpgp/errors"
	"github.com/ProtonMail/go-crypto/openpgp/packet"

	"candor"
)

// Bounds of what proves advisories.
const (
	mostKeys   = 20
	mostKey    = 256 << 10 // bytes of one
	mostBeside = 64 << 10  // bytes of a signature, or of a file with a digest
)

// rejected is when an advisory was changed whose digest or signature is not its own, or
// whose signature is missing, in State.Seen: it is asked for again.
const rejected = -2

// errForged is that what came is not what the provider signed, or that it signs with
// keys that nobody here has accepted.
var errForged = fmt.Errorf("it is not proved to be the provider's: %w", candor.ErrInvalid)

// Proof is how advisories of a provider are proved to be its own (CSAF 2.0, 7.1.18 to
// 7.1.20), since the feed was set up.
type Proof struct {
	Signed   int    `json:"signed,omitempty"`   // by a key that is held to be the provider's
	Hashed   int    `json:"hashed,omitempty"`   // by a digest beside it only: it came whole; of a provider without keys
	Bare     int    `json:"bare,omitempty"`     // by neither; of such a provider too
	Rejected int    `json:"rejected,omitempty"` // that are not taken: digest or signature is of something else, or a signature is missing
	Why      string `json:"why,omitempty"`      // of the last of these
	Keys     []Key  `json:"keys,omitempty"`     // that are held to be the provider's
	Of       string `json:"of,omitempty"`       // the address of the provider whose keys they are
}

// begin gives what is known of a provider when all of it is read anew: its keys.
func (p Proof) begin(f Feed) Proof {
	if p.Of != f.URL {
		return Proof{}
	}
	return Proof{Keys: p.Keys, Of: p.Of}
}

// Key is a public key of a provider.
type Key struct {
	Fingerprint string    `json:"fingerprint"` // in upper case
	Since       time.Time `json:"since"`       // when it was first used here
	Armored     string    `json:"armored"`
}

// settle counts what is not taken now.
func (p *Proof) settle(seen map[string]int64) {
	p.Rejected = 0
	for _, at := range seen {
		if at == rejected {
			p.Rejected++
		}
	}
	if p.Rejected == 0 {
		p.Why = ""
	}
}

// refused takes over of a turn of CSAF that failed which advisories are not taken, and
// keys that are held as they are published by now.
func (s State) refused(t State) State {
	seen := maps.Clone(s.Seen)
	for address, at := range t.Seen {
		if at != rejected {
			continue
		}
		if seen == nil {
			seen = map[string]int64{}
		}
		seen[address], s.Proof.Why = rejected, t.Proof.Why
	}
	s.Seen, s.Proof.Keys = seen, slices.Clone(s.Proof.Keys)
	for i, k := range s.Proof.Keys {
		for _, now := range t.Proof.Keys {
			if now.Fingerprint == k.Fingerprint {
				s.Proof.Keys[i] = now
			}
		}
	}
	s.Proof.settle(seen)
	return s
}

// prover tells whether advisories are of their provider.
type prover struct {
	reader *Reader
	feed   Feed
	keys   openpgp.EntityList
}

// provider is what the metadata of a provider tells of its keys.
type providerKey struct {
	Fingerprint string `json:"fingerprint"`
	URL         string `json:"url"`
}

// prover takes the keys that a provider names. Those of the first time hold from then
// on, or those that the feed is set up with: others need a person.
func (r *Reader) prover(ctx context.Context, f Feed, named []providerKey, p *Proof) (*prover, error) {
	out := &prover{reader: r, feed: f}
	p.Of = f.URL
	if len(named) > mostKeys {
		return nil, fmt.Errorf("CSAF: more than %d keys: %w", mostKeys, candor.ErrInvalid)
	}
	first := len(p.Keys) == 0 && len(f.Keys) == 0
	held := func(print string) int {
		return slices.IndexFunc(p.Keys, func(k Key) bool { return k.Fingerprint == print })
	}
	accepted := func(print string) bool { return first || held(print) >= 0 || slices.Contains(f.Keys, print) }
	another := func(print string) error {
		if len(f.Keys) > 0 {
			return nil // a person wrote those that hold
		}
		return fmt.Errorf("the provider has another key, %s, besides those that it had: ask it, and write all that hold in keys of the feed: %w", print, errForged)
	}
	if len(f.Keys) > 0 {
		p.Keys = slices.DeleteFunc(p.Keys, func(k Key) bool { return !slices.Contains(f.Keys, k.Fingerprint) })
	}
	for _, n := range named {
		print := plainPrint(n.Fingerprint)
		if print != "" && !accepted(print) {
			if err := another(print); err != nil {
				return nil, err
			}
			continue
		}
		key, err := r.key(ctx, f, n.URL)
		if err == nil && print != "" && key.Fingerprint != print {
			err = fmt.Errorf("the key at %s is %s, and the provider names %s: %w", n.URL, key.Fingerprint, print, errForged)
		}
		if err != nil && (held(print) >= 0 || print == "" && !first && len(p.Keys) > 0) {
			continue // those that are held stay as they are
		}
		if err != nil {
			return nil, err
		}
		key.Since = r.Now().UTC()
		switch at := held(key.Fingerprint); {
		case at >= 0:
			p.Keys[at].Armored = newer(p.Keys[at].Armored, key.Armored)
		case accepted(key.Fingerprint):
			p.Keys = append(p.Keys, key)
		default:
			if err := another(key.Fingerprint); err != nil {
				return nil, err
			}
		}
	}
	if len(f.Keys) > 0 && len(p.Keys) == 0 {
		return nil, fmt.Errorf("the provider has none of the keys that are written in keys of the feed: %w", errForged)
	}
	for _, k := range p.Keys {
		all, err := openpgp.ReadArmoredKeyRing(strings.NewReader(k.Armored))
		if err != nil {
			return nil, fmt.Errorf("the key %s: %w: %w", k.Fingerprint, err, errForged)
		}
		out.keys = append(out.keys, all...)
	}
	return out, nil
}

// newer gives a key as it is published now, with a longer lifetime or revoked. What lacks
// a revocation that is known is an older one.
func newer(held, now string) string {
	have := revocations(now)
	for _, known := range revocations(held) {
		if !slices.Contains(have, known) {
			return held
		}
	}
	return now
}

// revocations gives those of a key, of its names and of its subkeys.
func revocations(armored string) (all []string) {
	keys, err := openpgp.ReadArmoredKeyRing(strings.NewReader(armored))
	if err != nil {
		return nil
	}
	for _, e := range keys {
		found := slices.Clone(e.Revocations)
		for _, i := range e.Identities {
			found = append(found, i.Revocations...)
		}
		for _, k := range e.Subkeys {
			found = append(found, k.Revocations...)
		}
		for _, one := range found {
			var b bytes.Buffer
			if one.Serialize(&b) == nil {
				all = append(all, b.String())
			}
		}
	}
	return all
}

// plainPrint is a fingerprint in upper case, without spaces.
func plainPrint(text string) string { return strings.ToUpper(strings.ReplaceAll(text, " ", "")) }

// key reads a public key.
func (r *Reader) key(ctx context.Context, f Feed, address string) (Key, error) {
	raw, there, err := r.beside(ctx, f, address, mostKey)
	if err == nil && !there {
		err = fmt.Errorf("the provider's key is not at %s: %w", address, candor.ErrUnavailable)
	}
	if err != nil {
		return Key{}, err
	}
	all, err := openpgp.ReadArmoredKeyRing(bytes.NewReader(raw))
	if err != nil {
		all, err = openpgp.ReadKeyRing(bytes.NewReader(raw))
	}
	switch {
	case err != nil:
		return Key{}, fmt.Errorf("at %s there is no public key: %w: %w", address, err, errForged)
	case len(all) != 1:
		return Key{}, fmt.Errorf("at %s there are %d keys, and one belongs there: %w", address, len(all), errForged)
	case all[0].PrivateKey != nil:
		return Key{}, fmt.Errorf("at %s there is a private key: %w", address, errForged)
	}
	var b bytes.Buffer
	w, err := armor.Encode(&b, openpgp.PublicKeyType, nil)
	if err == nil {
		err = errors.Join(all[0].Serialize(w), w.Close())
	}
	return Key{Fingerprint: strings.ToUpper(hex.EncodeToString(all[0].PrimaryKey.Fingerprint)), Armored: b.String()}, err
}

// beside reads a small file that may not be there, which others than the usual answers
// may say too.
func (r *Reader) beside(ctx context.Context, f Feed, address string, most int64, absent ...int) (raw []byte, there bool, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, false, errors.Join(err, candor.ErrInvalid)
	}
	if add := r.authorize(f); add != nil {
		add(req)
	}
	resp, err := r.HTTP.Do(req)
	if err != nil {
		return nil, false, errors.Join(err, candor.ErrUnavailable)
	}
	defer resp.Body.Close()
	switch code := resp.StatusCode; {
	case code == http.StatusNotFound, code == http.StatusGone, slices.Contains(absent, code):
		return nil, false, nil
	case code != http.StatusOK:
		return nil, false, fmt.Errorf("%s: %s: %w", address, resp.Status, candor.ErrUnavailable)
	}
	raw, err = io.ReadAll(io.LimitReader(resp.Body, most+1))
	if err == nil && int64(len(raw)) > most {
		return nil, false, fmt.Errorf("%s: more than %d bytes: %w", address, most, errForged)
	}
	if err != nil {
		err = errors.Join(err, candor.ErrUnavailable)
	}
	return raw, err == nil, err
}

// prove holds an advisory against the signature beside it, which a provider with keys
// has to give, and against the digest, where there is one, and counts how it is proved.
// An error is errForged where one is of something else, or there is no signature.
func (v *prover) prove(ctx context.Context, address string, raw []byte, p *Proof) error {
	signed, err := v.signed(ctx, address, raw)
	if err != nil {
		return err
	}
	hashed, err := v.hashed(ctx, address, raw)
	switch {
	case err != nil && !(signed && !errors.Is(err, errForged)): // a signature is enough where no digest can be had
		return err
	case signed:
		p.Signed++
	case hashed:
		p.Hashed++
	default:
		p.Bare++
	}
	return nil
}

// signed tells whether a key of the provider signed it. Without a key nobody asks.
func (v *prover) signed(ctx context.Context, address string, raw []byte) (bool, error) {
	if len(v.keys) == 0 {
		return false, nil
	}
	text, there, err := v.reader.beside(ctx, v.feed, address+".asc", mostBeside)
	if err != nil {
		return false, fmt.Errorf("the signature of %s cannot be had, and the provider signs: %w: %w", address, err, errForged)
	}
	if !there {
		return false, fmt.Errorf("%s has no signature, and the provider signs: %w", address, errForged)
	}
	check := func(at time.Time) (*packet.Signature, error) {
		block, err := armor.Decode(bytes.NewReader(text))
		if err != nil {
			return nil, err
		}
		s, _, err := openpgp.VerifyDetachedSignature(v.keys, bytes.NewReader(raw), block.Body, &packet.Config{Time: func() time.Time { return at }})
		return s, err
	}
	s, err := check(v.reader.Now())
	if errors.Is(err, pgperrors.ErrKeyExpired) && s != nil { // it held when it signed
		_, err = check(s.CreationTime)
	}
	if err != nil {
		return false, fmt.Errorf("the signature of %s: %w: %w", address, err, errForged)
	}
	return true, nil
}

// hashed tells whether its digest is beside it: SHA-512, or else SHA-256.
func (v *prover) hashed(ctx context.Context, address string, raw []byte) (bool, error) {
	long, short := sha512.Sum512(raw), sha256.Sum256(raw)
	for _, d := range []struct {
		ending string
		sum    []byte
		of     crypto.Hash
	}{{".sha512", long[:], crypto.SHA512}, {".sha256", short[:], crypto.SHA256}} {
		text, there, err := v.reader.beside(ctx, v.feed, address+d.ending, mostBeside, http.StatusUnauthorized, http.StatusForbidden)
		if err != nil {
			return false, err
		}
		if !there {
			continue
		}
		word, _, _ := strings.Cut(strings.TrimSpace(string(text)), " ")
		if !strings.EqualFold(word, hex.EncodeToString(d.sum)) {
			return false, fmt.Errorf("%s is not the %s of %s: %w", address+d.ending, d.of, address, errForged)
		}
		return true, nil
	}
	return false, nil
}
