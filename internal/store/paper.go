package store

import (
	"context"

	"candor"
	"candor/internal/consent"
	"candor/internal/store/query"
)

// Paper gives the scan of what a party said.
func (r reader) Paper(ctx context.Context, of candor.ID) (consent.Paper, error) {
	row, err := one[query.Paper](ctx, r.db, "papers", "consent = ?", of)
	return paper(row), err
}

// Papers gives the scans of all that a party said, by event.
func (r reader) Papers(ctx context.Context, party candor.ID) (map[candor.ID]consent.Paper, error) {
	rows, err := choose[query.Paper](ctx, r.db, "papers", "consent IN (SELECT id FROM consents WHERE party = ?)", party)
	all := make(map[candor.ID]consent.Paper, len(rows))
	for _, row := range rows {
		all[row.Consent] = paper(row)
	}
	return all, err
}

// HasPaper tells whether a content is a scan of what anybody said.
func (r reader) HasPaper(ctx context.Context, sha256 string) (bool, error) {
	rows, err := choose[query.Paper](ctx, r.db, "papers", "sha256 = ? LIMIT 1", sha256)
	return len(rows) > 0, err
}

// AddPaper adds the scan of what a party said.
func (t *Tx) AddPaper(ctx context.Context, of candor.ID, p consent.Paper) error {
	return add(ctx, t.reader, "papers", "", query.Paper{Consent: of, SHA256: p.SHA256, Kind: p.Type, Size: p.Size})
}

// ErasePapers removes the scans of all that a party said, and gives the digests
// of their contents.
func (t *Tx) ErasePapers(ctx context.Context, party candor.ID) ([]string, error) {
	all, err := t.Papers(ctx, party)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	digests := make([]string, 0, len(all))
	for _, p := range all {
		digests = append(digests, p.SHA256)
	}
	_, err = t.db.ExecContext(ctx, "DELETE FROM papers WHERE consent IN (SELECT id FROM consents WHERE party = ?)", party)
	return digests, kind(err, "erase scans")
}

func paper(row query.Paper) consent.Paper {
	return consent.Paper{SHA256: row.SHA256, Type: row.Kind, Size: row.Size}
}
