package config

import (
	"fmt"
	"strings"
	"time"

	"candor"
	"candor/internal/regex"
)

// Intake says how reports of abuse come in, and what is done with them.
type Intake struct {
	Networks    []string        `koanf:"networks"` // the provider's own
	Keep        Duration        `koanf:"keep"`     // how long messages are kept
	MaxSize     Size            `koanf:"max_size"`
	Acknowledge bool            `koanf:"acknowledge"`
	Forward     bool            `koanf:"forward"` // look for those who hold what is not the provider's
	Senders     bool            `koanf:"check_senders"`
	Relays      []string        `koanf:"trusted_relays"` // by their names in Authentication-Results
	Thresholds  []Threshold     `koanf:"thresholds"`
	Passwords   []string        `koanf:"passwords"` // that archives may have
	SMTP        []IntakeSMTP    `koanf:"smtp"`
	Mailboxes   []IntakeMailbox `koanf:"mailboxes"`
	Folders     []IntakeFolder  `koanf:"folders"`
	Schema      string          `koanf:"shadowserver_schema"` // a file
	Rules       string          `koanf:"rules"`               // a file
}

// Threshold is how many reporters must say the same.
type Threshold struct {
	Class     string   `koanf:"class"`
	Reporters int64    `koanf:"reporters"`
	Within    Duration `koanf:"within"`
}

// IntakeSMTP is a listener that takes mails.
type IntakeSMTP struct {
	Name    string   `koanf:"name"`
	Listen  string   `koanf:"listen"`
	Domain  string   `koanf:"domain"` // what it calls itself
	Accept  []string `koanf:"accept"` // addresses, or domains
	TLSCert string   `koanf:"tls_cert"`
	TLSKey  string   `koanf:"tls_key"`
}

// IntakeMailbox is a mailbox that is fetched.
type IntakeMailbox struct {
	Name         string   `koanf:"name"`
	Host         string   `koanf:"host"` // host:port
	TLS          string   `koanf:"tls"`  // tls, starttls, none
	User         string   `koanf:"user"`
	Password     Secret   `koanf:"password"`
	PasswordFile string   `koanf:"password_file"`
	Folder       string   `koanf:"folder"`
	MoveTo       string   `koanf:"move_to"` // empty leaves mails where they are
	Every        Duration `koanf:"every"`
}

// IntakeFolder is a folder that is looked into.
type IntakeFolder struct {
	Name   string   `koanf:"name"`
	Path   string   `koanf:"path"`
	Remove bool     `koanf:"remove"` // what was taken; otherwise it goes to the folder "done" in it
	Every  Duration `koanf:"every"`
}

// relayName is an authserv-id that is a host name (RFC 8601, 2.5).
var relayName = regex.Of(`^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$`)

func (k *checker) intake(c Intake) {
	k.networks("intake.networks", c.Networks)
	k.between("intake.keep", c.Keep, 24*time.Hour, 10*366*24*time.Hour)
	if c.MaxSize < 1<<20 || c.MaxSize > 1<<30 {
		k.problem("intake.max_size", "it is not between 1M and 1G", "Write 50M.")
	}
	for i, name := range c.Relays {
		if !relayName.MatchString(name) {
			k.problem(fmt.Sprintf("intake.trusted_relays[%d]", i+1), fmt.Sprintf("%.60q is no name of a server", name), "Write it as the server does in Authentication-Results: mx.example.org.")
		}
	}
	for i, t := range c.Thresholds {
		key := fmt.Sprintf("intake.thresholds[%d]", i+1)
		if class, ok := candor.ParseClass(t.Class); !ok || string(class) != t.Class {
			k.problem(key+".class", fmt.Sprintf("there is no class %.60q", t.Class), "Write it as RSIT does: abusive-content/spam.")
		}
		if t.Reporters < 2 || t.Reporters > 100 {
			k.problem(key+".reporters", fmt.Sprintf("%d is not between 2 and 100", t.Reporters), "Write how many reporters must say the same; without a threshold one is enough.")
		}
		k.between(key+".within", t.Within, time.Minute, 90*24*time.Hour)
	}
	for key, name := range map[string]string{"shadowserver_schema": c.Schema, "rules": c.Rules} {
		if name != "" {
			k.exists("intake."+key, name)
		}
	}
	names := map[string]bool{}
	name := func(key, name string) {
		if !sourceName.MatchString(name) || names[name] {
			k.problem(key+".name", fmt.Sprintf("%.40q is no name of its own", name), "Use lower-case letters, digits and hyphens, once each.")
		}
		names[name] = true
	}
	for i, s := range c.SMTP {
		key := fmt.Sprintf("intake.smtp[%d]", i+1)
		name(key, s.Name)
		k.intakeSMTP(key, s)
	}
	for i, m := range c.Mailboxes {
		key := fmt.Sprintf("intake.mailboxes[%d]", i+1)
		name(key, m.Name)
		k.mailbox(key, m)
	}
	for i, f := range c.Folders {
		key := fmt.Sprintf("intake.folders[%d]", i+1)
		name(key, f.Name)
		k.absolute(key+".path", f.Path)
		if f.Every != 0 {
			k.between(key+".every", f.Every, time.Second, time.Hour)
		}
	}
}

func (k *checker) intakeSMTP(key string, s IntakeSMTP) {
	k.address(key+".listen", s.Listen)
	if len(s.Accept) == 0 {
		k.problem(key+".accept", "it would take no mail", "Name the addresses or domains that mails are taken for, such as abuse@example.org.")
	}
	if (s.TLSCert == "") != (s.TLSKey == "") {
		k.problem(key+".tls_cert", "a certificate needs a key, and a key a certificate", "Set both tls_cert and tls_key, or neither.")
	}
	for part, name := range map[string]string{"tls_cert": s.TLSCert, "tls_key": s.TLSKey} {
		if name != "" {
			k.exists(key+"."+part, name)
		}
	}
}

func (k *checker) mailbox(key string, m IntakeMailbox) {
	if !strings.Contains(m.Host, ":") {
		k.problem(key+".host", fmt.Sprintf("%.60q is no host with a port", m.Host), "Write imap.example.org:993.")
	}
	k.oneOf(key+".tls", []string{"tls", "starttls", "none"}, m.TLS)
	if m.User == "" || m.Password == "" {
		k.problem(key+".user", "a mailbox needs a user and a password", "Set user and password (or password_file).")
	}
	if m.Every != 0 {
		k.between(key+".every", m.Every, time.Second, time.Hour)
	}
}
