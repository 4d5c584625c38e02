package quarantine

import (
	"errors"
	"fmt"
	"io/fs"

	"golang.org/x/sys/unix"

	"candor"
	"candor/internal/respond"
)

func invalid(format, hint string, args ...any) error {
	return candor.WithHint(fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), candor.ErrInvalid), hint)
}

func changed(what, hint string) error {
	return candor.WithHint(fmt.Errorf("%s: %w", what, candor.ErrChanged), hint)
}

// describe words the failure of a system call, says what to do about it, and
// whether it can pass.
func describe(doing string, err error) error {
	err = fmt.Errorf("%s: %w", doing, err)
	switch {
	case errors.Is(err, unix.ENOSPC), errors.Is(err, unix.EDQUOT):
		return respond.Temporary(candor.WithHint(err, "Make room on the disk; it is tried again."), 0)
	case errors.Is(err, unix.EROFS):
		return candor.WithHint(err, "The file system is mounted read-only: mount it writable and approve again.")
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES):
		return candor.WithHint(err, "Run as root, or as the owner of the files; the folder may also be marked immutable (lsattr -d).")
	case errors.Is(err, unix.ELOOP):
		return candor.WithHint(fmt.Errorf("%w: %w", err, candor.ErrChanged),
			"A link stands in the way: name the root by its real path, and look who put the link there.")
	case passes(err):
		return respond.Temporary(err, 0)
	}
	return err
}

// passes tells whether an error of the operating system is one that goes away.
func passes(err error) bool {
	for _, e := range []unix.Errno{unix.EIO, unix.EMFILE, unix.ENFILE, unix.ENOMEM, unix.EINTR,
		unix.EAGAIN, unix.EBUSY, unix.ESTALE, unix.ETIMEDOUT} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// ofVault words a failure of the vault. Unless the vault says otherwise it may
// pass.
func ofVault(doing string, err error) error {
	err = fmt.Errorf("%s: %w", doing, err)
	var f *respond.Failure
	known := errors.As(err, &f) || errors.Is(err, candor.ErrChanged) || errors.Is(err, candor.ErrNotFound)
	if known {
		return err
	}
	return respond.Temporary(candor.WithHint(err, "See to the vault's disk and rights; it is tried again."), 0)
}

func missing(err error) bool { return errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR) }

// together makes one error of those of single files: nil of none.
func together(what string, errs []error, of int) error {
	if len(errs) == 0 {
		return nil
	}
	err := errs[0]
	if of > 1 {
		err = fmt.Errorf("%d of %d files could not be %s; the first: %w", len(errs), of, what, err)
	}
	err = candor.WithHint(err, candor.Hint(errs[0]))
	for _, e := range errs {
		if after, temporary := respond.RetryAfter(e); temporary {
			return respond.Temporary(err, after)
		}
	}
	return respond.Permanent(err)
}
