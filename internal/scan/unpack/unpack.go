// Package unpack finds what a content carries inside: the members of archives,
// the attachments of mail, the streams of documents, macros, and text that is
// encoded in text. Each part is handed over so that it can be matched like a
// content of its own, and is looked into in turn.
//
// What a content is its bytes say; a name only decides where bytes cannot.
// Every input is taken for hostile: one budget holds for all that comes out of
// one content, and a parser or a library that panics ends the container it was
// reading, no more. What was not looked at is told as a Gap, so that it is
// never taken for clean.
package unpack

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"
)

// Limits bound the work on one top-level content. Zero means the default.
type Limits struct {
	Bytes   int64         // sum of all parts and of what decoding them took, in bytes: 400 MiB
	Part    int64         // largest part, in bytes: 100 MiB; of a larger one the beginning is shown
	Window  int64         // sum of the dictionaries of decoders at work, in bytes: 64 MiB
	Depth   int           // how deep a part may lie: 16
	Entries int           // parts, empty ones and folders included: 10,000
	Time    time.Duration // 30 s; looked at between blocks and entries
}

// Options of an Unpacker. The zero value is usable.
type Options struct {
	Limits    Limits
	Passwords []string         // tried in this order on what is encrypted
	Now       func() time.Time // time.Now if nil
}

// version is of what is found inside. It changes where other parts are found, or a name
// has a say that had none.
const version = 3

// Name names all that decides what is found inside.
func (o Options) Name() string {
	h := sha256.New()
	fmt.Fprintf(h, "%d %+v %q", version, o.Limits.orDefault(), o.Passwords)
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// ByName tells whether a name has a say in what a content is opened as.
func ByName(name string) bool { return hasSuffix(name, ".br") }

// Part is something that lies inside a content.
type Part struct {
	Path string // its place; see Join
	Kind string // what carried it: "zip", "mail", "base64"; one of the names that Kind gives, or of an encoding
	Data []byte // only valid until the callback returns; not to be changed

	// Within is the outermost place that holds the part as it is, so that what is
	// found in the part is found there too: "" for the content itself, and Path
	// for a part that was decoded.
	Within string
}

// Reason says why something was not looked at.
type Reason string

// The reasons there are.
const (
	Bytes       Reason = "bytes"       // Limits.Bytes; nothing after this place was looked at
	Entries     Reason = "entries"     // Limits.Entries; nothing after this place was looked at
	Time        Reason = "time"        // Limits.Time; nothing after this place was looked at
	Large       Reason = "part"        // Limits.Part; only the beginning was looked at
	Depth       Reason = "depth"       // Limits.Depth; the container was not opened
	Window      Reason = "window"      // Limits.Window; the container or member was not opened
	Encrypted   Reason = "encrypted"   // no password fits
	Damaged     Reason = "damaged"     // the rest of the container or member cannot be read
	Unsupported Reason = "unsupported" // a method or dialect that is not known
)

// Gap is something that was not looked at, or not to its end.
type Gap struct {
	Path   string // of the container or part, "" for the content itself
	Kind   string // as what it was read
	Reason Reason
	Detail string // for people
}

// Unpacker looks into contents, one after another, reusing its memory. One
// goroutine at a time may use it.
//
// It holds the parts of one chain from the content to the innermost part: at
// most twice Limits.Bytes, in practice as much as the largest members that lie
// in one another, and Limits.Window beside it. Decoders of fixed size (some
// 256 MiB for one method of RAR, 100 MiB for the largest headers of 7z, below
// 20 MiB for all others) come on top.
type Unpacker struct {
	limits    Limits
	passwords []string
	now       func() time.Time
	buffers   [][]byte // by depth
	decoders  decoders
}

// New makes an Unpacker.
func New(o Options) *Unpacker {
	u := &Unpacker{limits: o.Limits.orDefault(), passwords: o.Passwords, now: o.Now}
	if u.now == nil {
		u.now = time.Now
	}
	u.buffers = make([][]byte, u.limits.Depth+2)
	return u
}

// Unpack hands every part of a content to visit, a container before what lies
// in it, in the order in which they lie there: the same content always gives
// the same parts. It does not hand over the content itself.
//
// The gaps tell what was not looked at. The error is that of visit, which ends
// everything at once, or that of the context.
func (u *Unpacker) Unpack(ctx context.Context, name string, content []byte, visit func(Part) error) ([]Gap, error) {
	w := &walk{
		Unpacker: u, ctx: ctx, visit: visit, deadline: u.now().Add(u.limits.Time),
		bytes: u.limits.Bytes, entries: u.limits.Entries, window: u.limits.Window,
	}
	defer u.trim()
	w.open(place{name: name}, content)
	return w.gaps, w.err
}

// kept is how much of a buffer stays between contents.
const kept = 4 << 20

func (u *Unpacker) trim() {
	for i := range u.buffers {
		if cap(u.buffers[i]) > kept {
			u.buffers[i] = nil
		}
	}
}

func (l Limits) orDefault() Limits {
	if l.Bytes <= 0 {
		l.Bytes = 400 << 20
	}
	if l.Part <= 0 {
		l.Part = 100 << 20
	}
	if l.Window <= 0 {
		l.Window = 64 << 20
	}
	if l.Depth <= 0 {
		l.Depth = 16
	}
	if l.Entries <= 0 {
		l.Entries = 10_000
	}
	if l.Time <= 0 {
		l.Time = 30 * time.Second
	}
	return l
}
