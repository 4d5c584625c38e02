package software

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	mathrand "math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"candor"
	"candor/internal/consent"
)

func openQueue(t *testing.T, dir string) *Queue {
	t.Helper()
	q, err := OpenQueue(dir, func() time.Time { return start })
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func add(t *testing.T, q *Queue, act consent.Act) int64 {
	t.Helper()
	n, err := q.Add(said(0, act, shown(build("1"), "1", "1")))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestQueue(t *testing.T) {
	dir := t.TempDir()
	s := newShop(t)
	q := openQueue(t, dir)
	if _, _, err := q.Last("toolbar"); !errors.Is(err, candor.ErrNotFound) {
		t.Error(err)
	}
	if a, b := add(t, q, consent.Agreed), add(t, q, consent.Withdrawn); a != 1 || b != 2 {
		t.Errorf("serials %d and %d", a, b)
	}
	down := errors.New("no network")
	calls := 0
	flaky := func(ctx context.Context, text string) (Answer, error) {
		if calls++; calls == 2 {
			return Answer{}, down
		}
		return s.Accept(ctx, text)
	}
	if got, err := q.Send(t.Context(), flaky); !errors.Is(err, down) || len(got) != 1 || got[0].Serial != 1 {
		t.Errorf("%v, %+v", err, got)
	}
	q = openQueue(t, dir) // the device was started again
	if n := add(t, q, consent.Agreed); n != 3 {
		t.Errorf("serial %d", n)
	}
	if st, a, err := q.Last("toolbar"); err != nil || a != nil || st.Serial != 3 {
		t.Errorf("%v, %+v, %+v", err, st, a)
	}
	got, err := q.Send(t.Context(), flaky)
	if err != nil || len(got) != 2 || got[1].Serial != 3 || got[1].Outcome != Recorded {
		t.Errorf("%v, %+v", err, got)
	}
	if st, a, err := q.Last("toolbar"); err != nil || a == nil || st.Serial != 3 || a.Serial != 3 {
		t.Errorf("%v, %+v, %+v", err, st, a)
	}
	if waiting, err := q.Waiting(); err != nil || len(waiting) > 0 {
		t.Errorf("%v, %d wait", err, len(waiting))
	}
	if n := add(t, openQueue(t, dir), consent.Refused); n != 4 {
		t.Errorf("serial %d", n)
	}
	if n := len(s.store.state.events); n != 3 {
		t.Errorf("%d events", n)
	}
	if len(s.store.state.devices) != 1 {
		t.Error("the device is not the same after it was started again")
	}
}

func TestQueueBounds(t *testing.T) {
	dir := t.TempDir()
	q := openQueue(t, dir)
	q.most = 2
	add(t, q, consent.Agreed)
	add(t, q, consent.Agreed)
	if _, err := q.Add(said(0, consent.Agreed, shown(build("1"), "1", "1"))); !errors.Is(err, ErrFull) || candor.Hint(err) == "" {
		t.Error(err)
	}
	st := said(0, consent.Agreed, shown(build("1"), "1", "1"))
	st.Policy = ""
	if _, err := openQueue(t, t.TempDir()).Add(st); !errors.Is(err, candor.ErrInvalid) {
		t.Error(err)
	}
	place := filepath.Join(dir, "waiting", name(1))
	text, err := os.ReadFile(place)
	if err != nil {
		t.Fatal(err)
	}
	text[len(text)/2] ^= 1
	if err := os.WriteFile(place, text, 0o600); err != nil {
		t.Fatal(err)
	}
	never := func(context.Context, string) (Answer, error) { t.Error("posted"); return Answer{}, nil }
	if _, err := q.Send(t.Context(), never); candor.Hint(err) == "" {
		t.Errorf("what was altered is sent: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "device.key"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenQueue(dir, time.Now); !errors.Is(err, candor.ErrInvalid) {
		t.Error(err)
	}
	for _, sub := range []string{"", "waiting", "answered"} {
		if info, err := os.Stat(filepath.Join(dir, sub)); err != nil || sub != "" && info.Mode().Perm() != 0o700 {
			t.Errorf("%v, %v may read %q", err, info.Mode(), sub)
		}
	}
}

// TestQueueAtOnce has several add and send at once.
func TestQueueAtOnce(t *testing.T) {
	dir := t.TempDir()
	s := newShop(t)
	var wait sync.WaitGroup
	serials := make([][]int64, 4)
	for w := range serials {
		q := openQueue(t, dir)
		wait.Go(func() {
			for range 10 {
				n, err := q.Add(said(0, consent.Agreed, shown(build("1"), "1", "1")))
				if err != nil {
					t.Error(err)
				}
				serials[w] = append(serials[w], n)
				if w%2 == 0 {
					_, err := q.Send(t.Context(), s.Accept)
					if err != nil && !errors.Is(err, candor.ErrExists) && !errors.Is(err, candor.ErrChanged) {
						t.Error(err)
					}
				}
			}
		})
	}
	wait.Wait()
	all := slices.Sorted(slices.Values(slices.Concat(serials...)))
	if len(slices.Compact(all)) != 40 {
		t.Errorf("serials %v", all)
	}
	if _, err := openQueue(t, dir).Send(t.Context(), s.Accept); err != nil {
		t.Error(err)
	}
	for _, n := range all {
		device := mustKey(t, openQueue(t, dir).Key()).ID()
		if _, ok := s.store.state.statements[serialOf{device, n}]; !ok {
			t.Errorf("serial %d never arrived", n)
		}
	}
}

// TestQueueKilled kills a program that adds and sends, at random moments: what
// it said was added is there, once, and arrives.
func TestQueueKilled(t *testing.T) {
	if dir := os.Getenv("CANDOR_TEST_QUEUE"); dir != "" {
		addAndSend(dir)
		return
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	r := mathrand.New(mathrand.NewPCG(uint64(time.Now().UnixNano()), 1))
	var added []string
	for range 30 {
		added = append(added, runAndKill(t, self, dir, 1+r.IntN(12))...)
	}
	posted, err := os.ReadFile(filepath.Join(dir, "posted"))
	if err != nil {
		t.Fatal(err)
	}
	s := newShop(t)
	q := openQueue(t, dir)
	have := map[int64]string{}
	waiting, err := q.Waiting()
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range append(strings.Fields(string(posted)), waiting...) {
		st, _, err := OpenStatement(text)
		if err != nil {
			t.Fatal(err)
		}
		if was, ok := have[st.Serial]; ok && was != text {
			t.Errorf("serial %d was used twice", st.Serial)
		}
		have[st.Serial] = text
		if _, err := s.Accept(t.Context(), text); err != nil {
			t.Error(err)
		}
	}
	for _, word := range added {
		var n int64
		if _, err := fmt.Sscan(word, &n); err != nil {
			t.Fatal(err)
		}
		if have[n] == "" {
			t.Errorf("statement %d was added and is gone", n)
		}
	}
	if len(added) < 30 || len(s.store.state.events) != len(have) {
		t.Errorf("%d were added, %d are there, %d are events", len(added), len(have), len(s.store.state.events))
	}
}

// runAndKill runs the program until it has said so many lines, kills it, and
// gives what it said.
func runAndKill(t *testing.T, self, dir string, lines int) (said []string) {
	t.Helper()
	c := exec.CommandContext(t.Context(), self, "-test.run=^TestQueueKilled$")
	c.Env = append(os.Environ(), "CANDOR_TEST_QUEUE="+dir)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewScanner(out)
	for in.Scan() {
		if word, ok := strings.CutPrefix(in.Text(), "added "); ok {
			said = append(said, word)
		}
		if lines--; lines == 0 {
			_ = c.Process.Kill()
		}
	}
	if err := c.Wait(); err == nil {
		t.Error("it ended by itself")
	}
	return said
}

// addAndSend is the program that is killed.
func addAndSend(dir string) {
	q, err := OpenQueue(dir, time.Now)
	if err != nil {
		panic(err)
	}
	posted, err := os.OpenFile(filepath.Join(dir, "posted"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		panic(err)
	}
	post := func(_ context.Context, text string) (Answer, error) {
		_, err := io.WriteString(posted, text+"\n")
		return Answer{Outcome: Recorded}, err
	}
	for i := 0; ; i++ {
		n, err := q.Add(said(0, consent.Agreed, shown(build("1"), "1", "1")))
		if err != nil {
			panic(err)
		}
		fmt.Println("added", n)
		if i%3 == 2 {
			if _, err := q.Send(context.Background(), post); err != nil && !errors.Is(err, fs.ErrNotExist) {
				panic(err)
			}
		}
	}
}
