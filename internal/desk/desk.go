// Package desk turns findings into cases and works on them: it joins what
// belongs together, watches the clocks, proposes what a playbook says, lets
// people decide, and hears what customers answer.
//
// Everything that is done is done in one transaction with the line of the
// timeline and the record for the evidence log that tell of it.
package desk

import (
	"context"
	"encoding/json"
	"time"

	"candor"
	"candor/internal/desk/calendar"
)

// Tx is what the desk does in a transaction.
type Tx interface {
	Party(ctx context.Context, scope candor.Scope, id candor.ID) (candor.Party, error)
	Asset(ctx context.Context, scope candor.Scope, id candor.ID) (candor.Asset, error)
	AssetsByID(ctx context.Context, ids []candor.ID) (map[candor.ID]candor.Asset, error)

	Case(ctx context.Context, scope candor.Scope, id candor.ID) (candor.Case, error)
	OpenCase(ctx context.Context, asset candor.ID, class candor.Class, good bool) (candor.Case, error)
	OpenCases(ctx context.Context, keys []candor.CaseKey) (map[candor.CaseKey]candor.Case, error)
	AddCase(ctx context.Context, c *candor.Case) error
	AddCases(ctx context.Context, all []*candor.Case) error
	ChangeCase(ctx context.Context, c *candor.Case) error
	CountCase(ctx context.Context, id candor.ID) error
	Link(ctx context.Context, a, b candor.ID, at time.Time) error

	Finding(ctx context.Context, scope candor.Scope, id candor.ID) (candor.FiledFinding, error)
	OpenFindings(ctx context.Context, behind candor.ID, most int) ([]candor.FiledFinding, error)
	FindingsOfCase(ctx context.Context, id candor.ID) ([]candor.FiledFinding, error)
	FindingsLike(ctx context.Context, asset candor.ID, sames []candor.Same) (map[candor.Same]candor.FiledFinding, error)
	FindingsLikeAt(ctx context.Context, keys []candor.SameAt) (map[candor.SameAt]candor.FiledFinding, error)
	UnseenFindings(ctx context.Context, asset candor.ID, sensor string, since time.Time) ([]candor.FiledFinding, error)
	AddFindings(ctx context.Context, all []candor.FiledFinding) error
	SeeFindings(ctx context.Context, ids []candor.ID, at time.Time, generation string) error
	ChangeFinding(ctx context.Context, f candor.FiledFinding) error
	AddPlaces(ctx context.Context, asset, scan candor.ID, places []candor.Place) error
	AddSeenPlaces(ctx context.Context, places []candor.SeenPlace) error
	CountPlaces(ctx context.Context, findings []candor.ID) error
	LosePlaces(ctx context.Context, asset, scan candor.ID, sensor string, at time.Time) ([]candor.FiledFinding, error)
	SetPlace(ctx context.Context, finding candor.ID, path string, state candor.FindingState) error
	Places(ctx context.Context, finding candor.ID) ([]candor.Place, error)

	AddEvent(ctx context.Context, e candor.Event) error
	AddEvents(ctx context.Context, all []candor.Event) error
	LastRelease(ctx context.Context, line candor.ID) (candor.Event, error)
	Tasks(ctx context.Context, id candor.ID) ([]candor.Task, error)
	Task(ctx context.Context, id candor.ID) (candor.Task, error)
	AddTask(ctx context.Context, t candor.Task) error
	AddTasks(ctx context.Context, all []candor.Task) error
	ChangeTask(ctx context.Context, t candor.Task) error
	Deadlines(ctx context.Context, id candor.ID) ([]candor.Deadline, error)
	AddDeadline(ctx context.Context, d candor.Deadline) error
	AddDeadlines(ctx context.Context, all []candor.Deadline) error
	ChangeDeadline(ctx context.Context, d candor.Deadline, from candor.DeadlineState) error
	DueDeadlines(ctx context.Context, now time.Time, most int) ([]candor.Deadline, error)

	Standing(ctx context.Context, of candor.ID) (candor.Standing, error)
	DueStandings(ctx context.Context, now time.Time, most int) ([]candor.Standing, error)
	WakeLadder(ctx context.Context, of candor.ID, now, at time.Time) error
	WakeLadders(ctx context.Context, all []candor.Standing) error
	AddStanding(ctx context.Context, s candor.Standing) error
	AddStandings(ctx context.Context, all []candor.Standing) error
	ChangeStanding(ctx context.Context, s *candor.Standing) error
	CaseBefore(ctx context.Context, c candor.Case) (candor.Case, error)
	OccasionsSince(ctx context.Context, party candor.ID, class candor.Class, since time.Time) (n int, last time.Time, err error)
	LastEvents(ctx context.Context, of candor.ID) (all, public map[candor.EventKind]time.Time, err error)
	LastComplaint(ctx context.Context, of candor.ID) (time.Time, error)

	Setting(ctx context.Context, key string, into any) error
	SetSetting(ctx context.Context, key string, value any, at time.Time, by string) error
	AddRecords(ctx context.Context, about candor.ID, all ...candor.Record) error
	AddRecordsAbout(ctx context.Context, all []candor.AboutParty) error
	Enqueue(ctx context.Context, job candor.Job, o candor.JobOptions) error
	EnqueueAll(ctx context.Context, all []candor.JobRequest) error
}

// Store runs transactions.
type Store interface {
	Tx(ctx context.Context, f func(Tx) error) error
}

// Play is what a playbook says of a kind of case.
type Play struct {
	Title     string // in words, of the class: "Phishing page"
	Tasks     []PlayTask
	Responses []PlayResponse
	Ladder    []Rung // what follows the first notice; empty if nothing does
}

// PlayTask is a task that a playbook asks for.
type PlayTask struct {
	Key  string
	Text string
	Due  calendar.Period // after the case was opened; none if it does not last
}

// PlayResponse is a response that a playbook proposes.
type PlayResponse struct {
	Method  string
	Reason  string
	Expires calendar.Period // after it was proposed; never if it does not last
	Level   string          // of an isolation
	Again   bool            // once it was done, it is proposed again for what joins the case later
}

// Config is what the desk works with.
type Config struct {
	Store    Store
	Clock    candor.Clock
	Calendar *calendar.Calendar
	Rules    []calendar.Rule
	Plays    func(candor.Class, candor.Nature, candor.Severity) Play
	// Good tells as what a content is known to be good, by its SHA-256; empty if
	// it is not. It is not sure where a list could not be asked. Nil knows none.
	Good func(sha256 string) (as string, sure bool)
	// Doubt is what to do in a case that is about such contents alone.
	Doubt Play
	// Tell tells the staff, in the transaction; nil tells nobody.
	Tell func(ctx context.Context, tx Tx, n Notice) error
}

// Notice is something that the staff should hear of.
type Notice struct {
	Kind     string // deadline-warning, deadline-missed, question, contest, held, lapsed, returned, escalated
	Case     candor.Case
	Deadline candor.Deadline
	Text     string
}

// Desk works on cases. It is safe for concurrent use.
type Desk struct {
	Config
	rules map[string]calendar.Rule
}

// New makes a Desk.
func New(c Config) *Desk {
	d := &Desk{Config: c, rules: map[string]calendar.Rule{}}
	for _, r := range append(answerRule(), c.Rules...) {
		d.rules[r.Name] = r
	}
	return d
}

// event adds a line to a case's timeline.
func (d *Desk) event(ctx context.Context, tx Tx, e candor.Event, details any) error {
	e.At = d.Clock().UTC()
	e.ID = candor.NewID(e.At)
	if details != nil {
		text, err := json.Marshal(details)
		if err != nil {
			return err
		}
		e.Details = text
	}
	return tx.AddEvent(ctx, e)
}

// record keeps what happened for the evidence log. What is personal is about
// the party.
func (d *Desk) record(ctx context.Context, tx Tx, about candor.ID, r candor.Record, body any, personal map[string]string) error {
	made, err := d.makeRecord(r, body, personal)
	if err != nil {
		return err
	}
	return tx.AddRecords(ctx, about, made)
}

func (d *Desk) makeRecord(r candor.Record, body any, personal map[string]string) (candor.Record, error) {
	r.At = d.Clock().UTC()
	r.ID = candor.NewID(r.At)
	text, err := json.Marshal(body)
	r.Body, r.Personal = text, personal
	return r, err
}
