package office

import "candor"

// classes is the Reference Incident Classification Taxonomy, version 1003, in
// its own order.
func classes() []candor.Class {
	return []candor.Class{
		candor.Spam, "abusive-content/harmful-speech", "abusive-content/violence",
		candor.InfectedSystem, "malicious-code/c2-server", candor.MalwareDistribution, "malicious-code/malware-configuration",
		"information-gathering/scanner", "information-gathering/sniffing", "information-gathering/social-engineering",
		candor.Exploit, "intrusion-attempts/brute-force", "intrusion-attempts/ids-alert", "intrusion-attempts/new-attack-signature",
		"intrusions/privileged-account-compromise", "intrusions/unprivileged-account-compromise",
		candor.ApplicationCompromise, "intrusions/system-compromise", "intrusions/burglary",
		"availability/dos", "availability/ddos", "availability/misconfiguration", "availability/sabotage", "availability/outage",
		"information-content-security/unauthorised-information-access",
		"information-content-security/unauthorised-information-modification",
		"information-content-security/data-loss", "information-content-security/data-leak",
		candor.UnauthorisedUse, "fraud/copyright", "fraud/masquerade", candor.Phishing,
		"vulnerable/weak-crypto", "vulnerable/ddos-amplifier", "vulnerable/potentially-unwanted-accessible",
		"vulnerable/information-disclosure", candor.VulnerableSystem,
		"other/other", candor.Undetermined,
		candor.Test,
	}
}
