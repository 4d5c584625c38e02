// Package proof fetches what hosts serve at the well-known address of notices,
// and says how it compares with the version that they must serve.
package proof

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"candor"
	"candor/internal/consent/notice"
	"candor/internal/outward"
)

// Options say how hosts are reached.
type Options struct {
	// Dial connects; nil stands for the open Internet only.
	Dial outward.Dial
	// Roots are whose certificates are believed; nil stands for the system's.
	Roots *x509.CertPool
	// Timeout is how long one host has to answer; 15 seconds if zero.
	Timeout time.Duration
}

// Fetcher asks hosts. It is safe for concurrent use.
type Fetcher struct {
	client  *http.Client
	timeout time.Duration
}

// New makes a Fetcher.
func New(o Options) *Fetcher {
	if o.Dial == nil {
		o.Dial = outward.Dialer(10 * time.Second)
	}
	if o.Timeout <= 0 {
		o.Timeout = 15 * time.Second
	}
	t := outward.Transport(o.Dial)
	t.TLSClientConfig = &tls.Config{RootCAs: o.Roots, MinVersion: tls.VersionTLS12}
	t.DisableKeepAlives = true // a host is asked once a day
	t.MaxResponseHeaderBytes = 64 << 10
	return &Fetcher{timeout: o.Timeout, client: &http.Client{Transport: t,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// Wanted is what a host must serve.
type Wanted struct {
	Host   string
	Digest string // SHA-256 of the pinned version, in hexadecimal
	// Others tells whether a digest is that of another version of the notice.
	Others func(digest string) bool
	// Hosted are addresses at which the provider serves that very version: a
	// host that leads there serves it. They are not followed.
	Hosted []string
}

// Seen is what a host served.
type Seen struct {
	Status candor.ProofStatus
	Digest string // SHA-256 of what it served; empty if nothing that could be a notice
	// Detail says more in a word: hosted, form (the same in another form),
	// large, page (no JSON), redirect, http-404; for what is unreachable name,
	// certificate, inside (no address of the open Internet), time, connection,
	// http-503.
	Detail string
}

// most is how often a host may lead elsewhere on itself.
const most = 3

// Address is where a host must serve its notice.
func Address(host string) string { return "https://" + host + notice.WellKnown }

// Fetch asks a host over TLS. It follows redirects on the host itself only, and
// reads no more than a notice can be long.
func (f *Fetcher) Fetch(ctx context.Context, w Wanted) Seen {
	ctx, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	at, err := url.Parse(Address(w.Host))
	if err != nil || at.Hostname() == "" || strings.ContainsAny(w.Host, "/@?#*") {
		return Seen{Status: candor.ProofUnreachable, Detail: "name"}
	}
	for range most + 1 {
		answer, err := f.get(ctx, at)
		if err != nil {
			return unreachable(err)
		}
		next, seen := f.judge(answer, at, w)
		answer.Body.Close()
		if next == nil {
			return seen
		}
		at = next
	}
	return Seen{Status: candor.ProofAbsent, Detail: "redirect"}
}

func (f *Fetcher) get(ctx context.Context, at *url.URL) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", "candor-notice/1")
	req.Header.Set("Accept", notice.MediaType)
	return f.client.Do(req)
}

// judge says what an answer means, or where to ask next.
func (f *Fetcher) judge(answer *http.Response, at *url.URL, w Wanted) (next *url.URL, seen Seen) {
	code := answer.StatusCode
	detail := fmt.Sprintf("http-%d", code)
	switch {
	case code == http.StatusOK:
		return nil, f.compare(answer.Body, w)
	case code >= 300 && code < 400:
		return lead(answer, at, w)
	case code == http.StatusTooManyRequests || code >= 500:
		return nil, Seen{Status: candor.ProofUnreachable, Detail: detail}
	}
	return nil, Seen{Status: candor.ProofAbsent, Detail: detail}
}

func lead(answer *http.Response, at *url.URL, w Wanted) (next *url.URL, seen Seen) {
	to, err := answer.Location()
	if err != nil {
		return nil, Seen{Status: candor.ProofAbsent, Detail: "redirect"}
	}
	for _, hosted := range w.Hosted {
		if to.String() == hosted {
			return nil, Seen{Status: candor.ProofSame, Digest: w.Digest, Detail: "hosted"}
		}
	}
	if to.Scheme != "https" || !strings.EqualFold(to.Host, at.Host) || to.User != nil {
		return nil, Seen{Status: candor.ProofAbsent, Detail: "redirect"}
	}
	return to, Seen{}
}

func (f *Fetcher) compare(body io.Reader, w Wanted) Seen {
	data, err := io.ReadAll(io.LimitReader(body, notice.MostBytes+1))
	if err != nil {
		return unreachable(err)
	}
	if len(data) > notice.MostBytes {
		return Seen{Status: candor.ProofAltered, Detail: "large"}
	}
	sum := sha256.Sum256(data)
	seen := Seen{Status: candor.ProofAltered, Digest: hex.EncodeToString(sum[:])}
	if seen.Digest == w.Digest {
		seen.Status = candor.ProofSame
		return seen
	}
	if w.Others != nil && w.Others(seen.Digest) {
		seen.Status = candor.ProofOther
		return seen
	}
	n, _ := notice.Decode(data)
	switch {
	case n == nil && !strings.HasPrefix(strings.TrimSpace(string(data[:min(len(data), 64)])), "{"):
		return Seen{Status: candor.ProofAbsent, Detail: "page"}
	case n != nil:
		if d, err := n.Digest(); err == nil && d == w.Digest {
			seen.Detail = "form"
		}
	}
	return seen
}

// unreachable words why nothing is known.
func unreachable(err error) Seen {
	s := Seen{Status: candor.ProofUnreachable, Detail: "connection"}
	var name *net.DNSError
	var certificate *tls.CertificateVerificationError
	var network net.Error
	switch {
	case errors.Is(err, candor.ErrDenied):
		s.Detail = "inside"
	case errors.As(err, &name):
		s.Detail = "name"
	case errors.As(err, &certificate):
		s.Detail = "certificate"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		s.Detail = "time"
	}
	return s
}
