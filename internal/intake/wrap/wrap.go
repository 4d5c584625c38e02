// Package wrap opens what reports are wrapped in: archives, signatures and
// encryption.
package wrap

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"

	"candor/internal/intake/message"
)

// What wraps.
const (
	Zip            = "zip"
	Gzip           = "gzip"
	SMIMESigned    = "smime-signed"
	SMIMEEncrypted = "smime-encrypted"
	PGPSigned      = "pgp-signed"
	PGPEncrypted   = "pgp-encrypted"
)

// Signature is what was found of a signature.
type Signature string

// The findings.
const (
	Valid     Signature = "valid"     // of a signer that is trusted
	Untrusted Signature = "untrusted" // of what is there, by a signer that nobody vouches for
	Unknown   Signature = "unknown"   // there is no key to check it with
	Bad       Signature = "bad"       // not of what is there
)

// Note tells of one thing that was opened, or was not.
type Note struct {
	What      string
	Name      string // of the file; empty if it has none
	Signer    string // mail address, or name, that the signature tells
	Signature Signature
	// Problem says why it is not open, or not in whole. Then a person has to look.
	Problem string
}

// Limits bound what is opened. Zero stands for the default of that field.
type Limits struct {
	Files int   // of all archives; 1000
	Bytes int64 // of all that is opened; 128 MiB
	Depth int   // of wraps in wraps; 5
	Ratio int64 // how many times larger a file may be than it is packed; 200
	// Message bounds the mail, and each mail in it; message.DefaultLimits.
	Message message.Limits
}

// Identity opens what was encrypted for it (S/MIME).
type Identity struct {
	Certificate *x509.Certificate
	Key         crypto.Decrypter // RSA
}

// Options are what there is to open and to check with.
type Options struct {
	// Passwords are tried on archives; nil for those that samples are packed with.
	Passwords  []string
	Roots      *x509.CertPool // whom signatures (S/MIME) are trusted by; nil for nobody
	Identities []Identity
	// Keys are of PGP: private ones, unlocked, to open with, and public ones, which
	// are trusted, to check with.
	Keys   openpgp.EntityList
	Limits Limits
	Now    func() time.Time
}

// Opener opens mails. It is safe for concurrent use.
type Opener struct{ o Options }

// New gives an Opener.
func New(o Options) *Opener {
	if o.Passwords == nil {
		o.Passwords = []string{"infected", "virus", "malware", "abuse"}
	}
	l := &o.Limits
	if l.Files <= 0 {
		l.Files = 1000
	}
	if l.Bytes <= 0 {
		l.Bytes = 128 << 20
	}
	if l.Depth <= 0 {
		l.Depth = 5
	}
	if l.Ratio <= 0 {
		l.Ratio = 200
	}
	if l.Message == (message.Limits{}) {
		l.Message = message.DefaultLimits()
	}
	return &Opener{o: o}
}

// Open takes a mail apart as message.Read does, and opens what wraps its parts:
// what was in a wrap stands where it was. What cannot be opened stays, and a note
// tells why. The errors are those of message.Read.
func (o *Opener) Open(r io.Reader) (*message.Message, []Note, error) {
	raw, err := io.ReadAll(io.LimitReader(r, o.o.Limits.Message.Bytes+1))
	if err != nil {
		return nil, nil, err
	}
	m, err := message.Read(bytes.NewReader(raw), o.o.Limits.Message)
	if err != nil {
		return nil, nil, err
	}
	w := &work{o: o.o, files: o.o.Limits.Files, left: o.o.Limits.Bytes}
	w.signatures(raw, 0)
	w.message(m, 0)
	m.Truncated = m.Truncated || w.truncated
	return m, w.notes, nil
}

// work is the opening of one mail.
type work struct {
	o     Options
	files int
	left  int64
	notes []Note
	// truncated tells that something of what was opened was left out.
	truncated bool
}

// mostNotes bounds what is told.
const mostNotes = 200

func (w *work) note(n Note) {
	if len(w.notes) < mostNotes {
		w.notes = append(w.notes, n)
	}
}

func (w *work) message(m *message.Message, depth int) {
	var parts []message.Part
	for i := range m.Parts {
		p := m.Parts[i]
		if p.Message != nil {
			w.message(p.Message, depth)
		}
		opened, problems := w.part(p, depth)
		parts = append(parts, opened...)
		m.Problems = append(m.Problems, problems...)
	}
	m.Parts = parts
}

// part gives what is in a part; the part itself if it wraps nothing, or cannot
// be opened.
func (w *work) part(p message.Part, depth int) ([]message.Part, []string) {
	what, open := w.opener(p)
	if open == nil {
		return []message.Part{p}, nil
	}
	note := Note{What: what, Name: p.Name}
	if depth >= w.o.Limits.Depth {
		note.Problem = fmt.Sprintf("it lies more than %d deep in others", w.o.Limits.Depth)
		w.note(note)
		return []message.Part{p}, nil
	}
	var found *content
	err := guarded(func() (err error) {
		found, err = open(p, &note)
		return err
	})
	if err != nil {
		note.Problem = err.Error()
	}
	w.note(note)
	if found == nil {
		return []message.Part{p}, nil
	}
	inner := found.message(w, depth)
	if err != nil {
		inner.Parts = append(inner.Parts, p) // the rest of it is still in there
	}
	return inner.Parts, inner.Problems
}

// guarded makes errors of the panics of those who parse what strangers send.
func guarded(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("it is broken: %v", r)
		}
	}()
	return f()
}

// content is what was in a wrap: a piece of a mail, or files.
type content struct {
	entity []byte
	files  []file
}

type file struct {
	name, mediaType string
	bytes           []byte
}

// message makes a mail of it, opened in turn.
func (c *content) message(w *work, depth int) *message.Message {
	m := &message.Message{}
	if c.entity != nil {
		inner, err := message.Read(bytes.NewReader(c.entity), w.o.Limits.Message)
		if err == nil {
			w.signatures(c.entity, 0)
			m = inner
		} else {
			c.files = append(c.files, file{mediaType: "text/plain", bytes: c.entity})
		}
	}
	for _, f := range c.files {
		one := message.NewPart(f.name, f.mediaType, f.bytes, w.o.Limits.Message)
		m.Problems, m.Truncated = append(m.Problems, one.Problems...), m.Truncated || one.Truncated
		for _, p := range one.Parts {
			p.Inline = f.name == ""
			m.Parts = append(m.Parts, p)
		}
	}
	w.message(m, depth+1)
	w.truncated = w.truncated || m.Truncated
	return m
}

var (
	errLarge    = errors.New("it holds more than is opened")
	errFiles    = errors.New("it holds more files than are opened")
	errPassword = errors.New("no password that is known opens it")
	errKey      = errors.New("it is encrypted for a key that is not here")
)

// read reads what was packed in so many bytes.
func (w *work) read(r io.Reader, packed int64) ([]byte, error) {
	most := min(w.left, packed*w.o.Limits.Ratio+64<<10)
	data, err := io.ReadAll(io.LimitReader(r, most+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > most {
		return nil, errLarge
	}
	w.left -= int64(len(data))
	return data, nil
}
