package evidence

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"filippo.io/age"

	"candor"
)

const namesFile = "names.key"

// loadKeys loads what o and the vault's folder have, and makes what a new
// vault needs.
func (v *Vault) loadKeys(o VaultOptions) error {
	var err error
	if v.recipients, err = parseRecipients(o.Recipients); err != nil {
		return err
	}
	if err := v.loadIdentities(o.IdentityFile); err != nil {
		return fmt.Errorf("identity: %w", err)
	}
	names, err := readOrMake(v.path(namesFile), v.used(), func() ([]byte, error) {
		key := make([]byte, len(nameKey{}))
		_, err := io.ReadFull(o.Random, key)
		return hex.AppendEncode(nil, key), err
	})
	if err != nil {
		return fmt.Errorf("key of names: %w", err)
	}
	if n, err := hex.Decode(v.names[:], bytes.TrimSpace(names[:min(len(names), 2*len(v.names))])); err != nil || n != len(v.names) {
		return fmt.Errorf("key of names: %s is none: %w", v.path(namesFile), candor.ErrInvalid)
	}
	return nil
}

func parseRecipients(words []string) ([]age.Recipient, error) {
	var out []age.Recipient
	for _, word := range words {
		r, err := age.ParseRecipients(strings.NewReader(word))
		if err != nil {
			return nil, fmt.Errorf("recipient %.80q: %w: %w", word, candor.ErrInvalid, err)
		}
		out = append(out, r...)
	}
	return out, nil
}

// used tells whether the vault has had blobs.
func (v *Vault) used() bool {
	entries, err := os.ReadDir(v.path(blobsDir))
	return err != nil || len(entries) > 0
}

// loadIdentities reads the identities. Where there are no recipients they are
// the recipients too, and are made for a new vault.
func (v *Vault) loadIdentities(file string) error {
	data, err := readFile(file, 1<<20)
	if len(v.recipients) > 0 && errors.Is(err, candor.ErrNotFound) {
		return nil
	}
	if len(v.recipients) == 0 {
		data, err = readOrMake(file, v.used(), func() ([]byte, error) {
			id, err := age.GenerateX25519Identity()
			if err != nil {
				return nil, err
			}
			return []byte(id.String()), nil
		})
	}
	if err != nil {
		return err
	}
	if v.identities, err = age.ParseIdentities(bytes.NewReader(data)); err != nil {
		return fmt.Errorf("%s: %w: %w", file, candor.ErrInvalid, err)
	}
	if len(v.recipients) > 0 {
		return nil
	}
	for _, id := range v.identities {
		x, ok := id.(*age.X25519Identity)
		if !ok {
			return fmt.Errorf("%s: not an X25519 identity: %w", file, candor.ErrInvalid)
		}
		v.recipients = append(v.recipients, x.Recipient())
	}
	return nil
}

// readOrMake reads a key file, or makes it if nothing depends on it yet.
func readOrMake(file string, used bool, generate func() ([]byte, error)) ([]byte, error) {
	data, err := readFile(file, 1<<20)
	if err == nil || !errors.Is(err, candor.ErrNotFound) {
		return data, err
	}
	if used {
		return nil, candor.WithHint(fmt.Errorf("there are blobs, but their key is missing: %w", err),
			"Restore "+file+" from a backup.")
	}
	if data, err = generate(); err != nil {
		return nil, fmt.Errorf("%w: %w", candor.ErrUnavailable, err)
	}
	if err := replaceFile(file, append(data, '\n'), 0o600); err != nil {
		return nil, unavailable("write "+file, err)
	}
	return data, nil
}

// nameKey encrypts digests into the names of files: one key for HMAC, one for
// AES-256. Equal digests must give equal names, so it is a synthetic-IV scheme
// (Rogaway and Shrimpton, Deterministic Authenticated-Encryption, 2006): the
// HMAC of the digest is both the IV and the proof that a name is one.
type nameKey [64]byte

func (k *nameKey) tag(d Digest) []byte {
	h := hmac.New(sha256.New, k[:32])
	h.Write(d[:])
	return h.Sum(nil)[:aes.BlockSize]
}

func (k *nameKey) crypt(iv []byte, d Digest) Digest {
	block, err := aes.NewCipher(k[32:])
	if err != nil {
		panic(err) // only for keys of another size
	}
	cipher.NewCTR(block, iv).XORKeyStream(d[:], d[:])
	return d
}

// seal gives the name of a digest, in hexadecimal.
func (k *nameKey) seal(d Digest) string {
	iv := k.tag(d)
	return hex.EncodeToString(iv) + k.crypt(iv, d).String()
}

// open gives the digest of a name; false if seal has not made it.
func (k *nameKey) open(name string) (Digest, bool) {
	raw, err := hex.DecodeString(name)
	if err != nil || len(raw) != aes.BlockSize+len(Digest{}) {
		return Digest{}, false
	}
	d := k.crypt(raw[:aes.BlockSize], Digest(raw[aes.BlockSize:]))
	return d, hmac.Equal(raw[:aes.BlockSize], k.tag(d))
}
