package archive

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"candor"
)

// Bounds of a text of conditions.
const (
	MaxText   = 2000 // bytes
	MaxWhere  = 32   // conditions
	MaxValues = 200  // values of one
)

// NoLine is how the text form names no line. A line whose reference is this word
// is written with quotes.
const NoLine = "none"

// Problem says what is wrong with a word of a text.
type Problem string

// The problems.
const (
	TooLong     Problem = "too-long"     // the whole text
	TooMany     Problem = "too-many"     // conditions, or values of one
	NoField     Problem = "no-field"     // there is no such field
	NoValue     Problem = "no-value"     // a field without a value
	NotAllowed  Problem = "not-allowed"  // the field has no such value
	UnknownLine Problem = "unknown-line" // no line has that reference
	OpenQuote   Problem = "open-quote"   // a quote is not closed
	NoTime      Problem = "no-time"      // it is no time
	NoSpan      Problem = "no-span"      // it is no length of time
	NoNumber    Problem = "no-number"
)

// Mistake is what cannot be read of a question: what, where, and what is allowed
// there. It is a candor.ErrInvalid.
type Mistake struct {
	Problem Problem
	In      string // the parameter: where, time, by, …
	At      int    // of Text in it, in bytes
	Text    string // what cannot be read
	Allowed string // in words of the text form
}

// Error says it in English.
func (m *Mistake) Error() string {
	text := fmt.Sprintf("%s: %.60q at byte %d %s", m.In, m.Text, m.At, problems[m.Problem])
	if m.Allowed != "" {
		text += "; allowed: " + m.Allowed
	}
	return text
}

// Unwrap gives candor.ErrInvalid.
func (m *Mistake) Unwrap() error { return candor.ErrInvalid }

var problems = map[Problem]string{
	TooLong: "is too long", TooMany: "is too much at once", NoField: "names no field", NoValue: "has no value", NotAllowed: "cannot be a value",
	UnknownLine: "is no line's reference", OpenQuote: "has a quote that is not closed", NoTime: "is no time", NoSpan: "is no length of time", NoNumber: "is no number",
}

// Lines gives the line that the provider names so; false if there is none.
type Lines func(reference string) (candor.ID, bool, error)

// ParseConditions reads the text form of conditions, words with spaces between:
//
//	port:443,8443 protocol:udp -peer:192.0.2.0/24 line:"L 2001" port:1000-2000 direction:out flags:SA
//
// A word is a field and values with commas between, of which one must hold; with a
// minus in front, none. All words hold together. Lines are named by the
// provider's reference, or are none; quotes stand around what has spaces, commas or
// quotes, and \ before those within. The error is a *Mistake, or one of lines.
func ParseConditions(text string, lines Lines) ([]Condition, error) {
	if len(text) > MaxText {
		return nil, &Mistake{Problem: TooLong, In: "where", Text: text, Allowed: strconv.Itoa(MaxText) + " bytes"}
	}
	var all []Condition
	p := parser{text: text}
	for p.skip(); p.at < len(text); p.skip() {
		c, err := p.condition(lines)
		if err != nil {
			return nil, err
		}
		if all = append(all, c); len(all) > MaxWhere {
			return nil, p.mistake(TooMany, 0, strconv.Itoa(MaxWhere)+" conditions")
		}
	}
	return all, nil
}

// parser reads a text of conditions.
type parser struct {
	text string
	at   int
}

func (p *parser) mistake(why Problem, from int, allowed string) *Mistake {
	return &Mistake{Problem: why, In: "where", At: from, Text: p.text[from:p.at], Allowed: allowed}
}

func (p *parser) skip() {
	for p.at < len(p.text) && strings.ContainsRune(" \t\r\n", rune(p.text[p.at])) {
		p.at++
	}
}

// stop tells whether a value ends at the current byte.
func (p *parser) stop() bool {
	return p.at == len(p.text) || strings.IndexByte(", \t\r\n", p.text[p.at]) >= 0
}

func (p *parser) condition(lines Lines) (Condition, error) {
	from := p.at
	c := Condition{Not: p.text[p.at] == '-'}
	if c.Not {
		p.at++
	}
	name := p.at
	for !p.stop() && p.text[p.at] != ':' {
		p.at++
	}
	c.Field = Field(strings.ToLower(p.text[name:p.at]))
	if !slices.Contains(Fields, c.Field) {
		return c, p.mistake(NoField, from, fieldNames())
	}
	if p.at == len(p.text) || p.text[p.at] != ':' {
		return c, p.mistake(NoValue, from, allowed(c.Field))
	}
	for more := true; more; {
		p.at++ // the colon, or a comma
		start := p.at
		word, quoted, ok := p.word()
		if !ok {
			return c, p.mistake(OpenQuote, start, "")
		}
		if word == "" {
			return c, p.mistake(NoValue, from, allowed(c.Field))
		}
		v, why, err := readValue(c.Field, word, quoted, lines)
		if err != nil {
			return c, err
		}
		if why != "" {
			return c, p.mistake(why, start, allowed(c.Field))
		}
		if c.Values = append(c.Values, v); len(c.Values) > MaxValues {
			return c, p.mistake(TooMany, from, strconv.Itoa(MaxValues)+" values")
		}
		more = p.at < len(p.text) && p.text[p.at] == ','
	}
	return c, nil
}

// word reads one value.
func (p *parser) word() (word string, quoted, ok bool) {
	if p.at == len(p.text) || p.text[p.at] != '"' {
		from := p.at
		for !p.stop() {
			p.at++
		}
		return p.text[from:p.at], false, true
	}
	var b strings.Builder
	for p.at++; p.at < len(p.text); p.at++ {
		switch c := p.text[p.at]; {
		case c == '\\' && p.at+1 < len(p.text):
			p.at++
			b.WriteByte(p.text[p.at])
		case c == '"':
			p.at++
			return b.String(), true, p.stop()
		default:
			b.WriteByte(c)
		}
	}
	return "", true, false
}

func fieldNames() string {
	var all []string
	for _, f := range Fields {
		all = append(all, string(f))
	}
	return strings.Join(all, ", ")
}

// readValue reads a value of a field; why says what is wrong with it.
func readValue(f Field, word string, quoted bool, lines Lines) (v Value, why Problem, err error) {
	switch f {
	case FieldLine:
		if word == NoLine && !quoted {
			return v, "", nil
		}
		id, ok, err := lines(word)
		if err != nil || ok && id != "" {
			return Value{Line: id}, "", err
		}
		return v, UnknownLine, nil
	case FieldDirection:
		v.Way = Direction(strings.ToLower(word))
		if v.Way != Out && v.Way != In && v.Way != Through {
			return v, NotAllowed, nil
		}
		return v, "", nil
	case FieldLocal, FieldPeer, FieldPeerNet, FieldExporter:
		var ok bool
		if v.Network, ok = network(word); !ok {
			return v, NotAllowed, nil
		}
		return v, "", nil
	}
	n, ok := readNumber(f, word)
	if ok {
		return Value{From: n, To: n}, "", nil
	}
	from, to, ranged := strings.Cut(word, "-")
	if v.From, ok = readNumber(f, from); !ok {
		return v, NotAllowed, nil
	}
	if v.To = v.From; ranged {
		if v.To, ok = readNumber(f, to); !ok || v.To < v.From {
			return v, NotAllowed, nil
		}
	}
	return v, "", nil
}

// network reads an address or a prefix; one of IPv4 mapped into IPv6 is the one
// of IPv4.
func network(word string) (netip.Prefix, bool) {
	if a, err := netip.ParseAddr(word); err == nil {
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), a.Zone() == ""
	}
	p, err := netip.ParsePrefix(word)
	if err != nil {
		return p, false
	}
	if p.Addr().Is4In6() {
		if p.Bits() < 96 {
			return p, false
		}
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p.Masked(), true
}

func readNumber(f Field, word string) (uint32, bool) {
	if f == FieldProtocol {
		if n, ok := Protocol(word); ok {
			return uint32(n), true
		}
	}
	if f == FieldFlags {
		if n, ok := flagsOf(word); ok {
			return n, true
		}
	}
	n, err := strconv.ParseUint(word, 10, 32)
	return uint32(n), err == nil && n <= highest(f)
}

// highest is the greatest number of a field.
func highest(f Field) uint64 {
	switch f {
	case FieldPort, FieldLocalPort, FieldPeerPort:
		return 1<<16 - 1
	case FieldProtocol, FieldFlags:
		return 1<<8 - 1
	}
	return 1<<32 - 1
}

// allowed says what a field can be compared with.
func allowed(f Field) string {
	switch f {
	case FieldLine:
		return "the reference of a line, " + NoLine
	case FieldDirection:
		return "out, in, through"
	case FieldLocal, FieldPeer, FieldPeerNet, FieldExporter:
		return "192.0.2.1, 192.0.2.0/24, 2001:db8::/32"
	case FieldProtocol:
		return "tcp, udp, icmp, icmp6, gre, esp, …, 0-255"
	case FieldFlags:
		return "letters of CEUAPRSF, " + noFlags + ", 0-255"
	}
	return fmt.Sprintf("0-%d, 1000-2000", highest(f))
}

// FormatConditions writes conditions as ParseConditions reads them. name gives the
// reference of a line; one that it has none for is named by its ID.
func FormatConditions(all []Condition, name func(candor.ID) string) string {
	var b strings.Builder
	for i, c := range all {
		if i > 0 {
			b.WriteByte(' ')
		}
		if c.Not {
			b.WriteByte('-')
		}
		b.WriteString(string(c.Field))
		for k, v := range c.Values {
			b.WriteByte(":,"[min(k, 1)])
			b.WriteString(formatValue(c.Field, v, name))
		}
	}
	return b.String()
}

func formatValue(f Field, v Value, name func(candor.ID) string) string {
	switch f {
	case FieldLine:
		if v.Line == "" {
			return NoLine
		}
		return quote(cmp.Or(name(v.Line), string(v.Line)))
	case FieldDirection:
		return string(v.Way)
	case FieldLocal, FieldPeer, FieldPeerNet, FieldExporter:
		return FormatNetwork(v.Network)
	}
	from := FormatNumber(f, v.From)
	if v.From == v.To {
		return from
	}
	return strconv.FormatUint(uint64(v.From), 10) + "-" + strconv.FormatUint(uint64(v.To), 10)
}

// FormatNetwork writes an address without the length of its prefix, and - for
// none.
func FormatNetwork(p netip.Prefix) string {
	switch {
	case !p.IsValid():
		return "-"
	case p.IsSingleIP():
		return p.Addr().String()
	}
	return p.String()
}

// quote puts quotes around a reference that needs them.
func quote(s string) string {
	if s != "" && s != NoLine && !strings.ContainsAny(s, ", \t\r\n\"") {
		return s
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// Text is a key as conditions write its value, and - for no address; name gives
// the reference of a line.
func (k Key) Text(f Field, name func(candor.ID) string) string {
	return formatValue(f, Value{Line: k.Line, Way: k.Way, Network: k.Network, From: k.Number, To: k.Number}, name)
}

// Value is the value that finds the rows with this key again; false for a key
// that no value stands for: no address.
func (k Key) Value(f Field) (Value, bool) {
	switch f {
	case FieldLine:
		return Value{Line: k.Line}, true
	case FieldDirection:
		return Value{Way: k.Way}, true
	case FieldLocal, FieldPeer, FieldPeerNet, FieldExporter:
		return Value{Network: k.Network}, k.Network.IsValid()
	}
	return Value{From: k.Number, To: k.Number}, true
}
