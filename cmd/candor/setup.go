package main

import (
	"fmt"
	"io/fs"
	"log/slog"
	"net/mail"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/config"
	"candor/internal/desk/calendar"
	"candor/internal/evidence"
	"candor/internal/respond/notify"
	"candor/internal/respond/notify/smtp"
	"candor/internal/scan"
	"candor/internal/scan/generation"
	"candor/internal/scan/unpack"
)

// makeSetup turns a configuration into what the house is made from.
func makeSetup(c *config.Config, log *slog.Logger) (setup, error) {
	node, err := os.Hostname()
	if err != nil {
		return setup{}, err
	}
	data, err := filepath.Abs(c.Data.Dir)
	if err != nil {
		return setup{}, err
	}
	var books []fs.FS
	if c.Desk.Playbooks != "" {
		books = append(books, os.DirFS(c.Desk.Playbooks))
	}
	s := setup{
		playbooks: books,
		data:      folder(data), database: c.Database.URL.Reveal(), node: nodeName(node, data, c.Roles), roles: c.Roles, publicURL: c.Listen.PublicURL, origin: c.Evidence.Origin,
		provider: notify.Provider{Name: c.Provider.Name, Mail: c.Provider.Mail, Phone: c.Provider.Phone}, language: c.Provider.Language,
		keep: c.Definitions.Keep, stale: time.Duration(c.Definitions.StaleAfter), check: time.Duration(c.Definitions.Every),
		every: time.Duration(c.Scanning.Every), scans: 2, threads: c.Scanning.Threads, watch: c.Scanning.Watch, maxSize: int64(c.Scanning.MaxSize), allowed: c.Scanning.RootsAllowed, good: c.Scanning.Good, agents: c.Listen.Agents, traffic: c.Traffic, leases: c.Leases, intake: c.Intake, intel: c.Intel, isolation: c.Isolation, garden: c.Garden, drill: c.Drill,
		limits: generation.Limits{MoreProblems: c.Definitions.MoreProblems, FewerRules: c.Definitions.FewerRules, Clean: c.Definitions.Clean},
		vault:  evidence.VaultOptions{Recipients: c.Evidence.VaultRecipients},
		clock:  time.Now, log: log,
	}
	if s.publicURL == "" {
		s.publicURL = "http://" + browserHost(c.Listen.Addr)
	}
	if s.origin == "" && !exists(folder(data).log()) { // a log that exists knows its own name
		u, err := url.Parse(s.publicURL)
		if err != nil {
			return s, err
		}
		s.origin = u.Hostname() + "/evidence"
	}
	if s.provider.Name == "" {
		s.provider.Name = "Candor"
	}
	if c.Provider.Mail != "" {
		s.alarms = []string{c.Provider.Mail}
	}
	for _, w := range c.Evidence.Witnesses {
		s.witnesses = append(s.witnesses, evidence.Cosigner{Key: w.Key, URL: w.URL})
	}
	for _, x := range c.Definitions.Sources {
		s.sources = append(s.sources, generation.Source{Name: x.Name, Kind: generation.Kind(x.Kind), Path: x.Path, URL: x.URL, SHA256: x.SHA256,
			CA: x.CA, Timeout: time.Duration(x.Timeout), MaxBytes: int64(x.MaxBytes)})
	}
	s.excluded = c.Scanning.Exclude
	if s.exclude, err = scan.ParseExclude(c.Scanning.Exclude); err != nil {
		return s, err
	}
	s.into = insideOf(c.Scanning.Inside)
	for _, fill := range []func(*config.Config) error{s.fillClocks, s.fillMail, s.fillAccess} {
		if err := fill(c); err != nil {
			return s, err
		}
	}
	return s, nil
}

// insideOf says how far what lies inside of contents is looked at.
func insideOf(c config.Inside) *unpack.Options {
	if c.Depth == 0 {
		return nil
	}
	return &unpack.Options{Limits: unpack.Limits{Depth: c.Depth, Bytes: int64(c.Bytes), Part: int64(c.Part), Entries: c.Entries, Time: time.Duration(c.Time)}, Passwords: c.Passwords}
}

// browserHost is what a browser on this machine calls an address. Passkeys
// work with names only, hence localhost.
func browserHost(addr string) string {
	at, err := netip.ParseAddrPort(addr)
	if err == nil && (at.Addr().IsLoopback() || at.Addr().IsUnspecified()) {
		return fmt.Sprintf("localhost:%d", at.Port())
	}
	return addr
}

func (s *setup) fillClocks(c *config.Config) error {
	name := c.Desk.TimeZone
	if name == "" {
		name = c.Provider.TimeZone
	}
	var err error
	if s.zone, err = time.LoadLocation(name); err != nil {
		return err
	}
	week, err := c.Desk.Hours.Week()
	if err != nil {
		return err
	}
	hours := calendar.Config{Zone: s.zone}
	for day, spans := range week {
		for _, span := range spans {
			hours.Hours[day] = append(hours.Hours[day], calendar.Span{From: calendar.Minute(span.From), To: calendar.Minute(span.To)})
		}
	}
	if file := c.Desk.HolidaysFile; file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			return candor.WithHint(fmt.Errorf("holidays: %w", err), "Check desk.holidays_file.")
		}
		holidays, skipped, err := calendar.ParseICS(file, text)
		if err != nil {
			return err
		}
		for _, k := range skipped {
			s.log.Warn("a holiday could not be read", "file", file, "line", k.Line, "why", k.Why)
		}
		hours.Holidays = holidays
	}
	if s.calendar, err = calendar.New(hours); err != nil {
		return err
	}
	s.rules = calendar.Rules()
	customer := map[string]config.Duration{
		calendar.Customer(candor.Info): c.Desk.CustomerDeadline.Info, calendar.Customer(candor.Low): c.Desk.CustomerDeadline.Low,
		calendar.Customer(candor.Medium): c.Desk.CustomerDeadline.Medium, calendar.Customer(candor.High): c.Desk.CustomerDeadline.High,
		calendar.Customer(candor.Critical): c.Desk.CustomerDeadline.Critical, calendar.Acknowledgement: c.Desk.Acknowledgement,
	}
	for i, r := range s.rules {
		if d, ok := customer[r.Name]; ok && d > 0 {
			s.rules[i].Period = calendar.Period{Time: time.Duration(d)}
			s.rules[i].Warn = time.Duration(d) / 4
		}
	}
	return nil
}

func (s *setup) fillMail(c *config.Config) error {
	s.gather = time.Duration(c.Mail.Gather)
	if s.noMail = c.Mail.Host == ""; s.noMail {
		s.drop = c.Mail.Folder
		return nil
	}
	from, err := mail.ParseAddress(c.Mail.From)
	if err != nil {
		return candor.WithHint(fmt.Errorf("mail.from: %w: %w", candor.ErrInvalid, err), "Write it as Abuse Desk <abuse@example.org>.")
	}
	s.mail = smtp.Options{Host: c.Mail.Host, Port: c.Mail.Port, Security: smtp.Security(c.Mail.TLS), User: c.Mail.User,
		Password: c.Mail.Password.Reveal(), From: *from, Bounces: c.Mail.Bounce}
	if s.mail.User != "" {
		s.mail.Auth = smtp.AnyAuth
	}
	if s.mail.Bounces != "" {
		s.mail.Separator = "+"
	}
	if c.Mail.ReplyTo != "" {
		to, err := mail.ParseAddress(c.Mail.ReplyTo)
		if err != nil {
			return candor.WithHint(fmt.Errorf("mail.reply_to: %w: %w", candor.ErrInvalid, err), "Write it as abuse@example.org.")
		}
		s.mail.ReplyTo = *to
	}
	return nil
}

func (s *setup) fillAccess(c *config.Config) error {
	s.access = access.Options{Idle: time.Duration(c.Access.Session.Idle), Lifetime: time.Duration(c.Access.Session.Absolute)}
	for _, p := range c.Listen.TrustedProxies {
		if !strings.Contains(p, "/") {
			a, err := netip.ParseAddr(p)
			if err != nil {
				return err
			}
			p = netip.PrefixFrom(a, a.BitLen()).String()
		}
		network, err := netip.ParsePrefix(p)
		if err != nil {
			return err
		}
		s.access.Proxies = append(s.access.Proxies, network)
	}
	for _, o := range c.Access.OIDC {
		provider := access.OIDCProvider{ID: o.ID, Name: o.Name, Issuer: o.Issuer, ClientID: o.ClientID, ClientSecret: o.ClientSecret.Reveal(),
			Scopes: o.Scopes, Groups: o.Groups, Create: o.Create, LinkByMail: o.LinkByMail, UnverifiedMail: o.UnverifiedMail}
		for _, r := range o.Roles {
			provider.Roles = append(provider.Roles, access.RoleRule{Group: r.Group, Role: candor.Role(r.Role)})
		}
		s.access.OIDC = append(s.access.OIDC, provider)
	}
	return nil
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// nodeName is what jobs remember of who does them. A program that is no worker has
// another name than workers of its machine: each begins its own again.
func nodeName(host, data string, roles []string) string {
	if slices.Contains(roles, config.RoleWorker) {
		return host + ":" + data
	}
	return host + ":" + data + "/" + strings.Join(roles, "+")
}
