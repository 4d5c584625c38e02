package capture

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// mostPacket bounds a captured packet, as libpcap does.
const mostPacket = 256 << 10

var errPacket = errors.New("a packet is too large, so the file is damaged")

// pcapFile reads what libpcap writes (draft-ietf-opsawg-pcap).
type pcapFile struct {
	in    *bufio.Reader
	order binary.ByteOrder
	nano  bool
	link  int
	data  []byte
}

func newPcap(in *bufio.Reader) (*pcapFile, error) {
	var head [24]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return nil, fmt.Errorf("its head: %w", err)
	}
	f := &pcapFile{in: in, order: binary.BigEndian}
	if head[0] == 0xd4 || head[0] == 0x4d {
		f.order = binary.LittleEndian
	}
	f.nano = f.order.Uint32(head[:]) == 0xa1b23c4d
	f.link = int(f.order.Uint32(head[20:]) & 0xffff)
	return f, nil
}

func (f *pcapFile) next() (packet, error) {
	var head [16]byte
	if n, err := io.ReadFull(f.in, head[:]); err != nil {
		if n > 0 {
			err = fmt.Errorf("it ends within a packet: %w", io.ErrUnexpectedEOF)
		}
		return packet{}, err
	}
	n, whole := f.order.Uint32(head[8:]), f.order.Uint32(head[12:])
	if n > mostPacket {
		return packet{}, errPacket
	}
	var err error
	if f.data, err = read(f.in, f.data, int(n)); err != nil {
		return packet{}, err
	}
	at := int64(f.order.Uint32(head[4:]))
	if f.nano {
		at /= 1000
	}
	return packet{at: int64(f.order.Uint32(head[:]))*1e6 + at, link: f.link, cut: n < whole, data: f.data}, nil
}

// read reads n bytes into a buffer that is used again.
func read(in io.Reader, buf []byte, n int) ([]byte, error) {
	if cap(buf) < n {
		buf = make([]byte, n)
	}
	buf = buf[:n]
	if _, err := io.ReadFull(in, buf); err != nil {
		return buf, fmt.Errorf("it ends within a packet: %w", io.ErrUnexpectedEOF)
	}
	return buf, nil
}
