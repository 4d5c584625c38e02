// Package link makes and opens the links that customers get by mail. A link
// opens exactly one thing for a limited time, without an account.
//
// The text of a link tells nothing to those who have no key: not about what,
// nor whom, nor which two links belong together. It is
//
//	version (1) ‖ key (4) ‖ nonce (12) ‖ sealed ‖ tag (16)
//
// in base64url (RFC 4648, 5), sealed by AES-256-GCM with version and key as
// associated data. Keys are derived from the operator's secrets by
// HKDF-SHA-256 (RFC 5869). One secret must seal fewer than 2³² links.
package link

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"candor"
)

// Purpose says what a link opens. The numbers are in links that are out; they
// never change.
type Purpose uint8

const (
	Case    Purpose = 1 // the customer's page of a case
	Consent Purpose = 2 // what a party agreed to; the subject is the party
	Report  Purpose = 3 // what became of a report of abuse
	Ticket  Purpose = 8 // a ticket, for the person that it is of; the party may be empty
	// Bulletin is a bulletin for one recipient; the subject is the recipient's copy, and
	// the party may be empty.
	Bulletin Purpose = 9
)

// Link is what a link stands for.
type Link struct {
	Purpose Purpose
	Subject candor.ID // the one thing that it opens
	Party   candor.ID // whose it is; empty if nobody's
	Contact Contact   // whom it was sent to
	Expires time.Time // to the second
}

// Contact is a digest of an address, so that a link dies with the contact
// that it was sent to.
type Contact [8]byte

// ContactOf gives the digest of an address, whatever its case.
func ContactOf(address string) Contact {
	sum := sha256.Sum256([]byte(strings.ToLower(strings.TrimSpace(address))))
	return Contact(sum[:8])
}

var (
	// ErrExpired: the link was good once. Open gives what it stood for, so that
	// a page can offer to send another one to the same contact.
	ErrExpired = fmt.Errorf("the link has expired: %w", candor.ErrDenied)
	// ErrRevoked: somebody took the link back.
	ErrRevoked = fmt.Errorf("the link was withdrawn: %w", candor.ErrDenied)
	errNoLink  = fmt.Errorf("open a link: %w", candor.ErrNotFound)
)

const (
	version   = 1
	head      = 1 + 4
	content   = 1 + 8 + 16 + 16 + 8
	overhead  = 12 + 16
	minSecret = 32
)

// Length is how many characters a link takes.
const Length = (8*(head+content+overhead) + 5) / 6

// Links signs and opens. It is safe for concurrent use.
type Links struct {
	keys    []key
	clock   candor.Clock
	revoked func(context.Context, Link) (bool, error)
}

type key struct {
	id   [4]byte
	aead cipher.AEAD
}

// New takes the operator's secrets, each at least 32 bytes of randomness. The
// first one signs; all of them open, so that links live through a change of
// secrets. revoked tells whether a link was taken back (a contact that is no
// longer the party's, a case that was erased); nil stands for never.
func New(secrets [][]byte, clock candor.Clock, revoked func(context.Context, Link) (bool, error)) (*Links, error) {
	if len(secrets) == 0 {
		return nil, fmt.Errorf("sign links without a secret: %w", candor.ErrInvalid)
	}
	l := &Links{clock: clock, revoked: revoked}
	for _, s := range secrets {
		k, err := newKey(s)
		if err != nil {
			return nil, err
		}
		l.keys = append(l.keys, k)
	}
	return l, nil
}

func newKey(secret []byte) (k key, err error) {
	if len(secret) < minSecret {
		return k, candor.WithHint(fmt.Errorf("a secret for links of %d bytes: %w", len(secret), candor.ErrInvalid), "Give at least 32 random bytes.")
	}
	derived, err := hkdf.Key(sha256.New, secret, nil, "candor link 1", 4+32)
	if err != nil {
		return k, fmt.Errorf("derive the key of links: %w", err)
	}
	block, err := aes.NewCipher(derived[4:])
	if err != nil {
		return k, fmt.Errorf("key of links: %w", err)
	}
	k.id = [4]byte(derived)
	k.aead, err = cipher.NewGCMWithRandomNonce(block)
	return k, err
}

// Sign gives the text of a link, Length characters that are safe in a URL. Two
// texts of one link differ.
func (l *Links) Sign(link Link) (string, error) {
	b := make([]byte, head, head+content+overhead)
	b[0] = version
	copy(b[1:], l.keys[0].id[:])
	plain, err := link.bytes()
	if err != nil {
		return "", fmt.Errorf("sign a link: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(l.keys[0].aead.Seal(b, nil, plain, b[:head])), nil
}

// Open gives what the text stands for, if it was signed here for that purpose,
// has not expired and was not revoked. ErrExpired and ErrRevoked come with the
// link; everything else that is wrong with a text is candor.ErrNotFound.
func (l *Links) Open(ctx context.Context, text string, purpose Purpose) (Link, error) {
	link, ok := l.unseal(text)
	if !ok || link.Purpose != purpose {
		return Link{}, errNoLink
	}
	if l.revoked != nil {
		switch gone, err := l.revoked(ctx, link); {
		case err != nil:
			return Link{}, fmt.Errorf("open a link: %w", err)
		case gone:
			return link, ErrRevoked
		}
	}
	if !l.clock().Before(link.Expires) {
		return link, ErrExpired
	}
	return link, nil
}

func (l *Links) unseal(text string) (Link, bool) {
	if len(text) != Length {
		return Link{}, false
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || b[0] != version {
		return Link{}, false
	}
	for _, k := range l.keys {
		if [4]byte(b[1:]) != k.id {
			continue
		}
		plain, err := k.aead.Open(nil, nil, b[head:], b[:head])
		return parse(plain), err == nil && len(plain) == content
	}
	return Link{}, false
}

func (l Link) bytes() ([]byte, error) {
	b := append(make([]byte, 0, content), byte(l.Purpose))
	b = binary.BigEndian.AppendUint64(b, uint64(l.Expires.Unix()))
	var err1, err2 error
	b, err1 = appendID(b, l.Subject)
	b, err2 = appendID(b, l.Party)
	if l.Purpose == 0 || l.Subject == "" {
		return nil, fmt.Errorf("a link to nothing: %w", candor.ErrInvalid)
	}
	return append(b, l.Contact[:]...), errors.Join(err1, err2)
}

// parse reads what bytes wrote; b has passed authentication.
func parse(b []byte) (l Link) {
	if len(b) != content {
		return l
	}
	l.Purpose = Purpose(b[0])
	l.Expires = time.Unix(int64(binary.BigEndian.Uint64(b[1:])), 0).UTC()
	l.Subject, l.Party = idOf(b[9:25]), idOf(b[25:41])
	l.Contact = Contact(b[41:])
	return l
}

// appendID writes the 16 bytes of a UUID, zeros for no ID.
func appendID(b []byte, id candor.ID) ([]byte, error) {
	if id == "" {
		return append(b, make([]byte, 16)...), nil
	}
	if _, err := candor.ParseID(string(id)); err != nil {
		return b, err
	}
	return hex.AppendDecode(b, []byte(strings.ReplaceAll(string(id), "-", "")))
}

func idOf(b []byte) candor.ID {
	if [16]byte(b) == [16]byte{} {
		return ""
	}
	h := hex.EncodeToString(b)
	return candor.ID(strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:]}, "-"))
}
