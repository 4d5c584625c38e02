package smtp

import (
	"bytes"
	"io"
	"net/netip"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// mostHead is how much of a mail is looked at for loops, and held in memory.
const mostHead = 256 << 10

// head is how a mail begins: the header, or as much of it as is looked at.
type head struct {
	bytes    []byte // the header, and some of what follows
	received int
	marks    []string // values of X-Loop and Delivered-To
}

// readHead reads until the header ends. io.EOF is no error: then the mail has
// no body.
func readHead(r io.Reader) (*head, error) {
	h := &head{}
	piece, seen := make([]byte, 4<<10), 0
	for len(h.bytes) < mostHead {
		n, err := r.Read(piece)
		h.bytes = append(h.bytes, piece[:n]...)
		var over bool
		seen, over = h.look(seen, err != nil)
		if err == io.EOF || over {
			return h, nil
		}
		if err != nil {
			return nil, err
		}
	}
	return h, nil
}

// look counts the fields of whole lines from seen on. It gives how far it came,
// and whether the header is over.
func (h *head) look(seen int, last bool) (int, bool) {
	for {
		end := bytes.IndexByte(h.bytes[seen:], '\n')
		if end < 0 {
			if last {
				h.field(h.bytes[seen:])
			}
			return seen, false
		}
		line := bytes.TrimRight(h.bytes[seen:seen+end], "\r")
		seen += end + 1
		if len(line) == 0 {
			return seen, true
		}
		h.field(line)
	}
}

func (h *head) field(line []byte) {
	name, value, ok := bytes.Cut(line, []byte(":"))
	if !ok {
		return
	}
	switch strings.ToLower(string(bytes.TrimRight(name, " \t"))) {
	case "received":
		h.received++
	case "x-loop", "delivered-to":
		if len(h.marks) < 100 {
			h.marks = append(h.marks, strings.Trim(string(value), " \t<>"))
		}
	}
}

// bears tells whether a mail went through whoever bears that mark.
func (h *head) bears(mark string) bool {
	for _, m := range h.marks {
		if strings.EqualFold(m, mark) {
			return true
		}
	}
	return false
}

func (h *head) reader() io.Reader { return bytes.NewReader(h.bytes) }

// trace gives the lines that a server puts before a mail (RFC 5321, 4.4).
func (m mail) trace(domain string) io.Reader {
	var b strings.Builder
	b.WriteString("Return-Path: <" + m.from + ">\r\n")
	b.WriteString("Received: from " + name(m.helo) + " (" + literal(m.remote) + ")\r\n")
	b.WriteString("\tby " + domain + " with " + m.protocol())
	if m.tls != "" {
		b.WriteString(" (" + clean(m.tls, 100) + ")")
	}
	if len(m.to) == 1 {
		b.WriteString("\r\n\tfor <" + m.to[0] + ">")
	}
	b.WriteString(";\r\n\t" + m.received.Format(time.RFC1123Z) + "\r\n")
	return strings.NewReader(b.String())
}

// protocol is a name of RFC 3848 and RFC 6531.
func (m mail) protocol() string {
	p := "ESMTP"
	if m.utf8 {
		p = "UTF8SMTP"
	}
	if m.tls != "" {
		p += "S"
	}
	return p
}

// name is what a client calls itself, as far as it may stand in a header.
func name(helo string) string {
	ok := func(r rune) rune {
		if r == '-' || r == '.' || r == '_' || r == ':' || r == '[' || r == ']' || unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return '?'
	}
	if n := strings.Map(ok, clean(helo, 255)); n != "" {
		return n
	}
	return "unknown"
}

// literal writes an address as RFC 5321, 4.1.3 does.
func literal(address string) string {
	a, err := netip.ParseAddr(address)
	switch {
	case err != nil:
		return "unknown"
	case a.Unmap().Is4():
		return "[" + a.Unmap().String() + "]"
	}
	return "[IPv6:" + a.WithZone("").String() + "]"
}

// clean leaves out what would end a line, and what is too long.
func clean(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '<' || r == '>' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	for len(s) > most {
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
	return s
}
