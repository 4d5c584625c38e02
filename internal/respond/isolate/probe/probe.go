// Package probe tries what isolated lines reach: it sends packets in their name,
// from an interface on the subscribers' side of the enforcement points, and
// looks whether they arrive at addresses of this machine. Subscribers need not
// answer, nor be online, and nothing is believed that an enforcement point says.
//
// Routers on the way must take packets with subscribers' addresses from that
// interface (RFC 2827 filters know it).
package probe

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"candor/internal/respond/isolate"
)

// Prober is an isolate.Prober. It needs CAP_NET_RAW, and CAP_SYS_ADMIN for
// another namespace. It is safe for concurrent use.
type Prober struct {
	Device    string // that probes leave by
	Namespace string // of the device: a name below /run/netns, or a path; empty for the program's
	Witness   string // namespace of the places; empty for the program's
}

// How often a probe is sent, and how long it may take.
const (
	times    = 3
	apart    = 40 * time.Millisecond
	patience = 400 * time.Millisecond
)

// Through implements isolate.Prober: a probe of UDP, or a SYN of TCP, that
// carries what nobody else knows. The place must be an address of this machine.
func (p *Prober) Through(ctx context.Context, from netip.Addr, to isolate.Place) (through bool, err error) {
	number := map[string]int{"udp": unix.IPPROTO_UDP, "tcp": unix.IPPROTO_TCP}[to.Protocol]
	if number == 0 || from.Is4() != to.Addr.Addr().Is4() {
		return false, fmt.Errorf("%s cannot be probed from %s", to, from)
	}
	var nonce [16]byte
	rand.Read(nonce[:])
	witness, err := p.listen(to, number)
	if err != nil {
		return false, fmt.Errorf("listen at %s: %w", to, err)
	}
	defer witness.Close()
	stop := context.AfterFunc(ctx, func() { witness.Close() })
	defer stop()
	arrived := make(chan error, 1)
	if err := witness.SetReadDeadline(time.Now().Add(times*apart + patience)); err != nil {
		return false, err
	}
	go func() { arrived <- await(witness, from, segment(from, to, number, nonce)) }()
	packet := segment(from, to, number, nonce)
	if err := p.send(from, to.Addr.Addr(), number, packet); err != nil {
		witness.Close()
		<-arrived
		return false, fmt.Errorf("send from %s: %w", p.Device, err)
	}
	err = <-arrived
	switch {
	case err == nil:
		return true, nil
	case ctx.Err() != nil:
		return false, ctx.Err()
	case os.IsTimeout(err):
		return false, nil
	}
	return false, err
}

// await reads until what was sent arrives.
func await(witness *net.IPConn, from netip.Addr, sent []byte) error {
	b := make([]byte, 2048)
	for {
		n, at, err := witness.ReadFromIP(b)
		if err != nil {
			return err
		}
		source, _ := netip.AddrFromSlice(at.IP)
		// Ports, and what is ours alone: the sum between them may be made on the way.
		if source.Unmap() == from && n >= 8 && bytes.Equal(b[:4], sent[:4]) && bytes.Equal(ours(b[:n]), ours(sent)) {
			return nil
		}
	}
}

// ours is the part of a segment that only we know.
func ours(segment []byte) []byte {
	if len(segment) >= 24 {
		return segment[8:24] // the payload of UDP
	}
	return segment[4:8] // the sequence number of TCP
}

// within runs do on a thread of its own in a namespace.
func within(namespace string, do func() error) error {
	if namespace == "" {
		return do()
	}
	if !strings.Contains(namespace, "/") {
		namespace = filepath.Join("/run/netns", namespace)
	}
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // for good: the thread ends with the goroutine
		f, err := os.Open(namespace)
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

func (p *Prober) listen(to isolate.Place, number int) (c *net.IPConn, err error) {
	family := "ip4"
	if to.Addr.Addr().Is6() {
		family = "ip6"
	}
	err = within(p.Witness, func() error {
		c, err = net.ListenIP(fmt.Sprintf("%s:%d", family, number), &net.IPAddr{IP: to.Addr.Addr().AsSlice()})
		return err
	})
	return c, err
}

// send sends a segment some times, with a header of ours.
func (p *Prober) send(from, to netip.Addr, number int, segment []byte) error {
	return within(p.Namespace, func() error {
		family, packet := unix.AF_INET6, header6(from, to, number, segment)
		var address unix.Sockaddr = &unix.SockaddrInet6{Addr: to.As16()}
		if to.Is4() {
			family, packet, address = unix.AF_INET, header4(from, to, number, segment), &unix.SockaddrInet4{Addr: to.As4()}
		}
		fd, err := unix.Socket(family, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.IPPROTO_RAW)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		if err := unix.BindToDevice(fd, p.Device); err != nil {
			return err
		}
		for i := range times {
			if i > 0 {
				wait := time.NewTimer(apart)
				<-wait.C
			}
			if err := unix.Sendto(fd, packet, 0, address); err != nil {
				return err
			}
		}
		return nil
	})
}

// sourcePort is where probes come from.
const sourcePort = 40000

// segment is a datagram of UDP with the nonce, or a SYN of TCP with a part of it
// as its sequence number.
func segment(from netip.Addr, to isolate.Place, number int, nonce [16]byte) []byte {
	b := binary.BigEndian.AppendUint16(nil, sourcePort)
	b = binary.BigEndian.AppendUint16(b, to.Addr.Port())
	sum := 6
	if number == unix.IPPROTO_UDP {
		b = append(b, 0, 8+16, 0, 0)
		b = append(b, nonce[:]...)
	} else {
		sum = 16
		b = append(b, nonce[:4]...)
		b = append(b, 0, 0, 0, 0, 5<<4, 0x02, 0x10, 0, 0, 0, 0, 0)
	}
	binary.BigEndian.PutUint16(b[sum:], checksum(pseudo(from, to.Addr.Addr(), number, len(b)), b))
	return b
}

// pseudo is the header that sums are made over besides (RFC 768, RFC 8200, 8.1).
func pseudo(from, to netip.Addr, number, length int) []byte {
	b := append(from.AsSlice(), to.AsSlice()...)
	b = binary.BigEndian.AppendUint32(b, uint32(length)) //nolint:gosec // some bytes
	return append(b, 0, 0, 0, byte(number))
}

func checksum(parts ...[]byte) uint16 {
	var sum uint32
	for _, p := range parts {
		for i := 0; i+1 < len(p); i += 2 {
			sum += uint32(binary.BigEndian.Uint16(p[i:]))
		}
	}
	for sum>>16 > 0 {
		sum = sum&0xffff + sum>>16
	}
	if sum = ^sum & 0xffff; sum == 0 {
		return 0xffff
	}
	return uint16(sum)
}

func header4(from, to netip.Addr, number int, segment []byte) []byte {
	b := []byte{0x45, 0, 0, byte(20 + len(segment)), 0, 0, 0, 0, 32, byte(number), 0, 0}
	b = append(append(b, from.AsSlice()...), to.AsSlice()...)
	binary.BigEndian.PutUint16(b[10:], checksum(b))
	return append(b, segment...)
}

func header6(from, to netip.Addr, number int, segment []byte) []byte {
	b := []byte{0x60, 0, 0, 0, 0, byte(len(segment)), byte(number), 32}
	b = append(append(b, from.AsSlice()...), to.AsSlice()...)
	return append(b, segment...)
}

var _ isolate.Prober = (*Prober)(nil)
