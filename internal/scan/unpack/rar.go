package unpack

import (
	"bytes"
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
	var err error
	for i := -1; i < len(w.passwords); i++ {
		o := []rardecode.Option{rardecode.MaxDictionarySize(window)}
		if i >= 0 {
			o = append(o, rardecode.Password(w.passwords[i]))
		}
		var shown bool
		if shown, err = w.rar(at, content, o); shown || !isRarLocked(err) {
			return err
		}
	}
	return encrypted("no password fits")
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
		if h.IsDir {
			if err := w.pass(at); err != nil {
				return shown, err
			}
			continue
		}
		inner, err := w.enter(at, "rar", h.Name)
		if err != nil {
			return shown, err
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
