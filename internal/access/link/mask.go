package link

import (
	"strings"
	"unicode/utf8"
)

// Mask tells the owner of a mail address which one it is, and others next to
// nothing: a•••@e•••.net. The number of dots says nothing. What is no mail
// address shows its last two characters only, as with a telephone.
func Mask(address string) string {
	const dots = "•••"
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		if utf8.RuneCountInString(address) < 6 {
			return dots
		}
		r := []rune(address)
		return dots + string(r[len(r)-2:])
	}
	local, domain := address[:at], address[at+1:]
	end := ""
	if dot := strings.LastIndexByte(domain, '.'); dot > 0 {
		domain, end = domain[:dot], domain[dot:]
	}
	return first(local) + dots + "@" + first(domain) + dots + end
}

func first(s string) string {
	_, n := utf8.DecodeRuneInString(s)
	return s[:n]
}
