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
	for _, to := range p.To {
		switch row := rows[to.Message]; row.State {
		case candor.MessageSent:
		case candor.MessageBounced:
			failures = append(failures, fmt.Errorf("the mail to %s came back: %s", row.To, row.Error))
		default:
			failures = append(failures, fmt.Errorf("the mail to %s was not sent", to.Contact.Address))
		}
	}
	if len(failures) == 0 {
		return nil
	}
	return candor.WithHint(respond.Permanent(errors.Join(failures...)),
		"Ask the party for an address that works, or call, and notify again.")
}

// proof is what the evidence log learns of a notice. Message IDs name nobody.
type proof struct {
	Letter Letter         `json:"letter"`
	Mails  []provenMail   `json:"mails"`
	Counts map[string]int `json:"counts,omitempty"`
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
	body := proof{Letter: p.Letter}
	if len(r.Result) > 0 {
		g := a.progress
		body.Counts = map[string]int{"sent": g.Sent, "bounced": g.Bounced, "failed": g.Failed, "waiting": g.Waiting}
	}
	out := respond.Proof{Personal: map[string]string{}}
	for _, to := range p.To {
		body.Mails = append(body.Mails, provenMail{to.Message, to.Language})
		out.Personal["notify.to."+string(to.Message)] = to.Contact.Address
	}
	for lang, l := range p.Letters {
		out.Personal["notify.letter."+lang] = l.Subject + "\n\n" + l.Text
	}
	out.Body, err = json.Marshal(body)
	return out, err
}
