// Package config reads the one configuration of the program: a YAML file,
// over it the environment, over that the flags. It is strict: a key that
// nobody knows, a value of the wrong type and one that cannot be right are
// errors that say where, what, and what to do.
package config

// Config is everything that an operator may set. The zero value is not
// usable: begin with Defaults. Example tells what each key is for.
//
// In the file keys are nested (listen: {addr: …}). In the environment they are
// CANDOR_LISTEN_ADDR; lists of words are separated by commas there, and lists
// of sections can be written in the file only. A key ending in _file names a
// file that holds the value of the key without that ending.
type Config struct {
	Roles       []string    `koanf:"roles"`
	Data        Data        `koanf:"data"`
	Listen      Listen      `koanf:"listen"`
	Database    Database    `koanf:"database"`
	Provider    Provider    `koanf:"provider"`
	Mail        Mail        `koanf:"mail"`
	Definitions Definitions `koanf:"definitions"`
	Scanning    Scanning    `koanf:"scanning"`
	Desk        Desk        `koanf:"desk"`
	Isolation   Isolation   `koanf:"isolation"`
	Garden      Garden      `koanf:"garden"`
	Drill       Drill       `koanf:"drill"`
	Evidence    Evidence    `koanf:"evidence"`
	Access      Access      `koanf:"access"`
	Intake      Intake      `koanf:"intake"`
	Intel       Intel       `koanf:"intel"`
	Leases      Leases      `koanf:"leases"`
	Traffic     Traffic     `koanf:"traffic"`
	Metrics     Metrics     `koanf:"metrics"`
	Log         Log         `koanf:"log"`
}

// Data says where the program keeps what is its own.
type Data struct {
	Dir string `koanf:"dir"`
}

// Listen says where browsers and programs reach the server.
type Listen struct {
	Addr           string   `koanf:"addr"`            // host:port
	TLSCert        string   `koanf:"tls_cert"`        // PEM file; with TLSKey
	TLSKey         string   `koanf:"tls_key"`         // PEM file
	TrustedProxies []string `koanf:"trusted_proxies"` // networks whose X-Forwarded-For is believed
	PublicURL      string   `koanf:"public_url"`      // as browsers see it; scheme, host, port
	Clamd          []string `koanf:"clamd"`           // sockets for clients of clamd: paths, or host:port
	ICAP           []string `koanf:"icap"`            // sockets for clients of ICAP: paths, or host:port
	Agents         string   `koanf:"agents"`          // host:port for agents on hosting servers; none if empty
}

// Database says where records are kept.
type Database struct {
	URL     Secret `koanf:"url"` // postgres://…, or the path of a SQLite file; empty for one in Data.Dir
	URLFile string `koanf:"url_file"`
}

// Provider is who runs the desk, as customers and authorities see it.
type Provider struct {
	Name     string `koanf:"name"`
	Mail     string `koanf:"mail"`
	Phone    string `koanf:"phone"`
	Language string `koanf:"language"`  // BCP 47
	TimeZone string `koanf:"time_zone"` // IANA
	Country  string `koanf:"country"`   // ISO 3166-1, two letters
}

// Mail is the server that sends mail, and in whose name. Without a Host none
// is sent.
type Mail struct {
	Host         string `koanf:"host"`
	Port         int    `koanf:"port"` // 0 for the usual one of TLS
	TLS          string `koanf:"tls"`  // tls, starttls, opportunistic, none
	User         string `koanf:"user"`
	Password     Secret `koanf:"password"`
	PasswordFile string `koanf:"password_file"`
	From         string `koanf:"from"`
	ReplyTo      string `koanf:"reply_to"`
	Bounce       string `koanf:"bounce"` // where bounces come back to
	Folder       string `koanf:"folder"` // where mails are written to as files, in place of a server
	// Gather is how long after a notice to a customer others wait for each other.
	Gather Duration `koanf:"gather"`
}

// Definitions says where definitions come from.
type Definitions struct {
	Sources    []Source `koanf:"sources"`
	Every      Duration `koanf:"every"`
	Keep       int      `koanf:"keep"` // old generations
	StaleAfter Duration `koanf:"stale_after"`
	// MoreProblems, FewerRules and Clean are by what new definitions are judged.
	MoreProblems float64 `koanf:"more_problems"`
	FewerRules   float64 `koanf:"fewer_rules"`
	Clean        string  `koanf:"clean"`
}

// Source is one source of definitions.
type Source struct {
	Name     string   `koanf:"name"`
	Kind     string   `koanf:"kind"` // starter, folder, freshclam, web
	Path     string   `koanf:"path"`
	URL      string   `koanf:"url"`
	SHA256   string   `koanf:"sha256"`
	CA       string   `koanf:"ca"`
	Timeout  Duration `koanf:"timeout"`
	MaxBytes Size     `koanf:"max_bytes"`
}

// Scanning says how sites are scanned.
type Scanning struct {
	Threads      int      `koanf:"threads"` // 0 for one a processor
	Watch        bool     `koanf:"watch"`   // look at files as they change
	Every        Duration `koanf:"every"`   // of a site that says nothing else; 0 for on demand only
	Exclude      []string `koanf:"exclude"`
	MaxSize      Size     `koanf:"max_size"`      // 0 for no limit
	RootsAllowed []string `koanf:"roots_allowed"` // folders in which sites may lie
	Good         []string `koanf:"good"`          // lists of known-good files
	Inside       Inside   `koanf:"inside"`
}

// Inside says how far what lies inside of contents is looked at: in archives,
// mail, documents, encoded text.
type Inside struct {
	Depth     int      `koanf:"depth"` // 0 looks at contents as a whole
	Bytes     Size     `koanf:"bytes"` // of all that lies in one
	Part      Size     `koanf:"part"`  // of one part
	Entries   int      `koanf:"entries"`
	Time      Duration `koanf:"time"`
	Passwords []string `koanf:"passwords"` // tried on what is encrypted
}

// Desk says when the desk works and what it has promised.
type Desk struct {
	TimeZone         string      `koanf:"time_zone"` // empty for the provider's
	Hours            Hours       `koanf:"hours"`
	HolidaysFile     string      `koanf:"holidays_file"` // iCalendar or YAML
	Playbooks        string      `koanf:"playbooks"`     // a folder
	Acknowledgement  Duration    `koanf:"acknowledgement"`
	CustomerDeadline BySeverity  `koanf:"customer_deadline"`
	Authorities      []Authority `koanf:"authorities"`
}

// Hours are the working hours of each day: "09:00-12:00, 13:00-17:00", empty
// for none.
type Hours struct {
	Monday    string `koanf:"monday"`
	Tuesday   string `koanf:"tuesday"`
	Wednesday string `koanf:"wednesday"`
	Thursday  string `koanf:"thursday"`
	Friday    string `koanf:"friday"`
	Saturday  string `koanf:"saturday"`
	Sunday    string `koanf:"sunday"`
}

// BySeverity is a time for each severity.
type BySeverity struct {
	Info     Duration `koanf:"info"`
	Low      Duration `koanf:"low"`
	Medium   Duration `koanf:"medium"`
	High     Duration `koanf:"high"`
	Critical Duration `koanf:"critical"`
}

// Authority is somebody to whom incidents are reported.
type Authority struct {
	Name    string   `koanf:"name"`
	Mail    string   `koanf:"mail"`
	URL     string   `koanf:"url"` // of its reporting form
	Country string   `koanf:"country"`
	Duties  []string `koanf:"duties"` // nis2
}

// Isolation says how subscribers' lines are isolated, and what never is. Without
// points none is.
type Isolation struct {
	MostPerMinute int      `koanf:"most_per_minute"` // new isolations
	MostShare     float64  `koanf:"most_share"`      // of all lines, at a time
	Never         []string `koanf:"never"`           // addresses and networks
	Lines         string   `koanf:"lines"`           // a file that says which line holds what
	LinesAge      Duration `koanf:"lines_age"`       // after which the file is believed no more; 0 for never
	Bound         Duration `koanf:"bound"`           // how long enforcement points keep what nobody renews
	Every         Duration `koanf:"every"`           // how often enforcement points are looked at
	Lifelines     []string `koanf:"lifelines"`       // addresses and networks that isolated lines reach
	Allowed       []string `koanf:"allowed"`         // and from the walled garden besides
	DNS           []string `koanf:"dns"`             // addresses of name servers
	Portal        []string `koanf:"portal"`          // host:port of the walled garden's portal, one a family
	Ports         []string `koanf:"ports"`           // that block-ports blocks
	Rate          Size     `koanf:"rate"`            // bytes a second that rate-limit leaves
	Probes        Probes   `koanf:"probes"`
	Points        []Point  `koanf:"points"`
}

// Probes say what is tried in the name of isolated lines: "udp 192.0.2.1:9".
type Probes struct {
	Device    string   `koanf:"device"`    // an interface on the subscribers' side of the points; none: nothing is probed
	Namespace string   `koanf:"namespace"` // network namespace of the device
	Outside   []string `koanf:"outside"`
	Ports     []string `koanf:"ports"`
	Lifelines []string `koanf:"lifelines"`
}

// Point is an enforcement point.
type Point struct {
	Name     string   `koanf:"name"`
	Kind     string   `koanf:"kind"`     // nft, radius, bgp
	Networks []string `koanf:"networks"` // whose addresses pass it; empty for all
	NAS      []string `koanf:"nas"`      // whose sessions pass it; empty for all

	Namespace string `koanf:"namespace"` // nft: on this machine, in a network namespace
	SSH       string `koanf:"ssh"`       // nft: on another machine, host:port
	User      string `koanf:"user"`
	Key       Secret `koanf:"key"` // private key
	KeyFile   string `koanf:"key_file"`
	HostKey   string `koanf:"host_key"` // as ssh-keyscan prints it, without the host
	Command   string `koanf:"command"`  // that runs nft there

	Server     string       `koanf:"server"` // radius: host:port for CoA; empty for the session's server, port 3799
	Secret     Secret       `koanf:"secret"`
	SecretFile string       `koanf:"secret_file"`
	Levels     []PointLevel `koanf:"levels"`
	Restore    []string     `koanf:"restore"` // attributes that make a session free

	AS        int       `koanf:"as"`        // bgp: our number
	RouterID  string    `koanf:"router_id"` // bgp
	Listen    string    `koanf:"listen"`    // bgp: host:port; empty to connect only
	Peers     []BGPPeer `koanf:"peers"`
	Blackhole bool      `koanf:"blackhole"` // bgp: disconnect by routes to nowhere (RFC 7999) in place of Flowspec
	NextHop   []string  `koanf:"next_hop"`  // bgp: of these routes, one a family
	Community string    `koanf:"community"` // bgp: on all routes, besides
	Redirect  string    `koanf:"redirect"`  // bgp: route target of the walled garden's VRF, 64500:1
}

// PointLevel says by which attributes a RADIUS server isolates a session.
type PointLevel struct {
	Level      string   `koanf:"level"`
	Attributes []string `koanf:"attributes"` // Filter-Id=garden, 9:1=…; Disconnect for Disconnect-Request
}

// BGPPeer is a router that takes routes.
type BGPPeer struct {
	Addr         string `koanf:"addr"` // host:port
	AS           int    `koanf:"as"`
	Password     Secret `koanf:"password"`
	PasswordFile string `koanf:"password_file"`
}

// Garden is the portal that lines in the walled garden are led to. It is not
// there without Listen or ListenTLS.
type Garden struct {
	Listen    []string     `koanf:"listen"`     // host:port, for HTTP
	ListenTLS []string     `koanf:"listen_tls"` // host:port, for HTTPS
	TLSCert   string       `koanf:"tls_cert"`   // PEM file; with TLSKey
	TLSKey    string       `koanf:"tls_key"`    // PEM file
	URL       string       `koanf:"url"`        // as devices reach it; empty for the address that they come to
	Releases  int          `koanf:"releases"`   // how often the holder of a line may free it
	Within    Duration     `koanf:"within"`     // in such a time
	Watch     Duration     `koanf:"watch"`      // how long a return of the cause is watched for
	Links     []GardenLink `koanf:"links"`      // shown as what can be reached
}

// Drill says how often responses are rehearsed.
type Drill struct {
	Every  Duration `koanf:"every"`  // 0 for never
	Itself bool     `koanf:"itself"` // a worker that may holds them when they are due; else people are reminded
	Rounds int      `koanf:"rounds"`
}

// GardenLink leads to something that can be reached from the walled garden.
type GardenLink struct {
	Text string `koanf:"text"`
	URL  string `koanf:"url"`
}

// Evidence says how the evidence log is named and who else holds it.
type Evidence struct {
	Origin          string    `koanf:"origin"` // empty for the host of Listen.PublicURL and /evidence
	Witnesses       []Witness `koanf:"witnesses"`
	VaultRecipients []string  `koanf:"vault_recipients"` // age1…; empty for a key of the vault's own
}

// Witness cosigns checkpoints of the log.
type Witness struct {
	URL string `koanf:"url"`
	Key string `koanf:"key"` // verifier key, note format
}

// Access says who gets in and for how long.
type Access struct {
	Session Session `koanf:"session"`
	OIDC    []OIDC  `koanf:"oidc"`
}

// Session bounds how long somebody stays signed in.
type Session struct {
	Idle     Duration `koanf:"idle"`
	Absolute Duration `koanf:"absolute"`
}

// OIDC is an identity provider.
type OIDC struct {
	ID               string     `koanf:"id"`
	Name             string     `koanf:"name"`
	Issuer           string     `koanf:"issuer"`
	ClientID         string     `koanf:"client_id"`
	ClientSecret     Secret     `koanf:"client_secret"`
	ClientSecretFile string     `koanf:"client_secret_file"`
	Scopes           []string   `koanf:"scopes"`
	Groups           string     `koanf:"groups"` // the claim that holds them
	Roles            []RoleRule `koanf:"roles"`
	Create           bool       `koanf:"create"`
	LinkByMail       bool       `koanf:"link_by_mail"`
	UnverifiedMail   bool       `koanf:"unverified_mail"`
}

// RoleRule gives a role to a group.
type RoleRule struct {
	Group string `koanf:"group"`
	Role  string `koanf:"role"`
}

// Metrics says who reads the metrics: whoever reaches an address of its own,
// or who has the token. With neither there are none.
type Metrics struct {
	Listen    string `koanf:"listen"`
	Token     Secret `koanf:"token"`
	TokenFile string `koanf:"token_file"`
}

// Log says what the program writes about itself.
type Log struct {
	Level  string `koanf:"level"`  // debug, info, warn, error
	Format string `koanf:"format"` // text, json
}
