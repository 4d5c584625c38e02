package intake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	gosmtp "github.com/emersion/go-smtp"

	"candor"
	"candor/internal/evidence"
	"candor/internal/house"
	"candor/internal/intake/smtp"
	"candor/internal/store"
)

// Mean is the mean size of the mails, in bytes: half to one and a half of it.
const Mean = 94_000

// Kept is what Durable measured.
type Kept struct {
	Mails int64
	Bytes int64
	Took  time.Duration
	CPU   time.Duration // of this program
	Rows  int           // reports in the database afterwards
}

// Durable has clients send mails to a listener, each to be in the vault and the
// database before it is acknowledged. All are in this program.
func Durable(ctx context.Context, c Config, clients int) (k Kept, err error) {
	folder, err := os.MkdirTemp(c.Folder, "durable-")
	if err != nil {
		return k, err
	}
	defer os.RemoveAll(folder)
	vault, err := evidence.OpenVault(filepath.Join(folder, "vault"), evidence.VaultOptions{})
	if err != nil {
		return k, err
	}
	url, err := c.Database(folder)
	if err != nil {
		return k, err
	}
	s, err := store.Open(ctx, store.Options{URL: url, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return k, err
	}
	defer s.Close()
	h := &house.House{Store: s, Vault: vault, Clock: time.Now, Logger: slog.New(slog.DiscardHandler)}
	l, err := smtp.Listen(smtp.Options{Name: "bench", Addr: "127.0.0.1:0", Domain: "desk.example", Accept: []string{accepts}, Keeper: h.NewReportKeeper(house.MostReport), Log: h.Logger, Now: time.Now})
	if err != nil {
		return k, err
	}
	ctx, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- l.Run(ctx) }()
	before := cpu("self")
	k, err = flood(l.Addr().String(), clients, c.Lasts)
	k.CPU = cpu("self") - before
	if err == nil {
		var page candor.Page[candor.Report]
		page, err = s.Reports(ctx, candor.ReportFilter{}, candor.Cut{Limit: 1})
		k.Rows = page.Count
	}
	stop()
	if end := <-ended; end != nil && !errors.Is(end, context.Canceled) {
		err = errors.Join(err, end)
	}
	return k, err
}

// flood sends as fast as it can.
func flood(address string, clients int, lasts time.Duration) (Kept, error) {
	var mails, bytes atomic.Int64
	failed := make(chan error, clients)
	var work sync.WaitGroup
	begin := time.Now()
	for n := range clients {
		work.Go(func() {
			c, err := gosmtp.Dial(address)
			if err != nil {
				failed <- err
				return
			}
			defer c.Close()
			random := rand.New(rand.NewPCG(uint64(n), 1))
			for time.Since(begin) < lasts {
				text := filler(random, Mean/2+random.IntN(Mean))
				if err := c.SendMail("reporter@watch.example", []string{accepts}, io.MultiReader(strings.NewReader(text))); err != nil {
					failed <- err
					return
				}
				mails.Add(1)
				bytes.Add(int64(len(text)))
			}
		})
	}
	work.Wait()
	k := Kept{Mails: mails.Load(), Bytes: bytes.Load(), Took: time.Since(begin)}
	select {
	case err := <-failed:
		return k, err
	default:
		return k, nil
	}
}

// filler is a mail of about so many bytes, like no other.
func filler(r *rand.Rand, size int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "From: reporter@watch.example\r\nSubject: log\r\nMessage-ID: <%x@watch.example>\r\n\r\n", r.Uint64())
	line := strings.Repeat(fmt.Sprintf("%x ", r.Uint64()), 4)
	for b.Len() < size {
		fmt.Fprintf(&b, "%016x %s\r\n", r.Uint64(), line)
	}
	return b.String()
}
