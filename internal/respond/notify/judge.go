package notify

import (
	"strings"

	"candor/internal/regex"
)

// judge says what a mail is. The order matters: servers mark their bounces as
// automatic answers too.
func (s *sight) judge(h fields) Bounce {
	var b Bounce
	switch {
	case len(s.notices) > 0:
		b = s.standard()
	case s.report == "disposition-notification": // somebody opened it (RFC 8098)
		b.Kind = BounceReply
	case fromServer(h, s.words):
		b = s.freehand(h)
	case automatic(h):
		b.Kind = BounceReply
	default:
		b.Kind = BounceOther
	}
	if b.MessageID == "" {
		b.MessageID = s.sent
	}
	if b.MessageID == "" {
		b.MessageID = answered(h, s.words)
	}
	return b
}

// standard reads a delivery status. Of several receivers the one that fared
// worst counts: our mails have only one.
func (s *sight) standard() Bounce {
	b := Bounce{Kind: BounceOther}
	for _, n := range s.notices {
		kind, known := actions[strings.ToLower(first(n.get("Action")))]
		if !known || rank(kind) <= rank(b.Kind) {
			continue
		}
		b = Bounce{Kind: kind, Status: statusIn(n.get("Status")), Diagnostic: untyped(n.get("Diagnostic-Code"))}
		b.Recipient = untyped(n.get("Original-Recipient"))
		if b.Recipient == "" {
			b.Recipient = untyped(n.get("Final-Recipient"))
		}
	}
	return b
}

// actions are those of RFC 3464, 2.3.3.
var actions = map[string]BounceKind{
	"failed": BounceFailed, "delayed": BounceDelayed,
	"delivered": BounceDelivered, "relayed": BounceDelivered, "expanded": BounceDelivered,
}

func rank(k BounceKind) int {
	return map[BounceKind]int{BounceFailed: 3, BounceDelayed: 2, BounceDelivered: 1}[k]
}

// first gives the first word of a field; comments may follow.
func first(s string) string {
	if words := strings.Fields(s); len(words) > 0 {
		return words[0]
	}
	return ""
}

// untyped takes the type off a value such as "rfc822; a@example.org".
func untyped(s string) string {
	if _, value, found := strings.Cut(s, ";"); found {
		return strings.TrimSpace(value)
	}
	return s
}

// fromServer tells whether a mail without a delivery status is written by a
// mail server: Exim and Postfix say so in the header, qmail in the text.
func fromServer(h fields, words string) bool {
	if h.get("X-Failed-Recipients") != "" || strings.HasPrefix(strings.TrimSpace(words), "Hi. This is the") {
		return true
	}
	if h.get("Return-Path") == "<>" && !automatic(h) {
		return true
	}
	from := strings.ToLower(h.get("From"))
	return strings.Contains(from, "mailer-daemon@") || strings.Contains(from, "postmaster@") ||
		strings.HasPrefix(from, "mailer-daemon")
}

var (
	// status is a code of RFC 3463.
	status = regex.Of(`\b[245]\.\d{1,3}\.\d{1,3}\b`)
	// answerLine is a line with a server's answer or a status.
	answerLine = regex.Of(`(?m)^.*(?:\b[45]\d\d[ -]|[#\s(]\s?[45]\.\d{1,3}\.\d{1,3}\b).*$`)
	// bracketed is an address on a line of its own, as qmail, Postfix and Exim name receivers.
	bracketed = regex.Of(`(?m)^[ \t]*<?([^\s<>:]{1,64}@[^\s<>:]{1,190})>?:?[ \t]*(?:\(.*)?\r?$`)
	// waiting are words of mails that only warn.
	waiting = regex.Of(`(?i)\b(warning: could not send|delivery.{1,20}delayed|will be retried|still being retried|not yet been delivered|no action is required)\b`)
)

func statusIn(s string) string { return status.FindString(s) }

// freehand reads what servers write for people.
func (s *sight) freehand(h fields) Bounce {
	const most = 8000 // the mail itself follows, and may hold anything
	words := s.words[:min(len(s.words), most)]
	for _, below := range []string{"--- Below this line", "------ This is a copy", "Original message headers", "-----Original"} {
		words, _, _ = strings.Cut(words, below)
	}
	b := Bounce{Kind: BounceFailed, Recipient: h.get("X-Failed-Recipients")}
	if m := bracketed.FindStringSubmatch(words); m != nil && b.Recipient == "" {
		b.Recipient = m[1]
	}
	b.Diagnostic = strings.TrimSpace(answerLine.FindString(words))
	b.Status = statusIn(b.Diagnostic)
	if strings.HasPrefix(b.Status, "4") || waiting.MatchString(words) || waiting.MatchString(h.get("Subject")) {
		b.Kind = BounceDelayed
	}
	return b
}

// automatic tells whether a machine answers (RFC 3834, 5, and what came before it).
func automatic(h fields) bool {
	if v := strings.ToLower(first(h.get("Auto-Submitted"))); v != "" && strings.TrimSuffix(v, ";") != "no" {
		return true
	}
	for _, name := range []string{"X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-Auto-Response-Suppress"} {
		if h.get(name) != "" {
			return true
		}
	}
	return strings.EqualFold(h.get("Precedence"), "auto_reply")
}

// answered finds which of our mails somebody writes about.
func answered(h fields, words string) string {
	for _, text := range append([]string{h.get("In-Reply-To"), h.get("References")}, words) {
		if m := ours.FindString(text); m != "" {
			return strings.Trim(m, "<>")
		}
	}
	return ""
}
