package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"candor/internal/house"
	"candor/internal/outward"
)

// visitor asks for addresses that others reported.
type visitor struct{ client *http.Client }

// newVisitor makes one; nil dials the open Internet only. Tests alone give another:
// whatever the provider's own checks may reach, strangers name these addresses.
func newVisitor(dial outward.Dial) visitor {
	if dial == nil {
		dial = outward.Dialer(10 * time.Second)
	}
	t := outward.Transport(dial)
	t.DisableKeepAlives = true
	t.MaxResponseHeaderBytes = 64 << 10
	return visitor{&http.Client{Transport: t, Timeout: 20 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// Visit is as house.Visitor says.
func (v visitor) Visit(ctx context.Context, url string) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	req.Header.Set("User-Agent", "Mozilla/5.0 (compatible; Candor)")
	answer, err := v.client.Do(req)
	var dns *net.DNSError
	if errors.As(err, &dns) && dns.IsNotFound {
		return 0, house.ErrNoHost
	}
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	_, _ = io.CopyN(io.Discard, answer.Body, 1<<10) // whatever else it says does not matter
	return answer.StatusCode, nil
}
