// Package notice is the notice as data: what a site or a program declares of
// itself before anybody agrees to anything (ITU-T X.1207, 11.2 a): who is
// responsible, what data is taken and why, and every piece of code that it
// delivers or runs.
//
// A notice is one JSON document. Decode reads it strictly, Validate explains
// what is wrong with it, Canonical and Digest pin a version, a Matcher tells
// whether something observed is declared, and Short and Full give the layers
// that people read, in six languages.
//
// Members are named after ISO/IEC TS 27560 where it has one, and the order of
// contents follows ISO/IEC 29184; Context maps both onto the W3C Data Privacy
// Vocabulary (DPV).
package notice

//go:generate go run ./document ../../../docs/notice

// SchemaVersion is the version of the schema that this package reads.
const SchemaVersion = "notice-1"

// WellKnown is the path (RFC 8615) at which a site serves its notice.
const WellKnown = "/.well-known/candor-notice.json"

// MediaType is that of a notice at its well-known address.
const MediaType = "application/json"

// Text is a free text by language (BCP 47). It has the notice's own language.
type Text map[string]string

// Notice is a declaration. Nobody changes one that was decoded.
type Notice struct {
	SchemaVersion string    `json:"schema_version"`
	ID            string    `json:"notice_id"`      // the same in all versions
	Version       string    `json:"version"`        // differs from one version to the next
	Effective     string    `json:"effective_date"` // RFC 3339 full-date
	Replaces      string    `json:"replaces,omitempty"`
	Language      string    `json:"language"` // in which every text is there
	Title         Text      `json:"title"`
	Summary       Text      `json:"summary"`
	Applies       Applies   `json:"applies_to"`
	URL           string    `json:"notice_url,omitempty"` // of the full text
	Parties       []Party   `json:"party_identification"`
	Jurisdictions []string  `json:"jurisdictions,omitempty"` // ISO 3166-1 alpha-2
	Security      Security  `json:"security"`
	Purposes      []Purpose `json:"purposes"`
	Rights        []string  `json:"privacy_rights"`
	Consent       *Consent  `json:"consent,omitempty"`
	Code          Code      `json:"code"`
	Removal       Text      `json:"removal,omitempty"` // how to be rid of all that Code leaves behind
}

// Applies says for what a notice speaks; at least one site or program.
type Applies struct {
	Sites    []string  `json:"sites,omitempty"` // hosts; "*.example.net" stands for all below
	Programs []Program `json:"programs,omitempty"`
}

// Program is client software.
type Program struct {
	Name    string   `json:"name"`
	Version string   `json:"version,omitempty"`
	SHA256  []string `json:"sha256,omitempty"` // of its builds
}

// Party is who has a part in it.
type Party struct {
	ID      string `json:"party_id"`
	Role    string `json:"party_role"`
	Name    string `json:"party_name"`
	Address string `json:"party_address,omitempty"`
	Country string `json:"party_country,omitempty"`
	Email   string `json:"party_email,omitempty"`
	Phone   string `json:"party_phone,omitempty"`
	URL     string `json:"party_url,omitempty"`
}

// Security is how what was collected is kept safe.
type Security struct {
	Practices   []string `json:"practices"`
	Description Text     `json:"description,omitempty"`
	Contact     string   `json:"contact,omitempty"` // for reports of weaknesses: mailto: or https:
}

// Purpose is one reason for taking data, and all that hangs on it.
type Purpose struct {
	ID          string        `json:"purpose_id"`
	Type        string        `json:"purpose_type"`
	Description Text          `json:"description"`
	Basis       Basis         `json:"lawful_basis"`
	Data        []Information `json:"pii_information"`
	Recipients  []string      `json:"recipient_third_parties,omitempty"` // ids of parties
	Retention   string        `json:"retention_period"`
	Note        Text          `json:"retention_note,omitempty"`
	Locations   []string      `json:"storage_locations"` // ISO 3166-1 alpha-2
}

// Basis is the legal ground.
type Basis struct {
	Type   string `json:"basis_type"`
	Law    string `json:"law,omitempty"` // a term of DPV for the GDPR: "eu-gdpr:A6-1-a"
	Reason Text   `json:"reason,omitempty"`
}

// Information is a category of data.
type Information struct {
	Type        string `json:"pii_type"`
	Source      string `json:"source"` // how it is come by
	Optional    bool   `json:"pii_optional,omitempty"`
	Description Text   `json:"description,omitempty"`
}

// Consent is how people agree, and how they take it back.
type Consent struct {
	Ask        Text   `json:"collection_method"`
	Withdrawal Text   `json:"withdrawal_method"`
	URL        string `json:"withdrawal_url,omitempty"`
}
