// Package lab makes a small network for drills on this machine, out of network
// namespaces of Linux: subscribers, a router, a server, and a desk that listens
// to the router. Its addresses are for documentation (RFC 5737), so that nobody
// has them, and nothing leads out of it.
//
//	subscribers 198.51.100.0/24 ── router ── 203.0.113.0/24 server
//	                                 └────── 192.0.2.0/24 desk
//
// It needs root. A lab ends with Close; of one whose program died the next one
// clears what was left.
//
// A lab of the operator's can be borrowed: then only lines' namespace and the
// addresses of this machine are others'.
package lab

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"candor"
)

// The places of a lab, each a namespace.
const (
	Subscribers = "subscribers"
	Router      = "router"
	Server      = "server"
	Desk        = "desk"
)

// Addresses of a lab that was made.
var (
	Exporter = netip.MustParseAddr("192.0.2.1") // the router's, as the desk sees it
	DeskAt   = netip.MustParseAddr("192.0.2.2")
	Witness  = netip.MustParseAddr("192.0.2.9")   // the desk's: not reached from the walled garden
	Portal   = netip.MustParseAddr("192.0.2.80")  // the desk's
	Urgent   = netip.MustParseAddr("192.0.2.112") // the desk's: a lifeline
	ServerAt = netip.MustParseAddr("203.0.113.2")
	Lifeline = netip.MustParseAddr("203.0.113.112") // the server's
)

// Most is how many subscribers a lab has.
const Most = 240

// Subscriber is the address of the n-th subscriber, from 0 to Most.
func Subscriber(n int) netip.Addr {
	return netip.AddrFrom4([4]byte{198, 51, 100, byte(10 + n)}) //nolint:gosec // below Most
}

// Addresses are what is where in a lab. All but Lifeline and Server are the
// desk's, or the exporter's.
type Addresses struct {
	Exporter, Desk, Portal netip.Addr
	Witness, Urgent        netip.Addr // of the desk's own probes: must not be reached, must be
	Server, Lifeline       netip.Addr
}

// Lab is a network. It is safe for concurrent use.
type Lab struct {
	// Dir is a folder for whatever the drill needs; it goes with the lab.
	Dir  string
	At   Addresses
	id   string
	lock *os.File
	line string // of a lab that is borrowed: the namespace of its lines
}

// New clears what labs left whose program died, and makes one with so many
// subscribers.
func New(ctx context.Context, subscribers int) (l *Lab, err error) {
	if os.Getuid() != 0 {
		return nil, candor.WithHint(fmt.Errorf("network namespaces are for root: %w", candor.ErrDenied), "Run it as root; nothing of this machine's own network is touched.")
	}
	for _, tool := range []string{"ip", "nft"} {
		if _, err := exec.LookPath(tool); err != nil {
			return nil, candor.WithHint(fmt.Errorf("%s is missing: %w", tool, candor.ErrUnavailable), "Install iproute2 and nftables.")
		}
	}
	if err := Clear(ctx); err != nil {
		return nil, err
	}
	if l, err = begin(); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, l.Close())
		}
	}()
	return l, l.make(ctx, subscribers)
}

// Files that say that a lab is there; who made it holds a lock on its own.
const (
	prefix = "candor-drill-"
	locks  = "/run"
)

// begin makes the file of a lab. It gets its name when it is locked and says
// where the folder is: others clear one that nobody holds.
func begin() (l *Lab, err error) {
	b := make([]byte, 3)
	rand.Read(b)
	l = &Lab{id: hex.EncodeToString(b), At: Addresses{Exporter: Exporter, Desk: DeskAt, Portal: Portal, Witness: Witness, Urgent: Urgent, Server: ServerAt, Lifeline: Lifeline}}
	part := lockName(l.id) + ".new"
	if l.lock, err = os.OpenFile(part, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600); err != nil {
		return nil, fmt.Errorf("begin a lab: %w", err)
	}
	if err = syscall.Flock(int(l.lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err == nil {
		l.Dir, err = os.MkdirTemp("", prefix+l.id+"-")
	}
	if err == nil {
		_, err = l.lock.WriteString(l.Dir)
	}
	if err == nil {
		err = os.Rename(part, lockName(l.id))
	}
	if err != nil {
		err = errors.Join(fmt.Errorf("begin a lab: %w", err), l.lock.Close(), os.Remove(part))
		if l.Dir != "" {
			err = errors.Join(err, os.Remove(l.Dir))
		}
		return nil, err
	}
	return l, nil
}

func lockName(id string) string { return filepath.Join(locks, prefix+id+".lock") }

// Name is the name of a place's namespace, below /run/netns; empty for this
// program's own.
func (l *Lab) Name(place string) string {
	switch {
	case l.line == "":
		return prefix + l.id + "-" + place
	case place == Subscribers:
		return l.line
	}
	return ""
}

// Borrow takes a lab of the operator's. Its lines have an interface in a network
// namespace of this machine; all else is in this program's own, and the addresses
// are this machine's.
func Borrow(namespace string, at Addresses) (*Lab, error) {
	if os.Getuid() != 0 {
		return nil, candor.WithHint(fmt.Errorf("network namespaces are for root: %w", candor.ErrDenied), "Run it as root.")
	}
	if about, err := os.Stat(filepath.Join("/run/netns", namespace)); namespace == "" || filepath.Base(namespace) != namespace || err != nil || about.IsDir() {
		return nil, candor.WithHint(fmt.Errorf("there is no network namespace %.60q: %w", namespace, candor.ErrInvalid), "Make it with ip netns add, and move the interface of the lab’s lines into it.")
	}
	dir, err := os.MkdirTemp("", prefix+"nas-")
	return &Lab{Dir: dir, At: at, line: namespace}, err
}

func (l *Lab) make(ctx context.Context, subscribers int) error {
	if subscribers < 1 || subscribers > Most {
		return fmt.Errorf("%d subscribers, %d are the most: %w", subscribers, Most, candor.ErrInvalid)
	}
	for _, place := range []string{Router, Subscribers, Server, Desk} {
		if err := ip(ctx, "netns add %s", l.Name(place)); err != nil {
			return err
		}
		if err := ip(ctx, "-n %s link set lo up", l.Name(place)); err != nil {
			return err
		}
	}
	if err := l.In(Router, func() error { return os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0o600) }); err != nil {
		return err
	}
	own := map[string][]netip.Addr{Server: {ServerAt, Lifeline}, Desk: {DeskAt, Witness, Portal, Urgent}}
	for n := range subscribers {
		own[Subscribers] = append(own[Subscribers], Subscriber(n))
	}
	for place, addresses := range own {
		if err := l.join(ctx, place, addresses); err != nil {
			return err
		}
	}
	return nil
}

// join connects a place with the router, which is the first address of the
// network.
func (l *Lab) join(ctx context.Context, place string, addresses []netip.Addr) error {
	net, err := addresses[0].Prefix(24)
	if err != nil {
		return err
	}
	router := net.Addr().Next()
	lines := []string{
		fmt.Sprintf("-n %s link add %s type veth peer name eth0 netns %s", l.Name(Router), place, l.Name(place)),
		fmt.Sprintf("-n %s link set %s up", l.Name(Router), place),
		fmt.Sprintf("-n %s link set eth0 up", l.Name(place)),
		fmt.Sprintf("-n %s addr add %s/24 dev %s", l.Name(Router), router, place),
	}
	for _, a := range addresses {
		lines = append(lines, fmt.Sprintf("-n %s addr add %s/24 dev eth0", l.Name(place), a))
	}
	lines = append(lines, fmt.Sprintf("-n %s route add default via %s", l.Name(place), router))
	for _, line := range lines {
		if err := ip(ctx, "%s", line); err != nil {
			return err
		}
	}
	return nil
}

func ip(ctx context.Context, format string, args ...any) error {
	line := fmt.Sprintf(format, args...)
	out, err := exec.CommandContext(ctx, "ip", strings.Fields(line)...).CombinedOutput() //nolint:gosec // what this package writes
	if err != nil {
		return fmt.Errorf("ip %s: %w: %s", line, err, out)
	}
	return nil
}

// In runs do on a thread of its own in a place. Sockets that it makes, and
// programs that it starts, belong there.
func (l *Lab) In(place string, do func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // for good: the thread ends with the goroutine
		err := l.enter(place)
		if err == nil {
			err = do()
		}
		done <- err
	}()
	return <-done
}

// enter takes this thread to a place.
func (l *Lab) enter(place string) error {
	name := l.Name(place)
	if name == "" {
		return nil
	}
	f, err := os.Open(filepath.Join("/run/netns", name))
	if err != nil {
		return err
	}
	defer f.Close()
	return unix.Setns(int(f.Fd()), unix.CLONE_NEWNET)
}

// Nft runs nft in a place.
func (l *Lab) Nft(ctx context.Context, place string, words ...string) error {
	out, err := exec.CommandContext(ctx, "ip", append([]string{"netns", "exec", l.Name(place), "nft"}, words...)...).CombinedOutput() //nolint:gosec // what drills say
	if err != nil {
		return fmt.Errorf("nft %s: %w: %s", strings.Join(words, " "), err, out)
	}
	return nil
}

// Start starts a program in a place, which dies with this one. What ended gets
// what Wait gives.
func (l *Lab) Start(place string, c *exec.Cmd) (ended <-chan error, err error) {
	started, done := make(chan error, 1), make(chan error, 1)
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	go func() {
		err := l.In(place, func() error { // the signal comes when this thread ends
			err := c.Start()
			started <- err
			if err == nil {
				done <- c.Wait()
			}
			return nil
		})
		if err != nil {
			started <- err
		}
	}()
	return done, <-started
}

// Close removes the network, unless it is borrowed. Programs in it must have
// ended.
func (l *Lab) Close() error {
	if l.line != "" {
		return os.RemoveAll(l.Dir)
	}
	err := remove(context.Background(), l.id, l.Dir)
	return errors.Join(err, l.lock.Close())
}

// remove removes what there is of a lab.
func remove(ctx context.Context, id, dir string) error {
	all, err := filepath.Glob(filepath.Join("/run/netns", prefix+id+"-*"))
	errs := []error{err}
	for _, name := range all {
		errs = append(errs, ip(ctx, "netns del %s", filepath.Base(name)))
	}
	if strings.HasPrefix(filepath.Base(dir), prefix+id+"-") {
		errs = append(errs, os.RemoveAll(dir))
	}
	return errors.Join(append(errs, os.Remove(lockName(id)))...)
}

// Clear removes labs whose program died.
func Clear(ctx context.Context) error {
	all, err := filepath.Glob(lockName("*"))
	errs := []error{err}
	for _, name := range all {
		f, err := os.OpenFile(name, os.O_RDWR, 0)
		if err != nil {
			continue // it ended this moment
		}
		if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			dir, err := os.ReadFile(name)
			if errors.Is(err, fs.ErrNotExist) { // as above
				f.Close()
				continue
			}
			id := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(name), prefix), ".lock")
			errs = append(errs, err, remove(ctx, id, string(dir)))
		}
		f.Close()
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("clear what a drill left: %w", err)
	}
	return nil
}
