package logs

import (
	"strings"

	"candor"
	"candor/internal/regex"
)

// jails are parts of names of fail2ban's jails, and the classes of what they
// catch; the first is taken.
var jails = []struct {
	part  string
	class candor.Class
}{
	{"badbots", scanner}, {"botsearch", candor.Exploit}, {"noscript", candor.Exploit}, {"overflow", candor.Exploit}, {"shellshock", candor.Exploit}, {"modsec", candor.Exploit},
	{"fopen", candor.Exploit}, {"nohome", candor.Exploit}, {"pass", candor.Exploit}, {"exploit", candor.Exploit}, {"sqli", candor.Exploit}, {"xss", candor.Exploit},
	{"http-auth", bruteForce}, {"apache-auth", bruteForce}, {"sasl", bruteForce}, {"limit-req", dos}, {"dos", dos}, {"flood", dos},
	{"sieve", bruteForce}, {"exim-spam", candor.Spam}, {"-auth", bruteForce}, {"rbl", candor.Spam}, {"spam", candor.Spam}, {"reject", candor.Spam},
	{"ssh", bruteForce}, {"dropbear", bruteForce}, {"pam", bruteForce}, {"dovecot", bruteForce}, {"courier", bruteForce}, {"imap", bruteForce}, {"pop3", bruteForce},
	{"ftp", bruteForce}, {"asterisk", bruteForce}, {"freeswitch", bruteForce}, {"sip", bruteForce}, {"mysql", bruteForce}, {"mssql", bruteForce}, {"mongo", bruteForce},
	{"wordpress", bruteForce}, {"wp-login", bruteForce}, {"xmlrpc", bruteForce}, {"joomla", bruteForce}, {"webmin", bruteForce}, {"login", bruteForce}, {"roundcube", bruteForce},
	{"nextcloud", bruteForce}, {"proxmox", bruteForce}, {"vaultwarden", bruteForce}, {"bitwarden", bruteForce}, {"rdp", bruteForce}, {"guacamole", bruteForce}, {"gitlab", bruteForce}, {"recidive", bruteForce},
	{"postfix", candor.Spam}, {"exim", candor.Spam}, {"sendmail", candor.Spam}, {"portsentry", scanner}, {"portscan", scanner}, {"scan", scanner}, {"ufw", scanner}, {"iptables", scanner},
	{"apache", candor.Exploit}, {"nginx", candor.Exploit}, {"php", candor.Exploit}, {"web", candor.Exploit}, {"404", candor.Exploit},
}

// jailClass is the class of what a jail of that name catches.
func jailClass(name string) candor.Class {
	name = strings.ToLower(name)
	for _, j := range jails {
		if strings.Contains(name, j.part) {
			return j.class
		}
	}
	return candor.Undetermined
}

var (
	served = regex.Of(`" [123]\d\d (?:\d+|-)|upstream|SSL_do_handshake`)
	login  = regex.Of(`(?i)"POST [^"]*(?:login|signin|xmlrpc\.php|administrator|/admin|/auth|/session|/user)|password mismatch|was not found in|authentication failure|user .* not found`)
	attack = regex.Of(`(?i)\.\./|%2e%2e|%00|union(?:\s|%20|\+)+(?:all(?:\s|%20|\+)+)?select|information_schema|\bsleep\(|<script|%3cscript|\$\{jndi|%24%7b|\(\)\s*\{|/etc/passwd|/proc/self|\.env\b|/\.git|\.aws/|wp-config|phpunit|eval-stdin|phpmyadmin|/cgi-bin/|/shell|cmd=|exec=|\bwget\b|\bcurl\b|/boaform|/HNAP1|/GponForm|/actuator|/solr/|/vendor/|/\.well-known/.*\.php|\.php\?.*=(?:https?|php|data):|allow_url_include|\\x[0-9a-f]{2}|/manager/html|autodiscover\.json|/owa/auth|ModSecurity`)
)

// webClass is the class of what a line of a web server's log tells; empty for
// ordinary visits.
func webClass(line string) candor.Class {
	switch {
	case attack.MatchString(line):
		return candor.Exploit
	case login.MatchString(line):
		return bruteForce
	case served.MatchString(line):
		return "" // an ordinary visit
	default:
		return scanner
	}
}
