package intel

import (
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"candor/internal/regex"
)

// spellings gives a value in all ways in which it may say something: as it is,
// with names of hosts in their own script, unescaped, unescaped again, and words of
// it decoded that are hexadecimal or base64.
func spellings(i Indicator) []string {
	out := []string{i.Value}
	host := Indicator{Kind: i.Kind, Value: i.Value}.host()
	if u, err := idna.ToUnicode(host); err == nil && u != host {
		out = append(out, strings.Replace(i.Value, host, u, 1))
	}
	for text, n := i.Value, 0; n < 4; n++ {
		plain := unescape(text)
		if plain == text {
			break
		}
		out, text = append(out, plain), plain
	}
	for _, text := range out[:len(out):len(out)] {
		for _, w := range fieldsOf(text, alphabet) {
			out = append(out, decoded(w)...)
		}
	}
	return out
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-_="

// decoded gives the texts that a word may be the code of.
func decoded(word string) []string {
	var out []string
	keep := func(b []byte, err error) {
		if err == nil && len(b) >= shortest && utf8.Valid(b) {
			out = append(out, string(b))
		}
	}
	if len(word) < 6 {
		return nil
	}
	keep(hex.DecodeString(word))
	bare := strings.TrimRight(word, "=")
	keep(base64.RawURLEncoding.DecodeString(bare))
	keep(base64.RawStdEncoding.DecodeString(bare))
	return out
}

// unescape undoes percent-encoding, wherever there is one.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if c, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(c))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// quad is four numbers with dots, dashes or underscores between them, as names of
// hosts and paths have addresses.
var quad = regex.Of(`\d{1,3}[._-]\d{1,3}[._-]\d{1,3}[._-]\d{1,3}`)

// addressesIn gives the addresses that a text names, at whatever place within
// others: also with zeros before, in the order of reverse names, with dashes, or as
// one number.
func addressesIn(text string) []netip.Addr {
	var out []netip.Addr
	keep := func(s string) {
		if a, err := netip.ParseAddr(s); err == nil {
			out = append(out, a)
		}
	}
	for from := 0; ; {
		at := quad.FindStringIndex(text[from:])
		if at == nil {
			break
		}
		parts := strings.FieldsFunc(text[from+at[0]:from+at[1]], func(r rune) bool { return r < '0' || r > '9' })
		for i, p := range parts {
			parts[i] = cmp.Or(strings.TrimLeft(p, "0"), "0")
		}
		keep(strings.Join(parts, "."))
		slices.Reverse(parts)
		keep(strings.Join(parts, "."))
		from += at[0]
		for from < len(text) && text[from] >= '0' && text[from] <= '9' { // on behind the first number
			from++
		}
	}
	for _, w := range fieldsOf(text, "0123456789abcdefABCDEF:.") {
		if strings.Count(w, ":") > 1 {
			keep(strings.Trim(w, "."))
		}
	}
	for _, w := range fieldsOf(text, "0123456789abcdefABCDEF-") {
		if strings.Count(w, "-") > 1 {
			keep(strings.ReplaceAll(w, "-", ":"))
		}
		for _, base := range []int{10, 16} {
			if len(w) < 8 || len(w) > 10 {
				break
			}
			if n, err := strconv.ParseUint(w, base, 32); err == nil {
				out = append(out, netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, uint32(n)))))
			}
		}
	}
	return out
}

// fieldsOf gives the parts of a text that are of some characters only.
func fieldsOf(text, of string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return !strings.ContainsRune(of, r) })
}
