package forward

import (
	"cmp"
	"encoding/base64"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/publicsuffix"

	"candor"
	"candor/internal/intake"
	"candor/internal/regex"
)

// gone stands for what is left out.
const gone = "[removed]"

// hiding leaves out of complaints what tells who reported. One that hides nothing
// is of a reporter who is named.
type hiding struct {
	named bool
	human bool             // a person wrote the report: no words of it are passed on
	words []*regexp.Regexp // what tells who it is, in its spellings
	paths []*regexp.Regexp // those of them that are taken out of paths of URLs too
	keep  map[string]bool  // hosts and mail addresses that are complained about
	nets  []netip.Prefix   // addresses that are
}

func newHiding(o Order) hiding {
	h := hiding{named: o.Named, human: o.Report.Format == "text" || o.Report.Format == "form" || o.Report.Format == "", keep: map[string]bool{}}
	if h.named {
		return h
	}
	for _, c := range o.Complaints {
		r := intake.Resource{Kind: intake.Kind(c.Kind), Value: c.Value}
		switch r.Kind {
		case intake.Mail:
			h.keep[r.Value] = true
		case intake.Network:
			if p, err := netip.ParsePrefix(r.Value); err == nil {
				h.nets = append(h.nets, p)
			}
		default:
			if a, err := netip.ParseAddr(r.Host()); err == nil {
				h.nets = append(h.nets, netip.PrefixFrom(a, a.BitLen()))
			} else if host := r.Host(); host != "" {
				h.keep[host] = true
			}
		}
	}
	own, domains := wordsOf(o)
	h.paths, h.words = spelled(own), spelled(append(own, domains...))
	return h
}

// wordsOf are what tells who reported: addresses, names, references; and the names of
// its domain, which whoever deceives in its name writes into hosts and paths.
func wordsOf(o Order) (words, domains []string) {
	words = append([]string{o.Reporter.Name, o.Reporter.Mail, o.Report.Reporter, o.Report.Reference}, o.Reporter.Words...)
	for _, mail := range []string{o.Reporter.Mail, o.Report.Reporter} {
		local, domain, ok := strings.Cut(strings.ToLower(mail), "@")
		if !ok {
			continue
		}
		domains = append(domains, domain)
		if own, err := publicsuffix.EffectiveTLDPlusOne(domain); err == nil {
			label, _, _ := strings.Cut(own, ".")
			domains = append(domains, own, label)
		}
		if !slices.Contains(common, local) {
			words = append(words, local)
		}
	}
	for _, name := range strings.Fields(o.Reporter.Name) {
		words = append(words, strings.Trim(name, `"'(),.`))
	}
	return words, domains
}

// spelled finds words, the longest first, so that no half stays.
func spelled(words []string) (all []*regexp.Regexp) {
	slices.SortFunc(words, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	for _, w := range slices.Compact(words) {
		if w = strings.TrimSpace(w); len(w) < 3 || slices.Contains(common, strings.ToLower(w)) {
			continue
		}
		for _, s := range spellings(w) {
			all = append(all, regexp.MustCompile(`(?i)`+edge(s[0], `\b`)+regexp.QuoteMeta(s)+edge(s[len(s)-1], `\b`)))
		}
	}
	return all
}

// common are names of mailboxes, and words of organisations, that tell nothing of
// who it is, and that reports are full of.
var common = []string{"abuse", "security", "soc", "cert", "csirt", "noc", "info", "admin", "root", "postmaster", "hostmaster", "webmaster", "noreply", "no-reply", "report", "reports", "reporting", "desk", "mail", "phishing", "spam", "support", "the", "team", "and"}

// edge asks for the edge of a word where there can be one.
func edge(c byte, boundary string) string {
	if c < 0x80 && (c == '_' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z') {
		return boundary
	}
	return ""
}

// spellings of a word as links carry it: as it is, escaped, and in base64.
func spellings(w string) []string {
	all := []string{w}
	if strings.Contains(w, "@") {
		all = append(all, url.QueryEscape(w), strings.ReplaceAll(w, "@", "%2540"), strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(w)), "="), base64.RawURLEncoding.EncodeToString([]byte(w)))
	}
	return all
}

func (h hiding) complaint(c candor.Complaint) candor.Complaint {
	if h.named {
		return c
	}
	if c.Kind == string(intake.URL) { // links to deceive carry the address of whom they were sent to
		c.Value = h.url(c.Value)
	}
	c.Told = ""
	if c.Note = h.text(c.Note); h.human {
		c.Note = ""
	}
	var lines []string
	for line := range strings.Lines(c.Evidence) {
		line = strings.TrimRight(line, "\r\n")
		if clean := h.text(line); !h.human || h.about(line) {
			lines = append(lines, clean)
		}
	}
	c.Evidence = strings.TrimSpace(strings.Join(lines, "\n"))
	return c
}

// about tells whether a line names what is complained about.
func (h hiding) about(line string) bool {
	for host := range h.keep {
		if strings.Contains(strings.ToLower(line), host) {
			return true
		}
	}
	return slices.ContainsFunc(addresses.FindAllString(line, 50), h.blamed)
}

// url takes out of a URL what is known to tell who it is. The host stays as it is: it
// is whom the URL is about. So do the names of the reporter's domain in the path.
func (h hiding) url(text string) string {
	scheme, rest, _ := strings.Cut(text, "://")
	end := cmp.Or(strings.IndexAny(rest, "/?#")+1, len(rest)+1) - 1
	host, rest := rest[:end], rest[end:]
	end = cmp.Or(strings.IndexAny(rest, "?#")+1, len(rest)+1) - 1
	at := strings.LastIndexByte(host, '@') + 1
	return scheme + "://" + without(host[:at], h.words, "removed") + host[at:] + without(rest[:end], h.paths, "removed") + without(rest[end:], h.words, "removed")
}

func without(text string, words []*regexp.Regexp, instead string) string {
	for _, w := range words {
		text = w.ReplaceAllString(text, instead)
	}
	return text
}

var (
	messageIDs = regex.Of(`<[^<>\s@]{1,200}@[^<>\s]{1,200}>`)
	urls       = regex.Of(`(?i)\b[a-z][a-z0-9+.-]{1,15}://[^\s"'<>]+`)
	mails      = regex.Of(`(?i)[a-z0-9._%+=-]{1,64}@(?:[a-z0-9-]+\.)*[a-z0-9-]+`)
	addresses  = regex.Of(`(?i)\b\d{1,3}(?:\.\d{1,3}){3}\b|(?:[0-9a-f]{0,4}:){2,7}(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]{0,4})`)
	hosts      = regex.Of(`(?i)\b(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{1,62}\b`)
	// logged is the host that wrote a line of a log (RFC 3164, 4.1.2; RFC 5424, 6.2.4).
	logged = regex.Of(`(?m)^(\s*(?:<\d{1,3}>\d{0,2} ?)?(?:[A-Z][a-z]{2} +\d{1,2} \d{2}:\d{2}:\d{2}(?:\.\d+)?|\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}\S*) +)([A-Za-z0-9][A-Za-z0-9._-]*)( )`)
	// users are names of accounts, as logs of logins tell them.
	users = regex.Of(`(?i)(\bfor (?:invalid user |illegal user )?|\bruser=|\buser=|\blogin[= ]|\baccount[= ])("[^"]{1,100}"|'[^']{1,100}'|[^\s,;<>\[\]]{1,100})( from |,|;|\s|$)`)
)

// text takes out all that may tell who it is.
func (h hiding) text(s string) string {
	if s == "" {
		return ""
	}
	s = logged.ReplaceAllString(s, "${1}"+gone+"${3}")
	var kept stays // what is complained about: in it no words are looked for
	s = messageIDs.ReplaceAllStringFunc(strings.ReplaceAll(s, "\x00", ""), func(m string) string {
		if h.keep[strings.ToLower(strings.Trim(m, "<>"))] {
			return kept.mark(m)
		}
		return "<" + gone + ">"
	})
	s = urls.ReplaceAllStringFunc(s, func(m string) string { // what looks like a host in their paths is none
		r, err := intake.NewResource(intake.URL, m)
		if err != nil || !h.keep[r.Host()] && !h.blamed(r.Host()) {
			return gone
		}
		return kept.mark(h.url(m))
	})
	s = mails.ReplaceAllStringFunc(s, func(m string) string {
		if h.keep[strings.ToLower(m)] {
			return kept.mark(m)
		}
		return gone
	})
	s = addresses.ReplaceAllStringFunc(s, func(m string) string {
		if _, err := netip.ParseAddr(m); err != nil || h.blamed(m) {
			return m
		}
		return gone
	})
	s = hosts.ReplaceAllStringFunc(s, func(m string) string {
		host := h.within(strings.ToLower(m))
		switch {
		case host != "":
			return m[:len(m)-len(host)] + kept.mark(m[len(m)-len(host):])
		case !isHost(strings.ToLower(m)):
			return m
		}
		return gone
	})
	s = users.ReplaceAllStringFunc(s, h.user)
	return kept.back(without(s, h.words, gone))
}

// stays are parts of a text that stay as they are: marks stand for them meanwhile.
type stays []string

// firstMark is a character that no word has (Unicode's plane for private use).
const firstMark, lastMark = 0x100000, 0x10fffd

func (k *stays) mark(part string) string {
	if len(*k) > lastMark-firstMark {
		return gone
	}
	*k = append(*k, part)
	return "\x00" + string(rune(firstMark+len(*k)-1))
}

var marks = regex.Of("\x00[\U00100000-\U0010fffd]")

func (k stays) back(s string) string {
	return marks.ReplaceAllStringFunc(s, func(m string) string {
		r, _ := utf8.DecodeRuneInString(m[1:])
		return k[r-firstMark]
	})
}

// user takes out the name of an account.
func (h hiding) user(m string) string {
	parts := users.FindStringSubmatch(m)
	if strings.HasPrefix(strings.ToLower(parts[1]), "for ") && parts[3] != " from " || h.blamed(parts[2]) || h.keep[strings.ToLower(parts[2])] {
		return m
	}
	return parts[1] + gone + parts[3]
}

// blamed tells whether an address is complained about.
func (h hiding) blamed(text string) bool {
	a, err := netip.ParseAddr(text)
	return err == nil && slices.ContainsFunc(h.nets, func(p netip.Prefix) bool { return p.Contains(a.Unmap()) })
}

// within gives the host that is complained about and that a host is, or is below;
// empty if there is none.
func (h hiding) within(host string) string {
	for more := true; more; _, host, more = strings.Cut(host, ".") {
		if h.keep[host] {
			return host
		}
	}
	return ""
}

// private are ends of names that no registry gives out.
var private = []string{"local", "lan", "internal", "intranet", "intra", "corp", "home", "localdomain", "arpa", "example", "test", "invalid", "onion"}

// isHost tells names of hosts from those of files.
func isHost(name string) bool {
	suffix, icann := publicsuffix.PublicSuffix(name)
	return icann || slices.Contains(private, suffix[strings.LastIndexByte(suffix, '.')+1:])
}
