package smtp

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	gomail "github.com/wneessen/go-mail"

	"candor"
)

// errStale means that a connection was gone before anything was sent by it.
var errStale = errors.New("the connection was closed")

func invalid(what, hint string) error {
	return candor.WithHint(fmt.Errorf("%s: %w", what, candor.ErrInvalid), hint)
}

func unavailable(what string, err error) error {
	return fmt.Errorf("%s: %w: %s", what, candor.ErrUnavailable, oneLine(err.Error()))
}

// judge says what an error of the dialogue means. Only an answer of 500 or
// more to the receiver or to the mail itself is about them (RFC 5321, 4.2.1);
// one to anything else is about us, and somebody can mend it.
func judge(err error) error {
	var failed *gomail.SendError
	if !errors.As(err, &failed) {
		return unavailable("talk to the mail server", err)
	}
	answer := failed.ErrorCode()
	switch failed.Reason {
	case gomail.ErrConnCheck:
		return fmt.Errorf("%w: %w", errStale, unavailable("use the connection", err))
	case gomail.ErrSMTPRcptTo, gomail.ErrSMTPData, gomail.ErrSMTPDataClose:
		signIn := answer >= 530 && answer < 540 // RFC 4954, 6: it wants to know us better first
		if answer >= 500 && !signIn {
			return fmt.Errorf("the mail server refused it: %w: %s", candor.ErrDenied, reply(err))
		}
	}
	if answer >= 500 {
		return candor.WithHint(unavailable("the mail server refused us", errors.New(reply(err))),
			"Look at the settings of the mail server, the sender's address among them.")
	}
	return unavailable("the mail server did not take it", errors.New(reply(err)))
}

// reply takes the server's words out of the library's.
func reply(err error) string {
	text := err.Error()
	if _, after, found := strings.Cut(text, ": "); found {
		text = after
	}
	text, _, _ = strings.Cut(text, ", affected ")
	code, words, _ := strings.Cut(text, " ")
	if bare, err := strconv.Unquote(words); err == nil { // net/textproto quotes them
		text = code + " " + bare
	}
	return oneLine(text)
}

// oneLine makes words of strangers fit for a line: bounded, and without
// characters that control the line.
func oneLine(s string) string {
	const most = 300
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
	}), " ")
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}
