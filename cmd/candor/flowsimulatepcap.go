package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"os"

	"candor/internal/flow"
)

// pcap is a file of packets without link layer (draft-ietf-opsawg-pcap,
// LINKTYPE_RAW).
type pcap struct {
	file *os.File
	out  *bufio.Writer
}

func newPcap(name string) (*pcap, error) {
	file, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	b := binary.LittleEndian.AppendUint32(nil, 0xa1b2c3d4)
	b = binary.LittleEndian.AppendUint16(b, 2)
	b = binary.LittleEndian.AppendUint16(b, 4)
	b = append(b, make([]byte, 8)...)
	b = binary.LittleEndian.AppendUint32(b, 65535)
	b = binary.LittleEndian.AppendUint32(b, 101)
	p := &pcap{file, bufio.NewWriterSize(file, 1<<20)}
	_, err = p.out.Write(b)
	return p, err
}

func (p *pcap) close() error { return errors.Join(p.out.Flush(), p.file.Close()) }

// write writes a datagram of an exporter, which has an address of
// 198.51.100.0/24, to a collector at 192.0.2.9.
func (p *pcap) write(exporter uint32, at int64, datagram []byte) error {
	size := 28 + len(datagram)
	b := make([]byte, 0, 16+28)
	for _, v := range []int{int(at / 1e6), int(at % 1e6), size, size} {
		b = binary.LittleEndian.AppendUint32(b, uint32(v))
	}
	head := len(b)
	b = append(b, 0x45, 0)
	b = binary.BigEndian.AppendUint16(b, uint16(size))
	b = append(b, 0, 0, 0, 0, 64, flow.UDP, 0, 0, 198, 51, 100, byte(exporter), 192, 0, 2, 9)
	binary.BigEndian.PutUint16(b[head+10:], checksum(b[head:]))
	b = binary.BigEndian.AppendUint16(b, 40000)
	b = binary.BigEndian.AppendUint16(b, 2055)
	b = binary.BigEndian.AppendUint16(b, uint16(8+len(datagram)))
	b = append(b, 0, 0) // no checksum (RFC 768)
	if _, err := p.out.Write(b); err != nil {
		return err
	}
	_, err := p.out.Write(datagram)
	return err
}

// checksum is that of a head of IP (RFC 1071).
func checksum(b []byte) uint16 {
	sum := uint32(0)
	for ; len(b) > 1; b = b[2:] {
		sum += uint32(binary.BigEndian.Uint16(b))
	}
	for sum>>16 != 0 {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}
