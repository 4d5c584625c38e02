package intake

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// ErrValue is of values that are none of their kind.
var ErrValue = errors.New("no value of its kind")

// NewResource gives a resource with its value in the canonical form, of no role
// yet. It takes values as machines write them, not defanged ones. An error is
// ErrValue.
func NewResource(kind Kind, value string) (Resource, error) {
	value = strings.TrimSpace(value)
	canonical, ok := "", false
	if len(value) <= MostValue && utf8.ValidString(value) && !strings.ContainsFunc(value, control) {
		if form := forms[kind]; form != nil {
			canonical, ok = form(value)
		}
	}
	if !ok {
		return Resource{}, fmt.Errorf("%.60q as %s: %w", value, kind, ErrValue)
	}
	return Resource{Kind: kind, Value: canonical}, nil
}

// control tells whether a character is for machines, not for readers.
func control(r rune) bool { return r < ' ' || r == 0x7f }

// forms gives the canonical form of a value, and whether it is one, by kind.
var forms = map[Kind]func(string) (string, bool){
	Address: address, Network: network, URL: webAddress, Domain: domain, Hash: hash, Mail: mailAddress,
}

func address(s string) (string, bool) {
	a, err := netip.ParseAddr(strings.Trim(s, "[]"))
	return a.Unmap().WithZone("").String(), err == nil
}

func network(s string) (string, bool) {
	p, err := netip.ParsePrefix(s)
	return p.Masked().String(), err == nil
}

// webAddress gives a URL with scheme and host in lower case, and all else as it
// is: servers may tell cases of paths apart.
func webAddress(s string) (string, bool) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme == "" || u.Host == "" {
		return "", false
	}
	if _, ok := Hostname(u.Hostname()); !ok {
		return "", false
	}
	_, rest, _ := strings.Cut(s, "://")
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	authority, path := rest[:end], rest[end:]
	at := strings.LastIndexByte(authority, '@') + 1
	return strings.ToLower(u.Scheme) + "://" + authority[:at] + strings.TrimSuffix(strings.ToLower(authority[at:]), ".") + path, true
}

// Hostname gives the name or address of a host in lower case and ASCII (IDNA),
// and whether it is one.
func Hostname(s string) (string, bool) {
	if a, ok := address(s); ok {
		return a, true
	}
	return domain(s)
}

func domain(s string) (string, bool) {
	s = strings.TrimSuffix(strings.ToLower(s), ".")
	if ascii, err := idna.Lookup.ToASCII(s); err == nil {
		s = ascii // what has underscores, for one, stays
	}
	labels := strings.Split(s, ".")
	if len(labels) < 2 || len(s) > 253 {
		return "", false
	}
	for _, l := range labels {
		if l == "" || len(l) > 63 || l[0] == '-' || strings.Trim(l, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return "", false
		}
	}
	_, isAddress := address(s)
	return s, !isAddress
}

// hash takes MD5, SHA-1, SHA-256, SHA-384 and SHA-512, told apart by length.
func hash(s string) (string, bool) {
	s = strings.ToLower(s)
	b, err := hex.DecodeString(s)
	switch len(b) {
	case 16, 20, 32, 48, 64:
		return s, err == nil
	}
	return "", false
}

func mailAddress(s string) (string, bool) {
	s = strings.TrimPrefix(strings.Trim(s, "<>"), "mailto:")
	at := strings.LastIndexByte(s, '@')
	if at < 1 || strings.ContainsAny(s, " \t<>") {
		return "", false
	}
	host, ok := Hostname(strings.Trim(s[at+1:], "[]"))
	return strings.ToLower(s[:at]) + "@" + host, ok
}

// Host is the host of a URL or of a mail address, the value itself for a domain
// or an address, and "" for what has none.
func (r Resource) Host() string {
	switch r.Kind {
	case Address, Domain:
		return r.Value
	case Mail:
		return r.Value[strings.LastIndexByte(r.Value, '@')+1:]
	case URL:
		if u, err := url.Parse(r.Value); err == nil {
			return strings.TrimSuffix(u.Hostname(), ".")
		}
	}
	return ""
}

// Origin is a URL without its path: scheme, host and port.
func (r Resource) Origin() string {
	scheme, rest, _ := strings.Cut(r.Value, "://")
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		rest = rest[:end]
	}
	return scheme + "://" + rest
}

// Defanged writes what is dangerous to open so that no mail program makes a link of
// it, and no filter takes the mail for what it tells of.
func Defanged(value string) string {
	scheme, rest, ok := strings.Cut(value, "://")
	if !ok {
		if strings.ContainsAny(value, "abcdefghijklmnopqrstuvwxyz") && !strings.Contains(value, ":") {
			return strings.ReplaceAll(value, ".", "[.]")
		}
		return value
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	return strings.Replace(scheme, "tt", "xx", 1) + "://" + strings.ReplaceAll(rest[:end], ".", "[.]") + rest[end:]
}

// Cut gives at most so many bytes of a text, whole characters, valid
// UTF-8 without NUL, which databases refuse.
func Cut(text string, most int) string {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "")
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most]
}
