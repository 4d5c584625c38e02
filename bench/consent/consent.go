// Package consent measures what parties agreed to: how fast it is asked for and
// kept, and how soon other nodes see a change, with very many acceptances there.
package consent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"time"

	"candor"
	bench "candor/bench/house"
	"candor/internal/consent"
	"candor/internal/consent/receipt"
	"candor/internal/evidence"
	"candor/internal/house"
	"candor/internal/store"
)

// Config is one run.
type Config struct {
	URL         string        // of the database, which is empty
	Folder      string        // for the evidence log
	Server      int           // the database's first process, if it has its own
	Acceptances int           // two of each party
	Seconds     int           // of each part
	Asks        int           // a second
	Writes      int           // a second, beside the asks
	Patience    time.Duration // how long each part waits for other programs to be quiet
	Log         io.Writer
}

// Goals, by the issue that this answers for: X.1207 asks for consent that is
// found at the moment of acting.
const (
	UncachedGoal = 2 * time.Millisecond
	CachedGoal   = 20 * time.Microsecond
	SeenGoal     = time.Second
	ProofGoal    = 50 * time.Millisecond
	WriteGoal    = 2000 // a second, on PostgreSQL
)

// node is one program on the database.
type node struct {
	*house.House
	stop context.CancelFunc
}

// run is what the parts of a run share.
type run struct {
	Config
	one, two node
	terms    [2]candor.ID
	parties  int
}

// Run fills the database and measures.
func Run(ctx context.Context, c Config) (*Report, error) {
	r := &run{Config: c, parties: max(1, c.Acceptances/2)}
	report := &Report{Acceptances: 2 * r.parties}
	begin := time.Now()
	if err := r.fill(ctx); err != nil {
		return nil, err
	}
	fmt.Fprintf(c.Log, "  %d acceptances are there after %.0f s\n", report.Acceptances, time.Since(begin).Seconds())
	for _, n := range []*node{&r.one, &r.two} {
		var err error
		if *n, err = r.open(ctx); err != nil {
			return nil, err
		}
		defer n.close()
	}
	report.Database = r.one.Store.Kind()
	for _, part := range []func(context.Context, *Report) error{r.asks, r.seen, r.proofs, r.figures, r.writes} {
		if err := part(ctx, report); err != nil {
			return nil, err
		}
	}
	return report, nil
}

// open makes a node that follows changes as candor serve does.
func (r *run) open(ctx context.Context) (n node, err error) {
	s, err := store.Open(ctx, store.Options{URL: r.URL, Node: "bench", Conceal: func(v string) (string, string) { return v, v }})
	if err != nil {
		return n, err
	}
	ring, err := receipt.NewRing(time.Now())
	if err != nil {
		return n, err
	}
	n.House = &house.House{Store: s, Clock: time.Now, Consents: consent.NewRegister(s, time.Now), Receipts: ring, PublicURL: "https://bench.example", Logger: slog.New(slog.NewTextHandler(r.Log, nil))}
	follow, stop := context.WithCancel(ctx)
	n.stop = stop
	go func() {
		tick := time.NewTicker(250 * time.Millisecond)
		defer tick.Stop()
		for {
			if err := n.Consents.Refresh(follow); err != nil && follow.Err() == nil {
				n.Logger.Warn("changes were not followed", "error", err)
			}
			select {
			case <-follow.Done():
				return
			case <-tick.C:
			}
		}
	}()
	return n, nil
}

func (n node) close() {
	n.stop()
	n.Store.Close()
}

// party is the ID of one.
func party(i int) candor.ID { return candor.ID(fmt.Sprintf("0190a000-0000-7000-8000-%012x", i)) }

// fill makes parties that agreed to one version of terms and then to the next.
func (r *run) fill(ctx context.Context) error {
	s, err := store.Open(ctx, store.Options{URL: r.URL})
	if err != nil {
		return err
	}
	if have, err := s.AllTerms(ctx); err != nil || len(have) > 0 {
		for i := range min(len(r.terms), len(have)) {
			r.terms[i] = have[len(have)-1-i].ID
		}
		return errors.Join(err, s.Close())
	}
	start := time.Now().AddDate(-1, 0, 0)
	err = s.Tx(ctx, func(tx *store.Tx) error {
		for i := range r.terms {
			r.terms[i] = candor.NewID(start)
			v := consent.Terms{Version: consent.Version{ID: r.terms[i], Document: "hosting-terms", Label: fmt.Sprint(i + 1), Effective: start.AddDate(0, i, 0),
				Clauses: []consent.Clause{{ID: "measures", Allows: []string{"notify", "quarantine"}}, {ID: "isolation", Optional: true, Allows: []string{"isolate"}}}},
				State: consent.Published, Created: start, Updated: start, Published: start}
			if err := tx.AddTerms(ctx, v, nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err := s.Close(); err != nil {
		return err
	}
	if err != nil {
		return err
	}
	return bench.Load(ctx, r.URL, r.statements(start)...)
}

func (r *run) statements(start time.Time) []string {
	numbers, id := fmt.Sprintf("(SELECT i FROM generate_series(0, %d) AS i) AS n", r.parties-1), "lpad(to_hex(i), 12, '0')"
	if !strings.Contains(r.URL, "://") {
		numbers = fmt.Sprintf("(WITH RECURSIVE c(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM c WHERE i < %d) SELECT i FROM c) AS n", r.parties-1)
		id = "printf('%012x', i)"
	}
	all := []string{fmt.Sprintf(`INSERT INTO parties (id, kind, name, reference, language, time_zone, contacts, note, erased, created, updated)
SELECT '0190a000-0000-7000-8000-' || %s, 'customer', 'party', '', 'en', '', '[]', '', FALSE, 1, 1 FROM %s`, id, numbers)}
	for v, terms := range r.terms {
		at := start.AddDate(0, v, 1).UnixMicro()
		all = append(all, fmt.Sprintf(`INSERT INTO consents (id, party, terms, act, clauses, at, recorded, language, how, behalf, note, record, mark)
SELECT '0190b00%d-0000-7000-8000-' || %[2]s, '0190a000-0000-7000-8000-' || %[2]s, '%[3]s', 'agreed', '["isolation"]', %[4]d + i, %[4]d + i, 'en', 'portal', 'self', '', '', 1 FROM %[5]s`, v, id, terms, at, numbers))
	}
	return append(all, fmt.Sprintf(`INSERT INTO standings (party, document, terms, act, at)
SELECT '0190a000-0000-7000-8000-' || %s, 'hosting-terms', '%s', 'agreed', 1 FROM %s`, id, r.terms[1], numbers))
}

// decide has a party say something on a node.
func (r *run) decide(ctx context.Context, n node, who candor.ID, act consent.Act, clauses ...string) (consent.Event, error) {
	p := candor.Principal{User: who, Role: candor.RoleCustomer, Party: who}
	return n.Decide(ctx, p, house.Decision{Party: who, Terms: r.terms[1], Act: act, Clauses: clauses, Language: "en"})
}

// seen measures how long after a withdrawal the other node refuses.
func (r *run) seen(ctx context.Context, report *Report) error {
	random, all := rand.New(rand.NewPCG(7, 7)), []time.Duration{}
	for range 100 {
		id := party(random.IntN(r.parties))
		if _, err := r.decide(ctx, r.one, id, consent.Agreed, "isolation"); err != nil {
			return err
		}
		for { // the other one has it in memory
			if _, err := r.two.Consents.Basis(ctx, id, "isolate", time.Now()); err == nil {
				break
			}
			time.Sleep(time.Millisecond)
		}
		if _, err := r.decide(ctx, r.one, id, consent.Withdrawn, "isolation"); err != nil {
			return err
		}
		begin := time.Now()
		for {
			if _, err := r.two.Consents.Basis(ctx, id, "isolate", time.Now()); err != nil {
				break
			}
			time.Sleep(time.Millisecond)
		}
		all = append(all, time.Since(begin))
	}
	report.Times = append(report.Times, measured("a withdrawal is seen by another node", SeenGoal, all, true))
	return nil
}

// proofs measures how long it takes to prove one acceptance: its event, its
// record, and the proof that the log includes it.
func (r *run) proofs(ctx context.Context, report *Report) error {
	log, err := evidence.Open(ctx, filepath.Join(r.Folder, "evidence"), evidence.Options{Origin: "bench.example/evidence"})
	if err != nil {
		return err
	}
	defer log.Close(context.WithoutCancel(ctx))
	var events []consent.Event
	for i := range 200 {
		e, err := r.decide(ctx, r.one, party(i), consent.Agreed)
		if err != nil {
			return err
		}
		events = append(events, e)
	}
	if err := r.carry(ctx, log); err != nil {
		return err
	}
	var all []time.Duration
	for _, e := range events {
		begin := time.Now()
		kept, err := r.one.Store.Consent(ctx, candor.Everything, e.ID)
		if err != nil {
			return err
		}
		record, err := r.one.Store.Record(ctx, kept.Record)
		if err != nil {
			return err
		}
		if _, err := log.Entry(ctx, uint64(record.Index)); err != nil {
			return err
		}
		if _, err := log.Inclusion(ctx, uint64(record.Index)); err != nil {
			return err
		}
		all = append(all, time.Since(begin))
	}
	report.Times = append(report.Times, measured("proof of one acceptance", ProofGoal, all, false))
	return nil
}

// carry takes what was recorded so far into the log.
func (r *run) carry(ctx context.Context, log *evidence.Log) error {
	l := &house.Ledger{Store: r.one.Store, Log: log, Clock: time.Now, Slog: r.one.Logger}
	running, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() { defer close(done); l.Run(running) }()
	defer func() { stop(); <-done }()
	for ctx.Err() == nil {
		n, err := r.one.Store.CountPending(ctx)
		if err != nil {
			return err
		}
		if n == 0 {
			size, err := log.Size(ctx)
			if err != nil {
				return err
			}
			return log.Await(ctx, size) // until a checkpoint covers it
		}
		time.Sleep(20 * time.Millisecond)
	}
	return ctx.Err()
}
