package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"

	"github.com/spf13/cobra"

	"candor/internal/inventory"
)

// rpmWord is the command that reads a database of RPM for another process.
const rpmWord = "read-rpm"

// rpmCommand reads the database of RPM that is its input, and prints its packages,
// one to a line as JSON.
func (p *program) rpmCommand() *cobra.Command {
	return &cobra.Command{
		Use:    rpmWord + " ECOSYSTEM <DATABASE",
		Short:  "Print the packages of a database of RPM, for an agent",
		Args:   cobra.ExactArgs(1),
		Hidden: true,
		RunE: func(c *cobra.Command, args []string) error {
			to := json.NewEncoder(p.out)
			return inventory.ReadRPM(c.Context(), os.Stdin, args[0], func(i inventory.Item) error { return to.Encode(i) })
		},
	}
}

// readRPM reads a database of RPM by a process of its own: one that is broken ends
// that process, and is an error here. What was read before is handed over.
func readRPM(ctx context.Context, f *os.File, ecosystem string, each func(inventory.Item) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	c := exec.CommandContext(ctx, "/proc/self/exe", rpmWord, ecosystem)
	said := &head{}
	c.Args[0], c.Stdin, c.Stderr = "candor", f, said
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		return fmt.Errorf("read the database of rpm: %w", err)
	}
	err = items(out, each)
	if err != nil {
		stop()
	}
	if ended := c.Wait(); err == nil && ended != nil {
		err = fmt.Errorf("the database of rpm cannot be read: %w: %s", ended, said)
	}
	return err
}

// items hands over what is written one to a line.
func items(r io.Reader, each func(inventory.Item) error) error {
	for from := json.NewDecoder(r); ; {
		var i inventory.Item
		switch err := from.Decode(&i); {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return nil // how the process ended says whether that is all
		case err != nil:
			return err
		}
		if err := each(i); err != nil {
			return err
		}
	}
}

// head keeps the beginning of what is written.
type head struct{ bytes.Buffer }

const mostHead = 1 << 10

func (h *head) Write(p []byte) (int, error) {
	h.Buffer.Write(p[:min(len(p), mostHead-h.Len())])
	return len(p), nil
}
