package candor

// Finding is one thing that a sensor observed, where, and by which rule. It
// says what was seen; whether somebody is to blame is not its business.
type Finding struct {
	Path        string       `json:"path"`
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
}

// Occurrence is one place where a string of a rule was seen.
type Occurrence struct {
	Name   string `json:"name"`
	Offset int64  `json:"offset"` // bytes from the start of the content
	Length int    `json:"length"` // bytes
	Data   []byte `json:"data"`   // the first bytes of it; base64 in JSON
}
