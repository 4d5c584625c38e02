package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"filippo.io/age"
	"github.com/spf13/cobra"

	"candor"
	"candor/internal/backup"
	"candor/internal/config"
	"candor/internal/store"
)

func (p *program) backupCommand() *cobra.Command {
	var f serveFlags
	var to []string
	var keys bool
	c := &cobra.Command{
		Use:   "backup FILE",
		Short: "Write everything the desk keeps into one file, while it runs",
		Long: `Write everything the desk keeps into one file, while it runs: records, waiting
work, the evidence log and the vault, as they were at one moment. FILE may be -
for standard output.

Keys go along only if asked for, and only into a file that is encrypted (age).
Without the keys keep them elsewhere: blobs cannot be read without them, and the
log cannot be continued.`,
		Args: needArgs("file to write"),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 1 {
				return candor.WithHint(errors.New("a backup is one file"), "Name one file.")
			}
			conf, err := f.load()
			if err != nil {
				return err
			}
			recipients, err := parseRecipients(to)
			if err != nil {
				return err
			}
			return p.backup(c.Context(), conf, args[0], recipients, keys)
		},
	}
	f.add(c)
	c.Flags().StringArrayVar(&to, "to", nil, "encrypt to the age `RECIPIENT`, or to those in a file; may be given several times")
	c.Flags().BoolVar(&keys, "keys", false, "put the keys of log, vault and links into it; needs --to")
	return c
}

func (p *program) restoreCommand() *cobra.Command {
	var f serveFlags
	var identity string
	var check bool
	c := &cobra.Command{
		Use:   "restore FILE",
		Short: "Put back what candor backup wrote, or check it",
		Long: `Put back what candor backup wrote, into an empty data folder and an empty database,
which may be of the other kind. All of it is put back or nothing. FILE may be -
for standard input.

With --check the file is only read to its end, every digest compared.`,
		Args: needArgs("file to read"),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 1 {
				return candor.WithHint(errors.New("a backup is one file"), "Name one file.")
			}
			conf, err := f.load()
			if err != nil {
				return err
			}
			return p.restore(c.Context(), conf, args[0], identity, check)
		},
	}
	f.add(c)
	c.Flags().StringVar(&identity, "identity", "", "read an encrypted file with the age identities in `FILE`")
	c.Flags().BoolVar(&check, "check", false, "only check that the file is whole")
	return c
}

func (p *program) backup(ctx context.Context, c *config.Config, name string, to []age.Recipient, keys bool) error {
	data := folder(c.Data.Dir)
	s, err := store.Open(ctx, store.Options{URL: data.database(c.Database.URL.Reveal()), Existing: true})
	if err != nil {
		return err
	}
	defer s.Close()
	source := backup.Source{Database: s, Log: data.log(), Vault: data.vault(), Recipients: to, Program: programVersion()}
	if keys {
		source.Keys = data.keys()
		maps.DeleteFunc(source.Keys, func(_, file string) bool { return !exists(file) })
	}
	var report backup.Report
	write := func(w io.Writer) (err error) {
		report, err = backup.Write(ctx, w, source)
		return err
	}
	if name == "-" {
		err = write(p.out)
	} else {
		err = writeNew(name, write)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(p.err, "Backed up: %s.\n", contents(report))
	if !keys {
		fmt.Fprintln(p.err, "The keys are not in it. Keep these files elsewhere, or give --keys and --to:")
		for _, file := range slices.Sorted(maps.Values(data.keys())) {
			if exists(file) {
				fmt.Fprintf(p.err, "  %s\n", file)
			}
		}
	}
	return nil
}

// writeNew writes a file that has its name only when all of it is on the disk.
func writeNew(name string, write func(io.Writer) error) error {
	if exists(name) {
		return candor.WithHint(fmt.Errorf("%s: %w", name, candor.ErrExists), "Name a file that is not there yet.")
	}
	f, err := os.OpenFile(name+".part", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	err = write(f)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return os.Rename(f.Name(), name)
}

// contents says what a backup holds.
func contents(r backup.Report) string {
	var rows int64
	for _, n := range r.Rows {
		rows += n
	}
	text := fmt.Sprintf("%d rows, %d jobs, %d entries of the evidence log, %d blobs of the vault", rows, r.Jobs, r.LogSize, r.Blobs)
	if len(r.Keys) > 0 {
		text += ", keys: " + strings.Join(r.Keys, " ")
	}
	return text
}

func (p *program) restore(ctx context.Context, c *config.Config, name, identity string, check bool) error {
	var target backup.Target
	if identity != "" {
		text, err := os.Open(identity)
		if err != nil {
			return candor.WithHint(fmt.Errorf("identities: %w", err), "Name the file that age-keygen wrote.")
		}
		defer text.Close()
		if target.Identities, err = age.ParseIdentities(text); err != nil {
			return candor.WithHint(fmt.Errorf("identities in %s: %w: %w", identity, candor.ErrInvalid, err), "Name the file that age-keygen wrote.")
		}
	}
	in := p.in
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	if check {
		report, err := backup.Verify(ctx, in, target)
		if err == nil {
			fmt.Fprintf(p.out, "Whole: %s, made %s by version %s of %s.\n", contents(report), report.Head.Made.Format(time.RFC3339), report.Head.Program, report.Head.Database)
		}
		return err
	}
	data := folder(c.Data.Dir)
	if err := os.MkdirAll(string(data), 0o700); err != nil {
		return candor.WithHint(fmt.Errorf("the data folder: %w", err), "Choose another with --data.")
	}
	s, err := store.Open(ctx, store.Options{URL: data.database(c.Database.URL.Reveal())})
	if err != nil {
		return err
	}
	defer s.Close()
	target.Database, target.Log, target.Vault, target.Keys = s, data.log(), data.vault(), data.keys()
	report, err := backup.Restore(ctx, in, target)
	if err != nil {
		return err
	}
	fmt.Fprintf(p.out, "Restored: %s.\n", contents(report))
	for _, name := range report.PassedOver {
		fmt.Fprintf(p.out, "Passed over: %s\n", name)
	}
	p.missingKeys(data)
	return nil
}

// missingKeys says which keys are to be put back by hand.
func (p *program) missingKeys(data folder) {
	missing := data.keys()
	maps.DeleteFunc(missing, func(_, file string) bool { return exists(file) })
	if len(missing) == 0 {
		return
	}
	fmt.Fprintln(p.out, "Before the desk is started, put these keys back, which the backup does not have:")
	for _, file := range slices.Sorted(maps.Values(missing)) {
		fmt.Fprintf(p.out, "  %s\n", file)
	}
}

func parseRecipients(all []string) ([]age.Recipient, error) {
	var to []age.Recipient
	for _, text := range all {
		if !strings.HasPrefix(text, "age1") {
			file, err := os.ReadFile(text)
			if err != nil {
				return nil, candor.WithHint(fmt.Errorf("recipient: %w", err), "Give a recipient as age1…, or a file of them.")
			}
			text = string(file)
		}
		some, err := age.ParseRecipients(strings.NewReader(text))
		if err != nil {
			return nil, candor.WithHint(fmt.Errorf("recipient: %w: %w", candor.ErrInvalid, err), "Give a recipient as age1…, or a file of them.")
		}
		to = append(to, some...)
	}
	return to, nil
}
