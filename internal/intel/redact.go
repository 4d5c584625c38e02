package intel

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"candor"
	"candor/internal/intake"
	"candor/internal/intel/tlp"
)

// Case is what the house knows of a case, as far as Redact needs it.
type Case struct {
	ID       candor.ID
	Class    candor.Class
	Severity candor.Severity
	Opened   time.Time
	Changed  time.Time
	TLP      tlp.Mark
	// Indicators are what the case is about. Notes and references of them stay here,
	// whatever they say.
	Indicators []Indicator
	Private    Private
}

// Private is what may not leave of a case: what tells whom it is about.
type Private struct {
	// Words are names, identifiers, mail addresses, domains, lines, accounts: of the
	// party, of its people, of whoever reported.
	Words []string
	// Networks are the customers' addresses: nothing within them leaves.
	Networks []netip.Prefix
}

// Outcome tells what Redact left out.
type Outcome struct {
	Private int // named something private
	Marked  int // marked too strictly for the audience
	Invalid int // of no value
}

// Redact makes what an audience may get of a case. It takes fields that may be
// shared, and no text that a person wrote: class, severity, times cut to the hour,
// and indicators, of which those are left out that name something private in any
// spelling, that lie in private networks, or that are marked too strictly. URLs go
// without user, query and fragment, and mail addresses whole or not at all.
// The bundle's ID is of the case, but the case's cannot be found from it. It is
// candor.ErrDenied where the case's own mark keeps all of it from the audience.
func Redact(c Case, by Producer, to tlp.Audience) (Release, Outcome, error) {
	p := newPrivacy(c.Private)
	p.add(string(c.ID))
	b := Bundle{
		ID: Name(Own, "case", string(c.ID)), Producer: by, Class: known(c.Class), Severity: c.Severity,
		Created: c.Opened.UTC().Truncate(time.Hour), Modified: later(c.Opened, c.Changed).UTC().Truncate(time.Hour), TLP: c.TLP,
	}
	b.Title = title(b.Class)
	var out Outcome
	seen := map[intake.Resource]bool{}
	for _, i := range c.Indicators {
		i, err := public(i)
		switch {
		case err != nil:
			out.Invalid++
			continue
		case p.names(i):
			out.Private++
			continue
		}
		if at := (intake.Resource{Kind: i.Kind, Value: i.Value}); may(i, to) && !seen[at] {
			seen[at] = true
			b.Indicators = append(b.Indicators, i)
		} else if !seen[at] {
			out.Marked++
		}
	}
	r, err := b.Release(to)
	if err != nil {
		return Release{}, out, fmt.Errorf("case %s: %w", c.ID, err)
	}
	return r, out, nil
}

// title says in words of the taxonomy what a bundle is about.
func title(c candor.Class) string {
	_, incident, _ := strings.Cut(string(c), "/")
	if incident == "" {
		return "Incident"
	}
	return "Incident: " + strings.ReplaceAll(incident, "-", " ")
}

// known gives a class of the taxonomy, and Undetermined for all else.
func known(c candor.Class) candor.Class {
	if parsed, ok := candor.ParseClass(string(c)); ok {
		return parsed
	}
	return candor.Undetermined
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// public gives of an indicator only what may be shared.
func public(i Indicator) (Indicator, error) {
	value := i.Value
	if i.Kind == intake.URL {
		if u, err := url.Parse(value); err == nil {
			u.User, u.RawQuery, u.Fragment, u.RawFragment, u.ForceQuery = nil, "", "", "", false
			value = u.String()
		}
	}
	clean, err := NewIndicator(i.Kind, value)
	clean.Class, clean.TLP, clean.Confidence = known(i.Class), i.TLP, min(max(i.Confidence, 0), 100)
	clean.First, clean.Last, clean.Until = hour(i.First), hour(i.Last), hour(i.Until)
	if i.Source != "" {
		clean.Source = "partner" // that it was given, not by whom
	}
	return clean, err
}

func hour(t time.Time) time.Time { return t.UTC().Truncate(time.Hour) }

// privacy finds what is private in values.
type privacy struct {
	long     []string // folded; found anywhere
	short    map[string]bool
	hashes   map[string]bool
	networks []netip.Prefix
}

// shortest is how many characters a folded word has at least that is looked for
// within others: shorter ones have to stand alone.
const shortest = 4

func newPrivacy(p Private) privacy {
	out := privacy{short: map[string]bool{}, hashes: map[string]bool{}}
	for _, n := range p.Networks {
		out.networks = append(out.networks, plain(n))
	}
	for _, w := range p.Words {
		out.add(w)
	}
	return out
}

func (p *privacy) add(word string) {
	word = strings.TrimSpace(word)
	if a, err := netip.ParseAddr(word); err == nil {
		p.networks = append(p.networks, alone(a))
		return
	}
	if n, err := netip.ParsePrefix(word); err == nil {
		p.networks = append(p.networks, plain(n))
		return
	}
	if word == "" {
		return
	}
	for _, spelling := range []string{word, strings.ToLower(word)} {
		m, s1, s256 := md5.Sum([]byte(spelling)), sha1.Sum([]byte(spelling)), sha256.Sum256([]byte(spelling))
		p.hashes[hex.EncodeToString(m[:])] = true
		p.hashes[hex.EncodeToString(s1[:])] = true
		p.hashes[hex.EncodeToString(s256[:])] = true
	}
	forms := []string{word}
	if host, ok := intake.Hostname(word); ok {
		forms = append(forms, host) // as IDNA has it
	}
	for _, form := range forms {
		switch f := fold(form); {
		case len([]rune(f)) >= shortest:
			p.long = append(p.long, f)
		case f != "":
			p.short[f] = true
		}
	}
}

// names tells whether an indicator names something private.
func (p privacy) names(i Indicator) bool {
	if i.Kind == intake.Hash {
		return p.hashes[i.Value] || p.says(i.Value)
	}
	if a, err := netip.ParseAddr(i.host()); err == nil && p.holds(alone(a)) {
		return true
	}
	if n, err := netip.ParsePrefix(i.Value); i.Kind == intake.Network && (err != nil || p.holds(n)) {
		return true
	}
	return slices.ContainsFunc(spellings(i), p.says)
}

// alone is the network of one address.
func alone(a netip.Addr) netip.Prefix {
	a = a.Unmap().WithZone("")
	return netip.PrefixFrom(a, a.BitLen())
}

// plain gives a network of IPv4 that is written as one of IPv6 as what it is.
func plain(n netip.Prefix) netip.Prefix {
	if n.Addr().Is4In6() && n.Bits() >= 96 {
		n = netip.PrefixFrom(n.Addr().Unmap(), n.Bits()-96)
	}
	return n.Masked()
}

func (p privacy) holds(n netip.Prefix) bool {
	n = plain(n)
	for _, own := range p.networks {
		if own.Overlaps(n) {
			return true
		}
	}
	return false
}

func (p privacy) says(text string) bool {
	words := wordsOf(text)
	folded := strings.Join(words, "")
	for _, w := range p.long {
		if strings.Contains(folded, w) {
			return true
		}
	}
	if len(p.networks) > 0 && slices.ContainsFunc(addressesIn(text), func(a netip.Addr) bool { return p.holds(alone(a)) }) {
		return true
	}
	if len(p.short) == 0 {
		return false
	}
	for i := range words {
		run := "" // "a.io" is two words
		for _, w := range words[i:] {
			if run += w; p.short[run] {
				return true
			}
			if len([]rune(run)) >= shortest {
				break
			}
		}
	}
	return false
}

// fold leaves of a text what spellings of it share: letters and digits, in lower
// case, as Unicode composes them.
func fold(text string) string { return strings.Join(wordsOf(text), "") }

func wordsOf(text string) []string {
	return strings.FieldsFunc(norm.NFKC.String(strings.ToLower(text)), func(r rune) bool { return !letter(r) })
}

func letter(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }
