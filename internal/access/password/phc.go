package password

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"

	"candor"
)

// Bounds of what is read back. A damaged or planted hash must not make a
// sign-in take all memory.
const (
	maxMemory  = 256 * 1024 // KiB
	maxTime    = 16
	maxThreads = 16
	maxField   = 64 // bytes of salt and of sum
	maxPHC     = 256
)

// Hash is a hashed password.
type Hash struct {
	Params Params
	Salt   []byte
	Sum    []byte
}

// String writes the PHC string format:
// $argon2id$v=19$m=19456,t=2,p=1$salt$sum, in base64 without padding.
func (h Hash) String() string {
	e := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version,
		h.Params.Memory, h.Params.Time, h.Params.Threads, e.EncodeToString(h.Salt), e.EncodeToString(h.Sum))
}

// Parse reads what String writes, in that form only. Anything else is
// candor.ErrInvalid.
func Parse(phc string) (Hash, error) {
	h, ok := parse(phc)
	if !ok || h.String() != phc {
		return Hash{}, fmt.Errorf("the kept hash of a password cannot be read: %w", candor.ErrInvalid)
	}
	return h, nil
}

func parse(phc string) (h Hash, ok bool) {
	fields := strings.Split(phc, "$")
	if len(phc) > maxPHC || len(fields) != 6 || fields[1] != "argon2id" {
		return h, false
	}
	params := strings.Split(fields[3], ",")
	if len(params) != 3 {
		return h, false
	}
	memory, ok1 := number(params[0], "m=", maxMemory)
	time, ok2 := number(params[1], "t=", maxTime)
	threads, ok3 := number(params[2], "p=", maxThreads)
	if !ok1 || !ok2 || !ok3 || memory < 8*threads {
		return h, false
	}
	h.Params = Params{Memory: memory, Time: time, Threads: uint8(threads)}
	var err1, err2 error
	h.Salt, err1 = base64.RawStdEncoding.DecodeString(fields[4])
	h.Sum, err2 = base64.RawStdEncoding.DecodeString(fields[5])
	fits := len(h.Salt) >= 8 && len(h.Salt) <= maxField && len(h.Sum) >= 16 && len(h.Sum) <= maxField
	return h, err1 == nil && err2 == nil && fits
}

func number(text, name string, most uint64) (uint32, bool) {
	digits, ok := strings.CutPrefix(text, name)
	n, err := strconv.ParseUint(digits, 10, 32)
	return uint32(n), ok && err == nil && n >= 1 && n <= most
}
