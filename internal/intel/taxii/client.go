package taxii

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"candor"
	"candor/internal/intel"
	"candor/internal/intel/stix"
)

// Doer does requests: http.Client, over a way out that the caller chose.
type Doer interface {
	Do(*http.Request) (*http.Response, error)
}

// Client asks servers of TAXII 2.1. It is safe for concurrent use if its parts
// are.
type Client struct {
	HTTP Doer
	// Origin is the scheme and host that Authorize is for: no other host gets the
	// credentials, whatever a server names as its roots.
	Origin    string
	Authorize func(*http.Request) // Basic, Bearer, or nil
	// Wait waits between looks at a status; time.After in a select, in programs.
	Wait func(context.Context, time.Duration) error
}

// Basic authorises by name and password (RFC 7617).
func Basic(user, password string) func(*http.Request) {
	return func(r *http.Request) { r.SetBasicAuth(user, password) }
}

// Bearer authorises by a token (RFC 6750).
func Bearer(token string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }
}

// Bounds of what a server may answer.
const (
	MostAnswer = 64 << 20 // bytes
	mostPages  = 10_000
	mostLooks  = 60 // at a status
)

// Discover asks what a server is. An address is of its discovery resource:
// "https://taxii.example.org/taxii2/".
func (c *Client) Discover(ctx context.Context, address string) (d Discovery, err error) {
	_, err = c.ask(ctx, http.MethodGet, address, nil, &d)
	for i, r := range d.Roots {
		d.Roots[i] = resolve(address, r)
	}
	d.Default = resolve(address, d.Default)
	return d, err
}

// Root asks what is at the address of a root.
func (c *Client) Root(ctx context.Context, root string) (r Root, err error) {
	_, err = c.ask(ctx, http.MethodGet, root, nil, &r)
	return r, err
}

// Collections asks for the collections of a root.
func (c *Client) Collections(ctx context.Context, root string) ([]Collection, error) {
	var out struct {
		Collections []Collection `json:"collections"`
	}
	_, err := c.ask(ctx, http.MethodGet, join(root, "collections"), nil, &out)
	return out.Collections, err
}

// Query is what is asked of a collection. Its zero value asks for all.
type Query struct {
	AddedAfter time.Time // a Progress's Last, to go on from there
	Types      []string
	Limit      int // objects of a page; 0 leaves it to the server
}

// Progress is how far a collection was read.
type Progress struct {
	Objects int
	// Last is when the last object was added that was read, so that the next query
	// begins behind it; zero if the server did not tell.
	Last time.Time
}

// Objects reads a collection page by page, and hands each object over, oldest
// first. On an error, of the server or of each, Progress is that of the pages read
// whole: nothing is lost by going on from its Last.
func (c *Client) Objects(ctx context.Context, root, collection string, q Query, each func(json.RawMessage) error) (Progress, error) {
	var done Progress
	after, token := q.AddedAfter, ""
	for range mostPages {
		var page struct {
			More    bool              `json:"more"`
			Next    string            `json:"next"`
			Objects []json.RawMessage `json:"objects"`
		}
		header, err := c.ask(ctx, http.MethodGet, join(root, "collections", collection, "objects")+"?"+q.values(after, token).Encode(), nil, &page)
		if err != nil {
			return done, err
		}
		for _, raw := range page.Objects {
			if err := each(raw); err != nil {
				return done, err
			}
		}
		done.Objects += len(page.Objects)
		last, err := parseTime(header.Get("X-TAXII-Date-Added-Last"))
		if err == nil && last.After(done.Last) {
			done.Last = last
		}
		switch {
		case !page.More:
			return done, nil
		case page.Next != "" && page.Next != token:
			token = page.Next
		case page.Next == "" && done.Last.After(after): // servers may leave the token away
			after = done.Last
		default:
			return done, fmt.Errorf("the server gives the same page again: %w", candor.ErrInvalid)
		}
	}
	return done, fmt.Errorf("more than %d pages: %w", mostPages, candor.ErrInvalid)
}

func (q Query) values(after time.Time, token string) url.Values {
	v := url.Values{}
	if !after.IsZero() {
		v.Set("added_after", stamp(after))
	}
	if len(q.Types) > 0 {
		v.Set("match[type]", strings.Join(q.Types, ","))
	}
	if q.Limit > 0 {
		v.Set("limit", strconv.Itoa(q.Limit))
	}
	if token != "" {
		v.Set("next", token)
	}
	return v
}

// Send adds what is released to a collection, and waits until the server has dealt
// with it. What the server did not take is in the Status.
func (c *Client) Send(ctx context.Context, root, collection string, r intel.Release) (Status, error) {
	objects, err := stix.Objects(r)
	if err != nil {
		return Status{}, err
	}
	body, err := json.Marshal(map[string]any{"objects": objects})
	if err != nil {
		return Status{}, err
	}
	var s Status
	if _, err := c.ask(ctx, http.MethodPost, join(root, "collections", collection, "objects"), body, &s); err != nil {
		return s, err
	}
	for n := 0; s.Status == "pending" && n < mostLooks; n++ {
		if err := c.Wait(ctx, min(time.Duration(n+1)*time.Second, 30*time.Second)); err != nil {
			return s, err
		}
		id := s.ID
		s = Status{}
		if _, err := c.ask(ctx, http.MethodGet, join(root, "status", id), nil, &s); err != nil {
			return Status{ID: id, Status: "pending"}, err
		}
	}
	if s.Status == "pending" {
		return s, candor.Later(fmt.Errorf("the server is still at it: %w", candor.ErrUnavailable), time.Minute)
	}
	return s, nil
}

// ask asks one thing, and reads the answer into one value.
func (c *Client) ask(ctx context.Context, method, address string, body []byte, into any) (http.Header, error) {
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("%.200q: %w", address, errors.Join(err, candor.ErrInvalid))
	}
	req.Header.Set("Accept", MediaType)
	if body != nil {
		req.Header.Set("Content-Type", MediaType)
	}
	if c.Authorize != nil && strings.EqualFold(req.URL.Scheme+"://"+req.URL.Host, strings.TrimSuffix(c.Origin, "/")) {
		c.Authorize(req)
	}
	resp, err := c.HTTP.Do(req)
	if err != nil {
		return nil, fmt.Errorf("TAXII: %w", errors.Join(err, candor.ErrUnavailable))
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, MostAnswer+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("TAXII: %w", errors.Join(err, candor.ErrUnavailable))
	case len(raw) > MostAnswer:
		return nil, fmt.Errorf("TAXII: an answer of more than %d MiB: %w", MostAnswer>>20, candor.ErrInvalid)
	case resp.StatusCode < 200 || resp.StatusCode > 299:
		return nil, refused(resp, raw)
	case !spoken(resp.Header.Get("Content-Type")):
		return nil, fmt.Errorf("TAXII: the answer is %.80q: %w", resp.Header.Get("Content-Type"), candor.ErrInvalid)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return nil, fmt.Errorf("TAXII: %w", errors.Join(err, candor.ErrInvalid))
	}
	return resp.Header, nil
}

// refused makes an error of an answer that is one.
func refused(resp *http.Response, body []byte) error {
	kind := candor.ErrInvalid
	switch s := resp.StatusCode; {
	case s == http.StatusUnauthorized, s == http.StatusForbidden:
		kind = candor.ErrDenied
	case s == http.StatusNotFound:
		kind = candor.ErrNotFound
	case s == http.StatusTooManyRequests, s >= http.StatusInternalServerError:
		kind = candor.ErrUnavailable
	}
	var m Message
	_ = json.Unmarshal(body, &m) // it may be a page of some proxy
	err := fmt.Errorf("TAXII: %s %.200s %.500s: %w", resp.Status, m.Title, m.Detail, kind)
	if after, bad := strconv.Atoi(resp.Header.Get("Retry-After")); bad == nil && after > 0 && errors.Is(err, candor.ErrUnavailable) {
		return candor.Later(err, min(time.Duration(after)*time.Second, 24*time.Hour))
	}
	return err
}

// join gives the address of what is below another, with the slash at the end that
// TAXII's have.
func join(base string, parts ...string) string {
	out := strings.TrimSuffix(base, "/") + "/"
	for _, p := range parts {
		out += url.PathEscape(p) + "/"
	}
	return out
}

// resolve gives an address that may be relative to another.
func resolve(base, address string) string {
	b, err := url.Parse(base)
	if err != nil || address == "" {
		return address
	}
	u, err := b.Parse(address)
	if err != nil {
		return address
	}
	return u.String()
}
