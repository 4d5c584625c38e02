package candor

import (
	"errors"
	"time"
)

// The kinds of errors. Code that must tell them apart asks errors.Is.
var (
	ErrInvalid     = errors.New("invalid")           // what was asked for makes no sense
	ErrNotFound    = errors.New("not found")         // what was named is not there
	ErrExists      = errors.New("already there")     // what should be new is not
	ErrDenied      = errors.New("not permitted")     // it is there, but not for us
	ErrChanged     = errors.New("changed meanwhile") // it is no longer what it was when we looked
	ErrUnavailable = errors.New("unavailable")       // it may work later
)

// Error is an error that a person will read, with what to do next.
type Error struct {
	Err  error
	Hint string // one sentence; empty if there is nothing to do
}

// Error gives the message without the hint.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// WithHint says what to do about err. It gives nil for nil.
func WithHint(err error, hint string) error {
	if err == nil {
		return nil
	}
	return &Error{Err: err, Hint: hint}
}

// Hint finds the outermost hint in err, empty if there is none.
func Hint(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Hint
	}
	return ""
}

// LaterError says that what failed may work later, and when to try again.
type LaterError struct {
	Err   error
	After time.Duration
}

// Error gives the cause's message.
func (e *LaterError) Error() string { return e.Err.Error() }

// Unwrap gives the cause.
func (e *LaterError) Unwrap() error { return e.Err }

// Later says to try again after a while. It gives nil for nil.
func Later(err error, after time.Duration) error {
	if err == nil {
		return nil
	}
	return &LaterError{Err: err, After: after}
}
