package icap

import (
	"errors"
	"fmt"
	"mime"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"candor"
	"candor/internal/scan/front"
)

// verdict is what a look at a body gave.
type verdict struct {
	findings []candor.Finding
	unseen   string // why it was not looked at as a whole; empty if it was
	tag      string // ISTag of what it rests on
}

// judge looks at a body in all its forms. Whatever goes wrong is a reason why
// it was not looked at as a whole.
func (s *Server) judge(from Source, r *request, content []byte, tooLarge bool) (v verdict) {
	one, err := s.lookers.Take(s.door.Context())
	if err != nil {
		s.o.Log.Warn("icap: a body was not looked at", "error", err)
		return verdict{unseen: "there are no definitions", tag: s.tag()}
	}
	defer s.lookers.Give(one)
	v.tag = s.tagOf(one.Generation)
	if tooLarge {
		v.unseen = fmt.Sprintf("larger than %d bytes", s.o.MaxStream)
	}
	l := look{looker: one, most: s.o.MaxStream, name: from.URL}
	if l.name == "" {
		l.name = "body"
	}
	err = l.body(r.entity(), content)
	var undecoded *encodingError
	switch v.findings = l.findings; {
	case len(v.findings) > 0:
		s.o.Found(from, v.findings)
	case err == nil || v.unseen != "":
	case errors.As(err, &undecoded):
		v.unseen = undecoded.text
	default:
		s.o.Log.Warn("icap: a body was not looked at as a whole", "error", err)
		v.unseen = "the scan failed"
	}
	return v
}

// look is one look at a body.
type look struct {
	looker   *front.Looker
	most     int64 // that it may be decoded to, in bytes
	name     string
	findings []candor.Finding
}

// body looks at the form that says most first: files of an upload, then the
// decoded body, then the body as it came; and ends with the first that has
// findings. Errors are those of forms that could not be looked at.
func (l *look) body(h *head, content []byte) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errors.Join(err, fmt.Errorf("panic: %v\n%s", r, debug.Stack()))
		}
	}()
	// The file behind a mapping may fail to be read.
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	if h == nil {
		return l.at(l.name, content)
	}
	encodings := codings(h)
	if len(encodings) == 0 || len(content) == 0 {
		return l.plain(h, content)
	}
	decoded := front.NewHold()
	defer decoded.Free()
	err = decode(decoded, content, encodings, l.most)
	plain, fail := decoded.Content()
	if fail != nil {
		return errors.Join(err, fail)
	}
	if err = errors.Join(err, l.plain(h, plain)); len(l.findings) > 0 {
		return err
	}
	return errors.Join(err, l.at(l.name, content))
}

// plain looks at a decoded body, after the files that it may hold.
func (l *look) plain(h *head, content []byte) (err error) {
	kind, parameters, bad := mime.ParseMediaType(h.first("Content-Type"))
	if bad == nil && kind == "multipart/form-data" && parameters["boundary"] != "" {
		for part := range files(content, parameters["boundary"]) {
			err = errors.Join(err, l.at(l.name+"!/"+part.name, part.content))
			if len(l.findings) > 0 {
				return err
			}
		}
	}
	return errors.Join(err, l.at(l.name, content))
}

func (l *look) at(path string, content []byte) error {
	found, err := l.looker.Look(path, content, 0)
	l.findings = append(l.findings, slices.DeleteFunc(found, candor.Finding.IsUnread)...)
	return err
}

// base is the last part of a file's name as a client gives it, of whatever
// system.
func base(name string) string {
	name = filepath.Base(strings.ReplaceAll(name, `\`, "/"))
	if name == "." || name == "/" {
		return "file"
	}
	return name
}
