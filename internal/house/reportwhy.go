package house

import (
	"regexp"
	"strings"

	"candor/internal/regex"
)

// Reason is why a report or a complaint is in its state, as a key of the catalogue
// with its values.
type Reason struct {
	Key    string
	Values map[string]string
	// Reasons are values that are reasons themselves.
	Reasons map[string]Reason
}

// ReadReason gives the reason that a text of Report.Why or Complaint.Why is: these
// are kept in English words, one of a list. ok is false for a text that is none of
// the list, such as what a parser says.
func ReadReason(why string) (Reason, bool) {
	for _, r := range reasons {
		if r.pattern == nil && r.text == why {
			return Reason{Key: r.key()}, true
		}
	}
	for _, r := range reasons {
		if r.pattern == nil {
			continue
		}
		if found := r.pattern.FindStringSubmatch(why); found != nil {
			if out, ok := r.read(found[1:]); ok {
				return out, true
			}
		}
	}
	return Reason{}, false
}

// ReasonKeys lists the keys with their texts in English.
func ReasonKeys() map[string]string {
	all := map[string]string{}
	for _, r := range reasons {
		all[r.key()] = r.text
	}
	return all
}

// reason is a text of the list; what stands in braces is a value.
type reason struct {
	word, text string
	pattern    *regex.Regexp // nil for a text without values
	names      []string
}

func (r reason) key() string { return "office.why." + r.word }

func (r reason) read(values []string) (Reason, bool) {
	out := Reason{Key: r.key(), Values: map[string]string{}, Reasons: map[string]Reason{}}
	for i, v := range values {
		name := r.names[i]
		out.Values[name] = v
		if !strings.HasPrefix(name, "reason") {
			continue
		}
		inner, ok := ReadReason(v)
		if !ok {
			return out, false
		}
		out.Reasons[name] = inner
	}
	return out, true
}

var (
	valueMark = regex.Of(`\\\{(\w+)\\\}`)
	reasons   = compiled([][2]string{
		{"unfiled", "it could not be filed"},
		{"unfiled-log", "it could not be filed; the log says why"},
		{"unsure", "it is not certain whose {waiting} of {number} are"},
		{"unread", "it could not be read for a day; the log says why"},
		{"nothing", "it complains about nothing that could be read"},
		{"many", "it complains about more than {number} things, and not all were read"},
		{"untold", "it is not told what it is about"},
		{"more", "more reporters must say so"},
		{"few-within", "not enough reporters said the same within {text}: {number1} of {number2}"},
		{"few", "not enough reporters said the same"},
		{"unset", "nothing is set up that tells whose it is"},
		{"networks", "which networks are ours is not set up (intake.networks)"},
		{"mended", "it happened before that was mended"},
		{"moved", "it belonged to another party then"},
		{"several-say", "{number} reporters say so"},
		{"answers-unknown", "it answers something that is not known here"},
		{"answers-report", "somebody answers what was written about a report"},
		{"answers-stranger", "it answers a mail of a case, from an address that is none of the party's"},
		{"handed-other", "a reporter's program handed in what is no report"},
		{"answers-unvouched", "it answers a mail of a case, and nobody vouches for its sender (DKIM, SPF)"},
		{"answers-forward", "it answers what was passed on, from an address that is not the holder's"},
		{"answers-failed", "it could not be added to what it answers: {text}"},
		{"ours-not", "it is an address of no network of ours"},
		{"network-part", "only a part of it is ours"},
		{"network-not", "it is no network of ours"},
		{"no-resource", "it is no resource that anybody has"},
		{"no-host", "it names no host"},
		{"no-site", "it is the name of no site, and names are not asked for addresses"},
		{"no-address", "it is the name of no site, and leads to no address"},
		{"host-not", "its addresses are of no network of ours"},
		{"shared", "a server of ours with several sites"},
		{"unheld", "nobody held it then"},
		{"no-asset", "its holder then is known by no asset"},
		{"alone", "it alone held it then"},
		{"too-old", "it is longer ago than leases are kept"},
		{"pending", "records of leases may still come"},
		{"source-silent", "its source, which usually tells more, has told of nothing after that yet"},
		{"lease-end", "when its last lease ended is not known"},
		{"holders", "more than one may have held it then"},
		{"translator", "a translator shares the address, and the port is not told"},
		{"only-just", "it did not hold it for all of that time, or only just"},
		{"no-site-ours", "it is the name of no site, and leads to addresses of ours now, or to several"},
		{"untimed", "the report tells no time"},
		{"no-zone", "the time has no zone"},
		{"backwards", "it ends before it begins"},
		{"ahead", "the time lies ahead"},
		{"both", "{reason1}, and {reason2}"},
		{"contents", "contents are not known here"},
		{"no-content", "no content with this hash is known here"},
		{"content-alone", "it alone holds the content"},
		{"content-asking", "the estate is being asked where this content lies"},
		{"content-one", "it alone is known to hold the content"},
		{"content-unasked", "{number} of the servers could not be asked"},
		{"content-several", "more than one holds the content"},
		{"party-alone", "its party has the address, and no other asset"},
		{"party-several", "parties that have the address have several assets, or none"},
		{"no-party", "no party has the address, and no site its domain"},
		{"text-none", "no resource was found that is certainly complained about"},
		{"text-unsure", "it is not certain which resources are complained about"},
		{"opened", "not all of it could be opened"},
		{"read", "not all of it was read"},
		{"looks", "it looks like {reason1}: {reason2}"},
		{"file-unread", "the file could not be read: {text}"},
		{"file-mails", "of {number1} mails in the file only {number2} were read"},
		{"unreadable", "it could not be read: {text}"},
		{"rows", "{number} rows name nothing that is complained about"},
		{"tlsrpt", "a failure names neither a mail server nor a domain"},
		{"arf-address", "the feedback does not tell which address the mail came from"},
		{"arf-forwarded", "mails that fail authentication are often only forwarded"},
		{"arf-source", "there is no Source-IP; the address is of {text}"},
		{"arf-kind", "the kind of feedback {text} is not known"},
		{"type", "the report's type {text} is not known"},
		{"xarf-none", "the report names nothing that can be looked up"},
		{"xarf-source", "the source {text} is nothing that can be looked up"},
		{"is-automatic", "an automatic answer"},
		{"is-list", "a mail to many"},
		{"is-calendar", "an invitation"},
		{"is-bounce", "a bounce"},
		{"is-receipt", "a receipt"},
		{"is-reply", "a reply"},
		{"feedback", "it is a feedback report (RFC 5965)"},
		{"status", "it is a delivery status (RFC 3464)"},
		{"status-of", "it is a delivery status (RFC 3464): {text}"},
		{"opened-mail", "it tells that a mail was opened (RFC 8098)"},
		{"unreached", "it names receivers who were not reached"},
		{"qmail", "it is written as qmail does"},
		{"undelivered", "a mail server says that a mail was not delivered"},
		{"invites", "it invites ({text})"},
		{"invites-back", "it answers an invitation ({text})"},
		{"submitted", "Auto-Submitted is {text}"},
		{"has-header", "it has {text}"},
		{"precedence", "Precedence is auto_reply"},
		{"away", "its subject is of an automatic answer"},
		{"one-click", "one can unsubscribe from it with one click (RFC 8058)"},
		{"to-list", "it went to a list"},
		{"advertisement", "it is an advertisement"},
		{"answers-ours", "it answers our {text}"},
		{"neither", "nothing speaks for anything else"},
	})
)

// compiled makes patterns of texts. Numbers are digits; other values have a letter at
// least.
func compiled(texts [][2]string) []reason {
	all := make([]reason, len(texts))
	for i, t := range texts {
		r := reason{word: t[0], text: t[1]}
		quoted := regexp.QuoteMeta(t[1])
		for _, m := range valueMark.FindAllStringSubmatch(quoted, -1) {
			r.names = append(r.names, m[1])
		}
		if len(r.names) > 0 {
			quoted = valueMark.ReplaceAllStringFunc(quoted, func(mark string) string {
				if strings.Contains(mark, "number") || strings.Contains(mark, "waiting") {
					return `(\d+)`
				}
				return `(.+?)`
			})
			r.pattern = regex.Of(`(?s)^` + quoted + `$`)
		}
		all[i] = r
	}
	return all
}
