package message

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime/quotedprintable"
	"strings"
	"unicode/utf8"
)

// decode undoes a transfer encoding. What cannot be decoded is kept as far as it
// could, or as it is.
func decode(encoding string, body []byte) []byte {
	switch lower(strings.TrimSpace(encoding)) {
	case "base64":
		return fromBase64(body)
	case "quoted-printable":
		text, err := io.ReadAll(quotedprintable.NewReader(bytes.NewReader(body)))
		if err != nil {
			return softly(body)
		}
		return text
	default:
		return body
	}
}

// fromBase64 leaves out what is no digit, and a last group that is cut off.
func fromBase64(body []byte) []byte {
	digits := make([]byte, 0, len(body))
	for _, c := range body {
		if 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '+' || c == '/' {
			digits = append(digits, c)
		} else if c == '=' && len(digits)%4 != 0 {
			for len(digits)%4 != 0 {
				digits = append(digits, '=')
			}
		}
	}
	out := make([]byte, 0, len(digits)*3/4)
	for len(digits) >= 4 {
		// Groups that were padded may be followed by others.
		end := len(digits) / 4 * 4
		if i := bytes.IndexByte(digits[:end], '='); i >= 0 {
			end = i/4*4 + 4
		}
		piece := make([]byte, base64.StdEncoding.DecodedLen(end))
		n, err := base64.StdEncoding.Decode(piece, digits[:end])
		out = append(out, piece[:n]...)
		if err != nil {
			break
		}
		digits = digits[end:]
	}
	return out
}

// softly decodes quoted-printable that is not written by the rules: an equals
// sign that begins no code stands for itself.
func softly(body []byte) []byte {
	out := make([]byte, 0, len(body))
	for i := 0; i < len(body); i++ {
		c := body[i]
		if c != '=' {
			out = append(out, c)
			continue
		}
		rest := body[i+1:]
		switch {
		case len(rest) >= 2 && hex(rest[0]) >= 0 && hex(rest[1]) >= 0:
			out = append(out, byte(hex(rest[0])<<4|hex(rest[1])))
			i += 2
		case bytes.HasPrefix(rest, []byte("\r\n")):
			i += 2
		case bytes.HasPrefix(rest, []byte("\n")):
			i++
		default:
			out = append(out, c)
		}
	}
	return out
}

func hex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	default:
		return -1
	}
}

func valid(text string) bool { return utf8.ValidString(text) }

// printable is text in UTF-8 without control characters other than tabs and ends
// of lines; these become "\n".
func printable(text string) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if !strings.ContainsFunc(text, odd) {
		return text
	}
	text = strings.ReplaceAll(text, "\r\n", "\n")
	return strings.Map(func(c rune) rune {
		switch {
		case c == '\r':
			return '\n'
		case odd(c):
			return -1
		default:
			return c
		}
	}, text)
}

func odd(c rune) bool {
	return c < ' ' && c != '\n' && c != '\t' || c == 0x7f || c == 0xFEFF || c >= 0x200B && c <= 0x200D || c == 0x2060 || c == 0xAD
}

func equalFold(a, b string) bool { return strings.EqualFold(a, b) }
func lower(s string) string      { return strings.ToLower(s) }

func first(all ...string) string {
	for _, s := range all {
		if s != "" {
			return s
		}
	}
	return ""
}
