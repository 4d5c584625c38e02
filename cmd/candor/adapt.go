package main

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"candor"
	"candor/internal/desk"
	"candor/internal/desk/playbook"
	"candor/internal/evidence"
	"candor/internal/house"
	"candor/internal/phrase"
	"candor/internal/respond"
	"candor/internal/scan/site"
	"candor/internal/store"
	"candor/internal/web/portal"
)

// The parts declare what they need of a store; these give it to them.

type deskStore struct{ s *store.Store }

func (d deskStore) Tx(ctx context.Context, f func(desk.Tx) error) error {
	return d.s.Tx(ctx, func(tx *store.Tx) error { return f(tx) })
}

type siteStore struct{ s *store.Store }

func (d siteStore) Tx(ctx context.Context, f func(site.Tx) error) error {
	return d.s.Tx(ctx, func(tx *store.Tx) error { return f(tx) })
}

type respondStore struct{ s *store.Store }

func (d respondStore) Tx(ctx context.Context, f func(respond.Tx) error) error {
	return d.s.Tx(ctx, func(tx *store.Tx) error { return f(tx) })
}

func (d respondStore) ExpiredResponses(ctx context.Context, at time.Time, limit int) ([]candor.Response, error) {
	return d.s.ExpiredResponses(ctx, at, limit)
}

func (d respondStore) StandingResponses(ctx context.Context, method string, after candor.ID, limit int) ([]candor.Response, error) {
	return d.s.StandingResponses(ctx, method, after, limit)
}

// mailbox keeps mails.
type mailbox struct{ *store.Store }

func (m mailbox) AddMessage(ctx context.Context, msg candor.Message) error {
	return m.Tx(ctx, func(tx *store.Tx) error { return tx.AddMessage(ctx, msg) })
}

func (m mailbox) ChangeMessage(ctx context.Context, msg candor.Message, from candor.MessageState) error {
	return m.Tx(ctx, func(tx *store.Tx) error { return tx.ChangeMessage(ctx, msg, from) })
}

// facts tells what is known of a case.
type facts struct {
	s   *store.Store
	due func(candor.Severity) time.Time // when a customer who is told now should have acted
}

func (f facts) Places(ctx context.Context, id candor.ID, most int) ([]string, int, error) {
	findings, err := f.s.FindingsOfCase(ctx, id)
	if err != nil {
		return nil, 0, err
	}
	seen := map[string]bool{}
	var paths []string
	for _, x := range findings {
		if x.State != candor.FindingOpen {
			continue
		}
		places, err := f.s.Places(ctx, x.ID)
		if err != nil {
			return nil, 0, err
		}
		for _, p := range places {
			if p.State == candor.FindingOpen && !seen[p.Path] {
				seen[p.Path] = true
				paths = append(paths, p.Path)
			}
		}
	}
	slices.Sort(paths)
	return paths[:min(most, len(paths))], len(paths), nil
}

func (f facts) CustomerDeadline(ctx context.Context, id candor.ID) (time.Time, error) {
	all, err := f.s.Deadlines(ctx, id)
	for _, d := range all {
		if d.Outstanding() && desk.ForCustomer(d.Rule) {
			return d.Due, nil
		}
	}
	if err != nil || slices.ContainsFunc(all, func(d candor.Deadline) bool { return desk.ForCustomer(d.Rule) }) {
		return time.Time{}, err
	}
	// The clock starts when the customer has been told.
	c, err := f.s.Case(ctx, candor.Everything, id)
	if err != nil {
		return time.Time{}, err
	}
	return f.due(c.Severity), nil
}

// vault keeps bytes for quarantine.
type vault struct{ v *evidence.Vault }

func (v vault) Put(ctx context.Context, r io.Reader) (string, int64, error) {
	digest, size, err := v.v.Put(reader{ctx, r})
	return digest.String(), size, err
}

func (v vault) Get(_ context.Context, digest string) (io.ReadCloser, error) {
	d, err := evidence.ParseDigest(digest)
	if err != nil {
		return nil, err
	}
	return v.v.Get(d)
}

// reader ends with its context.
type reader struct {
	ctx context.Context
	r   io.Reader
}

func (r reader) Read(b []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(b)
}

// filer files what a scan found, but for files on their way to the vault or back.
type filer struct {
	d *desk.Desk
	h *house.House
}

func (f filer) File(ctx context.Context, sc candor.Scan, findings []candor.Finding) error {
	findings, err := f.h.InPlace(ctx, sc.Asset, sc.Started, findings)
	if err != nil || len(findings) == 0 {
		return err
	}
	_, err = f.d.File(ctx, desk.Filing{Asset: sc.Asset, Scan: sc.ID, Sensor: site.Sensor, Generation: sc.Generation, Began: sc.Started, Findings: findings})
	return errors.Join(err, f.h.HurryGate(ctx, sc.Asset))
}

func (f filer) Finish(ctx context.Context, asset, scan candor.ID) error {
	_, err := f.d.Finish(ctx, asset, scan, site.Sensor)
	return errors.Join(err, f.h.HurryGate(ctx, asset))
}

func (f filer) Gone(ctx context.Context, findings []candor.ID, actor string) error {
	return f.d.Gone(ctx, findings, actor)
}

// plays gives what the playbooks say, in the language of the console.
func plays(books *playbook.Library, p phrase.Printer) func(candor.Class, candor.Nature, candor.Severity) desk.Play {
	return func(c candor.Class, n candor.Nature, s candor.Severity) desk.Play {
		book := books.For(c, n, s)
		play := desk.Play{Title: book.Title.In(p)}
		play.Tasks, play.Responses = playTasks(book.Tasks, p), playResponses(book.Responses)
		for _, r := range book.Ladder {
			play.Ladder = append(play.Ladder, desk.Rung{Name: r.Name, Text: r.Text.In(p), Told: r.Told, After: r.After, Missed: r.Missed, Again: r.Again, Cases: r.Cases, Within: r.Within,
				Responses: playResponses(r.Responses), Tasks: playTasks(r.Tasks, p)})
		}
		return play
	}
}

func playTasks(from []playbook.Task, p phrase.Printer) (all []desk.PlayTask) {
	for _, t := range from {
		all = append(all, desk.PlayTask{Key: t.ID, Text: t.Text.In(p), Due: t.Due.Period})
	}
	return all
}

func playResponses(from []playbook.Response) (all []desk.PlayResponse) {
	for _, r := range from {
		all = append(all, desk.PlayResponse{Method: r.Method, Expires: r.Expires, Level: r.Level, Again: r.Method == "quarantine"})
	}
	return all
}

// escalate has cases go on that were not mended.
func (r *running) escalate(ctx context.Context) error {
	for {
		n, err := r.Desk.Climb(ctx, house.Responder{House: r.House, Zone: r.setup.zone})
		if err != nil || n == 0 {
			return err
		}
	}
}

// doubt is what to do about what is found in known-good files.
func doubt(p phrase.Printer) desk.Play {
	return desk.Play{Title: p.T("desk.doubt.title"), Tasks: []desk.PlayTask{
		{Key: "doubt-rule", Text: p.T("playbook.task.doubt-rule")}, {Key: "doubt-list", Text: p.T("playbook.task.doubt-list")}}}
}

// told gives the advice of the playbooks to the customers' pages.
type told struct{ books *playbook.Library }

func (t told) For(c candor.Case, p phrase.Printer, software string) portal.Told {
	if c.Good {
		return portal.Told{Seen: p.T("portal.good.seen"), Means: p.T("portal.good.means"), Steps: []string{p.T("portal.good.step")}}
	}
	a := t.books.For(c.Class, c.Nature, c.Severity).Advice.In(p, software)
	return portal.Told{Seen: a.Seen, Means: a.Means, Steps: a.Steps, Next: a.Next}
}
