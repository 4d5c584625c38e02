// Package bulletin is bulletins of best practice (ITU-T X.1207, 11.1.5): what the
// provider tells partners and vendors, in their languages, in versions, and who said
// to have read which of them.
//
// Nothing here sends or keeps anything. All functions are safe for concurrent use.
package bulletin

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"candor"
	"candor/internal/intel"
	"candor/internal/intel/tlp"
)

// Bounds.
const (
	MostTitle      = 200    // bytes
	MostBody       = 20_000 // bytes, of one language
	MostComment    = 2_000  // bytes
	MostRecipients = 2_000  // of a version
	MostVersions   = 50
	MostReminders  = 3
	MostDays       = 30 // between reminders
	Longest        = 2 * 366 * 24 * time.Hour
)

// Languages are those that a bulletin can be written in, by their tags.
func Languages() []string { return []string{"en", "zh", "ar", "es", "fr", "ru"} }

// Draft is what a version says, and to whom it goes.
type Draft struct {
	// Texts are at least one, one a language. Who reads none of them gets the first.
	Texts []intel.Text `json:"texts"`
	Mark  tlp.Mark     `json:"mark"`
	Until time.Time    `json:"until"` // holds until then; UTC
	// Groups get it in their collections and their members by mail; Parties and
	// Entries (of the directory) by mail.
	Groups  []candor.ID `json:"groups,omitempty"`
	Parties []candor.ID `json:"parties,omitempty"`
	Entries []candor.ID `json:"entries,omitempty"`
	// Remind is after how many days who has not read it is reminded, at most
	// MostReminders times; 0: never.
	Remind int `json:"remind,omitempty"`
}

// State says how far a bulletin is.
type State string

// The states.
const (
	Drafted   State = "draft" // no version went out
	Published State = "published"
	Withdrawn State = "withdrawn" // holds no more, and says so to whom it went
)

// States are all of them.
func States() []State { return []State{Drafted, Published, Withdrawn} }

// Bulletin is one in all its versions.
type Bulletin struct {
	ID    candor.ID `json:"id"`
	State State     `json:"state"`
	Draft Draft     `json:"draft"` // what was published last, or what is to be published next
	// Number is that of the version that was published last; 0 if none was.
	Number    int       `json:"number"`
	Changed   bool      `json:"changed"` // the draft is not what was published last
	Author    string    `json:"author"`  // who wrote the draft
	Reason    string    `json:"reason,omitempty"`
	Edition   int64     `json:"edition"` // goes up with each change
	Created   time.Time `json:"created"`
	Updated   time.Time `json:"updated"`
	Withdrawn time.Time `json:"withdrawn,omitzero"`
}

// Title is that of the first text.
func (b Bulletin) Title() string { return b.Draft.Title() }

// Title is that of the first text.
func (d Draft) Title() string {
	if len(d.Texts) == 0 {
		return ""
	}
	return d.Texts[0].Title
}

// Version is what was published. It never changes.
type Version struct {
	Bulletin candor.ID `json:"bulletin"`
	Number   int       `json:"number"` // from 1
	Draft    Draft     `json:"draft"`
	SHA256   string    `json:"sha256"` // of what it says: texts, mark and until
	Author   string    `json:"author"`
	By       string    `json:"by"` // who approved and published it
	At       time.Time `json:"at"`
}

// Copy is what one recipient got of a version, by mail, and whether it was read.
type Copy struct {
	ID       candor.ID `json:"id"`
	Bulletin candor.ID `json:"bulletin"`
	Number   int       `json:"number"`
	Party    candor.ID `json:"party,omitempty"`
	Entry    candor.ID `json:"entry,omitempty"`
	Name     string    `json:"name"`
	Address  string    `json:"address"` // of the mail
	Language string    `json:"language"`
	Sent     time.Time `json:"sent"`
	// Read is when the recipient said to have read it; zero: not yet. That a link was
	// opened is no such word.
	Read      time.Time `json:"read,omitzero"`
	Comment   string    `json:"comment,omitempty"`
	Reminders int       `json:"reminders,omitempty"` // that were sent
	Due       time.Time `json:"due,omitzero"`        // of the next reminder; zero: none
}

// Count is how many got a version, and how many of them read it.
type Count struct {
	Sent int `json:"sent"`
	Read int `json:"read"`
}

func invalid(what, hint string) error {
	return candor.WithHint(fmt.Errorf("%s: %w", what, candor.ErrInvalid), hint)
}

// Check tells what is wrong with a draft: candor.ErrInvalid, with a hint.
func (d Draft) Check(now time.Time) error {
	if err := checkTexts(d.Texts); err != nil {
		return err
	}
	switch {
	case !slices.Contains(tlp.Marks(), d.Mark) || d.Mark == tlp.AmberStrict:
		return invalid(fmt.Sprintf("%.20q is no mark that may leave", string(d.Mark)), "Choose clear, green, amber or red. What is marked amber+strict stays in the house.")
	case !d.Until.After(now) || d.Until.After(now.Add(Longest)):
		return invalid("until when it holds", "Write a day that comes, within two years.")
	case d.Remind < 0 || d.Remind > MostDays:
		return invalid("after how many days to remind", fmt.Sprintf("Write 0, for never, to %d.", MostDays))
	case len(d.Groups)+len(d.Parties)+len(d.Entries) > MostRecipients:
		return invalid("there are too many recipients", fmt.Sprintf("Name at most %d.", MostRecipients))
	}
	for _, ids := range [][]candor.ID{d.Groups, d.Parties, d.Entries} {
		sorted := slices.Sorted(slices.Values(ids))
		if len(slices.Compact(sorted)) != len(ids) {
			return invalid("a recipient is named twice", "Name each once.")
		}
	}
	return nil
}

func checkTexts(all []intel.Text) error {
	if len(all) == 0 {
		return invalid("it says nothing", "Write it in at least one language.")
	}
	seen := map[string]bool{}
	for _, t := range all {
		switch {
		case !slices.Contains(Languages(), t.Language):
			return invalid(fmt.Sprintf("%.20q is no language of bulletins", t.Language), "Choose "+strings.Join(Languages(), ", ")+".")
		case seen[t.Language]:
			return invalid("there are two texts in "+t.Language, "Write one a language.")
		case strings.TrimSpace(t.Title) == "" || len(t.Title) > MostTitle || strings.ContainsAny(t.Title, "\r\n"):
			return invalid("the title in "+t.Language, fmt.Sprintf("Write at most %d bytes in one line.", MostTitle))
		case strings.TrimSpace(t.Body) == "" || len(t.Body) > MostBody:
			return invalid("the text in "+t.Language, fmt.Sprintf("Write at most %d bytes.", MostBody))
		case !utf8.ValidString(t.Title+t.Body) || strings.ContainsRune(t.Title+t.Body, 0):
			return invalid("the text in "+t.Language+" is no text", "Write it as UTF-8.")
		}
		seen[t.Language] = true
	}
	return nil
}

// In gives the text in a language (BCP 47), or else in English, or else the first.
func (d Draft) In(language string) intel.Text {
	for _, want := range []string{language, "en"} {
		base, _, _ := strings.Cut(strings.ToLower(want), "-")
		for _, t := range d.Texts {
			if have, _, _ := strings.Cut(strings.ToLower(t.Language), "-"); base != "" && have == base {
				return t
			}
		}
	}
	if len(d.Texts) == 0 {
		return intel.Text{}
	}
	return d.Texts[0]
}

// Digest is the SHA-256 of what the draft says, in hexadecimal: of its texts, mark
// and until, and not of whom it goes to.
func (d Draft) Digest() string {
	text, err := json.Marshal(struct {
		Texts []intel.Text `json:"texts"`
		Mark  tlp.Mark     `json:"mark"`
		Until time.Time    `json:"until"`
	}{d.Texts, d.Mark, d.Until})
	if err != nil {
		return "" // only texts and a time, which always can be written
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// Bundle is what of a version is shared. Versions of a bulletin share its ID, so that
// each takes the place of the one before it; revoked says that it holds no more.
// Nothing leaves without a release of it.
func (b Bulletin) Bundle(d Draft, by intel.Producer, at time.Time, revoked bool) intel.Bundle {
	return intel.Bundle{ID: b.ID, Title: d.Title(), Producer: by, Created: b.Created, Modified: at, TLP: d.Mark, Texts: d.Texts, Revoked: revoked}
}

// Next is when who has not read a version is reminded next; zero if not any more.
func (v Version) Next(c Copy, now time.Time) time.Time {
	next := now.Add(time.Duration(v.Draft.Remind) * 24 * time.Hour)
	if v.Draft.Remind <= 0 || c.Reminders >= MostReminders || !c.Read.IsZero() || !next.Before(v.Draft.Until) {
		return time.Time{}
	}
	return next
}
