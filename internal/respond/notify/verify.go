package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"candor"
	"candor/internal/respond"
)

// Verify implements respond.Method: it holds if a server took every mail and
// none came back. That a person read it is not known.
func (m *Method) Verify(ctx context.Context, r candor.Response) error {
	var p planned
	if _, err := respond.ReadPlan(r, &p); err != nil {
		return err
	}
	a, err := m.attempt(r, nil)
	if err != nil {
		return err
	}
	rows, err := a.rows(ctx)
	if err != nil {
		return err
	}
	var failures []error
	for _, mail := range a.mails(p) {
		switch row := rows[mail.Message]; row.State {
		case candor.MessageSent:
		case candor.MessageBounced:
			failures = append(failures, fmt.Errorf("the mail to %s came back: %s", row.To, row.Error))
		default:
			failures = append(failures, fmt.Errorf("the mail %s was not sent", mail.Message))
		}
	}
	if len(failures) == 0 {
		return nil
	}
	return candor.WithHint(respond.Permanent(errors.Join(failures...)),
		"Ask the party for an address that works, or call, and notify again.")
}

// Sends implements respond.Sender.
func (m *Method) Sends(r candor.Response) []candor.ID {
	var p planned
	if _, err := respond.ReadPlan(r, &p); err != nil {
		return nil
	}
	a, err := m.attempt(r, nil)
	if err != nil {
		return nil
	}
	var ids []candor.ID
	for _, mail := range a.mails(p) {
		ids = append(ids, mail.Message)
	}
	return ids
}

// mails are those that tell of the response.
func (a *attempt) mails(p planned) []provenMail {
	if a.progress.With != "" {
		return a.progress.Mails
	}
	return p.mails()
}

func (p planned) mails() []provenMail {
	all := make([]provenMail, len(p.To))
	for i, to := range p.To {
		all[i] = provenMail{to.Message, to.Language}
	}
	return all
}

// proof is what the evidence log learns of a notice. Message IDs name nobody.
type proof struct {
	Letter   Letter         `json:"letter"`
	Mails    []provenMail   `json:"mails"`
	Together []candor.ID    `json:"together,omitempty"` // responses that the same mails tell of
	With     candor.ID      `json:"with,omitempty"`     // the response whose mails these are
	Counts   map[string]int `json:"counts,omitempty"`
}

type provenMail struct {
	Message  candor.ID `json:"message"`
	Language string    `json:"language"`
}

// Prove implements respond.Prover: addresses and letters are personal.
func (m *Method) Prove(r candor.Response) (respond.Proof, error) {
	var p planned
	if _, err := respond.ReadPlan(r, &p); err != nil {
		return respond.Proof{}, err
	}
	a, err := m.attempt(r, nil)
	if err != nil {
		return respond.Proof{}, err
	}
	g := a.progress
	body := proof{Letter: p.Letter, Mails: a.mails(p), Together: g.Together, With: g.With}
	if len(r.Result) > 0 {
		body.Counts = map[string]int{"sent": g.Sent, "bounced": g.Bounced, "failed": g.Failed, "waiting": g.Waiting}
	}
	out := respond.Proof{Personal: map[string]string{}}
	if g.With == "" {
		for _, to := range p.To {
			out.Personal["notify.to."+string(to.Message)] = to.Contact.Address
		}
	}
	for lang, l := range p.Letters {
		out.Personal["notify.letter."+lang] = l.Subject + "\n\n" + l.Text
	}
	for lang, digest := range g.Letters {
		out.Personal["notify.together."+lang] = digest
	}
	out.Body, err = json.Marshal(body)
	return out, err
}
