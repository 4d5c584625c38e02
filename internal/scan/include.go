package scan

import "bytes"

var includeWord = []byte("include")

// includes gives the paths in the include statements of a YARA source,
// comments, strings and regular expressions passed over. It decides what is
// read ahead, not what is compiled: the compiler reads the source itself.
func includes(src []byte) (paths []string) {
	if !mayInclude(src) {
		return nil
	}
	last := byte('\n') // the last byte that is neither space nor comment
	for i := 0; i < len(src); {
		c := src[i]
		switch {
		case c == '/' && at(src, i+1) == '/':
			i += skipTo(src[i:], "\n")
			continue
		case c == '/' && at(src, i+1) == '*':
			i += 2 + skipTo(src[i+2:], "*/")
			continue
		case c == '"':
			i += skipQuoted(src[i:], '"')
			last = c
			continue
		case c == '/' && startsRegexp(last):
			i += skipQuoted(src[i:], '/')
			last = c
			continue
		case isWord(c):
			end := i
			for end < len(src) && isWord(src[end]) {
				end++
			}
			if bytes.Equal(src[i:end], includeWord) {
				if path, ok := quoted(src[end:]); ok {
					paths = append(paths, path)
				}
			}
			i, last = end, src[end-1]
			continue
		case c != ' ' && c != '\t' && c != '\r' && c != '\n':
			last = c
		}
		i++
	}
	return paths
}

// quoted reads the path after the word include: a string without escapes.
func quoted(src []byte) (string, bool) {
	src = bytes.TrimLeft(src, " \t\r\n")
	if len(src) == 0 || src[0] != '"' {
		return "", false
	}
	path, _, ok := bytes.Cut(src[1:], []byte(`"`))
	return string(path), ok && !bytes.ContainsRune(path, '\n')
}

// startsRegexp tells whether a slash after the byte last begins a regular
// expression. YARA divides with a backslash, so that only names and numbers
// before it speak against; "matches" ends in a letter and is the exception
// that costs nothing: at worst its expression is read as code.
func startsRegexp(last byte) bool { return !isWord(last) || last == 's' }

func isWord(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

func at(src []byte, i int) byte {
	if i < len(src) {
		return src[i]
	}
	return 0
}

// skipTo gives the length up to and with mark, or all of src.
func skipTo(src []byte, mark string) int {
	if n := bytes.Index(src, []byte(mark)); n >= 0 {
		return n + len(mark)
	}
	return len(src)
}

// skipQuoted gives the length of what stands between two unescaped quotes at
// the start of src, which ends with the line at the latest.
func skipQuoted(src []byte, quote byte) int {
	for i := 1; i < len(src); i++ {
		switch src[i] {
		case '\\':
			i++
		case quote:
			return i + 1
		case '\n':
			return i
		}
	}
	return len(src)
}

// mayInclude tells whether the word include stands before a quotation mark
// anywhere, be it in a comment or a string.
func mayInclude(src []byte) bool {
	for {
		i := bytes.Index(src, includeWord)
		if i < 0 {
			return false
		}
		src = src[i+len(includeWord):]
		if _, ok := quoted(src); ok {
			return true
		}
	}
}
