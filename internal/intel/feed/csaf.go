package feed

import (
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"candor"
	"candor/internal/intake"
	"candor/internal/intel"
	"candor/internal/intel/tlp"
)

// Bounds of CSAF.
const (
	mostDocument = 64 << 20 // bytes of an advisory, of a list of them
	mostListed   = 500_000  // advisories of a provider
	mostLists    = 100      // lists of a provider
	mostFailed   = 20       // advisories of a turn that a provider lists and does not give
)

// csaf reads the advisories of a provider that changed since they were read: the
// oldest first, at most MostParts in a turn. An advisory that cannot be read is
// skipped, and comes again when it changes; one that is not there, or whose digest or
// signature is of something else, in later turns, behind all others. One that stays so
// is no failure of the feed again, as long as others were taken.
func (r *Reader) csaf(ctx context.Context, f Feed, s State, c *counter) (t Turn, err error) {
	t = Turn{State: s}
	t.State.Proof.Keys = slices.Clone(s.Proof.Keys)
	listed, keys, err := r.advisories(ctx, f)
	if err != nil {
		return Turn{}, err
	}
	proofs, err := r.prover(ctx, f, keys, &t.State.Proof)
	if err != nil {
		return Turn{}, err
	}
	defer func() { t.State.Proof.settle(t.State.Seen) }()
	t.State.Seen = map[string]int64{}
	var fresh []string
	for address, a := range listed {
		if seen, ok := s.Seen[address]; ok {
			t.State.Seen[address] = seen
			if seen >= a.updated.Unix() {
				continue
			}
		}
		fresh = append(fresh, address)
	}
	slices.SortFunc(fresh, func(a, b string) int {
		if failed := s.Seen[a] < 0; failed != (s.Seen[b] < 0) {
			if failed {
				return 1
			}
			return -1
		}
		if d := listed[a].updated.Compare(listed[b].updated); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	failed, still := 0, 0 // now, and since before
	var why error
	for n, address := range fresh {
		if n == MostParts {
			t.More = s.Seen[address] >= 0 // else what is left failed before
			break
		}
		gone, err := r.advisory(ctx, f, address, listed[address], c, proofs, &t.State.Proof)
		if ctx.Err() != nil && t.Changed {
			t.More = true // what was read is not read again
			break
		}
		if err != nil {
			return t, err
		}
		if gone != nil {
			t.State.Seen[address] = -1
			if errors.Is(gone, errForged) {
				t.State.Seen[address] = rejected
				t.State.Proof.Why = intake.Cut(gone.Error(), intake.MostNote)
				if s.Seen[address] == rejected {
					still++
					why = cmp.Or(why, gone)
					continue
				}
			}
			why = gone
			if failed++; failed > mostFailed && !t.Changed {
				return t, gone
			} else if failed > mostFailed {
				break
			}
			continue
		}
		t.Changed = true
		t.State.Seen[address] = listed[address].updated.Unix()
	}
	if failed > 0 && failed == len(fresh)-still || why != nil && !taken(t.State.Seen) {
		return t, why
	}
	return t, nil
}

// taken tells whether any advisory was.
func taken(seen map[string]int64) bool {
	for _, at := range seen {
		if at != -1 && at != rejected {
			return true
		}
	}
	return false
}

// listing is an advisory that a provider lists.
type listing struct {
	updated time.Time
	tlp     tlp.Mark
}

// advisory reads one advisory. gone is why the provider did not give it.
func (r *Reader) advisory(ctx context.Context, f Feed, address string, l listing, c *counter, proofs *prover, p *Proof) (gone, err error) {
	raw, err := r.all(ctx, f, address)
	if err != nil {
		c.skip()
		return err, ctx.Err()
	}
	if err := proofs.prove(ctx, address, raw, p); err != nil {
		c.skip()
		return err, ctx.Err()
	}
	var found []intel.Vulnerability
	if err := ReadCSAF(strings.NewReader(string(raw)), func(v intel.Vulnerability) error { found = append(found, v); return nil }); err != nil {
		c.skip()
		return nil, nil //nolint:nilerr // skipped, and counted
	}
	for _, v := range found {
		if v.TLP == "" || l.tlp != "" && l.tlp.Compare(v.TLP) > 0 {
			v.TLP = l.tlp
		}
		if err := c.vulnerability(v); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// all reads an address whole.
func (r *Reader) all(ctx context.Context, f Feed, address string) ([]byte, error) {
	resp, err := r.get(ctx, f, address, nil)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %w", resp.Status, candor.ErrUnavailable)
	}
	raw, err := io.ReadAll(io.LimitReader(resp.Body, mostDocument+1))
	if err != nil {
		return nil, errors.Join(err, candor.ErrUnavailable)
	}
	if len(raw) > mostDocument {
		return nil, fmt.Errorf("more than %d bytes: %w", mostDocument, candor.ErrInvalid)
	}
	return raw, nil
}

// advisories lists what a provider has, by address, and its keys (CSAF 2.0, 7.1).
func (r *Reader) advisories(ctx context.Context, f Feed) (map[string]listing, []providerKey, error) {
	raw, err := r.all(ctx, f, f.URL)
	if err != nil {
		return nil, nil, err
	}
	var p struct {
		Keys          []providerKey `json:"public_openpgp_keys"`
		Distributions []struct {
			Directory string `json:"directory_url"`
			Rolie     *struct {
				Feeds []struct {
					URL string `json:"url"`
					TLP string `json:"tlp_label"`
				} `json:"feeds"`
			} `json:"rolie"`
		} `json:"distributions"`
	}
	if err := json.Unmarshal(raw, &p); err != nil || len(p.Distributions) == 0 || len(p.Distributions) > mostLists {
		return nil, nil, invalid(errors.Join(errors.New("CSAF: no metadata of a provider"), err))
	}
	out := map[string]listing{}
	for _, d := range p.Distributions {
		if d.Rolie == nil && d.Directory != "" {
			if err := r.directory(ctx, f, d.Directory, out); err != nil {
				return nil, nil, err
			}
		}
		if d.Rolie == nil {
			continue
		}
		for n, l := range d.Rolie.Feeds {
			if n == mostLists {
				return nil, nil, fmt.Errorf("CSAF: more than %d lists: %w", mostLists, candor.ErrInvalid)
			}
			mark := tlp.Mark("")
			if l.TLP != "" && !strings.EqualFold(l.TLP, "UNLABELED") {
				mark, _ = tlp.Parse(l.TLP) // what is no mark is red
			}
			if err := r.rolie(ctx, f, l.URL, mark, out); err != nil {
				return nil, nil, err
			}
		}
	}
	return out, p.Keys, nil
}

// directory reads changes.csv of a directory: a name and a time each line.
func (r *Reader) directory(ctx context.Context, f Feed, address string, out map[string]listing) error {
	base := strings.TrimSuffix(address, "/") + "/"
	raw, err := r.all(ctx, f, base+"changes.csv")
	if err != nil {
		return err
	}
	rows := csv.NewReader(strings.NewReader(string(raw)))
	rows.FieldsPerRecord = -1
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil || len(row) < 2 {
			return invalid(errors.Join(errors.New("CSAF: changes.csv"), err))
		}
		if err := add(out, base, row[0], listing{updated: instant(row[1])}); err != nil {
			return err
		}
	}
}

// rolie reads a feed of ROLIE (RFC 8322).
func (r *Reader) rolie(ctx context.Context, f Feed, address string, mark tlp.Mark, out map[string]listing) error {
	raw, err := r.all(ctx, f, address)
	if err != nil {
		return err
	}
	var doc struct {
		Feed struct {
			Entries []struct {
				Updated string `json:"updated"`
				Content struct {
					Source string `json:"src"`
				} `json:"content"`
				Links []struct{ Rel, Href string } `json:"link"`
			} `json:"entry"`
		} `json:"feed"`
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		return invalid(fmt.Errorf("CSAF: a feed of ROLIE: %w", err))
	}
	for _, e := range doc.Feed.Entries {
		at := e.Content.Source
		for _, l := range e.Links {
			if l.Rel == "self" {
				at = l.Href
			}
		}
		if err := add(out, address, at, listing{instant(e.Updated), mark}); err != nil {
			return err
		}
	}
	return nil
}

// add notes an advisory. Those that are listed twice have the stricter mark and the
// later time.
func add(out map[string]listing, base, ref string, l listing) error {
	b, err := url.Parse(base)
	if err != nil {
		return invalid(err)
	}
	u, err := b.Parse(ref)
	if err != nil || u.Scheme != b.Scheme || ref == "" || !strings.HasSuffix(u.Path, ".json") {
		return nil //nolint:nilerr // no advisory
	}
	if old, ok := out[u.String()]; ok {
		l.tlp = stricter(l.tlp, old.tlp)
		if old.updated.After(l.updated) {
			l.updated = old.updated
		}
	}
	if out[u.String()] = l; len(out) > mostListed {
		return fmt.Errorf("CSAF: more than %d advisories: %w", mostListed, candor.ErrInvalid)
	}
	return nil
}

func stricter(a, b tlp.Mark) tlp.Mark {
	if a == "" || b != "" && b.Compare(a) > 0 {
		return b
	}
	return a
}
