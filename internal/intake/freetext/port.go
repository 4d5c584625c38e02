package freetext

import (
	"strconv"
	"strings"

	"candor/internal/regex"
)

// port is the one that is told of the value most often, 0 if there are several
// as often, or none. What is told at the value itself goes before what stands
// about it: behind many addresses of one provider are several subscribers, whom
// only ports tell apart (RFC 6302). In a report of an attack a mere "port" is that
// of what was attacked.
func (d *document) port(v *value, attack bool) uint16 {
	if v.told != 0 {
		return v.told
	}
	own, near := map[uint16]int{}, map[uint16]int{}
	for i, m := range v.mentions {
		if i == 200 {
			break
		}
		if m.port != 0 {
			own[m.port]++
			continue
		}
		if l := &d.lines[m.line]; m.within || l.zone == outer || l.zone == pasted {
			continue
		}
		if p := d.portAbout(m, attack); p != 0 {
			near[p]++
		}
	}
	if len(own) > 0 {
		return most(own)
	}
	return most(near)
}

func most(count map[uint16]int) uint16 {
	best, n := uint16(0), 0
	for p, c := range count {
		switch {
		case c > n:
			best, n = p, c
		case c == n:
			best = 0
		}
	}
	return best
}

var (
	// portPair is the port of the source in the line of a log.
	portPair = regex.Of(`(?i)(?:\b(?:spt|sport|src_?port|source_?port|srcport|remote_?port|client_?port)\b["']?\s?[=:]\s?["']?|\bsource port:?\s)(\d{1,5})\b`)
	// portBehind is a port that stands behind an address in prose or in a list.
	portBehind = regex.Of(`^[\])"'*>]{0,3}[\s,;|(]{1,16}(?:(?i:on|at|and|via|source|src|the|with|uses?|using)\s){0,2}(?:(?i:tcp|udp)[/: ]{1,2}|(?i:(?:tcp|udp)[ /]?)?(?i:ports?|puerto|porta|poort|порт|端口)[ :#=]{1,2})(\d{1,5})(?:[^\d.:]|[.:]\D|[.:]?$)`)
	// portRow is a port between two addresses.
	portRow = regex.Of(`^[ \t,;]{1,20}(\d{1,5})[ \t,;]{1,20}(?:->|=>)?[ \t]{0,20}(?:\d{1,3}\.){3}\d`)
	// portField is a line that tells nothing but a port.
	portField = regex.Of(`(?i)^[\s|*<•-]{0,8}([\p{L}' _()-]{0,30}?\bport(?: number)?)\s{0,12}(?:[:=>|.]{1,20}\s{0,12})["']?(?:(?:tcp|udp)[/ ])?(\d{1,5})\b`)
)

// portAbout finds the port of an address in what stands about it.
func (d *document) portAbout(m *mention, attack bool) uint16 {
	l := &d.lines[m.line]
	right := l.text[min(m.end, len(l.text)):]
	if f := portBehind.FindStringSubmatch(head(right, 80)); f != nil {
		return portNumber(f[1])
	}
	if f := portRow.FindStringSubmatch(head(right, 80)); f != nil {
		return portNumber(f[1])
	}
	if p := d.portColumn(m, attack); p != 0 {
		return p
	}
	if strings.Contains(strings.ToLower(l.text), "port") || strings.Contains(l.text, "SPT=") {
		if f := portPair.FindStringSubmatch(l.text); f != nil {
			return portNumber(f[1])
		}
	}
	return d.portLine(m, attack)
}

// portLine finds the line of a port right below or above that of an address,
// with no other address between.
func (d *document) portLine(m *mention, attack bool) uint16 {
	for _, step := range []int{1, -1} {
		for i, n := m.line+step, 0; n < 4 && i >= 0 && i < len(d.lines); i, n = i+step, n+1 {
			l := &d.lines[i]
			if l.of != d.lines[m.line].of || l.depth != d.lines[m.line].depth {
				break
			}
			if f := portField.FindStringSubmatch(l.text); f != nil && !target(f[1]) && (!attack || sourcePort(f[1])) {
				return portNumber(f[2])
			}
			if namesOther(l, m) {
				break
			}
		}
	}
	return 0
}

// namesOther tells whether a line names another value of the same kind.
func namesOther(l *line, m *mention) bool {
	for _, o := range l.names {
		if o.kind == m.kind && o.value != m.value && !o.within {
			return true
		}
	}
	return false
}

// portColumn takes the port from the row that an address stands in.
func (d *document) portColumn(m *mention, attack bool) uint16 {
	h := d.head(m.line)
	if h == nil {
		return 0
	}
	at, sure := -1, false
	for i, c := range h.cells {
		if !strings.Contains(c, "port") && c != "spt" && c != "sport" || target(c) {
			continue
		}
		source := sourcePort(c)
		if attack && !source {
			continue
		}
		if at < 0 || source && !sure {
			at, sure = i, source
		}
	}
	cells := split(d.lines[m.line].text, h.by)
	if at < 0 || at >= len(cells) {
		return 0
	}
	return portNumber(strings.Trim(cells[at], `"' `))
}

// target tells whether a port is of what was attacked.
func target(name string) bool {
	name = strings.ToLower(name)
	for _, w := range []string{"dst", "dest", "target", "dpt", "local", "ziel", "attacked", "destin"} {
		if strings.Contains(name, w) {
			return true
		}
	}
	return false
}

// sourcePort tells whether a port is said to be of who attacked.
func sourcePort(name string) bool {
	name = strings.ToLower(strings.TrimSpace(name))
	for _, w := range []string{"s", "quell", "remote", "client", "attacker", "offend", "infring"} {
		if strings.HasPrefix(name, w) {
			return true
		}
	}
	return strings.Contains(name, "src") || strings.Contains(name, "source")
}

// portNumber is 0 for what is no port.
func portNumber(s string) uint16 {
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil {
		return 0
	}
	return uint16(n)
}
