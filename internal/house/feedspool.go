package house

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"time"

	"candor"
	"candor/internal/intake"
	"candor/internal/intel"
	"candor/internal/intel/tlp"
	"candor/internal/store"
)

// Bounds of what a turn of a feed keeps.
const (
	mostEntries  = 500_000 // of a turn
	entriesBatch = 1000    // of a statement
	mostEntry    = 2000    // bytes of a value: what an index holds
)

// feedSpool holds what a feed gives until all of it was read: the database is not
// kept waiting for the feed.
type feedSpool struct {
	file    *os.File
	out     *bufio.Writer
	encode  *json.Encoder
	entries int
	// vulnerabilities are how many of them are.
	vulnerabilities int
}

// feedEntry is one of them.
type feedEntry struct {
	Part          string               `json:"p,omitempty"` // those that follow are all that it has
	Forgotten     string               `json:"f,omitempty"` // a reference
	Indicator     *intel.Indicator     `json:"i,omitempty"`
	Vulnerability *intel.Vulnerability `json:"v,omitempty"`
}

// newFeedSpool makes a file without a name: it is gone when it is closed, or when
// the program ends.
func newFeedSpool(folder string) (*feedSpool, error) {
	if folder != "" {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return nil, err
		}
	}
	file, err := os.CreateTemp(folder, "turn-")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(file.Name()); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	s := &feedSpool{file: file, out: bufio.NewWriterSize(file, 64<<10)}
	s.encode = json.NewEncoder(s.out)
	return s, nil
}

func (s *feedSpool) close() { _ = s.file.Close() }

// Indicator takes one. What is marked red stays with the people that it was given
// to: more people read at the desk.
func (s *feedSpool) Indicator(i intel.Indicator) error {
	if i.TLP.Effective() == tlp.Red || len(i.Value) > mostEntry {
		return nil
	}
	i.Reference = intake.Cut(i.Reference, intake.MostNote)
	return s.add(feedEntry{Indicator: &i})
}

// Vulnerability takes one.
func (s *feedSpool) Vulnerability(v intel.Vulnerability) error {
	if v.TLP.Effective() == tlp.Red {
		return nil
	}
	s.vulnerabilities++
	return s.add(feedEntry{Vulnerability: &v})
}

// Part takes that what follows is all that a part of the feed has.
func (s *feedSpool) Part(id string) error {
	return s.add(feedEntry{Part: intake.Cut(id, intake.MostNote)})
}

// Forget takes a reference that holds no more.
func (s *feedSpool) Forget(reference string) error {
	return s.add(feedEntry{Forgotten: intake.Cut(reference, intake.MostNote)})
}

func (s *feedSpool) add(e feedEntry) error {
	if s.entries++; s.entries > mostEntries {
		return fmt.Errorf("more than %d entries at once: %w", mostEntries, candor.ErrInvalid)
	}
	return s.encode.Encode(e)
}

// open gives what was taken, from the first on. Nothing may be added afterwards.
func (s *feedSpool) open() (*json.Decoder, error) {
	if err := s.out.Flush(); err != nil {
		return nil, err
	}
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	return json.NewDecoder(bufio.NewReaderSize(s.file, 64<<10)), nil
}

// read hands over all entries.
func (s *feedSpool) read(each func(feedEntry) error) error {
	in, err := s.open()
	if err != nil {
		return err
	}
	for {
		var e feedEntry
		if err := in.Decode(&e); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := each(e); err != nil {
			return err
		}
	}
}

// each keeps all entries, in batches. Of those that are the same in a batch the
// last one counts. What was given before under the reference of one is gone, and what
// a part gave before and does not now: of parts, references say nothing, since several
// may name the same.
func (s *feedSpool) each(ctx context.Context, tx *store.Tx, name string, turn time.Time) error {
	in, err := s.open()
	if err != nil {
		return err
	}
	references, parts, part := map[string]bool{}, map[string]bool{}, ""
	for more := true; more; {
		var indicators batch[[2]string, intel.Indicator]
		var vulnerabilities batch[store.VulnerabilityKey, intel.Vulnerability]
		var named batch[[3]string, store.Named]
		for range entriesBatch {
			var e feedEntry
			if err := in.Decode(&e); errors.Is(err, io.EOF) {
				more = false
				break
			} else if err != nil {
				return err
			}
			switch {
			case e.Part != "":
				part, parts[e.Part] = e.Part, true
			case e.Forgotten != "":
				references[e.Forgotten] = true
			case e.Indicator != nil:
				if part == "" {
					references[e.Indicator.Reference] = true
				} else {
					n := store.Named{Part: part, Kind: e.Indicator.Kind, Value: e.Indicator.Value, Reference: e.Indicator.Reference}
					named.add([3]string{part, string(n.Kind), n.Value}, n)
				}
				indicators.add([2]string{string(e.Indicator.Kind), e.Indicator.Value}, *e.Indicator)
			default:
				vulnerabilities.add(store.KeyOf(*e.Vulnerability), *e.Vulnerability)
			}
		}
		if err := tx.KeepIndicators(ctx, name, turn, indicators.all...); err != nil {
			return err
		}
		if err := tx.KeepNamed(ctx, name, turn, named.all...); err != nil {
			return err
		}
		if err := tx.KeepVulnerabilities(ctx, name, turn, vulnerabilities.all...); err != nil {
			return err
		}
	}
	if err := tx.Supersede(ctx, name, turn, references); err != nil {
		return err
	}
	return tx.WithdrawNamed(ctx, name, turn, slices.Sorted(maps.Keys(parts)))
}

// batch is some entries, each once.
type batch[K comparable, V any] struct {
	at  map[K]int
	all []V
}

func (b *batch[K, V]) add(key K, v V) {
	if i, ok := b.at[key]; ok {
		b.all[i] = v
		return
	}
	if b.at == nil {
		b.at = map[K]int{}
	}
	b.at[key] = len(b.all)
	b.all = append(b.all, v)
}
