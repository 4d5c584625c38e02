package unpack

import (
	"bytes"
	"strconv"
	"strings"
)

// openAr reads archives of ar in the dialects of GNU and BSD, Debian packages
// among them.
func openAr(w *walk, at place, content []byte) error {
	var names []byte // of GNU: the table of long names
	for content = content[min(8, len(content)):]; len(content) > 1; {
		if len(content) < 60 || content[58] != '`' || content[59] != '\n' {
			return damaged("no header where one should be")
		}
		name := strings.TrimRight(string(content[:16]), " ")
		size, ok := number(bytes.TrimRight(content[48:58], " "), 10)
		content = content[60:]
		if !ok || size > int64(len(content)) {
			w.gap(at, "ar", damaged("a member is longer than the archive"))
			size = int64(len(content))
		}
		data := content[:size]
		content = content[min(len(content), int(size)+int(size&1)):]
		switch {
		case name == "//":
			names = data
			continue
		case strings.HasPrefix(name, "#1/"):
			if n, err := strconv.Atoi(name[3:]); err == nil && n >= 0 && n <= len(data) {
				name, data = text(data[:n]), data[n:]
			}
		case len(name) > 1 && name[0] == '/':
			if n, err := strconv.Atoi(name[1:]); err == nil && n >= 0 && n < len(names) {
				long, _, _ := bytes.Cut(names[n:min(len(names), n+1024)], []byte("\n"))
				name = string(long)
			}
		}
		if len(name) > 1 {
			name = strings.TrimSuffix(name, "/")
		}
		var err error
		if len(data) == 0 || name == "/" || name == "/SYM64/" {
			err = w.pass(at)
		} else {
			err = w.slice(at, "ar", name, data)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
