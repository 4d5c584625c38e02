package config

import (
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"filippo.io/age"

	"candor"
	"candor/internal/regex"
)

// checker tells which values cannot be right.
type checker struct {
	*loading
	c *Config
}

func (k *checker) check() {
	k.oneOf("roles", []string{RoleWeb, RoleWorker, RoleCollector}, k.c.Roles...)
	if len(k.c.Roles) == 0 {
		k.problem("roles", "the process would do nothing", "Write [web, worker, collector] for everything.")
	}
	if k.c.Data.Dir == "" {
		k.problem("data.dir", "it is empty", "Name the folder in which the program keeps its data.")
	}
	k.listen(k.c.Listen)
	k.database(k.c.Database)
	k.provider(k.c.Provider)
	k.mailServer(k.c.Mail)
	k.definitions(k.c.Definitions)
	k.scanning(k.c.Scanning)
	k.desk(k.c.Desk)
	k.isolation(k.c.Isolation)
	k.garden(k.c.Garden)
	k.drill(k.c.Drill)
	k.intake(k.c.Intake)
	k.intel(k.c.Intel)
	k.evidence(k.c.Evidence)
	k.access(k.c.Access)
	k.leases(k.c.Leases)
	k.traffic(k.c.Traffic)
	if m := k.c.Metrics; m.Listen != "" {
		k.address("metrics.listen", m.Listen)
	}
	k.oneOf("log.level", []string{"debug", "info", "warn", "error"}, k.c.Log.Level)
	k.oneOf("log.format", []string{"text", "json"}, k.c.Log.Format)
}

// The checks of one value.

func (k *checker) oneOf(key string, words []string, values ...string) {
	for i, v := range values {
		if slices.Contains(words, v) {
			continue
		}
		at := key
		if _, listed := k.origin[fmt.Sprintf("%s[%d]", key, i+1)]; listed {
			at = fmt.Sprintf("%s[%d]", key, i+1)
		}
		k.problem(at, fmt.Sprintf("%.40q is none of %s", v, strings.Join(words, ", ")), "Write one of them.")
	}
}

func (k *checker) address(key, text string) {
	_, port, err := net.SplitHostPort(text)
	if n, e := strconv.Atoi(port); err != nil || e != nil || n < 0 || n > 65535 {
		k.problem(key, fmt.Sprintf("%.60q is no address with a port", text), "Write it as 127.0.0.1:8080, [::1]:8080 or :8080.")
	}
}

func (k *checker) mail(key, text string) {
	if text == "" {
		return
	}
	if a, err := mail.ParseAddress(text); err != nil || strings.ContainsAny(text, "\r\n") || !strings.Contains(a.Address, "@") {
		k.problem(key, fmt.Sprintf("%.60q is no mail address", text), "Write it as desk@example.org, or with a name: Desk <desk@example.org>.")
	}
}

func (k *checker) exists(key, name string) {
	if name == "" {
		return
	}
	if _, err := os.Stat(name); err != nil {
		k.problem(key, fmt.Sprintf("%s cannot be read: %s", name, message(err)), "Check the path, and that this user may read it.")
	}
}

func (k *checker) absolute(key, name string) {
	if !filepath.IsAbs(name) {
		k.problem(key, fmt.Sprintf("%.60q does not begin with a slash", name), "Write the whole path.")
	}
}

func (k *checker) link(key, text string, schemes ...string) *url.URL {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || !slices.Contains(schemes, u.Scheme) {
		k.problem(key, "it is no address of "+strings.Join(schemes, " or "), "Write it as "+schemes[0]+"://host.example.org.")
		return nil
	}
	return u
}

func (k *checker) zone(key, name string) {
	if name == "" || name == "Local" {
		k.problem(key, "it names no time zone", "Write one of the IANA database, such as Europe/Paris or Asia/Shanghai.")
	} else if _, err := time.LoadLocation(name); err != nil {
		k.problem(key, fmt.Sprintf("%.40q is no time zone", name), "Write one of the IANA database, such as Europe/Paris or Asia/Shanghai.")
	}
}

func (k *checker) between(key string, d Duration, least, most time.Duration) {
	if t := time.Duration(d); t < least || t > most {
		k.problem(key, fmt.Sprintf("%s is not between %s and %s", d, Duration(least), Duration(most)), "Choose a time between them.")
	}
}

var (
	country  = regex.Of(`^[A-Z]{2}$`)
	language = regex.Of(`^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)
)

func (k *checker) country(key, code string) {
	if code != "" && !country.MatchString(code) {
		k.problem(key, fmt.Sprintf("%.20q is no country", code), "Write the two letters of ISO 3166, such as FR or CN.")
	}
}

// The sections.

func (k *checker) listen(l Listen) {
	k.address("listen.addr", l.Addr)
	if (l.TLSCert == "") != (l.TLSKey == "") {
		k.problem("listen.tls_cert", "a certificate needs its key, and a key its certificate", "Set both tls_cert and tls_key, or neither.")
	}
	k.exists("listen.tls_cert", l.TLSCert)
	k.exists("listen.tls_key", l.TLSKey)
	for i, p := range l.TrustedProxies {
		_, err := netip.ParsePrefix(p)
		if _, e := netip.ParseAddr(p); err != nil && e != nil {
			k.problem(fmt.Sprintf("listen.trusted_proxies[%d]", i+1), fmt.Sprintf("%.60q is neither an address nor a network", p), "Write it as 10.0.0.1 or 10.0.0.0/8.")
		}
	}
	for name, sockets := range map[string][]string{"listen.clamd": l.Clamd, "listen.icap": l.ICAP} {
		for i, a := range sockets {
			if key := fmt.Sprintf("%s[%d]", name, i+1); !filepath.IsAbs(a) {
				k.address(key, a)
			}
		}
	}
	if l.Agents != "" {
		k.address("listen.agents", l.Agents)
	}
	if l.PublicURL == "" {
		return
	}
	if u := k.link("listen.public_url", l.PublicURL, "https", "http"); u != nil && (strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.User != nil) {
		k.problem("listen.public_url", "it is more than a scheme, a host and a port", "Give the console a host name of its own.")
	}
}

func (k *checker) database(d Database) {
	if !strings.Contains(d.URL.Reveal(), "://") {
		return // a path, or the default
	}
	u, err := url.Parse(d.URL.Reveal())
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" || strings.Trim(u.Path, "/") == "" {
		k.problem("database.url", "it is no address of a database", "Write it as postgres://user:password@host:5432/name, or as the path of a SQLite file.")
	}
}

func (k *checker) provider(p Provider) {
	k.mail("provider.mail", p.Mail)
	k.zone("provider.time_zone", p.TimeZone)
	k.country("provider.country", p.Country)
	if !language.MatchString(p.Language) {
		k.problem("provider.language", fmt.Sprintf("%.20q is no language", p.Language), "Write its code (BCP 47), such as en or zh-CN.")
	}
}

func (k *checker) mailServer(m Mail) {
	k.oneOf("mail.tls", []string{"tls", "starttls", "opportunistic", "none"}, m.TLS)
	if m.Port < 0 || m.Port > 65535 {
		k.problem("mail.port", fmt.Sprintf("%d is no port", m.Port), "Leave it out for the usual one.")
	}
	k.between("mail.gather", m.Gather, 0, 24*time.Hour)
	for key, a := range map[string]string{"from": m.From, "reply_to": m.ReplyTo, "bounce": m.Bounce} {
		k.mail("mail."+key, a)
	}
	if m.Host != "" && m.From == "" {
		k.problem("mail.from", "it is empty, though a server is named", "Name the address that mail comes from.")
	}
	if (m.User == "") != (m.Password == "") {
		k.problem("mail.user", "a user needs a password, and a password a user", "Set both user and password (or password_file), or neither.")
	}
	if m.Password != "" && m.TLS == "none" {
		k.problem("mail.tls", "the password would go over the network in the clear", "Write starttls or tls.")
	}
}

var sourceName = regex.Of(`^[a-z0-9][a-z0-9-]{0,39}$`)

func (k *checker) definitions(d Definitions) {
	if len(d.Sources) == 0 {
		k.problem("definitions.sources", "there is none, so that nothing could be found", "Write - {name: starter, kind: starter} for the set in the program.")
	}
	names := map[string]bool{}
	for i, s := range d.Sources {
		key := fmt.Sprintf("definitions.sources[%d]", i+1)
		k.source(key, s)
		if names[s.Name] {
			k.problem(key+".name", fmt.Sprintf("another source is named %q", s.Name), "Give each a name of its own.")
		}
		names[s.Name] = true
	}
	k.between("definitions.every", d.Every, time.Minute, 7*24*time.Hour)
	k.between("definitions.stale_after", d.StaleAfter, time.Hour, 365*24*time.Hour)
	if d.Keep < 1 || d.Keep > 100 {
		k.problem("definitions.keep", fmt.Sprintf("%d is not between 1 and 100", d.Keep), "Write how many old generations to keep.")
	}
	for key, share := range map[string]float64{"more_problems": d.MoreProblems, "fewer_rules": d.FewerRules} {
		if !(share >= 0 && share <= 1) {
			k.problem("definitions."+key, "a share is between 0 and 1", "Write 0.05 for 5 %.")
		}
	}
	k.exists("definitions.clean", d.Clean)
}

func (k *checker) source(key string, s Source) {
	if !sourceName.MatchString(s.Name) {
		k.problem(key+".name", fmt.Sprintf("%.40q is no name", s.Name), "Use lower-case letters, digits and hyphens.")
	}
	k.oneOf(key+".kind", []string{"starter", "folder", "freshclam", "web"}, s.Kind)
	switch s.Kind {
	case "starter":
		if s.Name != "starter" {
			k.problem(key+".name", "the starter set is named starter", "Write name: starter.")
		}
	case "folder", "freshclam":
		k.absolute(key+".path", s.Path)
	case "web":
		k.link(key+".url", s.URL, "https")
		k.exists(key+".ca", s.CA)
	}
	if s.Timeout < 0 {
		k.problem(key+".timeout", "it is negative", "Leave it out for 5m.")
	}
}

func (k *checker) scanning(s Scanning) {
	if s.Threads < 0 || s.Threads > 1024 {
		k.problem("scanning.threads", fmt.Sprintf("%d is not between 0 and 1024", s.Threads), "Write 0 for one a processor.")
	}
	if s.Every != 0 {
		k.between("scanning.every", s.Every, time.Minute, 365*24*time.Hour)
	}
	for i, g := range s.Exclude {
		if _, err := path.Match(g, ""); err != nil || g == "" {
			k.problem(fmt.Sprintf("scanning.exclude[%d]", i+1), fmt.Sprintf("%.60q is a malformed glob", g), "Globs are made of *, ?, [a-z] and **.")
		}
	}
	if s.Inside.Depth < 0 || s.Inside.Depth > 100 {
		k.problem("scanning.inside.depth", fmt.Sprintf("%d is not between 0 and 100", s.Inside.Depth), "Write 0 to look at files as a whole.")
	}
	if s.Inside.Depth > 0 {
		k.between("scanning.inside.time", s.Inside.Time, time.Second, time.Hour)
		if s.Inside.Entries < 1 {
			k.problem("scanning.inside.entries", "nothing could be looked at", "Write how many parts of one file are looked at, or a depth of 0.")
		}
		if s.Inside.Bytes < 1<<20 || s.Inside.Part < 1<<20 {
			k.problem("scanning.inside", "bytes and part are at least 1M", "Write a depth of 0 to look at files as a whole.")
		}
	}
	for i, r := range s.RootsAllowed {
		k.absolute(fmt.Sprintf("scanning.roots_allowed[%d]", i+1), r)
	}
	for i, g := range s.Good {
		k.absolute(fmt.Sprintf("scanning.good[%d]", i+1), g)
	}
}

func (k *checker) evidence(e Evidence) {
	if strings.ContainsAny(e.Origin, "+ \t\r\n") || strings.Contains(e.Origin, "://") {
		k.problem("evidence.origin", "it is more than a host and a path", "Write it as candor.example.org/evidence, without https.")
	}
	for i, w := range e.Witnesses {
		key := fmt.Sprintf("evidence.witnesses[%d]", i+1)
		k.link(key+".url", w.URL, "https", "http")
		if strings.Count(w.Key, "+") < 2 {
			k.problem(key+".key", "it is no key of a witness", "Copy it whole: name+hash+key.")
		}
	}
	for i, r := range e.VaultRecipients {
		if _, err := age.ParseRecipients(strings.NewReader(r)); err != nil {
			k.problem(fmt.Sprintf("evidence.vault_recipients[%d]", i+1), "it is no recipient of age", "Write what age-keygen prints as public key: age1….")
		}
	}
}

func (k *checker) access(a Access) {
	k.between("access.session.idle", a.Session.Idle, time.Minute, 30*24*time.Hour)
	k.between("access.session.absolute", a.Session.Absolute, time.Minute, 365*24*time.Hour)
	if a.Session.Idle > a.Session.Absolute {
		k.problem("access.session.idle", fmt.Sprintf("%s is longer than a session lasts at all (%s)", a.Session.Idle, a.Session.Absolute), "Make it shorter than absolute.")
	}
	ids := map[string]bool{}
	for i, o := range a.OIDC {
		key := fmt.Sprintf("access.oidc[%d]", i+1)
		if !sourceName.MatchString(o.ID) || ids[o.ID] {
			k.problem(key+".id", fmt.Sprintf("%.40q is no name of its own", o.ID), "Use lower-case letters, digits and hyphens, once each.")
		}
		ids[o.ID] = true
		k.link(key+".issuer", o.Issuer, "https")
		if o.ClientID == "" {
			k.problem(key+".client_id", "it is empty", "Copy it from the identity provider.")
		}
		if len(o.Roles) == 0 {
			k.problem(key+".roles", "nobody would get in", "Say which group gives which role.")
		}
		for n, r := range o.Roles {
			k.oneOf(fmt.Sprintf("%s.roles[%d].role", key, n+1), []string{string(candor.RoleAdmin), string(candor.RoleAnalyst), string(candor.RoleAuditor)}, r.Role)
		}
	}
}
