// Package logs reads logs of servers that were attacked: mails of fail2ban by its
// action templates, mails that hold nothing but lines of logs, and log files, of
// sshd, fail2ban, Postfix, Dovecot, Exim, FTP servers, Asterisk, nginx, Apache and
// packet filters.
//
// The address that tried is complained about, once for all of its lines. A time
// without a year or a zone is told as it stands there, and not guessed.
package logs

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"candor/internal/intake"
	"candor/internal/intake/format"
)

// Format is the name of the format in reports.
const Format = "log"

const (
	mostLine    = 8 << 10 // bytes; longer ones are no lines of logs
	mostSources = 10_000  // held at once
	sure        = 95      // of the role of what a line of a log names
	fair        = 80      // of who only came by, or whose address may be forged
	unsure      = 60      // of the client that a proxy names
)

// File is a format.FileReader of log files. It is safe for concurrent use.
type File struct{}

var _ format.FileReader = File{}

// Knows tells a log file by its beginning: more than half of the lines tell of an
// attack, or three of four are lines of logs and one tells of an attack. A text
// without a name, as of mails, has to be nothing else.
func (File) Knows(f format.File) bool {
	_, start := f.Inside()
	text := string(start)
	if len(start) >= format.Beginning {
		text = text[:strings.LastIndexByte(text, '\n')+1] // the last line is cut off
	}
	if f.Name == "" && strings.HasPrefix(f.Type, "text/") {
		return isAll(text)
	}
	return isLog(text)
}

// isAll tells whether a text is lines of a log, but for two short ones.
func isAll(text string) bool {
	attacks, others := 0, 0
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if _, ok := read(line); ok {
			attacks++
		} else if _, rest := timeOf(line); line != "" && rest == line {
			if others++; others > 2 || len(line) > 40 {
				return false
			}
		}
	}
	return attacks > 0
}

func isLog(text string) bool {
	attacks, lines, all := 0, 0, 0
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		all++
		if _, ok := read(line); ok {
			attacks++
			lines++
		} else if _, rest := timeOf(line); rest != line {
			lines++
		}
	}
	return 2*attacks > all || attacks > 0 && 4*lines >= 3*all
}

// Read is of format.FileReader. Lines are read one by one; sources are held until
// the end of the file, but for files of more than ten thousand, which are told in
// parts.
func (File) Read(f format.File, each format.Each) (intake.Report, error) {
	report := intake.Report{Format: Format, Confidence: sure}
	read := false
	err := f.Contents(func(f format.File) error {
		found, err := file(f.Body, func(e intake.Event) error {
			report.Confidence = min(report.Confidence, e.About[0].Confidence)
			return each(e)
		})
		read = read || found
		if err != nil && f.Name != "" {
			err = fmt.Errorf("%.100q: %w", f.Name, err)
		}
		return err
	})
	if err == nil && !read {
		err = format.ErrOther
	}
	return report, err
}

func file(r *bufio.Reader, each format.Each) (found bool, err error) {
	g := newGathering()
	for {
		line, err := nextLine(r)
		if h, ok := read(strings.TrimSpace(line)); ok {
			found = true
			g.add(h)
		}
		done := errors.Is(err, io.EOF)
		if err != nil && !done {
			return found, err
		}
		if done || len(g.order) >= mostSources {
			if err := g.flush(each); err != nil || done {
				return found, err
			}
		}
	}
}

// nextLine leaves out what is too long.
func nextLine(r *bufio.Reader) (string, error) {
	var b []byte
	for {
		piece, err := r.ReadSlice('\n')
		if len(b)+len(piece) <= mostLine {
			b = append(b, piece...)
		} else {
			for errors.Is(err, bufio.ErrBufferFull) {
				_, err = r.ReadSlice('\n')
			}
			return "", err
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return string(b), err
		}
	}
}
