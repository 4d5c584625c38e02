package nft_test

import (
	"bufio"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/sys/unix"

	"candor"
	"candor/internal/respond/isolate"
	"candor/internal/respond/isolate/isolatetest"
	"candor/internal/respond/isolate/nft"
)

// lab is a network of four namespaces: two subscribers, a router, a server with
// many addresses.
type lab struct {
	*isolate.Method
	name     string
	enforcer *nft.Enforcer
	store    *isolatetest.Store
	sessions *isolatetest.Sessions
	ahead    atomic.Int64 // of the clock
}

// Addresses of the server.
const (
	outside   = "203.0.113.2"
	name      = "203.0.113.53"
	portal    = "203.0.113.80"
	emergency = "203.0.113.112"
	allowed   = "203.0.113.200"
	outside6  = "2001:db8:f::2"
	portal6   = "2001:db8:f::80"
	urgent6   = "2001:db8:f::112"
)

func policy() nft.Policy {
	return nft.Policy{
		Lifelines: []netip.Prefix{netip.MustParsePrefix(emergency + "/32"), netip.MustParsePrefix(urgent6 + "/128")},
		Allowed:   []netip.Prefix{netip.MustParsePrefix(allowed + "/32"), netip.MustParsePrefix("10.0.0.0/16")}, // which covers the subscribers
		DNS:       []netip.Addr{netip.MustParseAddr(name)},
		Portal:    []netip.AddrPort{netip.MustParseAddrPort(portal + ":8080"), netip.MustParseAddrPort("[" + portal6 + "]:8080")},
		Ports:     []uint16{25, 445}, Rate: 100_000, Bound: time.Hour,
	}
}

var labs atomic.Int32

func needRoot(t testing.TB) {
	t.Helper()
	_, noNft := exec.LookPath("nft")
	_, noIP := exec.LookPath("ip")
	if os.Getuid() == 0 && noNft == nil && noIP == nil {
		return
	}
	if os.Getenv("CI") != "" {
		t.Fatal("these tests need root, nft and ip")
	}
	t.Skip("these tests need root, nft and ip")
}

func run(t testing.TB, command string, args ...any) string {
	t.Helper()
	line := fmt.Sprintf(command, args...)
	words := strings.Fields(line)
	out, err := exec.Command(words[0], words[1:]...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", line, err, out)
	}
	return string(out)
}

// newLab makes the network. By SSH the router is reached as another machine
// would be.
func newLab(t testing.TB, p nft.Policy, bySSH bool) *lab {
	needRoot(t)
	l := &lab{name: fmt.Sprintf("cnd%d-%d", os.Getpid(), labs.Add(1)), store: isolatetest.NewStore(), sessions: &isolatetest.Sessions{}}
	for _, ns := range []string{"one", "two", "router", "server"} {
		run(t, "ip netns add %s", l.ns(ns))
		t.Cleanup(func() { run(t, "ip netns del %s", l.ns(ns)) })
		run(t, "ip -n %s link set lo up", l.ns(ns))
		run(t, "ip netns exec %s sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0", l.ns(ns))
	}
	run(t, "ip netns exec %s sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1", l.ns("router"))
	for at, networks := range map[string][2]string{"one": {"10.0.1.", "2001:db8:1:1::"}, "two": {"10.0.2.", "2001:db8:1:2::"}, "server": {"203.0.113.", "2001:db8:f::"}} {
		run(t, "ip -n %s link add %s type veth peer name eth0 netns %s", l.ns("router"), at, l.ns(at))
		run(t, "ip -n %s link set %s up", l.ns("router"), at)
		run(t, "ip -n %s link set eth0 up", l.ns(at))
		run(t, "ip -n %s addr add %s1/24 dev %s", l.ns("router"), networks[0], at)
		run(t, "ip -n %s addr add %s1/64 dev %s nodad", l.ns("router"), networks[1], at)
		run(t, "ip -n %s addr add %s2/24 dev eth0", l.ns(at), networks[0])
		run(t, "ip -n %s addr add %s2/64 dev eth0 nodad", l.ns(at), networks[1])
		run(t, "ip -n %s route add default via %s1", l.ns(at), networks[0])
		run(t, "ip -n %s -6 route add default via %s1", l.ns(at), networks[1])
	}
	for _, a := range []string{name, portal, emergency, allowed} {
		run(t, "ip -n %s addr add %s/24 dev eth0", l.ns("server"), a)
	}
	for _, a := range []string{portal6, urgent6} {
		run(t, "ip -n %s addr add %s/64 dev eth0 nodad", l.ns("server"), a)
	}
	for _, ns := range []string{"server", "two"} {
		l.serve(t, ns)
	}
	var err error
	if bySSH {
		s := sshServer(t, l.ns("router"))
		l.enforcer, err = nft.Remote(p, s)
	} else {
		l.enforcer, err = nft.Local(p, l.ns("router"))
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.enforcer.Close() })
	if err := l.enforcer.Open(t.Context()); err != nil {
		t.Fatal(err, candor.Hint(err))
	}
	l.store.Lines = 10_000
	l.Method = isolate.New(isolate.Config{Store: l.store, Sessions: l.sessions, Limits: isolate.Limits{PerMinute: 5000, Share: 1}, Bound: p.Bound,
		Now: func() time.Time { return time.Now().Add(time.Duration(l.ahead.Load())) }, Points: []isolate.Point{{Name: "router", Enforcer: l.enforcer, Lifelines: true}}})
	return l
}

func (l *lab) ns(at string) string { return l.name + at }

// in runs do on a thread of its own in a namespace, which sockets that it makes
// belong to.
func in(ns string, do func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		f, err := os.Open(filepath.Join("/run/netns", ns))
		if err == nil {
			err = unix.Setns(int(f.Fd()), unix.CLONE_NEWNET)
			f.Close()
		}
		if err == nil {
			err = do()
		}
		done <- err
	}()
	return <-done
}

// serve answers at many ports, to whatever comes, by the address that it came
// to. Port 7777 sends as fast as it can.
func (l *lab) serve(t testing.TB, ns string) {
	t.Helper()
	err := in(l.ns(ns), func() error {
		for _, port := range []int{9, 25, 53, 80, 443, 8080, 7777} {
			listener, err := net.Listen("tcp", fmt.Sprintf("[::]:%d", port))
			if err != nil {
				return err
			}
			t.Cleanup(func() { listener.Close() })
			go func() {
				for {
					c, err := listener.Accept()
					if err != nil {
						return
					}
					go answer(c, port == 7777)
				}
			}()
		}
		for _, address := range []string{"203.0.113.2", "203.0.113.53", "203.0.113.112", "10.0.2.2"} {
			u, err := net.ListenPacket("udp", address+":53")
			if err != nil {
				continue // of another namespace
			}
			t.Cleanup(func() { u.Close() })
			go func() {
				b := make([]byte, 100)
				for {
					_, from, err := u.ReadFrom(b)
					if err != nil {
						return
					}
					_, _ = u.WriteTo([]byte(address), from)
				}
			}()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func answer(c net.Conn, flood bool) {
	defer c.Close()
	if flood {
		b := make([]byte, 64<<10)
		for {
			if _, err := c.Write(b); err != nil {
				return
			}
		}
	}
	r := bufio.NewReader(c)
	for {
		if _, err := r.ReadString('\n'); err != nil {
			return
		}
		if _, err := fmt.Fprintln(c, c.LocalAddr()); err != nil {
			return
		}
	}
}

// quiet is how long nothing must come for a way to count as closed.
const quiet = 250 * time.Millisecond

// dial opens a connection from a namespace.
func (l *lab) dial(from, network, to string) (c net.Conn, err error) {
	err = in(l.ns(from), func() error {
		c, err = (&net.Dialer{Timeout: quiet}).Dial(network, to)
		return err
	})
	return c, err
}

// talk says something and gives what comes back.
func talk(c net.Conn) (string, error) {
	if err := c.SetDeadline(time.Now().Add(quiet)); err != nil {
		return "", err
	}
	if _, err := c.Write([]byte("hello\n")); err != nil {
		return "", err
	}
	b := make([]byte, 200)
	n, err := c.Read(b)
	return strings.TrimSpace(string(b[:n])), err
}

// reached gives who answers at an address; empty if nobody does.
func (l *lab) reached(from, network, to string) string {
	c, err := l.dial(from, network, to)
	if err != nil {
		return ""
	}
	defer c.Close()
	who, err := talk(c)
	if err != nil {
		return ""
	}
	return who
}

// refused tells whether a connection is told no at once.
func (l *lab) refused(from, to string) bool {
	_, err := l.dial(from, "tcp", to)
	return errors.Is(err, unix.ECONNREFUSED)
}

// ways are what a line of no level reaches; with who answers.
type way struct{ network, to, who string }

func (l *lab) expect(t testing.TB, what, from string, ways ...way) {
	t.Helper()
	var wait sync.WaitGroup
	for _, w := range ways {
		wait.Go(func() {
			if got := l.reached(from, w.network, w.to); got != w.who {
				t.Errorf("%s: %s %s is answered by %q, not %q", what, w.network, w.to, got, w.who)
			}
		})
	}
	wait.Wait()
}

// subscriber files a line for a namespace.
func (l *lab) subscriber(reference string, networks ...string) candor.Asset {
	a := candor.Asset{ID: candor.NewID(time.Now()), Kind: candor.Line, Name: reference, Reference: reference}
	l.store.Put(a)
	var s isolate.Session
	for _, n := range networks {
		s.Addresses = append(s.Addresses, netip.MustParsePrefix(n))
	}
	l.sessions.Put(reference, s)
	return a
}

// sshServer is a machine that runs nft in a namespace for whoever has the key.
func sshServer(t testing.TB, ns string) nft.SSH {
	t.Helper()
	hostKey, clientKey := signer(t), signer(t)
	config := &ssh.ServerConfig{PublicKeyCallback: func(_ ssh.ConnMetadata, k ssh.PublicKey) (*ssh.Permissions, error) {
		if string(k.Marshal()) != string(clientKey.PublicKey().Marshal()) {
			return nil, errors.New("unknown key")
		}
		return nil, nil
	}}
	config.AddHostKey(hostKey)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go serveSSH(c, config, ns)
		}
	}()
	return nft.SSH{Addr: listener.Addr().String(), User: "candor", Key: clientKey, HostKey: hostKey.PublicKey()}
}

func signer(t testing.TB) ssh.Signer {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func serveSSH(c net.Conn, config *ssh.ServerConfig, ns string) {
	conn, channels, requests, err := ssh.NewServerConn(c, config)
	if err != nil {
		return
	}
	defer conn.Close()
	go ssh.DiscardRequests(requests)
	for ch := range channels {
		channel, requests, err := ch.Accept()
		if err != nil {
			return
		}
		go func() {
			for r := range requests {
				if r.Type != "exec" {
					_ = r.Reply(false, nil)
					continue
				}
				_ = r.Reply(true, nil)
				words := strings.Fields(string(r.Payload[4:]))
				if words[0] != "nft" {
					return
				}
				cmd := exec.Command("ip", append([]string{"netns", "exec", ns}, words...)...)
				cmd.Stdin, cmd.Stdout, cmd.Stderr = channel, channel, channel.Stderr()
				var status struct{ Status uint32 }
				if cmd.Run() != nil {
					status.Status = 1
				}
				_, _ = channel.SendRequest("exit-status", false, ssh.Marshal(status))
				channel.Close()
				return
			}
		}()
	}
	_, _ = io.Copy(io.Discard, c)
}
