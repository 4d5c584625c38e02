package candor

import (
	"fmt"
	"strings"
)

// Severity says how grave a finding is. The zero value is Info; severities
// compare with < and >.
type Severity uint8

const (
	Info Severity = iota
	Low
	Medium
	High
	Critical
)

var severityNames = [...]string{"info", "low", "medium", "high", "critical"}

// String gives the severity's word.
func (s Severity) String() string {
	if int(s) < len(severityNames) {
		return severityNames[s]
	}
	return fmt.Sprintf("severity(%d)", uint8(s))
}

// MarshalText gives the severity's word.
func (s Severity) MarshalText() ([]byte, error) {
	if int(s) >= len(severityNames) {
		return nil, fmt.Errorf("severity %d: %w", uint8(s), ErrInvalid)
	}
	return []byte(severityNames[s]), nil
}

// UnmarshalText reads what MarshalText wrote.
func (s *Severity) UnmarshalText(text []byte) error {
	v, err := ParseSeverity(string(text))
	if err != nil {
		return err
	}
	*s = v
	return nil
}

// ParseSeverity reads a severity's word, in any case.
func ParseSeverity(word string) (Severity, error) {
	for i, name := range severityNames {
		if strings.EqualFold(word, name) {
			return Severity(i), nil
		}
	}
	return Info, fmt.Errorf("severity %q is none of info, low, medium, high, critical: %w", word, ErrInvalid)
}
