package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"candor"
	"candor/internal/config"
	"candor/internal/evidence"
)

func (p *program) verifyCommand() *cobra.Command {
	var key, vaultDir, identity, format string
	var earlier, witnesses []string
	c := &cobra.Command{
		Use:   "verify FILE|DIR",
		Short: "Check an evidence log or an exported case, with no network and no server",
		Long: `Check an evidence log (its folder) or an exported case (its file), with no network
and no server. What is wrong is said; the exit status is 0 if nothing is, 1 if
something is, 2 if it could not be checked.

Keep a checkpoint and the log's key from an earlier day: only with them can a log
be held to what it said before.`,
		Args: needArgs("log or exported case"),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 1 {
				return candor.WithHint(errors.New("one thing is checked at a time"), "Name one log or exported case.")
			}
			o := evidence.VerifyOptions{Key: key, Witnesses: witnesses, IdentityFile: identity}
			if text, err := os.ReadFile(key); key != "" && err == nil {
				o.Key = string(text)
			}
			for _, name := range earlier {
				text, err := os.ReadFile(name)
				if err != nil {
					return candor.WithHint(fmt.Errorf("earlier checkpoint: %w", err), "Name a file that holds one.")
				}
				o.Earlier = append(o.Earlier, text)
			}
			if vaultDir != "" {
				v, err := evidence.OpenVault(vaultDir, evidence.VaultOptions{})
				if err != nil {
					return err
				}
				o.Vault = v
			}
			defer debug.SetGCPercent(debug.SetGCPercent(verifyPercent))
			report, err := evidence.Verify(c.Context(), args[0], o)
			if err != nil {
				return err
			}
			if !report.OK() {
				p.status = exitFound
			}
			return p.printReport(report, format)
		},
	}
	f := c.Flags()
	f.StringVar(&key, "key", "", "the log's key, or a file that holds `KEY`, from a source that you trust")
	f.StringArrayVar(&earlier, "earlier", nil, "a checkpoint in `FILE` that you kept; may be given several times")
	f.StringArrayVar(&witnesses, "witness", nil, "the `KEY` of a witness that must have cosigned; may be given several times")
	f.StringVar(&vaultDir, "vault", "", "check the blobs in the vault at `DIR` too")
	f.StringVar(&identity, "identity", "", "read encrypted blobs of an exported case with the age identities in `FILE`")
	f.StringVar(&format, "format", "text", "text or json")
	return c
}

// verifyPercent is the garbage that is let grow while a log is verified: it is
// read once, and collecting less takes two fifths off the time.
const verifyPercent = 800

func (p *program) printReport(r evidence.Report, format string) error {
	switch format {
	case "json":
		return json.NewEncoder(p.out).Encode(r)
	case "text":
		fmt.Fprintf(p.out, "%s of %s, %d entries\n", r.What, r.Origin, r.Size)
		for _, c := range r.Checks {
			fmt.Fprintf(p.out, "  %-8s %s: %s\n", c.Result, c.Name, c.Text)
		}
		switch {
		case !r.OK():
			fmt.Fprintln(p.out, "It does not verify.")
		case !r.Complete():
			fmt.Fprintln(p.out, "It verifies, as far as it could be checked.")
		default:
			fmt.Fprintln(p.out, "It verifies.")
		}
		return nil
	}
	return candor.WithHint(fmt.Errorf("there is no format %q", format), "Choose text or json.")
}

func (p *program) witnessCommand() *cobra.Command {
	var name, dir, addr string
	var logs []string
	c := &cobra.Command{
		Use:   "witness",
		Short: "Cosign the checkpoints of evidence logs, so that none can be forked or rolled back",
		Long: `Cosign the checkpoints of evidence logs, as a partner or a regulator does it: each
only if it continues what was cosigned before (C2SP tlog-witness).`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			log := logger(config.Log{Level: "info", Format: "text"}, p.err)
			w, err := evidence.NewWitness(dir, evidence.WitnessOptions{Name: name, Logs: logs, Logger: log})
			if err != nil {
				return err
			}
			fmt.Fprintf(p.out, "This witness's key: %s\n", w.Key())
			server := &http.Server{Addr: addr, Handler: w, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second,
				ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug)}
			failed := make(chan error, 1)
			go func() { failed <- server.ListenAndServe() }()
			select {
			case err := <-failed:
				return candor.WithHint(fmt.Errorf("witness: %w", err), "Choose another address with --listen.")
			case <-c.Context().Done():
				return server.Close()
			}
		},
	}
	f := c.Flags()
	f.StringVar(&name, "name", "", "the witness's `NAME` for good, such as partner.example.org")
	f.StringVar(&dir, "data", "witness", "keep the key and what was cosigned in `DIR`")
	f.StringVar(&addr, "listen", "127.0.0.1:8090", "answer at `ADDR`")
	f.StringArrayVar(&logs, "log", nil, "the `KEY` of a log to watch; may be given several times")
	return c
}

func (p *program) configCommand() *cobra.Command {
	c := &cobra.Command{Use: "config", Short: "Check the configuration, or print an example", Args: unknownCommand,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	var f serveFlags
	check := &cobra.Command{
		Use:   "check",
		Short: "Say what is wrong with the configuration, or print what holds",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			conf, err := f.load()
			if err == nil {
				_, err = makeSetup(conf, slog.New(slog.DiscardHandler))
			}
			if err != nil {
				return err
			}
			text, err := conf.Redacted()
			if err != nil {
				return err
			}
			_, err = p.out.Write(text)
			return err
		},
	}
	f.add(check)
	example := &cobra.Command{
		Use:   "example",
		Short: "Print a configuration with every key, its default, and what it is for",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := p.out.Write(config.Example())
			return err
		},
	}
	c.AddCommand(check, example)
	return c
}
