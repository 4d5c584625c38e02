package console

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"candor"
	"candor/internal/phrase"
	"candor/internal/respond"
	"candor/internal/web"
)

// taxonomy are the classes that lists offer: those that something here assigns
// by itself or that a playbook is for.
var taxonomy = []candor.Class{
	candor.InfectedSystem, candor.MalwareDistribution, "malicious-code/c2-server", candor.ApplicationCompromise, "intrusions/system-compromise",
	"intrusions/privileged-account-compromise", "intrusions/unprivileged-account-compromise", candor.Exploit, "intrusion-attempts/brute-force",
	candor.Phishing, candor.UnauthorisedUse, "fraud/copyright", "fraud/masquerade", candor.Spam, "abusive-content/harmful-speech", "abusive-content/violence",
	"information-gathering/scanner", "availability/dos", "availability/ddos", "information-content-security/data-leak", candor.VulnerableSystem,
	"vulnerable/ddos-amplifier", "vulnerable/information-disclosure", candor.Undetermined, candor.Test,
}

func className(p phrase.Printer, c candor.Class) string { return p.Word("class.", string(c)) }

func methodName(p phrase.Printer, method string) string { return p.Word("console.method.", method) }

// ruleName is what a deadline asks for.
func ruleName(p phrase.Printer, rule string) string {
	if strings.HasPrefix(rule, "customer-") {
		return p.T("console.rule.customer")
	}
	return p.Word("console.rule.", rule)
}

// toAuthority tells whether a deadline is one of a report that somebody submits.
func toAuthority(rule string) bool {
	return strings.HasPrefix(rule, "nis2-") || strings.HasPrefix(rule, "gdpr-")
}

// taskText is a task of a playbook in the reader's language, or as written.
func taskText(p phrase.Printer, key, text string) string {
	if key != "" && p.Has("playbook.task."+key) {
		return p.T("playbook.task." + key)
	}
	return text
}

// sureness says in a word how sure a finding is.
func sureness(p phrase.Printer, c candor.Confidence) string {
	switch {
	case c >= 90:
		return p.T("console.sure.very")
	case c >= 70:
		return p.T("console.sure.likely")
	case c >= 50:
		return p.T("console.sure.possible")
	}
	return p.T("console.sure.hardly")
}

// line is a sentence of a plan in the reader's language.
func line(p phrase.Printer, l respond.Line) string {
	if l.Key == "" || !p.Has(l.Key) {
		return l.Text
	}
	args := phrase.Args{}
	for name, value := range l.Values {
		args[name] = value
	}
	return p.T(l.Key, args)
}

func lines(p phrase.Printer, all []respond.Line) []string {
	out := make([]string, len(all))
	for i, l := range all {
		out[i] = line(p, l)
	}
	return out
}

// basis says on what a response rests.
func basis(p phrase.Printer, zone *time.Location, b candor.Basis) string {
	args := phrase.Args{"terms": b.Terms, "version": b.Version, "date": p.Date(b.Accepted, zone)}
	switch b.Kind {
	case candor.ByAgreement:
		return p.T("console.basis.agreement", args)
	case candor.ByConsent:
		return p.T("console.basis.consent", args)
	case candor.ByLaw:
		text := p.T("console.basis.law", args)
		if b.Clause != "" {
			text += ", " + b.Clause
		}
		return text
	}
	return p.T("console.basis.none")
}

// gap says why nothing that a party agreed to allows a method, and what to do.
func gap(r *web.Request, n *candor.NoBasis) string {
	return r.Printer.T("console.gap."+string(n.Why), phrase.Args{"method": methodName(r.Printer, n.Action), "terms": n.Terms, "version": n.Version, "clause": n.Clause,
		"time": r.Printer.Time(n.At, r.Zone)})
}

// why says what kept a step from being taken: why there is no basis; else what
// the error advises, or what kind of error it is where that is not to be had in
// the reader's language.
func why(r *web.Request, err error) string {
	if n := (*candor.NoBasis)(nil); errors.As(err, &n) {
		return gap(r, n)
	}
	if hint, known := r.Printer.Hint(candor.Hint(err)); known {
		return hint
	}
	switch {
	case errors.Is(err, candor.ErrChanged), errors.Is(err, candor.ErrExists):
		return r.T("console.why.changed")
	case errors.Is(err, candor.ErrInvalid):
		return r.T("console.why.invalid")
	case errors.Is(err, candor.ErrDenied):
		return r.T("console.why.denied")
	case errors.Is(err, candor.ErrNotFound):
		return r.T("console.why.missing")
	}
	return r.T("console.why.other")
}

// readers tells whether an error is for whoever sent the form, and not one of
// ours.
func readers(err error) bool {
	return errors.Is(err, candor.ErrChanged) || errors.Is(err, candor.ErrExists) || errors.Is(err, candor.ErrInvalid) || errors.Is(err, candor.ErrDenied)
}

// printable writes bytes of a file as text that can be looked at: what does
// not show, or would change how its surroundings show, is written as \x00.
func printable(data []byte) string {
	var b strings.Builder
	for len(data) > 0 {
		c, n := utf8.DecodeRune(data)
		switch {
		case c == utf8.RuneError && n <= 1, !unicode.IsPrint(c):
			for _, x := range data[:max(n, 1)] {
				fmt.Fprintf(&b, `\x%02x`, x)
			}
		default:
			b.WriteRune(c)
		}
		data = data[max(n, 1):]
	}
	return b.String()
}

// paragraphs splits what a person wrote into its lines.
func paragraphs(text string) []string {
	return strings.FieldsFunc(text, func(c rune) bool { return c == '\n' || c == '\r' })
}

func isMissing(err error) bool { return errors.Is(err, candor.ErrNotFound) }
