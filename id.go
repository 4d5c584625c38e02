package candor

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"time"
)

// ID names a record: a UUID version 7 (RFC 9562) in its usual lower-case
// form, so that later records have greater names. The empty ID names nothing.
type ID string

// NewID makes an ID of the time given and of randomness. It is safe for
// concurrent use.
func NewID(now time.Time) ID {
	var b [16]byte
	rand.Read(b[:]) // never fails: it ends the program rather than give weak bytes
	binary.BigEndian.PutUint64(b[:8], uint64(now.UnixMilli())<<16|uint64(binary.BigEndian.Uint16(b[6:8])))
	b[6] = b[6]&0x0f | 0x70
	b[8] = b[8]&0x3f | 0x80
	var text [36]byte
	hex.Encode(text[:8], b[:4])
	text[8] = '-'
	hex.Encode(text[9:13], b[4:6])
	text[13] = '-'
	hex.Encode(text[14:18], b[6:8])
	text[18] = '-'
	hex.Encode(text[19:23], b[8:10])
	text[23] = '-'
	hex.Encode(text[24:], b[10:])
	return ID(text[:])
}

// ParseID checks that a word has the form of an ID.
func ParseID(word string) (ID, error) {
	if len(word) != 36 {
		return "", fmt.Errorf("%.40q is no identifier: %w", word, ErrInvalid)
	}
	for i, c := range []byte(word) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		hexadecimal := c >= '0' && c <= '9' || c >= 'a' && c <= 'f'
		if dash && c != '-' || !dash && !hexadecimal {
			return "", fmt.Errorf("%.40q is no identifier: %w", word, ErrInvalid)
		}
	}
	return ID(word), nil
}
