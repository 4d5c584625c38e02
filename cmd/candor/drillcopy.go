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
	method   drill.Method
	lab      *lab.Lab
	nas      *labNAS // of the operator's lab; nil for one that was made
	at       places
	router   *drillRouter // that takes Flowspec; nil without one
	program  *exec.Cmd
	ended    <-chan error
	store    *store.Store
	log      *copyLog
	lines    []drill.Line             // the last one agreed to nothing
	sessions map[netip.Addr][]session // that accounting told of, and go on
	dead     drill.Line               // behind an access server that does not answer
	stop     context.CancelFunc

	lock    sync.Mutex
	tellers map[time.Duration]*teller // exporters, by how far their clocks are off
}

// copyPlan is what a copy is made for.
type copyPlan struct {
	method drill.Method
	nas    *labNAS // with LabNAS
	at     lab.Addresses
	lines  int // that agreed
	dead   int // the number of one behind an access server that does not answer; none if negative
	say    io.Writer
}

// openCopy makes a lab, or borrows one, and starts a desk in it.
func openCopy(ctx context.Context, p copyPlan) (_ *liveCopy, err error) {
	c := &liveCopy{method: p.method, nas: p.nas, log: &copyLog{to: p.say}, tellers: map[time.Duration]*teller{}, sessions: map[netip.Addr][]session{}}
	if p.nas == nil {
		c.lab, err = lab.New(ctx, p.lines+1)
	} else {
		c.lab, err = lab.Borrow(p.nas.Namespace, p.at)
	}
	if err != nil {
		return nil, err
	}
	ctx, c.stop = context.WithCancel(ctx)
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Close())
		}
	}()
	if c.at, err = c.places(p.lines + 1); err != nil {
		return nil, err
	}
	for n := range p.lines + 1 {
		l := drill.Line{Reference: fmt.Sprintf("DRILL-%03d", n)}
		if l.Addr = lab.Subscriber(n); p.nas != nil {
			l.Addr = p.nas.Lines[n%len(p.nas.Lines)].addr
		}
		c.lines = append(c.lines, l)
	}
	if p.dead >= 0 {
		c.dead = c.lines[p.dead]
	}
	conf := filepath.Join(c.lab.Dir, "candor.yml")
	if err := os.WriteFile(conf, []byte(c.configuration()), 0o600); err != nil {
		return nil, err
	}
	if err := c.fill(ctx, conf); err != nil {
		return nil, fmt.Errorf("fill the copy: %w", err)
	}
	for _, at := range []string{c.lab.At.Lifeline.String() + ":112", c.lab.At.Server.String() + ":80"} {
		if err := c.lab.Answer(ctx, netip.MustParseAddrPort(at)); err != nil {
			return nil, err
		}
	}
	if p.method == drill.Flowspec {
		if c.router, err = c.startRouter(); err != nil {
			return nil, err
		}
	}
	if err := c.start(ctx, conf); err != nil {
		return nil, err
	}
	switch p.method {
	case drill.CoA:
		err = c.begin(ctx)
	case drill.Flowspec:
		err = c.router.await(ctx)
	case drill.Nftables, drill.LabNAS:
	}
	if err != nil {
		return nil, err
	}
	c.store, err = store.Open(ctx, store.Options{URL: filepath.Join(c.lab.Dir, "data", "candor.db"), Log: slog.New(slog.DiscardHandler), Existing: true})
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

// places are where the copy answers.
type places struct {
	console, flows, portal string
	accounts               []string // one; in the operator's lab one a line
}

// places are fixed in a network of the copy's own, and free ports in one of
// others. There each line is told of by a source of its own, since a session stands
// for one line after the other, and is another session each time.
func (c *liveCopy) places(lines int) (p places, err error) {
	ports := []int{8080, 2055, 1813}
	if c.nas != nil {
		if ports, err = freePorts(2 + lines); err != nil {
			return p, err
		}
	}
	var all []string
	for _, n := range ports {
		all = append(all, netip.AddrPortFrom(c.lab.At.Desk, uint16(n)).String()) //nolint:gosec // a port
	}
	return places{console: all[0], flows: all[1], accounts: all[2:], portal: netip.AddrPortFrom(c.lab.At.Portal, 80).String()}, nil
}

// accounts is where accounting tells of a line.
func (c *liveCopy) accounts(line string) string {
	n := slices.IndexFunc(c.lines, func(l drill.Line) bool { return l.Reference == line })
	return c.at.accounts[min(max(n, 0), len(c.at.accounts)-1)]
}

// freePorts gives ports of loopback that nobody has at this moment.
func freePorts(n int) (all []int, err error) {
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close()
		all = append(all, l.Addr().(*net.TCPAddr).Port)
	}
	return all, nil
}

const copySecret = "drill" // of RADIUS, inside of the lab

// deadNAS is the access server that does not answer.
const deadNAS = "drill-dead"

func (c *liveCopy) configuration() string {
	var s strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&s, format+"\n", args...) }
	at := c.lab.At
	line("data: {dir: %q}", filepath.Join(c.lab.Dir, "data"))
	line("listen: {addr: %q, public_url: %q}", c.at.console, "http://"+c.at.console)
	line("log: {level: info, format: json}")
	line("provider: {name: Candor drill}")
	line("mail: {folder: %q}", filepath.Join(c.lab.Dir, "mail"))
	line("traffic: {listen: [%q], exporters: [{address: %s, name: drill}]}", c.at.flows, at.Exporter)
	line("leases:\n  sources:")
	for n, listen := range c.at.accounts {
		line("    - {name: accounting-%d, kind: radius, listen: %q, keys: [%s], clients: [{network: %s, secret: %s}]}", n, listen, c.key(), at.Exporter, copySecret)
	}
	line("garden: {listen: [%q], url: %q}", c.at.portal, "http://"+at.Portal.String())
	line("isolation:")
	line("  most_per_minute: 1000\n  most_share: 1\n  bound: 5m\n  every: 1s")
	line("  portal: [%q]\n  lifelines: [%s, %s]", c.at.portal, at.Lifeline, at.Urgent)
	line("  probes: {device: %q, namespace: %q, outside: [udp %s:9], lifelines: [udp %s:9]}", c.device(), c.lab.Name(lab.Subscribers), at.Witness, at.Urgent)
	line("  points:")
	for _, p := range c.points() {
		line("    - {%s}", p)
	}
	return s.String()
}

// key is by what accounting names lines: in the operator's lab users are others'.
func (c *liveCopy) key() string {
	if c.nas != nil {
		return "class, user"
	}
	return "user"
}

func (c *liveCopy) device() string {
	if c.nas != nil {
		return c.nas.Device
	}
	return "eth0"
}

// points are the enforcement points, as the configuration has them.
func (c *liveCopy) points() (all []string) {
	nas := func(name, server, secret, which string, garden, restore []string) {
		all = append(all, fmt.Sprintf("name: %s, kind: radius, server: %q, secret: %q, %s, levels: [{level: walled-garden, attributes: %s}], restore: %s", name, server, secret, which, quoted(garden), quoted(restore)))
	}
	garden, restore := []string{"Filter-Id=" + lab.FilterGarden}, []string{"Filter-Id=" + lab.FilterOpen}
	which := fmt.Sprintf("networks: [%s]", c.dead.Addr)
	switch c.method {
	case drill.Nftables:
		all = append(all, fmt.Sprintf("name: router, kind: nft, namespace: %s", c.lab.Name(lab.Router)))
	case drill.CoA:
		nas("nas", lab.AccessServer.String(), copySecret, "networks: [198.51.100.0/24]", garden, restore)
	case drill.Flowspec:
		all = append(all, fmt.Sprintf("name: border, kind: bgp, as: %d, router_id: %s, redirect: %q, peers: [{addr: %q, as: %d}]", drillAS, c.lab.At.Desk, fmt.Sprintf("%d:80", drillAS), routerAt, drillAS))
	case drill.LabNAS:
		n := c.nas.NAS
		nas("nas", n.Server, n.Secret, fmt.Sprintf("nas: [%q]", n.Name), n.Garden, n.Restore)
		which = fmt.Sprintf("nas: [%s]", deadNAS)
	}
	if c.dead.Reference != "" { // nobody answers there
		nas("dead", netip.AddrPortFrom(c.lab.At.Exporter, lab.AccessServer.Port()+1).String(), copySecret, which, garden, restore)
	}
	return all
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
		if res, err := ready.Get("http://" + c.at.console + "/readyz"); err == nil {
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
	if c.router != nil {
		c.router.end()
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
			t.conn, err = new(net.Dialer).DialContext(ctx, "udp", c.at.flows)
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
	conn, err := c.lab.Dial(ctx, of.Addr, "tcp", c.lab.At.Lifeline.String()+":112")
	if err != nil {
		return fmt.Errorf("the lifeline cannot be reached by %s: %w", of.Reference, err)
	}
	return conn.Close()
}

// mostPage bounds what is read of a page.
const mostPage = 1 << 20

// Portal implements drill.Copy.
func (c *liveCopy) Portal(ctx context.Context, of drill.Line) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+c.lab.At.Server.String()+"/", nil)
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
	case res.Request.URL.Host != c.lab.At.Portal.String() || res.StatusCode != http.StatusOK || !strings.Contains(string(page), `action="/clean"`):
		return fmt.Errorf("%s is led to %s, which answers %s and offers no way out", of.Reference, res.Request.URL, res.Status)
	}
	return nil
}

// Release implements drill.Copy.
func (c *liveCopy) Release(ctx context.Context, of drill.Line) error {
	form := url.Values{"text": {"It is clean."}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+c.lab.At.Portal.String()+"/clean", strings.NewReader(form.Encode()))
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
