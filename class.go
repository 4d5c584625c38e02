package candor

import (
	"slices"
	"strings"
)

// Class is an incident class of the Reference Incident Classification
// Taxonomy (RSIT, version 1003), written "classification/incident type" with
// the taxonomy's own machine names: "malicious-code/infected-system".
type Class string

// The classes that something in this program assigns by itself.
const (
	InfectedSystem        Class = "malicious-code/infected-system"
	MalwareDistribution   Class = "malicious-code/malware-distribution"
	ApplicationCompromise Class = "intrusions/application-compromise"
	Exploit               Class = "intrusion-attempts/exploit"
	Phishing              Class = "fraud/phishing"
	UnauthorisedUse       Class = "fraud/unauthorised-use-of-resources"
	Spam                  Class = "abusive-content/spam"
	VulnerableSystem      Class = "vulnerable/vulnerable-system"
	Undetermined          Class = "other/undetermined"
	Test                  Class = "test/test"
)

// The classes of cases that are about what a party asks of terms, or complains
// of. They are no incidents, and not of the taxonomy: ParseClass does not know
// them, so that no policy, playbook or sensor can name them.
const (
	TermsQuestion  Class = "terms/question"
	TermsComplaint Class = "terms/complaint"
)

// Incident tells whether the class is one of incidents.
func (c Class) Incident() bool { return c != TermsQuestion && c != TermsComplaint }

// classes is the whole taxonomy. The list is a table, not a state.
var classes = []Class{
	Spam, "abusive-content/harmful-speech", "abusive-content/violence",
	InfectedSystem, "malicious-code/c2-server", MalwareDistribution, "malicious-code/malware-configuration",
	"information-gathering/scanner", "information-gathering/sniffing", "information-gathering/social-engineering",
	Exploit, "intrusion-attempts/brute-force", "intrusion-attempts/ids-alert", "intrusion-attempts/new-attack-signature",
	"intrusions/privileged-account-compromise", "intrusions/unprivileged-account-compromise",
	ApplicationCompromise, "intrusions/system-compromise", "intrusions/burglary",
	"availability/dos", "availability/ddos", "availability/misconfiguration", "availability/sabotage", "availability/outage",
	"information-content-security/unauthorised-information-access",
	"information-content-security/unauthorised-information-modification",
	"information-content-security/data-loss", "information-content-security/data-leak",
	UnauthorisedUse, "fraud/copyright", "fraud/masquerade", Phishing,
	"vulnerable/weak-crypto", "vulnerable/ddos-amplifier", "vulnerable/potentially-unwanted-accessible",
	"vulnerable/information-disclosure", VulnerableSystem,
	"other/other", Undetermined,
	Test,
}

// Classes is the Reference Incident Classification Taxonomy, version 1003, in
// its own order.
func Classes() []Class { return slices.Clone(classes) }

// ParseClass finds the class that a word names: the full name, or the
// incident type alone ("phishing"). The second result is false for a word
// that the taxonomy does not have.
func ParseClass(word string) (Class, bool) {
	word = strings.ToLower(strings.TrimSpace(word))
	for _, c := range classes {
		_, incident, _ := strings.Cut(string(c), "/")
		if word == string(c) || word == incident {
			return c, true
		}
	}
	return "", false
}

// Nature says what kind of unwanted software something is, in the words of
// ITU-T X.1207 clause 3. Empty where nothing is known of it.
type Nature string

const (
	Malware   Nature = "malware"   // made to do harm: viruses, worms, trojans
	Spyware   Nature = "spyware"   // deceptive software that collects personal information
	Deceptive Nature = "deceptive" // acts without first telling, or without asking
	PUS       Nature = "pus"       // potentially unwanted software, not necessarily malicious
)

// ParseNature finds the Nature that a word names.
func ParseNature(word string) (Nature, bool) {
	switch n := Nature(strings.ToLower(strings.TrimSpace(word))); n {
	case Malware, Spyware, Deceptive, PUS:
		return n, true
	}
	return "", false
}
