package main

import (
	"errors"
	"testing"

	"candor"
	"candor/internal/house"
)

// TestReadReports has one of several reports fail: the others are read, and it is
// asked for again alone. Alone it is tried again, not given up.
func TestReadReports(t *testing.T) {
	r, _ := aDesk(t)
	ctx := t.Context()
	bad := candor.Report{ID: "not-a-row"}
	for _, err := range []error{candor.ErrNotFound, candor.ErrInvalid} {
		if got := tryAgain(err); !errors.Is(got, candor.ErrUnavailable) || errors.Is(got, err) {
			t.Errorf("%v becomes %v", err, got)
		}
	}
	if err := tryAgain(candor.Later(candor.ErrNotFound, 5)); !errors.As(err, new(*candor.LaterError)) {
		t.Errorf("%v", err)
	}
	if err := r.readReports(ctx, house.ReadReportsJob{Reports: []candor.ID{bad.ID, bad.ID}}); err != nil {
		t.Error(err) // there is none: it came twice
	}
	if got := newVisitor(nil); got.client == nil {
		t.Error("no client")
	} else if _, err := got.Visit(ctx, "http://127.0.0.1:1/"); err == nil || errors.Is(err, house.ErrNoHost) {
		t.Errorf("an address inside: %v", err)
	}
}
