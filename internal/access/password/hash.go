// Package password hashes passwords and judges new ones.
//
// Hashes are Argon2id (RFC 9106) in the PHC string format. Passwords are
// compared in Unicode's form NFKC, so that the same keys pressed on another
// system give the same password (NIST SP 800-63B-4, 3.1.1.2).
package password

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"sync/atomic"

	"golang.org/x/crypto/argon2"

	"candor"
)

const (
	saltBytes = 16
	sumBytes  = 32
	// patience is how many may wait for each one that is being hashed. More
	// would be answered after people have given up.
	patience = 32
)

// Params say how much work one hash is.
type Params struct {
	Memory  uint32 // KiB
	Time    uint32 // passes over the memory
	Threads uint8
}

// Recommended are the parameters that OWASP's Password Storage Cheat Sheet
// asks for at least: 19 MiB, two passes, one thread.
func Recommended() Params { return Params{Memory: 19 * 1024, Time: 2, Threads: 1} }

// Hasher hashes a bounded number of passwords at a time, so that any number of
// people who sign in take a bounded amount of memory. It is safe for
// concurrent use.
type Hasher struct {
	params  Params
	slots   chan struct{}
	waiting atomic.Int64
	nobody  Hash // of a password that nobody knows
}

// NewHasher makes a Hasher that works on as many passwords at once as atOnce
// says, at least one.
func NewHasher(p Params, atOnce int) *Hasher {
	h := &Hasher{params: p, slots: make(chan struct{}, max(1, atOnce))}
	h.nobody = Hash{Params: p, Salt: random(saltBytes), Sum: random(sumBytes)}
	return h
}

// Hash gives the PHC string for a new password, with a salt of its own. The
// password must have passed Judge. candor.ErrUnavailable says that too many
// wait already.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	out := Hash{Params: h.params, Salt: random(saltBytes)}
	sum, err := h.sum(ctx, normal(password), out, sumBytes)
	if err != nil {
		return "", err
	}
	out.Sum = sum
	return out.String(), nil
}

// Verify tells whether the password is the one of the PHC string, and whether
// it was hashed with other parameters than today's and should be hashed anew.
// An empty string stands for somebody without a password: the answer is no,
// after the same work. candor.ErrUnavailable says that too many wait already.
func (h *Hasher) Verify(ctx context.Context, password, phc string) (ok, outdated bool, err error) {
	want := h.nobody
	if phc != "" {
		if want, err = Parse(phc); err != nil {
			return false, false, err
		}
	}
	if len(password) > MaxBytes {
		password = "" // too long to have been accepted ever; the same work all the same
	}
	got, err := h.sum(ctx, normal(password), want, len(want.Sum))
	if err != nil {
		return false, false, err
	}
	ok = subtle.ConstantTimeCompare(got, want.Sum) == 1 && phc != ""
	return ok, want.Params != h.params || len(want.Sum) != sumBytes, nil
}

// sum computes the digest when it is this password's turn.
func (h *Hasher) sum(ctx context.Context, password string, of Hash, length int) ([]byte, error) {
	defer h.waiting.Add(-1)
	if h.waiting.Add(1) > int64(patience*cap(h.slots)) {
		return nil, candor.WithHint(fmt.Errorf("check a password: %w", candor.ErrUnavailable), "Too many people sign in at once. Try again in a few seconds.")
	}
	select {
	case h.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for a password to be checked: %w", ctx.Err())
	}
	defer func() { <-h.slots }()
	p := of.Params
	return argon2.IDKey([]byte(password), of.Salt, p.Time, p.Memory, p.Threads, uint32(length)), nil
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // never fails: it ends the program rather than give weak bytes
	return b
}
