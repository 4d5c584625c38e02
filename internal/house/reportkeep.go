package house

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode/utf8"

	"candor"
	"candor/internal/evidence"
	"candor/internal/intake"
	"candor/internal/store"
)

// QueueReports is the queue of reports that are to be read.
const QueueReports = "reports"

// ReadReportsJob asks for House.ReadReport of each.
type ReadReportsJob struct {
	Reports []candor.ID `json:"reports"`
}

// Kind names the job.
func (ReadReportsJob) Kind() string { return "house.read-reports" }

// ReportKeeper keeps messages that come in: the message in the vault, its row and
// the job that reads it in one transaction, which messages that come at once
// share. It is an intake.Keeper.
type ReportKeeper struct {
	house *House
	most  int64 // bytes of a message

	mu      sync.Mutex
	waiting []*keeping
	busy    bool
}

// keeping is a message on its way into the database.
type keeping struct {
	store.NewReport
	done chan error
}

// Most of what is kept together: rows of a transaction, reports of a job.
const (
	mostKept = 256
	mostRead = 16
)

// NewReportKeeper makes a keeper of messages of at most so many bytes.
func (h *House) NewReportKeeper(most int64) *ReportKeeper { return &ReportKeeper{house: h, most: most} }

// Keep keeps a message, as intake.Keeper says.
func (k *ReportKeeper) Keep(ctx context.Context, a intake.Arrival) error {
	_, err := k.keep(ctx, a)
	return err
}

func (k *ReportKeeper) keep(ctx context.Context, a intake.Arrival) (candor.ID, error) {
	if k.house.Vault == nil {
		return "", fmt.Errorf("keep a report: there is no vault: %w", candor.ErrUnavailable)
	}
	body := &bounded{a.Body, k.most, candor.WithHint(fmt.Errorf("the message is larger than %d bytes: %w", k.most, candor.ErrInvalid), "Send it in parts, or raise intake.max_size.")}
	digest, size, err := k.house.Vault.Put(body)
	if err != nil {
		return "", fmt.Errorf("keep a report: %w", err)
	}
	now := k.house.Clock().UTC()
	if a.Received.IsZero() {
		a.Received = now
	}
	n := store.NewReport{Report: candor.Report{ID: candor.NewID(now), Way: string(a.Way), Source: clean(a.Source), Received: a.Received.UTC(), SHA256: digest.String(), Size: size,
		Name: clean(a.Name), Type: clean(a.Type), State: candor.ReportNew, Updated: now}}
	n.Reporter = filer(n.Report)
	if a.Key != "" {
		n.Arrival = clean(string(a.Way) + "|" + a.Source + "|" + a.Key)
	}
	return n.ID, k.join(ctx, n)
}

// clean makes a name from outside one that a row can hold.
func clean(text string) string {
	return intake.Cut(strings.Map(func(r rune) rune {
		if r < ' ' || r == utf8.RuneError {
			return -1
		}
		return r
	}, text), 1000)
}

// join has a row kept with those of others that wait.
func (k *ReportKeeper) join(ctx context.Context, n store.NewReport) error {
	own := &keeping{n, make(chan error, 1)}
	k.mu.Lock()
	k.waiting = append(k.waiting, own)
	lead := !k.busy
	k.busy = true
	k.mu.Unlock()
	if lead {
		go k.write(context.WithoutCancel(ctx))
	}
	return <-own.done
}

// write keeps what waits, until nothing does.
func (k *ReportKeeper) write(ctx context.Context) {
	for {
		k.mu.Lock()
		n := min(len(k.waiting), mostKept)
		batch := k.waiting[:n:n]
		k.waiting = k.waiting[n:]
		k.busy = n > 0
		k.mu.Unlock()
		if n == 0 {
			return
		}
		err := k.house.tx(ctx, func(tx *store.Tx) error { return addReports(ctx, tx, batch) })
		if err != nil && !errors.Is(err, candor.ErrUnavailable) {
			err = fmt.Errorf("keep reports: %w: %w", candor.ErrUnavailable, err) // what is right to send again
		}
		for _, w := range batch {
			w.done <- err
		}
	}
}

func addReports(ctx context.Context, tx *store.Tx, batch []*keeping) error {
	rows := make([]store.NewReport, len(batch))
	var job ReadReportsJob
	for i, w := range batch {
		rows[i] = w.NewReport
	}
	if err := tx.AddReports(ctx, rows...); err != nil {
		return err
	}
	for i, row := range rows {
		job.Reports = append(job.Reports, row.ID)
		if len(job.Reports) < mostRead && i < len(rows)-1 {
			continue
		}
		if err := tx.Enqueue(ctx, job, candor.JobOptions{Queue: QueueReports}); err != nil {
			return err
		}
		job.Reports = nil
	}
	return nil
}

// message opens the message of a report.
func (h *House) message(r candor.Report) (io.ReadCloser, error) {
	if r.SHA256 == "" {
		return nil, fmt.Errorf("the message of report %s is kept no longer: %w", r.ID, candor.ErrNotFound)
	}
	digest, err := evidence.ParseDigest(r.SHA256)
	if err != nil || h.Vault == nil {
		return nil, errors.Join(fmt.Errorf("message %s: %w", r.SHA256, candor.ErrUnavailable), err)
	}
	return h.Vault.Get(digest)
}
