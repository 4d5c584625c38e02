package table

import (
	"strings"

	"candor"
)

// words are what tables call things, and the classes of these; the first is taken.
var words = []struct {
	part  string
	class candor.Class
}{
	{"phish", candor.Phishing}, {"scam", candor.Phishing}, {"c2", "malicious-code/c2-server"}, {"c&c", "malicious-code/c2-server"}, {"command and control", "malicious-code/c2-server"},
	{"malware url", candor.MalwareDistribution}, {"malware-url", candor.MalwareDistribution}, {"malware_url", candor.MalwareDistribution}, {"malware_download", candor.MalwareDistribution}, {"malware distribution", candor.MalwareDistribution},
	{"malware hosting", candor.MalwareDistribution}, {"payload", candor.MalwareDistribution}, {"webshell", "intrusions/system-compromise"}, {"web shell", "intrusions/system-compromise"}, {"deface", candor.ApplicationCompromise}, {"compromised", "intrusions/system-compromise"}, {"hacked", "intrusions/system-compromise"},
	{"amplif", "vulnerable/ddos-amplifier"}, {"reflector", "vulnerable/ddos-amplifier"}, {"open resolver", "vulnerable/ddos-amplifier"}, {"openresolver", "vulnerable/ddos-amplifier"}, {"open-resolver", "vulnerable/ddos-amplifier"},
	{"open proxy", "vulnerable/potentially-unwanted-accessible"}, {"cve-", candor.VulnerableSystem}, {"vulnerab", candor.VulnerableSystem},
	{"botnet", candor.InfectedSystem}, {"bot", candor.InfectedSystem}, {"infect", candor.InfectedSystem}, {"drone", candor.InfectedSystem}, {"trojan", candor.InfectedSystem}, {"ransom", candor.InfectedSystem}, {"malware", candor.InfectedSystem}, {"mirai", candor.InfectedSystem},
	{"ddos", "availability/ddos"}, {"dos attack", "availability/dos"}, {"flood", "availability/dos"}, {"spam", candor.Spam}, {"copyright", "fraud/copyright"}, {"infring", "fraud/copyright"}, {"dmca", "fraud/copyright"},
	{"brute", "intrusion-attempts/brute-force"}, {"bruteforce", "intrusion-attempts/brute-force"}, {"login", "intrusion-attempts/brute-force"}, {"failed password", "intrusion-attempts/brute-force"}, {"credential", "intrusion-attempts/brute-force"},
	{"ssh", "intrusion-attempts/brute-force"}, {"rdp", "intrusion-attempts/brute-force"}, {"ftp", "intrusion-attempts/brute-force"}, {"imap", "intrusion-attempts/brute-force"}, {"telnet", "intrusion-attempts/brute-force"},
	{"exploit", candor.Exploit}, {"web attack", candor.Exploit}, {"webattack", candor.Exploit}, {"sql", candor.Exploit}, {"xss", candor.Exploit}, {"injection", candor.Exploit}, {"traversal", candor.Exploit}, {"rce", candor.Exploit},
	{"scan", "information-gathering/scanner"}, {"probe", "information-gathering/scanner"}, {"recon", "information-gathering/scanner"}, {"spoof", "fraud/masquerade"},
	{"扫描", "information-gathering/scanner"}, {"钓鱼", candor.Phishing}, {"木马", candor.InfectedSystem}, {"僵尸", candor.InfectedSystem}, {"暴力破解", "intrusion-attempts/brute-force"}, {"漏洞", candor.VulnerableSystem}, {"垃圾邮件", candor.Spam},
}

// classOf is the class that a text tells.
func classOf(text string) (candor.Class, bool) {
	if c, ok := candor.ParseClass(text); ok {
		return c, true
	}
	text = strings.ToLower(text)
	for _, w := range words {
		if strings.Contains(text, w.part) {
			return w.class, true
		}
	}
	return "", false
}
