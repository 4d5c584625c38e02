package fleet

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"

	"candor"
	"candor/internal/fleet/wire"
	"candor/internal/respond"
)

// kept is what is known of a content that a task may keep or take.
type kept struct {
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"`
}

// contents gives those that a task's response names, by digest.
func (s *Service) contents(ctx context.Context, a candor.Agent, id candor.ID) (map[string]kept, error) {
	k, err := s.own(ctx, s.Store, a, id)
	if err != nil {
		return nil, err
	}
	var t wire.ResponseTask
	if err := json.Unmarshal(k.Body, &t); err != nil || t.Response == "" {
		return nil, fmt.Errorf("the task keeps nothing: %w", candor.ErrInvalid)
	}
	r, err := s.Store.Response(ctx, candor.Everything, t.Response)
	if err != nil {
		return nil, err
	}
	if !stands(k.Kind, r.State) {
		return nil, fmt.Errorf("the response is %s: %w", r.State, candor.ErrChanged)
	}
	var plan files
	if _, err := respond.ReadPlan(r, &plan); err != nil {
		return nil, err
	}
	all := map[string]kept{}
	for _, f := range plan.Files {
		all[f.SHA256] = kept{f.SHA256, f.Size}
	}
	return all, nil
}

// put takes a content into the vault: one that the plan names, or none.
func (s *Service) put(w http.ResponseWriter, r *http.Request, a candor.Agent) {
	all, err := s.contents(r.Context(), a, candor.ID(r.PathValue("id")))
	if err != nil {
		s.answer(w, nil, err)
		return
	}
	in := &expected{r: r.Body, all: all, sum: sha256.New()}
	for _, k := range all {
		in.most = max(in.most, k.Size)
	}
	digest, size, err := s.Vault.Put(r.Context(), in)
	s.answer(w, kept{digest, size}, err)
}

// expected gives an error in the place of the end if it was none of the
// contents that are expected, so that the vault keeps nothing.
type expected struct {
	r    io.Reader
	all  map[string]kept
	sum  hash.Hash
	size int64
	most int64
}

func (e *expected) Read(b []byte) (int, error) {
	n, err := e.r.Read(b)
	e.sum.Write(b[:n])
	if e.size += int64(n); e.size > e.most {
		return n, fmt.Errorf("it is larger than what was planned: %w", candor.ErrChanged)
	}
	if errors.Is(err, io.EOF) {
		k, ok := e.all[hex.EncodeToString(e.sum.Sum(nil))]
		if !ok || k.Size != e.size {
			return n, fmt.Errorf("it is none of the contents that were planned: %w", candor.ErrChanged)
		}
	}
	return n, err
}

// get gives a content that the plan names.
func (s *Service) get(w http.ResponseWriter, r *http.Request, a candor.Agent) {
	all, err := s.contents(r.Context(), a, candor.ID(r.PathValue("id")))
	digest := r.PathValue("digest")
	if _, ok := all[digest]; err == nil && !ok {
		err = fmt.Errorf("the response does not name %.80q: %w", digest, candor.ErrDenied)
	}
	if err != nil {
		s.answer(w, nil, err)
		return
	}
	content, err := s.Vault.Get(r.Context(), digest)
	if err != nil {
		s.answer(w, nil, err)
		return
	}
	defer content.Close()
	w.Header().Set("Content-Type", "application/octet-stream")
	if _, err := io.Copy(w, content); err != nil {
		panic(http.ErrAbortHandler) // what was sent is not whole
	}
}

// save keeps the result of a response on its way, as the journal of a local
// one does: only of one that may still be carried out.
func (s *Service) save(ctx context.Context, a candor.Agent, id candor.ID, result json.RawMessage) error {
	return s.Store.Tx(ctx, func(tx Tx) error {
		k, err := s.own(ctx, tx, a, id)
		if errors.Is(err, candor.ErrNotFound) {
			return fmt.Errorf("it is no longer to be done: %w", candor.ErrChanged)
		}
		if err != nil {
			return err
		}
		var t wire.ResponseTask
		if err := json.Unmarshal(k.Body, &t); err != nil {
			return err
		}
		r, err := tx.Response(ctx, candor.Everything, t.Response)
		if err != nil {
			return err
		}
		if !stands(k.Kind, r.State) || k.Kind == wire.TaskVerify {
			return fmt.Errorf("the response is %s: %w", r.State, candor.ErrChanged)
		}
		if err := s.checkResult(r, result); err != nil {
			return err
		}
		if bytes.Equal(r.Result, result) {
			return nil
		}
		r.Result, r.Updated = result, s.Clock().UTC()
		return tx.ChangeResponse(ctx, r, r.State)
	})
}
