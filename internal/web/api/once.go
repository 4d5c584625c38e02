package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/house"
	"candor/internal/store"
)

// once does a request with an Idempotency-Key once, after the draft of the
// IETF (draft-ietf-httpapi-idempotency-key-header). The key is taken in the
// database before anything is done, so it holds for all nodes.
//
// What failed for reasons of the server may be tried again with the key: each
// attempt takes a row of its own, and of several at once one gets it.
type once struct {
	house *house.House
	clock candor.Clock
	log   *slog.Logger
}

const (
	kept     = 24 * time.Hour  // answers
	longest  = 5 * time.Minute // that a request takes
	attempts = 20              // of one key
)

// States of a row that is no answer yet.
const (
	working   = 0
	abandoned = -1 // it failed, and may be tried again
)

// keptAnswer is what is kept of an answer besides its status.
type keptAnswer struct {
	Header http.Header `json:"header"`
	Body   string      `json:"body"`
}

// replayed are the headers that are kept with an answer.
var replayed = []string{"Content-Type", "Etag", "Location", "Link"}

// do gives the answer of the first request with the key, or does it.
func (o *once) do(w http.ResponseWriter, r *http.Request, op operation, key string, body []byte, do http.HandlerFunc) error {
	if len(key) > 255 || strings.ContainsFunc(key, func(c rune) bool { return c <= ' ' || c > '~' }) {
		return fault("header.Idempotency-Key", "it is written in at most 255 visible characters of ASCII")
	}
	mine := store.Answer{Owner: asker(access.From(r.Context())), Key: key, Request: digest(r, body), Status: working}
	before, err := o.begin(r.Context(), &mine)
	if err != nil {
		return err
	}
	if before != nil {
		return replay(w, *before)
	}
	seen := &answer{ResponseWriter: w, header: w.Header()}
	defer func() {
		caught := recover()
		if err := o.end(context.WithoutCancel(r.Context()), mine, seen, op, caught != nil); err != nil {
			o.log.Error("the answer to a request with a key was not kept", "error", err)
		}
		if caught != nil {
			panic(caught)
		}
	}()
	do(seen, r)
	return nil
}

// asker names whoever asks, whatever tokens are used: a user, or a reporter's programs.
func asker(who candor.Principal) string {
	if who.Reporter != "" {
		return "reporter:" + who.Reporter
	}
	return string(who.User)
}

// digest tells one request from another.
func digest(r *http.Request, body []byte) string {
	h := sha256.New()
	for _, part := range []string{r.Method, r.URL.Path, r.URL.RawQuery, r.Header.Get("Content-Type"), r.Header.Get("If-Match")} {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	h.Write(body)
	return hex.EncodeToString(h.Sum(nil))
}

// begin takes the key, or gives the answer that it has already.
func (o *once) begin(ctx context.Context, mine *store.Answer) (*store.Answer, error) {
	key := mine.Key
	for n := range attempts {
		if n > 0 {
			mine.Key = fmt.Sprintf("%s\n%d", key, n) // no header has a line break in it
		}
		before, err := o.take(ctx, mine)
		switch {
		case err != nil || before == nil:
			return nil, err
		case before.Request != mine.Request:
			return nil, candor.WithHint(fmt.Errorf("the idempotency key belongs to another request: %w", candor.ErrInvalid), "Take a new key for each request that is not a repetition.")
		case before.Status > 0:
			return before, nil
		case before.Status == working && o.clock().Sub(before.Created) < longest:
			p := newProblem(http.StatusConflict, "The request with this idempotency key is still being worked on.", "Repeat it in a moment.")
			return nil, p.after(time.Second)
		case before.Status == working:
			return nil, newProblem(http.StatusConflict, "The request with this idempotency key was broken off, and whether it was done is not known.", "Look whether it was done; if not, repeat it with a new key.")
		}
	}
	return nil, newProblem(http.StatusConflict, "The request with this idempotency key failed too often.", "Repeat it with a new key.")
}

// take adds the row, or gives the one that is there.
func (o *once) take(ctx context.Context, mine *store.Answer) (*store.Answer, error) {
	for range 3 { // what is there may be swept away at this moment
		mine.Created = o.clock().UTC()
		err := o.house.Store.Tx(ctx, func(tx *store.Tx) error { return tx.AddAnswer(ctx, *mine) })
		if !errors.Is(err, candor.ErrExists) {
			return nil, err
		}
		var before store.Answer
		err = o.house.Store.Tx(ctx, func(tx *store.Tx) error { // what others write is seen here before it is committed
			before, err = tx.Answer(ctx, mine.Owner, mine.Key)
			return err
		})
		switch {
		case errors.Is(err, candor.ErrNotFound):
		case err != nil:
			return nil, err
		case mine.Created.Sub(before.Created) < kept:
			return &before, nil
		default:
			if err := o.house.Store.Tx(ctx, func(tx *store.Tx) error { return tx.DeleteAnswers(ctx, mine.Created.Add(-kept).Add(time.Microsecond)) }); err != nil {
				return nil, err
			}
		}
	}
	return nil, fmt.Errorf("take an idempotency key: %w", candor.ErrUnavailable)
}

// end keeps the answer. What the server is to blame for may be tried again.
func (o *once) end(ctx context.Context, mine store.Answer, seen *answer, op operation, broke bool) error {
	mine.Status = seen.status
	if broke || seen.status >= http.StatusInternalServerError || seen.status == http.StatusTooManyRequests {
		mine.Status = abandoned
	} else {
		keep := keptAnswer{Header: http.Header{}, Body: string(blank(seen.body.Bytes(), op.secrets))}
		for _, name := range replayed {
			if v, ok := seen.header[name]; ok {
				keep.Header[name] = v
			}
		}
		text, err := json.Marshal(keep)
		if err != nil {
			return err
		}
		mine.Body = string(text)
	}
	return o.house.Store.Tx(ctx, func(tx *store.Tx) error { return tx.SetAnswer(ctx, mine) })
}

// blank takes secrets out of an answer before it is kept: what is shown once is
// not to be found in the database.
func blank(body []byte, secrets []string) []byte {
	var members map[string]json.RawMessage
	if len(secrets) == 0 || json.Unmarshal(body, &members) != nil {
		return body
	}
	for name := range members {
		if slices.Contains(secrets, name) {
			members[name] = json.RawMessage(`""`)
		}
	}
	text, err := json.Marshal(members)
	if err != nil {
		return nil
	}
	return text
}

// replay gives an answer again.
func replay(w http.ResponseWriter, a store.Answer) error {
	var keep keptAnswer
	if err := json.Unmarshal([]byte(a.Body), &keep); err != nil {
		return fmt.Errorf("an answer that was kept: %w", err)
	}
	for name, values := range keep.Header {
		w.Header()[name] = values
	}
	w.Header().Set("Idempotency-Replayed", "true")
	w.WriteHeader(a.Status)
	_, _ = w.Write([]byte(keep.Body)) // whoever asked is gone, if it fails
	return nil
}

// answer keeps what is answered, and passes it on if there is somebody to
// pass it to.
type answer struct {
	http.ResponseWriter
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
	if a.ResponseWriter != nil {
		a.ResponseWriter.WriteHeader(status)
	}
}

func (a *answer) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	a.body.Write(b)
	if a.ResponseWriter != nil {
		return a.ResponseWriter.Write(b)
	}
	return len(b), nil
}
