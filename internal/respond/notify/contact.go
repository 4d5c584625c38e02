package notify

import (
	"net/mail"
	"slices"
	"strings"

	"candor"
)

// mostContacts bounds how many get a mail.
const mostContacts = 10

// choice is whom a mail goes to.
type choice struct {
	contacts []candor.Contact
	purpose  string   // for which they were chosen: abuse, technical, all or other
	bad      []string // addresses that cannot be any
	left     int      // how many were too many
}

// choose takes the party's contacts for abuse; if it has none the technical
// ones, then those for all, then any: better the wrong desk than nobody.
func choose(party candor.Party) choice {
	var c choice
	byPurpose := map[string][]candor.Contact{}
	seen := map[string]bool{}
	for _, contact := range party.Contacts {
		if contact.Channel != candor.Mail {
			continue
		}
		contact.Address = strings.TrimSpace(contact.Address)
		if !plausible(contact.Address) {
			c.bad = append(c.bad, clean(contact.Address, 80))
			continue
		}
		purpose := strings.ToLower(contact.Purpose)
		switch purpose {
		case "abuse", "technical":
		case "":
			purpose = "all"
		default:
			purpose = "other"
		}
		if key := purpose + " " + strings.ToLower(contact.Address); !seen[key] {
			seen[key] = true
			byPurpose[purpose] = append(byPurpose[purpose], contact)
		}
	}
	for _, c.purpose = range []string{"abuse", "technical", "all", "other"} {
		if c.contacts = byPurpose[c.purpose]; len(c.contacts) > 0 {
			break
		}
	}
	if len(c.contacts) > mostContacts {
		c.left = len(c.contacts) - mostContacts
		c.contacts = slices.Clip(c.contacts[:mostContacts])
	}
	return c
}

// plausible tells whether s has the form of a mail address. The sender decides.
func plausible(s string) bool {
	parsed, err := mail.ParseAddress("<" + s + ">")
	return err == nil && !strings.ContainsAny(parsed.Address, "\r\n\x00")
}
