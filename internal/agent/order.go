package agent

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"candor"
	"candor/internal/fleet/wire"
	"candor/internal/respond"
	"candor/internal/respond/quarantine"
)

// carryOut does an order and tells its end. One that a node cannot be told of,
// or that was interrupted, is handed out again.
func (a *Agent) carryOut(ctx context.Context, t wire.Task) {
	o := &order{agent: a, task: t}
	result, err := o.do(ctx)
	if ctx.Err() != nil || o.away {
		a.Log.Warn("an order could not be carried out to its end; it will be handed out again", "kind", t.Kind, "error", err)
		return
	}
	out := wire.Outcome{Result: result}
	if err != nil {
		out.Error = wire.FailureOf(err)
		out.Error.After, out.Error.Temporary = respond.RetryAfter(err)
	}
	a.Log.Info("an order was carried out", "kind", t.Kind, "error", err)
	if err := a.link.ask(ctx, wire.Tasks+string(t.ID)+"/done", out, nil); err != nil {
		a.fail("tell the end of an order", err)
	}
}

// order is an order that is being carried out. It is the journal and the vault
// of the quarantine: both are with the node.
type order struct {
	agent *Agent
	task  wire.Task
	away  bool // no node answered
}

func (o *order) do(ctx context.Context) (json.RawMessage, error) {
	if o.task.Kind == wire.TaskHashes {
		return o.agent.where(ctx, o.task.Body)
	}
	method := quarantine.New(map[string]quarantine.Vault{"": o})
	if o.task.Kind == wire.TaskPlan {
		var t wire.PlanTask
		if err := json.Unmarshal(o.task.Body, &t); err != nil {
			return nil, fmt.Errorf("a task: %w: %w", candor.ErrInvalid, err)
		}
		if err := o.agent.may(t.Asset.Roots); err != nil {
			return nil, err
		}
		p, err := method.Plan(ctx, respond.Request{Options: t.Options, Method: method.Name()}, respond.Target{Asset: t.Asset})
		if err != nil {
			return nil, err
		}
		return json.Marshal(p)
	}
	var t wire.ResponseTask
	if err := json.Unmarshal(o.task.Body, &t); err != nil {
		return nil, fmt.Errorf("a task: %w: %w", candor.ErrInvalid, err)
	}
	r := candor.Response{ID: t.Response, Method: method.Name(), Plan: t.Plan, Result: t.Result}
	if err := o.allowed(r); err != nil {
		return nil, err
	}
	switch o.task.Kind {
	case wire.TaskApply:
		return method.Apply(ctx, r, o)
	case wire.TaskVerify:
		return nil, method.Verify(ctx, r)
	case wire.TaskRevert:
		return method.Revert(ctx, r, o)
	}
	return nil, candor.WithHint(fmt.Errorf("the agent cannot do %.40q: %w", o.task.Kind, candor.ErrInvalid), "Bring the agent up to date.")
}

// allowed makes sure that a response acts only where the agent may.
func (o *order) allowed(r candor.Response) error {
	var plan struct {
		Files []quarantine.Spot `json:"files"`
	}
	if _, err := respond.ReadPlan(r, &plan); err != nil {
		return err
	}
	var roots []string
	for _, f := range plan.Files {
		roots = append(roots, string(f.Root))
	}
	if len(r.Result) > 0 {
		result, err := quarantine.ReadResult(r.Result)
		if err != nil {
			return err
		}
		for _, p := range result.Places {
			roots = append(roots, string(p.Root))
		}
	}
	return o.agent.may(roots)
}

// may tells whether the agent may act below roots.
func (a *Agent) may(roots []string) error {
	if len(a.Roots) > 0 && !allWithin(roots, a.Roots) {
		return candor.WithHint(fmt.Errorf("the agent may not act there: %w", candor.ErrDenied), "Its --root names other folders.")
	}
	return nil
}

// Save implements respond.Journal: the result is durable with the node.
func (o *order) Save(ctx context.Context, result json.RawMessage) error {
	err := o.agent.link.ask(ctx, wire.Tasks+string(o.task.ID)+"/save", wire.Outcome{Result: result}, nil)
	return o.note(err)
}

// note remembers that no node answered.
func (o *order) note(err error) error {
	if errors.Is(err, candor.ErrUnavailable) {
		o.away = true
		return respond.Temporary(err, 0)
	}
	return err
}

// Put implements quarantine.Vault: the bytes go into the vault of the node.
func (o *order) Put(ctx context.Context, r io.Reader) (string, int64, error) {
	source := &watched{r: r}
	answer, err := o.agent.link.send(ctx, http.MethodPut, wire.Tasks+string(o.task.ID)+"/vault", source)
	if source.err != nil {
		if err == nil {
			answer.Body.Close()
		}
		return "", 0, source.err // of the file
	}
	if err != nil {
		return "", 0, o.note(err)
	}
	defer answer.Body.Close()
	var kept struct {
		SHA256 string `json:"sha256"`
		Size   int64  `json:"size"`
	}
	if err := decode(answer, &kept); err != nil {
		return "", 0, o.note(err)
	}
	return kept.SHA256, kept.Size, nil
}

// watched remembers an error of what is read.
type watched struct {
	r   io.Reader
	err error
}

func (w *watched) Read(b []byte) (int, error) {
	n, err := w.r.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		w.err = err
	}
	return n, err
}

// Get implements quarantine.Vault.
func (o *order) Get(ctx context.Context, digest string) (io.ReadCloser, error) {
	answer, err := o.agent.link.send(ctx, http.MethodGet, wire.Tasks+string(o.task.ID)+"/vault/"+digest, bytes.NewReader(nil))
	if err != nil {
		return nil, o.note(err)
	}
	return answer.Body, nil
}
