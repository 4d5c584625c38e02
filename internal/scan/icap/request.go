package icap

import (
	"bufio"
	"io"
	"net/url"
	"strconv"
	"strings"
)

const (
	mostPreview = 1 << 20 // bytes that a client may send before it waits
	mostAddress = 2 << 10 // of a URL that is told, in bytes
)

// request is a message of a client, but for its body.
type request struct {
	method   string
	path     string // of the service
	head     *head
	http     *head // of the encapsulated request; nil if none came
	response *head // of the encapsulated response; nil if none came
	body     bool  // comes, chunked
	preview  int64 // bytes that come before the client waits; negative: all come
	allows   bool  // 204 at any time
	last     bool  // of this connection
}

// readRequest reads a request up to its body. The error is io.EOF if the
// connection ended before it.
func readRequest(in *bufio.Reader) (*request, error) {
	text, err := readHead(in)
	for blank := 0; err == nil && text == "\r\n" && blank < 2; blank++ { // after a body, from old clients
		text, err = readHead(in)
	}
	if err != nil {
		return nil, err
	}
	r := &request{preview: -1}
	if r.head, err = parseHead(text); err != nil {
		return nil, err
	}
	if err := r.parseStart(); err != nil {
		return nil, err
	}
	sections, err := r.parseFields()
	if err != nil {
		return nil, err
	}
	return r, r.readHeads(in, sections)
}

// parseStart reads the first line.
func (r *request) parseStart() error {
	word := strings.Split(r.head.start, " ")
	if len(word) != 3 || !isToken(word[0]) {
		return refuse(400, "a request line is a method, an address and a version")
	}
	if word[2] != "ICAP/1.0" {
		return refuse(505, "ICAP/1.0 is spoken here")
	}
	switch r.method = word[0]; r.method {
	case "OPTIONS", "REQMOD", "RESPMOD":
	default:
		return refuse(501, "methods are OPTIONS, REQMOD and RESPMOD")
	}
	u, err := url.Parse(word[1])
	if err != nil || u.Scheme != "" && u.Scheme != "icap" && u.Scheme != "icaps" || u.Opaque != "" {
		return refuse(400, "the address is not one of icap")
	}
	r.path = strings.TrimRight(u.Path, "/")
	return nil
}

// parseFields reads what the head says of the message.
func (r *request) parseFields() ([]section, error) {
	h := r.head
	r.allows, r.last = h.lists("Allow", "204"), h.lists("Connection", "close")
	// Bodies are chunked whatever it says, and Transfer-Encoding is not allowed
	// (RFC 3507, 4.3.1): nobody is to read another length out of the same head.
	if h.all("Transfer-Encoding") != nil {
		return nil, refuse(400, "Transfer-Encoding has no place in ICAP")
	}
	for _, length := range h.all("Content-Length") {
		if length != "0" {
			return nil, refuse(400, "Content-Length has no place in ICAP")
		}
	}
	if _, _, err := h.only("Host"); err != nil {
		return nil, err
	}
	preview, some, err := h.only("Preview")
	if err != nil {
		return nil, err
	}
	if some {
		if preview == "" || len(preview) > 9 || strings.Trim(preview, "0123456789") != "" {
			return nil, refuse(400, "Preview is not a number")
		}
		if r.preview, err = strconv.ParseInt(preview, 10, 64); err != nil || r.preview > mostPreview {
			return nil, refuse(413, "Preview is larger than offered")
		}
	}
	value, some, err := h.only("Encapsulated")
	switch {
	case err != nil:
		return nil, err
	case some:
		return parseEncapsulated(value, r.method)
	case r.method != "OPTIONS":
		return nil, refuse(400, "Encapsulated is missing")
	}
	return []section{{bodyless, 0}}, nil
}

// readHeads reads the encapsulated heads, each as long as the offsets say.
func (r *request) readHeads(in *bufio.Reader, sections []section) error {
	for i, s := range sections[:len(sections)-1] {
		text := make([]byte, sections[i+1].at-s.at)
		if _, err := io.ReadFull(in, text); err != nil {
			return unexpected(err)
		}
		h, err := parseHead(string(text))
		if err != nil {
			return err
		}
		if s.name == "req-hdr" {
			r.http, err = h, checkRequestLine(h.start)
		} else {
			r.response, err = h, checkStatusLine(h.start)
		}
		if err != nil {
			return err
		}
	}
	r.body = sections[len(sections)-1].name != bodyless
	return nil
}

func checkRequestLine(line string) error {
	word := strings.Split(line, " ")
	if len(word) != 3 || !isToken(word[0]) || word[1] == "" || !strings.HasPrefix(word[2], "HTTP/") {
		return refuse(400, "the encapsulated request line is not one")
	}
	return nil
}

func checkStatusLine(line string) error {
	version, rest, _ := strings.Cut(line, " ")
	status, _, _ := strings.Cut(rest, " ")
	if !strings.HasPrefix(version, "HTTP/") || len(status) != 3 || strings.Trim(status, "0123456789") != "" {
		return refuse(400, "the encapsulated status line is not one")
	}
	return nil
}

// entity is the head that tells of the body; nil if none came.
func (r *request) entity() *head {
	if r.method == "REQMOD" {
		return r.http
	}
	return r.response
}

// address is the URL that the message is about, without user and query: they
// may be secrets.
func (r *request) address() string {
	if r.http == nil {
		return ""
	}
	u, err := url.Parse(strings.Split(r.http.start, " ")[1])
	if err != nil {
		return ""
	}
	if u.Host == "" && strings.HasPrefix(u.Path, "/") {
		u.Scheme, u.Host = "http", r.http.first("Host")
	}
	u.User, u.RawQuery, u.ForceQuery, u.Fragment, u.RawFragment = nil, "", false, "", ""
	address := u.String()
	return address[:min(len(address), mostAddress)]
}
