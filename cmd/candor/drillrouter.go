package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/netip"
	"os/exec"
	"time"

	"github.com/spf13/cobra"

	"candor"
	"candor/internal/drill/border"
	"candor/internal/drill/lab"
)

// drillAS is the autonomous system of a drill: one for documentation (RFC 5398).
const drillAS = 64500

// routerAt is where the router of a drill by Flowspec takes rules.
var routerAt = netip.AddrPortFrom(lab.Exporter, 1790)

// drillRouterCommand is the router of a drill, in its namespace. Its input says
// whether it is to hear its neighbour; its output whether it does.
func (p *program) drillRouterCommand() *cobra.Command {
	return &cobra.Command{Use: "router", Hidden: true, Args: cobra.NoArgs, Short: "Be the router of a drill", RunE: func(c *cobra.Command, _ []string) error {
		orders := make(chan bool)
		go func() {
			defer close(orders)
			for in := bufio.NewScanner(c.InOrStdin()); in.Scan(); {
				orders <- in.Text() == "up"
			}
		}()
		return border.Run(c.Context(), border.Options{AS: drillAS, Listen: routerAt, Peer: lab.DeskAt, Portal: netip.AddrPortFrom(lab.Portal, 80), Orders: orders,
			Say: func(what string) { fmt.Fprintln(p.out, what) }})
	}}
}

// drillRouter is that router, as a program of its own.
type drillRouter struct {
	program *exec.Cmd
	ended   <-chan error
	orders  io.WriteCloser
	says    chan string
}

func (c *liveCopy) startRouter() (*drillRouter, error) {
	r := &drillRouter{program: exec.Command("/proc/self/exe", "drill", "router"), says: make(chan string, 100)} //nolint:gosec // this program itself
	r.program.Args[0] = "candor"
	r.program.Stderr = c.log
	out, err := r.program.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if r.orders, err = r.program.StdinPipe(); err != nil {
		return nil, err
	}
	if r.ended, err = c.lab.Start(lab.Router, r.program); err != nil {
		return nil, fmt.Errorf("start the router: %w", err)
	}
	go func() {
		defer close(r.says)
		for in := bufio.NewScanner(out); in.Scan(); {
			select {
			case r.says <- in.Text():
			default: // nobody waits for it
			}
		}
	}()
	return r, nil
}

// await waits until the router hears the desk.
func (r *drillRouter) await(ctx context.Context) error {
	limit := time.NewTimer(time.Minute)
	defer limit.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-limit.C:
			return fmt.Errorf("the router does not hear the desk: %w", candor.ErrUnavailable)
		case said, ok := <-r.says:
			if !ok {
				return fmt.Errorf("the router ended: %w", candor.ErrUnavailable)
			}
			if said == border.Up {
				return nil
			}
		}
	}
}

// order has the router hear the desk, or not.
func (r *drillRouter) order(what string) error {
	if _, err := fmt.Fprintln(r.orders, what); err != nil {
		return fmt.Errorf("tell the router: %w", err)
	}
	return nil
}

// end ends the router.
func (r *drillRouter) end() {
	_ = r.program.Process.Kill() // it may have ended
	<-r.ended
}
