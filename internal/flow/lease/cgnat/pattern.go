package cgnat

import (
	"bufio"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"regexp"
	"strconv"
	"strings"

	"candor/internal/flow/lease"
)

//go:embed patterns.txt
var builtin string

// Pattern is how one kind of translator tells of ports that it gives out.
type Pattern struct {
	Name   string
	events []expression
}

// expression is a regular expression and what it tells.
type expression struct {
	kind lease.Kind
	re   *regexp.Regexp
}

// Builtin gives the patterns that are known.
func Builtin() []Pattern {
	list, err := Read(strings.NewReader(builtin))
	if err != nil {
		panic("cgnat: the patterns of the program: " + err.Error()) // a test reads them
	}
	return list
}

const (
	mostPatterns = 100
	longestLine  = 4096
)

// Read reads a file of patterns. Its format is told in patterns.txt, which holds
// the known ones.
func Read(r io.Reader) ([]Pattern, error) {
	var list []Pattern
	var one Pattern
	done := func() error {
		if one.Name == "" && len(one.events) == 0 {
			return nil
		}
		if one.Name == "" || len(one.events) == 0 || len(list) == mostPatterns {
			return errors.New("a pattern has no name or no expression, or there are more than 100")
		}
		list = append(list, one)
		one = Pattern{}
		return nil
	}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, longestLine)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		var err error
		switch {
		case line == "":
			err = done()
		case line[0] == '#':
		default:
			err = one.set(line)
		}
		if err != nil {
			return nil, fmt.Errorf("patterns, line %d: %w", n, err)
		}
	}
	if err := errors.Join(lines.Err(), done()); err != nil {
		return nil, fmt.Errorf("patterns: %w", err)
	}
	return list, nil
}

// set takes in a line.
func (p *Pattern) set(line string) error {
	word, rest, ok := strings.Cut(line, ":")
	rest = strings.TrimSpace(rest)
	if !ok || rest == "" {
		return errors.New("it has no value after a colon")
	}
	kinds := map[string]lease.Kind{"begin": lease.Begin, "end": lease.End, "renew": lease.Renew, "restart": lease.Restart}
	kind, isEvent := kinds[word]
	switch {
	case word == "name":
		p.Name = rest
		return nil
	case !isEvent:
		return fmt.Errorf("%.20q is none of name, begin, end, renew, restart", word)
	}
	re, err := regexp.Compile(rest)
	if err != nil {
		return err
	}
	for _, group := range []string{"outer", "low"} {
		if kind != lease.Restart && re.SubexpIndex(group) < 0 {
			return fmt.Errorf("the expression has no group %s", group)
		}
	}
	if (kind == lease.Begin || kind == lease.Renew) && re.SubexpIndex("inner") < 0 {
		return errors.New("the expression has no group inner")
	}
	p.events = append(p.events, expression{kind, re})
	return nil
}

// told is what a message tells.
type told struct {
	kind     lease.Kind
	inner    netip.Addr
	outer    netip.Addr
	ports    lease.Ports
	protocol string
}

// match gives what a message tells; ok is false if no pattern matches, err is of
// one that matches what cannot be.
func match(patterns []Pattern, message string) (t told, ok bool, err error) {
	for i := range patterns {
		for _, e := range patterns[i].events {
			if groups := e.re.FindStringSubmatch(message); groups != nil {
				t, err := e.read(groups)
				if err != nil {
					err = fmt.Errorf("%s: %w", patterns[i].Name, err)
				}
				return t, true, err
			}
		}
	}
	return told{}, false, nil
}

func (e expression) read(groups []string) (told, error) {
	t := told{kind: e.kind}
	if e.kind == lease.Restart {
		return t, nil
	}
	group := func(name string) string {
		if i := e.re.SubexpIndex(name); i >= 0 {
			return groups[i]
		}
		return ""
	}
	var err error
	if t.outer, err = netip.ParseAddr(group("outer")); err != nil || t.outer.Zone() != "" {
		return t, fmt.Errorf("outer address %.40q", group("outer"))
	}
	if inner := group("inner"); inner != "" {
		if t.inner, err = netip.ParseAddr(inner); err != nil || t.inner.Zone() != "" {
			return t, fmt.Errorf("inner address %.40q", inner)
		}
	} else if e.kind != lease.End {
		return t, errors.New("no inner address")
	}
	low, errLow := strconv.ParseUint(group("low"), 10, 16)
	high := low
	var errHigh error
	if text := group("high"); text != "" {
		high, errHigh = strconv.ParseUint(text, 10, 16)
	}
	if errors.Join(errLow, errHigh) != nil || low > high || high == 0 {
		return t, fmt.Errorf("ports %.8q to %.8q", group("low"), group("high"))
	}
	t.ports = lease.Ports{Low: uint16(low), High: uint16(high)}
	t.protocol = strings.ToLower(group("protocol"))
	return t, nil
}
