package generation

import "bytes"

// included gives every path that a YARA compiler could take for one of an
// include statement, and perhaps some more from comments and strings. A
// generation must hold all that it rests on, and what came over the network
// must not make the compiler read files of this machine.
func included(text []byte) (paths []string) {
	word := []byte("include")
	for {
		i := bytes.Index(text, word)
		if i < 0 {
			return paths
		}
		text = text[i+len(word):]
		rest := skipBlank(text)
		if len(rest) == 0 || rest[0] != '"' {
			continue
		}
		if end := bytes.IndexAny(rest[1:], "\"\n"); end >= 0 && rest[1+end] == '"' {
			paths = append(paths, string(rest[1:1+end]))
		}
	}
}

// skipBlank passes over white space and comments.
func skipBlank(text []byte) []byte {
	for {
		text = bytes.TrimLeft(text, " \t\r\n\v\f")
		var end []byte
		switch {
		case bytes.HasPrefix(text, []byte("//")):
			end = []byte("\n")
		case bytes.HasPrefix(text, []byte("/*")):
			text, end = text[2:], []byte("*/")
		default:
			return text
		}
		_, text, _ = bytes.Cut(text, end)
	}
}
