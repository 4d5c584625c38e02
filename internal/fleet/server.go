package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"candor"
	"candor/internal/fleet/wire"
	"candor/internal/store"
)

// patience bounds a request that is not a long one.
const patience = 2 * time.Minute

// Handler answers agents. It needs a server with the configuration of TLS.
func (s *Service) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+wire.Enrol, func(w http.ResponseWriter, r *http.Request) {
		serve(s, w, r, func(in *wire.EnrolRequest) (any, error) { return s.enrol(r.Context(), *in) })
	})
	mux.Handle("POST "+wire.Renew, s.agents(func(w http.ResponseWriter, r *http.Request, a candor.Agent) {
		serve(s, w, r, func(in *wire.RenewRequest) (any, error) { return s.renew(r.Context(), a, *in) })
	}))
	mux.Handle("POST "+wire.Sync, s.agents(func(w http.ResponseWriter, r *http.Request, a candor.Agent) {
		serve(s, w, r, func(in *wire.SyncRequest) (any, error) {
			_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(in.Wait + patience)) // the connection's own end, otherwise
			return s.sync(r.Context(), a, *in)
		})
	}))
	mux.Handle("POST "+wire.Reports, s.agents(func(w http.ResponseWriter, r *http.Request, a candor.Agent) {
		serve(s, w, r, func(in *wire.Report) (any, error) { return s.take(r.Context(), a, *in) })
	}))
	mux.Handle("POST "+wire.Inventory, s.agents(func(w http.ResponseWriter, r *http.Request, a candor.Agent) {
		serve(s, w, r, func(in *wire.InventoryReport) (any, error) { return s.inventory(r.Context(), a, *in) })
	}))
	mux.Handle("GET "+wire.Definitions+"{id}", s.agents(s.definitions))
	mux.Handle("POST "+wire.Verdicts, s.agents(func(w http.ResponseWriter, r *http.Request, a candor.Agent) {
		serve(s, w, r, func(in *wire.Claim) (any, error) { return struct{}{}, s.claim(r.Context(), string(a.Asset), *in) })
	}))
	mux.Handle("GET "+wire.Verdicts, s.agents(func(w http.ResponseWriter, r *http.Request, _ candor.Agent) {
		q := r.URL.Query()
		number, _ := strconv.ParseInt(q.Get("number"), 10, 64) // from the start, otherwise
		b, err := s.believed(r.Context(), q.Get("under"), store.Believed{Number: number, Digest: q.Get("digest")})
		s.answer(w, b, err)
	}))
	mux.Handle("POST "+wire.Tasks+"{id}/save", s.agents(func(w http.ResponseWriter, r *http.Request, a candor.Agent) {
		serve(s, w, r, func(in *wire.Outcome) (any, error) {
			return struct{}{}, s.save(r.Context(), a, candor.ID(r.PathValue("id")), in.Result)
		})
	}))
	mux.Handle("POST "+wire.Tasks+"{id}/done", s.agents(func(w http.ResponseWriter, r *http.Request, a candor.Agent) {
		serve(s, w, r, func(in *wire.Outcome) (any, error) {
			return struct{}{}, s.done(r.Context(), a, candor.ID(r.PathValue("id")), *in)
		})
	}))
	mux.Handle("PUT "+wire.Tasks+"{id}/vault", s.agents(s.put))
	mux.Handle("GET "+wire.Tasks+"{id}/vault/{digest}", s.agents(s.get))
	return mux
}

// agents lets agents in: those whose certificate is ours, and that are not
// revoked.
func (s *Service) agents(f func(http.ResponseWriter, *http.Request, candor.Agent)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, err := s.agent(r)
		if err != nil {
			s.answer(w, nil, err)
			return
		}
		f(w, r, a)
	})
}

func (s *Service) agent(r *http.Request) (candor.Agent, error) {
	if r.TLS == nil || len(r.TLS.VerifiedChains) == 0 {
		return candor.Agent{}, candor.WithHint(fmt.Errorf("there is no certificate: %w", candor.ErrDenied), "Enrol the machine with a token.")
	}
	leaf := r.TLS.VerifiedChains[0][0]
	a, err := s.Store.Agent(r.Context(), candor.ID(leaf.Subject.CommonName))
	if err != nil {
		return a, fmt.Errorf("the agent is not known: %w", err)
	}
	if a.State != candor.AgentActive || a.Key != keyDigest(leaf) {
		return a, candor.WithHint(fmt.Errorf("the agent was revoked: %w", candor.ErrDenied), "Enrol the machine with a new token.")
	}
	return a, nil
}

// serve reads a message, has it dealt with, and answers.
func serve[In any](s *Service, w http.ResponseWriter, r *http.Request, f func(*In) (any, error)) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(patience)) // the connection's own end, otherwise
	in, err := wire.Read[In](r.Body)
	if err != nil {
		s.answer(w, nil, err)
		return
	}
	out, err := f(&in)
	s.answer(w, out, err)
}

// answer writes an answer, or what went wrong. What is none of the agent's
// making is told without its insides.
func (s *Service) answer(w http.ResponseWriter, out any, err error) {
	status := http.StatusOK
	if err != nil {
		f := wire.FailureOf(err)
		if status = f.Status(); status >= http.StatusInternalServerError {
			if !errors.Is(err, context.Canceled) { // else whoever asked has gone
				s.Log.Warn("a request of an agent failed", "error", err)
			}
			f.Text = "the server cannot do this now"
		}
		out = f
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(out) // whoever asked has gone
}

// definitions sends a generation.
func (s *Service) definitions(w http.ResponseWriter, r *http.Request, _ candor.Agent) {
	id := r.PathValue("id")
	if len(id) != 64 || strings.Trim(id, "0123456789abcdef") != "" {
		s.answer(w, nil, fmt.Errorf("%.80q is no generation: %w", id, candor.ErrInvalid))
		return
	}
	began := false
	err := s.Definitions.Archive(id, writerFunc(func(b []byte) (int, error) {
		began = true
		return w.Write(b)
	}))
	switch {
	case err != nil && began:
		panic(http.ErrAbortHandler) // what was sent is not whole
	case err != nil:
		s.answer(w, nil, err)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

var _ io.Writer = writerFunc(nil)

// sync notes how an agent is, and says what there is to do.
func (s *Service) sync(ctx context.Context, a candor.Agent, in wire.SyncRequest) (wire.SyncAnswer, error) {
	status, err := json.Marshal(in.Status)
	if err != nil {
		return wire.SyncAnswer{}, err
	}
	a.Seen, a.Version, a.Generation, a.Status = s.Clock().UTC(), in.Version, in.Generation, status
	heard := context.WithoutCancel(ctx) // whoever asked may have more to tell already
	if err := s.Store.Tx(heard, func(tx Tx) error { return tx.SeeAgent(heard, a) }); err != nil {
		return wire.SyncAnswer{}, err
	}
	for _, p := range in.Status.Scans {
		if err := s.Sites.Progress(heard, a.Asset, progress(p)); err != nil {
			s.Log.Warn("the progress of a scan could not be kept", "scan", p.Scan, "error", err)
		}
	}
	out := wire.SyncAnswer{Settings: s.Settings, Generation: s.Definitions.Current()}
	if out.Tasks, err = s.wait(ctx, a, in, out.Generation); err != nil {
		return out, err
	}
	out.Generation = s.Definitions.Current()
	if out.Sites, err = s.sites(ctx, a.Asset); err != nil {
		return out, err
	}
	now, err := s.Store.Agent(ctx, a.ID)
	out.Received = now.Received
	return out, err
}

// sites are what an agent looks after.
func (s *Service) sites(ctx context.Context, server candor.ID) ([]wire.Site, error) {
	assets, err := s.Store.SitesOn(ctx, server)
	all := make([]wire.Site, 0, len(assets))
	for _, a := range assets {
		every := time.Duration(a.Every)
		if every == 0 {
			every = s.Every
		}
		if len(a.Roots) > 0 {
			all = append(all, wire.Site{Asset: a.ID, Roots: a.Roots, Every: every, Last: a.Scanned})
		}
	}
	return all, err
}
