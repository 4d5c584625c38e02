package house

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/intake"
	"candor/internal/intake/forward"
	"candor/internal/intake/holder"
	"candor/internal/store"
)

// Forwarding is what passing on reports of what is not the provider's asks for.
type Forwarding struct {
	Holders Holders         // finds whom to tell; nil: nobody is looked for
	Writer  *forward.Writer // nil: nothing is passed on
	Own     []string        // mail addresses and domains of the provider: nothing goes to them
	Domain  string          // of Message-IDs
	PerDay  int             // mails to one address; 0: 20. Of a domain thrice as many
}

// Holders finds whom to tell of a resource, as holder.Directory does.
type Holders interface {
	Holders(ctx context.Context, r intake.Resource) ([]holder.Contact, error)
}

// SendForwardJob asks for House.SendForward.
type SendForwardJob struct {
	Forward candor.ID `json:"forward"`
}

// Kind names the job.
func (SendForwardJob) Kind() string { return "house.send-forward" }

// ForwardMailJob asks to send the mail of a forward, which was written down.
type ForwardMailJob struct {
	Forward candor.ID `json:"forward"`
}

// Kind names the job.
func (ForwardMailJob) Kind() string { return "mail.forward" }

// ForwardView is a forward with its mail, and what came back.
type ForwardView struct {
	candor.Forward
	Message *candor.Message        `json:"message,omitempty"` // nil before it is written down
	Answers []candor.ForwardAnswer `json:"answers"`
}

// The ends of a forward that was sent, besides its states.
const (
	ForwardQueued   = "queued"
	ForwardArrived  = "arrived" // a server took it
	ForwardBounced  = "bounced"
	ForwardFailed   = "failed"
	ForwardAnswered = "answered"
)

// Progress says in a word how far it is: a state, and of what was sent how that
// went.
func (v ForwardView) Progress() string {
	switch {
	case v.State != candor.ForwardSent || v.Message == nil:
		return string(v.State)
	case slices.ContainsFunc(v.Answers, func(a candor.ForwardAnswer) bool { return !a.Automatic }):
		return ForwardAnswered
	case v.Message.State == candor.MessageBounced:
		return ForwardBounced
	case v.Message.State == candor.MessageFailed:
		return ForwardFailed
	case v.Message.State == candor.MessageSent:
		return ForwardArrived
	}
	return ForwardQueued
}

// Forwards lists what is passed on, the latest first.
func (h *House) Forwards(ctx context.Context, who candor.Principal, f candor.ForwardFilter, cut candor.Cut) (candor.Page[ForwardView], error) {
	if err := may(who, access.ReadCases); err != nil {
		return candor.Page[ForwardView]{}, err
	}
	page, err := h.Store.Forwards(ctx, f, cut)
	views := candor.Page[ForwardView]{Next: page.Next, Previous: page.Previous, Count: page.Count, More: page.More, Items: make([]ForwardView, len(page.Items))}
	for i, x := range page.Items {
		if views.Items[i], err = h.forwardView(ctx, x); err != nil {
			return views, err
		}
	}
	return views, err
}

// ForwardView gives one.
func (h *House) ForwardView(ctx context.Context, who candor.Principal, id candor.ID) (ForwardView, error) {
	if err := may(who, access.ReadCases); err != nil {
		return ForwardView{}, err
	}
	f, err := h.Store.Forward(ctx, id)
	if err != nil {
		return ForwardView{}, err
	}
	return h.forwardView(ctx, f)
}

func (h *House) forwardView(ctx context.Context, f candor.Forward) (v ForwardView, err error) {
	v.Forward, v.Answers = f, []candor.ForwardAnswer{}
	m, err := h.Store.Message(ctx, f.ID)
	switch {
	case err == nil:
		m.Text = "" // the letter has it
		v.Message = &m
	case !errors.Is(err, candor.ErrNotFound):
		return v, err
	}
	all, err := h.Store.ForwardAnswers(ctx, f.ID)
	v.Answers = append(v.Answers, all...)
	return v, err
}

// Passing is a person's decision to pass something on.
type Passing struct {
	To      string // mail address; empty for the holder that was found
	Ground  string // why it may be, in words
	Named   bool   // the reporter agrees to be named
	Version int64  // of the forward that the person has seen
}

// PassOn has a person decide that something is passed on, and on what ground. A
// reporter's no stands: then it is candor.ErrDenied.
func (h *House) PassOn(ctx context.Context, who candor.Principal, id candor.ID, p Passing) error {
	if err := may(who, access.ActCases); err != nil {
		return err
	}
	if h.Forwarding.Writer == nil || h.Mute {
		return noSubmit()
	}
	if p.Ground = strings.TrimSpace(p.Ground); p.Ground == "" || len(p.Ground) > 1000 {
		return candor.WithHint(fmt.Errorf("it does not say on what ground: %w", candor.ErrInvalid), "Say in at most 1,000 bytes why it may be passed on: what the reporter said, or which duty there is.")
	}
	return h.tx(ctx, func(tx *store.Tx) error {
		f, err := h.undecided(ctx, tx, id, p.Version)
		if err != nil {
			return err
		}
		if said, err := tx.ForwardConsent(ctx, f.Report); err == nil && !said.Yes {
			return candor.WithHint(fmt.Errorf("forward %s: %w", id, candor.ErrDenied), "The reporter said that it is not passed on.")
		} else if err != nil && !errors.Is(err, candor.ErrNotFound) {
			return err
		}
		if err := h.address(&f, p.To); err != nil {
			return err
		}
		return h.approve(ctx, tx, &f, candor.ForwardBasis{How: candor.AgreedPerson, Ground: p.Ground, Named: p.Named, At: h.now(), By: who.Actor()}, who)
	})
}

// undecided gives a forward that a person may decide about, as the person saw it.
func (h *House) undecided(ctx context.Context, tx *store.Tx, id candor.ID, version int64) (candor.Forward, error) {
	f, err := tx.Forward(ctx, id)
	switch {
	case err != nil:
		return f, err
	case f.Version != version:
		return f, fmt.Errorf("forward %s: %w", id, candor.ErrChanged)
	case f.State != candor.ForwardWaiting && f.State != candor.ForwardPerson:
		return f, candor.WithHint(fmt.Errorf("forward %s is %s: %w", id, f.State, candor.ErrInvalid), "What was sent cannot be taken back, and what was refused stays so.")
	}
	return f, nil
}

// address has a forward go to another address, if one is given.
func (h *House) address(f *candor.Forward, to string) error {
	if to == "" {
		to = f.Holder
	}
	r, err := intake.NewResource(intake.Mail, to)
	if err != nil {
		return candor.WithHint(fmt.Errorf("%.100q is no mail address: %w", to, candor.ErrInvalid), "Give the address of whoever is responsible.")
	}
	if h.own(r.Value) {
		return candor.WithHint(fmt.Errorf("%s is an address of ours: %w", r.Value, candor.ErrInvalid), "It would come back as a report. Choose another.")
	}
	f.Holder = r.Value
	return nil
}

// own tells whether a mail address is the provider's.
func (h *House) own(mail string) bool {
	domain := mail[strings.LastIndexByte(mail, '@')+1:]
	return slices.ContainsFunc(h.Forwarding.Own, func(o string) bool {
		return strings.EqualFold(o, mail) || strings.EqualFold(o, domain) || strings.HasSuffix(domain, "."+strings.ToLower(o))
	})
}

// approve has a forward sent, and notes why it may be.
func (h *House) approve(ctx context.Context, tx *store.Tx, f *candor.Forward, basis candor.ForwardBasis, who candor.Principal) error {
	f.State, f.Why, f.Basis, f.Updated, f.By = candor.ForwardApproved, "", basis, h.now(), who.Actor()
	if err := tx.ChangeForward(ctx, f); err != nil {
		return err
	}
	if err := h.recordForward(ctx, tx, *f, who, map[string]any{"forward": f.State, "basis": basis.How, "named": basis.Named, "ground": basis.Ground != ""}); err != nil {
		return err
	}
	return tx.Enqueue(ctx, SendForwardJob{f.ID}, candor.JobOptions{Once: true})
}

// recordForward keeps in the log what was decided; to whom, and in which words, as
// digests: a mailbox may be a person's.
func (h *House) recordForward(ctx context.Context, tx *store.Tx, f candor.Forward, who candor.Principal, body map[string]any) error {
	body["id"] = f.ID
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	personal := map[string]string{}
	for name, value := range map[string]string{"holder": f.Holder, "ground": f.Basis.Ground} {
		if value != "" {
			personal[name] = value
		}
	}
	return h.record(ctx, tx, "", candor.RecordDecision, f.Report, who, text, personal)
}

// RefuseForward has a person say that something is not passed on, and why.
func (h *House) RefuseForward(ctx context.Context, who candor.Principal, id candor.ID, version int64, why string) error {
	if err := may(who, access.ActCases); err != nil {
		return err
	}
	return h.tx(ctx, func(tx *store.Tx) error {
		f, err := h.undecided(ctx, tx, id, version)
		if err != nil {
			return err
		}
		return h.refuse(ctx, tx, &f, intake.Cut(strings.TrimSpace(why), 1000), who)
	})
}

func (h *House) refuse(ctx context.Context, tx *store.Tx, f *candor.Forward, why string, who candor.Principal) error {
	f.State, f.Why, f.Updated, f.By = candor.ForwardRefused, why, h.now(), who.Actor()
	if err := tx.ChangeForward(ctx, f); err != nil {
		return err
	}
	return h.recordForward(ctx, tx, *f, who, map[string]any{"forward": f.State})
}

// PreviewForward words the mail that would be sent, and sends nothing.
func (h *House) PreviewForward(ctx context.Context, who candor.Principal, id candor.ID, isNamed bool) (candor.Letter, error) {
	if err := may(who, access.ReadCases); err != nil {
		return candor.Letter{}, err
	}
	f, err := h.Store.Forward(ctx, id)
	if err != nil {
		return candor.Letter{}, err
	}
	r, err := h.Store.Report(ctx, f.Report)
	if err != nil {
		return candor.Letter{}, err
	}
	f.Basis.Named = isNamed
	return h.letter(ctx, r, f)
}

// letter words the mail of a forward.
func (h *House) letter(ctx context.Context, r candor.Report, f candor.Forward) (candor.Letter, error) {
	if h.Forwarding.Writer == nil {
		return candor.Letter{}, noSubmit()
	}
	all, err := h.Store.ForwardedComplaints(ctx, f.ID, forward.MostComplaints)
	if err != nil {
		return candor.Letter{}, err
	}
	m, err := h.mailOf(r)
	if err != nil {
		return candor.Letter{}, err
	}
	o := forward.Order{ID: f.ID, Report: r, Complaints: all, Named: f.Basis.Named, Reporter: reporterOf(r, m)}
	if i := slices.IndexFunc(f.Contacts, func(c candor.Holder) bool { return slices.Contains(c.Mails, f.Holder) }); i >= 0 {
		o.Holder = f.Contacts[i]
	}
	return h.Forwarding.Writer.Write(o)
}

// SendForward writes the mail of a forward that was approved, and has it sent. It
// may be done twice. Where too many went to the holder already it is
// candor.ErrUnavailable, with when to ask again.
func (h *House) SendForward(ctx context.Context, id candor.ID) error {
	f, err := h.Store.Forward(ctx, id)
	if errors.Is(err, candor.ErrNotFound) || err == nil && f.State != candor.ForwardApproved {
		return nil
	}
	if err != nil {
		return err
	}
	return h.sendForward(ctx, f)
}

func (h *House) sendForward(ctx context.Context, f candor.Forward) error {
	r, err := h.Store.Report(ctx, f.Report)
	if err != nil {
		return err
	}
	letter, err := h.letter(ctx, r, f)
	if errors.Is(err, candor.ErrInvalid) || errors.Is(err, candor.ErrNotFound) {
		return h.toPerson(ctx, f, err.Error())
	}
	if err != nil {
		return err
	}
	return tryAgain(h.tx(ctx, func(tx *store.Tx) error { return h.post(ctx, tx, f, r, letter) }))
}

// tryAgain has a job try again where somebody else changed what it read: another
// complaint joined it, or a person decided.
func tryAgain(err error) error {
	if errors.Is(err, candor.ErrChanged) {
		return fmt.Errorf("%w: %w", candor.ErrUnavailable, err)
	}
	return err
}

// toPerson leaves a forward to a person.
func (h *House) toPerson(ctx context.Context, f candor.Forward, why string) error {
	return h.tx(ctx, func(tx *store.Tx) error {
		f.State, f.Why, f.Updated = candor.ForwardPerson, intake.Cut(why, 1000), h.now()
		return tx.ChangeForward(ctx, &f)
	})
}

// post writes a mail down, if its basis stands and its turn has come.
func (h *House) post(ctx context.Context, tx *store.Tx, f candor.Forward, r candor.Report, letter candor.Letter) error {
	if stands, err := h.stands(ctx, tx, f); err != nil || !stands {
		if err != nil {
			return err
		}
		f.State, f.Why, f.Basis, f.Updated = candor.ForwardWaiting, whyWaiting, candor.ForwardBasis{}, h.now()
		if err := tx.ChangeForward(ctx, &f); err != nil {
			return err
		}
		return tx.Enqueue(ctx, ConsiderForwardsJob{f.Report}, candor.JobOptions{}) // there may be another
	}
	domain := f.Holder[strings.LastIndexByte(f.Holder, '@')+1:]
	if err := tx.Turn(ctx, "forward", candor.ID(domain)); err != nil {
		return err
	}
	most := h.Forwarding.PerDay
	if most == 0 {
		most = 20
	}
	now := h.now()
	address, all, err := tx.ForwardsSince(ctx, f.Holder, now.Add(-24*time.Hour))
	if err != nil {
		return err
	}
	if address >= most || all >= 3*most {
		return candor.Later(fmt.Errorf("%d mails went to %s within a day: %w", address, f.Holder, candor.ErrUnavailable), time.Hour)
	}
	rest := f
	f.State, f.Sent, f.Updated, f.Letter, f.Count = candor.ForwardSent, now, now, letter, min(f.Count, forward.MostComplaints)
	if err := tx.ChangeForward(ctx, &f); err != nil {
		return err
	}
	if err := h.postRest(ctx, tx, rest); err != nil {
		return err
	}
	m := candor.Message{ID: f.ID, To: f.Holder, Language: letter.Language, Subject: letter.Subject, Text: letter.Text, MessageID: string(f.ID) + "@" + h.Forwarding.Domain, State: candor.MessageQueued, Created: now}
	if err := tx.AddMessage(ctx, m); err != nil {
		return err
	}
	text, err := json.Marshal(letter)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(text)
	body := map[string]any{"forward": f.State, "complaints": f.Count, "basis": f.Basis.How, "named": f.Basis.Named, "message": r.SHA256, "letter": hex.EncodeToString(sum[:])}
	if err := h.recordForward(ctx, tx, f, candor.Principal{}, body); err != nil {
		return err
	}
	return tx.Enqueue(ctx, ForwardMailJob{f.ID}, candor.JobOptions{})
}

// postRest has what one mail does not hold go by another.
func (h *House) postRest(ctx context.Context, tx *store.Tx, f candor.Forward) error {
	from := f.ID
	if all, err := tx.ForwardedComplaints(ctx, from, forward.MostComplaints+1); err != nil || len(all) <= forward.MostComplaints {
		return err
	}
	f.ID, f.Created, f.Updated, f.Count = candor.NewID(h.Clock()), h.now(), h.now(), f.Count-forward.MostComplaints
	if err := tx.AddForward(ctx, f); err != nil {
		return err
	}
	if err := tx.SplitForward(ctx, from, f.ID, forward.MostComplaints); err != nil {
		return err
	}
	return tx.Enqueue(ctx, SendForwardJob{f.ID}, candor.JobOptions{})
}
