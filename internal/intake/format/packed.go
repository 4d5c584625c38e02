package format

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

// ErrTooLarge is of files that hold more than may be read.
var ErrTooLarge = errors.New("too large")

// Bounds of packed files.
const (
	MostPacked   = 64 << 20 // bytes of a zip, which is read into memory
	MostUnpacked = 1 << 30  // bytes of all that a file holds, if nothing else is told
	MostOfMail   = 64 << 20 // bytes that are unpacked of all parts of a mail
	MostRatio    = 200      // how many times larger a part may be than it is packed
	mostMembers  = 100      // files in a zip
	mostNested   = 2        // a gzip in a zip, and no deeper
)

// Contents hands over what f holds, in order: f itself if it is not packed, else
// each file in it (gzip, zip, one in the other). Names are without folders. It
// stops at the first error of each, and gives it back. Other errors say what
// cannot be unpacked; ErrTooLarge is of what exceeds the bounds.
func (f File) Contents(each func(File) error) error {
	left := f.Unpacked
	if left == nil {
		left = new(int64(MostUnpacked))
	}
	return f.contents(each, left, 0)
}

func (f File) contents(each func(File) error, left *int64, depth int) error {
	start, _ := f.Body.Peek(4)
	kind := packing(start)
	if kind == "" {
		return each(f)
	}
	if depth == mostNested {
		return fmt.Errorf("%.100q is packed more than %d times: %w", f.Name, mostNested, ErrTooLarge)
	}
	if kind == "zip" {
		return f.members(each, left, depth)
	}
	z, err := gzip.NewReader(f.Body)
	if err != nil {
		return fmt.Errorf("unpack %.100q: %w", f.Name, err)
	}
	return NewFile(unpackedName(f.Name), "", &bounded{r: z, name: f.Name, left: left}).contents(each, left, depth+1)
}

func (f File) members(each func(File) error, left *int64, depth int) error {
	body, err := io.ReadAll(io.LimitReader(f.Body, MostPacked+1))
	if err != nil {
		return err
	}
	if len(body) > MostPacked {
		return fmt.Errorf("%.100q is a zip of more than %d bytes: %w", f.Name, MostPacked, ErrTooLarge)
	}
	z, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		return fmt.Errorf("unpack %.100q: %w", f.Name, err)
	}
	if len(z.File) > mostMembers {
		return fmt.Errorf("%.100q holds more than %d files: %w", f.Name, mostMembers, ErrTooLarge)
	}
	for _, m := range z.File {
		if m.FileInfo().IsDir() || strings.HasPrefix(m.Name, "__MACOSX/") {
			continue
		}
		if err := f.member(m, each, left, depth); err != nil {
			return err
		}
	}
	return nil
}

func (f File) member(m *zip.File, each func(File) error, left *int64, depth int) error {
	const encrypted = 1
	if m.Flags&encrypted != 0 {
		return fmt.Errorf("unpack %.100q: %.100q is encrypted", f.Name, m.Name)
	}
	r, err := m.Open()
	if err != nil {
		return fmt.Errorf("unpack %.100q: %w", f.Name, err)
	}
	defer r.Close()
	return NewFile(path.Base(m.Name), "", &bounded{r: r, name: f.Name, left: left}).contents(each, left, depth+1)
}

// Inside is the name and the beginning of what f holds, as Contents would hand
// over first: at most Beginning bytes of it, fewer where it is packed. Nothing is
// read of f.
func (f File) Inside() (name string, start []byte) {
	name, start = f.Name, f.Start()
	for range mostNested {
		var r io.Reader
		switch packing(start) {
		case "gzip":
			z, err := gzip.NewReader(bytes.NewReader(start))
			if err != nil {
				return name, nil
			}
			name, r = unpackedName(name), z
		case "zip":
			var inner string
			if inner, r = firstMember(start); r == nil {
				return name, nil
			}
			name = path.Base(inner)
		default:
			return name, start
		}
		start, _ = io.ReadAll(io.LimitReader(r, Beginning)) // the end is cut off
	}
	return name, start
}

// firstMember reads the local header of the first file of a zip (APPNOTE 4.3.7)
// that is no folder.
func firstMember(zipped []byte) (name string, content io.Reader) {
	const header, deflated = 30, 8
	for len(zipped) > header && packing(zipped) == "zip" {
		size := int(binary.LittleEndian.Uint16(zipped[26:]))
		begin := header + size + int(binary.LittleEndian.Uint16(zipped[28:]))
		if begin > len(zipped) {
			return "", nil
		}
		name, content := string(zipped[header:header+size]), zipped[begin:]
		if strings.HasSuffix(name, "/") {
			zipped = content
			continue
		}
		switch binary.LittleEndian.Uint16(zipped[8:]) {
		case 0:
			return name, bytes.NewReader(content)
		case deflated:
			return name, flate.NewReader(bytes.NewReader(content))
		}
		return "", nil
	}
	return "", nil
}

func packing(start []byte) string {
	switch {
	case bytes.HasPrefix(start, []byte("\x1f\x8b")):
		return "gzip"
	case bytes.HasPrefix(start, []byte("PK\x03\x04")):
		return "zip"
	}
	return ""
}

func unpackedName(name string) string {
	if ext := path.Ext(name); strings.EqualFold(ext, ".gz") || strings.EqualFold(ext, ".gzip") {
		return strings.TrimSuffix(name, ext)
	}
	return name
}

// bounded fails once more was read than is left.
type bounded struct {
	r    io.Reader
	name string
	left *int64
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if *b.left -= int64(n); *b.left < 0 {
		return 0, fmt.Errorf("%.100q holds more than may be unpacked of it: %w", b.name, ErrTooLarge)
	}
	if err != nil && err != io.EOF {
		err = fmt.Errorf("unpack %.100q: %w", b.name, err)
	}
	return n, err
}
