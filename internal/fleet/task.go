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
)

const (
	// look is how often the database is asked for tasks that another node made.
	look = 2 * time.Second
	// mostTasks bounds what is handed out at a time.
	mostTasks = 50
)

func scanTask(scan candor.ID) string { return "scan:" + string(scan) }

// Order implements site.Remote.
func (s *Service) Order(ctx context.Context, server candor.ID, sc candor.Scan) error {
	body, err := json.Marshal(wire.ScanTask{Scan: sc.ID, Asset: sc.Asset})
	if err != nil {
		return err
	}
	err = s.add(ctx, server, scanTask(sc.ID), wire.TaskScan, body)
	if errors.Is(err, candor.ErrExists) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("order a scan: %w", err)
	}
	return nil
}

// add adds a task and tells who waits for one.
func (s *Service) add(ctx context.Context, server candor.ID, same, kind string, body json.RawMessage) error {
	now := s.Clock().UTC()
	k := candor.AgentTask{ID: candor.NewID(now), Asset: server, Same: same, Kind: kind, Body: body, State: candor.AgentTaskWaiting, Created: now, Updated: now}
	err := s.Store.Tx(ctx, func(tx Tx) error { return tx.AddAgentTask(ctx, k) })
	if err == nil {
		s.wake(server)
	}
	return err
}

// wait gives the tasks that an agent does not have yet, and waits for one. It
// comes back early if there are other definitions.
func (s *Service) wait(ctx context.Context, a candor.Agent, in wire.SyncRequest, generation string) ([]wire.Task, error) {
	end := time.NewTimer(in.Wait)
	defer end.Stop()
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		woken := s.waker(a.Asset)
		tasks, err := s.tasks(ctx, a, in.Working)
		if err != nil || len(tasks) > 0 || in.Wait == 0 || in.Generation != s.Definitions.Current() && in.Generation == generation {
			return tasks, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-end.C:
			return nil, nil
		case <-tick.C:
		case <-woken:
		}
	}
}

// tasks gives the tasks that an agent does not have yet.
func (s *Service) tasks(ctx context.Context, a candor.Agent, working []candor.ID) ([]wire.Task, error) {
	all, err := s.Store.AgentTasks(ctx, a.Asset, mostTasks+len(working))
	if err != nil {
		return nil, err
	}
	var out []wire.Task
	for _, k := range all {
		if slices.Contains(working, k.ID) {
			continue
		}
		body, err := s.body(ctx, k)
		if err != nil {
			s.Log.Warn("a task of an agent cannot be handed out", "task", k.ID, "kind", k.Kind, "error", err)
			if err := s.drop(ctx, k, err); err != nil {
				return nil, err
			}
			continue
		}
		if body != nil {
			out = append(out, wire.Task{ID: k.ID, Kind: k.Kind, Body: body})
		}
	}
	return out, nil
}

// drop ends a task that makes no sense any more.
func (s *Service) drop(ctx context.Context, k candor.AgentTask, why error) error {
	if !errors.Is(why, candor.ErrNotFound) && !errors.Is(why, candor.ErrChanged) {
		return nil // it may be well later
	}
	return s.Store.Tx(ctx, func(tx Tx) error { return tx.DeleteAgentTask(ctx, k.ID) })
}

// body is what is sent of a task: of a response, as it stands now.
func (s *Service) body(ctx context.Context, k candor.AgentTask) (json.RawMessage, error) {
	switch k.Kind {
	case wire.TaskScan:
		var t wire.ScanTask
		if err := json.Unmarshal(k.Body, &t); err != nil {
			return nil, err
		}
		sc, err := s.Store.Scan(ctx, candor.Everything, t.Scan)
		if err == nil && sc.State != candor.ScanQueued && sc.State != candor.ScanRunning {
			err = fmt.Errorf("the scan is over: %w", candor.ErrChanged)
		}
		return k.Body, err
	case wire.TaskApply, wire.TaskVerify, wire.TaskRevert:
		var t wire.ResponseTask
		if err := json.Unmarshal(k.Body, &t); err != nil {
			return nil, err
		}
		r, err := s.Store.Response(ctx, candor.Everything, t.Response)
		if err != nil {
			return nil, err
		}
		if !stands(k.Kind, r.State) {
			return nil, fmt.Errorf("the response is %s: %w", r.State, candor.ErrChanged)
		}
		t.Plan, t.Result = r.Plan, r.Result
		return json.Marshal(t)
	}
	return k.Body, nil
}

// stands tells whether a response in a state may be carried out.
func stands(kind string, state candor.ResponseState) bool {
	switch kind {
	case wire.TaskApply:
		return state == candor.ResponseApproved
	case wire.TaskVerify:
		return state == candor.ResponseApplied || state == candor.ResponseVerified
	}
	return state == candor.ResponseUndoing
}

// own gives a task of an agent's server that is to be done.
func (s *Service) own(ctx context.Context, r Reader, a candor.Agent, id candor.ID) (candor.AgentTask, error) {
	k, err := r.AgentTaskByID(ctx, id)
	if err == nil && (k.Asset != a.Asset || k.State != candor.AgentTaskWaiting) {
		err = fmt.Errorf("task %.40s: %w", id, candor.ErrNotFound)
	}
	return k, err
}

// done notes the end of a task. To tell it twice is to tell it once.
func (s *Service) done(ctx context.Context, a candor.Agent, id candor.ID, out wire.Outcome) error {
	result, err := json.Marshal(out)
	if err != nil {
		return err
	}
	return s.Store.Tx(ctx, func(tx Tx) error {
		k, err := s.own(ctx, tx, a, id)
		if errors.Is(err, candor.ErrNotFound) {
			return nil // it was told before, or nobody asks any more
		}
		if err != nil {
			return err
		}
		if k.Kind == wire.TaskHashes {
			return s.takeHashes(ctx, tx, k, out)
		}
		k.State, k.Result, k.Updated = candor.AgentTaskDone, result, s.Clock().UTC()
		return tx.ChangeAgentTask(ctx, k)
	})
}
