package respond

import (
	"context"
	"errors"
	"time"

	"candor"
)

// Failure is an error that says whether the same call can succeed later.
type Failure struct {
	Err       error
	Temporary bool
	After     time.Duration // how long to wait; 0 leaves it to the caller
}

// Error gives the message of the cause.
func (f *Failure) Error() string { return f.Err.Error() }

// Unwrap gives the cause.
func (f *Failure) Unwrap() error { return f.Err }

// Temporary marks err as one that may be gone after a while. It gives nil for
// nil. After 0 leaves the wait to the caller.
func Temporary(err error, after time.Duration) error {
	if err == nil {
		return nil
	}
	return &Failure{Err: err, Temporary: true, After: after}
}

// Permanent marks err as one that stays. It gives nil for nil.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return &Failure{Err: err}
}

// RetryAfter tells whether the same call can succeed later, and after how
// long; 0 if err does not say. The outermost mark decides. Without one, what
// is unavailable, or was interrupted, is temporary and all else permanent.
func RetryAfter(err error) (after time.Duration, temporary bool) {
	var f *Failure
	if errors.As(err, &f) {
		return f.After, f.Temporary
	}
	return 0, errors.Is(err, candor.ErrUnavailable) ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}
