// Package kind tells what a mail that came for reports is: a report, or one of
// the mails that come along with them.
package kind

import (
	"regexp"
	"strings"

	"candor/internal/intake/message"
)

// Kind is what a mail is.
type Kind string

// The kinds.
const (
	Report    Kind = "report"    // it may report something: all that is nothing else
	Bounce    Kind = "bounce"    // a mail of ours did not arrive, or is late (RFC 3464)
	Automatic Kind = "automatic" // a machine answers (RFC 3834)
	Calendar  Kind = "calendar"  // an invitation, or an answer to one (RFC 6047)
	Reply     Kind = "reply"     // somebody answers a mail of ours
	Receipt   Kind = "receipt"   // somebody opened a mail (RFC 8098)
	List      Kind = "list"      // it went to many: newsletters, marketing
)

// Verdict is what was found.
type Verdict struct {
	Kind   Kind
	Reason string // in few words, for people
	// Case is the tag of the case that the mail names, in its subject or in an
	// address, and Message the Message-ID of ours that it answers, without angle
	// brackets. Empty if it names none. Both may be there for any kind: a mail of
	// ours that is answered by a machine, for one.
	Case    string
	Message string
}

// Ours tells mails of ours.
type Ours struct {
	// Domains are what our Message-IDs end with.
	Domains []string
	// Tag finds a case in a subject or the part behind the "+" of an address: its
	// first group is the tag. Nil for none.
	Tag *regexp.Regexp
}

// Tell says what a mail is. Servers mark bounces as automatic answers, and
// machines answer with References as people do, so that the order matters. What
// carries a report in a format of its own (ARF) is one, whoever sent it, and
// what is not clear is one, too.
func Tell(m *message.Message, o Ours) Verdict {
	v := Verdict{Kind: Report, Reason: "nothing speaks for anything else"}
	v.Case, v.Message = o.tag(m), o.answered(m)
	for _, rule := range []func(*message.Message) (Kind, string){feedback, bounce, receipt, freehand, calendar, automatic} {
		if kind, reason := rule(m); kind != "" {
			v.Kind, v.Reason = kind, reason
			return v
		}
	}
	switch {
	case v.Message != "":
		v.Kind, v.Reason = Reply, "it answers our "+v.Message
	case v.Case != "":
		v.Kind, v.Reason = Reply, "it names the case "+v.Case
	default:
		if reason := list(m); reason != "" {
			v.Kind, v.Reason = List, reason
		}
	}
	return v
}

// ids are Message-IDs of ours: a UUID before the domain, with hyphens or without.
var ids = regexp.MustCompile(`\b((?:[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@[A-Za-z0-9.-]{1,253})`)

// answered finds the Message-ID of ours that a mail is about: the one that it
// answers, or that of the mail that is returned in it.
func (o Ours) answered(m *message.Message) string {
	for i := len(m.References) - 1; i >= 0; i-- {
		if id := o.own(m.References[i]); id != "" {
			return id
		}
	}
	for i := range m.Parts {
		p := &m.Parts[i]
		switch {
		case p.Message != nil && !p.Inline: // forwarded as a file
		case p.Message != nil:
			if id := o.own(p.Message.ID); id != "" {
				return id
			}
		case p.Type == "message/disposition-notification" || p.Type == "message/delivery-status":
			if id := o.own(p.Text); id != "" {
				return id
			}
		}
	}
	return ""
}

func (o Ours) own(text string) string {
	for _, id := range ids.FindAllString(text, 20) {
		_, domain, _ := strings.Cut(id, "@")
		for _, d := range o.Domains {
			if strings.EqualFold(strings.TrimRight(domain, "."), d) {
				return strings.TrimRight(id, ".")
			}
		}
	}
	return ""
}

func (o Ours) tag(m *message.Message) string {
	if o.Tag == nil {
		return ""
	}
	texts := []string{m.Subject}
	for _, f := range m.Header {
		switch strings.ToLower(f.Name) {
		case "delivered-to", "x-original-to", "envelope-to", "to", "cc":
			for _, piece := range plus.FindAllStringSubmatch(f.Value, 50) {
				texts = append(texts, piece[1])
			}
		}
	}
	for _, text := range texts {
		if found := o.Tag.FindStringSubmatch(text); len(found) > 1 {
			return found[1]
		}
	}
	return ""
}

// plus is what stands behind the "+" of an address.
var plus = regexp.MustCompile(`\+([^@\s<>,]{1,100})@`)
