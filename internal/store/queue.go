package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"candor"
)

// Handler does a kind of job. It may be called again for a job that it was
// doing when the program ended, or that it gave an error for; an error that
// wraps candor.Later says when.
type Handler func(ctx context.Context, args json.RawMessage) error

// Attempts is how often a job is tried before it is given up. River waits
// longer each time: the last wait is some days.
const attempts = 16

// Enqueue asks for a job, which is there if the transaction is kept.
func (t *Tx) Enqueue(ctx context.Context, job candor.Job, o candor.JobOptions) error {
	return t.EnqueueAll(ctx, []candor.JobRequest{{Job: job, Options: o}})
}

// EnqueueAll asks for jobs, which are there if the transaction is kept. What is
// asked for several times with Once is asked for once.
func (t *Tx) EnqueueAll(ctx context.Context, all []candor.JobRequest) error {
	if t.asked == nil {
		t.asked = map[string]bool{}
	}
	var many []river.InsertManyParams
	for _, r := range all {
		if r.Options.At.IsZero() {
			t.asked[cmp.Or(r.Options.Queue, river.QueueDefault)] = true
		}
		if !r.Options.Once && len(all) > 1 {
			many = append(many, river.InsertManyParams{Args: r.Job, InsertOpts: insertion(r.Options)})
			continue
		}
		if _, err := t.store.queue.InsertTx(context.WithoutCancel(ctx), t.tx, r.Job, insertion(r.Options)); err != nil {
			return kind(err, "ask for the job %s", r.Job.Kind())
		}
	}
	if len(many) == 0 {
		return nil
	}
	_, err := t.store.queue.InsertManyFastTx(context.WithoutCancel(ctx), t.tx, many)
	return kind(err, "ask for %d jobs", len(many))
}

func insertion(o candor.JobOptions) *river.InsertOpts {
	opts := &river.InsertOpts{ScheduledAt: o.At, Queue: o.Queue, MaxAttempts: attempts}
	if o.Once {
		opts.UniqueOpts = river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
			rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable, rivertype.JobStateRunning, rivertype.JobStateScheduled}}
	}
	return opts
}

func (s *Store) openQueue() error {
	var err error
	s.queue, err = river.NewClient(s.dialect.jobs(s.write), &river.Config{Logger: quiet(s.options.Log)})
	return err
}

// Workers do jobs until they are stopped.
type Workers struct {
	client *river.Client[*sql.Tx]
	stop   context.CancelFunc // of taking up lost jobs
}

// Queues says how many jobs of each queue are done at a time. The general
// queue is "default".
type Queues map[string]int

// Work starts to do jobs. Handlers are by kind of job.
func (s *Store) Work(ctx context.Context, handlers map[string]Handler, queues Queues) (*Workers, error) {
	workers := river.NewWorkers()
	for kind, handler := range handlers {
		river.AddWorkerArgs(workers, anyJob{kind: kind}, &worker{handler: handler, doing: &s.doing})
	}
	config := &river.Config{
		ID:                s.options.Node,
		Workers:           workers,
		Queues:            make(map[string]river.QueueConfig, len(queues)),
		Logger:            quiet(s.options.Log),
		JobTimeout:        -1,                     // each job bounds itself
		FetchPollInterval: 500 * time.Millisecond, // for what other processes ask for; this one's workers are told
		FetchCooldown:     25 * time.Millisecond,  // looking for jobs takes as long as many of them do
		// A job whose worker died is done again after this long; jobs say that
		// they live by finishing, so it is longer than the longest scan should be.
		RescueStuckJobsAfter: 12 * time.Hour,
		ErrorHandler:         failures{s.options.Log},
	}
	for name, most := range queues {
		config.Queues[name] = river.QueueConfig{MaxWorkers: most}
	}
	client, err := river.NewClient(hearing{s.dialect.jobs(s.write), s.wake}, config)
	if err != nil {
		return nil, fmt.Errorf("start workers: %w", err)
	}
	if err := client.Start(ctx); err != nil {
		return nil, fmt.Errorf("start workers: %w", err)
	}
	reclaiming, stop := context.WithCancel(ctx)
	go s.reclaim(reclaiming)
	return &Workers{client, stop}, nil
}

// Stop waits for jobs that are being done, and tells them to end when ctx is.
func (w *Workers) Stop(ctx context.Context) error {
	w.stop()
	if err := w.client.Stop(ctx); err != nil {
		return w.client.StopAndCancel(context.WithoutCancel(ctx))
	}
	return nil
}

// Requeue makes jobs available at once that this node was doing when it died.
// Call it before Work. With SQLite there is one node, and all are its own.
func (s *Store) Requeue(ctx context.Context) (int64, error) {
	result, err := s.write.ExecContext(ctx, s.dialect.requeue, s.options.Node)
	if err != nil {
		return 0, kind(err, "make jobs available again")
	}
	return result.RowsAffected()
}

// QueueState is how many jobs of each state there are.
func (r reader) QueueState(ctx context.Context) (map[string]int64, error) {
	rows, err := r.db.QueryContext(ctx, "SELECT state, COUNT(*) FROM river_job WHERE state <> 'completed' GROUP BY state")
	if err != nil {
		return nil, kind(err, "count jobs")
	}
	defer rows.Close()
	states := map[string]int64{}
	for rows.Next() {
		var state string
		var n int64
		if err := rows.Scan(&state, &n); err != nil {
			return nil, kind(err, "count jobs")
		}
		states[state] = n
	}
	return states, kind(rows.Err(), "count jobs")
}

// anyJob carries the arguments of a job of any kind.
type anyJob struct {
	kind string
	args json.RawMessage
}

func (j anyJob) Kind() string                  { return j.kind }
func (j anyJob) MarshalJSON() ([]byte, error)  { return j.args, nil }
func (j *anyJob) UnmarshalJSON(b []byte) error { j.args = append(j.args[:0], b...); return nil }

type worker struct {
	river.WorkerDefaults[anyJob]
	handler Handler
	doing   *doing
}

func (w *worker) Work(ctx context.Context, job *river.Job[anyJob]) error {
	w.doing.begin(job.ID)
	defer w.doing.end(job.ID)
	err := w.handler(ctx, job.EncodedArgs)
	var later *candor.LaterError
	switch {
	case errors.As(err, &later):
		return river.JobSnooze(later.After)
	case errors.Is(err, candor.ErrNotFound) || errors.Is(err, candor.ErrInvalid):
		return river.JobCancel(err) // it will not be otherwise next time
	}
	return err
}

// failures logs jobs that failed.
type failures struct{ log *slog.Logger }

func (f failures) HandleError(_ context.Context, job *rivertype.JobRow, err error) *river.ErrorHandlerResult {
	f.log.Warn("a job failed", "kind", job.Kind, "job", job.ID, "attempt", job.Attempt, "error", err)
	return nil
}

func (f failures) HandlePanic(_ context.Context, job *rivertype.JobRow, value any, trace string) *river.ErrorHandlerResult {
	f.log.Error("a job panicked", "kind", job.Kind, "job", job.ID, "panic", value, "trace", trace)
	return nil
}

// quiet keeps River's own messages to what an operator can use.
func quiet(log *slog.Logger) *slog.Logger {
	if log == nil {
		return slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	return slog.New(atLeast{log.Handler(), slog.LevelWarn})
}

// atLeast passes on messages of a level and above.
type atLeast struct {
	slog.Handler
	level slog.Level
}

func (h atLeast) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= h.level && h.Handler.Enabled(ctx, l)
}
func (h atLeast) WithAttrs(a []slog.Attr) slog.Handler {
	return atLeast{h.Handler.WithAttrs(a), h.level}
}
func (h atLeast) WithGroup(n string) slog.Handler { return atLeast{h.Handler.WithGroup(n), h.level} }
