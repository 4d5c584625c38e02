package config

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"candor"
)

// Duration is a time that also knows days and weeks: 90s, 15m, 8h, 3d, 2w.
type Duration time.Duration

// UnmarshalText reads a duration.
func (d *Duration) UnmarshalText(text []byte) error {
	s := string(text)
	if n := len(s); n > 1 && (s[n-1] == 'd' || s[n-1] == 'w') {
		unit := 24 * time.Hour
		if s[n-1] == 'w' {
			unit *= 7
		}
		if v, err := strconv.ParseUint(s[:n-1], 10, 16); err == nil {
			*d = Duration(time.Duration(v) * unit)
			return nil
		}
	}
	v, err := time.ParseDuration(s)
	if err != nil {
		return candor.WithHint(fmt.Errorf("%.40q is no duration: %w", s, candor.ErrInvalid), "Write it as 90s, 15m, 8h, 3d or 2w.")
	}
	*d = Duration(v)
	return nil
}

// MarshalText writes the duration in its largest whole unit.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// String gives the duration in its largest whole unit.
func (d Duration) String() string {
	t := time.Duration(d)
	for _, u := range []struct {
		size time.Duration
		name string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "m"}} {
		if t != 0 && t%u.size == 0 {
			return strconv.FormatInt(int64(t/u.size), 10) + u.name
		}
	}
	return t.String()
}

// Size is a number of bytes: 500000, 64k, 10M, 2G, in powers of 1024.
type Size int64

// UnmarshalText reads a size.
func (s *Size) UnmarshalText(text []byte) error {
	digits, shift := string(text), 0
	if n := len(digits); n > 1 {
		if i := strings.IndexByte("kmgt", digits[n-1]|0x20); i >= 0 {
			digits, shift = digits[:n-1], 10*(i+1)
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 || n > int64(1)<<(62-shift) {
		return candor.WithHint(fmt.Errorf("%.40q is no size: %w", text, candor.ErrInvalid), "Write it as 500000, 64k, 10M or 2G.")
	}
	*s = Size(n << shift)
	return nil
}

// MarshalText writes the size in its largest whole unit.
func (s Size) MarshalText() ([]byte, error) {
	unit := ""
	for _, u := range []string{"k", "M", "G", "T"} {
		if s == 0 || s%1024 != 0 {
			break
		}
		s, unit = s/1024, u
	}
	return []byte(strconv.FormatInt(int64(s), 10) + unit), nil
}

// Secret is a text that no output, log or error shows.
type Secret string

// hidden stands for a secret that is set.
const hidden = "(hidden)"

// String hides the secret: of a database's address the password and what
// follows the question mark, of anything else all.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	if u, err := url.Parse(string(s)); err == nil && strings.HasPrefix(u.Scheme, "postgres") && u.Host != "" {
		u.RawQuery = ""
		return u.Redacted()
	}
	return hidden
}

// GoString hides the secret from %#v.
func (s Secret) GoString() string { return strconv.Quote(s.String()) }

// MarshalText hides the secret.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Reveal gives the secret itself.
func (s Secret) Reveal() string { return string(s) }
