package freetext

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"candor/internal/intake"
	"candor/internal/regex"
)

// mention is one place where a value is named.
type mention struct {
	kind       intake.Kind
	value      string
	port       uint16
	line       int // index of the line
	start, end int // in the line's text
	defanged   bool
	within     bool // it stands within an URL that is another mention
	host       bool // it is the host of an URL or the domain of a mail address
	run        int  // number of the enumeration that it is of, from 1 on; 0 for none
	sided      bool // it stands in a table of flows, whose columns are lists of their own
	listed     int  // number of the list that it is of, from 1 on; 0 for none
}

var (
	urls   = regex.Of(`(?i)\b(?:https?|ftp)://[^\s<>"'` + "`" + `|\\^{}\x{3001}\x{3002}\x{ff0c}\x{ff1b}\x{300d}\x{ff09}]+`)
	mails  = regex.Of(`(?i)[a-z0-9][a-z0-9._%+=~-]{0,63}@(?:[a-z0-9_](?:[a-z0-9_-]{0,62})?\.)+[a-z][a-z0-9-]{1,30}`)
	names  = regex.Of(`(?i)(?:[\p{L}\p{N}_](?:[\p{L}\p{N}_-]{0,62})?\.)+(?:[\p{L}]{2,24}|xn--[a-z0-9-]{2,40})(?::\d{1,5})?(?:/[^\s<>"'` + "`" + `|\\^{}]*)?`)
	v4s    = regex.Of(`\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}`)
	v6s    = regex.Of(`(?:[0-9A-Fa-f]{0,4}:){2,7}(?:[0-9A-Fa-f]{1,4}|(?:\d{1,3}\.){3}\d{1,3}|:)?`)
	hashes = regex.Of(`\b(?:[0-9a-fA-F]{128}|[0-9a-fA-F]{64}|[0-9a-fA-F]{40}|[0-9a-fA-F]{32})\b`)
	portAt = regex.Of(`^\]?(?::|#|/|\s?\(?(?i:(?:tcp|udp)?[ :/]?(?:source |src |quell|remote )?-?ports?)[ :=#]{1,3}|\.)(\d{1,5})(?:[^\d.:]|[.:]\D|[.:]?$)`)
	mask   = regex.Of(`^/(\d{1,3})(?:[^\d./]|\.\D|\.?$)`)
	schema = regex.Of(`(?i)(?:xmlns(?::\w+)?\s*=\s*["']?|schemalocation\s*=\s*["'][^"'<>]*|schema-url:\s*|<!doctype[^>]*|<(?:img|link)\b[^>]*\b(?:src|href)\s*=\s*["']?)$`)
	// labelled is a name that says that an address follows: "ip-192.0.2.0/28".
	labelled = regex.Of(`(?i)(?:^|[^a-z0-9])ip-$`)
	version  = regex.Of(`(?i)\b(?:(?:v|ver\.?|version|versión|versão|versione|versie|wersja|версия|sürüm|release|firmware|build|engine|rev\.?|agent|chrome|firefox|safari|edge|opera|crios|gecko|trident|mozilla|oid|[a-zµ]*torrent|vuze|azureus|transmission|deluge)[ :/=_-]{0,2}|[a-z]{2,20}/)$`)
)

// upToVersion is what stands before the last of the versions that something is so of.
var upToVersion = regex.Of(`(?i)(?:^|[^\d\s])\s*(?:\b(?:up to|prior to|older than|lower than|earlier than|before|bis|hasta|fino a|iki|tot)|до|até|jusqu'à)\s$`)

// scan finds all mentions.
func (d *document) scan() {
	for i := range d.lines {
		if len(d.mentions) >= maxMentions {
			return
		}
		d.scanLine(i)
	}
	d.lists()
}

func (d *document) scanLine(i int) {
	l := &d.lines[i]
	if len(l.text) < 4 {
		return
	}
	text, torn := d.torn(i)
	c := refang(text)
	s := found{d: d, i: i, clean: c, torn: torn}
	if strings.Contains(c.text, "://") {
		s.urls()
	}
	if strings.Contains(c.text, "@") {
		s.mails()
	}
	if dots := strings.Count(c.text, "."); dots > 0 {
		if dots > 2 {
			s.v4()
		}
		s.domains()
	}
	if strings.Count(c.text, ":") > 1 {
		s.v6()
	}
	if len(c.text) >= 32 {
		s.hashes()
	}
	slices.SortStableFunc(l.names, func(a, b *mention) int { return a.start - b.start })
	d.spans(l)
	d.run(l)
	d.mentions = append(d.mentions, l.names...)
}

// found is the work on one line.
type found struct {
	d *document
	i int
	clean
	taken [][2]int // of URLs and mail addresses, in clean.text
	torn  bool     // the first word of the next line is at its end
}

func (s *found) add(m mention, from, to int) {
	l := &s.d.lines[s.i]
	m.line, m.start, m.end = s.i, s.before(from), s.before(to)
	for _, at := range s.spots {
		m.defanged = m.defanged || from <= at && at < to
	}
	l.names = append(l.names, &m)
}

func (s *found) inside(from int) bool {
	return slices.ContainsFunc(s.taken, func(t [2]int) bool { return t[0] <= from && from < t[1] })
}

func (s *found) urls() {
	for n, at := 0, 0; n < 200; n++ {
		f := urls.FindStringIndex(s.text[at:])
		if f == nil {
			return
		}
		f[0], f[1] = at+f[0], at+f[1]
		at = f[1]
		if schema.MatchString(tail(s.text[:f[0]], 120)) {
			s.taken = append(s.taken, f2(f))
			continue
		}
		text := unstuck(trimURL(unglued(celled(s.text, f[0], f[1]))))
		end := f[0] + len(text)
		if rest := s.text[end:at]; strings.Contains(rest, "://") {
			at = end // another is in what was cut
		}
		whole := text
		if f[1] == len(s.text) && end == f[1] && !s.torn {
			whole += s.d.continued(s.i, len(s.text))
		}
		plain := unwrapped(whole)
		value, host, ok := canonicalURL(plain)
		if !ok {
			continue
		}
		if ip, ok := linkedAddress(value, host); ok && (plain != whole || strings.Contains(tail(s.text[:f[0]], len(ip)+3), ip)) {
			s.taken = append(s.taken, [2]int{f[0], end})
			s.add(mention{kind: intake.Address, value: ip}, f[0], end)
			continue
		}
		s.taken = append(s.taken, [2]int{f[0], end})
		s.add(mention{kind: intake.URL, value: value}, f[0], end)
		s.hostOf(host, f[0], end)
	}
}

// linkedAddress is the address of a URL that is nothing but one: programs make links of
// addresses, and gateways rewrite those.
func linkedAddress(value, host string) (string, bool) {
	a, err := netip.ParseAddr(host)
	if err != nil {
		return "", false
	}
	_, rest, _ := strings.Cut(value, "://")
	return a.Unmap().String(), a.Is4() && strings.TrimSuffix(rest, "/") == host
}

// hostOf notes the host of an URL as something named within it.
func (s *found) hostOf(host string, from, to int) {
	if a, err := netip.ParseAddr(host); err == nil {
		s.add(mention{kind: intake.Address, value: a.Unmap().String(), within: true, host: true}, from, to)
		return
	}
	if value, ok := domainName(host, true); ok {
		s.add(mention{kind: intake.Domain, value: value, within: true, host: true}, from, to)
	}
}

// pages are ends of names of files that URLs end with.
var pages = []string{"php", "htm", "html", "asp", "aspx", "jsp", "js", "zip", "sh", "py", "pl", "cc", "cgi", "do", "app", "mov", "ps", "gz", "link", "page", "download", "click"}

// trimURL cuts what belongs to the sentence and not to the URL.
func trimURL(s string) string {
	if at := strings.Index(s, "]("); at > 0 {
		s = s[:at] // of Markdown
	}
	for s != "" {
		last := s[len(s)-1]
		switch {
		case strings.HasSuffix(s, "…"):
			s = strings.TrimSuffix(s, "…")
			continue
		case strings.IndexByte(".,;:!?*_~", last) >= 0:
		case last == ')' && strings.Count(s, "(") < strings.Count(s, ")"):
		case last == ']' && strings.Count(s, "[") < strings.Count(s, "]"):
		default:
			return s
		}
		s = s[:len(s)-1]
	}
	return s
}

// canonicalURL is the URL with scheme and host in lower case, and its host.
func canonicalURL(s string) (value, host string, ok bool) {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" {
		// Broken escapes and the like: what matters is the host.
		scheme, rest, found := strings.Cut(s, "://")
		if !found {
			return "", "", false
		}
		at := strings.IndexAny(rest, "/?#")
		if at < 0 {
			at = len(rest)
		}
		host = strings.ToLower(rest[:at])
		if _, ok := hostName(host); !ok {
			return "", "", false
		}
		return strings.ToLower(scheme) + "://" + host + rest[at:], host, true
	}
	host, ok = hostName(u.Hostname())
	if !ok {
		return "", "", false
	}
	_, rest, _ := strings.Cut(s, "://")
	at := strings.IndexAny(rest, "/?#")
	if at < 0 {
		at = len(rest)
	}
	authority := rest[:at]
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		authority = authority[:i+1] + strings.ToLower(authority[i+1:])
	} else {
		authority = strings.ToLower(authority)
	}
	return strings.ToLower(u.Scheme) + "://" + strings.TrimSuffix(authority, ".") + rest[at:], host, true
}

func hostName(h string) (string, bool) {
	h = strings.ToLower(strings.TrimSuffix(h, "."))
	if a, err := netip.ParseAddr(strings.Trim(h, "[]")); err == nil {
		return a.Unmap().String(), true
	}
	h, _, _ = strings.Cut(h, ":")
	return h, strings.Contains(h, ".") && !strings.ContainsAny(h, " ,;()")
}

func (s *found) mails() {
	for _, f := range mails.FindAllStringIndex(s.text, 200) {
		if s.inside(f[0]) {
			continue
		}
		value := strings.ToLower(s.text[f[0]:f[1]])
		_, domain, _ := strings.Cut(value, "@")
		if name, ok := domainName(domain, true); ok {
			s.taken = append(s.taken, f2(f))
			s.add(mention{kind: intake.Mail, value: value}, f[0], f[1])
			s.add(mention{kind: intake.Domain, value: name, within: true, host: true}, f[0], f[1])
		}
	}
}

func f2(f []int) [2]int { return [2]int{f[0], f[1]} }

func (s *found) v4() {
	for at := 0; ; {
		f := v4s.FindStringIndex(s.text[at:])
		if f == nil {
			return
		}
		from, to := at+f[0], at+f[1]
		at = to
		if from > 0 && (digit(s.text[from-1]) || s.text[from-1] == '.' && from > 1 && digit(s.text[from-2])) {
			continue
		}
		a, err := netip.ParseAddr(noZeros(s.text[from:to]))
		if err != nil {
			continue
		}
		s.address(a, from, to)
	}
}

// noZeros drops the leading zeros that some logs pad numbers with.
func noZeros(s string) string {
	parts := strings.Split(s, ".")
	for i, p := range parts {
		if t := strings.TrimLeft(p, "0"); t != p {
			parts[i] = t
			if t == "" {
				parts[i] = "0"
			}
		}
	}
	return strings.Join(parts, ".")
}

func digit(c byte) bool { return '0' <= c && c <= '9' }

// address adds an address, with its port or as a network, unless it is part of
// a name, a version or an object identifier.
func (s *found) address(a netip.Addr, from, to int) {
	left, right := s.text[:from], s.text[to:]
	if a.Is4() {
		if left != "" {
			c := left[len(left)-1]
			if part(c) && c < 0x80 && !labelled.MatchString(left[max(0, len(left)-4):]) && !(c == '_' || c == '-' && (len(left) < 2 || !part(left[len(left)-2]) || digit(left[len(left)-2]))) || version.MatchString(left[max(0, len(left)-40):]) || lowNumbers(a.String()) && upToVersion.MatchString(left[max(0, len(left)-24):]) {
				return
			}
		}
		if right != "" && (part(right[0]) && right[0] < 0x80 && right[0] != '-' && right[0] != '_' || right[0] == '-' && len(right) > 1 && !digit(right[1]) && right[1] != '>' && right[1] != ' ' && right[1] != '-') {
			return
		}
		if rest := strings.TrimPrefix(right, "."); rest != right && rest != "" && letter(rest[0]) {
			return // 7.2.0.192.in-addr.arpa
		}
	}
	a = a.Unmap()
	m := mention{kind: intake.Address, value: a.String(), within: s.inside(from)}
	if n := mask.FindStringSubmatch(right); n != nil && !m.within {
		if bits := number(n[1]); bits <= a.BitLen() && bits > 0 {
			if p := netip.PrefixFrom(a, bits); bits < a.BitLen() {
				m.kind, m.value = intake.Network, p.Masked().String()
			}
			s.add(m, from, to+1+len(n[1]))
			return
		}
	}
	if n := portAt.FindStringSubmatch(right); n != nil && !m.within {
		if p := number(n[1]); p > 0 && p < 65536 && !(strings.HasPrefix(right, ".") && a.Is4() && p < 256 && strings.Count(right, ".") > 1) {
			m.port = uint16(p)
		}
	}
	s.add(m, from, to)
}

func letter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

func number(s string) (n int) {
	for _, c := range s {
		n = n*10 + int(c-'0')
	}
	return n
}

func (s *found) v6() {
	for at := 0; ; {
		f := v6s.FindStringIndex(s.text[at:])
		if f == nil {
			return
		}
		from, to := at+f[0], at+f[1]
		at = to
		if from > 0 && (part(s.text[from-1]) || s.text[from-1] == ':' || s.text[from-1] == '.') || to < len(s.text) && part(s.text[to]) && s.text[to] < 0x80 || to-from < 4 {
			continue
		}
		if hardware(s.text[from:to]) {
			continue
		}
		a, err := netip.ParseAddr(s.text[from:to])
		if err != nil { // "2001:db8::1:" at the end of a phrase
			if a, err = netip.ParseAddr(strings.TrimSuffix(s.text[from:to], ":")); err != nil {
				continue
			}
			to--
		}
		s.address(a, from, to)
	}
}

// hardware tells whether it is rather an address of Ethernet, or two and a type,
// as firewalls log them.
func hardware(s string) bool {
	groups := strings.Split(s, ":")
	for _, g := range groups {
		if len(g) != 2 {
			return false
		}
	}
	return len(groups) >= 6
}

func (s *found) hashes() {
	for _, f := range hashes.FindAllStringIndex(s.text, 50) {
		text := strings.ToLower(s.text[f[0]:f[1]])
		if s.inside(f[0]) || strings.Trim(text, "0123456789") == "" || strings.Trim(text, text[:1]) == "" {
			continue
		}
		s.add(mention{kind: intake.Hash, value: text}, f[0], f[1])
	}
}

func (s *found) domains() {
	for _, f := range names.FindAllStringIndex(s.text, 300) {
		if s.inside(f[0]) || f[0] > 0 && (s.text[f[0]-1] == '@' || s.text[f[0]-1] == '/' || s.text[f[0]-1] == '.') {
			continue
		}
		text := trimURL(s.text[f[0]:f[1]])
		at := strings.IndexAny(text, ":/")
		if at < 0 {
			at = len(text)
		}
		end := f[0] + len(text)
		sure := strings.HasPrefix(strings.ToLower(text), "www.") || slices.ContainsFunc(s.spots, func(p int) bool { return f[0] <= p && p < end })
		value, ok := domainName(text[:at], sure)
		if !ok {
			continue
		}
		if at < len(text) && strings.IndexByte(text, '/') >= 0 && len(text) > at+1 {
			if u, host, ok := canonicalURL("http://" + text); ok {
				s.taken = append(s.taken, [2]int{f[0], end})
				s.add(mention{kind: intake.URL, value: u}, f[0], end)
				s.hostOf(host, f[0], end)
			}
			continue
		}
		s.add(mention{kind: intake.Domain, value: value}, f[0], f[0]+at)
	}
}
