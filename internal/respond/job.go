package respond

import "candor"

// ApplyJob asks for Runner.Apply.
type ApplyJob struct {
	Response candor.ID `json:"response"`
}

// Kind names the job.
func (ApplyJob) Kind() string { return "respond.apply" }

// VerifyJob asks for Runner.Verify.
type VerifyJob struct {
	Response candor.ID `json:"response"`
}

// Kind names the job.
func (VerifyJob) Kind() string { return "respond.verify" }

// UndoJob asks for Runner.Revert.
type UndoJob struct {
	Response candor.ID `json:"response"`
}

// Kind names the job.
func (UndoJob) Kind() string { return "respond.undo" }

// ExpireJob asks for Runner.Expire. It is due when the response expires.
type ExpireJob struct {
	Response candor.ID `json:"response"`
}

// Kind names the job.
func (ExpireJob) Kind() string { return "respond.expire" }
