package imap

import (
	"errors"
	"maps"
	"time"

	"github.com/emersion/go-imap/v2"

	"candor"
)

// A mail that fails so often in a row is passed over, so that it does not stop those
// behind it, and tried again after so long.
const (
	mostFaults = 3
	again      = time.Hour
)

// fault is how often a mail failed, and until when it is passed over.
type fault struct {
	n     int
	until time.Time
}

// known forgets faults of mails that are not there any more.
func (m *Mailbox) known(validity uint32, there uids) {
	if validity != m.validity {
		clear(m.faults)
	}
	m.validity = validity
	maps.DeleteFunc(m.faults, func(uid imap.UID, _ fault) bool { return !there[uid] })
}

// waits tells whether a mail is passed over.
func (m *Mailbox) waits(uid imap.UID) bool { return m.o.Now().Before(m.faults[uid].until) }

// fails notes that a mail could not be fetched, or not be kept. That nothing can be
// kept now is not its fault.
func (m *Mailbox) fails(uid imap.UID, err error) {
	if errors.Is(err, candor.ErrUnavailable) {
		return
	}
	f := m.faults[uid]
	if f.n++; f.n >= mostFaults {
		f.until = m.o.Now().Add(again)
		if f.n == mostFaults {
			m.passed.Add(1)
		}
		m.o.Log.Warn("mails: one fails again and again, and is passed over for an hour", "mailbox", m.o.Name, "uid", uid, "failures", f.n, "error", err)
	}
	m.faults[uid] = f
}
