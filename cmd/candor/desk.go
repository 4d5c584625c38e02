package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"candor"
)

// deskFlags are the options of commands that ask a desk over its API.
type deskFlags struct {
	server, tokenFile string
	timeout           time.Duration
}

func (f *deskFlags) add(c *cobra.Command, timeout time.Duration) {
	c.Flags().StringVar(&f.server, "server", "", "the `URL` of the desk")
	c.Flags().StringVar(&f.tokenFile, "token-file", "", "a `FILE` that holds the token")
	c.Flags().DurationVar(&f.timeout, "timeout", timeout, "how long to wait for the answer")
}

// base is the address of the desk. A token is not sent in the clear, but to this
// machine itself.
func (f *deskFlags) base() (*url.URL, error) {
	text := f.server
	if text == "" {
		text = os.Getenv("CANDOR_URL")
	}
	if text == "" {
		return nil, candor.WithHint(errors.New("no desk is named"), "Give --server URL, or set CANDOR_URL.")
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
		return nil, candor.WithHint(fmt.Errorf("%.200q is no address of a desk", text), "It begins with https:// and names a host.")
	}
	return u, nil
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

func (f *deskFlags) token(scope string) (string, error) {
	text := os.Getenv("CANDOR_TOKEN")
	if f.tokenFile != "" {
		data, err := os.ReadFile(f.tokenFile)
		if err != nil {
			return "", candor.WithHint(err, "Name a file that holds a token with the scope "+scope+".")
		}
		text = string(data)
	}
	if text = strings.TrimSpace(text); text == "" {
		return "", candor.WithHint(errors.New("there is no token"), "Make one with the scope "+scope+" in the console, and give --token-file FILE, or set CANDOR_TOKEN.")
	}
	return text, nil
}

// askDesk asks a desk over its API, and gives the answer of at most so many bytes.
// What is no answer of a desk is an error, with what the desk says to do.
func askDesk(ctx context.Context, base *url.URL, token, path string, query url.Values, most int64) ([]byte, error) {
	answer, err := openDesk(ctx, base, token, path, query)
	if err != nil {
		return nil, err
	}
	defer answer.Close()
	return io.ReadAll(io.LimitReader(answer, most))
}

// mostProblem bounds what is read of an answer that says what is wrong.
const mostProblem = 64 << 10

// openDesk asks as askDesk does, and gives the answer as it comes.
func openDesk(ctx context.Context, base *url.URL, token, path string, query url.Values) (io.ReadCloser, error) {
	at := base.JoinPath(path)
	at.RawQuery = query.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode == http.StatusOK {
		return answer.Body, nil
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, mostProblem))
	if err != nil {
		return nil, err
	}
	var problem struct{ Detail, Hint string }
	_ = json.Unmarshal(text, &problem) // what answers may be another program
	return nil, candor.WithHint(fmt.Errorf("the desk answered %s: %.300s", answer.Status, problem.Detail), problem.Hint)
}
