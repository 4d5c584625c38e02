// Command candor is the safety desk of a service provider: it scans content,
// opens cases, acts on them, and proves what was done. ARCHITECTURE.md tells
// how.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"candor"
)

// The exit statuses, which are those of clamscan.
const (
	exitClean = 0 // nothing found
	exitFound = 1 // something found
	exitError = 2 // it could not be done, or not all of it, and nothing was found
)

// version is set when a release is linked.
var version = ""

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// program is what commands share: where they read and write, and the exit
// status of a run that had no error.
type program struct {
	in       io.Reader
	out, err io.Writer
	status   int
}

func run(args []string, in io.Reader, out, err io.Writer) int {
	p := &program{in: in, out: out, err: err}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once

	root := p.command()
	root.SetArgs(args)
	if e := root.ExecuteContext(ctx); e != nil {
		fmt.Fprintf(err, "candor: %v\n", e)
		if hint := candor.Hint(e); hint != "" {
			fmt.Fprintf(err, "        %s\n", hint)
		}
		return exitError
	}
	return p.status
}

func (p *program) command() *cobra.Command {
	root := &cobra.Command{
		Use:   "candor",
		Short: "Candor is the safety desk of a service provider",
		Long: `Candor is the safety desk of a service provider.

"candor serve" is the desk: it watches sites, opens cases and acts on them.
"candor scan" looks through files once, with YARA and ClamAV definitions, and
"candor watch" as they change.

Exit status: 0 nothing found, 1 something found, 2 it could not be done.`,
		Args:          unknownCommand,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetIn(p.in)
	root.SetOut(p.out)
	root.SetErr(p.err)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return candor.WithHint(err, fmt.Sprintf("Run %q for the options there are.", c.CommandPath()+" --help"))
	})
	root.SuggestionsMinimumDistance = 2
	root.AddCommand(p.serveCommand(), p.agentCommand(), p.enrolCommand(), p.backupCommand(), p.restoreCommand(), p.verifyCommand(), p.witnessCommand(), p.configCommand(), p.scanCommand(), p.watchCommand(), p.definitionsCommand(), p.goodCommand(), p.gateCommand(), p.noticeCommand(), p.receiptCommand(), p.softwareCommand(), p.termsCommand(), p.flowCommand(), p.drillCommand(), p.intakeCommand(), p.samplesCommand(), p.versionCommand(), p.rpmCommand())
	return root
}

// unknownCommand is for commands that only hold others.
func unknownCommand(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	err := fmt.Errorf("there is no command %q", c.CommandPath()+" "+args[0])
	hint := fmt.Sprintf("Run %q for the commands there are.", c.CommandPath()+" --help")
	if near := c.SuggestionsFor(args[0]); len(near) > 0 {
		hint = fmt.Sprintf("Did you mean %q?", c.CommandPath()+" "+near[0])
	}
	return candor.WithHint(err, hint)
}

// needArgs asks for at least one argument, and says what for.
func needArgs(noun string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) > 0 {
			return nil
		}
		return candor.WithHint(errors.New("no "+noun+" given"),
			fmt.Sprintf("Usage: %s. Run %q for more.", c.UseLine(), c.CommandPath()+" --help"))
	}
}
