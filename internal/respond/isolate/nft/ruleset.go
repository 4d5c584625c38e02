package nft

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"candor"
)

// tableName is the family and the name of the table.
const tableName = "inet candor"

// ruleset is the table without the lines that are isolated, in nft's language.
type ruleset struct {
	text  string
	rules map[string]int // by chain
	sizes map[string]int // least entries, by set
}

// whole tells whether a table has all rules, and all that they let pass.
func (r ruleset) whole(t table) bool {
	for chain, n := range r.rules {
		if t.rules[chain] != n {
			return false
		}
	}
	for set, n := range r.sizes {
		if t.sizes[set] < n {
			return false
		}
	}
	return true
}

// writer writes a ruleset.
type writer struct {
	strings.Builder
	ruleset
}

// families are those of IP, with what nft calls their addresses.
func families() map[string]string { return map[string]string{"4": "ip", "6": "ip6"} }

// write writes the ruleset of a policy. The error is candor.ErrInvalid.
func write(p Policy) (ruleset, error) {
	if p.Bound <= 0 {
		return ruleset{}, candor.WithHint(fmt.Errorf("nftables: entries would end at once: %w", candor.ErrInvalid), "Say how long they last without being renewed.")
	}
	w := &writer{ruleset: ruleset{rules: map[string]int{}, sizes: map[string]int{}}}
	w.line("add table %s", tableName)
	for _, f := range []string{"4", "6"} {
		for _, s := range []string{"slow", "ports", "garden", "off"} {
			w.set(s+f, f, "timeout", true)
		}
		for _, s := range []string{"up", "down"} {
			w.line("add set %s %s%s { type %s; size 65535; flags dynamic,timeout; timeout 1m; }", tableName, s, f, addressType(f))
		}
	}
	for _, name := range []string{"slow", "ports", "garden", "off", "apart"} {
		w.chain(name, "")
	}
	w.chain("forward", "{ type filter hook forward priority -5; policy accept; }")
	w.chain("divert", "{ type nat hook prerouting priority -105; policy accept; }")
	w.passing("life", p.Lifelines)
	w.passing("allow", p.Allowed)
	w.passing("dns", single(p.DNS))
	w.forward()
	w.apart()
	w.limit(p)
	w.ports(p)
	w.garden(p)
	w.off()
	w.redirect(p)
	w.text = w.String()
	return w.ruleset, nil
}

func addressType(f string) string { return "ipv" + f + "_addr" }

func (w *writer) line(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }

// set adds a set. Those of IPv6 hold networks.
func (w *writer) set(name, f, flags string, timed bool) {
	if f == "6" || !timed {
		flags = strings.Trim(flags+",interval", ",")
	}
	w.line("add set %s %s { type %s; flags %s; }", tableName, name, addressType(f), flags)
}

func (w *writer) chain(name, hook string) {
	w.line("add chain %s %s %s", tableName, name, hook)
	w.line("flush chain %s %s", tableName, name)
	w.rules[name] = 0
}

func (w *writer) rule(chain, format string, args ...any) {
	w.rules[chain]++
	w.line("add rule %s %s %s", tableName, chain, fmt.Sprintf(format, args...))
}

// both adds a rule for each family; IP in it stands for ip or ip6, and # ends
// the names of sets.
func (w *writer) both(chain, rule string) {
	for _, f := range []string{"4", "6"} {
		w.rule(chain, "%s", strings.NewReplacer("IP", families()[f], "#", f).Replace(rule))
	}
}

// passing fills a set of what is let pass.
func (w *writer) passing(name string, networks []netip.Prefix) {
	for _, f := range []string{"4", "6"} {
		w.set(name+f, f, "", false)
		w.line("flush set %s %s%s", tableName, name, f)
		var all []string
		for _, n := range outermost(networks) {
			if family(n.Addr()) == f {
				all = append(all, n.String())
			}
		}
		if len(all) > 0 {
			w.line("add element %s %s%s { %s }", tableName, name, f, strings.Join(all, ", "))
			w.sizes[name+f] = 1
		}
	}
}

// outermost leaves out networks within others, which a set cannot hold besides.
func outermost(networks []netip.Prefix) (all []netip.Prefix) {
	for _, n := range networks {
		inside := func(o netip.Prefix) bool { return o != n && o.Bits() < n.Bits() && o.Overlaps(n) }
		if n = n.Masked(); !slices.ContainsFunc(networks, inside) && !slices.Contains(all, n) {
			all = append(all, n)
		}
	}
	return all
}

func single(addresses []netip.Addr) (all []netip.Prefix) {
	for _, a := range addresses {
		all = append(all, netip.PrefixFrom(a, a.BitLen()))
	}
	return all
}

// forward sends packets of isolated lines, and to them, to the chain of their
// level, the strongest first.
func (w *writer) forward() {
	for _, s := range []string{"off", "garden", "ports", "slow"} {
		w.both("forward", "IP saddr @"+s+"# goto "+s)
		w.both("forward", "IP daddr @"+s+"# goto "+s)
	}
}

// apart keeps isolated lines from each other.
func (w *writer) apart() {
	kept := []string{"off", "garden", "ports"}
	for _, from := range kept {
		for _, to := range kept {
			w.both("apart", "IP saddr @"+from+"# IP daddr @"+to+"# drop")
		}
	}
}

// through lets pass what lines of a chain's level send to the networks of a set,
// and what comes to them from there. Which end is the line matters: its own
// address may lie within those networks.
func (w *writer) through(chain, set string) {
	w.both(chain, "IP saddr @"+chain+"# IP daddr @"+set+"# accept")
	w.both(chain, "IP daddr @"+chain+"# IP saddr @"+set+"# accept")
}

func (w *writer) off() {
	w.rule("off", "jump apart")
	w.through("off", "life")
	w.rule("off", "counter drop")
}

func (w *writer) ports(p Policy) {
	w.rule("ports", "jump apart")
	w.through("ports", "life")
	if list := numbers(p.Ports); list != "" {
		w.rule("ports", "tcp dport { %s } counter drop", list)
		w.rule("ports", "udp dport { %s } counter drop", list)
	}
}

func (w *writer) limit(p Policy) {
	w.through("slow", "life")
	if p.Rate <= 0 {
		return
	}
	rate := fmt.Sprintf("limit rate over %d bytes/second burst %d bytes", p.Rate, max(p.Rate/2, 16<<10))
	for _, way := range [][2]string{{"saddr", "up"}, {"daddr", "down"}} {
		w.rule("slow", "ip %s @slow4 update @%s4 { ip %s %s } counter drop", way[0], way[1], way[0], rate)
		w.rule("slow", "ip6 %s @slow6 update @%s6 { ip6 %s and ffff:ffff:ffff:ffff:: %s } counter drop", way[0], way[1], way[0], rate)
	}
}

func (w *writer) garden(p Policy) {
	w.rule("garden", "jump apart")
	w.through("garden", "life")
	w.through("garden", "allow")
	for _, protocol := range []string{"udp", "tcp"} {
		w.both("garden", "IP daddr @dns# "+protocol+" dport 53 accept")
		w.both("garden", "IP saddr @dns# "+protocol+" sport 53 accept")
	}
	for _, at := range p.Portal {
		ip, ports := families()[family(at.Addr())], numbers([]uint16{80, 443, at.Port()})
		w.rule("garden", "%s daddr %s tcp dport { %s } accept", ip, at.Addr(), ports)
		w.rule("garden", "%s saddr %s tcp sport { %s } accept", ip, at.Addr(), ports)
	}
	// What is encrypted is told no at once, so that devices look for the portal.
	w.both("garden", "IP saddr @garden# tcp dport 443 counter reject with tcp reset")
	w.both("garden", "IP saddr @garden# udp dport 443 counter reject with icmpx type admin-prohibited")
	w.rule("garden", "counter drop")
}

func (w *writer) redirect(p Policy) {
	w.both("divert", "IP saddr @garden# IP daddr @life# accept")
	w.both("divert", "IP saddr @garden# IP daddr @allow# accept")
	seen := map[string]bool{}
	for _, a := range p.DNS {
		f := family(a)
		if seen[f] {
			continue
		}
		seen[f] = true
		for _, protocol := range []string{"udp", "tcp"} {
			w.rule("divert", "%[1]s saddr @garden%[2]s %[1]s daddr != @dns%[2]s %[3]s dport 53 dnat %[1]s to %[4]s", families()[f], f, protocol, a)
		}
	}
	for _, at := range p.Portal {
		f := family(at.Addr())
		w.rule("divert", "%s saddr @garden%s tcp dport 80 dnat %s to %s", families()[f], f, families()[f], at)
	}
}

// numbers writes ports, sorted and once each.
func numbers(ports []uint16) string {
	ports = slices.Clone(ports)
	slices.Sort(ports)
	var all []string
	for _, p := range slices.Compact(ports) {
		all = append(all, fmt.Sprint(p))
	}
	return strings.Join(all, ", ")
}
