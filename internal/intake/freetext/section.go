package freetext

import (
	"net/mail"
	"strings"

	"candor/internal/intake/message"
	"candor/internal/regex"
)

func addressesOf(m *message.Message, names ...string) (all []*mail.Address) {
	for _, n := range names {
		if v := strings.Trim(m.Get(n), "<> "); strings.Count(v, "@") == 1 {
			all = append(all, &mail.Address{Address: v})
		}
	}
	return all
}

var (
	headerName   = regex.Of(`^(?i:received|return-path|delivered-to|envelope-to|message-id|mime-version|content-type|content-transfer-encoding|dkim-signature|domainkey-signature|authentication-results|arc-[a-z-]+|received-spf|x-[a-z0-9-]+|list-[a-z-]+|reply-to|sender|precedence|user-agent|importance|feedback-id|references|in-reply-to|thread-(?:topic|index)|from|to|cc|bcc|date|subject):(?:\s|$)`)
	strongHeader = regex.Of(`^(?i:received|return-path|delivered-to|envelope-to|message-id|mime-version|content-transfer-encoding|dkim-signature|authentication-results|arc-[a-z-]+|received-spf|x-[a-z0-9-]+):\s`)
	registryKey  = regex.Of(`^(?i:%?\s*(?:inetnum|inet6num|netname|netrange|cidr|nethandle|nettype|orgname|orgid|org-name|organi[sz]ation|descr|country|admin-c|tech-c|abuse-c|abuse-mailbox|orgabuse[a-z]*|orgtech[a-z]*|mnt-[a-z]+|status|source|route6?|origin(?:as)?|parent|nserver|nic-hdl|registrar(?: [a-z ]+)?|registry [a-z ]+|name server|dnssec|creation date|created|last-modified|changed|person|role|phone|remarks|address|regdate|updated|ref|postalcode|stateprov|city)):\s`)
	hop          = regex.Of(`^\s*\d{1,2}[.:]?\s+.*(?:\d\s*ms\b|\* \*)`)
	forwarded    = regex.Of(`(?i)^\W*(?:original message|original-nachricht|ursprüngliche nachricht|weitergeleitete nachricht|begin forwarded message|forwarded message|message transféré|message d'origine|mensaje reenviado|mensaje original|mensagem original|mensagem encaminhada|messaggio originale|messaggio inoltrato|doorgestuurd bericht|oorspronkelijk bericht|пересылаемое сообщение|исходное сообщение|wiadomość oryginalna|przekazana wiadomość|özgün ileti|转发邮件|原始邮件|转发的邮件|邮件原件|الرسالة الأصلية|転送メッセージ|元のメッセージ)\b?`)
	wrote        = regex.Of(`(?i)\b(?:wrote|schrieb|a écrit|escribió|escreveu|ha scritto|schreef|писал\(?а?\)?|napisał\(?a?\)?|yazdı|写道|のメッセージ)\s*:?\s*$`)
	ending       = regex.Of(`(?i)^\W*(?:(?:best|kind|warm|many)? ?regards|sincerely(?: yours)?|yours (?:truly|sincerely|faithfully)|cheers|thank you(?: very much| in advance| for your (?:cooperation|help|attention|time))?|thanks(?: in advance)?|mit freundlichen grüßen|mfg|freundliche grüße|viele grüße|cordialement|salutations|bien cordialement|saludos(?: cordiales)?|atentamente|atenciosamente|cordiali saluti|distinti saluti|met vriendelijke groet(?:en)?|с уважением|z poważaniem|pozdrawiam|saygılarımla|此致|敬礼|谢谢|よろしくお願い.*|مع (?:أطيب )?التحيات?)\W*$`)
	stamp        = regex.Of(`\d{1,2}:\d{2}:\d{2}|\b1[5-9]\d{8}\b|\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}`)
	pair         = regex.Of(`(?:^|[\s,;])[A-Za-z_.-]{2,20}=\S`)
	access       = regex.Of(`^\S+ \S+ \S+ \[[^\]]+\] "|"(?:GET|POST|HEAD|PUT|OPTIONS|CONNECT|PROPFIND) `)
)

// sections tells what kind of section each line is of.
func (d *document) sections() {
	forward, quiet, closed, text := 0, false, false, -1
	for i := range d.lines {
		l := &d.lines[i]
		if l.of != text {
			forward, quiet, closed, text = 0, false, false, l.of
		}
		l.log = isLog(l.text)
		if l.zone == outer || l.zone == subject {
			continue
		}
		trimmed := strings.TrimSpace(l.text)
		if strings.HasPrefix(trimmed, "#Fields:") {
			d.fields = append(d.fields, i)
		}
		switch {
		case l.text == "--" || strings.HasPrefix(l.text, "-- ") && len(l.text) < 4:
			quiet = true
		case len(trimmed) < 80 && len(trimmed) > 7 && forwarded.MatchString(trimmed):
			forward, quiet, closed = forward+1, false, false
		case len(trimmed) < 200 && len(trimmed) > 7 && wrote.MatchString(tail(trimmed, 40)):
			quiet, closed = false, false
		case len(trimmed) < 60 && trimmed != "" && ending.MatchString(trimmed):
			closed = true
		case closed && (l.log || len(trimmed) > 160 || len(trimmed) > 20 && underline(trimmed)):
			closed = false // it goes on behind who signed: with what is passed on
		}
		if l.depth == 0 || forward > 0 {
			l.depth += forward
		}
		l.closed = closed
		if quiet && (l.zone == body || l.zone == nested) && !l.log {
			l.zone = signature
		}
	}
	d.blocks(isRegistry, registry, 3, 2)
	d.numbered()
	d.blocks(func(s string) bool {
		return (strings.Contains(s, "ms") || strings.Contains(s, "* *")) && hop.MatchString(s)
	}, route, 3, 1)
	d.headers()
	d.belowHeader()
}

// numberedHop is a line of a traceroute that tells no times.
var numberedHop = regex.Of(`^\s*(\d{1,2})\s+(?:[\w.-]+\s+)?[(\[]?\d{1,3}(?:\.\d{1,3}){3}[)\]]?\s*$|^\s*(\d{1,2})\s*(?:\*[* ]*)?$`)

// numbered marks traceroutes that tell no times: numbered hosts, below a line that says
// what they are.
func (d *document) numbered() {
	for i := range d.lines {
		l := &d.lines[i]
		if l.zone != body && l.zone != attached || len(l.text) > 200 || !strings.Contains(l.text, "racer") && !strings.Contains(l.text, "RACER") {
			continue
		}
		hops, last := 0, i
		for j := i + 1; j < len(d.lines) && j-last < 3 && d.lines[j].of == l.of; j++ {
			if numberedHop.MatchString(d.lines[j].text) {
				hops, last = hops+1, j
			}
		}
		for j := i + 1; hops >= 3 && j <= last; j++ {
			d.lines[j].zone = route
		}
	}
}

func isLog(s string) bool {
	if len(s) < 12 {
		return false
	}
	if strings.IndexByte(s, '"') >= 0 && access.MatchString(s) {
		return true
	}
	if strings.Count(s, "=") >= 3 && len(pair.FindAllStringIndex(s, 4)) >= 3 {
		return true
	}
	return strings.ContainsAny(s, "0123456789") && looksLikeHost(s) && stamp.MatchString(s)
}

var someAddress = regex.Of(`\d{1,3}(?:\.|\[\.\])\d{1,3}(?:\.|\[\.\])\d{1,3}(?:\.|\[\.\])\d{1,3}|[0-9a-fA-F]{1,4}:[0-9a-fA-F:]*:[0-9a-fA-F]{1,4}`)

func looksLikeHost(s string) bool {
	return (strings.Count(s, ".") >= 3 || strings.Count(s, ":") >= 2) && someAddress.MatchString(s)
}

func isRegistry(s string) bool { return strings.IndexByte(s, ':') > 0 && registryKey.MatchString(s) }

// blocks marks runs of lines of which at least so many are of a kind, with no
// more than so many others between them.
func (d *document) blocks(is func(string) bool, mark zone, least, gap int) {
	for i := 0; i < len(d.lines); i++ {
		if !is(d.lines[i].text) || d.lines[i].zone == outer || d.lines[i].zone == subject {
			continue
		}
		last, hits := i, 1
		for j := i + 1; j < len(d.lines) && j-last <= gap+1 && d.lines[j].of == d.lines[i].of; j++ {
			if is(d.lines[j].text) {
				last, hits = j, hits+1
			}
		}
		if hits >= least {
			if i > 0 && mark == route && strings.Contains(strings.ToLower(d.lines[i-1].text), "tracer") && d.lines[i-1].zone != subject {
				d.lines[i-1].zone = mark
			}
			for j := i; j <= last; j++ {
				d.lines[j].zone = mark
			}
		}
		i = last
	}
}

// headers marks headers of mails within texts.
func (d *document) headers() {
	for i := 0; i < len(d.lines); i++ {
		if z := d.lines[i].zone; z == outer || z == subject || z == registry || !isHeader(d.lines[i].text) {
			continue
		}
		end, fields, strong := i, 0, 0
		for ; end < len(d.lines) && d.lines[end].of == d.lines[i].of; end++ {
			text := d.lines[end].text
			switch {
			case isHeader(text):
				fields++
				if strongHeader.MatchString(text) {
					strong++
				}
			case text != "" && (text[0] == ' ' || text[0] == '\t') && fields > 0:
			case d.bends(end, strong):
				d.lines[end].bent = true
			default:
				goto done
			}
		}
	done:
		mark := body
		switch {
		case strong >= 2 || strong == 1 && fields >= 3 || strong == 1 && strings.HasPrefix(strings.ToLower(d.lines[i].text), "received:"):
			mark = pasted
		case fields >= 3 && strong == 0:
			mark = forwarding
		}
		if mark != body {
			for j := i; j < end; j++ {
				d.lines[j].zone = mark
				d.lines[j].log = false
			}
			if mark == pasted && fields >= 6 {
				d.quote(end)
			}
		}
		i = max(end-1, i)
	}
}

// mostBent is over how many lines a field of a header goes on without the space before
// them that it should have.
const mostBent = 8

// bends tells whether a line goes on a field of a pasted header though no space is
// before it: many programs break lines anew. Then another field follows.
func (d *document) bends(i, strong int) bool {
	if strong == 0 || d.lines[i].text == "" {
		return false
	}
	for j := i + 1; j < len(d.lines) && j-i < mostBent && d.lines[j].of == d.lines[i].of && d.lines[j].text != ""; j++ {
		if isHeader(d.lines[j].text) {
			return true
		}
	}
	return false
}

func isHeader(s string) bool {
	return strings.IndexByte(s, ':') > 0 && headerName.MatchString(s)
}

// quote marks what stands below a whole header as the mail that it is of, up to
// a line of dashes.
func (d *document) quote(from int) {
	if from >= len(d.lines) || d.lines[from].text != "" {
		return
	}
	of := d.lines[from].of
	for i := from; i < len(d.lines) && d.lines[i].of == of && d.lines[i].zone == body; i++ {
		if t := d.lines[i].text; i > from+1 && (strings.HasPrefix(t, "-----") || strings.HasPrefix(t, "=====") || strings.HasPrefix(t, "#####")) || ending.MatchString(strings.TrimSpace(t)) {
			return
		}
		d.lines[i].zone = nested
		d.lines[i].depth++
	}
}
