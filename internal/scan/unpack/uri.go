package unpack

import (
	"bytes"
	"fmt"
)

const (
	// longestURIHead is how far before its data a data: URI may begin, in
	// bytes: its media type and parameters lie between.
	longestURIHead = 128
	// fewestEntities is how many character references on end are looked at.
	fewestEntities = 20
)

// openMarkup hands over what markup holds that no long run shows: data: URIs
// (RFC 2397) of short base64 or with escapes between plain characters, and
// text that is written in character references. The text lies at an offset in
// the content of the place.
func openMarkup(w *walk, at place, b []byte, offset int) error {
	if err := w.shortURIs(at, b, offset); err != nil {
		return err
	}
	if err := w.escapedURIs(at, b, offset); err != nil {
		return err
	}
	return w.entities(at, b, offset)
}

// shortURIs looks for base64 too short for a run, by the six of its name.
func (w *walk) shortURIs(at place, b []byte, offset int) error {
	for p := 0; ; p++ {
		i := bytes.IndexByte(b[p:], '6')
		if i < 0 {
			return nil
		}
		p += i
		if p < 5 || p+3 > len(b) || string(b[p-5:p+3]) != ";base64," {
			continue
		}
		start := p + 3
		end, url := base64End(b, start, min(len(b), start+shortestRun))
		if n := end - start; n < 8 || n >= shortestRun {
			continue
		}
		if err := w.check(at); err != nil {
			return err
		}
		if err := w.base64(at, b[start:end], url, true, offset+start); err != nil {
			return err
		}
	}
}

// escapedURIs looks for data with escapes, by the first of them.
func (w *walk) escapedURIs(at place, b []byte, offset int) error {
	for p := 0; ; p++ {
		i := bytes.IndexByte(b[p:], '%')
		if i < 0 {
			return nil
		}
		p += i
		if _, ok := digits(b[p+1:], 2, 16); !ok {
			continue
		}
		start, end := dataURI(b, p)
		if start == end { // no other escape lies in one before the next begins
			if i = bytes.Index(b[p:], []byte("data:")); i < 0 {
				return nil
			}
			p += i
			continue
		}
		if err := w.check(at); err != nil {
			return err
		}
		if err := w.decode(at, "percent", fmt.Sprintf("percent@%d", offset+start), &escapes{b: b[start:end], mark: '%'}); err != nil {
			return err
		}
		p = end - 1
	}
}

// dataURI gives the data of the data: URI in which the first escape lies at p,
// if it does and the URI is none of base64.
func dataURI(b []byte, p int) (start, end int) {
	before := b[max(0, p-longestURIHead):p]
	i := bytes.LastIndex(before, []byte("data:"))
	if i < 0 {
		return 0, 0
	}
	comma := bytes.IndexByte(before[i:], ',')
	if comma < 0 || bytes.ContainsAny(before[i:i+comma], "\"'()<>\n") || bytes.HasSuffix(before[i:i+comma], []byte(";base64")) {
		return 0, 0
	}
	begin := p - len(before) + i
	start, end = begin+comma+1, p
	for end < len(b) && !endsURI(b, begin, end) {
		end++
	}
	return start, end
}

// endsURI tells whether a URI that begins at a place ends at p: where the
// quotes or the parenthesis around it end, or else before a blank.
func endsURI(b []byte, begin, p int) bool {
	around := byte(' ')
	if begin > 0 {
		around = b[begin-1]
	}
	switch c := b[p]; around {
	case '"', '\'', '`':
		return c == around
	case '(':
		return c == ')'
	default:
		return c <= ' ' || c == '"' || c == '\'' || c == '<' || c == '>'
	}
}

// entities looks for runs of character references of one byte each (HTML,
// 13.1.4), as pages hide addresses and script in.
func (w *walk) entities(at place, b []byte, offset int) error {
	for p := 0; ; {
		i := bytes.Index(b[p:], []byte("&#"))
		if i < 0 {
			return nil
		}
		p += i
		end, n := p, 0
		for {
			_, size := entity(b[end:])
			if size == 0 {
				break
			}
			end, n = end+size, n+1
		}
		if n < fewestEntities {
			p = max(end, p+2)
			continue
		}
		if err := w.check(at); err != nil {
			return err
		}
		if err := w.decode(at, "entities", fmt.Sprintf("entities@%d", offset+p), &escapes{b: b[p:end], mark: '&'}); err != nil {
			return err
		}
		p = end
	}
}

// entity gives the value and the size of a character reference below 256 that
// begins here.
func entity(b []byte) (byte, int) {
	if len(b) < 3 || b[0] != '&' || b[1] != '#' {
		return 0, 0
	}
	p, base := 2, 10
	if b[2] == 'x' || b[2] == 'X' {
		p, base = 3, 16
	}
	first, value := p, 0
	for ; p < len(b) && p < first+8; p++ {
		d, ok := digits(b[p:], 1, byte(base))
		if !ok {
			break
		}
		if value = value*base + int(d); value > 255 {
			return 0, 0
		}
	}
	if p == first {
		return 0, 0
	}
	if p < len(b) && b[p] == ';' {
		p++
	}
	return byte(value), p
}
