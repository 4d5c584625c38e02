package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"candor"
	"candor/internal/scan"
	"candor/internal/scan/good"
	"candor/internal/scan/output"
)

func (p *program) goodCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "good",
		Short: "Keep lists of files that are known to be good: add, remove, list",
		Long: `Good keeps lists of files that are known to be good: of releases of web software,
of packages of a distribution, your own. "candor scan --good LIST" and the desk
(scanning.good) look up what was found: a rule that matches such a file is
reported as probably wrong. A list silences nothing.`,
		Args: unknownCommand,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.SuggestionsMinimumDistance = 2
	c.AddCommand(p.goodAddCommand(), p.goodRemoveCommand(), p.goodListCommand())
	return c
}

// goodAdd are the options of candor good add.
type goodAdd struct {
	to, name, against string
	sums, dpkg        []string
}

func (p *program) goodAddCommand() *cobra.Command {
	f := &goodAdd{}
	c := &cobra.Command{
		Use:   "add --to LIST --name NAME PATH…",
		Short: "Add releases, folders, lists of digests, or installed packages",
		Long: `Add adds contents to LIST, and makes it if it is not there: each PATH that is a
file, its members if it is an archive (zip, tar, also compressed, deb), and all
files of a PATH that is a folder. NAME says what they are, "wordpress 6.4.2".

--sums reads digests: as sha256sum or md5sum write them, CSV with columns named
sha256, md5 and path, or the checksums of WordPress.org. MD5 alone is not enough:
with --against the files are digested anew, and those that fit are added.

--dpkg adds the files of the Debian packages that a tree has installed, of those
that are as their packages brought them.

Exit status: 0 all was added; 1 some files are not as their digests say, and were
left out; 2 something could not be read.`,
		Example: `  candor good add --to cms.good --name "wordpress 6.4.2" wordpress-6.4.2.tar.gz
  candor good add --to own.good --name "our theme" /srv/themes/ours
  candor good add --to debian.good --name Debian --dpkg /`,
		RunE: func(c *cobra.Command, args []string) error { return p.goodAdd(c.Context(), f, args) },
	}
	c.Flags().StringVar(&f.to, "to", "", "the `LIST` to add to")
	c.Flags().StringVar(&f.name, "name", "", "`NAME` of what is added; packages have theirs behind it")
	c.Flags().StringArrayVar(&f.sums, "sums", nil, "add what `FILE` has digests of; may be repeated")
	c.Flags().StringVar(&f.against, "against", "", "hold the digests of --sums against the files in `DIR`")
	c.Flags().StringArrayVar(&f.dpkg, "dpkg", nil, "add the installed packages of the tree at `DIR`; may be repeated")
	return c
}

func (p *program) goodAdd(ctx context.Context, f *goodAdd, paths []string) error {
	if f.to == "" || f.name == "" || len(paths)+len(f.sums)+len(f.dpkg) == 0 {
		return candor.WithHint(errors.New("no list, no name or nothing to add is given"), "Usage: candor good add --to LIST --name NAME PATH…. Run \"candor good add --help\" for more.")
	}
	b, err := good.Change(ctx, f.to)
	if err != nil {
		return err
	}
	var all good.Added
	now := time.Now()
	for _, step := range f.steps(b, paths, now) {
		added, err := step(ctx)
		if err != nil {
			return candor.WithHint(fmt.Errorf("nothing was added: %w", err), candor.Hint(err))
		}
		all.Add(added)
	}
	if err := b.Save(f.to); err != nil {
		return fmt.Errorf("nothing was added: %w", err)
	}
	return p.tellAdded(f.to, all)
}

// steps add each of what was named.
func (f *goodAdd) steps(b *good.Builder, paths []string, now time.Time) (all []func(context.Context) (good.Added, error)) {
	for _, path := range paths {
		all = append(all, func(ctx context.Context) (good.Added, error) {
			of, err := b.Origin(f.name, now)
			if err != nil {
				return good.Added{}, err
			}
			return b.AddPath(ctx, of, path)
		})
	}
	for _, name := range f.sums {
		all = append(all, func(ctx context.Context) (good.Added, error) {
			sums, err := good.ReadSums(name)
			if err != nil {
				return good.Added{}, err
			}
			of, err := b.Origin(f.name, now)
			if err != nil {
				return good.Added{}, err
			}
			return b.AddSums(ctx, of, sums, f.against)
		})
	}
	for _, dir := range f.dpkg {
		all = append(all, func(ctx context.Context) (good.Added, error) { return b.AddDpkg(ctx, f.name, dir, now) })
	}
	return all
}

func (p *program) tellAdded(list string, a good.Added) error {
	for _, name := range a.Differ {
		fmt.Fprintf(p.err, "candor: %s: left out, it is not as its digest says\n", output.Printable(name))
		p.status = exitFound
	}
	for _, what := range a.Unread {
		fmt.Fprintf(p.err, "candor: %s\n", output.Printable(what))
		p.status = exitError
	}
	_, err := fmt.Fprintf(p.out, "Added to %s: %d (different: %d, not there: %d, unreadable: %d)\n", output.Printable(list), a.Contents, len(a.Differ), a.Missing, len(a.Unread))
	return err
}

func (p *program) goodRemoveCommand() *cobra.Command {
	var from string
	c := &cobra.Command{
		Use:     "remove --from LIST NAME…",
		Short:   "Take out of a list what has a name",
		Long:    "Remove takes out of LIST what has one of the names, which may be globs (\"wordpress 5.*\").",
		Example: `  candor good remove --from cms.good "wordpress 5.*"`,
		Args:    needArgs("NAME"),
		RunE: func(c *cobra.Command, names []string) error {
			if from == "" {
				return candor.WithHint(errors.New("no list is given"), "Name one with --from.")
			}
			l, err := good.Open(c.Context(), from) // Change would make one
			if err != nil {
				return err
			}
			if err := l.Close(); err != nil {
				return err
			}
			b, err := good.Change(c.Context(), from)
			if err != nil {
				return err
			}
			for _, name := range names {
				n, err := b.Remove(name)
				if err != nil {
					return err
				}
				if n == 0 {
					return candor.WithHint(fmt.Errorf("nothing in %s has the name %q, so nothing was removed: %w", from, name, candor.ErrNotFound), "\"candor good list\" tells the names.")
				}
			}
			return b.Save(from)
		},
	}
	c.Flags().StringVar(&from, "from", "", "the `LIST` to take from")
	return c
}

func (p *program) goodListCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list LIST…",
		Short: "Tell what lists hold",
		Long:  "List prints a line for each origin of the files in LIST: its name, how many there are, and when they were added, separated by tabs.",
		Args:  needArgs("LIST"),
		RunE: func(c *cobra.Command, names []string) error {
			for _, name := range names {
				l, err := good.Open(c.Context(), name)
				if err != nil {
					return err
				}
				for _, o := range l.Origins() {
					if _, err := fmt.Fprintf(p.out, "%s\t%d\t%s\n", output.Printable(o.Name), o.Contents, o.Added.Format(time.RFC3339)); err != nil {
						return err
					}
				}
				if err := l.Close(); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// goodSink says of what it is given whether the content is known to be good.
type goodSink struct {
	scan.Sink
	lists *good.Lists
	found int64 // known to be good
}

// markGood has findings marked on their way to a sink. Without lists it costs
// nothing.
func markGood(to scan.Sink, lists *good.Lists) *goodSink { return &goodSink{Sink: to, lists: lists} }

// Finding implements scan.Sink.
func (s *goodSink) Finding(f candor.Finding) error {
	if s.lists != nil && !f.IsUnread() {
		if f.Good, _ = s.lists.Look(f.SHA256); f.Good != "" {
			s.found++
		}
	}
	return s.Sink.Finding(f)
}

// openGood opens the lists that were named; nil if none were.
func openGood(ctx context.Context, names []string) (*good.Lists, error) {
	if len(names) == 0 {
		return nil, nil
	}
	l, err := good.OpenLists(ctx, names)
	if err != nil {
		return nil, candor.WithHint(fmt.Errorf("lists of known-good files: %w", err), "Name lists that \"candor good add\" made, or that sha256sum wrote.")
	}
	return l, nil
}
