package generation

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"candor"
)

// fetch asks a web source for what is new since st, the state of its last good
// copy, and gives the state of the copy that is good now.
func (u *Updater) fetch(ctx context.Context, s Source, st sourceState) (sourceState, error) {
	ctx, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	client, err := u.client(s)
	if err != nil {
		return st, err
	}
	defer client.CloseIdleConnections()
	if digest, err := digestOf(u.path(webDir, st.File)); err != nil || digest != st.Digest {
		st.ETag, st.LastModified, st.Digest = "", "", "" // there is no copy to keep
	}
	want, err := wanted(ctx, client, s)
	if err != nil {
		return st, err
	}
	if want != "" && want == st.Digest {
		return st, nil
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL, nil)
	if err != nil {
		return st, plain(err)
	}
	if want == "" && st.ETag != "" {
		request.Header.Set("If-None-Match", st.ETag)
	}
	if want == "" && st.LastModified != "" {
		request.Header.Set("If-Modified-Since", st.LastModified)
	}
	answer, err := client.Do(request)
	if err != nil {
		return st, plain(err)
	}
	defer answer.Body.Close()
	switch {
	case answer.StatusCode == http.StatusNotModified && st.Digest != "":
		return st, nil
	case answer.StatusCode != http.StatusOK:
		return st, fmt.Errorf("the server answered %d: %w", answer.StatusCode, candor.ErrUnavailable)
	}
	return u.keep(ctx, s, st, answer, want)
}

// client makes a client that goes to https only, however it is redirected.
func (u *Updater) client(s Source) (*http.Client, error) {
	t := u.o.Transport.Clone()
	t.DisableCompression = true // the bytes as they are: an archive is compressed already
	t.ResponseHeaderTimeout = time.Minute
	if t.TLSClientConfig == nil {
		t.TLSClientConfig = &tls.Config{}
	}
	t.TLSClientConfig.MinVersion = tls.VersionTLS12
	if s.CA != "" {
		pem, err := os.ReadFile(s.CA)
		if err != nil {
			return nil, unavailable("certificates of authorities", err)
		}
		roots, err := x509.SystemCertPool()
		if err != nil {
			roots = x509.NewCertPool()
		}
		if !roots.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s holds no certificate in PEM: %w", s.CA, candor.ErrInvalid)
		}
		t.TLSClientConfig.RootCAs = roots
	}
	return &http.Client{Transport: t, CheckRedirect: func(r *http.Request, via []*http.Request) error {
		if r.URL.Scheme != "https" {
			return fmt.Errorf("redirected to %s: %w", r.URL.Scheme, candor.ErrDenied)
		}
		if len(via) >= 5 {
			return fmt.Errorf("redirected too often: %w", candor.ErrUnavailable)
		}
		return nil
	}}, nil
}

// wanted gives the digest to which the source is pinned, empty for none.
func wanted(ctx context.Context, client *http.Client, s Source) (string, error) {
	if s.SHA256 == "" || digestWord.MatchString(s.SHA256) {
		return s.SHA256, nil
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.SHA256, nil)
	if err != nil {
		return "", plain(err)
	}
	answer, err := client.Do(request)
	if err != nil {
		return "", fmt.Errorf("digest: %w", plain(err))
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return "", fmt.Errorf("digest: the server answered %d: %w", answer.StatusCode, candor.ErrUnavailable)
	}
	head := make([]byte, 64)
	if _, err := io.ReadFull(answer.Body, head); err != nil || !digestWord.MatchString(strings.ToLower(string(head))) {
		return "", fmt.Errorf("digest: the file does not begin with a SHA-256 digest: %w", candor.ErrInvalid)
	}
	return strings.ToLower(string(head)), nil
}

// keep downloads the answer, and makes it the last good copy if it is good.
func (u *Updater) keep(ctx context.Context, s Source, st sourceState, answer *http.Response, want string) (sourceState, error) {
	f, err := os.CreateTemp(u.o.Dir, newPrefix)
	if err != nil {
		return st, unavailable("definitions", err)
	}
	defer os.Remove(f.Name()) // gone, if all goes well
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(f, h), io.LimitReader(answer.Body, s.MaxBytes+1))
	if err == nil {
		// A server that notices that we are about to hang up may end its answer
		// in good form, half of the content sent.
		err = ctx.Err()
	}
	if err != nil {
		return st, fmt.Errorf("download: %w", plain(err))
	}
	if n > s.MaxBytes {
		return st, candor.WithHint(fmt.Errorf("it is larger than %d bytes: %w", s.MaxBytes, candor.ErrInvalid), "Raise the limit of this source if that is right.")
	}
	digest := hex.EncodeToString(h.Sum(nil))
	if want != "" && digest != want {
		return st, fmt.Errorf("its SHA-256 is %s and not %s: %w", digest, want, candor.ErrChanged)
	}
	form := formatOf(s)
	if !isDefinitions(form) {
		nothing := func(string, io.Reader) error { return nil }
		if err := unpack(f, n, form, budget{archiveBytes, archiveFiles}, nothing); err != nil {
			return st, err
		}
	}
	name := s.Name + "-" + digest + form
	if err := settle(f, u.path(webDir, name)); err != nil {
		return st, unavailable("definitions", err)
	}
	st.File, st.Digest = name, digest
	st.ETag, st.LastModified = answer.Header.Get("ETag"), answer.Header.Get("Last-Modified")
	return st, nil
}

func formatOf(s Source) string {
	u, err := url.Parse(s.URL)
	if err != nil {
		return ""
	}
	return format(u.Path)
}

// plain takes from an error of the client the address, which may hold a
// password, and gives it a kind.
func plain(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("it took too long: %w", candor.ErrUnavailable)
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, candor.ErrDenied) {
		return err
	}
	return fmt.Errorf("%w: %w", candor.ErrUnavailable, err)
}
