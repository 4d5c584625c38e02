package nft

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/google/nftables"
	"golang.org/x/sys/unix"

	"candor"
	"candor/internal/respond/isolate"
)

// local is the table on this machine. Rules are read by the program nft, once;
// entries go to the kernel by netlink.
type local struct {
	namespace string // a name below /run/netns, or a path; empty for the one that the program runs in
}

// Local makes an Enforcer for this machine, in a network namespace if one is
// named. It needs the program nft, and CAP_NET_ADMIN; in another namespace
// CAP_SYS_ADMIN too.
func Local(p Policy, namespace string) (*Enforcer, error) {
	if namespace != "" && !strings.Contains(namespace, "/") {
		namespace = filepath.Join("/run/netns", namespace)
	}
	return newEnforcer(p, local{namespace})
}

func (local) close() error { return nil }

// within runs do on a thread of its own in the namespace.
func (l local) within(do func() error) error {
	if l.namespace == "" {
		return do()
	}
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // for good: the thread ends with the goroutine
		done <- func() error {
			f, err := os.Open(l.namespace)
			if err != nil {
				return err
			}
			defer f.Close()
			if err := unix.Setns(int(f.Fd()), unix.CLONE_NEWNET); err != nil {
				return fmt.Errorf("enter %s: %w", l.namespace, err)
			}
			return do()
		}()
	}()
	return <-done
}

func (l local) load(ctx context.Context, text string) error {
	var told bytes.Buffer
	err := l.within(func() error {
		cmd := exec.CommandContext(ctx, "nft", "-f", "-")
		cmd.Stdin, cmd.Stderr = strings.NewReader(text), &told
		return cmd.Run()
	})
	if err != nil {
		return failed(fmt.Errorf("load rules: %w: %.500s", err, told.String()))
	}
	return nil
}

func (l local) connect() (*nftables.Conn, func(), error) {
	var options []nftables.ConnOption
	end := func() {}
	if l.namespace != "" {
		f, err := os.Open(l.namespace)
		if err != nil {
			return nil, nil, failed(err)
		}
		end = func() { f.Close() }
		options = append(options, nftables.WithNetNSFd(int(f.Fd())))
	}
	c, err := nftables.New(options...)
	if err != nil {
		end()
		return nil, nil, failed(err)
	}
	return c, end, nil
}

func ours() *nftables.Table { return &nftables.Table{Name: "candor", Family: nftables.TableFamilyINet} }

func (l local) change(_ context.Context, all []change) error {
	c, end, err := l.connect()
	if err != nil {
		return err
	}
	defer end()
	for _, x := range all {
		set := &nftables.Set{Table: ours(), Name: x.set, KeyType: nftables.TypeIPAddr, HasTimeout: true}
		if x.network.Addr().Is6() {
			set.KeyType, set.Interval = nftables.TypeIP6Addr, true
		}
		elements := elementsOf(x)
		if x.out {
			err = c.SetDeleteElements(set, elements)
		} else {
			err = c.SetAddElements(set, elements)
		}
		if err != nil {
			return failed(err)
		}
	}
	if err := c.Flush(); err != nil {
		return failed(fmt.Errorf("change sets: %w", err))
	}
	return nil
}

// elementsOf are the elements that stand for a network: one of IPv4, the two
// ends of an interval of IPv6.
func elementsOf(x change) []nftables.SetElement {
	first := x.network.Addr()
	e := nftables.SetElement{Key: first.AsSlice()}
	if !x.out {
		e.Timeout = x.last
	}
	if first.Is4() {
		return []nftables.SetElement{e}
	}
	return []nftables.SetElement{e, {Key: after(x.network).AsSlice(), IntervalEnd: true}}
}

// after is the first address behind a network.
func after(n netip.Prefix) netip.Addr {
	b := n.Addr().As16()
	for i := n.Bits(); i < 128; i++ {
		b[i/8] |= 0x80 >> (i % 8)
	}
	return netip.AddrFrom16(b).Next()
}

// between is the network from an address to before another; not ok if it is none.
func between(first, end netip.Addr) (netip.Prefix, bool) {
	a, b := first.As16(), end.Prev().As16()
	bits := 0
	for bits < 128 && (a[bits/8]^b[bits/8])&(0x80>>(bits%8)) == 0 {
		bits++
	}
	n := netip.PrefixFrom(first, bits)
	return n, n.Masked() == n && after(n) == end
}

func (l local) list(context.Context) (t table, err error) {
	c, end, err := l.connect()
	if err != nil {
		return t, err
	}
	defer end()
	if _, err := c.ListTableOfFamily("candor", nftables.TableFamilyINet); err != nil {
		if missing(err) {
			return t, nil
		}
		return t, failed(err)
	}
	t.rules, t.sizes = map[string]int{}, map[string]int{}
	chains, err := c.ListChainsOfTableFamily(nftables.TableFamilyINet)
	if err != nil {
		return t, failed(err)
	}
	for _, chain := range chains {
		if chain.Table.Name != "candor" {
			continue
		}
		rules, err := c.GetRules(ours(), chain)
		if err != nil {
			return t, failed(err)
		}
		t.rules[chain.Name] = len(rules)
	}
	return t, l.listSets(c, &t)
}

// missing tells whether what was asked for is not there.
func missing(err error) bool {
	return errors.Is(err, unix.ENOENT) || strings.Contains(err.Error(), "not found") || strings.Contains(err.Error(), "No such file")
}

func (l local) listSets(c *nftables.Conn, t *table) error {
	levels := map[string]isolate.Level{}
	for level, name := range sets() {
		levels[name+"4"], levels[name+"6"] = level, level
	}
	all, err := c.GetSets(ours())
	if err != nil {
		return failed(err)
	}
	for _, set := range all {
		level, kept := levels[set.Name]
		if !kept && !isPassing(set.Name) {
			continue
		}
		elements, err := c.GetSetElements(set)
		if err != nil {
			return failed(err)
		}
		t.sizes[set.Name] = len(elements)
		if kept {
			t.held = append(t.held, heldOf(elements, level)...)
		}
	}
	return nil
}

// isPassing tells whether a set is of what is let pass.
func isPassing(set string) bool {
	name := strings.TrimRight(set, "46")
	return name == "life" || name == "allow" || name == "dns"
}

// heldOf reads elements. An interval of IPv6 is two of them; where one begins at
// which another ends, the end comes first.
func heldOf(elements []nftables.SetElement, level isolate.Level) (all []isolate.Held) {
	slices.SortStableFunc(elements, func(a, b nftables.SetElement) int {
		return cmp.Or(bytes.Compare(a.Key, b.Key), rank(a)-rank(b))
	})
	for i, e := range elements {
		at, ok := netip.AddrFromSlice(e.Key)
		switch {
		case !ok || e.IntervalEnd:
		case at.Is4():
			all = append(all, isolate.Held{Network: netip.PrefixFrom(at, 32), Level: level, Left: e.Expires})
		case i+1 < len(elements) && elements[i+1].IntervalEnd:
			end, _ := netip.AddrFromSlice(elements[i+1].Key)
			if n, ok := between(at, end); ok {
				all = append(all, isolate.Held{Network: n, Level: level, Left: e.Expires})
			}
		}
	}
	return all
}

func rank(e nftables.SetElement) int {
	if e.IntervalEnd {
		return 0
	}
	return 1
}

// failed words a failure. All may be gone after a while.
func failed(err error) error {
	hint := "See whether nftables works there: nft list table inet candor."
	if errors.Is(err, unix.EPERM) || errors.Is(err, os.ErrPermission) {
		hint = "The program needs CAP_NET_ADMIN, and CAP_SYS_ADMIN for another namespace."
	}
	return candor.WithHint(fmt.Errorf("nftables: %w: %w", err, candor.ErrUnavailable), hint)
}
