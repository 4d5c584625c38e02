// Package sealed reads and writes archives of samples that no scanner and no
// reader trips over: every byte is changed by a fixed mask and written as
// base64, so that nothing in the repository is, or looks like, what it holds.
// It hides nothing from a person: seal opens and closes such files.
package sealed

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io/fs"
	"strings"
)

// File is one sample.
type File struct {
	Name string // slash-separated, relative, without ".."
	Data []byte
}

// The archive is text: lines before the first marker are a comment, then for
// each file a marker "-- name --" and its masked bytes in lines of base64.
const (
	mask  = 0xA5
	width = 76
)

// Parse reads an archive. An archive that was not written by Format, or names
// a file outside of the folder it is opened in, is an error.
func Parse(archive []byte) ([]File, error) {
	var files []File
	var text strings.Builder
	end := func() error {
		if len(files) == 0 {
			return nil
		}
		f := &files[len(files)-1]
		data, err := base64.StdEncoding.DecodeString(text.String())
		if err != nil {
			return fmt.Errorf("sealed file %s: %w", f.Name, err)
		}
		f.Data = turn(data)
		text.Reset()
		return nil
	}
	for line := range bytes.Lines(archive) {
		line = bytes.TrimRight(line, "\r\n")
		name, ok := marker(string(line))
		if !ok {
			if len(files) > 0 {
				text.Write(line)
			}
			continue
		}
		if err := end(); err != nil {
			return nil, err
		}
		if !fs.ValidPath(name) || name == "." {
			return nil, fmt.Errorf("sealed file %q: not a name inside a folder", name)
		}
		files = append(files, File{Name: name})
	}
	return files, end()
}

// Format writes an archive that begins with comment, which must not hold a
// marker.
func Format(comment string, files []File) []byte {
	var b bytes.Buffer
	b.WriteString(comment)
	for _, f := range files {
		fmt.Fprintf(&b, "-- %s --\n", f.Name)
		text := base64.StdEncoding.EncodeToString(turn(f.Data))
		for len(text) > 0 {
			n := min(width, len(text))
			b.WriteString(text[:n])
			b.WriteByte('\n')
			text = text[n:]
		}
	}
	return b.Bytes()
}

func marker(line string) (name string, ok bool) {
	name, ok = strings.CutPrefix(line, "-- ")
	if !ok {
		return "", false
	}
	return strings.CutSuffix(name, " --")
}

// turn masks and unmasks.
func turn(data []byte) []byte {
	out := make([]byte, len(data))
	for i, c := range data {
		out[i] = c ^ mask
	}
	return out
}
