package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"candor"
	"candor/internal/drill"
	"candor/internal/drill/lab"
	"candor/internal/flow"
	"candor/internal/flow/decode"
	"candor/internal/flow/export"
	"candor/internal/store"
)

// liveCopy is a whole desk of its own in a lab: its own data folder and
// database, made-up subscribers at addresses that nobody has, mail that goes
// into a folder. It implements drill.Copy.
type liveCopy struct {
	lab     *lab.Lab
	program *exec.Cmd
	ended   <-chan error
	store   *store.Store
	log     *copyLog
	lines   []drill.Line // the last one agreed to nothing
	dead    drill.Line   // behind an access server that does not answer
	stop    context.CancelFunc

	lock    sync.Mutex
	tellers map[time.Duration]*teller // exporters, by how far their clocks are off
}

// openCopy makes a lab with so many lines that agreed, and starts a desk in it.
// The one with the number dead is behind an access server that does not answer.
func openCopy(ctx context.Context, m drill.Method, lines, dead int, say io.Writer) (_ *liveCopy, err error) {
	l, err := lab.New(ctx, lines+1)
	if err != nil {
		return nil, err
	}
	c := &liveCopy{lab: l, log: &copyLog{to: say}, tellers: map[time.Duration]*teller{}}
	ctx, c.stop = context.WithCancel(ctx)
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Close())
		}
	}()
	for n := range lines + 1 {
		c.lines = append(c.lines, drill.Line{Reference: fmt.Sprintf("DRILL-%03d", n), Addr: lab.Subscriber(n)})
	}
	if dead >= 0 {
		c.dead = c.lines[dead]
	}
	conf := filepath.Join(l.Dir, "candor.yml")
	if err := os.WriteFile(conf, []byte(c.configuration(m)), 0o600); err != nil {
		return nil, err
	}
	if err := c.fill(ctx, conf); err != nil {
		return nil, fmt.Errorf("fill the copy: %w", err)
	}
	for _, at := range []string{lab.Lifeline.String() + ":112", lab.ServerAt.String() + ":80"} {
		if err := l.Answer(ctx, netip.MustParseAddrPort(at)); err != nil {
			return nil, err
		}
	}
	if err := c.start(ctx, conf); err != nil {
		return nil, err
	}
	if m == drill.CoA {
		if err := c.begin(ctx); err != nil {
			return nil, err
		}
	}
	c.store, err = store.Open(ctx, store.Options{URL: filepath.Join(l.Dir, "data", "candor.db"), Log: slog.New(slog.DiscardHandler), Existing: true})
	return c, err
}

// begin has an access server be there, and a session of each line begin.
func (c *liveCopy) begin(ctx context.Context) error {
	sessions := map[string]netip.Addr{}
	for _, l := range c.lines {
		sessions[sessionOf(l.Reference, l)] = l.Addr
		if err := c.account(ctx, l.Reference, l); err != nil {
			return err
		}
	}
	return c.lab.ServeNAS(ctx, copySecret, sessions)
}

// sessionOf names the session in which a user has the address of a line.
func sessionOf(user string, of drill.Line) string { return user + "@" + of.Reference }

// Where the copy answers in its lab.
var (
	copyConsole  = lab.DeskAt.String() + ":8080"
	copyFlows    = lab.DeskAt.String() + ":2055"
	copyAccounts = lab.DeskAt.String() + ":1813"
	copyPortal   = lab.Portal.String() + ":80"
)

const copySecret = "drill" // of RADIUS, inside of the lab

func (c *liveCopy) configuration(m drill.Method) string {
	var s strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&s, format+"\n", args...) }
	line("data: {dir: %q}", filepath.Join(c.lab.Dir, "data"))
	line("listen: {addr: %q, public_url: %q}", copyConsole, "http://"+copyConsole)
	line("log: {level: info, format: json}")
	line("provider: {name: Candor drill}")
	line("mail: {folder: %q}", filepath.Join(c.lab.Dir, "mail"))
	line("traffic: {listen: [%q], exporters: [{address: %s, name: drill}]}", copyFlows, lab.Exporter)
	line("leases: {sources: [{name: accounting, kind: radius, listen: %q, keys: [user], clients: [{network: %s, secret: %s}]}]}", copyAccounts, lab.Exporter, copySecret)
	line("garden: {listen: [%q], url: %q}", copyPortal, "http://"+lab.Portal.String())
	line("isolation:")
	line("  most_per_minute: 1000\n  most_share: 1\n  bound: 5m\n  every: 1s")
	line("  portal: [%q]\n  lifelines: [%s, %s]", copyPortal, lab.Lifeline, lab.Urgent)
	line("  probes: {device: eth0, namespace: %s, outside: [udp %s:9], lifelines: [udp %s:9]}", c.lab.Name(lab.Subscribers), lab.Witness, lab.Urgent)
	line("  points:")
	nas := func(name string, at netip.AddrPort, network string) {
		line("    - {name: %s, kind: radius, server: %q, secret: %s, networks: [%s], levels: [{level: walled-garden, attributes: [Filter-Id=%s]}], restore: [Filter-Id=%s]}", name, at, copySecret, network, lab.FilterGarden, lab.FilterOpen)
	}
	if m == drill.CoA {
		nas("nas", lab.AccessServer, "198.51.100.0/24")
	} else {
		line("    - {name: router, kind: nft, namespace: %s}", c.lab.Name(lab.Router))
	}
	if c.dead.Reference != "" { // nobody answers there
		nas("dead", netip.AddrPortFrom(lab.Exporter, lab.AccessServer.Port()+1), c.dead.Addr.String())
	}
	return s.String()
}

// start starts the desk, and waits until it takes requests.
func (c *liveCopy) start(ctx context.Context, conf string) error {
	c.program = exec.Command("/proc/self/exe", "serve", "--config", conf) //nolint:gosec // this program itself
	c.program.Args[0] = "candor"
	c.program.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "CANDOR_") })
	c.program.Stderr = c.log
	var err error
	if c.ended, err = c.lab.Start(lab.Desk, c.program); err != nil {
		return fmt.Errorf("start the copy: %w", err)
	}
	ready := &http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, network, address string) (conn net.Conn, err error) {
		err = c.lab.In(lab.Desk, func() error { conn, err = new(net.Dialer).DialContext(ctx, network, address); return err })
		return conn, err
	}}}
	limit := time.NewTimer(time.Minute)
	defer limit.Stop()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if res, err := ready.Get("http://" + copyConsole + "/readyz"); err == nil {
			if res.Body.Close(); res.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-c.ended:
			c.program = nil
			return fmt.Errorf("the copy ended: %w: %s", err, c.log.last())
		case <-limit.C:
			return fmt.Errorf("the copy does not take requests: %s", c.log.last())
		case <-tick.C:
		}
	}
}

// Close ends the desk, and removes the lab with all that was in it.
func (c *liveCopy) Close() error {
	c.stop()
	var err error
	c.lock.Lock()
	for _, t := range c.tellers {
		err = errors.Join(err, t.conn.Close())
	}
	c.lock.Unlock()
	if c.store != nil {
		err = errors.Join(err, c.store.Close())
	}
	if c.program != nil && c.program.Process != nil {
		_ = c.program.Process.Signal(syscall.SIGTERM) // it may have ended
		select {
		case <-c.ended:
		case <-time.After(patience):
			_ = c.program.Process.Kill()
			<-c.ended
		}
	}
	return errors.Join(err, c.lab.Close())
}

// Lines implements drill.Copy.
func (c *liveCopy) Lines() (agreed []drill.Line, without drill.Line) {
	last := len(c.lines) - 1
	return c.lines[:last], c.lines[last]
}

// teller is an exporter.
type teller struct {
	conn    net.Conn
	encoder *export.Encoder
	skew    time.Duration
}

// Export implements drill.Copy.
func (c *liveCopy) Export(ctx context.Context, records []flow.Record, skew time.Duration) error {
	c.lock.Lock()
	defer c.lock.Unlock()
	t := c.tellers[skew]
	if t == nil {
		t = &teller{skew: skew}
		err := c.lab.In(lab.Router, func() (err error) {
			t.conn, err = new(net.Dialer).DialContext(ctx, "udp", copyFlows)
			return err
		})
		if err != nil {
			return fmt.Errorf("tell of flows: %w", err)
		}
		o := export.Options{Version: decode.NetFlow9, Domain: uint32(len(c.tellers)), Booted: flow.Time(time.Now().Add(skew - time.Hour))} //nolint:gosec // two
		if t.encoder, err = export.New(o); err != nil {
			return errors.Join(err, t.conn.Close())
		}
		c.tellers[skew] = t
	}
	shifted := slices.Clone(records)
	for i := range shifted {
		shifted[i].Start += skew.Microseconds()
		shifted[i].End += skew.Microseconds()
	}
	err := t.encoder.Append(shifted, flow.Time(time.Now().Add(skew)), func(d []byte) error {
		if _, err := t.conn.Write(d); err != nil && !errors.Is(err, syscall.ECONNREFUSED) { // of the one before: the desk does not hear yet
			return err
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("tell of flows: %w", err)
	}
	return nil
}

// Probe implements drill.Copy.
func (c *liveCopy) Probe(ctx context.Context, of drill.Line) (drill.Probes, error) {
	p, err := c.lab.Probe(ctx, of.Addr)
	if err != nil {
		return nil, err
	}
	return p, nil
}

// Lifeline implements drill.Copy.
func (c *liveCopy) Lifeline(ctx context.Context, of drill.Line) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	conn, err := c.lab.Dial(ctx, of.Addr, "tcp", lab.Lifeline.String()+":112")
	if err != nil {
		return fmt.Errorf("the lifeline cannot be reached by %s: %w", of.Reference, err)
	}
	return conn.Close()
}

// mostPage bounds what is read of a page.
const mostPage = 1 << 20

// Portal implements drill.Copy.
func (c *liveCopy) Portal(ctx context.Context, of drill.Line) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+lab.ServerAt.String()+"/", nil)
	if err != nil {
		return err
	}
	res, err := c.lab.Browser(of.Addr).Do(req)
	if err != nil {
		return fmt.Errorf("the portal does not answer %s: %w", of.Reference, err)
	}
	defer res.Body.Close()
	page, err := io.ReadAll(io.LimitReader(res.Body, mostPage))
	switch {
	case err != nil:
		return fmt.Errorf("the portal does not answer %s: %w", of.Reference, err)
	case res.Request.URL.Host != lab.Portal.String() || res.StatusCode != http.StatusOK || !strings.Contains(string(page), `action="/clean"`):
		return fmt.Errorf("%s is led to %s, which answers %s and offers no way out", of.Reference, res.Request.URL, res.Status)
	}
	return nil
}

// Release implements drill.Copy.
func (c *liveCopy) Release(ctx context.Context, of drill.Line) error {
	form := url.Values{"text": {"It is clean."}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+lab.Portal.String()+"/clean", strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	browser := c.lab.Browser(of.Addr)
	browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := browser.Do(req)
	if err != nil {
		return fmt.Errorf("release %s: %w", of.Reference, err)
	}
	defer res.Body.Close()
	if said := res.Header.Get("Location"); res.StatusCode != http.StatusSeeOther || strings.Contains(said, "said=") {
		return fmt.Errorf("release %s: the portal answers %s %s", of.Reference, res.Status, said)
	}
	return nil
}

// copyLog keeps what the copy says of itself, by lines.
type copyLog struct {
	to    io.Writer // gets it too, if not nil
	lock  sync.Mutex
	rest  []byte
	lines []heard
}

type heard struct {
	at   time.Time
	text string
}

// mostSaid bounds the lines that are kept.
const mostSaid = 10_000

// Write implements io.Writer.
func (l *copyLog) Write(b []byte) (int, error) {
	l.lock.Lock()
	defer l.lock.Unlock()
	l.rest = append(l.rest, b...)
	for {
		n, line, _ := bufio.ScanLines(l.rest, false)
		if n == 0 {
			break
		}
		if l.lines = append(l.lines, heard{time.Now(), string(line)}); len(l.lines) > mostSaid {
			l.lines = slices.Delete(l.lines, 0, mostSaid/2)
		}
		l.rest = l.rest[n:]
	}
	if l.to != nil {
		_, _ = l.to.Write(b)
	}
	return len(b), nil
}

// since gives a line that holds a text and came after a time; empty without.
func (l *copyLog) since(at time.Time, text string) string {
	l.lock.Lock()
	defer l.lock.Unlock()
	for _, s := range l.lines {
		if s.at.After(at) && strings.Contains(s.text, text) {
			return s.text
		}
	}
	return ""
}

// last is the last line.
func (l *copyLog) last() string {
	l.lock.Lock()
	defer l.lock.Unlock()
	if len(l.lines) == 0 {
		return ""
	}
	return l.lines[len(l.lines)-1].text
}

var _ drill.Copy = (*liveCopy)(nil)

// plainHint is what to do about a drill that could not be done.
func plainHint(err error) error {
	if candor.Hint(err) != "" {
		return err
	}
	return candor.WithHint(err, "Run it again with --verbose to see what the copy says.")
}
