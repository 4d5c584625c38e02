package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"candor"
	"candor/internal/consent"
	"candor/internal/consent/software"
)

// queueFlags are the options that say where statements wait, and who takes them.
type queueFlags struct{ dir, server string }

func (f *queueFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.dir, "queue", "", "keep the device's key and its statements in `DIR`")
}

func (f *queueFlags) addServer(c *cobra.Command) {
	c.Flags().StringVar(&f.server, "server", "", "the desk's address, an `URL`")
}

func (f *queueFlags) open() (*software.Queue, error) {
	if f.dir == "" {
		return nil, candor.WithHint(errors.New("no queue given"), "Name a folder that only this device's software uses with --queue.")
	}
	q, err := software.OpenQueue(f.dir, time.Now)
	if err != nil && candor.Hint(err) == "" {
		err = candor.WithHint(err, "Name a folder that can be written with --queue.")
	}
	return q, err
}

// askTimeout is how long a desk may take for one answer.
const askTimeout = 30 * time.Second

func (f *queueFlags) client() (software.Client, error) {
	if f.server == "" {
		return software.Client{}, candor.WithHint(errors.New("no server given"), "Name the desk with --server https://desk.example.net.")
	}
	return software.Client{Server: f.server, HTTP: &http.Client{Timeout: askTimeout}}, nil
}

func (p *program) softwareAcceptCommand() *cobra.Command {
	var f shownFlags
	var q queueFlags
	var s software.Statement
	var act, how string
	c := &cobra.Command{
		Use:   "accept FILE…",
		Short: "Keep what a user said of the agreement of a build, signed, until it is sent",
		Long: `Accept signs what a user said with the key of this device, and keeps it in the
queue: that the agreement and the privacy policy of the build that these FILEs
are were agreed to, were refused, or are taken back. It needs no network.`,
		Args: needArgs("FILE"),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := oneOf("act", act, "agreed", "refused", "withdrawn"); err != nil {
				return err
			}
			shown, err := f.shown(args)
			if err != nil {
				return err
			}
			queue, err := q.open()
			if err != nil {
				return err
			}
			s.Product, s.Build, s.Agreement, s.Policy = shown.Product, shown.Build, shown.Agreement, shown.Policy
			s.Act, s.How = consent.Act(act), consent.How(how)
			n, err := queue.Add(s)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(p.out, "statement %d is kept: %s, %s\n", n, s.Product, s.Act)
			return err
		},
	}
	f.add(c)
	q.add(c)
	c.Flags().StringVar(&act, "act", "agreed", "what the user said: `agreed|refused|withdrawn`")
	c.Flags().StringSliceVar(&s.Clauses, "clause", nil, "an optional clause that was chosen, or is taken back, by `ID`; may be repeated")
	c.Flags().StringVar(&s.Language, "language", "en", "the `LANGUAGE` in which it was shown (BCP 47)")
	c.Flags().StringVar(&how, "how", "installer", "how it was said: `installer|api`, which is the program itself")
	c.Flags().StringVar(&s.Code, "code", "", "the `CODE` from the portal that says whose device it is")
	return c
}

func (p *program) softwareSendCommand() *cobra.Command {
	var q queueFlags
	c := &cobra.Command{
		Use:   "send",
		Short: "Send the statements that wait, and keep the answers",
		Long: `Send hands each statement that waits to the desk. It can be repeated: a statement
counts once, however often it arrives. What could not be sent still waits.
Exit status: 0 all were taken, 1 some were refused, 2 some could not be sent.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			client, err := q.client()
			if err != nil {
				return err
			}
			queue, err := q.open()
			if err != nil {
				return err
			}
			answers, err := queue.Send(c.Context(), client.Post)
			for _, a := range answers {
				if a.Outcome == software.Refused {
					p.status = exitFound
				}
				fmt.Fprintf(p.out, "statement %d is %s%s\n", a.Serial, a.Outcome, reasonWords(a))
			}
			return err
		},
	}
	q.add(c)
	q.addServer(c)
	return c
}

// reasonWords says why a statement was refused, and what to show instead.
func reasonWords(a software.Answer) string {
	words := ""
	if a.Reason != "" {
		words = " (" + a.Reason + ")"
	}
	if a.Show != nil {
		words += fmt.Sprintf("; show version %s of “%s” and version %s of “%s”", a.Show.Agreement.Version, a.Show.Agreement.Document, a.Show.Policy.Version, a.Show.Policy.Document)
	}
	return words
}

func (p *program) softwareStandsCommand() *cobra.Command {
	var f shownFlags
	var q queueFlags
	var offline bool
	var format string
	c := &cobra.Command{
		Use:   "stands FILE…",
		Short: "Ask whether what was agreed to on this device still stands",
		Long: `Stands asks the desk whether what was agreed to on this device still stands for
the build that these FILEs are, and says why not and what to show next. With
--offline it says what this device knows by itself.
Exit status: 0 it stands, 1 it does not, 2 it could not be asked.`,
		Args: needArgs("FILE"),
		RunE: func(c *cobra.Command, args []string) error {
			if err := oneOf("format", format, "text", "json"); err != nil {
				return err
			}
			shown, err := f.shown(args)
			if err != nil {
				return err
			}
			queue, err := q.open()
			if err != nil {
				return err
			}
			if offline {
				s, err := queue.Stands(shown)
				if err != nil {
					return err
				}
				return p.tellStanding(s, format == "json")
			}
			client, err := q.client()
			if err != nil {
				return candor.WithHint(err, candor.Hint(err)+" Or ask --offline.")
			}
			question, err := software.Ask(queue.Key(), shown, time.Now())
			if err != nil {
				return err
			}
			s, err := client.Stands(c.Context(), question)
			if err != nil {
				return err
			}
			return p.tellStanding(s, format == "json")
		},
	}
	f.add(c)
	q.add(c)
	q.addServer(c)
	c.Flags().BoolVar(&offline, "offline", false, "ask nobody")
	c.Flags().StringVar(&format, "format", "text", "write it as `text|json`")
	return c
}

func (p *program) tellStanding(s software.Standing, asJSON bool) error {
	if !s.Stands {
		p.status = exitFound
	}
	if asJSON {
		return json.NewEncoder(p.out).Encode(s)
	}
	if s.Stands {
		_, err := fmt.Fprintln(p.out, "it stands")
		return err
	}
	_, err := fmt.Fprintf(p.out, "it does not stand%s\n", reasonWords(software.Answer{Reason: string(s.Why), Show: s.Show}))
	return err
}
