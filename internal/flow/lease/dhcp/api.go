package dhcp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// API asks a Kea server for its leases, by lease4-get-page or lease6-get-page of
// its lease commands, over HTTP or its control socket.
type API struct {
	options Options
	place   string
	six     bool
	client  *http.Client
	tracker *tracker
	round   uint64
	last    time.Time // the last whole round
}

// NewAPI asks the Kea server of a place: its URL, or the path of its control
// socket.
func NewAPI(place string, six bool, client *http.Client, o Options) *API {
	o = o.withDefaults(time.Minute)
	if client == nil {
		client = &http.Client{Timeout: 30 * time.Second}
	}
	return &API{options: o, place: place, six: six, client: client, tracker: newTracker(o.Source, o.Keys, o.Now)}
}

// Run asks until the context is done.
func (a *API) Run(ctx context.Context) error {
	return every(ctx, a.options.Every, a.options.Log, a.options.Source, a.Poll)
}

// Stats gives the counts. Not for concurrent use with Poll.
func (a *API) Stats() Stats { return a.tracker.stats() }

const (
	page      = 1000
	mostPages = 10_000
	mostBytes = 16 << 20 // of a page
	keaEmpty  = 3        // the result of a page without leases
)

// Poll asks for all leases. What was there and is no more has ended, after the
// last time that it was there. Not for concurrent use.
func (a *API) Poll(ctx context.Context) error {
	now := a.options.Now()
	a.round++
	from := "start"
	for range mostPages {
		leases, err := a.ask(ctx, from)
		if err != nil {
			return errors.Join(err, a.tracker.give(ctx, a.options.Sink))
		}
		for _, l := range leases {
			e, err := l.entry()
			if err != nil {
				a.tracker.malformed++
				continue
			}
			a.tracker.take(e, true)
			if c, ok := a.tracker.leases[e.prefix]; ok {
				c.round = a.round
				a.tracker.leases[e.prefix] = c
			}
		}
		if err := a.tracker.give(ctx, a.options.Sink); err != nil {
			return err
		}
		if len(leases) < page {
			a.gone()
			a.last = now
			return a.tracker.give(ctx, a.options.Sink)
		}
		from = leases[len(leases)-1].Address
	}
	return fmt.Errorf("kea: more than %d pages of leases", mostPages)
}

// gone ends what this round did not list.
func (a *API) gone() {
	for p, c := range a.tracker.leases {
		if c.round == a.round {
			continue
		}
		at := c.seen
		if a.last.After(at) {
			at = a.last
		}
		a.tracker.take(&entry{prefix: p, state: ended, at: at}, true)
	}
}

// ask asks for a page of leases after an address.
func (a *API) ask(ctx context.Context, from string) ([]keaLease, error) {
	command, service := "lease4-get-page", "dhcp4"
	if a.six {
		command, service = "lease6-get-page", "dhcp6"
	}
	request, err := json.Marshal(map[string]any{
		"command": command, "service": []string{service}, "arguments": map[string]any{"from": from, "limit": page},
	})
	if err != nil {
		return nil, fmt.Errorf("kea: %w", err)
	}
	exchange := a.post
	if strings.HasPrefix(a.place, "/") {
		exchange = a.dial
	}
	b, err := exchange(ctx, request)
	if err != nil {
		return nil, fmt.Errorf("kea: %w", err)
	}
	return keaPage(b)
}

func (a *API) post(ctx context.Context, request []byte) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, a.place, bytes.NewReader(request))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	response, err := a.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("it answers %s", response.Status)
	}
	return io.ReadAll(io.LimitReader(response.Body, mostBytes))
}

// dial asks by the control socket: one command a connection.
func (a *API) dial(ctx context.Context, request []byte) ([]byte, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", a.place)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		return nil, err
	}
	if _, err := conn.Write(request); err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(conn, mostBytes))
}

// keaAnswer is an answer to a command.
type keaAnswer struct {
	Result    int    `json:"result"`
	Text      string `json:"text"`
	Arguments struct {
		Leases []struct {
			Address  string          `json:"ip-address"`
			Hardware string          `json:"hw-address"`
			Client   string          `json:"client-id"`
			DUID     string          `json:"duid"`
			CLTT     int64           `json:"cltt"`
			Life     int64           `json:"valid-lft"`
			State    int             `json:"state"`
			Type     string          `json:"type"`
			Length   int             `json:"prefix-len"`
			Context  json.RawMessage `json:"user-context"`
		} `json:"leases"`
	} `json:"arguments"`
}

// keaPage reads a page: the control agent puts answers into a list.
func keaPage(b []byte) ([]keaLease, error) {
	var answer keaAnswer
	if b = bytes.TrimSpace(b); len(b) > 0 && b[0] == '[' {
		var list []keaAnswer
		if err := json.Unmarshal(b, &list); err != nil || len(list) == 0 {
			return nil, fmt.Errorf("kea: the answer is none: %w", errors.Join(errRow, err))
		}
		answer = list[0]
	} else if err := json.Unmarshal(b, &answer); err != nil {
		return nil, fmt.Errorf("kea: the answer is none: %w", err)
	}
	if answer.Result != 0 && answer.Result != keaEmpty {
		return nil, fmt.Errorf("kea: result %d: %.200s", answer.Result, answer.Text)
	}
	list := make([]keaLease, 0, len(answer.Arguments.Leases))
	for _, l := range answer.Arguments.Leases {
		list = append(list, keaLease{
			Address: l.Address, Hardware: l.Hardware, Client: l.Client, DUID: l.DUID, CLTT: l.CLTT, Life: l.Life,
			State: l.State, Length: l.Length, PD: l.Type == "IA_PD", Context: l.Context,
		})
	}
	return list, nil
}
