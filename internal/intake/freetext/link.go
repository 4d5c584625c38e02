package freetext

import (
	"net/url"
	"strings"

	"candor/internal/regex"
)

// What mail gateways, programs and lines make of URLs is undone.

// unglued is an URL without another that stands right behind it, as where cells of a
// table lost what parted them.
func unglued(s string) string {
	for at := 8; at < len(s); {
		next := strings.Index(s[at:], "://")
		if next < 0 {
			return s
		}
		next += at
		from := next
		for from > at && letter(s[from-1]) {
			from--
		}
		for _, scheme := range []string{"https", "http", "ftp"} {
			if cut := next - len(scheme); cut >= from && strings.EqualFold(s[cut:next], scheme) {
				switch {
				case cut > 8 && strings.IndexByte(",;|", s[cut-1]) >= 0:
					return s[:cut-1]
				case cut > from && cut > 8:
					return s[:cut]
				}
				break
			}
		}
		at = next + 3
	}
	return s
}

// safe are URLs that mail gateways put in place of others, which they hold.
var safe = regex.Of(`^(?i)https?://(?:urldefense\.com/v3/__(https?:/{1,2}[^*]+?)__;|urldefense\.proofpoint\.com/v[12]/url\?u=([^&]+)|[a-z0-9.-]*\.safelinks\.protection\.outlook\.com/\?url=([^&]+))`)

// unwrapped is the URL that a mail gateway replaced; one that none did as it is, but
// with ampersands as they are meant.
func unwrapped(s string) string {
	s = strings.ReplaceAll(s, "&amp;", "&")
	if !strings.Contains(s, "urldefense") && !strings.Contains(s, "safelinks") {
		return s
	}
	f := safe.FindStringSubmatch(s)
	if f == nil {
		return s
	}
	text := f[1]
	switch {
	case f[2] != "":
		text = strings.NewReplacer("-", "%", "_", "/").Replace(f[2])
	case f[3] != "":
		text = f[3]
	default:
		if scheme, rest, ok := strings.Cut(text, ":/"); ok {
			return scheme + "://" + strings.TrimLeft(rest, "/")
		}
	}
	if plain, err := url.QueryUnescape(text); err == nil && strings.Contains(plain, "://") {
		return plain
	}
	return s
}

// torn is the text of a line, with the first word of the next one where it ends in a
// defanged dot, and whether it does.
func (d *document) torn(i int) (text string, torn bool) {
	l := &d.lines[i]
	if !strings.HasSuffix(l.text, "]") && !strings.HasSuffix(l.text, ")") || !tornAt.MatchString(tail(l.text, 12)) || i+1 >= len(d.lines) {
		return l.text, false
	}
	next := &d.lines[i+1]
	word, _, _ := strings.Cut(next.text, " ")
	if next.of != l.of || word == "" || !part(word[0]) {
		return l.text, false
	}
	return l.text + " " + word, true
}

// tornAt is a defanged dot at the end of a line.
var tornAt = regex.Of(`(?i)[a-z0-9-]\s?[\[(]\s?(?:\.|dot)\s?[\])]$`)
