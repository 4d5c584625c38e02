// Package roster tells which line holds what, as a file says: for providers
// whose lines have addresses of their own, and for those whose systems write
// such a file. It is an isolate.Sessions.
package roster

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"candor"
	"candor/internal/respond/isolate"
)

// mostBytes bounds the file.
const mostBytes = 512 << 20

// Roster reads the file again when it changed. A file that cannot be read says
// nothing for certain. It is safe for concurrent use.
type Roster struct {
	path   string
	oldest time.Duration // 0 for any age
	now    candor.Clock

	mu    sync.Mutex
	stamp stamp
	all   map[string]isolate.Session
	twice map[string]bool // lines that stand there more than once
}

// stamp tells one content of the file from another.
type stamp struct {
	at   time.Time
	size int64
}

// New makes a Roster of a file: CSV with a line of column names, of line (the
// reference of the asset) and addresses (separated by spaces or semicolons), and
// session, user, nas, nas_address, which may be missing. A file that was last
// written longer ago than oldest is believed no more; 0 believes any.
func New(path string, oldest time.Duration, now candor.Clock) *Roster {
	return &Roster{path: path, oldest: oldest, now: now}
}

// Session implements isolate.Sessions.
func (r *Roster) Session(_ context.Context, line candor.Asset) (isolate.Session, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.fresh(); err != nil {
		return isolate.Session{}, err
	}
	s, ok := r.all[line.Reference]
	switch {
	case !ok:
		return s, fmt.Errorf("line %s: %w", line.Reference, candor.ErrNotFound)
	case r.twice[line.Reference]:
		return isolate.Session{}, fmt.Errorf("line %s stands in %s twice: %w", line.Reference, r.path, candor.ErrUnavailable)
	}
	s.Addresses = slices.Clone(s.Addresses)
	return s, nil
}

// Holders implements isolate.Sessions.
func (r *Roster) Holders(_ context.Context, network netip.Prefix) (lines []string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.fresh(); err != nil {
		return nil, err
	}
	for line, s := range r.all {
		if slices.ContainsFunc(s.Addresses, network.Overlaps) {
			lines = append(lines, line)
		}
	}
	return lines, nil
}

// fresh reads the file if it changed.
func (r *Roster) fresh() error {
	f, err := os.Open(r.path)
	if err != nil {
		return unknown(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return unknown(err)
	}
	if age := r.now().Sub(info.ModTime()); r.oldest > 0 && age > r.oldest {
		return unknown(fmt.Errorf("%s was written %s ago", r.path, age.Round(time.Second)))
	}
	now := stamp{info.ModTime(), info.Size()}
	if now == r.stamp && r.all != nil {
		return nil
	}
	data, err := io.ReadAll(io.LimitReader(f, mostBytes+1))
	if err == nil && len(data) > mostBytes {
		err = fmt.Errorf("%s is larger than %d bytes", r.path, mostBytes)
	}
	if err != nil {
		return unknown(err)
	}
	all, twice, err := read(data)
	if err != nil {
		r.all = nil
		return unknown(fmt.Errorf("%s: %w", r.path, err))
	}
	r.all, r.twice, r.stamp = all, twice, now
	return nil
}

func unknown(err error) error {
	return candor.WithHint(fmt.Errorf("which line holds what: %w: %w", err, candor.ErrUnavailable), "See to the file that isolation.lines names. Until then nobody is newly isolated.")
}

// read reads a file.
func read(data []byte) (all map[string]isolate.Session, twice map[string]bool, err error) {
	c := csv.NewReader(bytes.NewReader(data))
	head, err := c.Read()
	if err != nil {
		return nil, nil, err
	}
	for i, name := range head {
		head[i] = strings.TrimSpace(strings.TrimPrefix(name, "\ufeff"))
		if !slices.Contains([]string{"line", "addresses", "session", "user", "nas", "nas_address"}, head[i]) {
			return nil, nil, fmt.Errorf("there is no column %.40q", name)
		}
	}
	all, twice = map[string]isolate.Session{}, map[string]bool{}
	for {
		record, err := c.Read()
		if err == io.EOF {
			return all, twice, nil
		}
		if err != nil {
			return nil, nil, err
		}
		s, err := session(head, record)
		if err != nil {
			line, _ := c.FieldPos(0)
			return nil, nil, fmt.Errorf("line %d: %w", line, err)
		}
		if was, ok := all[s.Line]; ok {
			twice[s.Line] = true
			s.Addresses = append(s.Addresses, was.Addresses...) // it may hold all of them
		}
		all[s.Line] = s
	}
}

func session(head, record []string) (s isolate.Session, err error) {
	for i, value := range record {
		value = strings.TrimSpace(value)
		switch head[i] {
		case "line":
			s.Line = value
		case "session":
			s.ID = value
		case "user":
			s.User = value
		case "nas":
			s.NAS = value
		case "nas_address":
			if value == "" {
				continue
			}
			if s.NASAddress, err = netip.ParseAddr(value); err != nil {
				return s, err
			}
		case "addresses":
			if s.Addresses, err = networks(value); err != nil {
				return s, err
			}
		}
	}
	if s.Line == "" {
		return s, fmt.Errorf("the line has no reference")
	}
	return s, nil
}

func networks(text string) (all []netip.Prefix, err error) {
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ';' }) {
		n, err := netip.ParsePrefix(word)
		if a, e := netip.ParseAddr(word); e == nil {
			n, err = netip.PrefixFrom(a.WithZone(""), a.BitLen()), nil
		}
		if err != nil {
			return nil, err
		}
		all = append(all, n.Masked())
	}
	return all, nil
}

var _ isolate.Sessions = (*Roster)(nil)
