package flow

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"syscall"
	"time"

	"candor/internal/flow"
	"candor/internal/flow/decode"
	"candor/internal/flow/export"
)

// step is how often records are sent.
const step = 2 * time.Millisecond

// free gives an address that nobody listens at.
func free() (string, error) {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer conn.Close()
	return conn.LocalAddr().String(), nil
}

// some makes records as a busy network has them.
func some(n int) []flow.Record {
	r := rand.New(rand.NewPCG(1, 1))
	now := flow.Time(time.Now())
	all := make([]flow.Record, n)
	for i := range all {
		start := now - int64(r.IntN(60_000_000))
		all[i] = flow.Record{
			Src: flow.V4(0x0a000000 | r.Uint32N(1<<20)), Dst: flow.V4(r.Uint32()), SrcPort: uint16(r.Uint32()), DstPort: 443, Protocol: flow.TCP, Flags: 0x1b,
			Bytes: uint64(r.Uint32N(1 << 20)), Packets: uint64(r.Uint32N(1000) + 1), In: r.Uint32N(64), Out: r.Uint32N(64), Start: start, End: start + int64(r.IntN(1_000_000)),
		}
	}
	return all
}

// send sends records at a rate, and gives how many were sent in how long.
func send(ctx context.Context, address string, rate, seconds int) (sent int, took time.Duration, err error) {
	conn, err := net.Dial("udp", address)
	if err != nil {
		return 0, 0, err
	}
	defer conn.Close()
	e, err := export.New(export.Options{Version: decode.NetFlow9, Domain: 1, Booted: flow.Time(time.Now().Add(-time.Hour)), Every: 200})
	if err != nil {
		return 0, 0, err
	}
	write := func(d []byte) error {
		_, err := conn.Write(d)
		if errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ENOBUFS) {
			return nil // it shows as lost
		}
		return err
	}
	records := some(1 << 16)
	began := time.Now()
	end := rate * seconds
	for sent < end && ctx.Err() == nil {
		due := min(int(time.Since(began).Seconds()*float64(rate)), end)
		if due-sent < 24 {
			time.Sleep(step)
			continue
		}
		n := min(due-sent, len(records))
		if err := e.Append(records[:n], flow.Time(time.Now()), write); err != nil {
			return sent, time.Since(began), err
		}
		sent += n
	}
	return sent, time.Since(began), ctx.Err()
}
