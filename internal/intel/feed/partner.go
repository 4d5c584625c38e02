package feed

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"candor"
	"candor/internal/intel/misp"
	"candor/internal/intel/stix"
	"candor/internal/intel/taxii"
)

// misp reads the events of a feed of MISP that changed. Each is a part, and what an
// event names no more is gone, as what an event names is that is in the feed no more.
func (r *Reader) misp(ctx context.Context, f Feed, s State, c *counter) (Turn, error) {
	feed := misp.Feed{HTTP: r.HTTP, Address: f.URL, Authorize: r.authorize(f)}
	got, err := feed.Fetch(ctx, s.Seen, MostParts, func(e misp.Content) error {
		if err := c.to.Part(e.UUID); err != nil {
			return err
		}
		for _, i := range e.Indicators {
			if err := c.indicator(i); err != nil {
				return err
			}
		}
		for range e.Problems {
			c.skip()
		}
		return nil
	})
	if err != nil {
		return Turn{}, err
	}
	if got.Read == 0 && len(got.Failures) > 0 {
		return Turn{}, got.Failures[0]
	}
	for _, id := range got.Gone {
		if err := c.to.Part(id); err != nil {
			return Turn{}, err
		}
	}
	for range got.Failures {
		c.skip()
	}
	t := Turn{State: s, Changed: got.Read+len(got.Gone) > 0, More: got.Left > 0}
	t.State.Seen = got.Seen
	return t, nil
}

// authorize gives what adds credentials to the requests of a feed.
func (r *Reader) authorize(f Feed) func(*http.Request) {
	own, err := url.Parse(f.URL)
	if r.Authorize == nil || err != nil {
		return nil
	}
	return func(req *http.Request) {
		if req.URL.Scheme == own.Scheme && strings.EqualFold(req.URL.Host, own.Host) {
			r.Authorize(f, req)
		}
	}
}

// mostTaken is how many objects of a collection of TAXII a turn reads, but for the
// rest of a page.
const mostTaken = 100_000

var errEnough = errors.New("enough for a turn")

// taxii reads what is new in a collection of TAXII.
func (r *Reader) taxii(ctx context.Context, f Feed, s State, c *counter) (Turn, error) {
	root, id, ok := strings.Cut(strings.TrimSuffix(f.URL, "/"), "/collections/")
	u, err := url.Parse(f.URL)
	if err != nil || !ok || id == "" || strings.Contains(id, "/") {
		return Turn{}, fmt.Errorf("%.200q is no address of a collection: %w", f.URL, candor.ErrInvalid)
	}
	client := taxii.Client{HTTP: r.HTTP, Origin: u.Scheme + "://" + u.Host, Authorize: r.authorize(f)}
	var part chunk
	taken := 0
	p, err := client.Objects(ctx, root+"/", id, taxii.Query{AddedAfter: s.After}, func(raw json.RawMessage) error {
		if taken++; taken > mostTaken {
			return errEnough
		}
		if part.full(len(raw)) {
			if err := part.read(c); err != nil {
				return err
			}
		}
		part.add(raw)
		return nil
	})
	// The pages that were read whole are not read again.
	more := p.Last.After(s.After) && (errors.Is(err, errEnough) || ctx.Err() != nil)
	if err == nil || more {
		err = part.read(c)
	}
	if err != nil {
		return Turn{}, err
	}
	t := Turn{State: s, Changed: p.Objects > 0, More: more}
	if p.Last.After(s.After) {
		t.State.After = p.Last
	}
	return t, nil
}

// chunk is some objects, which are read together: they may refer to one another.
type chunk struct {
	body    bytes.Buffer
	objects int
}

func (p *chunk) full(more int) bool {
	return p.objects >= stix.MostObjects-1 || p.body.Len()+more > stix.MostBytes-100
}

func (p *chunk) add(raw json.RawMessage) {
	if p.objects > 0 {
		p.body.WriteByte(',')
	}
	p.body.Write(raw)
	p.objects++
}

func (p *chunk) read(c *counter) error {
	if p.objects == 0 {
		return nil
	}
	got, err := stix.ReadPart(strings.NewReader(`{"objects":[` + p.body.String() + `]}`))
	if err != nil {
		return err
	}
	*p = chunk{}
	for _, i := range got.Indicators {
		if err := c.indicator(i); err != nil {
			return err
		}
	}
	for _, id := range got.Revoked {
		if err := c.to.Forget(id); err != nil {
			return err
		}
	}
	for range got.Problems {
		c.skip()
	}
	return nil
}
