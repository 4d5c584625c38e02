package candor

import (
	"strings"
	"unicode/utf8"
)

// Bytes of a path that text cannot hold stand as characters of a private area,
// U+F700 to U+F7FF.
const rawBytes = 0xF700

// TextPath writes a path of a file system, which may hold any bytes, as text
// that every database and every page can hold. Of what is text already it
// changes nothing; RawPath gives the path again.
func TextPath(path string) string {
	odd := func(c rune) bool { return c == utf8.RuneError || c == 0 || c >= rawBytes && c <= rawBytes+0xFF }
	if utf8.ValidString(path) && strings.IndexFunc(path, odd) < 0 {
		return path
	}
	var b strings.Builder
	for len(path) > 0 {
		c, n := utf8.DecodeRuneInString(path)
		if c == utf8.RuneError && n == 1 || c == 0 || c >= rawBytes && c <= rawBytes+0xFF {
			for i := range n {
				b.WriteRune(rawBytes + rune(path[i]))
			}
		} else {
			b.WriteString(path[:n])
		}
		path = path[n:]
	}
	return b.String()
}

// RawPath gives the path of a file system that TextPath wrote.
func RawPath(text string) string {
	if strings.IndexFunc(text, func(c rune) bool { return c >= rawBytes && c <= rawBytes+0xFF }) < 0 {
		return text
	}
	var b strings.Builder
	for _, c := range text {
		if c >= rawBytes && c <= rawBytes+0xFF {
			b.WriteByte(byte(c - rawBytes))
		} else {
			b.WriteRune(c)
		}
	}
	return b.String()
}
