package wire

import (
	"errors"
	"net/http"

	"candor"
)

// kinds are the kinds of errors by name and by status of HTTP.
var kinds = []struct {
	name   string
	status int
	err    error
}{
	{"invalid", http.StatusBadRequest, candor.ErrInvalid},
	{"denied", http.StatusForbidden, candor.ErrDenied},
	{"not-found", http.StatusNotFound, candor.ErrNotFound},
	{"exists", http.StatusConflict, candor.ErrExists},
	{"changed", http.StatusConflict, candor.ErrChanged},
	{"unavailable", http.StatusServiceUnavailable, candor.ErrUnavailable},
}

// FailureOf tells an error.
func FailureOf(err error) *Failure {
	f := &Failure{Text: err.Error(), Hint: candor.Hint(err)}
	for _, k := range kinds {
		if errors.Is(err, k.err) {
			f.Kind = k.name
			break
		}
	}
	return f
}

// Status is the status of HTTP under which a failure is told.
func (f *Failure) Status() int {
	for _, k := range kinds {
		if f.Kind == k.name {
			return k.status
		}
	}
	return http.StatusInternalServerError
}

// Err gives the error again, with its kind and hint.
func (f *Failure) Err() error {
	var err error = told{text: f.Text}
	for _, k := range kinds {
		if f.Kind == k.name {
			err = told{f.Text, k.err}
		}
	}
	if f.Hint != "" {
		err = candor.WithHint(err, f.Hint)
	}
	return err
}

// told is an error of the other side.
type told struct {
	text string
	kind error
}

func (t told) Error() string { return t.text }

func (t told) Unwrap() error { return t.kind }
