package clamav

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// Info is the header of a container.
type Info struct {
	File               string
	Created            string // as written: "22 Nov 2026 03:04 -0500"
	Version            uint32
	Signatures         uint32
	FunctionalityLevel uint32
	Builder            string
	Time               time.Time // of creation; zero in old files
	Signed             bool      // a signature was checked and is good
}

const (
	headerSize      = 512
	headerMagic     = "ClamAV-VDB:"
	maxMembers      = 4096
	defaultUnpacked = 2 << 30
)

// header is a parsed header with what verifies it.
type header struct {
	Info
	sum, signature string
}

// member is a file in a container.
type member struct {
	name string
	text string
}

// readContainer reads a .cvd, .cld or .cud.
//
// A .cvd must have the MD5 that its header says, and a header signature of
// it. A .cvd and a .cld must have a table of contents with a good signature; a
// .cud needs none. In each, the table must agree with the header, and every
// database inside must be in the table with the right size and digest. If
// anything fails nothing is read.
func (r *reader) readContainer(name, ext string, src []byte) {
	fail := func(err error) {
		r.problems = append(r.problems, Problem{File: name, Reason: err.Error()})
	}
	keys := r.o.Keys
	if keys == nil {
		keys = ClamAVKeys()
	}
	h, err := parseContainerHeader(src)
	if err != nil {
		fail(err)
		return
	}
	payload := src[headerSize:]
	if ext == ".cvd" {
		if err := h.verify(payload, keys.Header); err != nil {
			fail(err)
			return
		}
	}
	members, err := unpack(payload, r.o.MaxUnpacked)
	if err != nil {
		fail(err)
		return
	}
	if err := verifyMembers(h, members, ext != ".cud", keys.Info); err != nil {
		fail(err)
		return
	}
	h.File, h.Signed = name, ext != ".cud"
	r.db.Info = append(r.db.Info, h.Info)
	for _, m := range members {
		switch e := extension(m.name); {
		case e == ".info":
		case containers[e]:
			r.problems = append(r.problems, Problem{File: name + "/" + m.name, Reason: "container inside a container"})
		default:
			r.readFile(&Origin{File: name + "/" + m.name, Official: h.Signed}, m.name, m.text)
		}
	}
}

func parseContainerHeader(src []byte) (*header, error) {
	if len(src) < headerSize {
		return nil, errors.New("container is shorter than its header")
	}
	text := string(src[:headerSize])
	if i := strings.IndexAny(text, "\r\n\x00"); i >= 0 {
		text = text[:i]
	}
	return parseHeader(strings.TrimRight(text, " "))
}

// parseHeader reads
// "ClamAV-VDB:time:version:signatures:level:md5:signature:builder[:seconds]".
func parseHeader(text string) (*header, error) {
	if !strings.HasPrefix(text, headerMagic) {
		return nil, errors.New("not a ClamAV container")
	}
	fields := strings.Split(text, ":")
	if len(fields) < 8 {
		return nil, errors.New("incomplete container header")
	}
	h := &header{sum: fields[5], signature: fields[6]}
	h.Created, h.Builder = fields[1], fields[7]
	for _, f := range []struct {
		to   *uint32
		text string
	}{{&h.Version, fields[2]}, {&h.Signatures, fields[3]}, {&h.FunctionalityLevel, fields[4]}} {
		var ok bool
		if *f.to, _, ok = leading(f.text); !ok {
			return nil, errors.New("malformed number in the container header")
		}
	}
	if len(fields) > 8 {
		if n, _, ok := leading(fields[8]); ok {
			h.Time = time.Unix(int64(n), 0).UTC()
		}
	}
	return h, nil
}

// verify checks the digest of the payload and the signature of the digest.
func (h *header) verify(payload []byte, k Key) error {
	sum := md5.Sum(payload)
	if !strings.EqualFold(h.sum, hex.EncodeToString(sum[:])) {
		return errors.New("MD5 of the container is not that of its header")
	}
	return k.verifySum(sum[:], h.signature)
}

// unpack reads the archive after the header: plain if it begins with its
// licence, else compressed.
func unpack(payload []byte, limit int64) ([]member, error) {
	if limit <= 0 {
		limit = defaultUnpacked
	}
	var in io.Reader = bytes.NewReader(payload)
	if !bytes.HasPrefix(payload, []byte("COPYING")) {
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, fmt.Errorf("container: %w", err)
		}
		in = z
	}
	budget := &io.LimitedReader{R: in, N: limit}
	t := tar.NewReader(budget)
	var members []member
	for {
		h, err := t.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, unpackError(err, budget)
		}
		if h.Typeflag != tar.TypeReg || strings.ContainsRune(h.Name, '/') {
			return nil, fmt.Errorf("container member %q is not a plain file", h.Name)
		}
		if len(members) == maxMembers {
			return nil, fmt.Errorf("container of more than %d members", maxMembers)
		}
		if !Known(h.Name) && extension(h.Name) != ".yar" && extension(h.Name) != ".yara" {
			continue
		}
		text, err := readMember(t, min(h.Size, budget.N))
		if err != nil {
			return nil, unpackError(err, budget)
		}
		if int64(len(text)) != h.Size {
			return nil, unpackError(io.ErrUnexpectedEOF, budget)
		}
		members = append(members, member{h.Name, text})
	}
	return members, nil
}

// readMember reads up to size bytes without believing that they are there.
func readMember(in io.Reader, size int64) (string, error) {
	var b strings.Builder
	b.Grow(int(min(size, 1<<20)))
	_, err := io.Copy(&b, in)
	return b.String(), err
}

func unpackError(err error, budget *io.LimitedReader) error {
	if budget.N <= 0 {
		return errors.New("container unpacks to more than the limit")
	}
	return fmt.Errorf("container: %w", err)
}

// verifyMembers checks the members against the table of contents.
func verifyMembers(h *header, members []member, signed bool, k Key) error {
	var table *contents
	for _, m := range members {
		if extension(m.name) != ".info" {
			continue
		}
		t, err := parseContents(m.text, signed, k)
		if err != nil {
			return err
		}
		table = t
		break
	}
	if table == nil {
		return errors.New("container has no table of contents")
	}
	i := table.header
	if i.Version != h.Version || i.Signatures != h.Signatures || i.FunctionalityLevel != h.FunctionalityLevel || !i.Time.Equal(h.Time) {
		return errors.New("header of the container is not that of its table of contents")
	}
	for _, m := range members {
		if extension(m.name) == ".info" {
			continue
		}
		e, ok := table.entries[m.name]
		if !ok {
			return fmt.Errorf("container member %q is not in the table of contents", m.name)
		}
		if e.size != uint32(len(m.text)) || e.sum != sha256.Sum256([]byte(m.text)) {
			return fmt.Errorf("container member %q is not what the table of contents says", m.name)
		}
	}
	return nil
}

// contents is the table of contents: a member named .info.
type contents struct {
	header  *header
	entries map[string]entry
}

type entry struct {
	size uint32
	sum  [sha256.Size]byte
}

// parseContents reads the container's header, lines "name:size:sha256" and
// "DSIG:signature", which covers what precedes it.
func parseContents(text string, signed bool, k Key) (*contents, error) {
	t := &contents{entries: map[string]entry{}}
	sum := sha256.New()
	good := false
	for text != "" {
		line, rest, _ := strings.Cut(text, "\n")
		text = rest
		if sig, ok := strings.CutPrefix(line, "DSIG:"); ok && signed {
			if err := k.verifyPSS([sha256.Size]byte(sum.Sum(nil)), strings.TrimRight(sig, "\r")); err != nil {
				return nil, err
			}
			good = true
			break
		}
		sum.Write([]byte(line + "\n"))
		if err := t.line(strings.TrimRight(line, "\r")); err != nil {
			return nil, err
		}
	}
	if signed && !good {
		return nil, errors.New("table of contents is not signed")
	}
	if t.header == nil {
		return nil, errors.New("table of contents has no header")
	}
	return t, nil
}

func (t *contents) line(line string) (err error) {
	if strings.HasPrefix(line, headerMagic) {
		if t.header != nil {
			return errors.New("table of contents has two headers")
		}
		t.header, err = parseHeader(line)
		return err
	}
	if strings.HasPrefix(line, "DSIG:") { // of a container that needs none
		return nil
	}
	fields := strings.Split(line, ":")
	if t.header == nil || len(fields) != 3 || len(fields[2]) != 2*sha256.Size {
		return errors.New("malformed table of contents")
	}
	var e entry
	var ok bool
	if e.size, ok = number(fields[1]); !ok || !hexInto(e.sum[:], fields[2]) {
		return errors.New("malformed table of contents")
	}
	t.entries[fields[0]] = e
	return nil
}
