package clamav

import (
	"strings"
)

// HashKind names a digest.
type HashKind uint8

const (
	MD5 HashKind = iota
	SHA1
	SHA256
)

// Size gives the length of the digest in bytes.
func (k HashKind) Size() int {
	switch k {
	case MD5:
		return 16
	case SHA1:
		return 20
	}
	return 32
}

// Hash is the digest of a file, of a section of a portable executable, or of
// its import table. It is kept small, for there are millions of them.
type Hash struct {
	Sum    [32]byte // the first Kind.Size() bytes
	Raw    string   // the line
	Origin *Origin
	Line   uint32
	Size   uint32 // of the file or the section in bytes; 0 for any
	Kind   HashKind
}

// Name gives the name of the signature.
func (h *Hash) Name() string {
	_, s, _ := strings.Cut(h.Raw, ":")
	_, s, _ = strings.Cut(s, ":")
	s, _, _ = strings.Cut(s, ":")
	return cleanName(s)
}

// Digest gives the bytes of the digest.
func (h *Hash) Digest() []byte { return h.Sum[:h.Kind.Size()] }

// The level since which a hash may leave the size open.
const openSizeLevel = 73

func readHash(r *reader, l line) { r.readHash(l, &r.db.Hashes, 0, false) }

func readFalsePositive(r *reader, l line) { r.readHash(l, &r.db.FalsePositives, 0, false) }

func readSectionHash(r *reader, l line) { r.readHash(l, &r.db.SectionHashes, 1, false) }

func readImportHash(r *reader, l line) { r.readHash(l, &r.db.ImportHashes, 0, true) }

// readHash reads "hash:size:name[:level[:level]]", or with the hash at index 1
// "size:hash:name…".
func (r *reader) readHash(l line, to *[]Hash, at int, imports bool) {
	var fields [6]string
	n := split(l.text, fields[:])
	if n < 3 || n > 5 {
		r.problem(l, nameOf(l.text), "%d fields, want 3 to 5", n)
		return
	}
	name := cleanName(fields[2])
	fits, ok := r.levels(fields[3:n])
	if !ok {
		r.problem(l, name, "functionality level is not a number")
		return
	}
	if !fits {
		r.ignore(l, name, otherLevel)
		return
	}
	h := Hash{Raw: l.text, Origin: l.origin, Line: uint32(l.number)}
	if size := fields[1-at]; size == "*" {
		least, _ := number(fields[3])
		if !imports && (n < 4 || least < openSizeLevel) {
			r.problem(l, name, "open size needs a functionality level of at least %d", openSizeLevel)
			return
		}
	} else if h.Size, ok = number(size); !ok || h.Size == 0 || h.Size == 1<<32-1 {
		r.problem(l, name, "invalid size %q", size)
		return
	}
	sum := fields[at]
	switch len(sum) {
	case 32:
		h.Kind = MD5
	case 40:
		h.Kind = SHA1
	case 64:
		h.Kind = SHA256
	default:
		r.problem(l, name, "hash of %d digits", len(sum))
		return
	}
	if !hexInto(h.Sum[:h.Kind.Size()], sum) {
		r.problem(l, name, "hash is not hexadecimal")
		return
	}
	if name == "" {
		r.problem(l, name, "no name")
		return
	}
	*to = append(*to, h)
}

// split cuts s at colons into at most len(to) fields, the last of which may still
// hold some, and gives their number.
func split(s string, to []string) int {
	for n := range to {
		i := strings.IndexByte(s, ':')
		if i < 0 || n == len(to)-1 {
			to[n] = s
			return n + 1
		}
		to[n], s = s[:i], s[i+1:]
	}
	return 0
}
