package icap

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

const (
	mostHead   = 64 << 10 // of a head, or of trailers, in bytes
	mostFields = 200      // of a head
	mostLine   = 8 << 10  // that is read by itself, in bytes
)

// refusal is an error of the client's, with the status that tells it so. Its
// text holds nothing that the client sent.
type refusal struct {
	status int
	text   string
}

func (r *refusal) Error() string { return fmt.Sprintf("%d %s", r.status, r.text) }

func refuse(status int, text string) error { return &refusal{status, text} }

// field is one line of a head.
type field struct{ name, value string }

// head is a start line with fields, of ICAP or of HTTP.
type head struct {
	text   string // as it came
	start  string
	fields []field
}

// all gives the values of a field, in their order.
func (h *head) all(name string) (values []string) {
	for _, f := range h.fields {
		if strings.EqualFold(f.name, name) {
			values = append(values, f.value)
		}
	}
	return values
}

// first gives the first value of a field, or nothing.
func (h *head) first(name string) string {
	for _, f := range h.fields {
		if strings.EqualFold(f.name, name) {
			return f.value
		}
	}
	return ""
}

// only gives the value of a field that may come once.
func (h *head) only(name string) (value string, ok bool, err error) {
	values := h.all(name)
	switch len(values) {
	case 0:
		return "", false, nil
	case 1:
		return values[0], true, nil
	}
	return "", false, refuse(400, name+" comes more than once")
}

// lists tells whether a field that is a list has a word.
func (h *head) lists(name, word string) bool {
	for _, value := range h.all(name) {
		for one := range strings.SplitSeq(value, ",") {
			if strings.EqualFold(strings.Trim(one, " \t"), word) {
				return true
			}
		}
	}
	return false
}

// parseHead takes a head apart: lines that end in CRLF, the last of them, and
// no other, empty.
func parseHead(text string) (*head, error) {
	lines, ok := strings.CutSuffix(text, "\r\n\r\n")
	if !ok {
		return nil, refuse(400, "a head does not end in an empty line")
	}
	start, rest, more := strings.Cut(lines, "\r\n")
	if start == "" || !isText(start) {
		return nil, refuse(400, "a start line is not one")
	}
	h := &head{text: text, start: start}
	if !more {
		return h, nil
	}
	var err error
	h.fields, err = parseFields(rest)
	return h, err
}

// parseFields takes lines apart, which CRLF separates.
func parseFields(lines string) ([]field, error) {
	n := strings.Count(lines, "\r\n") + 1
	if n > mostFields {
		return nil, refuse(413, "a head has too many fields")
	}
	fields := make([]field, 0, n)
	for line := range strings.SplitSeq(lines, "\r\n") {
		name, value, ok := strings.Cut(line, ":")
		switch {
		case line == "":
			return nil, refuse(400, "an empty line amid a head")
		case line[0] == ' ' || line[0] == '\t':
			return nil, refuse(400, "a folded line")
		case !ok || !isToken(name):
			return nil, refuse(400, "a field has no proper name")
		case !isText(value):
			return nil, refuse(400, "a control character in a field")
		}
		fields = append(fields, field{name, strings.Trim(value, " \t")})
	}
	return fields, nil
}

// isText tells whether a line has no control characters but tabulators. A
// single CR or LF is one.
func isText(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

// isToken tells whether s is a token (RFC 9110, 5.6.2).
func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		if ('a' > c || c > 'z') && ('A' > c || c > 'Z') && ('0' > c || c > '9') && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			return false
		}
	}
	return s != ""
}

// readHead reads up to and with an empty line; one of no other lines is given
// as such.
func readHead(in *bufio.Reader) (string, error) {
	var text strings.Builder
	for {
		line, err := readLine(in)
		if err != nil {
			if text.Len() > 0 && err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return "", err
		}
		if text.Len()+len(line)+2 > mostHead {
			return "", refuse(413, "a head is too long")
		}
		text.Write(line)
		text.WriteString("\r\n")
		if len(line) == 0 {
			return text.String(), nil
		}
	}
}

// readLine reads a line that ends in CRLF, and gives it without, until the
// next read.
func readLine(in *bufio.Reader) ([]byte, error) {
	line, err := in.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull) || len(line) > mostLine:
		return nil, refuse(413, "a line is too long")
	case err == io.EOF && len(line) > 0:
		return nil, io.ErrUnexpectedEOF
	case err != nil:
		return nil, err
	}
	line, ok := bytes.CutSuffix(line, []byte("\r\n"))
	if !ok || bytes.IndexByte(line, '\r') >= 0 {
		return nil, refuse(400, "a line does not end in CRLF")
	}
	return line, nil
}
