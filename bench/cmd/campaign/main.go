// Command campaign measures how long it takes to find out whom a campaign is to
// ask, among a million parties, on SQLite or PostgreSQL, and how fast those are
// then written to, and prints each figure beside its goal.
//
//	go run ./bench/cmd/campaign -database sqlite
package main

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver
	_ "modernc.org/sqlite"             // the driver

	"candor"
	"candor/internal/consent"
	"candor/internal/consent/campaign"
	"candor/internal/house"
	"candor/internal/store"
	"candor/internal/store/storetest"
)

// planGoal is for a million parties.
const planGoal = 60 * time.Second

func main() {
	database := flag.String("database", "sqlite", `"sqlite", or "postgres" for a server of its own`)
	parties := flag.Int("parties", 1_000_000, "parties: nine of ten are bound by the version before, the others never answered")
	flag.Parse()
	missed, err := run(context.Background(), *database, *parties)
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "campaign:", err)
		os.Exit(2)
	case missed:
		os.Exit(1)
	}
}

// run tells whether the goal was missed.
func run(ctx context.Context, database string, parties int) (missed bool, err error) {
	folder, err := os.MkdirTemp("", "candor-campaign-")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(folder)
	url := filepath.Join(folder, "candor.db")
	if database == "postgres" {
		cluster, err := storetest.StartCluster()
		if err != nil {
			return false, err
		}
		defer func() { _ = cluster.Stop() }() // what is left is in a temporary folder
		if url, err = cluster.Database(); err != nil {
			return false, err
		}
	}
	s, err := store.Open(ctx, store.Options{URL: url, Node: "bench", Conceal: storetest.Conceal})
	if err != nil {
		return false, err
	}
	defer s.Close()
	b := &bench{Store: s, start: time.Now().UTC().Truncate(time.Microsecond), parties: parties}
	b.now = b.start
	filling := time.Now()
	if err := b.fill(ctx, url); err != nil {
		return false, fmt.Errorf("fill: %w", err)
	}
	fmt.Fprintf(os.Stderr, "  filled: %.0f s\n", time.Since(filling).Seconds())
	return b.measure(ctx)
}

// bench is a campaign among parties.
type bench struct {
	*store.Store
	start, now time.Time
	parties    int
	one, two   consent.Terms
}

// fill makes parties, and what they agreed to.
func (b *bench) fill(ctx context.Context, url string) error {
	b.one, b.two = storetest.Terms("hosting", "1"), storetest.Terms("hosting", "2")
	b.two.Effective, b.two.Material = b.start, true
	err := b.Tx(ctx, func(tx *store.Tx) error {
		return errors.Join(tx.AddTerms(ctx, b.one, nil), tx.AddTerms(ctx, b.two, nil))
	})
	if err != nil {
		return err
	}
	driver, address, series := "pgx", url, "SELECT i FROM generate_series(1, %d) AS s (i)"
	id := "'0190a000-0000-7000-8000-' || lpad(to_hex(i), 12, '0')"
	if !strings.Contains(url, "://") {
		driver, address = "sqlite", "file:"+url+"?_pragma=busy_timeout(10000)"
		series = "WITH RECURSIVE s (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < %d) SELECT i FROM s"
		id = "printf('0190a000-0000-7000-8000-%012x', i)"
	}
	db, err := sql.Open(driver, address)
	if err != nil {
		return err
	}
	defer db.Close()
	series = "(" + fmt.Sprintf(series, b.parties) + ") AS n"
	at := b.start.Add(-time.Hour).UnixMicro()
	contacts := `[{"channel":"mail","address":"someone@customer.example"}]`
	for _, statement := range []string{
		fmt.Sprintf(`INSERT INTO parties (id, kind, name, reference, language, time_zone, contacts, note, created, updated, erased)
SELECT %s, 'customer', 'party ' || i, 'K-' || i, 'en', '', '%s', '', %d, %d, FALSE FROM %s`, id, contacts, at, at, series),
		fmt.Sprintf(`INSERT INTO consents (id, party, terms, act, clauses, at, recorded, language, how, behalf, note, record, mark)
SELECT %[1]s, %[1]s, '%[2]s', 'agreed', 'null', %[3]d, %[3]d, 'en', 'portal', 'self', '', '', 1 FROM %[4]s WHERE i %% 10 <> 0`, id, b.one.ID, at, series),
		fmt.Sprintf(`INSERT INTO standings (party, document, terms, act, at) SELECT %s, 'hosting', '%s', 'agreed', %d FROM %s WHERE i %% 10 <> 0`, id, b.one.ID, at, series),
	} {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	if driver == "pgx" {
		_, err = db.ExecContext(ctx, "ANALYZE")
	}
	return err
}

var admin = candor.Principal{User: "0190a000-0000-7000-8000-000000000001", Name: "Ada", Role: candor.RoleAdmin}

func (b *bench) measure(ctx context.Context) (missed bool, err error) {
	clock := func() time.Time { return b.now }
	h := &house.House{Store: b.Store, Clock: clock, Consents: consent.NewRegister(b.Store, clock)}
	c, err := h.AddCampaign(ctx, admin, campaign.Campaign{Terms: b.two.ID, Silence: campaign.Keep, Policy: map[string]string{"en": "The version before goes on to hold."},
		Reminders: []int{7}, Starts: b.start.Add(time.Hour), Deadline: b.start.Add(30 * 24 * time.Hour)})
	if err == nil {
		_, err = h.StartCampaign(ctx, admin, c.ID)
	}
	if err != nil {
		return false, err
	}
	b.now = b.start.Add(time.Hour)
	began, first := time.Now(), time.Time{}
	mails := 0
	write := func(ctx context.Context, tx *store.Tx, a house.Asking) error {
		if first.IsZero() {
			first = time.Now()
		}
		mails++
		id := candor.NewID(b.now)
		return tx.AddMessage(ctx, candor.Message{ID: id, Party: a.Party.ID, To: a.Contact.Address, Subject: "Your answer is needed", Text: strings.Repeat("Please read what changes. ", 40),
			MessageID: string(id) + "@desk.example", State: candor.MessageQueued, Created: b.now})
	}
	if err := h.RunCampaigns(ctx, write); err != nil {
		return false, err
	}
	planned, wrote := first.Sub(began), time.Since(first)
	fmt.Fprintf(os.Stderr, "  planned: %.1f s\n", planned.Seconds())
	counting := time.Now()
	v, err := h.Campaign(ctx, admin, c.ID)
	if err != nil {
		return false, err
	}
	counted := time.Since(counting)
	b.now = c.Deadline
	ending := time.Now()
	if err := h.RunCampaigns(ctx, write); err != nil {
		return false, err
	}
	ended := time.Since(ending)
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(t, "%s, %d parties\tmeasured\tgoal\t\n", b.Kind(), b.parties)
	fmt.Fprintf(t, "planned, seconds\t%.1f\t%.0f\t\n", planned.Seconds(), planGoal.Seconds())
	fmt.Fprintf(t, "asked\t%d\t%d\t\n", v.Figures.Asked, b.parties)
	fmt.Fprintf(t, "figures counted, seconds\t%.2f\t\t\n", counted.Seconds())
	fmt.Fprintf(t, "mails written down a second\t%.0f\t\t\n", float64(mails)/wrote.Seconds())
	fmt.Fprintf(t, "ended at the deadline, seconds\t%.1f\t\t\n", ended.Seconds())
	return planned > planGoal || v.Figures.Asked != int64(b.parties), t.Flush()
}
