package receipt

import (
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"candor"
	"candor/internal/consent"
	"candor/internal/regex"
)

// Bounds of a receipt.
const (
	mostClauses = 256
	mostText    = 300 // bytes
)

// languageTag is the form of BCP 47, as far as it matters here.
var languageTag = regex.Of(`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}$`)

// check tells what is wrong with a receipt.
func (r *Receipt) check() error {
	for _, id := range []candor.ID{r.ID, r.Record} {
		if _, err := candor.ParseID(string(id)); err != nil {
			return err
		}
	}
	switch {
	case r.Schema != Schema:
		return candor.WithHint(wrong("schema_version", r.Schema), "Check it with a newer version of the program.")
	case !address(r.Issuer):
		return wrong("iss", r.Issuer)
	case r.Issued <= 0 || r.Issued >= 1<<40:
		return wrong("iat", fmt.Sprint(r.Issued))
	case !digest(r.Principal):
		return wrong("pii_principal_id", r.Principal)
	case r.Control != "" && !address(r.Control):
		return wrong("control_url", r.Control)
	case r.Previous != "" && !digest(r.Previous):
		return wrong("previous", r.Previous)
	}
	if err := r.Event.check(); err != nil {
		return err
	}
	if err := r.Agreement.check(); err != nil {
		return err
	}
	if e := r.Evidence; e != nil && (!line(e.Log) || e.Index < 0 || e.Index >= 1<<53 || e.Leaf != "" && !digest(e.Leaf)) {
		return wrong("evidence", e.Log)
	}
	return r.checkClauses()
}

func (e Event) check() error {
	switch {
	case !slices.Contains(acts(), e.Act):
		return wrong("event_state", string(e.Act))
	case e.At.Year() < 1970 || e.At.Year() > 9999 || e.At.Location() != e.At.UTC().Location():
		return wrong("event_time", e.At.String())
	case !slices.Contains(consent.Ways(), e.Method):
		return wrong("collection_method", string(e.Method))
	case !slices.Contains(consent.Behalves(), e.Behalf):
		return wrong("given_by", string(e.Behalf))
	case e.Age < 0 || e.Age > 150 || e.Age > 0 && (e.Act != consent.Agreed || e.Behalf != consent.Self):
		return wrong("stated_age", strconv.Itoa(e.Age))
	}
	return nil
}

func (a Agreement) check() error {
	switch {
	case !line(a.Document):
		return wrong("document", a.Document)
	case !line(a.Version):
		return wrong("version", a.Version)
	case !digest(a.SHA256):
		return wrong("sha256", a.SHA256)
	case !languageTag.MatchString(a.Language):
		return wrong("language", a.Language)
	}
	return nil
}

// checkClauses holds clauses against the event: nothing is agreed to by who
// refused, and who agreed has refused nothing that is not optional.
func (r *Receipt) checkClauses() error {
	if r.Clauses == nil || len(r.Clauses) > mostClauses {
		return wrong("clauses", fmt.Sprint(len(r.Clauses)))
	}
	seen := map[string]bool{}
	for _, c := range r.Clauses {
		fits := c.Act == r.Event.Act || r.Event.Act == consent.Agreed && c.Act == consent.Refused && c.Optional
		if !line(c.ID) || seen[c.ID] || c.Title != "" && !line(c.Title) || !fits {
			return wrong("clauses", c.ID)
		}
		seen[c.ID] = true
	}
	return nil
}

func acts() []consent.Act { return []consent.Act{consent.Agreed, consent.Refused, consent.Withdrawn} }

func wrong(member, value string) error {
	return fmt.Errorf("member %s, %.80q: %w", member, value, candor.ErrInvalid)
}

// digest tells whether a word is a SHA-256 digest in lower-case hexadecimal.
func digest(word string) bool {
	b, err := hex.DecodeString(word)
	return err == nil && len(b) == 32 && strings.ToLower(word) == word
}

// line tells whether a text is one line that can be printed.
func line(text string) bool {
	return text != "" && len(text) <= mostText && utf8.ValidString(text) && strings.IndexFunc(text, func(c rune) bool { return !unicode.IsPrint(c) }) < 0
}

// address tells whether a text is an URL of the web that holds no secret: no
// user, no query and no fragment. (A secret in its path is the caller's fault.)
func address(text string) bool {
	u, err := url.Parse(text)
	return line(text) && err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil && u.RawQuery == "" && !u.ForceQuery && u.Fragment == "" && !strings.Contains(text, "#")
}
