package house

import (
	"cmp"
	"context"
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
	"candor/internal/intake/message"
	"candor/internal/intake/reading"
	"candor/internal/store"
)

// QueueHolders is the queue of reports of which somebody is looked for who holds what
// they complain about: servers of others are asked, one after the other.
const QueueHolders = "holders"

// LookForHoldersJob asks for House.LookForHolders.
type LookForHoldersJob struct {
	Report candor.ID `json:"report"`
	Since  time.Time `json:"since"` // when it was asked for first
	Round  int       `json:"round,omitempty"`
}

// Kind names the job.
func (LookForHoldersJob) Kind() string { return "house.look-for-holders" }

const (
	mostHeld   = 100           // resources that are looked for in a round
	mostRounds = 10            // by themselves; a person may ask for more
	patience   = 6 * time.Hour // with servers that cannot be asked
	mostUnheld = 5000          // complaints of a round
)

// Why a forward waits, or is refused, as words that pages tell in full.
const (
	whyWaiting  = "waiting"  // the reporter has not agreed yet
	whyUnknown  = "unknown"  // nobody is known whom to tell
	whyBusy     = "busy"     // who holds it could not be asked
	whyOther    = "other"    // whom registries name is not there for reports of abuse
	whyPage     = "page"     // only a page is known to report it on
	whyMailbox  = "mailbox"  // registries do not tell whose mailbox it is
	whyOwn      = "own"      // the mail would come back to ourselves
	whyReporter = "reporter" // whoever holds it reported it
	whyLight    = "light"    // its traffic light lets it go no further
	whyPassed   = "passed"   // it was passed on to us already, and might go round
	whyLaw      = "law"      // what it is about may be forbidden to pass on
	whyNo       = "no"       // the reporter said that it is not passed on
)

// lookForHolders asks to look for those who hold what a report complains about, if
// anything of it is not the provider's.
func (h *House) lookForHolders(ctx context.Context, tx *store.Tx, r candor.Report) error {
	if h.Forwarding.Holders == nil || r.State != candor.ReportFiled && r.State != candor.ReportPerson {
		return nil
	}
	some, err := tx.UnheldComplaints(ctx, r.ID, 1)
	if err != nil || len(some) == 0 {
		return err
	}
	return tx.Enqueue(ctx, LookForHoldersJob{Report: r.ID, Since: h.now()}, candor.JobOptions{Queue: QueueHolders})
}

// FindHolders has a person ask for House.LookForHolders.
func (h *House) FindHolders(ctx context.Context, who candor.Principal, id candor.ID) error {
	if err := may(who, access.ActCases); err != nil {
		return err
	}
	if h.Forwarding.Holders == nil {
		return candor.WithHint(fmt.Errorf("nobody is looked for: %w", candor.ErrUnavailable), "Set intake.forward in the configuration.")
	}
	return h.tx(ctx, func(tx *store.Tx) error {
		r, err := tx.Report(ctx, id)
		if err != nil {
			return err
		}
		return h.lookForHolders(ctx, tx, r)
	})
}

// Unheld tells whether anything of a report is not the provider's, and nobody was
// looked for yet.
func (h *House) Unheld(ctx context.Context, who candor.Principal, id candor.ID) (bool, error) {
	if err := may(who, access.ReadCases); err != nil || h.Forwarding.Holders == nil {
		return false, err
	}
	some, err := h.Store.UnheldComplaints(ctx, id, 1)
	return len(some) > 0, err
}

// found are complaints that go to one address, and why a person has to look first.
type found struct {
	to, why    string
	contacts   []candor.Holder
	complaints []candor.ID
}

// LookForHolders looks for those who hold what a report complains about, and is not
// the provider's, and prepares to pass it on to each. It may be done twice.
func (h *House) LookForHolders(ctx context.Context, j LookForHoldersJob) error {
	r, err := h.Store.Report(ctx, j.Report)
	if errors.Is(err, candor.ErrNotFound) || err == nil && (r.SHA256 == "" || h.Forwarding.Holders == nil) {
		return nil
	}
	if err != nil {
		return err
	}
	all, err := h.Store.UnheldComplaints(ctx, r.ID, mostUnheld)
	if err != nil || len(all) == 0 {
		return err
	}
	m, err := h.mailOf(r)
	if err != nil {
		return err
	}
	groups, rest, busy := h.whoHolds(ctx, r, passedOn(m), all, h.now().Sub(j.Since) < patience)
	if err := ctx.Err(); err != nil {
		return err
	}
	err = h.tx(ctx, func(tx *store.Tx) error {
		for _, g := range groups {
			if err := h.prepare(ctx, tx, r, *g); err != nil {
				return err
			}
		}
		again := candor.JobOptions{Queue: QueueHolders, At: h.now().Add(10 * time.Minute)}
		switch {
		case busy:
			return tx.Enqueue(ctx, LookForHoldersJob{j.Report, j.Since, j.Round}, again)
		case rest && j.Round < mostRounds:
			return tx.Enqueue(ctx, LookForHoldersJob{j.Report, j.Since, j.Round + 1}, again)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return h.ConsiderForwards(ctx, r.ID)
}

// whoHolds asks whom to tell of each resource. rest tells that there are more than
// were looked for, busy that servers could not be asked now.
func (h *House) whoHolds(ctx context.Context, r candor.Report, passed bool, all []candor.Complaint, patient bool) (groups []*found, rest, busy bool) {
	known := map[intake.Resource]*found{}
	for _, c := range all {
		at := intake.Resource{Kind: intake.Kind(c.Kind), Value: c.Value}
		if at.Kind == intake.URL { // who holds it does not hang on the path
			at.Value = "http://" + at.Host() + "/"
			if strings.Contains(at.Host(), ":") || at.Host() == "" {
				at.Value = c.Value
			}
		}
		g, ok := known[at]
		if !ok {
			if len(known) >= mostHeld {
				rest = true
				continue
			}
			contacts, err := h.Forwarding.Holders.Holders(ctx, at)
			if errors.Is(err, candor.ErrUnavailable) && patient {
				busy, known[at] = true, nil
				continue
			}
			f := h.choose(r, c, holdersOf(contacts))
			if len(contacts) == 0 && errors.Is(err, candor.ErrUnavailable) {
				f.why = whyBusy
			}
			if passed {
				f.why = cmp.Or(f.why, whyPassed)
			}
			if i := slices.IndexFunc(groups, func(o *found) bool { return o.to == f.to }); i >= 0 {
				g = groups[i]
				g.why = cmp.Or(g.why, f.why)
				if len(g.contacts) < 10 {
					g.contacts = append(g.contacts, f.contacts...)
				}
			} else {
				g = &f
				groups = append(groups, g)
			}
			known[at] = g
		}
		if g != nil {
			g.complaints = append(g.complaints, c.ID)
		}
	}
	return groups, rest || len(all) == mostUnheld, busy
}

// holdersOf are contacts in the words of the root package.
func holdersOf(all []holder.Contact) []candor.Holder {
	out := make([]candor.Holder, len(all))
	for i, c := range all {
		out[i] = candor.Holder{Of: string(c.Of), Name: c.Name, Handle: c.Handle, Mails: c.Mails, Pages: c.Pages, Abuse: c.Abuse, Languages: c.Languages, Source: c.Source, Asked: c.Asked.UTC()}
	}
	return out
}

// choose says whom to tell of a complaint: of weaknesses the site, of names that are
// complained about the registrar, of all else the network. The one that is told
// stands first among the contacts.
func (h *House) choose(r candor.Report, c candor.Complaint, all []candor.Holder) found {
	order := []string{"network", "registrar"}
	weakness := strings.HasPrefix(string(c.Class), "vulnerable/")
	switch {
	case weakness:
		order = []string{"site", "network", "registrar"}
	case c.Kind == string(intake.Domain):
		order = []string{"registrar", "network"}
	}
	f := found{contacts: all, why: whyUnknown}
	pick := func(i int, why string) {
		f.contacts = append([]candor.Holder{all[i]}, slices.Delete(slices.Clone(all), i, i+1)...)
		f.to, f.why = all[i].Mails[0], why
	}
	for _, of := range order {
		i := slices.IndexFunc(all, func(x candor.Holder) bool {
			return x.Of == of && len(x.Mails) > 0 && (x.Abuse || of == "site" && weakness)
		})
		if i >= 0 {
			pick(i, "")
			break
		}
	}
	if f.to == "" {
		if i := slices.IndexFunc(all, func(x candor.Holder) bool { return len(x.Mails) > 0 }); i >= 0 {
			pick(i, whyOther)
		} else if len(all) > 0 {
			f.why = whyPage
		}
	}
	switch {
	case f.to != "" && h.own(f.to):
		f.why = whyOwn
	case forward.SameOrganisation(f.to, r.Reporter):
		f.why = whyReporter
	case c.Kind == string(intake.Mail):
		f.why = whyMailbox
	case c.Class == "abusive-content/violence":
		f.why = whyLaw
	case strings.HasPrefix(r.TLP, "amber") || r.TLP == "red":
		f.why = whyLight
	}
	return f
}

// prepare adds complaints to the forward that goes to their holder, or a forward.
func (h *House) prepare(ctx context.Context, tx *store.Tx, r candor.Report, g found) error {
	f, err := tx.ForwardTo(ctx, r.ID, g.to)
	if errors.Is(err, candor.ErrNotFound) {
		now := h.now()
		f = candor.Forward{ID: candor.NewID(now), Report: r.ID, Holder: g.to, Contacts: g.contacts, State: candor.ForwardWaiting, Why: whyWaiting, Count: int64(len(g.complaints)), Created: now, Updated: now}
		if g.why != "" {
			f.State, f.Why = candor.ForwardPerson, g.why
		}
		if err := tx.AddForward(ctx, f); err != nil {
			return err
		}
		return tx.AddForwarded(ctx, f.ID, g.complaints...)
	}
	if err != nil {
		return err
	}
	f.Count, f.Updated = f.Count+int64(len(g.complaints)), h.now()
	if g.why != "" && f.State != candor.ForwardPerson { // what was approved was approved without this
		f.State, f.Why, f.Basis = candor.ForwardPerson, g.why, candor.ForwardBasis{}
	}
	if err := tx.ChangeForward(ctx, &f); err != nil {
		return err
	}
	return tx.AddForwarded(ctx, f.ID, g.complaints...)
}

// mailOf opens the mail of a report; nil of a file, and of what is no mail or kept no
// longer.
func (h *House) mailOf(r candor.Report) (*message.Message, error) {
	if (reading.Source{Name: r.Name, Type: r.Type}).IsFile() || r.SHA256 == "" {
		return nil, nil
	}
	body, err := h.message(r)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	m, _, err := h.Reports.Reader.Open(body)
	if errors.Is(err, message.ErrNoMail) {
		return nil, nil
	}
	return m, err
}

// passedOn tells whether a mail was itself passed on by a program: such programs
// mark their mails, as we do ours (X-Loop).
func passedOn(m *message.Message) bool { return m != nil && m.Get("X-Loop") != "" }

// mostSenders bounds those of a mail whose names are taken out of what is passed on;
// all mail addresses are.
const mostSenders = 50

// reporterOf is who reported, as far as a mail tells.
func reporterOf(r candor.Report, m *message.Message) forward.Reporter {
	out := forward.Reporter{Mail: r.Reporter}
	if m == nil {
		return out
	}
	senders := slices.Concat(m.From, m.ReplyTo)
	for _, a := range senders[:min(len(senders), mostSenders)] {
		if out.Name == "" && strings.EqualFold(a.Address, r.Reporter) {
			out.Name = clean(a.Name)
		}
		out.Words = append(out.Words, a.Address, a.Name)
		out.Words = append(out.Words, strings.FieldsFunc(a.Name, func(c rune) bool { return strings.ContainsRune(` "'(),`, c) })...)
	}
	return out
}
