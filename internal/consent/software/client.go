package software

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"candor"
)

// Paths at which the desk answers devices.
const (
	StatementPath = "/api/v1/software/statements"
	QuestionPath  = "/api/v1/software/questions"
)

// Client asks a desk. It is safe for concurrent use.
type Client struct {
	Server string       // its address: scheme, host and port
	HTTP   *http.Client // with a timeout
}

// mostAnswer bounds answers, in bytes.
const mostAnswer = 1 << 20

// Post sends a statement; see Queue.Send.
func (c Client) Post(ctx context.Context, text string) (Answer, error) {
	var a Answer
	err := c.ask(ctx, StatementPath, map[string]string{"statement": text}, &a)
	return a, err
}

// Stands asks a signed question; see Ask.
func (c Client) Stands(ctx context.Context, text string) (Standing, error) {
	var s Standing
	err := c.ask(ctx, QuestionPath, map[string]string{"question": text}, &s)
	return s, err
}

func (c Client) ask(ctx context.Context, path string, body, into any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(c.Server, "/")+path, bytes.NewReader(data))
	if err != nil {
		return candor.WithHint(fmt.Errorf("the desk's address: %w: %w", err, candor.ErrInvalid), "Write it as https://desk.example.net.")
	}
	r.Header.Set("Content-Type", "application/json")
	w, err := c.HTTP.Do(r)
	if err != nil {
		return candor.WithHint(fmt.Errorf("ask the desk: %w: %w", err, candor.ErrUnavailable), "Nothing is lost: send again when there is a network.")
	}
	defer w.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(w.Body, mostAnswer))
	if err != nil {
		return fmt.Errorf("the desk's answer: %w: %w", err, candor.ErrUnavailable)
	}
	if w.StatusCode/100 != 2 {
		return problem(w.StatusCode, answer)
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return fmt.Errorf("the desk's answer: %w: %w", err, candor.ErrUnavailable)
	}
	return nil
}

// problem words an answer that says that it was not done (RFC 9457).
func problem(status int, answer []byte) error {
	kind := map[int]error{http.StatusNotFound: candor.ErrNotFound, http.StatusConflict: candor.ErrExists, http.StatusBadRequest: candor.ErrInvalid,
		http.StatusUnprocessableEntity: candor.ErrInvalid, http.StatusRequestEntityTooLarge: candor.ErrInvalid, http.StatusForbidden: candor.ErrDenied}[status]
	if kind == nil {
		kind = candor.ErrUnavailable
	}
	var p struct{ Detail, Hint string }
	_ = json.Unmarshal(answer, &p) // what is no problem details says nothing
	return candor.WithHint(fmt.Errorf("the desk answered %d %s: %w", status, p.Detail, kind), p.Hint)
}
