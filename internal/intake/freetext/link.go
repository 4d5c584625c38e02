package freetext

import (
	"net/netip"
	"net/url"
	"slices"
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
				case cut > 8 && (cut > from || digit(s[cut-1])):
					return s[:cut]
				}
				break
			}
		}
		at = next + 3
	}
	return s
}

// stuck is an URL of a page behind which the next word stands without a space.
var stuck = regex.Of(`^([^?#]*/[^/?#]*\.(?:php|html?|aspx?|jsp))[a-z]{3,}$`)

// unstuck is an URL without such a word.
func unstuck(s string) string {
	if f := stuck.FindStringSubmatch(s); f != nil {
		return f[1]
	}
	return s
}

// celled is an URL from some byte to another, without the cells behind its own in a row
// of which the cells are parted by commas or the like.
func celled(row string, from, to int) string {
	if from > 0 && strings.IndexByte(",;|", row[from-1]) >= 0 {
		if end := strings.IndexByte(row[from:to], row[from-1]); end >= 0 {
			return row[from : from+end]
		}
	}
	return row[from:to]
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

// continued is the rest of an URL that was wrapped at the end of its line.
func (d *document) continued(i, length int) (rest string) {
	for range mostWraps {
		more := d.carried(i, length)
		if more == "" {
			break
		}
		rest += more
		i++
		d.lines[i].carried = true
		if length = len(more); length < 60 {
			break
		}
	}
	return rest
}

// mostWraps is over how many lines an URL goes on.
const mostWraps = 4

// carried is what of the next line goes on an URL that ends a line of some length.
func (d *document) carried(i, length int) string {
	if length < 30 || i+1 >= len(d.lines) {
		return ""
	}
	l, next := &d.lines[i], &d.lines[i+1]
	rest := next.text
	open := strings.ContainsRune("=/&?-_%", rune(l.text[len(l.text)-1])) && length >= 45
	if length < 60 && !open {
		return ""
	}
	if last := l.text[len(l.text)-1]; last == '/' && length < 66 || rest != "" && strings.IndexByte("+-=*#|[(", rest[0]) >= 0 {
		return ""
	}
	if word := strings.TrimRight(rest, ".,;:!?"); !open && strings.Trim(word, letters) == "" && (paged.MatchString(tail(l.text, 12)) || word != rest) {
		return "" // the next word of the sentence
	}
	if whole(rest) {
		return "" // the address of its host, or what else is named next
	}
	if next.of != l.of || next.depth != l.depth || rest == "" || strings.ContainsAny(rest, " \t<>\"") || !open && !strings.ContainsAny(rest, "/=&%?.-_") && (length < 70 || len(rest) > 30) || strings.Contains(rest, "://") || len(rest) > 400 {
		return ""
	}
	return rest
}

// letters are those of words that are no part of an URL.
const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

// paged is how an URL of a page ends.
var paged = regex.Of(`\.(?:php|html?|aspx?|jsp)$`)

// whole tells whether a text is an address, or a name with an end that names
// have.
func whole(s string) bool {
	c := refang(strings.Trim(s, "[]()")).text
	if _, err := netip.ParseAddr(c); err == nil {
		return true
	}
	host, port, _ := strings.Cut(c, ":")
	if strings.Trim(port, "0123456789") != "" || strings.ContainsAny(host, "/=&%?") {
		return false
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	top := host[strings.LastIndexByte(host, '.')+1:]
	_, ok := domainName(host, false)
	return ok && !slices.Contains(pages, strings.ToLower(top))
}
