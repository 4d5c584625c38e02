// Package kind tells what a mail that came for reports is: a report, or one of
// the mails that come along with them.
package kind

import (
	"strings"

	"candor/internal/intake/message"
	"candor/internal/regex"
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

// Words name the kind, for people: "a bounce".
func (k Kind) Words() string {
	switch k {
	case Automatic:
		return "an automatic answer"
	case List:
		return "a mail to many"
	case Calendar:
		return "an invitation"
	}
	return "a " + string(k)
}

// Verdict is what was found.
type Verdict struct {
	Kind   Kind
	Reason string // in few words, for people
	// Certain tells that it is of the kind whatever it holds. Else it may be a
	// report, too, if it complains about something: headers alone, and words of mail
	// servers, are in reports as well.
	Certain bool
	// Message is the Message-ID of ours that the mail answers, without angle
	// brackets; empty if it answers none. It may be there for any kind: a mail of
	// ours that is answered by a machine, for one.
	Message string
}

// Ours tells mails of ours.
type Ours struct {
	// Domains are what our Message-IDs end with.
	Domains []string
}

// Tell says what a mail is. Servers mark bounces as automatic answers, and
// machines answer with References as people do, so that the order matters. What
// carries a report in a format of its own (ARF) is one, whoever sent it, and
// what is not clear is one, too.
func Tell(m *message.Message, o Ours) Verdict {
	v := Verdict{Kind: Report, Reason: "nothing speaks for anything else", Message: o.answered(m)}
	for _, rule := range []struct {
		tell    func(*message.Message) (Kind, string)
		certain bool
	}{{feedback, true}, {bounce, true}, {receipt, true}, {freehand, false}, {calendar, true}, {automatic, false}} {
		if kind, reason := rule.tell(m); kind != "" {
			v.Kind, v.Reason, v.Certain = kind, reason, rule.certain
			if v.Message == "" && !v.Certain {
				v.Message = o.quoted(m)
			}
			v.Certain = v.Certain || v.Message != "" // what it complains about are words of ours
			return v
		}
	}
	if v.Message != "" {
		v.Kind, v.Reason, v.Certain = Reply, "it answers our "+v.Message, true
	} else if reason := list(m); reason != "" {
		v.Kind, v.Reason = List, reason
	}
	return v
}

// ids are Message-IDs of ours: a UUID before the domain, with hyphens or without.
var ids = regex.Of(`\b((?:[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@[A-Za-z0-9.-]{1,253})`)

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

// quoted finds a Message-ID of ours in a text: servers return mails so.
func (o Ours) quoted(m *message.Message) string {
	for i := range m.Parts {
		if p := &m.Parts[i]; p.IsText() {
			if id := o.own(p.Text[:min(len(p.Text), 64<<10)]); id != "" {
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
