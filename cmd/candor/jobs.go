package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"candor"
	"candor/internal/config"
	"candor/internal/desk"
	"candor/internal/house"
	"candor/internal/respond"
	"candor/internal/scan/site"
	"candor/internal/store"
	"candor/internal/web/hook"
)

// handler reads a job's arguments and does it.
func handler[J candor.Job](do func(context.Context, J) error) store.Handler {
	return func(ctx context.Context, args json.RawMessage) error {
		var job J
		if err := json.Unmarshal(args, &job); err != nil {
			return fmt.Errorf("arguments of a job: %w: %w", candor.ErrInvalid, err)
		}
		return do(ctx, job)
	}
}

// handlers say who does which job.
func (r *running) handlers() map[string]store.Handler {
	h, hooks, zone := r.House, r.hooks, r.setup.zone
	all := map[string]store.Handler{}
	add := func(job candor.Job, do store.Handler) { all[job.Kind()] = do }
	add(site.Job{}, handler(func(ctx context.Context, j site.Job) error { return h.Sites.Run(ctx, j.Scan) }))
	add(desk.RecheckJob{}, handler(func(ctx context.Context, j desk.RecheckJob) error {
		return errors.Join(h.Sites.Recheck(ctx, j.Case, j.By), h.RecheckReports(ctx, j.Case, j.By), h.RecheckExposures(ctx, j.Case, j.By))
	}))
	add(desk.PolicyJob{}, handler(func(ctx context.Context, j desk.PolicyJob) error {
		return house.Responder{House: h, Zone: zone}.Follow(ctx, j)
	}))
	add(desk.WithdrawJob{}, handler(func(ctx context.Context, j desk.WithdrawJob) error { return h.Withdraw(ctx, j.Case) }))
	add(desk.PassedJob{}, handler(func(ctx context.Context, j desk.PassedJob) error { return h.Desk.EndPassed(ctx, j.Asset) }))
	add(desk.TellJob{}, handler(func(ctx context.Context, j desk.TellJob) error { return hooks.Tell(ctx, j.What, j.Case) }))
	add(house.TellGateJob{}, handler(func(ctx context.Context, j house.TellGateJob) error { return hooks.TellGate(ctx, j.Move) }))
	add(hook.Job{}, handler(func(ctx context.Context, j hook.Job) error { return hooks.Deliver(ctx, j.Delivery) }))
	add(respond.ApplyJob{}, handler(func(ctx context.Context, j respond.ApplyJob) error { return h.Runner.Apply(ctx, j.Response) }))
	add(respond.VerifyJob{}, handler(func(ctx context.Context, j respond.VerifyJob) error { return h.Runner.Verify(ctx, j.Response) }))
	add(respond.UndoJob{}, handler(func(ctx context.Context, j respond.UndoJob) error { return h.Runner.Revert(ctx, j.Response) }))
	add(respond.ExpireJob{}, handler(func(ctx context.Context, j respond.ExpireJob) error { return h.Runner.Expire(ctx, j.Response) }))
	add(house.ProofJob{}, handler(func(ctx context.Context, j house.ProofJob) error { return h.Prove(ctx, j.Asset) }))
	add(house.DefinitionsJob{}, handler(func(ctx context.Context, _ house.DefinitionsJob) error { return checkDefinitions(ctx, h) }))
	add(house.ForgetJob{}, handler(h.Forget))
	add(house.FetchFeedJob{}, handler(func(ctx context.Context, j house.FetchFeedJob) error { return h.FetchNow(ctx, j.Feed) }))
	add(house.AskVerdictJob{}, handler(h.AskVerdict))
	add(house.WarnJob{}, handler(h.GoOnWarning))
	add(mailJob{}, handler(r.send))
	add(renewJob{}, handler(r.renew))
	add(askJob{}, handler(r.sendAsking))
	add(house.ReceiptJob{}, handler(r.mailReceipt))
	add(house.ControlJob{}, handler(r.mailControl))
	add(house.AnswerJob{}, handler(r.mailAnswer))
	add(house.GraceJob{}, handler(r.mailGrace))
	add(house.CountConsentsJob{}, handler(h.CountConsents))
	add(house.AcknowledgeJob{}, handler(r.acknowledge))
	add(house.ReadReportsJob{}, handler(r.readReports))
	add(house.FileComplaintsJob{}, handler(func(ctx context.Context, j house.FileComplaintsJob) error { return h.FileComplaints(ctx, j.Report) }))
	add(house.LearnReportJob{}, handler(func(ctx context.Context, j house.LearnReportJob) error { return h.LearnReport(ctx, j.Report) }))
	add(house.HearReplyJob{}, handler(func(ctx context.Context, j house.HearReplyJob) error { return h.HearReply(ctx, j.Report) }))
	add(house.RipenJob{}, handler(func(ctx context.Context, j house.RipenJob) error { return h.Ripen(ctx, j.Asset, j.Class) }))
	add(house.LookForHoldersJob{}, handler(h.LookForHolders))
	add(house.ConsiderForwardsJob{}, handler(func(ctx context.Context, j house.ConsiderForwardsJob) error { return h.ConsiderForwards(ctx, j.Report) }))
	add(house.SendForwardJob{}, handler(func(ctx context.Context, j house.SendForwardJob) error { return h.SendForward(ctx, j.Forward) }))
	add(house.ForwardMailJob{}, handler(r.mailForward))
	add(house.HearBounceJob{}, handler(r.hearBounce))
	add(house.SightingJob{}, handler(h.TellSighting))
	add(house.ShipmentJob{}, handler(r.mailShipment))
	add(house.BulletinMailJob{}, handler(r.mailBulletin))
	add(house.TicketMailJob{}, handler(r.mailTicket))
	add(house.ScanUploadJob{}, handler(func(ctx context.Context, j house.ScanUploadJob) error { return h.LookAtUpload(ctx, j.Upload) }))
	return all
}

// queues say how many jobs are done at a time.
func (r *running) queues() store.Queues {
	q := store.Queues{"default": 16, desk.QueueUrgent: 4, site.QueueScans: r.setup.scans, hook.Queue: 4, house.QueueProofs: 4, queueLetters: 4, house.QueueReports: 4, house.QueueFeeds: 2, house.QueueHolders: 2}
	if !r.readsReports() {
		delete(q, house.QueueReports)
	}
	return q
}

// readsReports tells whether this program reads reports: it is the one that knows
// who held which address when, if any does.
func (r *running) readsReports() bool {
	if len(r.setup.leases.Sources) > 0 {
		return r.setup.does(config.RoleCollector)
	}
	return r.setup.does(config.RoleWorker)
}

// chore is something that is done again and again. Several nodes may do the
// same one: each looks for what is due, in a transaction.
type chore struct {
	name  string
	every time.Duration
	do    func(context.Context) error
}

func chores(h *house.House, definitions time.Duration, revisit, forget, remark, campaigns, uploads, reports, ladders func(context.Context) error) []chore {
	return []chore{
		{"look at deadlines", 30 * time.Second, func(ctx context.Context) error { _, err := h.Desk.Tick(ctx); return err }},
		{"look at the gates of sites", 15 * time.Second, func(ctx context.Context) error { _, err := h.DecideGates(ctx); return err }},
		{"schedule scans", 30 * time.Second, func(ctx context.Context) error { _, err := h.Sites.Schedule(ctx); return err }},
		{"end responses that expired", 5 * time.Minute, func(ctx context.Context) error { _, err := h.Runner.Sweep(ctx); return err }},
		{"look on what responses rest", 15 * time.Second, func(ctx context.Context) error { _, err := h.Runner.Review(ctx); return err }},
		{"ask sites for their notices", time.Minute, func(ctx context.Context) error { _, err := h.AskForProofs(ctx); return err }},
		{"look after the directory", 24 * time.Hour, h.ProbeDirectory},
		{"end old sessions", time.Hour, h.Access.Sweep},
		{"tend the database", time.Hour, h.Store.Tend},
		{"forget old answers", time.Hour, func(ctx context.Context) error {
			return h.Store.Tx(ctx, func(tx *store.Tx) error { return tx.DeleteAnswers(ctx, h.Clock().Add(-24*time.Hour)) })
		}},
		{"ask new rules of what is known", 30 * time.Second, revisit},
		{"ask servers where contents lie", 2 * time.Second, h.AskServers},
		{"look where contents lie that are asked for", 2 * time.Second, h.LookForHashes}, // the first time that takes long
		{"forget where contents lay", time.Hour, h.ForgetHashes},
		{"mark what is known to be good", 10 * time.Second, remark},
		{"forget what nobody asks for any more", time.Hour, forget},
		{"ask again about terms", 10 * time.Second, campaigns},
		{"look again at files that were handed in", time.Minute, uploads},
		{"read reports again that were not read", 5 * time.Minute, h.ReadAgain},
		{"forget messages of old reports", time.Hour, reports},
		{"escalate cases", 15 * time.Second, ladders},
		{"end complaints that waited for others", time.Minute, func(ctx context.Context) error { _, err := h.EndWaiting(ctx); return err }},
		{"read feeds", 30 * time.Second, h.TurnFeeds},
		{"hold feeds against what is here", 30 * time.Second, h.MatchFeeds}, // also while a feed is slow
		{"remind who has not read bulletins", 10 * time.Minute, h.RemindBulletins},
		{"look at the software of sites", time.Minute, h.ObserveSites},
		{"hold software against what feeds tell", 30 * time.Second, h.JudgeSoftware},
		{"forget software that is gone", time.Hour, h.ForgetSoftware},
		{"end exposures that are over", 10 * time.Minute, h.EndExposures},
		{"check definitions", definitions, func(ctx context.Context) error { return checkDefinitions(ctx, h) }},
	}
}

// run does a chore until ctx ends. The first time is at once.
func (c chore) run(ctx context.Context, log *slog.Logger) {
	tick := time.NewTicker(c.every)
	defer tick.Stop()
	for {
		if err := c.do(ctx); err != nil && ctx.Err() == nil {
			log.Warn("could not "+c.name, "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func checkDefinitions(ctx context.Context, h *house.House) error {
	_, err := h.Definitions.Check(ctx)
	return err
}
