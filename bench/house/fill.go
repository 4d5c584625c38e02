package house

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"candor"
)

// sink takes rows of tables, in any order of tables. The values of a row are
// in the order of the schema.
type sink interface {
	put(table string, row ...any) error
	close() error
}

// Fill makes a database of a size, with what two years leave in it. The
// database must be empty, and of PostgreSQL the user must be a superuser.
func Fill(ctx context.Context, url string, size Size, now time.Time, log io.Writer) error {
	s, err := open(ctx, url)
	if err != nil {
		return err
	}
	if err := s.Close(); err != nil {
		return err
	}
	b, err := openBulk(ctx, url)
	if err != nil {
		return err
	}
	defer b.db.Close()
	for _, step := range []struct {
		name string
		do   func() error
	}{
		{"drop indexes", func() error { return b.dropIndexes(ctx) }},
		{"rows", func() error { return b.rows(ctx, size, now) }},
		{"make indexes", func() error { return b.makeIndexes(ctx) }},
		{"search and statistics", func() error { return b.finish(ctx) }},
	} {
		start := time.Now()
		if err := step.do(); err != nil {
			return fmt.Errorf("fill: %s: %w", step.name, err)
		}
		fmt.Fprintf(log, "  %s: %.0f s\n", step.name, time.Since(start).Seconds())
	}
	return nil
}

func (b *bulk) rows(ctx context.Context, size Size, now time.Time) error {
	out, err := b.sink(ctx)
	if err != nil {
		return err
	}
	g := &generator{Rand: rand.New(rand.NewPCG(1, 2)), sink: out, size: size, now: now, start: now.AddDate(-2, 0, 0), open: map[string]bool{}, same: map[string]bool{}}
	return errors.Join(g.all(), out.close())
}

// generator makes the rows. The first error stays.
type generator struct {
	*rand.Rand
	sink
	size       Size
	now, start time.Time
	parties    []candor.ID
	sites      []siteRow
	users      []candor.ID
	terms      candor.ID
	open       map[string]bool // asset and class
	same       map[string]bool // asset, rule and content
	logIndex   int64
	err        error
}

type siteRow struct {
	id, owner candor.ID
	name      string
}

func (g *generator) row(table string, values ...any) {
	if g.err == nil {
		g.err = g.put(table, values...)
	}
}

func (g *generator) all() error {
	g.makeUsers()
	g.makeParties()
	g.makeSites()
	g.makeScans()
	g.makeLate()
	per := float64(g.size.Findings) / float64(g.size.Cases)
	left := g.size.Findings
	for i := range g.size.Cases {
		if g.err != nil {
			break
		}
		n := 1 + skewed(g.Rand, int(3.4*per)) // most have few
		n = min(n, left-(g.size.Cases-i-1))
		if i == g.size.Cases-1 {
			n = left
		}
		if i%997 == 0 {
			n = min(n+int(100*per), left-(g.size.Cases-i-1))
		}
		left -= n
		g.makeCase(i+1, max(n, 1))
	}
	g.row("counters", "cases", int64(g.size.Cases))
	return g.err
}

// when is the time of the i-th of n things that are spread over the two years.
func (g *generator) when(i, n int) time.Time {
	return g.start.Add(time.Duration(float64(i) / float64(n) * float64(g.now.Sub(g.start)))).Truncate(time.Microsecond)
}

// edition is counted up when Fill writes something else into the same schema.
const edition = "3"

// Schema is a digest of the schema of this program's SQLite databases, and of
// the edition of Fill: a file that was filled with another one is of no use.
func Schema(ctx context.Context, folder string) (string, error) {
	name := filepath.Join(folder, "schema.db")
	s, err := open(ctx, name)
	if err != nil {
		return "", err
	}
	if err := s.Close(); err != nil {
		return "", err
	}
	b, err := openBulk(ctx, name)
	if err != nil {
		return "", err
	}
	defer b.db.Close()
	var all string
	err = b.db.QueryRowContext(ctx, "SELECT group_concat(sql, ';') FROM (SELECT sql FROM sqlite_master WHERE sql <> '' ORDER BY name)").Scan(&all)
	return fmt.Sprintf("%x", sha256.Sum256([]byte(edition+all)))[:12], err
}

// Copy copies a file.
func Copy(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
