package store

//go:generate go tool -modfile=../../tools/go.mod sqlc generate

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"

	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/rivermigrate"

	"candor"
)

//go:embed migration/*.sql
var migrations embed.FS

// The migrations that differ between databases are written in Go.
const searchVersion = 2

func (s *Store) migrate(ctx context.Context) error {
	p, err := s.migrations()
	if err != nil {
		return err
	}
	if s.options.Existing {
		return refuseOther(ctx, p)
	}
	if err := s.migrateJobs(ctx); err != nil {
		return err
	}
	if err := refuseLater(ctx, p); err != nil {
		return err
	}
	if _, err = p.Up(ctx); err != nil || s.dialect.settle == "" {
		return err
	}
	_, err = s.write.ExecContext(ctx, s.dialect.settle)
	return err
}

func (s *Store) migrations() (*goose.Provider, error) {
	search := goose.NewGoMigration(searchVersion,
		&goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, s.dialect.search)
			return err
		}}, nil)
	return goose.NewProvider(s.dialect.goose, s.write, sub(migrations, "migration"),
		goose.WithGoMigrations(search), goose.WithDisableGlobalRegistry(true))
}

// refuseOther refuses a database whose schema is not this program's.
func refuseOther(ctx context.Context, p *goose.Provider) error {
	err := refuseLater(ctx, p)
	if err != nil {
		return err
	}
	pending, err := p.HasPending(ctx)
	if err == nil && pending {
		err = candor.WithHint(fmt.Errorf("the database has the schema of an earlier version: %w", candor.ErrInvalid),
			"Run the version of candor that serves it, or start this one first: it brings the schema up to date.")
	}
	return err
}

// refuseLater refuses a database that a later version of the program wrote.
func refuseLater(ctx context.Context, p *goose.Provider) error {
	have, err := p.GetDBVersion(ctx)
	if err != nil {
		return err
	}
	sources := p.ListSources()
	if last := sources[len(sources)-1].Version; have > last {
		return candor.WithHint(
			fmt.Errorf("the database has schema %d and this program knows %d: %w", have, last, candor.ErrInvalid),
			"Run the newer version of candor that wrote it, or restore a backup from before the upgrade.")
	}
	return nil
}

func (s *Store) migrateJobs(ctx context.Context) error {
	m, err := rivermigrate.New(s.dialect.jobs(s.write), &rivermigrate.Config{Logger: quiet(s.options.Log)})
	if err != nil {
		return err
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return errors.Join(errors.New("tables of jobs"), err)
	}
	return nil
}
