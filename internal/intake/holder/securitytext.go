package holder

import (
	"errors"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"candor/internal/intake"
)

// SecurityText is what a security.txt says (RFC 9116). Signatures are not
// checked: it came from the site.
type SecurityText struct {
	Mails      []string // of Contact, canonical, the preferred first
	Pages      []string // of Contact: https
	Encryption []string
	Languages  []string
	Canonical  []string
	Expires    time.Time
}

// mostText bounds a security.txt, in bytes.
const mostText = 32 << 10

// ErrSecurityText is of what is no security.txt that counts.
var ErrSecurityText = errors.New("no security.txt")

// ParseSecurityText reads a security.txt. It is ErrSecurityText without a
// contact, or without exactly one date on which it expires.
func ParseSecurityText(body []byte) (s SecurityText, err error) {
	if len(body) > mostText || !utf8.Valid(body) {
		return s, ErrSecurityText
	}
	expires, contacts := 0, 0
	for line := range strings.Lines(unsigned(string(body))) {
		line = strings.TrimSpace(strings.TrimPrefix(line, "- ")) // dash-escaped (RFC 9580, 7.2)
		name, value, ok := strings.Cut(line, ":")
		if value = strings.TrimSpace(value); !ok || strings.HasPrefix(line, "#") || value == "" {
			continue
		}
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "contact":
			contacts++
			s.contact(value)
		case "expires":
			expires++
			if s.Expires, err = time.Parse(time.RFC3339, strings.ToUpper(value)); err != nil {
				return SecurityText{}, ErrSecurityText
			}
		case "encryption":
			s.Encryption = append(s.Encryption, value)
		case "canonical":
			s.Canonical = append(s.Canonical, value)
		case "preferred-languages":
			for _, l := range strings.Split(value, ",") {
				s.Languages = append(s.Languages, strings.TrimSpace(l))
			}
		}
	}
	if contacts == 0 || expires != 1 {
		return SecurityText{}, ErrSecurityText
	}
	return s, nil
}

// contact takes in a contact: a mail address or a page. Telephone numbers and
// what has no scheme are for people.
func (s *SecurityText) contact(value string) {
	if address, ok := strings.CutPrefix(value, "mailto:"); ok {
		address, _, _ = strings.Cut(address, "?")
		if plain, err := url.PathUnescape(address); err == nil {
			address = plain
		}
		if r, err := intake.NewResource(intake.Mail, address); err == nil {
			s.Mails = append(s.Mails, r.Value)
		}
		return
	}
	if u, err := url.Parse(value); err == nil && u.Scheme == "https" && u.Host != "" {
		s.Pages = append(s.Pages, value)
	}
}

// unsigned gives the text of a message that is signed in clear (RFC 9580, 7).
func unsigned(text string) string {
	const begin, end = "-----BEGIN PGP SIGNED MESSAGE-----", "-----BEGIN PGP SIGNATURE-----"
	text = strings.ReplaceAll(text, "\r\n", "\n")
	if !strings.HasPrefix(strings.TrimSpace(text), begin) {
		return text
	}
	_, text, _ = strings.Cut(text, "\n\n") // behind the header
	text, _, _ = strings.Cut(text, end)
	return text
}
