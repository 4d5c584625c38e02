package message

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/mail"
	"path"
	"strings"
	"time"

	gomessage "github.com/emersion/go-message"
	"github.com/emersion/go-message/charset"
	"github.com/emersion/go-message/textproto"
	"golang.org/x/text/encoding/htmlindex"
)

// ErrNoMail is what is given for content without any header.
var ErrNoMail = errors.New("this is no mail: it has no header")

// Read takes a mail apart. It gives ErrNoMail, or what reading from r gave; all
// else that is wrong with a mail is among its Problems.
func Read(r io.Reader, limits Limits) (*Message, error) {
	t := taking{limits: limits, parts: limits.Parts, left: limits.Bytes}
	raw, err := io.ReadAll(io.LimitReader(r, limits.Bytes+1))
	if err != nil {
		return nil, err
	}
	if bytes.IndexByte(raw, '\n') < 0 {
		raw = bytes.ReplaceAll(raw, []byte("\r"), []byte("\n")) // as old Macs end lines
	}
	m := t.message(raw, 0)
	if len(m.Header) == 0 {
		return nil, ErrNoMail
	}
	if int64(len(raw)) > limits.Bytes {
		m.short("the mail is larger than %d bytes; the rest was not read", limits.Bytes)
	}
	return m, nil
}

// taking is the work of taking one mail apart.
type taking struct {
	limits Limits
	parts  int
	left   int64
}

// short notes what is left out.
func (m *Message) short(format string, args ...any) {
	m.Truncated = true
	m.problem(format, args...)
}

func (m *Message) problem(format string, args ...any) {
	if len(m.Problems) < 20 {
		m.Problems = append(m.Problems, fmt.Sprintf(format, args...))
	}
}

func (t *taking) message(raw []byte, depth int) *Message {
	m := &Message{}
	raw = lead(raw)
	head, body := split(raw)
	h := m.header(head)
	t.entity(m, h, body, depth)
	m.known()
	return m
}

// lead cuts what precedes a header: empty lines, and the line that begins a
// mail in a mbox.
func lead(raw []byte) []byte {
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	raw = bytes.TrimLeft(raw, "\r\n")
	if bytes.HasPrefix(raw, []byte("From ")) || bytes.HasPrefix(raw, []byte(">From ")) {
		if i := bytes.IndexByte(raw, '\n'); i >= 0 {
			raw = raw[i+1:]
		}
	}
	return raw
}

// split finds where the header ends. A line that is no field ends it, too: some
// programs forget the empty line.
func split(raw []byte) (head, body []byte) {
	for at := 0; at < len(raw); {
		end := bytes.IndexByte(raw[at:], '\n')
		if end < 0 {
			end = len(raw) - at - 1
		}
		line := bytes.TrimRight(raw[at:at+end+1], "\r\n")
		switch {
		case len(line) == 0:
			return raw[:at], raw[at+end+1:]
		case line[0] == ' ' || line[0] == '\t':
			if at == 0 {
				return nil, raw
			}
		case !isField(line):
			return raw[:at], raw[at:]
		}
		at += end + 1
	}
	return raw, nil
}

func isField(line []byte) bool {
	name, _, ok := bytes.Cut(line, []byte(":"))
	name = bytes.TrimRight(name, " \t")
	if !ok || len(name) == 0 || len(name) > 200 {
		return false
	}
	for _, c := range name {
		if c <= ' ' || c >= 127 {
			return false
		}
	}
	return true
}

// header notes the fields, and gives them as the library has them.
func (m *Message) header(head []byte) gomessage.Header {
	var h gomessage.Header
	// What textproto refuses, such as bytes that are no ASCII in a name, is not in
	// a head that split gave.
	parsed, err := textproto.ReadHeader(bufio.NewReader(io.MultiReader(bytes.NewReader(head), strings.NewReader("\r\n"))))
	if err != nil {
		m.problem("the header is damaged: %v", err)
	}
	h.Header = parsed
	for f := h.Fields(); f.Next(); {
		value, err := f.Text()
		if err != nil {
			value = printable(f.Value())
		}
		m.Header = append(m.Header, Field{Name: f.Key(), Value: printable(value)})
	}
	return h
}

// known fills in what others ask for most.
func (m *Message) known() {
	m.Subject = m.Get("Subject")
	m.From, m.ReplyTo, m.To = addresses(m.Get("From")), addresses(m.Get("Reply-To")), addresses(m.Get("To"))
	if d, err := mail.ParseDate(m.Get("Date")); err == nil && Zoned(d) {
		m.Date = d
	}
	m.ID = strings.Trim(m.Get("Message-Id"), "<> \t")
	for _, id := range strings.Fields(m.Get("References") + " " + m.Get("In-Reply-To")) {
		if id = strings.Trim(id, "<>,"); id != "" && len(m.References) < 100 {
			m.References = append(m.References, id)
		}
	}
}

// Zoned tells whether a time that was read with the name of a zone has one: package
// time makes up those that it does not know, as if they were UTC.
func Zoned(t time.Time) bool {
	name, offset := t.Zone()
	return offset != 0 || name == "" || name == "UTC" || name == "GMT" || name == "UT"
}

func addresses(text string) []*mail.Address {
	parser := mail.AddressParser{WordDecoder: &mime.WordDecoder{CharsetReader: charset.Reader}}
	all, err := parser.ParseList(text)
	if err == nil {
		return all
	}
	// What stands in angle brackets is an address, whatever is around it.
	if i, j := strings.LastIndexByte(text, '<'), strings.LastIndexByte(text, '>'); i >= 0 && j > i {
		text = text[i+1 : j]
	}
	if a := strings.TrimSpace(text); strings.Count(a, "@") == 1 && !strings.ContainsAny(a, " \t,;") {
		return []*mail.Address{{Address: a}}
	}
	return nil
}

func (t *taking) entity(m *Message, h gomessage.Header, body []byte, depth int) {
	if depth > t.limits.Depth {
		m.short("parts lie more than %d deep in each other; the inner ones were not read", t.limits.Depth)
		return
	}
	kind, params, err := h.ContentType()
	if err != nil || !strings.Contains(kind, "/") {
		if err != nil && h.Get("Content-Type") != "" {
			m.problem("the content type %q is not readable", h.Get("Content-Type"))
		}
		kind = "text/plain"
		if guess, _, ok := strings.Cut(h.Get("Content-Type"), ";"); ok && strings.Count(guess, "/") == 1 {
			kind = lower(strings.TrimSpace(guess))
		}
	}
	if strings.HasPrefix(kind, "multipart/") && params["boundary"] != "" {
		t.multipart(m, params["boundary"], body, depth)
		return
	}
	t.leaf(m, h, kind, params, body, depth)
}

// multipart reads what lies between boundaries. The standard library's reader
// gives up at the first part that is damaged; here the others stay.
func (t *taking) multipart(m *Message, boundary string, body []byte, depth int) {
	closed := false
	for _, piece := range pieces(body, boundary, &closed) {
		head, inner := split(piece)
		if len(head) == 0 && len(bytes.TrimSpace(inner)) == 0 {
			continue
		}
		part := &Message{}
		h := part.header(head)
		t.entity(m, h, inner, depth+1)
	}
	if !closed {
		m.problem("the last boundary is missing: the mail may be cut off")
	}
}

func pieces(body []byte, boundary string, closed *bool) (all [][]byte) {
	mark, begun := []byte("--"+boundary), -1
	for at := 0; at < len(body); {
		end := bytes.IndexByte(body[at:], '\n')
		if end < 0 {
			end = len(body) - at - 1
		}
		line := bytes.TrimRight(body[at:at+end+1], " \t\r\n")
		if bytes.HasPrefix(line, mark) {
			if rest := line[len(mark):]; len(rest) == 0 || string(rest) == "--" {
				if begun >= 0 {
					all = append(all, body[begun:at])
				}
				begun = at + end + 1
				if len(rest) > 0 {
					*closed = true
					return all
				}
			}
		}
		at += end + 1
	}
	if begun >= 0 && begun < len(body) {
		all = append(all, body[begun:])
	}
	return all
}

func (t *taking) leaf(m *Message, h gomessage.Header, kind string, params map[string]string, body []byte, depth int) {
	if t.parts--; t.parts < 0 {
		m.short("there are more than %d parts; the rest was not read", t.limits.Parts)
		return
	}
	content := decode(h.Get("Content-Transfer-Encoding"), body)
	if t.left -= int64(len(content)); t.left < 0 {
		m.short("parts hold more than %d bytes; the rest was not read", t.limits.Bytes)
		return
	}
	disposition, more, err := h.ContentDisposition()
	if err != nil {
		disposition = ""
	}
	p := Part{Type: kind, Params: params, Inline: lower(disposition) != "attachment"}
	p.Name = path.Base(strings.ReplaceAll(first(more["filename"], params["name"]), "\\", "/"))
	if p.Name == "." || p.Name == "/" {
		p.Name = ""
	}
	switch {
	case kind == "message/rfc822" || kind == "message/global" || kind == "text/rfc822-headers":
		p.Message = t.message(content, depth+1)
		m.Truncated = m.Truncated || p.Message.Truncated
		for _, problem := range p.Message.Problems {
			m.problem("in the mail %q: %s", p.Message.Subject, problem)
		}
	case strings.HasPrefix(kind, "text/") || strings.HasPrefix(kind, "message/") || isText(kind, p.Name, content):
		p.Text = t.text(m, content, params["charset"], (p.Name != "" || !p.Inline) && kind != "text/html")
	default:
		p.Bytes = content
	}
	m.Parts = append(m.Parts, p)
}

// isText knows texts that are sent as something else: logs above all.
func isText(kind, name string, content []byte) bool {
	switch lower(path.Ext(name)) {
	case ".txt", ".log", ".csv", ".json", ".xml", ".eml":
		return bytes.IndexByte(content[:min(len(content), 4096)], 0) < 0
	}
	return kind == "application/json" || kind == "application/xml" || strings.HasSuffix(kind, "+json") || strings.HasSuffix(kind, "+xml")
}

func (t *taking) text(m *Message, content []byte, name string, file bool) string {
	most := t.limits.Text
	if file && t.limits.File > 0 {
		most = t.limits.File
	}
	if int64(len(content)) > most {
		m.short("a text is longer than %d bytes; the rest was not read", most)
		content = content[:most]
		content = content[:bytes.LastIndexByte(content, '\n')+1] // half a line may look like a whole one
	}
	return toUTF8(content, name)
}

// toUTF8 believes the name of the charset only as far as the bytes allow: what
// is valid UTF-8 is that.
func toUTF8(content []byte, name string) string {
	if text := string(content); valid(text) {
		if lower(name) != "iso-2022-jp" && lower(name) != "utf-7" && lower(name) != "hz-gb-2312" {
			return printable(text)
		}
	}
	e, err := htmlindex.Get(name)
	if err != nil {
		e, err = htmlindex.Get("windows-1252")
	}
	if err == nil {
		if text, err := e.NewDecoder().Bytes(content); err == nil {
			return printable(string(text))
		}
	}
	return printable(string(content))
}
