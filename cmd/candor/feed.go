package main

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"candor"
	"candor/internal/flow"
	"candor/internal/flow/detect"
)

// feeds are files of addresses that are known to be bad. They are read again when
// one of them changes; one that cannot be read leaves what was known. They are
// safe for concurrent use.
type feeds struct {
	files []string
	log   *slog.Logger
	now   atomic.Pointer[feed]
	state []fileState // when they were read
}

// fileState is by what a file is known to be the same.
type fileState struct {
	size    int64
	changed time.Time
}

// feedsEvery is how often it is looked whether a file changed.
const feedsEvery = 10 * time.Second

func openFeeds(files []string, log *slog.Logger) (*feeds, error) {
	f := &feeds{files: files, log: log, state: states(files)}
	return f, f.read()
}

// feed is what the detectors ask; nil without files.
func (f *feeds) feed() detect.Feed {
	if len(f.files) == 0 {
		return nil
	}
	return f
}

// Listed implements detect.Feed.
func (f *feeds) Listed(a flow.Addr) uint8 { return f.now.Load().Listed(a) }

func (f *feeds) read() error {
	one := &feed{hosts: map[flow.Addr]uint8{}, nets: map[netip.Prefix]uint8{}}
	for _, name := range f.files {
		if err := one.read(name); err != nil {
			return err
		}
	}
	f.now.Store(one)
	return nil
}

// follow reads the files again when they change, until ctx ends.
func (f *feeds) follow(ctx context.Context, tick *time.Ticker) {
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			f.look()
		}
	}
}

// look reads the files again if one of them changed, and tells whether it did.
func (f *feeds) look() bool {
	state := states(f.files)
	if slices.Equal(state, f.state) {
		return false
	}
	f.state = state
	if err := f.read(); err != nil {
		f.log.Error("a feed cannot be read; what it said before still counts", "error", err)
		return false
	}
	f.log.Info("feeds of traffic were read again")
	return true
}

func states(files []string) []fileState {
	all := make([]fileState, len(files))
	for i, name := range files {
		if info, err := os.Stat(name); err == nil {
			all[i] = fileState{info.Size(), info.ModTime()}
		}
	}
	return all
}

// feed is addresses that are known to be bad, each with how sure that is.
type feed struct {
	hosts map[flow.Addr]uint8
	nets  map[netip.Prefix]uint8
	sizes []int // of the networks, in bits
}

// Listed implements detect.Feed.
func (f *feed) Listed(a flow.Addr) uint8 {
	if sure := f.hosts[a]; sure > 0 {
		return sure
	}
	if len(f.nets) == 0 {
		return 0
	}
	ip := a.IP()
	for _, bits := range f.sizes { // a look for each size, however many there are
		if n, err := ip.Prefix(bits); err == nil && f.nets[n] > 0 {
			return f.nets[n]
		}
	}
	return 0
}

const usuallySure = 80 // percent, of a feed that does not say

// read reads a file of addresses, one a line, with how sure that is in percent
// behind it.
func (f *feed) read(name string) error {
	file, err := os.Open(name)
	if err != nil {
		return candor.WithHint(fmt.Errorf("the feed: %w", err), "Correct traffic.feeds.")
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for n := 1; lines.Scan(); n++ {
		text, _, _ := strings.Cut(lines.Text(), "#")
		words := strings.FieldsFunc(text, func(c rune) bool { return c == ' ' || c == '\t' || c == ',' || c == ';' })
		if len(words) == 0 {
			continue
		}
		sure := usuallySure
		if len(words) > 1 {
			if p, err := strconv.Atoi(words[1]); err == nil && p > 0 && p <= 100 {
				sure = p
			}
		}
		p, err := candor.Access{Addresses: words[:1]}.Prefixes()
		if err != nil {
			return fmt.Errorf("%s: line %d: %w", name, n, err)
		}
		if p[0].IsSingleIP() {
			f.hosts[flow.FromIP(p[0].Addr())] = uint8(sure)
		} else {
			f.nets[p[0]] = uint8(sure)
			if !slices.Contains(f.sizes, p[0].Bits()) {
				f.sizes = append(f.sizes, p[0].Bits())
			}
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
