package message

import (
	gomessage "github.com/emersion/go-message"
)

// NewPart makes a part of a file as it would be of an attachment of that name and
// media type (empty if unknown), and tells what is wrong with it. It gives nil
// for a file that exceeds the limits.
func NewPart(name, mediaType string, content []byte, limits Limits) (*Part, []string) {
	t := taking{limits: limits, parts: limits.Parts, left: limits.Bytes}
	if mediaType == "" {
		mediaType = "application/octet-stream"
	}
	m := &Message{}
	t.leaf(m, gomessage.Header{}, mediaType, map[string]string{"name": name}, content, 0)
	if len(m.Parts) == 0 {
		return nil, m.Problems
	}
	return &m.Parts[0], m.Problems
}
