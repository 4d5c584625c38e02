package icap

import (
	"bytes"
	"iter"
	"mime"
	"strings"
)

// mostParts is how many parts of a form are told apart; what follows them is
// part of the last.
const mostParts = 1000

// file is a part of a form that a file was put in.
type file struct {
	name    string // without folders
	content []byte
}

// files gives the files of a body of multipart/form-data (RFC 7578), without
// copying. It takes what servers take, and so also lines that end in LF.
// Nothing is an error: what is not taken for a file is in the body, which is
// looked at as well.
func files(content []byte, boundary string) iter.Seq[file] {
	return func(yield func(file) bool) {
		_, rest, more := nextPart(content, boundary) // before the first
		for n := 0; more; n++ {
			part := rest
			if n == mostParts {
				more = false
			} else {
				part, rest, more = nextPart(rest, boundary)
			}
			if f, ok := fileOf(part); ok && !yield(f) {
				return
			}
		}
	}
}

// nextPart gives what is before the next delimiter, and what is after it.
func nextPart(content []byte, boundary string) (part, rest []byte, more bool) {
	delimiter := []byte("\n--" + boundary)
	rest, found := bytes.CutPrefix(content, delimiter[1:])
	if !found {
		if part, rest, found = bytes.Cut(content, delimiter); !found {
			return content, nil, false
		}
		part = bytes.TrimSuffix(part, []byte("\r"))
	}
	return part, rest, !bytes.HasPrefix(rest, []byte("--"))
}

// fileOf takes a part apart, which begins with the end of its delimiter.
func fileOf(part []byte) (file, bool) {
	_, part, _ = bytes.Cut(part, []byte("\n"))
	var name string
	found := false
	for lines := 0; lines < mostFields; lines++ {
		line, rest, more := bytes.Cut(part, []byte("\n"))
		if len(line) > mostLine || !more {
			return file{}, false
		}
		part = rest
		line = bytes.TrimSuffix(line, []byte("\r"))
		if len(line) == 0 {
			return file{base(name), part}, found
		}
		if n, value, _ := strings.Cut(string(line), ":"); strings.EqualFold(strings.TrimSpace(n), "Content-Disposition") && strings.Contains(strings.ToLower(value), "filename") {
			found = true
			if _, parameters, err := mime.ParseMediaType(value); err == nil {
				name = parameters["filename"]
			}
		}
	}
	return file{}, false
}
