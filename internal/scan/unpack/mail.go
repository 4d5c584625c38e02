package unpack

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"strings"
)

// deepestMultipart is how deep multiparts of one message may nest.
const deepestMultipart = 64

// openMbox hands over the messages of a box: each begins with a line "From "
// after an empty one (RFC 4155).
func openMbox(w *walk, at place, content []byte) error {
	for n := 1; len(content) > 0; n++ {
		_, message, _ := bytes.Cut(content, []byte("\n"))
		content = nil
		for from := 0; ; {
			i := bytes.Index(message[from:], []byte("\nFrom "))
			if i < 0 {
				break
			}
			from += i + 1
			if _, header, ok := bytes.Cut(message[from:], []byte("\n")); ok && isField(header) {
				message, content = message[:from], message[from:]
				break
			}
		}
		if err := w.slice(at, "mbox", fmt.Sprintf("message-%d", n), message); err != nil {
			return err
		}
	}
	return nil
}

// openMail hands over the decoded bodies of a message (RFC 5322, RFC 2045,
// RFC 2046), and what is nested in it.
func openMail(w *walk, at place, content []byte) error {
	m := &message{w: w, at: at}
	return m.entity(content, 0)
}

// message counts the bodies of a message, which names those without a name.
type message struct {
	w      *walk
	at     place
	bodies int
}

// entity reads a header and a body. Fields that are there twice make clients
// disagree, so every reading of a body counts.
func (m *message) entity(content []byte, depth int) error {
	if err := m.w.check(m.at); err != nil {
		return err
	}
	header, body := splitHeader(content)
	types, codings := fields(header, "content-type"), fields(header, "content-transfer-encoding")
	if len(types) == 0 {
		types = []string{"text/plain"}
	}
	name := fileName(header, types)
	leaf := false
	for _, t := range types {
		kind, _, _ := strings.Cut(t, ";")
		kind = strings.ToLower(strings.TrimSpace(kind))
		if !strings.HasPrefix(kind, "multipart/") {
			leaf = true
			continue
		}
		if err := m.multipart(t, body, depth); err != nil {
			return err
		}
	}
	if !leaf {
		return nil
	}
	m.bodies++
	if name == "" {
		name = fmt.Sprintf("body-%d", m.bodies)
	}
	if len(codings) == 0 {
		codings = []string{"7bit"}
	}
	for _, c := range codings {
		if err := m.body(name, c, body); err != nil {
			return err
		}
	}
	return nil
}

// multipart reads the parts between the lines of a boundary. The last one may
// end with its container.
func (m *message) multipart(contentType string, body []byte, depth int) error {
	if depth >= deepestMultipart {
		m.w.gap(m.at, "mail", &fault{Depth, fmt.Sprintf("multiparts nest deeper than %d", deepestMultipart)})
		return nil
	}
	if err := m.w.pass(m.at); err != nil { // several types at each depth are many readings
		return err
	}
	boundary := parameter(contentType, "boundary")
	if boundary == "" {
		boundary = guessBoundary(body)
	}
	if boundary == "" {
		m.w.gap(m.at, "mail", damaged("a multipart without a boundary"))
		return nil
	}
	delimiter := []byte("--" + boundary)
	start := nextLine(body, delimiter)
	if start < 0 {
		if start = nextLine(body, []byte("--")); start < 0 {
			m.w.gap(m.at, "mail", damaged("the boundary of a multipart is missing"))
			return nil
		}
		delimiter = bytes.TrimRight(firstLine(body[start:]), "\r")
	}
	for start >= 0 {
		_, part, ok := bytes.Cut(body[start:], []byte("\n"))
		if !ok {
			return nil
		}
		body = part
		start = nextLine(body, delimiter)
		if start >= 0 {
			part = body[:start]
		}
		if len(bytes.TrimSpace(part)) == 0 {
			continue
		}
		if err := m.entity(part, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// body hands over a body in one encoding (RFC 2045, 6).
func (m *message) body(name, coding string, body []byte) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return m.w.pass(m.at)
	}
	switch strings.ToLower(strings.TrimSpace(coding)) {
	case "base64":
		return m.decode(name, base64.NewDecoder(base64.RawStdEncoding, &base64Letters{b: body}))
	case "quoted-printable":
		return m.decode(name, quotedprintable.NewReader(bytes.NewReader(body)))
	case "uuencode", "x-uuencode", "x-uue":
		return m.decode(name, &uuReader{b: body})
	default:
		return m.w.slice(m.at, "mail", name, body)
	}
}

// decode forgives damage: it leaves what came before, and the rest as it is.
func (m *message) decode(name string, r io.Reader) error {
	return m.w.decode(m.at, "mail", name, &forgiving{r})
}

// forgiving ends where a decoder of text fails at its last group.
type forgiving struct{ r io.Reader }

func (f *forgiving) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	if cutOff(err) == nil && err != nil {
		err = io.EOF
	}
	return n, err
}

// base64Letters reads only the letters of base64, as mail clients do; padding
// in between ends a group and no more.
type base64Letters struct {
	b []byte
	n int // letters so far, by four
}

func (l *base64Letters) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) && len(l.b) > 0 {
		c := l.b[0]
		switch {
		case base64Class[c]:
			p[n] = c
			n++
			l.n++
		case c == '=' && l.n%4 != 0: // a zero byte or two more between pieces that were joined
			if !bytes.ContainsFunc(l.b, func(r rune) bool { return r < 0x80 && base64Class[byte(r)] }) {
				l.b = nil
				continue
			}
			p[n] = 'A'
			n++
			l.n++
		}
		l.b = l.b[1:]
	}
	if n == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	return n, nil
}

// uuReader reads uuencoded lines between "begin" and "end".
type uuReader struct {
	b    []byte
	rest []byte
	room [64]byte
}

func (u *uuReader) Read(p []byte) (int, error) {
	for len(u.rest) == 0 {
		if len(u.b) == 0 {
			return 0, io.EOF
		}
		line, rest, _ := bytes.Cut(u.b, []byte("\n"))
		u.b = rest
		u.rest = uuLine(u.room[:0], bytes.TrimRight(line, "\r"))
	}
	n := copy(p, u.rest)
	u.rest = u.rest[n:]
	return n, nil
}

func uuLine(to, line []byte) []byte {
	if len(line) < 2 || line[0] <= ' ' || line[0] > 'M' || bytes.HasPrefix(line, []byte("begin ")) || string(line) == "end" {
		return nil
	}
	n := int(line[0] - ' ')
	for q := line[1:]; len(q) >= 4 && len(to) < n; q = q[4:] {
		a, b, c, d := (q[0]-' ')&63, (q[1]-' ')&63, (q[2]-' ')&63, (q[3]-' ')&63
		to = append(to, a<<2|b>>4, b<<4|c>>2, c<<6|d)
	}
	return to[:min(n, len(to))]
}

// splitHeader cuts at the first empty line.
func splitHeader(content []byte) (header, body []byte) {
	for from := 0; ; {
		i := bytes.IndexByte(content[from:], '\n')
		if i < 0 {
			return content, nil
		}
		line := content[from : from+i]
		from += i + 1
		if len(line) == 0 || len(line) == 1 && line[0] == '\r' {
			return content[:from], content[from:]
		}
	}
}

// mostFields is how many fields of one name are read.
const mostFields = 3

// longestHeader is how much of a header is read, in bytes.
const longestHeader = 256 << 10

// fields gives the different values of a field, unfolded.
func fields(header []byte, name string) []string {
	var found []string
	header = header[:min(len(header), longestHeader)]
	for len(header) > 0 && len(found) < mostFields {
		var line []byte
		line, header = foldedLine(header)
		if len(line) > len(name) && strings.EqualFold(string(line[:len(name)]), name) {
			key, value, ok := strings.Cut(string(line[len(name):]), ":")
			value = strings.TrimSpace(value)
			if ok && strings.TrimSpace(key) == "" && !contains(found, value) {
				found = append(found, value)
			}
		}
	}
	return found
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// foldedLine takes one field with the lines that go on with it.
func foldedLine(header []byte) (line, rest []byte) {
	for end := 0; ; {
		i := bytes.IndexByte(header[end:], '\n')
		if i < 0 {
			return header, nil
		}
		end += i + 1
		if end >= len(header) || header[end] != ' ' && header[end] != '\t' {
			return header[:end], header[end:]
		}
	}
}

// fileName gives the name of an attachment.
func fileName(header []byte, types []string) string {
	for _, d := range fields(header, "content-disposition") {
		if n := parameter(d, "filename"); n != "" {
			return n
		}
	}
	for _, t := range types {
		if n := parameter(t, "name"); n != "" {
			return n
		}
	}
	return ""
}

// parameter gives a parameter of a field, however broken the others are.
func parameter(value, name string) string {
	if _, p, err := mime.ParseMediaType(value); err == nil {
		if v := p[name]; v != "" {
			if word, err := new(mime.WordDecoder).DecodeHeader(v); err == nil {
				return word
			}
			return v
		}
	}
	for _, p := range strings.Split(value, ";") {
		k, v, ok := strings.Cut(p, "=")
		if ok && strings.EqualFold(strings.TrimSpace(k), name) {
			v = strings.TrimSpace(v)
			if rest, quoted := strings.CutPrefix(v, `"`); quoted {
				v, _, _ = strings.Cut(rest, `"`)
			}
			return v
		}
	}
	return ""
}

// guessBoundary takes the first line that could be one.
func guessBoundary(body []byte) string {
	i := nextLine(body, []byte("--"))
	if i < 0 {
		return ""
	}
	return string(bytes.TrimRight(firstLine(body[i+2:]), "\r "))
}

func firstLine(b []byte) []byte {
	line, _, _ := bytes.Cut(b, []byte("\n"))
	return line
}

// nextLine finds a line that begins with a prefix.
func nextLine(b, prefix []byte) int {
	for from := 0; ; {
		i := bytes.Index(b[from:], prefix)
		if i < 0 {
			return -1
		}
		from += i
		if from == 0 || b[from-1] == '\n' {
			return from
		}
		from++
	}
}
