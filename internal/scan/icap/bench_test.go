package icap_test

import (
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
)

// BenchmarkPages has pages of 20 kB looked at, by 8 connections.
func BenchmarkPages(b *testing.B) {
	w := serve(b, nil)
	ask := respmod("Allow: 204\r\n", okHead, chunked(strings.Repeat("<p>nothing but good</p>\n", 20_000/24), 8<<10))
	const connections = 8
	left := make(chan struct{}, b.N)
	for range b.N {
		left <- struct{}{}
	}
	close(left)
	var group sync.WaitGroup
	b.ResetTimer()
	for range connections {
		conn, err := net.Dial("tcp", w.address)
		if err != nil {
			b.Fatal(err)
		}
		defer conn.Close()
		group.Go(func() {
			if err := pages(conn, ask, left); err != nil {
				b.Error(err)
			}
		})
	}
	group.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
}

// pages asks and reads answers that have no body.
func pages(conn net.Conn, ask string, left <-chan struct{}) error {
	answer := make([]byte, 4<<10)
	for range left {
		if _, err := io.WriteString(conn, ask); err != nil {
			return err
		}
		for n := 0; ; {
			more, err := conn.Read(answer[n:])
			if err != nil {
				return err
			}
			if n += more; strings.HasSuffix(string(answer[:n]), "\r\n\r\n") {
				if !strings.HasPrefix(string(answer[:n]), "ICAP/1.0 204 ") {
					return fmt.Errorf("%q", answer[:n])
				}
				break
			}
		}
	}
	return nil
}
