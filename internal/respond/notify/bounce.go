package notify

import (
	"bytes"
	"fmt"
	"io"
	"net/mail"
	"strings"

	"candor"
	"candor/internal/regex"
)

// Bounce is what came back for a mail.
type Bounce struct {
	Kind BounceKind
	// Tag is what the envelope's sender held: the message's ID without
	// dashes. Empty if it was not found; so are the others.
	Tag        string
	MessageID  string // of the mail that it is about, without angle brackets
	Recipient  string // whom the mail did not reach
	Status     string // "5.1.1" (RFC 3463)
	Diagnostic string // the server's words, on one line
}

// BounceKind says what a mail that came back is.
type BounceKind string

const (
	BounceFailed    BounceKind = "failed"    // the mail will not arrive
	BounceDelayed   BounceKind = "delayed"   // it is still tried
	BounceDelivered BounceKind = "delivered" // it arrived, or went where nobody tells
	BounceReply     BounceKind = "reply"     // a machine answers: somebody is away (RFC 3834)
	BounceOther     BounceKind = "other"     // none of these: a person writes, perhaps
)

// Reason says why a mail came back, for people.
func (b Bounce) Reason() string {
	parts := []string{b.Status, b.Diagnostic}
	if s := strings.TrimSpace(strings.Join(parts, " ")); s != "" {
		return s
	}
	return "it came back, and does not say why"
}

// What is read of a mail. Those who write it are strangers.
const (
	mostBytes   = 1 << 20 // of the whole; a copy of what was sent comes at the end
	mostParts   = 50      // in all
	mostDepth   = 5
	mostNotices = 1000 // blocks of a delivery status
)

// ParseBounce reads a mail that came to the address for bounces: a delivery
// status notification (RFC 3464, also in UTF-8 by RFC 6533), what Exim, qmail,
// Postfix and Exchange write of their own, or an automatic answer. It reads at
// most a megabyte. The error is candor.ErrInvalid for what is no mail, or
// what reading r gave.
func ParseBounce(r io.Reader) (Bounce, error) {
	data, err := io.ReadAll(io.LimitReader(r, mostBytes))
	if err != nil {
		return Bounce{}, fmt.Errorf("read a bounce: %w", err)
	}
	m, err := mail.ReadMessage(bytes.NewReader(unbox(data)))
	if err != nil {
		return Bounce{}, fmt.Errorf("read a bounce: %w: %w", candor.ErrInvalid, err)
	}
	body, err := io.ReadAll(m.Body)
	if err != nil {
		return Bounce{}, fmt.Errorf("read a bounce: %w: %w", candor.ErrInvalid, err)
	}
	seen := &sight{}
	seen.part(fields(m.Header), body, 0)
	b := seen.judge(fields(m.Header))
	b.Tag = tagIn(m.Header)
	if b.Tag == "" {
		b.Tag = ourTag(b.MessageID)
	}
	b.Recipient, b.Status = clean(b.Recipient, 254), clean(b.Status, 20)
	b.Diagnostic = clean(b.Diagnostic, 300)
	return b, nil
}

// unbox takes away the line that mbox files and some pipes put first.
func unbox(data []byte) []byte {
	if bytes.HasPrefix(data, []byte("From ")) {
		if _, rest, found := bytes.Cut(data, []byte("\n")); found {
			return rest
		}
	}
	return data
}

// tagged finds a tag in an address: "bounces+0190…@example.org", whatever
// the separator.
var tagged = regex.Of(`[^0-9A-Za-z]([0-9a-f]{32})@`)

// tagIn looks where servers write whom a mail was for.
func tagIn(h mail.Header) string {
	for _, name := range []string{"Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To", "Cc"} {
		for _, value := range h[name] {
			if m := tagged.FindStringSubmatch(value); m != nil {
				return m[1]
			}
		}
	}
	return ""
}

// ours are Message-IDs of notices.
var ours = regex.Of(`<?\b([0-9a-f]{32})@[A-Za-z0-9.-]{1,253}>?`)

func ourTag(messageID string) string {
	if m := ours.FindStringSubmatch(messageID); m != nil {
		return m[1]
	}
	return ""
}
