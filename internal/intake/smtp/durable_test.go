package smtp

import (
	"bufio"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"

	"candor/internal/intake"
)

// disk keeps each mail in a file that is on the disk when Keep says so.
type disk string

func (d disk) Keep(_ context.Context, a intake.Arrival) error {
	f, err := os.CreateTemp(string(d), ".new-*")
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := io.Copy(f, a.Body); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), filepath.Join(string(d), strings.TrimPrefix(filepath.Base(f.Name()), "."))); err != nil {
		return err
	}
	folder, err := os.Open(string(d))
	if err != nil {
		return err
	}
	defer folder.Close()
	return folder.Sync()
}

const childFolder = "CANDOR_SMTP_CHILD"

// TestMain is the program that is killed, if it is told so.
func TestMain(m *testing.M) {
	folder := os.Getenv(childFolder)
	if folder == "" {
		os.Exit(m.Run())
	}
	t := &child{}
	l := start(t, Options{Keeper: disk(folder)})
	fmt.Println(l.Addr())
	select {} // until it is killed
}

// child stands for a test in the program that is killed.
type child struct{ testing.TB }

func (*child) Helper()           {}
func (*child) Cleanup(func())    {}
func (*child) Fatal(args ...any) { fmt.Fprintln(os.Stderr, args...); os.Exit(1) }

// TestKill kills the listener with SIGKILL at random moments while mails come:
// what was acknowledged is there, whole. CANDOR_KILLS says how often; 25 times
// if it says nothing.
func TestKill(t *testing.T) {
	kills := 25
	if s := os.Getenv("CANDOR_KILLS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		kills = n
	}
	folder := t.TempDir()
	var said sync.Map // of subjects
	var number, acknowledged atomic.Int64
	for range kills {
		killOnce(t, folder, &said, &number, &acknowledged)
	}
	have := wholeMails(t, folder)
	missing := 0
	said.Range(func(subject, _ any) bool {
		if !have[subject.(string)] {
			missing++
		}
		return true
	})
	if missing > 0 || acknowledged.Load() < int64(kills) {
		t.Errorf("of %d mails that were acknowledged %d are missing", acknowledged.Load(), missing)
	}
	t.Logf("%d kills, %d mails tried, %d acknowledged, %d kept", kills, number.Load(), acknowledged.Load(), len(have))
}

// wholeMails gives the subjects of mails whose content is what it was.
func wholeMails(t *testing.T, folder string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "new-*"))
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]bool{}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(text), "Subject: ")
		subject, body, _ := strings.Cut(rest, "\r\n\r\n")
		if _, sum, _ := strings.Cut(subject, " "); sum != fmt.Sprintf("%x", sha256.Sum256([]byte(body))) {
			t.Errorf("%s was kept, and is not what was sent", subject)
		}
		have[subject] = true
	}
	return have
}

func killOnce(t *testing.T, folder string, said *sync.Map, number, acknowledged *atomic.Int64) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program := exec.Command(self, "-test.run=^$")
	program.Env = append(os.Environ(), childFolder+"="+folder)
	program.Stderr = os.Stderr
	out, err := program.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	enough := make(chan struct{})
	var once sync.Once
	until := acknowledged.Load() + 1 + rand.Int64N(30)
	var clients sync.WaitGroup
	for range 4 {
		clients.Go(func() {
			send(strings.TrimSpace(address), number, func(subject string) {
				said.Store(subject, true)
				if acknowledged.Add(1) >= until {
					once.Do(func() { close(enough) })
				}
			})
		})
	}
	<-enough
	<-time.After(rand.N(3 * time.Millisecond)) // the moment is the point of it
	if err := program.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	clients.Wait()
	_ = program.Wait() // it was killed
}

// send sends mails until the server is gone.
func send(address string, number *atomic.Int64, acknowledged func(string)) {
	c, err := gosmtp.Dial(address)
	if err != nil {
		return
	}
	defer c.Close()
	for {
		n := number.Add(1)
		body := strings.Repeat(fmt.Sprintf("line of mail %d\r\n", n), rand.IntN(5000))
		subject := fmt.Sprintf("%d %x", n, sha256.Sum256([]byte(body)))
		if err := c.SendMail("a@example.net", []string{"abuse@example.org"}, strings.NewReader("Subject: "+subject+"\r\n\r\n"+body)); err != nil {
			return
		}
		acknowledged(subject)
	}
}

// BenchmarkDurable takes in mails of 94 KB, each on the disk before it is
// acknowledged. The clients are in the same program.
func BenchmarkDurable(b *testing.B) {
	l := start(b, Options{Keeper: disk(b.TempDir())})
	text := "Subject: x\r\n\r\n" + strings.Repeat(strings.Repeat("x", 74)+"\r\n", 94_000/76)
	b.SetBytes(int64(len(text)))
	b.SetParallelism(16)
	b.RunParallel(func(p *testing.PB) {
		c, err := gosmtp.Dial(l.Addr().String())
		if err != nil {
			b.Error(err)
			return
		}
		defer c.Close()
		for p.Next() {
			if err := c.SendMail("a@example.net", []string{"abuse@example.org"}, strings.NewReader(text)); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "mails/s")
}
