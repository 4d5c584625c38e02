package candor

import (
	"encoding/json"
	"time"
)

// AgentState says whether an agent may speak for its server.
type AgentState string

const (
	AgentActive  AgentState = "active"
	AgentRevoked AgentState = "revoked"
)

// Agent is the program that looks after a hosting server: it scans there what
// lies there, and acts there on order.
type Agent struct {
	ID         ID              `json:"id"`
	Asset      ID              `json:"asset"` // the server
	Name       string          `json:"name"`  // what the machine calls itself
	Key        string          `json:"key"`   // SHA-256 of its public key (SubjectPublicKeyInfo), in hexadecimal
	State      AgentState      `json:"state"`
	Enrolled   time.Time       `json:"enrolled"`
	Expires    time.Time       `json:"expires"` // its certificate
	Seen       time.Time       `json:"seen,omitzero"`
	Version    string          `json:"version,omitempty"`
	Generation string          `json:"generation,omitempty"` // of the definitions that it uses
	Received   int64           `json:"received"`             // the number of the last report that was taken
	Status     json.RawMessage `json:"status,omitempty"`     // what it said of itself last
}

// AgentStatus is an agent, and how it is now.
type AgentStatus struct {
	Agent
	Server  string `json:"server"`  // the name of its asset
	Heard   bool   `json:"heard"`   // it called within the last minutes
	Backlog int64  `json:"backlog"` // reports that it has to tell
	Sites   int64  `json:"sites"`
	Current bool   `json:"current"` // it has the definitions that are in use
}

// SilentAfter is after how long an agent that was not heard of is called silent.
const SilentAfter = 5 * time.Minute

// Heard tells whether the agent called, or was made, within SilentAfter.
func (a Agent) Heard(now time.Time) bool {
	return now.Sub(a.Seen) <= SilentAfter || now.Sub(a.Enrolled) <= SilentAfter
}

// AgentToken lets a machine enrol once as a server's agent.
type AgentToken struct {
	Hash    string    `json:"hash"`  // SHA-256 of the secret, in hexadecimal
	Asset   ID        `json:"asset"` // the server
	By      string    `json:"by"`
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires"`
	Used    time.Time `json:"used,omitzero"` // zero if it was not
}

// AgentTaskState says how far a task is.
type AgentTaskState string

const (
	AgentTaskWaiting AgentTaskState = "waiting" // it is handed out until it is done
	AgentTaskDone    AgentTaskState = "done"
)

// AgentTask is something that the agent of a server is to do. It is handed out
// again until its end is known, also to the agent that comes after.
type AgentTask struct {
	ID      ID
	Asset   ID     // the server
	Same    string // what is asked for; one of a kind waits at a time
	Kind    string
	Body    json.RawMessage
	State   AgentTaskState
	Result  json.RawMessage
	Created time.Time
	Updated time.Time
}

// Issuer is what certificates of agents and nodes are signed with.
type Issuer struct {
	Certificate []byte // DER
	Key         []byte // PKCS #8, DER; sealed where it is kept
	Created     time.Time
}
