package message

import (
	gomessage "github.com/emersion/go-message"
)

// NewPart makes a part of a file as it would be of an attachment of that name and
// media type (empty if unknown). It is the only part of the message that is given,
// whose Problems tell what is wrong with it; there is none of a file that exceeds
// the limits.
func NewPart(name, mediaType string, content []byte, limits Limits) *Message {
	t := taking{limits: limits, parts: limits.Parts, left: limits.Bytes}
	if mediaType == "" {
		mediaType = "application/octet-stream"
	}
	m := &Message{}
	t.leaf(m, gomessage.Header{}, mediaType, map[string]string{"name": name}, content, 0)
	return m
}
