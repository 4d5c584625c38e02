package misp

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"candor"
	"candor/internal/intel"
	"candor/internal/intel/tlp"
)

// entry is an event in a feed's manifest.
type entry struct {
	Orgc        *org   `json:"Orgc,omitempty"`
	Tags        []tag  `json:"Tag,omitempty"`
	Info        string `json:"info"`
	Date        string `json:"date"`
	Analysis    text   `json:"analysis"`
	ThreatLevel text   `json:"threat_level_id"`
	Timestamp   text   `json:"timestamp"`
}

// WriteFeed writes a feed into a folder that a web server gives to an audience:
// manifest.json, hashes.csv, and a file for each event. Each file is whole at any
// moment, the manifest is written when all events are there, and events that are
// no longer released are removed last. candor.ErrDenied is of what was not released
// to the audience; nothing is written then.
func WriteFeed(folder string, to tlp.Audience, releases []intel.Release) error {
	manifest, files, hashes := map[string]entry{}, map[string][]byte{}, bytes.Buffer{}
	for _, r := range releases {
		if !r.Covers(to) {
			return fmt.Errorf("what was released to %q may not go to %q: %w", r.Audience(), to, candor.ErrDenied)
		}
		e, err := draft(r.Bundle())
		if err != nil {
			return err
		}
		var out bytes.Buffer
		if err := encode(&out, e); err != nil {
			return err
		}
		files[e.UUID+".json"] = out.Bytes()
		manifest[e.UUID] = entry{e.Orgc, e.Tags, e.Info, e.Date, e.Analysis, e.ThreatLevel, e.Timestamp}
		for _, a := range e.Attributes {
			sum := md5.Sum([]byte(a.Value)) // what readers look up, no protection
			fmt.Fprintf(&hashes, "%s,%s\n", hex.EncodeToString(sum[:]), e.UUID)
		}
	}
	list, err := json.Marshal(manifest)
	if err != nil {
		return err
	}
	for _, n := range sortedKeys(files) {
		if err := replace(filepath.Join(folder, n), files[n]); err != nil {
			return err
		}
	}
	if err := replace(filepath.Join(folder, "hashes.csv"), hashes.Bytes()); err != nil {
		return err
	}
	if err := replace(filepath.Join(folder, "manifest.json"), list); err != nil {
		return err
	}
	return sweep(folder, files)
}

func sortedKeys[V any](m map[string]V) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// replace gives a file a content, whole or not at all.
func replace(name string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".new-*")
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// sweep removes events that are no longer in the feed.
func sweep(folder string, keep map[string][]byte) error {
	all, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, f := range all {
		id, isEvent := strings.CutSuffix(f.Name(), ".json")
		if _, err := candor.ParseID(id); err != nil || !isEvent || keep[f.Name()] != nil {
			continue
		}
		if err := os.Remove(filepath.Join(folder, f.Name())); err != nil {
			return err
		}
	}
	return nil
}

// Doer does requests: http.Client, over a way out that the caller chose.
type Doer interface {
	Do(*http.Request) (*http.Response, error)
}

// Feed is a feed of others.
type Feed struct {
	HTTP      Doer
	Address   string              // of its folder, with a slash at its end or without
	Authorize func(*http.Request) // may be nil
}

// Bounds of feeds.
const (
	MostManifest = 64 << 20 // bytes
	MostEvents   = 200_000  // in a manifest
	mostFailures = 20       // of a turn
)

// Fetched is what came of a turn.
type Fetched struct {
	// Seen is the timestamp of each event of the manifest that was read, and -1 of
	// those that could not be: to hand to the next turn. What is in the feed no more is
	// not in it.
	Seen     map[string]int64
	Gone     []string // events that were seen and are in the feed no more
	Read     int
	Left     int // new events that are for the next turn
	Failures []error
}

// Fetch reads the events of a feed that are newer than seen tells, at most so many,
// the oldest first, and hands each over. An event that cannot be read is a failure,
// and comes again in later turns, behind all others; an error of each ends the turn.
// So does the end of ctx, which is an error only where nothing was read. A manifest
// without any event, where some were seen, is candor.ErrInvalid: it is believed that it
// broke, and not that all of them are taken back.
func (f *Feed) Fetch(ctx context.Context, seen map[string]int64, most int, each func(Content) error) (Fetched, error) {
	out := Fetched{Seen: map[string]int64{}}
	raw, err := f.get(ctx, "manifest.json", MostManifest)
	if err != nil {
		return out, err
	}
	var manifest map[string]entry
	if err := json.Unmarshal(raw, &manifest); err != nil {
		return out, fmt.Errorf("manifest of MISP: %w", errors.Join(err, candor.ErrInvalid))
	}
	if len(manifest) == 0 && len(seen) > 0 {
		return out, fmt.Errorf("manifest of MISP: it had %d events, and is empty: %w", len(seen), candor.ErrInvalid)
	}
	if len(manifest) > MostEvents {
		return out, fmt.Errorf("manifest of MISP: more than %d events: %w", MostEvents, candor.ErrInvalid)
	}
	for _, id := range sortedKeys(seen) {
		if _, there := manifest[id]; !there {
			out.Gone = append(out.Gone, id)
		}
	}
	fresh := f.fresh(manifest, seen, &out)
	for n, id := range fresh {
		if n >= most || len(out.Failures) >= mostFailures {
			out.Left = len(fresh) - n
			break
		}
		c, err := f.event(ctx, id)
		if err != nil {
			if ctx.Err() != nil && out.Read > 0 {
				out.Left = len(fresh) - n
				break
			}
			out.Failures = append(out.Failures, fmt.Errorf("event %s: %w", id, err))
			if ctx.Err() != nil {
				return out, ctx.Err()
			}
			out.Seen[id] = -1
			continue
		}
		if err := each(c); err != nil {
			return out, err
		}
		out.Read++
		out.Seen[id] = manifest[id].Timestamp.time().Unix()
	}
	return out, nil
}

// fresh gives the events that are new, and notes what was seen of the others.
func (f *Feed) fresh(manifest map[string]entry, seen map[string]int64, out *Fetched) []string {
	var fresh []string
	for id, e := range manifest {
		if _, err := candor.ParseID(id); err != nil {
			out.Failures = append(out.Failures, err) // no name of a file
			continue
		}
		before, known := seen[id]
		if known {
			out.Seen[id] = before
		}
		if !known || e.Timestamp.time().Unix() > before {
			fresh = append(fresh, id)
		}
	}
	if len(out.Failures) > mostFailures {
		out.Failures = out.Failures[:mostFailures-1]
	}
	slices.SortFunc(fresh, func(a, b string) int {
		if failed := seen[a] < 0; failed != (seen[b] < 0) {
			if failed {
				return 1
			}
			return -1
		}
		if d := manifest[a].Timestamp.time().Compare(manifest[b].Timestamp.time()); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	return fresh
}

func (f *Feed) event(ctx context.Context, id string) (Content, error) {
	raw, err := f.get(ctx, id+".json", MostBytes)
	if err != nil {
		return Content{}, err
	}
	c, err := Read(bytes.NewReader(raw))
	if err == nil && c.UUID != id {
		return c, fmt.Errorf("it says that it is %q: %w", c.UUID, candor.ErrInvalid)
	}
	return c, err
}

func (f *Feed) get(ctx context.Context, name string, most int64) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(f.Address, "/")+"/"+name, nil)
	if err != nil {
		return nil, errors.Join(err, candor.ErrInvalid)
	}
	if f.Authorize != nil {
		f.Authorize(req)
	}
	resp, err := f.HTTP.Do(req)
	if err != nil {
		return nil, errors.Join(err, candor.ErrUnavailable)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s: %w", name, resp.Status, candor.ErrUnavailable)
	}
	raw, err := io.ReadAll(io.LimitReader(resp.Body, most+1))
	if err != nil {
		return nil, errors.Join(err, candor.ErrUnavailable)
	}
	if int64(len(raw)) > most {
		return nil, fmt.Errorf("%s has more than %d MiB: %w", name, most>>20, candor.ErrInvalid)
	}
	return raw, nil
}
