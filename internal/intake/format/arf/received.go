package arf

import (
	"net/mail"
	"net/netip"
	"strings"
	"time"

	"golang.org/x/net/publicsuffix"

	"candor/internal/intake"
	"candor/internal/intake/message"
	"candor/internal/regex"
)

// hop is what a server wrote when a mail came to it.
type hop struct {
	from, by string // names of hosts, as told
	address  string // where it came from; empty if that is not told
	when     *intake.When
}

// mostHops is how many fields are read of a mail.
const mostHops = 30

func hopsOf(m *message.Message) (all []hop) {
	for _, f := range m.Header {
		if strings.EqualFold(f.Name, "Received") && len(all) < mostHops {
			all = append(all, hopOf(f.Value))
		}
	}
	return all
}

var (
	fromPart = regex.Of(`(?is)^\s*from\s+(\S+)(.*?)(?:\sby\s+(\S+)|$)`)
	byPart   = regex.Of(`(?i)^\s*by\s+(\S+)`)
	literal  = regex.Of(`(?i)[\[(](?:IPv6:)?([0-9a-f:.]{3,45})(?::\d+)?[\])]`)
)

func hopOf(value string) (h hop) {
	value = value[:min(len(value), 2000)]
	if i := strings.LastIndexByte(value, ';'); i >= 0 {
		h.when = when(value[i+1:])
		value = value[:i]
	}
	found := fromPart.FindStringSubmatch(value)
	if found == nil {
		if by := byPart.FindStringSubmatch(value); by != nil {
			h.by = strings.TrimRight(by[1], ";,")
		}
		return h
	}
	h.from, h.by = found[1], strings.TrimRight(found[3], ";,")
	// Behind the name stands what the server saw; the name is what it was told.
	for _, text := range []string{found[2], found[1]} {
		for _, l := range literal.FindAllStringSubmatch(text, 5) {
			if a, err := intake.NewResource(intake.Address, l[1]); err == nil {
				h.address = a.Value
			}
		}
		if h.address != "" {
			return h
		}
	}
	return h
}

// handedOver is the hop at which the mail came to the reporter's servers from
// somebody else's: the topmost whose sender is not of them. Fields below were
// written by others, who may lie, and do not count. own tells whether the server
// is known to be the reporter's.
func handedOver(m *message.Message, reporter string) (h *hop, own bool) {
	ours := ""
	for _, h := range hopsOf(m) {
		by := organization(h.by)
		if ours == "" {
			ours = by
		}
		if by != "" && by != ours {
			return nil, false
		}
		if h.address == "" || !public(h.address) || ours != "" && organization(h.from) == ours {
			continue
		}
		return &h, reporter != "" && ours == reporter
	}
	return nil, false
}

// organization is the domain that somebody registered; empty if it is none.
func organization(host string) string {
	host, ok := intake.Hostname(strings.Trim(host, "[]()<>;"))
	if !ok {
		return ""
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return ""
	}
	org, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil {
		return ""
	}
	return org
}

func hostOf(address string) string { return address[strings.LastIndexByte(address, '@')+1:] }

// public tells whether an address may be somebody's on the Internet.
func public(value string) bool {
	a, err := netip.ParseAddr(value)
	return err == nil && a.IsGlobalUnicast() && !a.IsPrivate() && !shared.Contains(a)
}

var shared = netip.MustParsePrefix("100.64.0.0/10") // RFC 6598

// when reads a time as mails have it. One without a zone, or with the name of one
// that may be several, is told as it stands.
func when(text string) *intake.When {
	text = strings.TrimSpace(text)
	if text == "" || len(text) > 100 {
		return nil
	}
	w := intake.When{Text: text}
	t, err := mail.ParseDate(text)
	if err != nil {
		t, err = time.Parse(time.RFC3339, text)
	}
	if err == nil && message.Zoned(t) {
		w.Time = t.UTC()
	}
	return &w
}
