package unpack

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"

	"github.com/nwaples/rardecode/v2"
)

// openRAR reads archives of RAR 1.5 to 7 of one volume. With each password in
// turn, after none, as long as members remain that are encrypted and none was
// opened.
func openRAR(w *walk, at place, content []byte) error {
	window := w.window
	if err := w.reserve(window); err != nil {
		return err
	}
	passwords := w.passwords
	if rarPower(content) > rarMostPower {
		passwords = nil
	}
	var err error
	for i := -1; i < len(passwords); i++ {
		o := []rardecode.Option{rardecode.MaxDictionarySize(window)}
		if i >= 0 {
			o = append(o, rardecode.Password(passwords[i]))
		}
		var shown bool
		if shown, err = w.rar(at, content, o); shown || !isRarLocked(err) {
			return err
		}
	}
	if len(passwords) < len(w.passwords) {
		return encrypted("keys that take too long to derive")
	}
	return encrypted("no password fits")
}

// rarMostPower is the exponent of the most rounds that are made for a key, since
// nothing stops the library that makes them; RAR itself makes 1<<15.
const rarMostPower = 18

// rarPower gives the exponent of the most rounds that a key of an archive of
// version 5 takes (RAR 5.0 archive format, "Archive encryption header" and "File
// encryption record").
func rarPower(content []byte) int {
	if !bytes.HasPrefix(content, []byte("Rar!\x1a\x07\x01\x00")) {
		return 0
	}
	most := 0
	for p := 8; p+4 < len(content); {
		size, n := binary.Uvarint(content[p+4:])
		p += 4 + max(n, 0)
		if n <= 0 || size == 0 || size > uint64(len(content)-p) {
			break
		}
		h := varints{content[p:][:size]}
		kind, flags := h.number(), h.number()
		extra, data := uint64(0), uint64(0)
		if flags&1 != 0 {
			extra = h.number()
		}
		if flags&2 != 0 {
			data = h.number()
		}
		if kind == 4 { // all that follows is encrypted
			return max(most, h.power())
		}
		p += int(size)
		if extra <= size {
			most = max(most, rarExtraPower(content[p-int(extra):p]))
		}
		if data > uint64(len(content)-p) {
			break
		}
		p += int(data)
	}
	return most
}

// rarExtraPower looks for the records of encryption in the extra area of a
// header.
func rarExtraPower(extra []byte) int {
	most := 0
	for h := (varints{extra}); len(h.b) > 0; {
		size := h.number()
		if size > uint64(len(h.b)) {
			break
		}
		record := varints{h.b[:size]}
		h.b = h.b[size:]
		if record.number() == 1 {
			most = max(most, record.power())
		}
	}
	return most
}

// varints reads numbers of seven bits a byte, the lowest first.
type varints struct{ b []byte }

func (h *varints) number() uint64 {
	v, n := binary.Uvarint(h.b)
	if n <= 0 {
		h.b = nil
		return 0
	}
	h.b = h.b[n:]
	return v
}

// power reads the exponent behind the version and the flags of encryption.
func (h *varints) power() int {
	h.number()
	h.number()
	if len(h.b) == 0 {
		return 0
	}
	return int(h.b[0])
}

func isRarLocked(err error) bool {
	return errors.Is(err, rardecode.ErrArchiveEncrypted) || errors.Is(err, rardecode.ErrArchivedFileEncrypted) || errors.Is(err, rardecode.ErrBadPassword)
}

// rar reads an archive once. It tells whether any member was shown.
func (w *walk) rar(at place, content []byte, o []rardecode.Option) (shown bool, err error) {
	r, err := rardecode.NewReader(bytes.NewReader(content), o...)
	if err != nil {
		return false, rarError(err)
	}
	for {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return shown, nil
		}
		if err != nil {
			return shown, rarError(err)
		}
		if h.IsDir || h.LinkType != 0 && h.PackedSize == 0 { // a link, or a copy of another member
			if err := w.pass(at); err != nil {
				return shown, err
			}
			continue
		}
		inner, err := w.enter(at, "rar", h.Name)
		if err != nil {
			return shown, err
		}
		if !h.Encrypted && !h.Solid && h.PackedSize == h.UnPackedSize { // stored
			inner = inner.lies(at)
		}
		data, err := w.read(inner, r)
		if len(data) == 0 && isRarLocked(err) {
			if !shown {
				return false, err
			}
			err = encrypted(err.Error())
		}
		w.gap(inner, "rar", rarError(err))
		shown = true
		if err := w.show(inner, data); err != nil {
			return shown, err
		}
		if err := w.drain(inner, r); errors.Is(err, errStop) {
			return shown, err
		}
	}
}

func rarError(err error) error {
	switch {
	case errors.Is(err, rardecode.ErrDictionaryTooLarge):
		return &fault{Window, err.Error()}
	case errors.Is(err, rardecode.ErrMultiVolume), errors.Is(err, rardecode.ErrUnknownVersion):
		return unsupported(err.Error())
	}
	return err
}
