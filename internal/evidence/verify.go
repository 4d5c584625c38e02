package evidence

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/transparency-dev/formats/log"
	f_note "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"

	"candor"
)

// VerifyOptions say what a log or a bundle is held against.
type VerifyOptions struct {
	// Key is the log's key, in note format, from a source that the verifier
	// trusts. Without it the key that came along is used, which proves less.
	Key string

	Earlier   [][]byte // checkpoints of the log that the verifier kept
	Witnesses []string // keys of witnesses that must have cosigned

	Vault        *Vault // of a log: whose blobs are read; nil for none
	IdentityFile string // of a bundle: age identities to decrypt with; empty for none
}

// Verify checks a log's folder or a bundle's file, with no server and no
// network. What is wrong with it is in the report; an error means that the
// check could not be made: candor.ErrNotFound, candor.ErrInvalid for options
// that make no sense, candor.ErrUnavailable for a disk that fails.
func Verify(ctx context.Context, path string, o VerifyOptions) (Report, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Report{}, candor.WithHint(unavailable("verify", err), "Name a log's folder or a bundle's file.")
	}
	if info.IsDir() {
		return VerifyLog(ctx, path, o)
	}
	return VerifyBundle(ctx, path, o)
}

// checker makes the checks that a log and a bundle have in common.
type checker struct {
	Report
	VerifyOptions
	key       note.Verifier
	witnesses []note.Verifier
}

func newChecker(what, path string, o VerifyOptions) (*checker, error) {
	c := &checker{Report: Report{What: what, Path: path}, VerifyOptions: o}
	if o.Key != "" {
		v, err := note.NewVerifier(strings.TrimSpace(o.Key))
		if err != nil {
			return nil, fmt.Errorf("key of the log: %w: %w", candor.ErrInvalid, err)
		}
		c.key = v
	}
	for _, word := range o.Witnesses {
		v, err := f_note.NewVerifierForCosignatureV1(strings.TrimSpace(word))
		if err != nil {
			return nil, fmt.Errorf("key of a witness: %w: %w", candor.ErrInvalid, err)
		}
		c.witnesses = append(c.witnesses, v)
	}
	return c, nil
}

// checkKey settles which key is used; public is the one that came along.
func (c *checker) checkKey(public []byte) bool {
	if c.key != nil {
		c.pass("key", "The key of %s that you gave is used.", c.key.Name())
		return true
	}
	v, err := note.NewVerifier(strings.TrimSpace(string(public)))
	if err != nil {
		c.fail("key", "No key was given, and none came along that could be used.")
		return false
	}
	c.key = v
	c.skip("key", "The key of %s came along and is not proved: who replaced everything could have replaced it too. Give the key that you know.", v.Name())
	return true
}

// checkpoint checks the signatures of a checkpoint. The checkpoint comes back
// even if they are bad; false if there is none.
func (c *checker) checkpoint(data []byte) (log.Checkpoint, bool) {
	var cp log.Checkpoint
	if _, err := cp.Unmarshal(data); err != nil || len(cp.Hash) != len(Digest{}) {
		c.fail("signature", "The checkpoint is missing or damaged.")
		return cp, false
	}
	c.Origin, c.Size = cp.Origin, cp.Size
	if _, err := parseCheckpoint(data, c.key); err != nil {
		c.fail("signature", "The checkpoint of %d entries is not signed with the key of %s.", cp.Size, c.key.Name())
	} else {
		c.pass("signature", "The checkpoint of %d entries is signed with the key of %s.", cp.Size, c.key.Name())
	}
	c.checkWitnesses(data)
	return cp, true
}

func (c *checker) checkWitnesses(checkpoint []byte) {
	for _, w := range c.witnesses {
		at, err := cosignature(checkpoint, w)
		if err != nil {
			c.fail("witness", "The witness %s has not cosigned this checkpoint.", w.Name())
			continue
		}
		c.pass("witness", "The witness %s cosigned this checkpoint at %s.", w.Name(), at.Format("2006-01-02 15:04:05 UTC"))
	}
}

// earlier opens the checkpoints that the verifier kept. Those that are no
// checkpoints of this log fail here.
func (c *checker) earlier() []log.Checkpoint {
	var out []log.Checkpoint
	for i, data := range c.Earlier {
		cp, err := parseCheckpoint(data, c.key)
		if err != nil || len(cp.Hash) != len(Digest{}) {
			c.fail("earlier", "Earlier checkpoint %d is not one that this log's key has signed.", i+1)
			continue
		}
		out = append(out, cp)
	}
	return out
}

// tampered tells an error about content from one of the machine.
func tampered(err error) bool {
	return errors.Is(err, candor.ErrInvalid) || errors.Is(err, candor.ErrNotFound) || errors.Is(err, candor.ErrChanged)
}
