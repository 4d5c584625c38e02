package notify

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"strings"
)

// fields are those of a header, by canonical name.
type fields map[string][]string

func (f fields) get(name string) string {
	if v := f[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// sight is what was seen in the parts of a mail.
type sight struct {
	parts   int
	report  string   // report-type of multipart/report
	notices []fields // blocks of a delivery status
	words   string   // of the first part of text
	sent    string   // Message-ID of the mail that came back
}

// part looks at one part and at those in it.
func (s *sight) part(h fields, body []byte, depth int) {
	if s.parts++; s.parts > mostParts || depth > mostDepth {
		return
	}
	kind, params, err := mime.ParseMediaType(h.get("Content-Type"))
	if err != nil && kind == "" {
		kind = "text/plain"
	}
	switch {
	case strings.HasPrefix(kind, "multipart/"):
		if kind == "multipart/report" && s.report == "" {
			s.report = strings.ToLower(params["report-type"])
		}
		s.inside(body, params["boundary"], depth)
		return
	}
	body = decode(body, h.get("Content-Transfer-Encoding"))
	switch kind {
	case "message/delivery-status", "message/global-delivery-status":
		s.notices = append(s.notices, blocks(body)...)
	case "message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers":
		if first := blocks(body); len(first) > 0 && s.sent == "" {
			s.sent = strings.Trim(first[0].get("Message-Id"), "<> ")
		}
	case "message/disposition-notification":
		if first := blocks(body); len(first) > 0 && s.sent == "" {
			s.sent = strings.Trim(first[0].get("Original-Message-Id"), "<> ")
		}
	case "text/plain":
		if s.words == "" {
			s.words = string(body)
		}
	}
}

func (s *sight) inside(body []byte, boundary string, depth int) {
	if boundary == "" {
		return
	}
	r := multipart.NewReader(bytes.NewReader(body), boundary)
	for s.parts <= mostParts {
		p, err := r.NextRawPart()
		if err != nil {
			return // what was cut off has shown what it can
		}
		data, err := io.ReadAll(p)
		s.part(fields(p.Header), data, depth+1)
		if err != nil {
			return
		}
	}
}

// decode undoes a transfer encoding as far as it is whole.
func decode(body []byte, encoding string) []byte {
	var r io.Reader
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "base64":
		r = base64.NewDecoder(base64.StdEncoding, bytes.NewReader(body))
	case "quoted-printable":
		r = quotedprintable.NewReader(bytes.NewReader(body))
	default:
		return body
	}
	out, _ := io.ReadAll(r)
	return out
}

// blocks reads groups of fields with empty lines between them. It takes what
// it can: the status of a mail is often written by hand.
func blocks(body []byte) []fields {
	var out []fields
	var block fields
	var name string
	for line := range bytes.Lines(body) {
		text := strings.TrimRight(string(line), "\r\n \t")
		switch {
		case text == "":
			block, name = nil, ""
			continue
		case (text[0] == ' ' || text[0] == '\t') && name != "":
			values := block[name]
			if last := &values[len(values)-1]; len(*last) < 2000 {
				*last += " " + strings.TrimLeft(text, " \t")
			}
			continue
		}
		key, value, found := strings.Cut(text, ":")
		if !found || len(key) > 100 {
			name = ""
			continue
		}
		if block == nil {
			if len(out) == mostNotices {
				return out
			}
			block = fields{}
			out = append(out, block)
		}
		name = canonical(key)
		block[name] = append(block[name], strings.TrimSpace(value))
	}
	return out
}

// canonical writes a field's name as net/textproto does.
func canonical(name string) string {
	words := strings.Split(strings.ToLower(strings.TrimSpace(name)), "-")
	for i, w := range words {
		if w != "" {
			words[i] = strings.ToUpper(w[:1]) + w[1:]
		}
	}
	return strings.Join(words, "-")
}
