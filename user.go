package candor

import "time"

// Role says what somebody may do.
type Role string

const (
	RoleAdmin      Role = "admin"      // everything, and the settings
	RoleAnalyst    Role = "analyst"    // works on cases
	RoleAuditor    Role = "auditor"    // reads everything, changes nothing
	RoleCustomer   Role = "customer"   // sees what belongs to its party
	RoleSubscriber Role = "subscriber" // sees what belongs to its party
)

// RoleReporter is what a reporter's program has: it hands in reports, and reads what
// became of these. No user has it.
const RoleReporter Role = "reporter"

// Roles are all roles of users.
func Roles() []Role { return []Role{RoleAdmin, RoleAnalyst, RoleAuditor, RoleCustomer, RoleSubscriber} }

// Staff tells whether the role belongs to the provider's own people.
func (r Role) Staff() bool { return r == RoleAdmin || r == RoleAnalyst || r == RoleAuditor }

// User is a person who can sign in.
type User struct {
	ID       ID        `json:"id"`
	Name     string    `json:"name"`
	Mail     string    `json:"mail"` // unique, compared in lower case
	Role     Role      `json:"role"`
	Party    ID        `json:"party,omitempty"`    // of a customer or subscriber
	Language string    `json:"language,omitempty"` // BCP 47
	TimeZone string    `json:"time_zone,omitempty"`
	Disabled bool      `json:"disabled"`
	Created  time.Time `json:"created"`
	SignedIn time.Time `json:"signed_in,omitzero"`
}

// Principal is whoever asks for something: a signed-in user, the holder of a
// token, a reporter's program, or the program itself.
type Principal struct {
	User   ID       `json:"user,omitempty"`
	Name   string   `json:"name"`
	Role   Role     `json:"role"`
	Party  ID       `json:"party,omitempty"`
	Token  ID       `json:"token,omitempty"`
	Scopes []string `json:"scopes,omitempty"` // of a token: read, write, admin; nil for a session
	// Reporter is the mail address of the reporter whose program it is; such a
	// principal is no user.
	Reporter string `json:"reporter,omitempty"`
}

// Actor is how the principal is written into timelines and evidence.
func (p Principal) Actor() string {
	switch {
	case p.User == "" && p.Role == "":
		return "system"
	case p.Role.Staff():
		return "user:" + string(p.User)
	case p.Role == RoleReporter:
		return "reporter:" + string(p.Token)
	}
	return "customer:" + string(p.Party)
}

// Scope is what the principal may see.
func (p Principal) Scope() Scope {
	if p.Role.Staff() {
		return Scope{All: true}
	}
	return Scope{Party: p.Party}
}

// Scope bounds what a query gives. The zero Scope gives nothing.
type Scope struct {
	All   bool
	Party ID
}

// Everything is the scope of the program itself.
var Everything = Scope{All: true}

// Sees tells whether something that belongs to the party is in the scope.
func (s Scope) Sees(party ID) bool { return s.All || s.Party != "" && s.Party == party }
