package smtp

import (
	"fmt"
	"strings"

	"candor"
	"candor/internal/intake"
)

// addressees are whom mails are taken for.
type addressees struct {
	addresses, domains map[string]bool
}

func newAddressees(all []string) (addressees, error) {
	a := addressees{addresses: map[string]bool{}, domains: map[string]bool{}}
	for _, one := range all {
		local, domain, ok := parts(one)
		if !ok {
			return a, fmt.Errorf("%q is neither an address nor a domain: %w", one, candor.ErrInvalid)
		}
		if local == "" {
			a.domains[domain] = true
		} else {
			a.addresses[local+"@"+domain] = true
		}
	}
	if len(all) == 0 {
		return a, fmt.Errorf("nobody is named whom mails are taken for: %w", candor.ErrInvalid)
	}
	return a, nil
}

// parts gives the two of an address in lower case, the domain in ASCII. Of a
// domain, the first is empty.
func parts(s string) (local, domain string, ok bool) {
	at := strings.LastIndexByte(s, '@')
	if at > 0 {
		local = strings.ToLower(s[:at])
	}
	if strings.ContainsAny(local, " \t<>") {
		return "", "", false
	}
	domain, ok = intake.Hostname(strings.Trim(s[at+1:], "[]"))
	if !ok && !strings.ContainsAny(s[at+1:], " \t<>@") && s[at+1:] != "" {
		domain, ok = strings.ToLower(s[at+1:]), at >= 0 // "localhost", in addresses
	}
	return local, domain, ok
}

func (a addressees) has(to string) bool {
	local, domain, ok := parts(to)
	if !ok || local == "" {
		return false
	}
	base, _, _ := strings.Cut(local, "+")
	return a.domains[domain] || a.addresses[local+"@"+domain] || a.addresses[base+"@"+domain]
}
