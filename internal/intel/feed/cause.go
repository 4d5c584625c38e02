package feed

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"candor"
)

// Cause is why a feed failed, in a word that tells what can be done.
type Cause string

// The causes.
const (
	Refused     Cause = "refused"     // it wants other credentials
	Missing     Cause = "missing"     // it is not at its address
	Busy        Cause = "busy"        // it is out of order, or asked too often
	Unreachable Cause = "unreachable" // nobody answers there
	Unreadable  Cause = "unreadable"  // it is not what it should be
	Forged      Cause = "forged"      // it is not proved to be its provider's
	Here        Cause = "here"        // what it gave could not be taken in here
)

// Causes lists them.
func Causes() []Cause { return []Cause{Refused, Missing, Busy, Unreachable, Unreadable, Forged, Here} }

// noting notes how the last request was answered. It is for one turn.
type noting struct {
	Doer
	status int // 0 if it was not
}

func (n *noting) Do(req *http.Request) (*http.Response, error) {
	n.status = 0
	resp, err := n.Doer.Do(req)
	var wrong *url.Error
	switch {
	case err == nil:
		n.status = resp.StatusCode
	case errors.As(err, &wrong): // its text has the address, which may hold a key
		err = fmt.Errorf("ask %s: %w", req.URL.Host, wrong.Err)
	}
	return resp, err
}

// causeOf tells why a turn failed whose last request was answered so.
func causeOf(err error, status int) Cause {
	switch {
	case errors.Is(err, errForged):
		return Forged
	case status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusProxyAuthRequired:
		return Refused
	case status == http.StatusTooManyRequests, status >= http.StatusInternalServerError:
		return Busy
	case status >= http.StatusMultipleChoices && status != http.StatusNotModified:
		return Missing
	case errors.Is(err, candor.ErrInvalid):
		return Unreadable
	case errors.Is(err, candor.ErrUnavailable):
		return Unreachable
	}
	return Here
}
