package cgnat

import (
	"bufio"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"
)

// longestMessage bounds a message of syslog; what is longer is cut.
const longestMessage = 8192

// stamp gives the time in the header of a message, by RFC 5424 or RFC 3164, and
// what comes after it. Without a time that can be read it is zero.
func stamp(message string, now time.Time, zone *time.Location) time.Time {
	rest := message
	if strings.HasPrefix(rest, "<") {
		if at := strings.IndexByte(rest, '>'); at > 0 && at <= 4 {
			rest = strings.TrimLeft(rest[at+1:], " ")
		}
	}
	if version, after, ok := strings.Cut(rest, " "); ok && version == "1" {
		text, _, _ := strings.Cut(after, " ")
		if at, err := time.Parse(time.RFC3339Nano, text); err == nil {
			return at
		}
		rest = after
	}
	if text, _, _ := strings.Cut(rest, " "); len(text) >= 20 {
		if at, err := time.Parse(time.RFC3339Nano, text); err == nil {
			return at
		}
	}
	if len(rest) > 20 { // with the year, before or after, as some have it
		for _, layout := range []string{"2006 Jan _2 15:04:05", "Jan _2 2006 15:04:05"} {
			if at, err := time.ParseInLocation(layout, rest[:20], zone); err == nil {
				return at
			}
		}
	}
	if len(rest) < 15 {
		return time.Time{}
	}
	at, err := time.ParseInLocation("Jan _2 15:04:05", rest[:15], zone)
	if err != nil {
		return time.Time{}
	}
	// There is no year: the one that is nearest to now.
	at = at.AddDate(now.In(zone).Year(), 0, 0)
	switch d := at.Sub(now); {
	case d > 182*24*time.Hour:
		at = at.AddDate(-1, 0, 0)
	case d < -182*24*time.Hour:
		at = at.AddDate(1, 0, 0)
	}
	return at
}

var errFrame = errors.New("not a frame of syslog")

// messages gives the messages of a stream (RFC 6587): each with its length
// before it, or one a line.
func messages(r *bufio.Reader, each func(string)) error {
	for {
		first, err := r.Peek(1)
		if err != nil {
			return err
		}
		if first[0] >= '1' && first[0] <= '9' {
			message, err := counted(r)
			if err != nil {
				return err
			}
			each(message)
			continue
		}
		line, err := r.ReadSlice('\n')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) && len(line) == 0 {
			return err
		}
		if text := strings.TrimRight(string(line), "\r\n\x00"); text != "" {
			each(text)
		}
		for errors.Is(err, bufio.ErrBufferFull) { // leave out the rest
			_, err = r.ReadSlice('\n')
		}
		if err != nil {
			return err
		}
	}
}

// counted reads a message with its length before it.
func counted(r *bufio.Reader) (string, error) {
	head, err := r.ReadSlice(' ')
	if err != nil {
		return "", errors.Join(errFrame, err)
	}
	n, err := strconv.Atoi(strings.TrimSuffix(string(head), " "))
	if err != nil || n <= 0 || n > 1<<20 {
		return "", errFrame
	}
	b := make([]byte, min(n, longestMessage))
	if _, err := io.ReadFull(r, b); err != nil {
		return "", err
	}
	if _, err := r.Discard(n - len(b)); err != nil {
		return "", err
	}
	return strings.TrimRight(string(b), "\r\n\x00"), nil
}
