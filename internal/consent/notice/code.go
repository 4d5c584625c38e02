package notice

// Code is every piece of code that is delivered or run, and what it does on
// the machine of a visitor. What is not listed is not there.
type Code struct {
	Scripts     []Script     `json:"scripts,omitempty"`
	Workers     []Worker     `json:"service_workers,omitempty"`
	Storage     []Storage    `json:"storage,omitempty"`
	Requests    []Request    `json:"requests,omitempty"`
	Permissions []Permission `json:"permissions,omitempty"`
	Downloads   []Download   `json:"downloads,omitempty"`
	Extensions  []Extension  `json:"extensions,omitempty"`
	Changes     []Change     `json:"changes,omitempty"`
}

// Use is what every piece of code says: for which purposes, by ids, and
// whether it is there before anybody was asked.
type Use struct {
	Purposes    []string `json:"purposes"`
	Before      bool     `json:"before_consent"`
	Party       string   `json:"party_id,omitempty"` // whose it is, if not the controller's
	Description Text     `json:"description,omitempty"`
}

// Script is code that runs in pages.
type Script struct {
	Origin string `json:"origin"` // "self", "inline", or "https://*.example.net"
	Path   string `json:"path,omitempty"`
	Use
}

// Worker is a service worker: it stays when the page is closed.
type Worker struct {
	Path  string `json:"path"`  // of the script, on the site itself
	Scope string `json:"scope"` // for which paths it answers
	Use
}

// Storage is a cookie, or what else stays in the browser.
type Storage struct {
	Type     string `json:"type"`
	Name     string `json:"name"`                // a pattern
	Domain   string `json:"domain,omitempty"`    // a pattern; empty is the site itself
	Kind     string `json:"party_kind"`          // "first" or "third"
	Lifetime string `json:"lifetime"`            // "session", "unlimited" or a duration
	Secure   bool   `json:"secure,omitempty"`    // only over TLS
	HTTPOnly bool   `json:"http_only,omitempty"` // not for scripts
	SameSite string `json:"same_site,omitempty"`
	Use
}

// Request is what pages or programs ask of other hosts.
type Request struct {
	Host string   `json:"host"`               // a pattern
	Data []string `json:"pii_type,omitempty"` // what they learn
	Use
}

// Permission is a sensor or another power that is asked for.
type Permission struct {
	Name string `json:"name"`
	Use
}

// Download is a file that is offered.
type Download struct {
	Name    string `json:"name"`             // a pattern
	Host    string `json:"host,omitempty"`   // a pattern; empty is the site itself
	Signer  string `json:"signer,omitempty"` // of the digital signature
	Started string `json:"started_by"`       // "visitor" or "site"
	Use
}

// Extension is what is added to a browser.
type Extension struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
	ID   string `json:"id,omitempty"` // as the browser knows it
	Use
}

// Change is what is changed on a visitor's machine.
type Change struct {
	What   string `json:"what"`
	Undone bool   `json:"undone_by_removal"`
	Use
}
