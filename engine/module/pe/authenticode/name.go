package authenticode

import (
	"encoding/binary"
	"strings"
	"unicode/utf16"
)

// maxOneLine is the length to which libyara lets OpenSSL write a name.
const maxOneLine = 255

// nameAttribute is one attribute of a name; first tells whether it begins a new
// relative name.
type nameAttribute struct {
	id, value value
	first     bool
}

// attributes yields the attributes of a distinguished name (RFC 5280,
// 4.1.2.4).
func (v value) attributes(yield func(nameAttribute) bool) {
	for set := range v.all {
		first := true
		for a := range set.all {
			f := a.fields()
			if !yield(nameAttribute{f.any(), f.any(), first}) {
				return
			}
			first = false
		}
	}
}

// oneLine writes a name as OpenSSL's X509_NAME_oneline does, except that a
// slash in a value stays as it is. Attributes that do not fit are left out,
// with all that follow.
func oneLine(name value) string {
	var line strings.Builder
	length := 0 // with the backslashes that are dropped
	for a := range name.attributes {
		label := attributeName(a.id.oid())
		text, escapes := printable(a.value)
		if length += len(label) + 2 + len(text) + escapes; length > maxOneLine {
			break
		}
		line.WriteString("/" + label + "=" + text)
	}
	return line.String()
}

// printable gives the text of a value with \xHH for what cannot be printed,
// and how many backslashes OpenSSL would put before slashes.
func printable(v value) (text string, escapes int) {
	var b strings.Builder
	step, from := 1, 0
	if v.tag == tagGeneralString && len(v.body)%4 == 0 && isLatin32(v.body) {
		step, from = 4, 3
	}
	for i := from; i < len(v.body); i += step {
		switch c := v.body[i]; {
		case c == '/':
			escapes++
			b.WriteByte(c)
		case c == '+':
			b.WriteString(`\+`)
		case c < ' ' || c > '~':
			b.WriteString(`\x`)
			b.WriteByte("0123456789ABCDEF"[c>>4])
			b.WriteByte("0123456789ABCDEF"[c&15])
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), escapes
}

// isLatin32 tells whether only every fourth byte is other than zero.
func isLatin32(b []byte) bool {
	for i, c := range b {
		if c != 0 && i&3 != 3 {
			return false
		}
	}
	return true
}

// canonical gives a form in which equal names are equal: attribute types,
// values in UTF-8, in lower case and without spaces that do not matter (RFC
// 5280, 7.1).
func canonical(name value) string {
	var out strings.Builder
	for a := range name.attributes {
		if a.first {
			out.WriteByte('\n')
		}
		out.WriteString(string(a.id.body))
		out.WriteByte('=')
		text := string(a.value.body)
		if a.value.tag == tagBMPString {
			text = fromUTF16(a.value.body)
		}
		out.WriteString(strings.ToLower(strings.Join(strings.Fields(text), " ")))
		out.WriteByte('\x00')
	}
	return out.String()
}

// fromUTF16 converts big-endian UTF-16.
func fromUTF16(b []byte) string {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = binary.BigEndian.Uint16(b[2*i:])
	}
	return string(utf16.Decode(units))
}
