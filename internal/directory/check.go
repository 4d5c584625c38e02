package directory

import (
	"fmt"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/language"

	"candor"
	"candor/internal/regex"
)

// Bounds of an entry.
const (
	MostKey      = 64 << 10 // bytes of an armoured key
	MostMail     = 50 << 20 // bytes of a mail with samples
	mostName     = 200
	mostText     = 4000
	mostList     = 20
	mostAddress  = 500
	mostPassword = 60
)

// Check tells whether an entry can be kept. The error is candor.ErrInvalid,
// with a hint.
func (e Entry) Check() error {
	for _, one := range []func() error{e.checkText, e.checkLists, e.checkChannels, e.checkArchive, e.checkKey, e.checkInterface} {
		if err := one(); err != nil {
			return err
		}
	}
	return nil
}

func (e Entry) checkText() error {
	switch {
	case !line(e.Name, mostName) || strings.TrimSpace(e.Name) != e.Name || e.Name == "":
		return bad("the name is missing, or is not on one line", "Give the name of the organisation, of at most 200 bytes.")
	case !line(e.Hours, mostName):
		return bad("the hours are not on one line", "Say them in a few words.")
	case len(e.Note) > mostText || strings.ContainsFunc(e.Note, func(c rune) bool { return unicode.IsControl(c) && c != '\n' && c != '\t' }):
		return bad("the note is too long, or holds control characters", "Write at most 4,000 bytes.")
	case e.Source != "" && !address(e.Source):
		return bad("the source is no address that begins with https://", "Name the page on which the organisation publishes this.")
	case e.Looked != "" && !day(e.Looked):
		return bad("the day on which the source was looked at is none", "Write it as 2026-11-27.")
	}
	return nil
}

func (e Entry) checkLists() error {
	switch {
	case !some(e.Kinds, Kinds()):
		return bad("it does not say what the organisation is, or says it twice", "Choose one kind or more.")
	case !some(e.Takes, AllGoods()):
		return bad("it does not say what the organisation takes, or says it twice", "Choose samples, hashes, urls or reports.")
	case len(e.Classes) > 0 && !some(e.Classes, candor.Classes()):
		return bad("a class is none of the taxonomy, or stands there twice", "Choose from the incident classes.")
	case len(e.Languages) > mostList:
		return bad("there are too many languages", "Keep to those that matter.")
	}
	for _, tag := range e.Languages {
		if _, err := language.Parse(tag); err != nil {
			return bad(fmt.Sprintf("%.20q is no language", tag), "Write a tag such as en or zh-Hans.")
		}
	}
	return nil
}

func (e Entry) checkChannels() error {
	if len(e.Channels) == 0 || len(e.Channels) > mostList {
		return bad("there is no channel, or there are too many", "Give at least one way to reach the organisation.")
	}
	for i, c := range e.Channels {
		if slices.Contains(e.Channels[:i], c) {
			return bad(fmt.Sprintf("%.80q stands there twice", c.Address), "Take one away.")
		}
		if err := c.check(); err != nil {
			return err
		}
	}
	return nil
}

var number = regex.Of(`^\+[0-9][0-9 ().-]{4,40}$`)

func (c Channel) check() error {
	switch c.Way {
	case Mail:
		if !IsMail(c.Address) {
			return bad(fmt.Sprintf("%.80q is no mail address", c.Address), "Write it as name@example.org.")
		}
	case Form, API:
		if !address(c.Address) {
			return bad(fmt.Sprintf("%.80q is no address that begins with https://", c.Address), "Give the address of the form or the interface.")
		}
	case Phone:
		if !number.MatchString(c.Address) {
			return bad(fmt.Sprintf("%.80q is no number", c.Address), "Write it with + and the country in front.")
		}
	default:
		return bad(fmt.Sprintf("%.20q is no way to reach anybody", c.Way), "Choose mail, form, api or phone.")
	}
	return nil
}

func (e Entry) checkArchive() error {
	switch {
	case !slices.Contains(Archives(), e.Archive):
		return bad(fmt.Sprintf("%.20q is no archive", e.Archive), "Choose zip or zip-aes, or leave it out.")
	case e.Archive != NoArchive && e.Password == "":
		return bad("the archive has no password", "Say which they expect: most want “infected”.")
	case e.Archive == NoArchive && e.Password != "":
		return bad("there is a password and no archive", "Say in what samples are packed.")
	case len(e.Password) > mostPassword || strings.ContainsFunc(e.Password, func(c rune) bool { return c < ' ' || c > '~' }):
		return bad("the password is too long, or not all of it is ASCII", "Use at most 60 letters, digits and signs.")
	case e.MostBytes < 0 || e.MostBytes > MostMail:
		return bad("the size limit is none, or is over 50 MiB", "Give bytes, at most 52428800: larger mails are sent to nobody. Give 0 where none is said.")
	}
	return nil
}

func (e Entry) checkKey() error {
	if e.Key == "" {
		return nil
	}
	_, err := ReadKey(e.Key)
	return err
}

// IsMail tells whether s is a mail address and nothing more.
func IsMail(s string) bool {
	if len(s) > 254 || strings.ContainsFunc(s, func(c rune) bool { return unicode.IsControl(c) || unicode.IsSpace(c) }) {
		return false
	}
	a, err := mail.ParseAddress("<" + s + ">")
	return err == nil && a.Address == s && strings.Contains(s[strings.LastIndexByte(s, '@')+1:], ".")
}

// address tells whether s is one that browsers reach safely.
func address(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Scheme == "https" && u.Hostname() != "" && u.User == nil && line(s, mostAddress) && !strings.Contains(s, " ")
}

func day(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

// line tells whether s fits on one line.
func line(s string, most int) bool {
	return len(s) <= most && !strings.ContainsFunc(s, func(c rune) bool {
		return unicode.IsControl(c) || c == '\u2028' || c == '\u2029' || c == unicode.ReplacementChar
	})
}

// some tells whether list holds one of all or more, and none twice.
func some[T comparable](list, all []T) bool {
	for i, v := range list {
		if !slices.Contains(all, v) || slices.Contains(list[:i], v) {
			return false
		}
	}
	return len(list) > 0
}

// says tells whether the words are in the name or an address.
func (e Entry) says(words string) bool {
	words = strings.ToLower(strings.TrimSpace(words))
	return words == "" || strings.Contains(strings.ToLower(e.Name), words) ||
		slices.ContainsFunc(e.Channels, func(c Channel) bool { return strings.Contains(strings.ToLower(c.Address), words) })
}

func bad(what, hint string) error {
	return candor.WithHint(fmt.Errorf("%s: %w", what, candor.ErrInvalid), hint)
}
