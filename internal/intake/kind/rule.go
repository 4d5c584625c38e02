package kind

import (
	"strings"

	"candor/internal/intake/message"
	"candor/internal/regex"
)

// feedback are reports in the Abuse Reporting Format (RFC 5965), whatever their
// header says.
func feedback(m *message.Message) (Kind, string) {
	if part(m, "message/feedback-report") != nil {
		return Report, "it is a feedback report (RFC 5965)"
	}
	return "", ""
}

func bounce(m *message.Message) (Kind, string) {
	p := part(m, "message/delivery-status")
	if p == nil {
		p = part(m, "message/global-delivery-status")
	}
	if p == nil {
		return "", ""
	}
	reason := "it is a delivery status (RFC 3464)"
	if found := action.FindStringSubmatch(p.Text); found != nil {
		reason += ": " + strings.ToLower(found[1])
	}
	return Bounce, reason
}

var action = regex.Of(`(?im)^Action:[ \t]*([a-z]{1,20})`)

func receipt(m *message.Message) (Kind, string) {
	if part(m, "message/disposition-notification") != nil || part(m, "message/global-disposition-notification") != nil {
		return Receipt, "it tells that a mail was opened (RFC 8098)"
	}
	return "", ""
}

// freehand are bounces that a server wrote in words of its own: Exim and Postfix
// say so in the header, qmail in the text. Nothing is one by its sender alone, as
// postmasters write reports, too.
func freehand(m *message.Message) (Kind, string) {
	words := text(m)
	if m.Get("X-Failed-Recipients") != "" {
		return Bounce, "it names receivers who were not reached"
	}
	if strings.HasPrefix(strings.TrimSpace(words), "Hi. This is the qmail") {
		return Bounce, "it is written as qmail does"
	}
	if !fromServer(m) {
		return "", ""
	}
	if undelivered.MatchString(m.Subject) || undelivered.MatchString(words) {
		return Bounce, "a mail server says that a mail was not delivered"
	}
	return "", ""
}

// fromServer tells whether a mail has no sender to answer, or a server's.
func fromServer(m *message.Message) bool {
	if strings.TrimSpace(m.Get("Return-Path")) == "<>" {
		return true
	}
	from := strings.ToLower(m.Get("From"))
	return strings.Contains(from, "mailer-daemon") || strings.Contains(from, "postmaster@") || strings.Contains(from, "mail delivery s")
}

// undelivered are the words of bounces.
var undelivered = regex.Of(`(?i)(undeliver|mail delivery (?:failed|system|subsystem)|delivery (?:status notification|failure|has failed|report)|failure notice|returned mail|returned to sender|could not be delivered|delivery.{1,20}delayed|could not send message for past|unzustellbar|nicht zugestellt|non remis|no se ha podido entregar|mancato recapito|не доставлено|退信)`)

// calendar are mails that are an invitation; one that has it among much else is
// not.
func calendar(m *message.Message) (Kind, string) {
	p := part(m, "text/calendar")
	if p == nil {
		return "", ""
	}
	method := strings.ToUpper(p.Params["method"])
	if found := methods.FindStringSubmatch(p.Text); method == "" && found != nil {
		method = strings.ToUpper(found[1])
	}
	switch method {
	case "REQUEST", "CANCEL", "ADD", "REFRESH":
		return Calendar, "it invites (" + method + ")"
	case "REPLY", "COUNTER", "DECLINECOUNTER":
		return Calendar, "it answers an invitation (" + method + ")"
	}
	return "", ""
}

var methods = regex.Of(`(?im)^METHOD:[ \t]*([a-z]{1,20})`)

// automatic are answers of machines (RFC 3834, 5, and what came before it).
// "auto-generated" is no answer: monitors report so.
func automatic(m *message.Message) (Kind, string) {
	value := submitted.FindString(strings.ToLower(m.Get("Auto-Submitted"))) // a comment or parameters may follow
	if value == "auto-replied" || value == "auto-notified" && away.MatchString(m.Subject) {
		return Automatic, "Auto-Submitted is " + value
	}
	for _, name := range []string{"X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-Auto-Reply"} {
		if v := strings.ToLower(strings.TrimSpace(m.Get(name))); v != "" && v != "no" {
			return Automatic, "it has " + name
		}
	}
	if strings.EqualFold(strings.TrimSpace(m.Get("Precedence")), "auto_reply") {
		return Automatic, "Precedence is auto_reply"
	}
	if away.MatchString(m.Subject) && (answers(m) || value != "" || m.Get("X-Auto-Response-Suppress") != "") {
		return Automatic, "its subject is of an automatic answer"
	}
	return "", ""
}

// submitted is a keyword of RFC 3834, 5.
var submitted = regex.Of(`[a-z-]+`)

func answers(m *message.Message) bool {
	return len(m.References) > 0 || strings.TrimSpace(m.Get("Return-Path")) == "<>"
}

// away are the subjects of automatic answers.
var away = regex.Of(`(?i)^\s*(?:(?:re|aw|sv): *)?(?:out of (?:the )?office|auto(?:matic|mated)?[ -]?(?:reply|response|answer)|autoreply|abwesenheit|automatische antwort|réponse automatique|absence du bureau|respuesta automática|fuera de (?:la )?oficina|risposta automatica|automatisch antwoord|автоответ|自动回复|自動返信)`)

// list says why a mail is one to many; empty if it is not. A list alone is not
// enough: reports come by lists, too.
func list(m *message.Message) string {
	unsubscribe := m.Get("List-Unsubscribe") != ""
	precedence := strings.ToLower(strings.TrimSpace(m.Get("Precedence")))
	bulk := precedence == "bulk" || precedence == "list" || precedence == "junk"
	switch {
	case complaint.MatchString(m.Subject):
		return ""
	case unsubscribe && m.Get("List-Unsubscribe-Post") != "":
		return "one can unsubscribe from it with one click (RFC 8058)"
	case unsubscribe && (bulk || m.Get("List-Id") != "" || m.Get("Feedback-Id") != ""):
		return "it went to a list"
	case unsubscribe && marketing.MatchString(text(m)):
		return "it is an advertisement"
	}
	return ""
}

var (
	// complaint are words in subjects of reports.
	complaint = regex.Of(`(?i)\b(abuse|complaint|phish\w*|malware|spam|botnet|attack\w*|infring\w*|takedown|take-down|dmca|incident|compromised|intrusion|scan\w*|brute|ddos|vulnerab\w*|missbrauch|beschwerde|abus|plainte|denuncia)\b|\[[A-Za-z-]*\d{4,}\]|\b\d{1,3}(?:\.\d{1,3}){3}\b`)
	marketing = regex.Of(`(?i)(view (?:this (?:email|message) )?in (?:your )?browser|unsubscribe|newsletter|abmelden|se désinscrire|darse de baja|отписаться|退订)`)
)

// part finds the first leaf of a type, not in mails within.
func part(m *message.Message, mediaType string) *message.Part {
	for i := range m.Parts {
		if m.Parts[i].Type == mediaType {
			return &m.Parts[i]
		}
	}
	return nil
}

// text is how the mail's own text begins.
func text(m *message.Message) string {
	const most = 8000
	for i := range m.Parts {
		if p := &m.Parts[i]; p.IsText() && strings.HasPrefix(p.Type, "text/") && p.Inline {
			words := p.Text[:min(len(p.Text), most)]
			if p.Type == "text/html" {
				words = message.Plain(words)
			}
			return words
		}
	}
	return ""
}
