package collect

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	// burst is how many datagrams are read by one system call, at most.
	burst = 64
	// mostDatagram is the largest that UDP has.
	mostDatagram = 1 << 16
)

// socket reads datagrams in bursts, by one goroutine at a time.
type socket struct {
	conn  *net.UDPConn
	raw   syscall.RawConn
	heads [burst]header
	parts [burst]unix.Iovec
	names [burst]unix.RawSockaddrInet6
	data  []byte

	lock    sync.Mutex
	dropped uint64
}

// header is struct mmsghdr of recvmmsg(2).
type header struct {
	unix.Msghdr
	length uint32
}

// listen opens a socket that shares its port with others of this program. It
// asks the kernel for a buffer, and gives how large it is.
func listen(ctx context.Context, address string, buffer int) (*socket, int, error) {
	granted := 0
	config := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) (err error) {
		failed := c.Control(func(fd uintptr) { granted, err = prepare(int(fd), buffer) })
		return errors.Join(err, failed)
	}}
	conn, err := config.ListenPacket(ctx, "udp", address)
	if err != nil {
		return nil, 0, err
	}
	s := &socket{conn: conn.(*net.UDPConn), data: make([]byte, burst*mostDatagram)}
	if s.raw, err = s.conn.SyscallConn(); err != nil {
		return nil, 0, errors.Join(err, conn.Close())
	}
	for i := range s.heads {
		s.parts[i].Base = &s.data[i*mostDatagram]
		s.parts[i].SetLen(mostDatagram)
		h := &s.heads[i]
		h.Name = (*byte)(unsafe.Pointer(&s.names[i]))
		h.Iov = &s.parts[i]
		h.SetIovlen(1)
	}
	return s, granted, nil
}

// prepare sets what a socket needs before it is bound.
func prepare(fd, buffer int) (granted int, err error) {
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1); err != nil {
		return 0, fmt.Errorf("SO_REUSEPORT: %w", os.NewSyscallError("setsockopt", err))
	}
	// Beyond net.core.rmem_max only those may go who administer the network.
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, buffer) != nil {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, buffer); err != nil {
			return 0, fmt.Errorf("SO_RCVBUF: %w", os.NewSyscallError("setsockopt", err))
		}
	}
	granted, err = unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF)
	return granted, os.NewSyscallError("getsockopt", err)
}

// read waits for datagrams, and gives how many there are.
func (s *socket) read() (n int, err error) {
	failed := s.raw.Read(func(fd uintptr) bool {
		for i := range s.heads {
			s.heads[i].Namelen = unix.SizeofSockaddrInet6
		}
		for {
			got, _, errno := unix.Syscall6(unix.SYS_RECVMMSG, fd, uintptr(unsafe.Pointer(&s.heads[0])), burst, unix.MSG_DONTWAIT, 0, 0)
			switch errno {
			case 0:
				n = int(got)
				return true
			case unix.EINTR:
			case unix.EAGAIN:
				return false
			default:
				err = os.NewSyscallError("recvmmsg", errno)
				return true
			}
		}
	})
	return n, errors.Join(err, failed)
}

// datagram gives the i-th of those that were read, valid until the next read.
func (s *socket) datagram(i int) (netip.AddrPort, []byte) {
	at := i * mostDatagram
	return s.from(i), s.data[at : at+int(s.heads[i].length)]
}

func (s *socket) from(i int) netip.AddrPort {
	n := &s.names[i]
	switch n.Family {
	case unix.AF_INET6:
		return netip.AddrPortFrom(netip.AddrFrom16(n.Addr).Unmap(), swap(n.Port))
	case unix.AF_INET:
		four := (*unix.RawSockaddrInet4)(unsafe.Pointer(n))
		return netip.AddrPortFrom(netip.AddrFrom4(four.Addr), swap(four.Port))
	}
	return netip.AddrPort{}
}

// swap reads a port in network order.
func swap(p uint16) uint16 {
	b := (*[2]byte)(unsafe.Pointer(&p))
	return uint16(b[0])<<8 | uint16(b[1])
}

// drops gives how many datagrams the kernel dropped since the socket was opened.
// It may be called by any goroutine; after the socket was closed it is what was
// known last.
func (s *socket) drops() uint64 {
	s.lock.Lock()
	defer s.lock.Unlock()
	var info [16]uint32 // sock_diag(7), SK_MEMINFO
	size, errno := uint32(unsafe.Sizeof(info)), unix.EBADF
	err := s.raw.Control(func(fd uintptr) {
		_, _, errno = unix.Syscall6(unix.SYS_GETSOCKOPT, fd, unix.SOL_SOCKET, unix.SO_MEMINFO, uintptr(unsafe.Pointer(&info[0])), uintptr(unsafe.Pointer(&size)), 0)
	})
	if err == nil && errno == 0 && size >= 4*(memDrops+1) {
		s.dropped += uint64(info[memDrops] - uint32(s.dropped)) // it wraps at 2^32
	}
	return s.dropped
}

// memDrops is SK_MEMINFO_DROPS.
const memDrops = 8
