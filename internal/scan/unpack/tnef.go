package unpack

import (
	"fmt"
	"strings"
)

// The attributes of a TNEF stream ([MS-OXTNEF] 2.1.3) that are read.
const (
	tnefBody       = 0x800c
	tnefProperties = 0x9003
	tnefRendering  = 0x9002 // begins an attachment
	tnefTitle      = 0x8010
	tnefData       = 0x800f
	tnefAttachment = 0x9005 // the properties of an attachment
)

// tnefWalk is the way through one stream.
type tnefWalk struct {
	w      *walk
	at     place
	number int // of the attachment
	title  string
	datas  [][]byte // of the attachment
}

// openTNEF reads what Outlook packs mail in, "winmail.dat": a message with its
// body and its attachments.
func openTNEF(w *walk, at place, content []byte) error {
	t := &tnefWalk{w: w, at: at}
	c := cursor{b: content}
	c.take(6) // signature, key
	for len(c.b) > 0 && !c.short {
		if err := w.pass(at); err != nil {
			return err
		}
		c.take(1) // level
		id := c.uint16()
		c.uint16() // type
		n := c.uint32()
		if c.short {
			break
		}
		cut := int64(n) > int64(len(c.b))
		data := c.take(min(n, uint32(len(c.b))))
		c.uint16() // checksum
		if err := t.attribute(id, data); err != nil {
			return err
		}
		if cut {
			break
		}
	}
	if err := t.flush(); err != nil {
		return err
	}
	if c.short {
		return damaged("the stream ends early")
	}
	return nil
}

// attribute reads one attribute.
func (t *tnefWalk) attribute(id uint16, data []byte) error {
	switch id {
	case tnefBody:
		return t.w.slice(t.at, "tnef", "body", data)
	case tnefRendering:
		return t.flush()
	case tnefTitle:
		t.title = text(data)
	case tnefData:
		t.datas = append(t.datas, data)
	case tnefProperties:
		return t.properties(data, false)
	case tnefAttachment:
		return t.properties(data, true)
	}
	return nil
}

// flush hands over an attachment once all that is said of it was read: its
// name may come behind its data.
func (t *tnefWalk) flush() error {
	datas, title := t.datas, t.title
	t.datas, t.title = nil, ""
	for _, data := range datas {
		t.number++
		name := title
		if name == "" {
			name = fmt.Sprintf("attachment-%d", t.number)
		}
		if err := t.w.slice(t.at, "tnef", name, data); err != nil {
			return err
		}
	}
	return nil
}

// The properties that are read ([MS-OXPROPS]).
const (
	mapiRTF      = 0x1009
	mapiHTML     = 0x1013
	mapiObject   = 0x3701 // an attachment's data: a message or a compound file
	mapiLongName = 0x3707
)

// properties reads a list of MAPI properties ([MS-OXTNEF] 2.1.3.4).
func (t *tnefWalk) properties(data []byte, attachment bool) error {
	c := mapiCursor{cursor{b: data}}
	for n := c.uint32(); n > 0 && !c.short; n-- {
		p := c.property()
		if c.short && len(p.values) == 0 {
			break
		}
		for _, v := range p.values {
			if err := t.property(p, v, attachment); err != nil {
				return err
			}
		}
	}
	if c.short {
		t.w.gap(t.at, "tnef", damaged("a list of properties ends early"))
	}
	return nil
}

// property hands over a body, or keeps what is said of an attachment.
func (t *tnefWalk) property(p mapiProperty, value []byte, attachment bool) error {
	switch {
	case p.id == mapiRTF && !attachment:
		return t.w.decode(t.at, "tnef", "body.rtf", newRTFReader(value))
	case p.id == mapiHTML && !attachment:
		return t.w.slice(t.at, "tnef", "body.html", value)
	case p.id == mapiLongName && attachment && p.kind == mapiUnicode:
		t.title = strings.TrimRight(utf16Text(value), "\x00")
	case p.id == mapiLongName && attachment:
		t.title = text(value)
	case p.id == mapiObject && attachment:
		if p.kind == mapiEmbedded && len(value) > 16 { // behind a GUID
			value = value[16:]
		}
		if t.datas = append(t.datas, value); len(t.datas) >= mapiMostValues {
			return t.flush()
		}
	}
	return nil
}
