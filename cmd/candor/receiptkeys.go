package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"candor"
	"candor/internal/config"
	"candor/internal/consent/receipt"
	"candor/internal/evidence"
	"candor/internal/house"
	"candor/internal/store"
)

func (p *program) receiptKeysCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "keys",
		Short: "Tend the keys that sign receipts",
		Args:  unknownCommand,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(p.rotateCommand())
	return c
}

func (p *program) rotateCommand() *cobra.Command {
	var f serveFlags
	c := &cobra.Command{
		Use:   "rotate",
		Short: "Sign receipts with a new key from now on",
		Long: `Rotate makes a new key for receipts, while the desk runs or when it does not. Every
program on the database signs with it within ten seconds. The key before stays in
/receipts/keys.json, so that what it signed still verifies; its private part is
gone for good. The evidence log records it.

The keys that are published from now on are written to standard output.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			conf, err := f.load()
			if err != nil {
				return err
			}
			keys, err := p.rotate(c.Context(), conf)
			if err != nil {
				return err
			}
			e := json.NewEncoder(p.out)
			e.SetIndent("", "  ")
			if err := e.Encode(keys); err != nil {
				return err
			}
			fmt.Fprintf(p.err, "Receipts are signed with %s from now on.\n", keys.Keys[0].ID())
			return nil
		},
	}
	f.add(c)
	return c
}

// rotate opens no more than it needs, so that a desk can run beside it.
func (p *program) rotate(ctx context.Context, c *config.Config) (keys receipt.Keys, err error) {
	c.Roles = []string{config.RoleWeb}
	s, err := makeSetup(c, logger(c.Log, p.err))
	if err != nil {
		return keys, err
	}
	if !exists(s.data.vault()) {
		return keys, candor.WithHint(fmt.Errorf("there is no desk in %s: %w", s.data, candor.ErrNotFound), "Name its folder with --data, or its configuration with --config.")
	}
	h := &house.House{Clock: s.clock, Logger: s.log, PublicURL: s.publicURL}
	if h.Store, err = store.Open(ctx, store.Options{URL: s.data.database(s.database), Log: s.log, Conceal: conceal, Existing: true}); err != nil {
		return keys, err
	}
	defer func() { err = errors.Join(err, h.Store.Close()) }()
	if h.Vault, err = evidence.OpenVault(s.data.vault(), s.vault); err != nil {
		return keys, err
	}
	return h.RotateReceipts(ctx, candor.Principal{User: "command", Name: "command", Role: candor.RoleAdmin})
}
