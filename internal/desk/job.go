package desk

import (
	"time"

	"candor"
)

// QueueUrgent is the queue of what somebody waits for.
const QueueUrgent = "urgent"

// PolicyJob asks for Desk.Propose: what the playbook proposes for a new case,
// and what the policy does by itself.
type PolicyJob struct {
	Case candor.ID `json:"case"`
	// More are cases of the same party of which the same is asked: what the policy
	// does by itself in all of them begins at once.
	More  []candor.ID `json:"more,omitempty"`
	Again bool        `json:"again,omitempty"` // the cases are not new: findings joined them
	// Returned is the method of what the party ended itself by saying that the
	// cause is gone, and is done again at once, since it is back.
	Returned string `json:"returned,omitempty"`
	Level    string `json:"level,omitempty"` // of it
}

// Kind names the job.
func (PolicyJob) Kind() string { return "desk.policy" }

// WithdrawJob asks to refuse what is proposed for a case that came to its end.
type WithdrawJob struct {
	Case candor.ID `json:"case"`
}

// Kind names the job.
func (WithdrawJob) Kind() string { return "desk.withdraw" }

// RecheckJob asks to look again at the places of a case.
type RecheckJob struct {
	Case candor.ID `json:"case"`
	By   string    `json:"by"`
	At   time.Time `json:"at"` // to the second: what is asked for later is another look
}

// Kind names the job.
func (RecheckJob) Kind() string { return "desk.recheck" }

// TellJob asks to tell webhooks that something happened to a case.
type TellJob struct {
	What string    `json:"what"` // case.opened, case.closed, …
	Case candor.ID `json:"case"`
}

// Kind names the job.
func (TellJob) Kind() string { return "desk.tell" }
