package quarantine

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"candor"
	"candor/internal/respond"
)

const (
	tokenBytes = 16
	// batch is how many files are kept before the journal is written: each
	// holds two descriptors open, and each save writes the whole result.
	batch = 32
)

// run is one call of Apply or Revert.
type run struct {
	vault   Vault
	stubs   []*string // by place
	result  Result
	journal respond.Journal
}

// start reads the plan and what earlier calls left.
func (m *Method) start(resp candor.Response, j respond.Journal) (*run, error) {
	var data planned
	if _, err := respond.ReadPlan(resp, &data); err != nil {
		return nil, err
	}
	r := &run{journal: j}
	for _, f := range data.Files {
		r.stubs = append(r.stubs, f.Stub)
		p := Place{Root: f.Root, Path: f.Path, SHA256: f.SHA256, Size: f.Size, State: Waiting}
		if f.Stub != nil {
			p.Stub = sum([]byte(*f.Stub))
		}
		r.result.Places = append(r.result.Places, p)
	}
	r.result.Vault = data.Vault
	if len(resp.Result) > 0 {
		earlier, err := ReadResult(resp.Result)
		if err != nil {
			return nil, err
		}
		if len(earlier.Places) != len(r.stubs) {
			return nil, invalid("the result is not that of the plan", "Restore the response from a backup.")
		}
		r.result = earlier
	}
	vault, err := m.vault(r.result.Vault)
	r.vault = vault
	return r, err
}

func (r *run) encode() (json.RawMessage, error) { return json.Marshal(r.result) }

func (r *run) save(ctx context.Context) error {
	data, err := r.encode()
	if err != nil {
		return err
	}
	return r.journal.Save(ctx, data)
}

// Apply moves the files. One that cannot be moved keeps none of the others
// back; the error then tells how many, and the result why each.
func (m *Method) Apply(ctx context.Context, resp candor.Response, j respond.Journal) (json.RawMessage, error) {
	r, err := m.start(resp, j)
	if err != nil {
		return nil, err
	}
	var errs []error
	for from := 0; from < len(r.result.Places); from += batch {
		more, err := r.moveBatch(ctx, from, min(from+batch, len(r.result.Places)))
		if err != nil {
			return nil, err
		}
		errs = append(errs, more...)
	}
	result, err := r.encode()
	if err != nil {
		return nil, err
	}
	return result, together("moved", errs, len(r.result.Places))
}

// moveBatch keeps some files, saves that, and takes them away. Its error is
// one that ends the call.
func (r *run) moveBatch(ctx context.Context, from, to int) (errs []error, err error) {
	kept := make([]*held, to-from)
	defer func() {
		for _, h := range kept {
			if h != nil {
				h.close()
			}
		}
	}()
	for i := range kept {
		p := &r.result.Places[from+i]
		h, err := r.keep(ctx, p)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		kept[i] = h
		errs = p.outcome(errs, err)
	}
	if err := r.save(ctx); err != nil {
		return nil, err
	}
	for i, h := range kept {
		if h == nil {
			continue
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		p := &r.result.Places[from+i]
		errs = p.outcome(errs, h.take(ctx, p, r.stubs[from+i]))
	}
	return errs, nil
}

// outcome notes a failure at the place.
func (p *Place) outcome(errs []error, err error) []error {
	if err == nil {
		p.Error = ""
		return errs
	}
	err = fmt.Errorf("%q: %w", string(p.Root)+"/"+string(p.Path), err)
	if p.Error = err.Error(); p.State != Moved { // what we took can be put back, whatever is there now
		p.State = Failed
	}
	return append(errs, err)
}

// keep settles what was left, and has the file kept if it is there. Otherwise
// there is nothing to take, and p says why.
func (r *run) keep(ctx context.Context, p *Place) (*held, error) {
	d, err := openFolder(string(p.Root), string(p.Path))
	if missing(err) {
		p.away()
		return nil, nil
	}
	if err != nil {
		return nil, describe("open", err)
	}
	h, err := r.keepIn(ctx, d, p)
	if h == nil {
		d.close()
	}
	return h, err
}

func (r *run) keepIn(ctx context.Context, d *folder, p *Place) (*held, error) {
	if p.Token != "" {
		at, err := settle(ctx, d, p)
		if err != nil {
			return nil, err
		}
		if at == standIn {
			p.State = Moved
			return nil, nil
		}
		if at == other && p.State == Kept && !p.inPlace(d) {
			p.State = Moved // it was taken just before the call was interrupted
		}
	}
	h, err := keep(ctx, r.vault, d, p)
	switch {
	case errors.Is(err, errAbsent):
		p.away()
		return nil, nil
	case err != nil && p.State == Moved && errors.Is(err, candor.ErrChanged):
		return nil, changed("another file is in its place now", "It was moved; scan what is there now.")
	case err != nil:
		return nil, err
	}
	p.State = Kept
	if p.Token == "" {
		token := make([]byte, tokenBytes)
		rand.Read(token)
		p.Token = hex.EncodeToString(token)
	}
	return h, nil
}

// away notes that nothing is at the place: we moved it, or somebody did.
func (p *Place) away() {
	switch p.State {
	case Kept, Moved:
		p.State = Moved
	default:
		p.State = Gone
	}
}
