package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"candor"
	"candor/internal/fleet/wire"
	"candor/internal/respond"
	"candor/internal/respond/quarantine"
)

const (
	// patienceOfJob is how long a job waits for an agent. After that it is tried
	// again later, and finds what the agent did meanwhile.
	patienceOfJob = 30 * time.Second
	askAgain      = 250 * time.Millisecond
	mostPlan      = 4 << 20 // bytes
)

// Quarantine is the response "quarantine" for sites wherever they lie: on this
// server it is done here, on another by the agent there, to the same plans and
// results. What the agent took away is in this program's vault before it is
// taken away, and the result that says so in the database.
type Quarantine struct{ *Service }

// Name is "quarantine".
func (Quarantine) Name() string { return "quarantine" }

// TouchesAsset is true.
func (Quarantine) TouchesAsset() bool { return true }

// Prove implements respond.Prover.
func (q Quarantine) Prove(r candor.Response) (respond.Proof, error) {
	if p, ok := q.Local.(respond.Prover); ok {
		return p.Prove(r)
	}
	return respond.Proof{}, nil
}

// Plan implements respond.Method.
func (q Quarantine) Plan(ctx context.Context, req respond.Request, t respond.Target) (respond.Plan, error) {
	if t.Asset.Server == "" {
		return q.Local.Plan(ctx, req, t)
	}
	body, err := json.Marshal(wire.PlanTask{Options: req.Options, Asset: candor.Asset{ID: t.Asset.ID, Name: t.Asset.Name, Kind: t.Asset.Kind, Roots: t.Asset.Roots}})
	if err != nil {
		return respond.Plan{}, err
	}
	same := "plan:" + string(candor.NewID(q.Clock()))
	out, err := q.ask(ctx, t.Asset.Server, same, wire.TaskPlan, body)
	if err != nil {
		return respond.Plan{}, errors.Join(err, q.cancel(ctx, same))
	}
	var p respond.Plan
	if err := json.Unmarshal(out, &p); err != nil || len(out) > mostPlan {
		return respond.Plan{}, fmt.Errorf("the plan of the agent cannot be read: %w", candor.ErrInvalid)
	}
	return p, checkPlan(req.Options, p)
}

// files are those that a plan names.
type files struct {
	Vault string `json:"vault"`
	Files []struct {
		quarantine.Spot
		Size int64 `json:"size"`
	} `json:"files"`
}

// checkPlan makes sure that an agent plans nothing that was not asked for.
func checkPlan(options json.RawMessage, p respond.Plan) error {
	var asked quarantine.Options
	var have files
	if err := errors.Join(json.Unmarshal(options, &asked), json.Unmarshal(p.Data, &have)); err != nil {
		return fmt.Errorf("the plan of the agent: %w: %w", candor.ErrInvalid, err)
	}
	if p.Lasting || len(have.Files) == 0 || have.Vault != asked.Vault {
		return fmt.Errorf("the plan of the agent is none: %w", candor.ErrInvalid)
	}
	for _, f := range have.Files {
		if !slices.Contains(asked.Places, f.Spot) || f.Size < 0 {
			return fmt.Errorf("the agent plans for %.200q, which was not asked for: %w", f.Path, candor.ErrDenied)
		}
	}
	return nil
}

// checkResult makes sure that a result is about what was planned.
func (s *Service) checkResult(r candor.Response, result json.RawMessage) error {
	have, err := quarantine.ReadResult(result)
	if err != nil {
		return err
	}
	var plan files
	if _, err := respond.ReadPlan(r, &plan); err != nil {
		return err
	}
	if len(have.Places) != len(plan.Files) {
		return fmt.Errorf("the result is not that of the plan: %w", candor.ErrInvalid)
	}
	for i, p := range have.Places {
		if f := plan.Files[i]; p.Root != f.Root || p.Path != f.Path || p.SHA256 != f.SHA256 {
			return fmt.Errorf("the result names %.200q, which was not planned: %w", p.Path, candor.ErrDenied)
		}
	}
	return nil
}

// Apply implements respond.Method.
func (q Quarantine) Apply(ctx context.Context, r candor.Response, j respond.Journal) (json.RawMessage, error) {
	server, err := q.server(ctx, r)
	if err != nil || server == "" {
		return or(err, func() (json.RawMessage, error) { return q.Local.Apply(ctx, r, j) })
	}
	return q.carry(ctx, server, wire.TaskApply, r)
}

// Verify implements respond.Method.
func (q Quarantine) Verify(ctx context.Context, r candor.Response) error {
	server, err := q.server(ctx, r)
	if err != nil {
		return err
	}
	if server == "" {
		return q.Local.Verify(ctx, r)
	}
	_, err = q.carry(ctx, server, wire.TaskVerify, r)
	return err
}

// Revert implements respond.Method.
func (q Quarantine) Revert(ctx context.Context, r candor.Response, j respond.Journal) (json.RawMessage, error) {
	server, err := q.server(ctx, r)
	if err != nil || server == "" {
		return or(err, func() (json.RawMessage, error) { return q.Local.Revert(ctx, r, j) })
	}
	return q.carry(ctx, server, wire.TaskRevert, r)
}

func or(err error, f func() (json.RawMessage, error)) (json.RawMessage, error) {
	if err != nil {
		return nil, err
	}
	return f()
}

func (q Quarantine) server(ctx context.Context, r candor.Response) (candor.ID, error) {
	a, err := q.Store.Asset(ctx, candor.Everything, r.Asset)
	return a.Server, err
}

// carry has the agent do a part of a response. The task stays when the job has
// waited long enough, and the next attempt takes its end.
func (q Quarantine) carry(ctx context.Context, server candor.ID, kind string, r candor.Response) (json.RawMessage, error) {
	body, err := json.Marshal(wire.ResponseTask{Response: r.ID})
	if err != nil {
		return nil, err
	}
	out, err := q.ask(ctx, server, kind+":"+string(r.ID), kind, body)
	if len(out) > 0 && kind != wire.TaskVerify {
		if e := q.checkResult(r, out); e != nil {
			return nil, errors.Join(err, respond.Permanent(e))
		}
	}
	return out, err
}

// ask has an agent do a task, and waits for its end.
func (s *Service) ask(ctx context.Context, server candor.ID, same, kind string, body json.RawMessage) (json.RawMessage, error) {
	a, err := s.Store.AgentOf(ctx, server)
	if errors.Is(err, candor.ErrNotFound) {
		return nil, candor.WithHint(fmt.Errorf("the server has no agent: %w", candor.ErrUnavailable), "Enrol one with candor enrol; it is tried again.")
	}
	if err != nil {
		return nil, err
	}
	if err := s.add(ctx, server, same, kind, body); err != nil && !errors.Is(err, candor.ErrExists) {
		return nil, err
	}
	end := time.NewTimer(patienceOfJob)
	defer end.Stop()
	tick := time.NewTicker(askAgain)
	defer tick.Stop()
	for {
		k, err := s.Store.AgentTask(ctx, same)
		if errors.Is(err, candor.ErrNotFound) {
			return nil, respond.Temporary(fmt.Errorf("the order was withdrawn: %w", candor.ErrChanged), 0)
		}
		if err != nil {
			return nil, err
		}
		if k.State == candor.AgentTaskDone {
			return s.outcome(ctx, k)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-end.C:
			seen := "never"
			if !a.Seen.IsZero() {
				seen = a.Seen.Format(time.RFC3339)
			}
			return nil, candor.WithHint(fmt.Errorf("the agent of the server has not done it yet, and was last heard of %s: %w", seen, candor.ErrUnavailable),
				"Look whether candor agent runs there; it is done as soon as it is back.")
		case <-tick.C:
		}
	}
}

// outcome gives what an agent said at the end of a task, and removes the task.
func (s *Service) outcome(ctx context.Context, k candor.AgentTask) (json.RawMessage, error) {
	var out wire.Outcome
	if err := json.Unmarshal(k.Result, &out); err != nil {
		return nil, err
	}
	if err := s.Store.Tx(ctx, func(tx Tx) error { return tx.DeleteAgentTask(ctx, k.ID) }); err != nil {
		return nil, err
	}
	if out.Error == nil {
		return out.Result, nil
	}
	err := fmt.Errorf("on the server: %w", out.Error.Err())
	if out.Error.Hint != "" {
		err = candor.WithHint(err, out.Error.Hint)
	}
	if out.Error.Temporary {
		return out.Result, respond.Temporary(err, out.Error.After)
	}
	return out.Result, respond.Permanent(err)
}

// cancel removes a task that nobody waits for.
func (s *Service) cancel(ctx context.Context, same string) error {
	ctx = context.WithoutCancel(ctx)
	return s.Store.Tx(ctx, func(tx Tx) error {
		k, err := tx.AgentTask(ctx, same)
		if errors.Is(err, candor.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		return tx.DeleteAgentTask(ctx, k.ID)
	})
}
