// Package sender tells who vouches for the sender of a mail: a signature of the
// sender's domain (DKIM, RFC 6376), the server that sent it (SPF, RFC 7208), or a
// server of the provider's own that checked it (Authentication-Results, RFC 8601).
// What vouches must be of the organisation of the address in the header From, as
// DMARC asks for (RFC 7489, 3.1).
package sender

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/mail"
	"net/netip"
	"net/textproto"
	"slices"
	"strings"
	"time"

	"blitiri.com.ar/go/spf"
	"github.com/emersion/go-msgauth/authres"
	"github.com/emersion/go-msgauth/dkim"
	"golang.org/x/net/publicsuffix"

	"candor"
	"candor/internal/regex"
)

// Resolver is what is asked of the DNS; a *net.Resolver is one.
type Resolver interface {
	LookupTXT(ctx context.Context, name string) ([]string, error)
	LookupMX(ctx context.Context, name string) ([]*net.MX, error)
	LookupIPAddr(ctx context.Context, host string) ([]net.IPAddr, error)
	LookupAddr(ctx context.Context, addr string) ([]string, error)
}

// Options are how senders are checked.
type Options struct {
	Resolver Resolver
	// Relays are the names (authserv-id) of the provider's own servers, whose
	// results are believed. They must take out those that others write in their
	// names (RFC 8601, 5).
	Relays []string
	// Patience bounds all look-ups of a mail; 5 s if 0.
	Patience time.Duration
	Now      candor.Clock
}

// Bounds.
const (
	patience       = 5 * time.Second
	mostHeader     = 256 << 10 // bytes
	mostSignatures = 5
	mostWhy        = 200 // bytes
)

// Checker checks senders. It is safe for concurrent use.
type Checker struct {
	Options
	cache *cache
}

// New makes a Checker.
func New(o Options) *Checker {
	if o.Patience <= 0 {
		o.Patience = patience
	}
	return &Checker{o, newCache(o.Now)}
}

// Check looks who vouches for the sender of a mail. The body is read to its end only
// if the mail is signed. If heard is true a listener of ours put Return-Path and
// Received before it, and the server that they name was the peer. Errors are those
// of the body; whatever the mail holds, or the DNS does not tell, vouches for nobody.
func (c *Checker) Check(ctx context.Context, body io.Reader, heard bool) (candor.Vouch, error) {
	v := candor.Vouch{Checked: c.Now().UTC()}
	from := bufio.NewReaderSize(body, mostHeader)
	head, err := from.Peek(mostHeader)
	if err != nil && !errors.Is(err, io.EOF) {
		return v, err
	}
	h, _ := textproto.NewReader(bufio.NewReader(bytes.NewReader(head))).ReadMIMEHeader() // as far as it is one
	if v.Sender = author(h); v.Sender == "" {
		return v, nil
	}
	ctx, cancel := context.WithTimeout(ctx, c.Patience)
	defer cancel()
	domain := v.Sender[strings.LastIndexByte(v.Sender, '@')+1:]
	v.Checks = append(v.Checks, c.relayed(ctx, h, heard)...)
	if heard {
		if check, ok := c.spf(ctx, h); ok {
			v.Checks = append(v.Checks, check)
		}
	}
	if len(h["Dkim-Signature"]) > 0 {
		v.Checks = append(v.Checks, c.dkim(ctx, from)...)
	}
	for _, check := range v.Checks {
		if check.Result == "pass" && aligned(check.Domain, domain) {
			v.By, v.Domain = check.Method, check.Domain
			break
		}
	}
	return v, nil
}

// author is the only address that a mail says to be from, in lower case.
func author(h textproto.MIMEHeader) string {
	if len(h["From"]) != 1 {
		return ""
	}
	all, err := mail.ParseAddressList(h.Get("From"))
	if err != nil || len(all) != 1 {
		return ""
	}
	return strings.ToLower(all[0].Address)
}

// aligned tells whether two domains are of one organisation.
func aligned(a, b string) bool {
	a, b = strings.TrimSuffix(strings.ToLower(a), "."), strings.TrimSuffix(strings.ToLower(b), ".")
	if a == "" || b == "" {
		return false
	}
	one, err := publicsuffix.EffectiveTLDPlusOne(a)
	if err != nil {
		return false
	}
	other, err := publicsuffix.EffectiveTLDPlusOne(b)
	return err == nil && one == other
}

// relayed are the results of the provider's own servers: the first of each, since
// a server puts its own before what came. Of a mail that a listener of ours heard from
// elsewhere they are whatever somebody wrote: nothing took them out on the way.
func (c *Checker) relayed(ctx context.Context, h textproto.MIMEHeader, heard bool) (all []candor.VouchCheck) {
	seen := map[string]bool{}
	for _, text := range h["Authentication-Results"] {
		id, results, err := authres.Parse(text)
		if id = strings.ToLower(id); err != nil || seen[id] || !c.trusts(id) {
			continue
		}
		seen[id] = true
		if heard && !c.came(ctx, h, id) {
			all = append(all, candor.VouchCheck{Method: candor.VouchRelay, Result: "none", Why: cut(id + ": another server handed the mail over")})
			continue
		}
		for _, r := range results {
			if check, ok := relay(r); ok {
				check.Method, check.Why = candor.VouchRelay, cut(id+": "+check.Why)
				all = append(all, check)
			}
		}
	}
	return all
}

func (c *Checker) trusts(id string) bool {
	for _, r := range c.Relays {
		if strings.EqualFold(r, id) {
			return true
		}
	}
	return false
}

func relay(r authres.Result) (candor.VouchCheck, bool) {
	domain := func(address string) string { return address[strings.LastIndexByte(address, '@')+1:] }
	switch r := r.(type) {
	case *authres.DKIMResult:
		d := r.Domain
		if d == "" {
			d = domain(r.Identifier)
		}
		return candor.VouchCheck{Domain: d, Result: string(r.Value), Why: "dkim"}, true
	case *authres.SPFResult:
		return candor.VouchCheck{Domain: domain(r.From), Result: string(r.Value), Why: "spf"}, r.From != ""
	case *authres.DMARCResult:
		return candor.VouchCheck{Domain: domain(r.From), Result: string(r.Value), Why: "dmarc"}, r.From != ""
	}
	return candor.VouchCheck{}, false
}

// peer finds who handed a mail over in the line that our listener writes.
var peer = regex.Of(`^from (\S+) \(\[(?:IPv6:)?([0-9A-Fa-f.:]+)\]\)`)

// handed is who handed a mail over to a listener of ours, and as whom it greeted.
func handed(h textproto.MIMEHeader) (from netip.Addr, greeting string, ok bool) {
	m := peer.FindStringSubmatch(h.Get("Received"))
	if m == nil {
		return from, "", false
	}
	from, err := netip.ParseAddr(m[2])
	return from.Unmap(), m[1], err == nil
}

// near tells whether an address is of the provider's own network.
func near(a netip.Addr) bool { return a.IsLoopback() || a.IsPrivate() || a.IsLinkLocalUnicast() }

// came tells whether a relay handed a mail over: from within, or from an address that
// its name has.
func (c *Checker) came(ctx context.Context, h textproto.MIMEHeader, relay string) bool {
	from, _, ok := handed(h)
	if !ok || near(from) {
		return ok
	}
	all, err := c.Resolver.LookupIPAddr(ctx, relay)
	return err == nil && slices.ContainsFunc(all, func(a net.IPAddr) bool {
		ip, is := netip.AddrFromSlice(a.IP)
		return is && ip.Unmap() == from
	})
}

// spf asks the domain of the envelope's sender for its servers; ok is false if a
// relay handed the mail over, of which it tells nothing.
func (c *Checker) spf(ctx context.Context, h textproto.MIMEHeader) (check candor.VouchCheck, ok bool) {
	address, greeting, ok := handed(h)
	envelope := strings.Trim(strings.TrimSpace(h.Get("Return-Path")), "<>")
	if !ok || near(address) || !strings.Contains(envelope, "@") {
		return check, false
	}
	result, err := spf.CheckHostWithSender(net.IP(address.AsSlice()), greeting, envelope, spf.WithContext(ctx), spf.WithResolver(c.resolver()))
	check = candor.VouchCheck{Method: candor.VouchSPF, Domain: strings.ToLower(envelope[strings.LastIndexByte(envelope, '@')+1:]), Result: string(result)}
	if err != nil {
		check.Why = cut(err.Error())
	}
	return check, true
}

// dkim verifies the signatures of a mail.
func (c *Checker) dkim(ctx context.Context, from io.Reader) (all []candor.VouchCheck) {
	got, err := dkim.VerifyWithOptions(from, &dkim.VerifyOptions{MaxVerifications: mostSignatures, LookupTXT: func(name string) ([]string, error) { return c.resolver().LookupTXT(ctx, name) }})
	if err != nil && !errors.Is(err, dkim.ErrTooManySignatures) {
		got = nil // what could not be looked at is none that passed, though it bears no error
	}
	for _, v := range got {
		check := candor.VouchCheck{Method: candor.VouchDKIM, Domain: strings.ToLower(v.Domain), Result: "pass"}
		if v.Err != nil {
			check.Why, check.Result = cut(v.Err.Error()), "fail"
			switch {
			case dkim.IsTempFail(v.Err):
				check.Result = "temperror"
			case dkim.IsPermFail(v.Err):
				check.Result = "permerror"
			}
		}
		all = append(all, check)
	}
	if err != nil && !errors.Is(err, dkim.ErrTooManySignatures) {
		all = append(all, candor.VouchCheck{Method: candor.VouchDKIM, Result: "permerror", Why: cut(fmt.Sprintf("the mail could not be read: %v", err))})
	}
	return all
}

func cut(text string) string {
	text = strings.ToValidUTF8(text, "")
	if len(text) > mostWhy {
		text = strings.ToValidUTF8(text[:mostWhy], "") + "…"
	}
	return text
}
