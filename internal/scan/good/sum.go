package good

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"candor"
)

// Sum says which digest a file of a release has.
type Sum struct {
	Path   string // in the release
	SHA256 Digest // zero if only MD5 is known
	MD5    MD5
}

// MD5 is the MD5 of a content. Nobody is known to be able to make a content
// with the MD5 of another one, but two with the same: it is believed only of
// files that are there and can be digested anew.
type MD5 [16]byte

// Bounds of texts, in bytes.
const (
	mostText = 256 << 20
	mostLine = 64 << 10
)

// ReadSums reads the sums in a file; see ParseSums.
func ReadSums(name string) ([]Sum, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	all, err := ParseSums(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return all, nil
}

// ParseSums reads sums as sha256sum and md5sum write them (of the Debian
// package database too), in the form of BSD ("SHA256 (name) = …"), as CSV with
// columns that are named (NSRL's, for one), or as the JSON of WordPress.org.
// What it cannot read is an error that names the line: a list of which a part
// counts is not what its author meant.
func ParseSums(in io.Reader) ([]Sum, error) {
	text, err := io.ReadAll(io.LimitReader(in, mostText+1))
	if err != nil {
		return nil, err
	}
	if len(text) > mostText {
		return nil, candor.WithHint(fmt.Errorf("it has more than %d MB: %w", mostText>>20, candor.ErrInvalid), "Split it.")
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	first, _, _ := bytes.Cut(bytes.TrimLeft(text, " \t\r\n"), []byte("\n"))
	switch {
	case bytes.HasPrefix(first, []byte("{")):
		return parseJSON(text)
	case isHeader(string(first)):
		return parseCSV(bytes.TrimLeft(text, " \t\r\n"))
	}
	return parseLines(text)
}

func parseLines(text []byte) (all []Sum, err error) {
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(make([]byte, 4096), mostLine)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimRight(lines.Text(), "\r")
		if line == "" || line[0] == '#' {
			continue
		}
		s, ok := parseLine(line)
		if !ok {
			return nil, candor.WithHint(fmt.Errorf("line %d: %.80q is no digest with a name: %w", n, line, candor.ErrInvalid),
				"Write lines as sha256sum does: the digest, two spaces, the name.")
		}
		all = append(all, s)
	}
	return all, lines.Err()
}

// parseLine reads a line of sha256sum or md5sum (GNU Coreutils, 6.4), or one of
// BSD.
func parseLine(line string) (s Sum, ok bool) {
	escaped := strings.HasPrefix(line, `\`)
	line = strings.TrimPrefix(line, `\`)
	if kind, rest, found := strings.Cut(line, " ("); found && (kind == "SHA256" || kind == "MD5") {
		at := strings.LastIndex(rest, ") = ")
		if at < 0 || !s.digest(rest[at+len(") = "):]) {
			return s, false
		}
		s.Path = rest[:at]
	} else {
		digest, name, _ := strings.Cut(line, " ")
		if !s.digest(digest) {
			return s, false
		}
		s.Path = strings.TrimPrefix(strings.TrimPrefix(name, " "), "*")
	}
	if escaped {
		s.Path = strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\r`, "\r").Replace(s.Path)
	}
	return s, true
}

// digest takes a SHA-256 or an MD5, and tells whether it is one.
func (s *Sum) digest(text string) bool {
	text = strings.TrimSpace(text)
	switch len(text) {
	case hex.EncodedLen(len(s.SHA256)):
		_, err := hex.Decode(s.SHA256[:], []byte(text))
		return err == nil
	case hex.EncodedLen(len(s.MD5)):
		_, err := hex.Decode(s.MD5[:], []byte(text))
		return err == nil
	}
	return false
}

// column tells what a column of CSV holds, by its name.
func column(name string) string {
	name = strings.Trim(strings.ToLower(name), " \"\r")
	switch strings.NewReplacer("-", "", "_", "", " ", "").Replace(name) {
	case "sha256":
		return "sha256"
	case "md5":
		return "md5"
	case "filename", "path", "file", "name":
		return "path"
	}
	return ""
}

func isHeader(line string) bool {
	names := strings.Split(line, ",")
	return len(names) > 1 && slices.ContainsFunc(names, func(n string) bool { c := column(n); return c == "sha256" || c == "md5" })
}

func parseCSV(text []byte) (all []Sum, err error) {
	r := csv.NewReader(bytes.NewReader(text))
	r.ReuseRecord = true
	names, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", candor.ErrInvalid, err)
	}
	kinds := make([]string, len(names))
	for i, n := range names {
		kinds[i] = column(n)
	}
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %w", candor.ErrInvalid, err)
		}
		var s Sum
		has := false
		for i, cell := range cells {
			switch kinds[i] {
			case "path":
				s.Path = strings.Clone(cell)
			case "sha256", "md5":
				has = s.digest(cell) || has
			}
		}
		if !has {
			line, _ := r.FieldPos(0)
			return nil, fmt.Errorf("line %d holds no digest: %w", line, candor.ErrInvalid)
		}
		all = append(all, s)
	}
}

// openText has the SHA-256 of a text in memory, as a list would hold them.
func openText(ctx context.Context, f io.Reader, info os.FileInfo, name string) (*List, error) {
	sums, err := ParseSums(f)
	if err != nil {
		return nil, err
	}
	b := NewBuilder()
	of, err := b.Origin(filepath.Base(name), info.ModTime())
	if err != nil {
		return nil, err
	}
	for _, s := range sums {
		if s.SHA256 == (Digest{}) {
			return nil, candor.WithHint(fmt.Errorf("%q has no SHA-256: %w", s.Path, candor.ErrInvalid), "Have the files digested, with candor good add --sums FILE --against DIR.")
		}
		if err := b.Add(of, s.SHA256, s.Path); err != nil {
			return nil, err
		}
	}
	var whole bytes.Buffer
	if _, err := b.WriteTo(&whole); err != nil {
		return nil, err
	}
	l, err := read(ctx, bytes.NewReader(whole.Bytes()), int64(whole.Len()), func() error { return nil })
	if err == nil {
		l.isText = true
	}
	return l, err
}
