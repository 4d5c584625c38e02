package evidence

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/gowebpki/jcs"

	"candor"
)

// maxDepth is how deep values may nest.
const maxDepth = 100

// scanner reads JSON in canonical form (RFC 8785) and refuses any other. It is
// far quicker than to transform and compare: a log of a million entries is
// checked in seconds.
type scanner struct {
	data  []byte
	at    int
	depth int
}

// isCanonical tells whether data is one value in canonical form.
func isCanonical(data []byte) bool {
	s := scanner{data: data}
	_, err := s.value()
	return err == nil && s.end() == nil
}

func (s *scanner) wrong(what string) error {
	return fmt.Errorf("at byte %d: %s: %w", s.at, what, candor.ErrInvalid)
}

// end wants nothing more.
func (s *scanner) end() error {
	if s.at != len(s.data) {
		return s.wrong("something follows the value")
	}
	return nil
}

// next tells whether c follows, and passes it.
func (s *scanner) next(c byte) bool {
	if s.at < len(s.data) && s.data[s.at] == c {
		s.at++
		return true
	}
	return false
}

// value passes one value and gives its bytes.
func (s *scanner) value() ([]byte, error) {
	start := s.at
	if s.at >= len(s.data) {
		return nil, s.wrong("a value is missing")
	}
	var err error
	switch c := s.data[s.at]; {
	case c == '{':
		err = s.object(s.member)
	case c == '[':
		err = s.array(s.element)
	case c == '"':
		_, err = s.token()
	case c == '-' || c >= '0' && c <= '9':
		err = s.number()
	default:
		err = s.literal()
	}
	return s.data[start:s.at], err
}

func (s *scanner) element() error        { _, err := s.value(); return err }
func (s *scanner) member(_ []byte) error { return s.element() }

// object passes an object; member must pass the value of each name. It may not
// keep the name.
func (s *scanner) object(member func(name []byte) error) error {
	if !s.next('{') {
		return s.wrong("no object")
	}
	if s.depth++; s.depth > maxDepth {
		return s.wrong("nested too deep")
	}
	defer func() { s.depth-- }()
	if s.next('}') {
		return nil
	}
	for before, first := []byte(nil), true; ; first = false {
		name, err := s.text()
		if err != nil {
			return err
		}
		if !first && compareNames(before, name) >= 0 {
			return s.wrong("names are not in order")
		}
		if !s.next(':') {
			return s.wrong("no colon")
		}
		if err := member(name); err != nil {
			return err
		}
		if before = name; s.next('}') {
			return nil
		}
		if !s.next(',') {
			return s.wrong("no comma")
		}
	}
}

// array passes an array; element must pass each value.
func (s *scanner) array(element func() error) error {
	if !s.next('[') {
		return s.wrong("no array")
	}
	if s.depth++; s.depth > maxDepth {
		return s.wrong("nested too deep")
	}
	defer func() { s.depth-- }()
	if s.next(']') {
		return nil
	}
	for {
		if err := element(); err != nil {
			return err
		}
		if s.next(']') {
			return nil
		}
		if !s.next(',') {
			return s.wrong("no comma")
		}
	}
}

// text passes a string and gives what it says. That may be memory of data.
func (s *scanner) text() ([]byte, error) {
	token, err := s.token()
	if err != nil {
		return nil, err
	}
	if inner := token[1 : len(token)-1]; bytes.IndexByte(inner, '\\') < 0 {
		return inner, nil
	}
	var text string
	err = json.Unmarshal(token, &text)
	return []byte(text), err
}

// token passes a string and gives it with its quotes.
func (s *scanner) token() ([]byte, error) {
	start := s.at
	if !s.next('"') {
		return nil, s.wrong("no string")
	}
	for s.at < len(s.data) {
		switch c := s.data[s.at]; {
		case c == '"':
			s.at++
			if token := s.data[start:s.at]; utf8.Valid(token) {
				return token, nil
			}
			return nil, s.wrong("a string is not UTF-8")
		case c == '\\':
			if !s.escape() {
				return nil, s.wrong("an escape that canonical JSON does not use")
			}
		case c < 0x20:
			return nil, s.wrong("a control character in a string")
		default:
			s.at++
		}
	}
	return nil, s.wrong("a string does not end")
}

// escape passes an escape: those with a letter, and \u00xx for the control
// characters that have none.
func (s *scanner) escape() bool {
	rest := s.data[s.at+1:]
	if len(rest) > 0 && strings.IndexByte(`"\bfnrt`, rest[0]) >= 0 {
		s.at += 2
		return true
	}
	if len(rest) < 5 || string(rest[:3]) != "u00" {
		return false
	}
	code := string(rest[3:5])
	n, err := strconv.ParseUint(code, 16, 8)
	s.at += 6
	return err == nil && n < 0x20 && strings.ToLower(code) == code && !slices.Contains([]uint64{'\b', '\f', '\n', '\r', '\t'}, n)
}

// number passes a number.
func (s *scanner) number() error {
	start := s.at
	for s.at < len(s.data) && strings.IndexByte("0123456789+-.eE", s.data[s.at]) >= 0 {
		s.at++
	}
	if !isCanonicalNumber(s.data[start:s.at]) {
		return s.wrong("a number that a double does not hold exactly, or that is not in canonical form")
	}
	return nil
}

func isCanonicalNumber(word []byte) bool {
	if len(word) <= 15 && isDigits(word) { // most are small integers
		return word[0] != '0' || len(word) == 1
	}
	f, err := strconv.ParseFloat(string(word), 64)
	if err != nil {
		return false
	}
	again, err := jcs.NumberToJSON(f)
	return err == nil && again == string(word)
}

func isDigits(word []byte) bool {
	for _, c := range word {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(word) > 0
}

func (s *scanner) literal() error {
	for _, word := range []string{"true", "false", "null"} {
		if len(s.data)-s.at >= len(word) && string(s.data[s.at:s.at+len(word)]) == word {
			s.at += len(word)
			return nil
		}
	}
	return s.wrong("no value")
}

// compareNames orders by UTF-16 code units (RFC 8785, 3.2.3). Only beyond
// ASCII is that another order than that of bytes.
func compareNames[T string | []byte](a, b T) int {
	if isASCII(a) && isASCII(b) {
		return cmp.Compare(string(a), string(b))
	}
	return slices.Compare(utf16.Encode([]rune(string(a))), utf16.Encode([]rune(string(b))))
}

func isASCII[T string | []byte](s T) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// canonical transforms any JSON value. An integer that a double does not hold
// is refused rather than changed (RFC 8785, 3.2.2.3).
func canonical(data []byte) ([]byte, error) {
	if isCanonical(data) {
		return data, nil
	}
	if err := checkIntegers(data); err != nil {
		return nil, err
	}
	out, err := jcs.Transform(data)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", candor.ErrInvalid, err)
	}
	if !isCanonical(out) {
		return nil, fmt.Errorf("it nests deeper than %d: %w", maxDepth, candor.ErrInvalid)
	}
	return out, nil
}

// checkIntegers looks at the integers outside of strings. It takes anything
// else, also what is no JSON.
func checkIntegers(data []byte) error {
	for i := 0; i < len(data); i++ {
		if data[i] == '"' {
			for i++; i < len(data) && data[i] != '"'; i++ {
				if data[i] == '\\' {
					i++
				}
			}
			continue
		}
		start := i
		for i < len(data) && strings.IndexByte("0123456789.eE+-", data[i]) >= 0 {
			i++
		}
		word := bytes.TrimPrefix(data[start:i], []byte("-"))
		if len(word) >= 16 && isDigits(word) && !isCanonicalNumber(word) {
			return candor.WithHint(fmt.Errorf("JSON numbers do not hold the integer %.40s exactly: %w", word, candor.ErrInvalid),
				"Write it as a string.")
		}
		if i > start {
			i--
		}
	}
	return nil
}

// appendString appends text, which is UTF-8, as a canonical string.
func appendString(out []byte, text string) []byte {
	const hexadecimal = "0123456789abcdef"
	out = append(out, '"')
	for i := range len(text) {
		switch c := text[i]; {
		case c == '"' || c == '\\':
			out = append(out, '\\', c)
		case c >= 0x20:
			out = append(out, c)
		case c >= '\b' && c <= '\r' && c != '\v':
			out = append(out, '\\', "btn_fr"[c-'\b'])
		default:
			out = append(out, '\\', 'u', '0', '0', hexadecimal[c>>4], hexadecimal[c&15])
		}
	}
	return append(out, '"')
}
