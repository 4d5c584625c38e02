package notify_test

import (
	"errors"
	"strings"
	"testing"

	"candor"
	"candor/internal/respond"
	"candor/internal/respond/notify"
	"candor/internal/respond/notify/smtptest"
)

func TestRevertCannot(t *testing.T) {
	w := newWorld(t, smtptest.Options{}, nil)
	r := w.planned(t, notify.Options{})
	if err := w.apply(t, &r); err != nil {
		t.Fatal(err)
	}
	err := w.revert(t, &r)
	if _, temporary := respond.RetryAfter(err); !errors.Is(err, candor.ErrDenied) || temporary || candor.Hint(err) == "" {
		t.Error(err)
	}
	if len(w.server.Mails()) != 1 {
		t.Error("something was sent")
	}
}

func TestCorrection(t *testing.T) {
	w := newWorld(t, smtptest.Options{Rcpt: func(to string) error {
		if strings.HasPrefix(to, "gone") {
			return gone
		}
		return nil
	}}, to("a@x.example", "gone@x.example", "b@x.example"))
	r := w.planned(t, notify.Options{Undo: notify.Settled})
	if err := w.apply(t, &r); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := w.revert(t, &r); err != nil {
			t.Fatal(err)
		}
	}
	mails := w.server.Mails()
	if len(mails) != 4 || mails[2].To != "a@x.example" || mails[3].To != "b@x.example" || !strings.Contains(string(mails[2].Data), "Subject: Settled: ") {
		t.Errorf("%d mails", len(mails))
	}
	if first, last := header(mails[0], "References"), header(mails[2], "References"); first == "" || first != last {
		t.Errorf("no thread: %q, %q", first, last)
	}
	if err := w.method.Verify(t.Context(), r); err == nil {
		t.Error("one was refused")
	}
}

func header(m smtptest.Mail, name string) string {
	for line := range strings.SplitSeq(string(m.Data), "\r\n") {
		if value, found := strings.CutPrefix(line, name+": "); found {
			return value
		}
	}
	return ""
}

// TestRevertBeforeSent: what nobody got is only stopped, with an undoing
// letter or without.
func TestRevertBeforeSent(t *testing.T) {
	for _, undo := range []notify.Letter{"", notify.Withdrawn} {
		w := newWorld(t, smtptest.Options{}, nil)
		r := w.planned(t, notify.Options{Undo: undo})
		w.messages.fail = func(candor.Message) error { return errors.New("down") }
		if err := w.apply(t, &r); err == nil {
			t.Fatal("applied without a store")
		}
		w.messages.fail = nil
		if err := w.revert(t, &r); err != nil {
			t.Fatal(err)
		}
		want(t, w, candor.MessageFailed)
		if err := w.apply(t, &r); err == nil || len(w.server.Mails()) > 0 {
			t.Errorf("applied after all: %v, %d mails", err, len(w.server.Mails()))
		}
	}
}

// TestRevertKilled: a correction is sent once, wherever the program ends.
func TestRevertKilled(t *testing.T) {
	for point := 1; point <= 6; point++ {
		writes := 0
		killed := func() error {
			if writes++; writes == point {
				panic("killed")
			}
			return nil
		}
		w := newWorld(t, smtptest.Options{}, nil)
		r := w.planned(t, notify.Options{Undo: notify.Withdrawn})
		if err := w.apply(t, &r); err != nil {
			t.Fatal(err)
		}
		w.messages.fail = func(candor.Message) error { return killed() }
		j := &journal{saved: r.Result, fail: func(int) error { return killed() }}
		died := dies(func() { _, _ = w.method.Revert(t.Context(), r, j) })
		if died != (point <= 4) { // two saves and two changes
			t.Fatalf("point %d: died: %v", point, died)
		}
		w.messages.fail = nil
		r.Result = j.saved
		w.method = made(t, w.method.Config)
		err := w.revert(t, &r)
		if after, temporary := respond.RetryAfter(err); temporary {
			w.now = w.now.Add(after)
			err = w.revert(t, &r)
		}
		if err != nil {
			t.Fatalf("point %d: %v", point, err)
		}
		most := 2
		if point == 4 {
			most = 3
		}
		if n := len(w.server.Mails()); n != most {
			t.Errorf("point %d: %d mails", point, n)
		}
	}
}
