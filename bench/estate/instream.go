package estate

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"candor"
	"candor/bench/content"
	"candor/bench/peers"
	"candor/bench/ruleset"
	"candor/engine"
	"candor/internal/scan"
	"candor/internal/scan/clamd"
)

// connections is how many clients send contents at a time.
const connections = 8

// instream sends contents to Candor's socket and to clamd's, with the same
// signatures.
func (b *Bench) instream(ctx context.Context) error {
	sets, err := ruleset.All(b.Definitions)
	if err != nil {
		return err
	}
	sources, err := sets[3].Sources()
	if err != nil {
		return err
	}
	files, err := content.Sample(b.Content, 40e6)
	if err != nil {
		return err
	}
	var contents [][]byte
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			return err
		}
		contents = append(contents, data)
	}
	rules := compile(sources)
	server := clamd.New(clamd.Options{Threads: 2, Clock: time.Now, Version: "bench", Found: func(string, []candor.Finding) {},
		Definitions: func() (clamd.Definitions, error) {
			return clamd.Definitions{Generation: "1", Made: time.Now(), NewMatcher: func() scan.Matcher { return rules.NewScanner(engine.ScanOptions{}) }}, nil
		}})
	own := filepath.Join(b.Dir, "own.sock")
	l, err := net.Listen("unix", own)
	if err != nil {
		return err
	}
	go func() { _ = server.Serve(l) }() // its end is ours
	defer server.Close()
	d, err := peers.StartClamd(ctx, sets[3], filepath.Join(b.Dir, "clamd"), false)
	if err != nil {
		return err
	}
	defer func() {
		if err := d.Stop(); err != nil {
			b.say("clamd does not stop: %v", err)
		}
	}()
	rate := func(socket string) (float64, error) {
		took, err := b.median(func() (cost, error) { return send(ctx, socket, contents) })
		return float64(len(contents)) / took.time.Seconds(), err
	}
	mine, err := rate(own)
	if err != nil {
		return err
	}
	theirs, err := rate(d.Socket)
	if err != nil {
		return err
	}
	b.row(Row{What: fmt.Sprintf("INSTREAM, %d contents over %d connections", len(contents), connections), Unit: "/s", Value: mine, Peer: "clamd", Other: theirs,
		Goal: "at least 5x, aim 10x", Met: mine >= 5*theirs})
	return nil
}

// send sends each content by a connection of its own, as clients do.
func send(ctx context.Context, socket string, contents [][]byte) (cost, error) {
	spent := meter()
	var next atomic.Int64
	errs := make([]error, connections)
	var clients sync.WaitGroup
	for c := range connections {
		clients.Go(func() {
			for errs[c] == nil {
				i := int(next.Add(1)) - 1
				if i >= len(contents) {
					return
				}
				errs[c] = sendOne(ctx, socket, contents[i])
			}
		})
	}
	clients.Wait()
	return spent(), errors.Join(errs...)
}

func sendOne(ctx context.Context, socket string, data []byte) error {
	var d net.Dialer
	c, err := d.DialContext(ctx, "unix", socket)
	if err != nil {
		return err
	}
	defer c.Close()
	w := bufio.NewWriterSize(c, 64<<10)
	put := func(b []byte) {
		if err == nil {
			_, err = w.Write(b)
		}
	}
	put([]byte("zINSTREAM\x00"))
	for len(data) > 0 {
		n := min(len(data), 1<<20)
		put(binary.BigEndian.AppendUint32(nil, uint32(n)))
		put(data[:n])
		data = data[n:]
	}
	put(make([]byte, 4))
	if err == nil {
		err = w.Flush()
	}
	if err != nil {
		return err
	}
	answer, err := bufio.NewReader(c).ReadString(0)
	if err == nil && !strings.HasPrefix(answer, "stream: ") || strings.Contains(answer, "ERROR") {
		err = fmt.Errorf("the answer is %q", answer)
	}
	return err
}
