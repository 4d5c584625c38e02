package store

import (
	"context"
	"database/sql"
	"fmt"
	"hash/maphash"
	"strings"

	"candor/internal/intel"
	"candor/internal/store/column"
)

// Kept stands for the vulnerabilities that are kept of a feed: which they are, and
// what it says of each, in some 50 bytes each. A feed of hundreds of thousands mostly
// says what it said before. It is not safe for concurrent use.
type Kept struct {
	seed maphash.Seed
	of   map[uint64]keptOne // two of one sum are as likely as one in a hundred million
}

type keptOne struct {
	says             uint64
	exploited, named bool
}

// KeptOf gives what is kept of a feed.
func (r reader) KeptOf(ctx context.Context, feed string) (*Kept, error) {
	k := &Kept{seed: maphash.MakeSeed(), of: map[uint64]keptOne{}}
	err := r.scan(ctx, "read what a feed said", "SELECT cve, vendor, product, ecosystem, exploited, document FROM vulnerabilities WHERE feed = ?", []any{feed}, func(row *sql.Rows) error {
		var key VulnerabilityKey
		var exploited bool
		var document sql.RawBytes
		err := row.Scan(&key.ID, &key.Vendor, &key.Product, &key.Ecosystem, &exploited, &document)
		k.of[k.sum(key)] = keptOne{says: maphash.Bytes(k.seed, document), exploited: exploited}
		return err
	})
	return k, err
}

func (k *Kept) sum(key VulnerabilityKey) uint64 {
	var h maphash.Hash
	h.SetSeed(k.seed)
	for _, word := range []string{key.ID, key.Vendor, key.Product, key.Ecosystem} {
		_, _ = h.WriteString(word)
		_ = h.WriteByte(0)
	}
	return h.Sum64()
}

// Name notes that the feed names a vulnerability now. other tells whether it says
// something else of it than what is kept, exploited whether it is said to be, or was.
func (k *Kept) Name(v intel.Vulnerability) (other, exploited bool, err error) {
	value, err := column.Of(v).Value()
	text, _ := value.(string)
	if err != nil {
		return false, false, fmt.Errorf("a vulnerability as text: %w", err)
	}
	sum, says := k.sum(KeyOf(v)), maphash.String(k.seed, text)
	was, known := k.of[sum]
	k.of[sum] = keptOne{says: says, exploited: v.Exploited, named: true}
	return !known || was.says != says, v.Exploited || was.exploited, nil
}

// Unnamed gives what is kept of a feed and was not named.
func (r reader) Unnamed(ctx context.Context, feed string, k *Kept) (all []intel.Vulnerability, err error) {
	left := false
	for _, one := range k.of {
		left = left || !one.named
	}
	if !left {
		return nil, nil
	}
	err = r.scan(ctx, "read what a feed said", "SELECT cve, vendor, product, ecosystem, exploited FROM vulnerabilities WHERE feed = ?", []any{feed}, func(row *sql.Rows) error {
		var v intel.Vulnerability
		err := row.Scan(&v.ID, &v.Vendor, &v.Product, &v.Ecosystem, &v.Exploited)
		if !k.of[k.sum(KeyOf(v))].named {
			all = append(all, v)
		}
		return err
	})
	return all, err
}

// DropVulnerabilities removes some of a feed.
func (t *Tx) DropVulnerabilities(ctx context.Context, feed string, all ...intel.Vulnerability) error {
	for _, n := range chunks {
		for ; len(all) >= n; all = all[n:] {
			args := []any{feed}
			for _, v := range all[:n] {
				k := KeyOf(v)
				args = append(args, k.ID, k.Vendor, k.Product, k.Ecosystem)
			}
			list := strings.TrimSuffix(strings.Repeat("(?, ?, ?, ?), ", n), ", ")
			if _, err := t.db.ExecContext(ctx, "DELETE FROM vulnerabilities WHERE feed = ? AND (cve, vendor, product, ecosystem) IN (VALUES "+list+")", args...); err != nil {
				return kind(err, "drop entries of feed %s", feed)
			}
		}
	}
	return nil
}
