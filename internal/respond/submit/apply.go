package submit

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"candor"
	"candor/internal/directory"
	"candor/internal/respond"
)

// progress is the result of a response.
type progress struct {
	Sending   time.Time           `json:"sending,omitzero"` // when the last dialogue with a server began
	State     candor.MessageState `json:"state,omitempty"`
	First     time.Time           `json:"first,omitzero"`      // of an API: since when it is tried
	Outcomes  []SampleOutcome     `json:"outcomes,omitempty"`  // of an API: of each sample, in the order of the plan
	Handed    time.Time           `json:"handed,omitzero"`     // of a form: when a person handed it in
	Reference string              `json:"reference,omitempty"` // of a form: under which reference
}

// grace is how long after the end of an attempt its message may still change.
const grace = 30 * time.Second

// attempt is one call of Apply.
type attempt struct {
	*Method
	response candor.Response
	journal  respond.Journal
	progress progress
}

func (a *attempt) save(ctx context.Context) error {
	result, err := json.Marshal(a.progress)
	if err != nil {
		return err
	}
	return a.journal.Save(ctx, result)
}

// Apply implements respond.Method. It writes the mail down, then hands it over, if
// the directory still has the address and the key that were approved.
// While it can still be sent, the error is temporary.
func (m *Method) Apply(ctx context.Context, r candor.Response, j respond.Journal) (json.RawMessage, error) {
	s, err := Read(r)
	if err != nil {
		return nil, err
	}
	a := &attempt{Method: m, response: r, journal: j}
	if len(r.Result) > 0 {
		if err := json.Unmarshal(r.Result, &a.progress); err != nil {
			return nil, fmt.Errorf("read the result of response %s: %w: %w", r.ID, candor.ErrInvalid, err)
		}
	}
	switch s.By() {
	case directory.API:
		return a.call(ctx, s)
	case directory.Form:
		return a.hand(ctx, s)
	}
	if err := a.save(ctx); err != nil { // it may be another's by now
		return nil, err
	}
	row, there, err := m.row(ctx, r, s)
	if err != nil {
		return nil, err
	}
	if !there {
		if row, err = a.add(ctx, s); err != nil {
			return nil, err
		}
	}
	row, after, err := a.deliver(ctx, s, row)
	a.progress.State = row.State
	result, broken := json.Marshal(a.progress)
	switch {
	case broken != nil:
		return nil, broken
	case row.State == candor.MessageSent:
		return result, nil
	case row.State == candor.MessageQueued || row.State == candor.MessageSending:
		return result, respond.Temporary(err, after)
	}
	hint := "Look after the address in the directory."
	if h := candor.Hint(err); h != "" {
		hint = h
	}
	return result, candor.WithHint(respond.Permanent(fmt.Errorf("the mail to %s was not taken: %s", row.To, row.Error)), hint)
}

// row gives the message of a response, if it is stored.
func (m *Method) row(ctx context.Context, r candor.Response, s Submission) (candor.Message, bool, error) {
	list, err := m.Messages.MessagesOf(ctx, r.ID)
	if err != nil {
		return candor.Message{}, false, respond.Temporary(fmt.Errorf("read the mail: %w", err), 0)
	}
	for _, row := range list {
		if row.ID == s.Message {
			return row, true, nil
		}
	}
	return candor.Message{}, false, nil
}

// add writes down a mail that is to be sent. It belongs to no party.
func (a *attempt) add(ctx context.Context, s Submission) (candor.Message, error) {
	row := candor.Message{ID: s.Message, Response: a.response.ID, Case: a.response.Case, To: s.To, Language: s.Language, Subject: s.Subject, Text: s.Text,
		MessageID: strings.ReplaceAll(string(s.Message), "-", "") + "@" + a.Domain, State: candor.MessageQueued, Created: a.Now().UTC()}
	if err := a.Messages.AddMessage(ctx, row); err != nil {
		return row, respond.Temporary(fmt.Errorf("write down the mail to %s: %w", s.To, err), 0)
	}
	return row, nil
}

// deliver carries the mail as far as it goes now.
func (a *attempt) deliver(ctx context.Context, s Submission, row candor.Message) (candor.Message, time.Duration, error) {
	switch row.State {
	case candor.MessageSending:
		if _, taken := a.accepted.Load(row.ID); taken {
			return a.settle(ctx, row, nil)
		}
		if rest := a.progress.Sending.Add(a.Patience + grace).Sub(a.Now()); rest > 0 {
			return row, rest, errors.New("another attempt to send it may still run")
		}
	case candor.MessageQueued:
	default:
		return row, 0, nil
	}
	if err := a.agreed(ctx, s); errors.Is(err, candor.ErrDenied) {
		from := row.State
		row.State, row.Error = candor.MessageFailed, err.Error()
		return row, backoff(row.Attempts), a.Messages.ChangeMessage(ctx, row, from)
	} else if err != nil {
		return row, backoff(row.Attempts), err
	}
	files, err := a.ready(ctx, s, row)
	switch {
	case err != nil && lasting(err):
		return a.fail(ctx, row, err)
	case err != nil:
		return row, backoff(row.Attempts), err
	}
	a.progress.Sending = a.Now().UTC()
	if err := a.save(ctx); err != nil {
		return row, backoff(row.Attempts), err
	}
	from := row.State
	row.State = candor.MessageSending
	row.Attempts++
	if err := a.Messages.ChangeMessage(ctx, row, from); err != nil {
		row.State = from
		return row, backoff(row.Attempts), fmt.Errorf("keep how far the mail to %s is: %w", row.To, err)
	}
	return a.settle(ctx, row, a.send(ctx, row, files))
}

// ready makes the attachments, if the mail may be sent now.
func (a *attempt) ready(ctx context.Context, s Submission, row candor.Message) ([]candor.Attachment, error) {
	if a.Now().Sub(row.Created) >= a.GiveUp {
		return nil, invalid(fmt.Sprintf("it could not be sent for %s: %s", a.GiveUp, cmp.Or(row.Error, "it could not be made")), "Propose it anew.")
	}
	if row.State == candor.MessageQueued {
		if err := a.stands(ctx, s); err != nil {
			return nil, err
		}
	}
	return a.attachments(ctx, s)
}

// stands tells whether the directory still says what was approved.
func (a *attempt) stands(ctx context.Context, s Submission) error {
	const hint = "Propose it anew."
	e, err := a.Entries.Entry(ctx, s.Entry)
	switch {
	case errors.Is(err, candor.ErrNotFound):
		return candor.WithHint(fmt.Errorf("%s is not in the directory any more: %w", s.Name, err), hint)
	case err != nil:
		return fmt.Errorf("entry %s of the directory: %w", s.Entry, err)
	case !e.Retired.IsZero():
		return invalid(s.Name+" was retired since this was planned", hint)
	case s.Way == directory.API && !directory.SameInterface(e.Interface, s.API):
		return invalid("what the directory says of the API of "+s.Name+" was changed since this was planned", hint)
	case s.Way == directory.API && s.Form == Packed && (e.Archive != s.Archive || e.Password != s.Password):
		return invalid("the archive of "+s.Name+" was changed since this was planned", hint)
	case s.Way == directory.API:
		return nil
	case e.Address(s.By()) != s.To:
		return invalid("the address of "+s.Name+" was changed since this was planned", hint)
	case s.Form != Digests && e.Fingerprint() != (directory.Entry{Key: s.Key}).Fingerprint():
		return invalid("the key of "+s.Name+" was changed since this was planned", hint)
	case s.Form == Encrypted && !e.Usable(a.Now()):
		return invalid("the key of "+s.Name+" cannot encrypt any more", "Put their new key into the directory, and propose it anew.")
	}
	return nil
}

// lasting tells whether an error stays however often a mail is tried.
func lasting(err error) bool {
	return errors.Is(err, candor.ErrNotFound) || errors.Is(err, candor.ErrInvalid) || errors.Is(err, candor.ErrChanged) // the vault's content is broken
}

// fail writes down that a mail will never be sent, and why.
func (a *attempt) fail(ctx context.Context, row candor.Message, failure error) (candor.Message, time.Duration, error) {
	from := row.State
	row.State, row.Error = candor.MessageFailed, brief(failure)
	if err := a.Messages.ChangeMessage(ctx, row, from); err != nil {
		row.State = from
		return row, backoff(row.Attempts), fmt.Errorf("keep how far the mail to %s is: %w", row.To, err)
	}
	return row, 0, failure
}

// brief keeps an error to a line.
func brief(err error) string {
	s := strings.Join(strings.Fields(err.Error()), " ")
	return strings.ToValidUTF8(s[:min(len(s), 400)], "")
}

// agreed asks again whether all of it may go: people may have said no meanwhile.
func (a *attempt) agreed(ctx context.Context, s Submission) error {
	if a.Consent == nil {
		return nil
	}
	for _, x := range s.Samples {
		if err := a.Consent.MaySend(ctx, a.response.Case, x.SHA256); err != nil {
			return err
		}
	}
	return nil
}

// send is not broken off when ctx ends: nobody would know whether the server
// took the mail. It ends soon anyway.
func (a *attempt) send(ctx context.Context, row candor.Message, files []candor.Attachment) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.Patience)
	defer cancel()
	row.Attachments = files
	return a.Sender.Send(ctx, row)
}

// settle writes down what came of sending.
func (a *attempt) settle(ctx context.Context, row candor.Message, failure error) (candor.Message, time.Duration, error) {
	ctx = context.WithoutCancel(ctx) // what was seen must be kept
	now := a.Now().UTC()
	row.Error = ""
	switch {
	case failure == nil:
		a.accepted.Store(row.ID, true)
		row.State, row.Sent = candor.MessageSent, now
	case errors.Is(failure, candor.ErrDenied):
		row.State, row.Bounced = candor.MessageBounced, now
	case errors.Is(failure, candor.ErrInvalid), now.Sub(row.Created) >= a.GiveUp:
		row.State = candor.MessageFailed
	default:
		row.State = candor.MessageQueued
	}
	if failure != nil {
		row.Error = brief(failure)
	}
	if err := a.Messages.ChangeMessage(ctx, row, candor.MessageSending); err != nil {
		if errors.Is(err, candor.ErrChanged) { // somebody else knows better
			a.accepted.Delete(row.ID)
		}
		row.State = candor.MessageSending // if it was taken, we know
		return row, backoff(row.Attempts), fmt.Errorf("keep how far the mail to %s is: %w", row.To, err)
	}
	a.accepted.Delete(row.ID)
	return row, backoff(row.Attempts), failure
}

// backoff is how long to wait after the n-th attempt: a minute, doubled up to
// four hours.
func backoff(n int) time.Duration {
	return min(time.Minute<<min(max(n-1, 0), 8), 4*time.Hour)
}

// Verify implements respond.Method: it holds if a server took the mail and it did
// not come back, if an API took all samples, if somebody handed in the form. That
// anybody looked at it an answer tells.
func (m *Method) Verify(ctx context.Context, r candor.Response) error {
	s, err := Read(r)
	if err != nil {
		return err
	}
	if s.By() != directory.Mail {
		return arrived(r, s)
	}
	row, there, err := m.row(ctx, r, s)
	switch {
	case err != nil:
		return err
	case !there || row.State != candor.MessageSent && row.State != candor.MessageBounced:
		err = fmt.Errorf("the mail to %s was not sent", s.To)
	case row.State == candor.MessageBounced:
		err = fmt.Errorf("the mail to %s came back: %s", s.To, row.Error)
	default:
		return nil
	}
	return candor.WithHint(respond.Permanent(err), "Look after the address in the directory, and send it again.")
}

// Revert implements respond.Method. What was sent cannot be taken back; what was
// not is not sent any more.
func (m *Method) Revert(ctx context.Context, r candor.Response, _ respond.Journal) (json.RawMessage, error) {
	s, err := Read(r)
	if err != nil {
		return nil, err
	}
	if s.By() != directory.Mail {
		return nil, invalid("what an organisation was given cannot be taken back", "Write to them by hand.")
	}
	row, there, err := m.row(ctx, r, s)
	switch {
	case err != nil:
		return nil, err
	case there && (row.State == candor.MessageSent || row.State == candor.MessageSending):
		return nil, invalid("a mail that was sent cannot be taken back", "Write to them by hand.")
	case !there || row.State != candor.MessageQueued:
		return r.Result, nil
	}
	row.State, row.Error = candor.MessageFailed, "it was called off"
	if err := m.Messages.ChangeMessage(ctx, row, candor.MessageQueued); err != nil {
		return nil, respond.Temporary(fmt.Errorf("call off the mail to %s: %w", s.To, err), 0)
	}
	return r.Result, nil
}

// Prove implements respond.Prover. Nothing of it is personal: an organisation's
// name, and digests of what the vault keeps.
func (m *Method) Prove(r candor.Response) (respond.Proof, error) {
	s, err := Read(r)
	if err != nil {
		return respond.Proof{}, err
	}
	body := map[string]any{"entry": s.Entry, "organisation": s.Name, "form": s.Form, "message": s.Message}
	p := respond.Proof{Personal: map[string]string{}}
	if s.By() != directory.Mail {
		body["way"], body["to"] = s.Way, s.To
		delete(body, "message")
		what, err := readProgress(r)
		if err != nil {
			return p, err
		}
		prove(body, p.Personal, what)
	}
	if s.Follows != "" {
		body["follows"] = s.Follows
	}
	for _, x := range s.Samples {
		p.Blobs = append(p.Blobs, x.SHA256)
	}
	p.Body, err = json.Marshal(body)
	return p, err
}
