package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"candor"
)

func (p *program) samplesCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "samples DIR",
		Short: "Write harmless samples to try a scan on",
		Long: `Samples writes files into DIR that the starter definitions find, and some that
they must not find. They are harmless: none of them does anything when it is run.
Other scanners may report them too.`,
		Args: needArgs("directory"),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return candor.WithHint(fmt.Errorf("samples go into one directory, %d were given", len(args)), "Name one.")
			}
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return candor.WithHint(err, "Name a directory that can be written to.")
			}
			return candor.WithHint(writeSamples(args[0]), "Name a directory that can be written to.")
		},
	}
}
