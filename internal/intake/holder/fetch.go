package holder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"candor"
)

// Bounds of asking.
const (
	mostBytes     = 2 << 20 // of an answer; the largest bootstrap file has less than 200 kB
	mostRedirects = 5
	mostKept      = 64 << 20 // bytes of answers that are kept
	mostServers   = 10_000   // whose pace is known
	burst         = 5        // questions to one server at once
	longestPause  = time.Hour
)

// fetcher asks servers, each at its pace, and remembers what they say.
type fetcher struct {
	options Options
	client  *http.Client
	lock    sync.Mutex
	answers map[string]answer
	kept    int // bytes of them
	servers map[string]*pace
}

type answer struct {
	body  []byte // nil if it is not there
	asked time.Time
}

// pace is how often a server may be asked.
type pace struct {
	limit *rate.Limiter
	until time.Time // it asked to be left alone
}

// follow tells whether a redirect may be followed.
type follow func(from, to *url.URL) bool

// anywhere follows redirects between registries (RFC 7480, 5.2).
func anywhere(_, to *url.URL) bool { return to.Scheme == "https" || to.Scheme == "http" }

// sameHost follows redirects to the host itself, with or without "www.".
func sameHost(from, to *url.URL) bool {
	return to.Scheme == "https" && strings.TrimPrefix(strings.ToLower(from.Host), "www.") == strings.TrimPrefix(strings.ToLower(to.Host), "www.")
}

func newFetcher(o Options) *fetcher {
	client := *o.Client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &fetcher{options: o, client: &client, answers: map[string]answer{}, servers: map[string]*pace{}}
}

// get gives what is at a URL, and when that was asked: candor.ErrNotFound if
// nothing is there, candor.ErrUnavailable if it cannot be told now.
func (f *fetcher) get(ctx context.Context, at, accept string, may follow) ([]byte, time.Time, error) {
	if a, ok := f.known(at); ok {
		if a.body == nil {
			return nil, a.asked, fmt.Errorf("%.200q: %w", at, candor.ErrNotFound)
		}
		return a.body, a.asked, nil
	}
	body, err := f.fetch(ctx, at, accept, may)
	now := f.options.Now()
	if err == nil || errors.Is(err, candor.ErrNotFound) {
		f.remember(at, answer{body, now})
	}
	return body, now, err
}

func (f *fetcher) known(at string) (answer, bool) {
	f.lock.Lock()
	defer f.lock.Unlock()
	a, ok := f.answers[at]
	return a, ok && f.fresh(a)
}

func (f *fetcher) fresh(a answer) bool {
	age := f.options.Age
	if a.body == nil {
		age = f.options.Nothing
	}
	return f.options.Now().Sub(a.asked) < age
}

func (f *fetcher) remember(at string, a answer) {
	f.lock.Lock()
	defer f.lock.Unlock()
	if len(f.answers) >= f.options.Most || f.kept+len(a.body) > mostKept {
		for k, old := range f.answers { // in no order: half of what is left goes too
			if !f.fresh(old) || len(f.answers) > f.options.Most/2 || f.kept > mostKept/2 {
				delete(f.answers, k)
				f.kept -= len(old.body)
			}
		}
	}
	f.kept += len(a.body) - len(f.answers[at].body)
	f.answers[at] = a
}

// fetch asks, and follows redirects.
func (f *fetcher) fetch(ctx context.Context, at, accept string, may follow) ([]byte, error) {
	for range mostRedirects + 1 {
		u, err := url.Parse(at)
		if err != nil || u.Host == "" {
			return nil, fmt.Errorf("%.200q is no URL: %w", at, candor.ErrNotFound)
		}
		body, next, err := f.once(ctx, u, accept)
		if err != nil || next == nil {
			return body, err
		}
		if !may(u, next) {
			return nil, fmt.Errorf("%.200q leads elsewhere: %w", at, candor.ErrNotFound)
		}
		at = next.String()
	}
	return nil, fmt.Errorf("%.200q leads round: %w", at, candor.ErrNotFound)
}

// once asks one server. next is where it sends.
func (f *fetcher) once(ctx context.Context, u *url.URL, accept string) (body []byte, next *url.URL, err error) {
	if err := f.turn(ctx, u.Host); err != nil {
		return nil, nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, nil, fmt.Errorf("%.200q: %w", u, errors.Join(err, candor.ErrNotFound))
	}
	r.Header.Set("Accept", accept)
	response, err := f.client.Do(r)
	if err != nil {
		if errors.Is(err, candor.ErrDenied) {
			return nil, nil, fmt.Errorf("%.200q: %w", u, errors.Join(err, candor.ErrNotFound))
		}
		return nil, nil, fmt.Errorf("ask %s: %w", u.Host, errors.Join(err, candor.ErrUnavailable))
	}
	defer response.Body.Close()
	switch code := response.StatusCode; {
	case code == http.StatusOK:
	case code >= 300 && code < 400 && response.Header.Get("Location") != "":
		if next, err = response.Location(); err != nil {
			return nil, nil, fmt.Errorf("%.200q: %w", u, candor.ErrNotFound)
		}
		return nil, next, nil
	case code == http.StatusTooManyRequests || code >= 500:
		f.pause(u.Host, response.Header.Get("Retry-After"), code == http.StatusTooManyRequests)
		return nil, nil, fmt.Errorf("%s answers %s: %w", u.Host, response.Status, candor.ErrUnavailable)
	default:
		return nil, nil, fmt.Errorf("%.200q: %s: %w", u, response.Status, candor.ErrNotFound)
	}
	body, err = io.ReadAll(io.LimitReader(response.Body, mostBytes+1))
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("ask %s: %w", u.Host, errors.Join(err, candor.ErrUnavailable))
	case len(body) > mostBytes:
		return nil, nil, fmt.Errorf("%.200q has more than %d bytes: %w", u, mostBytes, candor.ErrNotFound)
	case body == nil:
		body = []byte{}
	}
	return body, nil, nil
}

// turn waits until a server may be asked; not for longer than Options.Wait.
func (f *fetcher) turn(ctx context.Context, host string) error {
	f.lock.Lock()
	p := f.servers[host]
	if p == nil {
		if len(f.servers) >= mostServers {
			clear(f.servers)
		}
		p = &pace{limit: rate.NewLimiter(rate.Every(f.options.Every), burst)}
		f.servers[host] = p
	}
	until := p.until
	f.lock.Unlock()
	if f.options.Now().Before(until) {
		return fmt.Errorf("%s asked to be left alone until %s: %w", host, until.Format(time.RFC3339), candor.ErrUnavailable)
	}
	ctx, stop := context.WithTimeout(ctx, f.options.Wait)
	defer stop()
	if err := p.limit.Wait(ctx); err != nil {
		return fmt.Errorf("%s is asked too often: %w", host, errors.Join(err, candor.ErrUnavailable))
	}
	return nil
}

// pause leaves a server alone for as long as it says, which is in seconds or a
// date; if it says nothing, for a minute after it was asked too often.
func (f *fetcher) pause(host, after string, often bool) {
	now := f.options.Now()
	long := time.Duration(0)
	if seconds, err := strconv.Atoi(after); err == nil {
		long = time.Duration(min(max(seconds, 0), int(longestPause/time.Second))) * time.Second
	} else if at, err := http.ParseTime(after); err == nil {
		long = min(at.Sub(now), longestPause)
	} else if often {
		long = time.Minute
	}
	f.lock.Lock()
	defer f.lock.Unlock()
	if p := f.servers[host]; p != nil {
		p.until = now.Add(long)
	}
}
