package evidence

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	f_note "github.com/transparency-dev/formats/note"
	"github.com/transparency-dev/tessera"
	"golang.org/x/mod/sumdb/note"

	"candor"
)

// courier carries checkpoints to witnesses for Tessera, which tells nobody how
// that went, and keeps in mind how it went. It is an http.RoundTripper.
type courier struct {
	next      http.RoundTripper
	clock     candor.Clock
	witnesses []*witnessed
}

type witnessed struct {
	tessera.Witness
	mu     sync.Mutex
	status WitnessStatus
}

func newCourier(o Options) (*courier, error) {
	c := &courier{next: o.Transport, clock: o.Clock}
	for _, w := range o.Witnesses {
		root, err := url.Parse(w.URL)
		if err != nil || root.Host == "" {
			return nil, fmt.Errorf("witness %q: no address: %w", w.URL, candor.ErrInvalid)
		}
		t, err := tessera.NewWitness(w.Key, root)
		if err != nil {
			return nil, fmt.Errorf("witness %s: key: %w: %w", w.URL, candor.ErrInvalid, err)
		}
		c.witnesses = append(c.witnesses, &witnessed{Witness: t, status: WitnessStatus{Name: t.Key.Name(), URL: w.URL}})
	}
	return c, nil
}

// group wants all witnesses, so that all are asked.
func (c *courier) group() tessera.WitnessGroup {
	g := tessera.WitnessGroup{N: len(c.witnesses)}
	for _, w := range c.witnesses {
		g.Components = append(g.Components, w.Witness)
	}
	return g
}

// RoundTrip sends a request of Tessera's. The answer is read here, and bounded.
func (c *courier) RoundTrip(r *http.Request) (*http.Response, error) {
	i := slices.IndexFunc(c.witnesses, func(w *witnessed) bool { return w.URL == r.URL.String() })
	if i < 0 {
		return nil, fmt.Errorf("%s is no witness: %w", r.URL, candor.ErrInvalid)
	}
	response, answer, err := c.exchange(r)
	if err != nil {
		c.witnesses[i].note(c.clock(), time.Time{}, err)
		return nil, err
	}
	if response.StatusCode != http.StatusConflict || response.Header.Get("Content-Type") != sizeType {
		at, err := cosigned(r, response, answer, c.witnesses[i].Key)
		c.witnesses[i].note(c.clock(), at, err)
	} // else it told its size, and Tessera asks again
	return response, nil
}

func (c *courier) exchange(r *http.Request) (*http.Response, []byte, error) {
	response, err := c.next.RoundTrip(r)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxCheckpoint))
	if err != nil {
		return nil, nil, err
	}
	response.Body = io.NopCloser(bytes.NewReader(answer))
	return response, answer, nil
}

// cosigned gives the time in the cosignature that answers r.
func cosigned(r *http.Request, response *http.Response, answer []byte, v note.Verifier) (time.Time, error) {
	if response.StatusCode != http.StatusOK {
		return time.Time{}, fmt.Errorf("it answered %s: %.200q", response.Status, answer)
	}
	if r.GetBody == nil {
		return time.Time{}, errors.New("the request cannot be read again")
	}
	body, err := r.GetBody()
	if err != nil {
		return time.Time{}, err
	}
	sent, err := io.ReadAll(body)
	if err != nil {
		return time.Time{}, err
	}
	_, checkpoint, _ := strings.Cut(string(sent), "\n\n")
	return cosignature([]byte(checkpoint+string(answer)), v)
}

// cosignature gives the time of v's cosignature of a checkpoint.
func cosignature(checkpoint []byte, v note.Verifier) (time.Time, error) {
	n, err := note.Open(checkpoint, note.VerifierList(v))
	if err != nil {
		return time.Time{}, fmt.Errorf("%w: %w", candor.ErrInvalid, err)
	}
	at, err := f_note.CoSigV1Timestamp(n.Sigs[0])
	return at.UTC(), err
}

// note keeps in mind how a request went.
func (w *witnessed) note(asked, cosigned time.Time, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.status.Asked, w.status.Error = asked.UTC(), ""
	if err != nil {
		w.status.Error = err.Error()
		return
	}
	w.status.Cosigned = cosigned
}

// remember takes cosignatures from a checkpoint of an earlier run.
func (c *courier) remember(checkpoint []byte) {
	for _, w := range c.witnesses {
		if at, err := cosignature(checkpoint, w.Key); err == nil {
			w.status.Cosigned = at
		}
	}
}

func (c *courier) status() []WitnessStatus {
	var out []WitnessStatus
	for _, w := range c.witnesses {
		w.mu.Lock()
		out = append(out, w.status)
		w.mu.Unlock()
	}
	return out
}

func (c *courier) close() {
	if t, ok := c.next.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}
