package candor

import "strings"

// Finding is one thing that a sensor observed, where, and by which rule. It
// says what was seen; whether somebody is to blame is not its business.
type Finding struct {
	Path        string       `json:"path"`
	Inside      string       `json:"inside,omitempty"` // the part of the content where it is: "a.zip//b.php"
	Rule        string       `json:"rule"`
	Class       Class        `json:"class"`
	Nature      Nature       `json:"nature,omitempty"`
	Severity    Severity     `json:"severity"`
	SHA256      string       `json:"sha256"` // of the whole content, in hexadecimal
	Bytes       int64        `json:"bytes"`  // size of the content
	Language    string       `json:"language"`
	Definitions string       `json:"definitions"` // the file that holds the rule
	Line        int          `json:"line,omitempty"`
	Description string       `json:"description,omitempty"`
	Tags        []string     `json:"tags,omitempty"`
	Strings     []Occurrence `json:"strings,omitempty"`
	// Good says as what the content is known to be good, if a list knows it:
	// the rule is probably wrong.
	Good string `json:"known_good,omitempty"`
}

// Occurrence is one place where a string of a rule was seen.
type Occurrence struct {
	Name   string `json:"name"`
	Offset int64  `json:"offset"` // bytes from the start of the content
	Length int    `json:"length"` // bytes
	Data   []byte `json:"data"`   // the first bytes of it; base64 in JSON
}

// OwnLanguage is the Language of findings that no definitions give.
const OwnLanguage = "candor"

// unread begins the rules of what was not fully looked at.
const unread = "Candor.NotFullyRead."

// Unread is the rule of content that was not fully looked at, for a reason in
// one word ("Encrypted"). It says that the content cannot be called clean.
func Unread(reason string) string { return unread + reason }

// IsUnread tells whether f says that something was not fully looked at, and
// not that something is there.
func (f Finding) IsUnread() bool {
	return f.Language == OwnLanguage && strings.HasPrefix(f.Rule, unread)
}

// Where is the path, and the part behind "//", which no cleaned path holds.
func (f Finding) Where() string {
	if f.Inside == "" {
		return f.Path
	}
	return f.Path + "//" + f.Inside
}
