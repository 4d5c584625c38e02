package evidence

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"candor"
)

const (
	keyFile       = "log.key"
	publicKeyFile = "log.pub"
	maxKey        = 4096 // bytes; any key is far smaller
)

// signer loads the signing key from dir, or makes one where there is neither
// key nor log. It also leaves the verifier's key there.
func signer(dir, origin string, random io.Reader) (keys, error) {
	private, err := readFile(filepath.Join(dir, keyFile), maxKey)
	if errors.Is(err, candor.ErrNotFound) {
		private, err = makeKey(dir, origin, random)
	}
	if err != nil {
		return keys{}, fmt.Errorf("signing key: %w", err)
	}
	k, err := parseKey(strings.TrimSpace(string(private)))
	if err != nil {
		return keys{}, fmt.Errorf("signing key %s: %w", filepath.Join(dir, keyFile), err)
	}
	if origin != "" && k.Name() != origin {
		return keys{}, candor.WithHint(
			fmt.Errorf("the log in %s is named %q, not %q: %w", dir, k.Name(), origin, candor.ErrInvalid),
			"A log keeps its name for good. Configure that name, or another folder.")
	}
	if known, err := readFile(filepath.Join(dir, publicKeyFile), maxKey); err == nil && string(known) == k.public+"\n" {
		return k, nil
	}
	if err := replaceFile(filepath.Join(dir, publicKeyFile), []byte(k.public+"\n"), 0o644); err != nil {
		return keys{}, unavailable("write the public key", err)
	}
	return k, nil
}

// makeKey makes the key of a new log. A log that has lost its key gets no
// other: its readers could not tell that from a forgery.
func makeKey(dir, origin string, random io.Reader) ([]byte, error) {
	if _, err := os.Lstat(filepath.Join(dir, treeDir)); err == nil {
		return nil, candor.WithHint(fmt.Errorf("%s has a log, but its key is missing: %w", dir, candor.ErrNotFound),
			"Restore log.key from a backup.")
	}
	private, err := newKey(origin, random)
	if err != nil {
		return nil, err
	}
	if err := replaceFile(filepath.Join(dir, keyFile), []byte(private+"\n"), 0o600); err != nil {
		return nil, unavailable("write", err)
	}
	return []byte(private), nil
}

// newKey makes a key in note format for a log or a witness of that name.
func newKey(name string, random io.Reader) (string, error) {
	if name == "" || strings.ContainsAny(name, "+ \t\r\n") {
		return "", fmt.Errorf("the name %q is empty, or has spaces or plus signs: %w", name, candor.ErrInvalid)
	}
	private, _, err := note.GenerateKey(random, name)
	if err != nil {
		return "", fmt.Errorf("%w: %w", candor.ErrUnavailable, err)
	}
	return private, nil
}

// keys are a signing key and what belongs to it.
type keys struct {
	note.Signer
	verifier note.Verifier
	public   string // the verifier's key as text
}

// parseKey reads a private key in note format.
func parseKey(private string) (keys, error) {
	s, err := note.NewSigner(private)
	if err != nil {
		return keys{}, fmt.Errorf("%w: %w", candor.ErrInvalid, err)
	}
	fields := strings.SplitN(private, "+", 5) // PRIVATE+KEY+name+hash+base64
	seed, err := base64.StdEncoding.DecodeString(fields[4])
	if err != nil {
		return keys{}, fmt.Errorf("%w: %w", candor.ErrInvalid, err)
	}
	key := ed25519.NewKeyFromSeed(seed[1:]) // after the byte that names the algorithm
	public, err := note.NewEd25519VerifierKey(s.Name(), key.Public().(ed25519.PublicKey))
	if err != nil {
		return keys{}, fmt.Errorf("%w: %w", candor.ErrInvalid, err)
	}
	v, err := note.NewVerifier(public)
	return keys{s, v, public}, err
}
