package main

import "github.com/spf13/cobra"

func (p *program) flowCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "flow",
		Short: "Work with records of traffic",
		Args:  unknownCommand,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(p.flowReplayCommand(), p.flowSimulateCommand(), p.flowWhoCommand(), p.flowQueryCommand())
	return c
}
