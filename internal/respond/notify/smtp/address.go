package smtp

import (
	"fmt"
	"net/mail"
	"strings"

	"golang.org/x/net/idna"

	"candor"
)

// address is where a mail goes. The domain is in ASCII, since every server
// can take that; the local part may be in any script (RFC 6531).
type address struct{ local, domain string }

func (a address) String() string {
	whole := mail.Address{Address: a.local + "@" + a.domain}
	return strings.Trim(whole.String(), "<>") // quotes the local part where it must be
}

// ascii tells whether servers without SMTPUTF8 can take the address.
func (a address) ascii() bool {
	return strings.IndexFunc(a.local, func(r rune) bool { return r > 126 }) < 0
}

// parseAddress reads an address without a name. The error is candor.ErrInvalid.
func parseAddress(s string) (address, error) {
	const most = 254 // RFC 5321, 4.5.3.1.3, less the brackets
	no := fmt.Errorf("%.80q is no mail address: %w", s, candor.ErrInvalid)
	if len(s) > most || strings.ContainsAny(s, "<>\r\n\x00") {
		return address{}, no
	}
	parsed, err := mail.ParseAddress("<" + s + ">")
	if err != nil {
		return address{}, no
	}
	at := strings.LastIndexByte(parsed.Address, '@')
	local, domain := parsed.Address[:at], parsed.Address[at+1:]
	if len(local) > 64 || strings.ContainsAny(local, "\r\n\x00") {
		return address{}, no
	}
	if strings.HasPrefix(domain, "[") { // an address of a machine
		return address{local, domain}, nil
	}
	domain, err = idna.Lookup.ToASCII(domain)
	if err != nil || domain == "" {
		return address{}, no
	}
	return address{local, domain}, nil
}
