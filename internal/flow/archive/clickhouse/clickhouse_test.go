package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"testing"
	"time"

	"candor"
	"candor/internal/flow/archive"
	"candor/internal/flow/archive/archivetest"
)

// opened opens an archive whose writer does nothing by itself.
func opened(t *testing.T, o Options) *Archive {
	t.Helper()
	if o.Clock == nil {
		o.Clock = time.Now
	}
	o.Log, o.Every = slog.New(slog.NewTextHandler(t.Output(), nil)), time.Hour
	a, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() }) // whether it is there then is for the test to say
	return a
}

func (a *Archive) written(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := a.write(ctx); err != nil {
		t.Fatal(err)
	}
}

var all = archive.Question{Since: archivetest.Begin, Until: archivetest.Begin.Add(3 * time.Hour), By: []archive.Field{archive.FieldPeer}}

func TestAgreesWithTheModel(t *testing.T) {
	s := start(t)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	now := archivetest.Begin
	a := opened(t, Options{URL: s.url("agree"), Clock: func() time.Time { return now }})
	archivetest.Agree(t, seed, a, func() {
		a.written(t)
		now = now.Add(9 * time.Hour) // some come on another day
	})
	// The schema is there already for one that is opened again.
	b := opened(t, Options{URL: s.url("agree")})
	b.written(t)
	got, err := b.Ask(context.Background(), all)
	if err != nil || got.Total.Flows == 0 {
		t.Errorf("opened again, it has %+v, %v", got.Total, err)
	}
}

func TestFlowsWaitWhileTheServerIsAway(t *testing.T) {
	s := start(t)
	a := opened(t, Options{URL: s.url("away"), Room: 1000})
	d, m := archivetest.NewDice(1), &archivetest.Memory{}
	keep := func(n int) {
		flows := d.Flows(n)
		a.Keep(flows)
		m.Keep(flows)
	}
	keep(100)
	a.written(t)
	s.kill(t)
	keep(100)
	for range 2 {
		if err := a.write(context.Background()); err == nil {
			t.Fatal("flows are written to no server")
		}
	}
	if _, err := a.Ask(context.Background(), all); !errors.Is(err, candor.ErrUnavailable) {
		t.Errorf("no server answers %v", err)
	}
	waiting, _ := a.queue.Count()
	s.run(t)
	a.written(t)
	keep(50)
	a.written(t)
	want, _ := m.Ask(context.Background(), all)
	got, err := a.Ask(context.Background(), all)
	if err != nil || got.Total != want.Total || waiting == 0 {
		t.Errorf("when it is back there is %+v of %+v, %v; %d waited", got.Total, want.Total, err, waiting)
	}
	s.kill(t)
	a.Keep(d.Flows(1000))
	waiting, dropped := a.queue.Count()
	if waiting > 1000 || dropped == 0 {
		t.Errorf("%d wait, %d were dropped", waiting, dropped)
	}
}

// TestWhatIsThereIsNotSentAgain holds if the answer to an insert was lost.
func TestWhatIsThereIsNotSentAgain(t *testing.T) {
	s := start(t)
	a := opened(t, Options{URL: s.url("twice")})
	a.Keep(archivetest.NewDice(1).Flows(100))
	a.written(t)
	before, err := a.Ask(context.Background(), all)
	if err != nil {
		t.Fatal(err)
	}
	a.Keep(archivetest.NewDice(2).Flows(100))
	a.waiting = a.queue.Take(nil)
	a.id = 7
	if err := a.insert(context.Background(), a.waiting); err != nil {
		t.Fatal(err)
	}
	a.written(t)
	got, err := a.Ask(context.Background(), all)
	if err != nil || got.Total.Flows <= before.Total.Flows || got.Total.Flows > 2*before.Total.Flows+100 {
		t.Errorf("%+v became %+v, %v", before.Total, got.Total, err)
	}
	var rows uint64
	if err := a.conn.QueryRow(context.Background(), "SELECT count() FROM flows_raw WHERE batch = 7").Scan(&rows); err != nil || rows == 0 {
		t.Fatalf("%d rows, %v", rows, err)
	}
	if want := before.Total.Flows + rows; got.Total.Flows > want {
		t.Errorf("there are %d flows, where %d may be", got.Total.Flows, want)
	}
}

func TestTiersAreKeptAsLongAsTheyShall(t *testing.T) {
	s := start(t)
	now := archivetest.Begin
	day := 24 * time.Hour
	a := opened(t, Options{URL: s.url("keep"), Clock: func() time.Time { return now }, Keep: map[archive.Tier]time.Duration{archive.Raw: day, archive.Minute: 3 * day, archive.Hour: 20 * day}})
	a.Keep(archivetest.NewDice(2).Flows(500))
	a.written(t)
	for _, tt := range []struct {
		after time.Duration
		want  string
	}{{0, "111"}, {3 * day, "011"}, {6 * day, "001"}, {40 * day, "000"}} {
		now = archivetest.Begin.Add(tt.after)
		a.tidied = time.Time{}
		a.written(t)
		h, err := a.Held(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, tier := range h.Tiers {
			got += fmt.Sprint(min(tier.Rows, 1))
		}
		if got != tt.want {
			t.Errorf("after %s the tiers have %s, want %s", tt.after, got, tt.want)
		}
	}
}

func TestTheOldestRawGoesFirst(t *testing.T) {
	s := start(t)
	now := archivetest.Begin
	a := opened(t, Options{URL: s.url("full"), Clock: func() time.Time { return now }})
	d := archivetest.NewDice(3)
	for range 4 {
		a.Keep(d.Flows(2000))
		a.written(t)
		now = now.AddDate(0, 0, 1)
	}
	before, err := a.Held(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	a.o.MaxBytes = int64(before.Tiers[0].Bytes/2 + before.Tiers[1].Bytes + before.Tiers[2].Bytes + 1000)
	a.tidied = time.Time{}
	a.written(t)
	h, err := a.Held(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if h.Removed == 0 || h.Removed+h.Tiers[0].Rows != before.Tiers[0].Rows || h.Tiers[0].Rows == 0 || h.Tiers[2].Rows == 0 {
		t.Errorf("of %+v there is %+v", before, h)
	}
}

func TestQuestionsAreBounded(t *testing.T) {
	s := start(t)
	a := opened(t, Options{URL: s.url("bounds"), Patience: time.Millisecond})
	a.Keep(archivetest.NewDice(4).Flows(1000))
	a.o.Patience = time.Minute
	a.written(t)
	a.o.Patience = time.Nanosecond
	if _, err := a.Ask(context.Background(), all); err != archive.ErrTooMuch {
		t.Errorf("a question without time: %v", err)
	}
	a.o.Patience, a.o.Memory = time.Minute, 1000
	if _, err := a.Ask(context.Background(), all); err != archive.ErrTooMuch {
		t.Errorf("a question without memory: %v", err)
	}
}
