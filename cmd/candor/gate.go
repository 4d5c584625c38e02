package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"candor"
	"candor/internal/access"
	"candor/internal/consent/gate"
	"candor/internal/house"
)

func (p *program) gateCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "gate",
		Short: "Ask a desk whether a site may be reached: check",
		Long: `Gate asks a desk how sites stand at its gate: a site goes live only with its
notice published, the terms accepted and the required checks met, or waived by a
named person until a date. docs/gate.md tells how, and has scripts for name
servers, virtual hosts and provisioning.`,
		Args: unknownCommand,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.SuggestionsMinimumDistance = 2
	c.AddCommand(p.gateCheckCommand())
	return c
}

// gateCheck are the options of candor gate check.
type gateCheck struct {
	deskFlags
	json, quiet bool
}

func (p *program) gateCheckCommand() *cobra.Command {
	f := &gateCheck{}
	c := &cobra.Command{
		Use:   "check HOST",
		Short: "Tell whether a host name may be reached now",
		Long: `Check asks the desk whether HOST may be reached at this moment, and says what is
in the way. For scripts: publish or enable only on status 0; take away what is
published only on status 1. With status 2 nothing is known: leave all as it is.

The desk is named by --server or CANDOR_URL. A token with the scope read is taken
from --token-file or CANDOR_TOKEN.

Exit status: 0 it may be reached, 1 it may not, 2 the desk could not be asked.`,
		Example: `  candor gate check shop.example.com --server https://desk.example.net --token-file /etc/candor/gate.token
  candor gate check shop.example.com -q && systemctl reload nginx`,
		Args: needArgs("host name"),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 1 {
				return candor.WithHint(errors.New("more than one host name is given"), "Ask for one at a time.")
			}
			return p.gateCheck(c.Context(), f, args[0])
		},
	}
	f.add(c, 10*time.Second)
	c.Flags().BoolVar(&f.json, "json", false, "print the answer as JSON")
	c.Flags().BoolVarP(&f.quiet, "quiet", "q", false, "print nothing but errors")
	return c
}

func (p *program) gateCheck(ctx context.Context, f *gateCheck, host string) error {
	base, err := f.base()
	if err != nil {
		return err
	}
	token, err := f.token(access.ScopeRead)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	a, text, err := admission(ctx, base, token, host)
	if err != nil {
		return candor.WithHint(fmt.Errorf("ask %s about %s: %w", base.Host, host, err), hintOr(err, "Nothing is known of the site. Leave it as it is, and ask again."))
	}
	if !a.Allowed {
		p.status = exitFound
	}
	switch {
	case f.quiet:
		return nil
	case f.json:
		_, err = fmt.Fprintf(p.out, "%s\n", text)
	default:
		_, err = io.WriteString(p.out, admissionText(a))
	}
	return err
}

func hintOr(err error, other string) string {
	if h := candor.Hint(err); h != "" {
		return h
	}
	return other
}

// mostAdmission bounds an answer, in bytes.
const mostAdmission = 1 << 20

// admission asks a desk about a host name. Whatever is not a plain answer about
// that name is an error.
func admission(ctx context.Context, base *url.URL, token, host string) (a house.Admission, text []byte, err error) {
	text, err = askDesk(ctx, base, token, "api/v1/gate/allowed", url.Values{"host": {host}}, mostAdmission)
	if err != nil {
		return a, nil, err
	}
	if err := json.Unmarshal(text, &a); err != nil {
		return a, nil, fmt.Errorf("the answer is not a desk's: %w", err)
	}
	if a.Host != strings.TrimSuffix(strings.ToLower(strings.TrimSpace(host)), ".") {
		return a, nil, fmt.Errorf("the answer is about %.80q", a.Host)
	}
	return a, []byte(strings.TrimSpace(string(text))), nil
}

// admissionText says in words how a name stands.
func admissionText(a house.Admission) string {
	var b strings.Builder
	state := string(a.State)
	if state == "" {
		state = "no site of that name"
	}
	switch {
	case !a.Allowed:
		fmt.Fprintf(&b, "%s may not be reached (%s)\n", a.Host, state)
	case a.Until.IsZero():
		fmt.Fprintf(&b, "%s may be reached (%s)\n", a.Host, state)
	default:
		fmt.Fprintf(&b, "%s may be reached until %s (%s)\n", a.Host, a.Until.UTC().Format(time.RFC3339), state)
	}
	for _, c := range a.Unmet {
		writeCheck(&b, c)
	}
	return b.String()
}

func writeCheck(b *strings.Builder, c gate.ShownCheck) {
	fmt.Fprintf(b, "  %s (X.1207, %s), %s: %s\n      %s\n", c.Check, c.Clause, c.Outcome, c.Detail, c.Hint)
}
