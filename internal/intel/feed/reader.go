package feed

import (
	"bufio"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"candor"
	"candor/internal/intel"
)

// Doer does requests: http.Client, over a way out that the caller chose.
type Doer interface {
	Do(*http.Request) (*http.Response, error)
}

// Reader asks feeds. It is safe for concurrent use, of one feed once at a time.
type Reader struct {
	HTTP   Doer
	States Keeper
	Now    func() time.Time
	Spool  string // folder for files that have to be read at random; empty is the system's
	// Authorize adds credentials to a feed's requests to the host that its address
	// names, and to no other that the feed leads to; it may be nil.
	Authorize func(Feed, *http.Request)
}

// Bounds of feeds.
const (
	MostBytes   = 1 << 30 // of an answer, and of what it unpacks to
	MostEntries = 5_000_000
	MostParts   = 500 // documents or events of one turn
)

// Turn asks a feed, hands over what it has, and keeps how it stands, be it a
// failure. An error is candor.ErrInvalid where the feed is not what it should be,
// candor.ErrUnavailable where it did not answer, that of the sink, or of the keeper.
func (r *Reader) Turn(ctx context.Context, f Feed, to Sink) (Turn, error) {
	if err := f.Check(); err != nil {
		return Turn{}, err
	}
	s, err := r.States.State(ctx, f.Name)
	if err != nil {
		return Turn{}, err
	}
	s.Checked = r.Now().UTC()
	c := &counter{feed: f, to: to}
	last := &noting{Doer: r.HTTP}
	asks := *r
	asks.HTTP = last
	t, err := asks.read(ctx, f, s, c)
	if err != nil {
		s = s.Failed(s.Checked, err, causeOf(err, last.status))
		if f.Kind == CSAF {
			s = s.refused(t.State)
		}
		return Turn{State: s}, errors.Join(fmt.Errorf("feed %s: %w", f.Name, err), r.States.Keep(ctx, f.Name, s))
	}
	t.State.Fetched, t.State.Failures, t.State.Error, t.State.Cause, t.State.Rest = s.Checked, 0, "", "", time.Time{}
	if t.Changed {
		t.State.Changed, t.State.Entries, t.State.Skipped = s.Checked, c.entries, c.skipped
	}
	return t, r.States.Keep(ctx, f.Name, t.State)
}

func (r *Reader) read(ctx context.Context, f Feed, s State, c *counter) (Turn, error) {
	switch f.Kind {
	case MISP:
		return r.misp(ctx, f, s, c)
	case TAXII:
		return r.taxii(ctx, f, s, c)
	case CSAF:
		return r.csaf(ctx, f, s, c)
	case Bodhi:
		return r.bodhi(ctx, f, s, c)
	}
	t := Turn{State: s, Whole: true}
	resp, err := r.get(ctx, f, f.URL, &s)
	if err != nil {
		return t, err
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusNotModified {
		return Turn{State: s}, nil
	}
	sum := sha256.New()
	body, err := plain(io.TeeReader(resp.Body, sum))
	if err != nil {
		return t, err
	}
	if err := r.parse(f, body, c); err != nil {
		return t, err
	}
	if _, err := io.Copy(io.Discard, body); err != nil {
		return t, err
	}
	if c.entries == 0 && (f.Kind == KEV || f.Kind == EPSS || f.Kind == Debian) {
		return t, fmt.Errorf("it is empty: %w", candor.ErrInvalid)
	}
	t.State.Digest = hex.EncodeToString(sum.Sum(nil))
	t.Changed = t.State.Digest != s.Digest // many servers never say that nothing changed
	t.State.ETag, t.State.LastModified = bound(resp.Header.Get("ETag")), bound(resp.Header.Get("Last-Modified"))
	return t, nil
}

// bound gives a header that is worth keeping.
func bound(h string) string {
	if len(h) > 1000 {
		return ""
	}
	return h
}

// parse reads what a feed holds that is one file.
func (r *Reader) parse(f Feed, body io.Reader, c *counter) error {
	switch f.Kind {
	case KEV:
		return ReadKEV(body, c.vulnerability)
	case EPSS:
		return ReadEPSS(body, c.vulnerability)
	case OSV:
		return ReadOSV(body, r.Spool, f.wanted, c.vulnerability, c.skip)
	case Debian:
		return ReadDebian(body, f.Releases, c.vulnerability)
	case URLhaus:
		return ReadURLhaus(body, c.indicator, c.skip)
	}
	return ReadList(body, f.Kind, c.indicator, c.skip)
}

// get asks for an address. With a state it asks whether anything changed.
func (r *Reader) get(ctx context.Context, f Feed, address string, s *State) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, errors.Join(err, candor.ErrInvalid)
	}
	if s != nil && s.ETag != "" {
		req.Header.Set("If-None-Match", s.ETag)
	}
	if s != nil && s.LastModified != "" {
		req.Header.Set("If-Modified-Since", s.LastModified)
	}
	if add := r.authorize(f); add != nil {
		add(req)
	}
	resp, err := r.HTTP.Do(req)
	if err != nil {
		return nil, errors.Join(err, candor.ErrUnavailable)
	}
	if resp.StatusCode == http.StatusOK || s != nil && resp.StatusCode == http.StatusNotModified {
		return resp, nil
	}
	resp.Body.Close()
	err = fmt.Errorf("%s: %w", resp.Status, candor.ErrUnavailable)
	if n, bad := strconv.Atoi(resp.Header.Get("Retry-After")); bad == nil && n > 0 {
		return nil, candor.Later(err, min(time.Duration(n)*time.Second, 24*time.Hour))
	}
	return nil, err
}

// plain unpacks what is gzip, and bounds it.
func plain(r io.Reader) (io.Reader, error) {
	in := bufio.NewReaderSize(atMost(MostBytes, wire{r}), 64<<10)
	if magic, _ := in.Peek(2); len(magic) < 2 || magic[0] != 0x1f || magic[1] != 0x8b {
		return in, nil
	}
	z, err := gzip.NewReader(in)
	if err != nil {
		return nil, errors.Join(err, candor.ErrInvalid)
	}
	return bufio.NewReaderSize(atMost(MostBytes, z), 64<<10), nil
}

// wire tells errors of a connection as what may work later.
type wire struct{ r io.Reader }

func (w wire) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = errors.Join(err, candor.ErrUnavailable)
	}
	return n, err
}

// bounded reads so much and no more.
type bounded struct {
	r          io.Reader
	most, left int64
}

func atMost(most int64, r io.Reader) *bounded { return &bounded{r, most, most} }

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, fmt.Errorf("more than %d bytes: %w", b.most, candor.ErrInvalid)
	}
	n, err := b.r.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// counter counts what goes to a sink, and says of it what the feed says.
type counter struct {
	feed             Feed
	to               Sink
	entries, skipped int
}

func (c *counter) count() error {
	if c.entries++; c.entries > MostEntries {
		return fmt.Errorf("more than %d entries: %w", MostEntries, candor.ErrInvalid)
	}
	return nil
}

func (c *counter) indicator(i intel.Indicator) error {
	if i.Sweeping() {
		c.skip()
		return nil
	}
	if err := c.count(); err != nil {
		return err
	}
	return c.to.Indicator(c.feed.filled(i))
}

func (c *counter) vulnerability(v intel.Vulnerability) error {
	if !c.feed.wanted(v.Ecosystem) {
		return nil
	}
	if err := c.count(); err != nil {
		return err
	}
	return c.to.Vulnerability(c.feed.found(v))
}

func (c *counter) skip() { c.skipped++ }

// invalid marks an error of a feed's content, unless it is of the sink.
func invalid(err error) error {
	if err == nil {
		return nil
	}
	return errors.Join(err, candor.ErrInvalid)
}
