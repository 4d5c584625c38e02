package wrap

import (
	"bytes"
	"mime"
	"net/textproto"
	"strings"

	"bufio"

	"candor/internal/intake/message"
)

// mostSigned bounds how deep multiparts are looked into for signatures.
const mostSigned = 6

// signatures checks those that stand beside what they sign (RFC 1847). They are
// of bytes as they came, which a Message no longer has.
func (w *work) signatures(raw []byte, depth int) {
	kind, params, body := entity(raw)
	if depth > mostSigned || !strings.HasPrefix(kind, "multipart/") || params["boundary"] == "" {
		return
	}
	pieces := split(body, params["boundary"])
	if kind == "multipart/signed" && len(pieces) == 2 {
		signature := decoded(pieces[1], w.o.Limits.Message)
		if strings.Contains(strings.ToLower(params["protocol"]), "pgp") {
			w.beside(pieces[0], signature)
		} else {
			w.detached(pieces[0], signature)
		}
	}
	for _, piece := range pieces[:min(len(pieces), 100)] {
		w.signatures(piece, depth+1)
	}
}

// entity gives the media type of a piece of a mail, and its body.
func entity(raw []byte) (kind string, params map[string]string, body []byte) {
	raw = bytes.TrimLeft(raw, "\r\n")
	head, body, ok := bytes.Cut(raw, []byte("\n\r\n"))
	if h, b, lf := bytes.Cut(raw, []byte("\n\n")); lf && (!ok || len(h) < len(head)) {
		head, body, ok = h, b, true
	}
	if !ok {
		return "", nil, nil
	}
	r := textproto.NewReader(bufio.NewReader(bytes.NewReader(append(bytes.TrimRight(bytes.Clone(head), "\r"), "\r\n\r\n"...))))
	header, _ := r.ReadMIMEHeader() // what is broken in it does not matter here
	kind, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		return "", nil, nil
	}
	return kind, params, body
}

// split gives what lies between boundaries, without the end of line that belongs
// to each (RFC 2046, 5.1.1).
func split(body []byte, boundary string) (pieces [][]byte) {
	mark := []byte("\n--" + boundary)
	body = append([]byte("\n"), body...)
	_, body, ok := bytes.Cut(body, mark)
	for ok && len(pieces) < 1000 {
		if bytes.HasPrefix(body, []byte("--")) {
			break
		}
		i := bytes.IndexByte(body, '\n')
		if i < 0 {
			break
		}
		var piece []byte
		// The mark begins with the end of the line before it, which the boundary's own
		// line may give, if the piece is empty.
		piece, body, ok = bytes.Cut(body[i:], mark)
		pieces = append(pieces, bytes.TrimSuffix(bytes.TrimPrefix(piece, []byte("\n")), []byte("\r")))
	}
	return pieces
}

// decoded is the content of a piece that is a leaf.
func decoded(piece []byte, limits message.Limits) []byte {
	m, err := message.Read(bytes.NewReader(piece), limits)
	if err != nil || len(m.Parts) == 0 {
		return nil
	}
	return plain(m.Parts[0])
}
