package good

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"
)

// Lists are the lists of a program that runs for long: they are read again when
// their files change, and one that cannot be read is used as it was. It is safe
// for concurrent use.
type Lists struct {
	names []string

	refreshing sync.Mutex // one at a time
	lock       sync.RWMutex
	held       []held // one a name
}

// held is one list as it was last read.
type held struct {
	list *List // nil if it never could be
	info fs.FileInfo
	at   time.Time
	err  error // why it could not be read the last time
}

// NewLists makes Lists of files; Refresh reads them.
func NewLists(names []string) *Lists {
	return &Lists{names: names, held: make([]held, len(names))}
}

// OpenLists makes Lists of files that can all be read.
func OpenLists(ctx context.Context, names []string) (*Lists, error) {
	l := NewLists(names)
	if err := l.Refresh(ctx, time.Time{}); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// Refresh reads the lists that changed. Its error is of those that cannot be
// read now; what was read of them before is still used.
func (l *Lists) Refresh(ctx context.Context, now time.Time) error {
	l.refreshing.Lock()
	defer l.refreshing.Unlock()
	var errs []error
	for i, name := range l.names {
		l.lock.RLock()
		was := l.held[i]
		l.lock.RUnlock()
		is := renew(ctx, name, was, now)
		if is.err != nil {
			errs = append(errs, is.err)
		}
		l.lock.Lock() // nobody looks into the old one now
		l.held[i] = is
		l.lock.Unlock()
		if was.list != nil && was.list != is.list {
			_ = was.list.Close() // was only read
		}
	}
	return errors.Join(errs...)
}

// renew reads a list, unless its file is still the same.
func renew(ctx context.Context, name string, was held, now time.Time) held {
	info, err := os.Stat(name)
	if err != nil {
		was.err = err
		return was
	}
	if was.info != nil && was.err == nil && os.SameFile(info, was.info) && info.ModTime().Equal(was.info.ModTime()) && info.Size() == was.info.Size() {
		return was
	}
	list, err := Open(ctx, name)
	if err != nil {
		was.err = err
		return was
	}
	return held{list: list, info: info, at: now}
}

// Close closes the lists.
func (l *Lists) Close() error {
	l.lock.Lock()
	defer l.lock.Unlock()
	var err error
	for i, h := range l.held {
		if h.list != nil {
			err = errors.Join(err, h.list.Close())
		}
		l.held[i] = held{}
	}
	return err
}

// Look tells what a content is known as, by its SHA-256 in hexadecimal; empty
// if no list knows it. It is only sure of that if no list failed: sure is false
// where one could not be read at all.
func (l *Lists) Look(digest string) (as string, sure bool) {
	d, err := ParseDigest(digest)
	if err != nil {
		return "", true // what has no content is none
	}
	l.lock.RLock()
	defer l.lock.RUnlock()
	sure = true
	for _, h := range l.held {
		if h.list == nil {
			sure = false
			continue
		}
		m, known, err := h.list.Look(d)
		if known {
			return m.String(), true
		}
		if err != nil {
			sure = false
		}
	}
	return "", sure
}

// Status is how one list is.
type Status struct {
	Name    string
	Origins int
	Entries int64
	Read    time.Time // when it last could be
	Err     error     // why it cannot be read now
}

// Status tells how the lists are, in order.
func (l *Lists) Status() []Status {
	l.lock.RLock()
	defer l.lock.RUnlock()
	all := make([]Status, len(l.names))
	for i, h := range l.held {
		all[i] = Status{Name: l.names[i], Read: h.at, Err: h.err}
		if h.list != nil {
			all[i].Origins, all[i].Entries = len(h.list.Origins()), h.list.Entries()
		} else if h.err == nil {
			all[i].Err = errUnread
		}
	}
	return all
}

var errUnread = errors.New("it was not read yet")

// Mark names what all lists hold together. It is empty while one of them was
// never read: then nobody knows.
func (l *Lists) Mark() string {
	l.lock.RLock()
	defer l.lock.RUnlock()
	sum := sha256.New()
	for _, h := range l.held {
		if h.list == nil {
			return ""
		}
		fmt.Fprintf(sum, "%x\n", h.list.sum)
	}
	return hex.EncodeToString(sum.Sum(nil))
}
