package misp

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"candor"
	"candor/internal/intel"
)

// Server is a server of MISP that is told what was seen. It is safe for concurrent use.
type Server struct {
	HTTP interface {
		Do(*http.Request) (*http.Response, error)
	}
	Address   string // https://misp.example.org
	Authorize func(*http.Request)
}

// mostAnswer bounds what is read of an answer, in bytes.
const mostAnswer = 64 << 10

// Tell tells the server of the sightings of a release, and gives how many it took.
// candor.ErrDenied, candor.ErrNotFound and candor.ErrInvalid are its word, which asking
// again does not change; candor.ErrUnavailable is for later. What is told twice is two
// sightings to MISP.
func (s Server) Tell(ctx context.Context, r intel.Release) (int, error) {
	all := Sightings(r)
	for n, one := range all {
		if err := s.tell(ctx, one); err != nil {
			return n, err
		}
	}
	return len(all), nil
}

func (s Server) tell(ctx context.Context, one Sighting) error {
	text, err := json.Marshal(one)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(s.Address, "/")+"/sightings/add", bytes.NewReader(text))
	if err != nil {
		return fmt.Errorf("the address of MISP: %w: %w", candor.ErrInvalid, err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	if s.Authorize != nil {
		s.Authorize(req)
	}
	a, err := s.HTTP.Do(req)
	if err != nil {
		return fmt.Errorf("tell MISP: %w: %w", candor.ErrUnavailable, err)
	}
	defer a.Body.Close()
	body, err := io.ReadAll(io.LimitReader(a.Body, mostAnswer))
	if err != nil {
		return fmt.Errorf("what MISP answers: %w: %w", candor.ErrUnavailable, err)
	}
	return answered(a.StatusCode, body)
}

// answered reads what a server says: errors have a message, of which some come with
// 200.
func answered(status int, body []byte) error {
	var said struct {
		Message  string          `json:"message"`
		Errors   json.RawMessage `json:"errors"`
		Sighting json.RawMessage `json:"Sighting"`
	}
	parsed := json.Unmarshal(body, &said) == nil
	kind := candor.ErrInvalid
	switch {
	case status == http.StatusOK && parsed && len(said.Sighting) > 0 && len(said.Errors) == 0:
		return nil
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		kind = candor.ErrDenied
	case status == http.StatusNotFound:
		kind = candor.ErrNotFound
	case status == http.StatusTooManyRequests || status >= 500 || status == http.StatusRequestTimeout:
		kind = candor.ErrUnavailable
	}
	return fmt.Errorf("MISP answers %d %.200q: %w", status, said.Message, kind)
}
