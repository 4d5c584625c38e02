package archive

import (
	"testing"
	"time"
)

func TestChoose(t *testing.T) {
	day := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	always := func(Tier) time.Time { return time.Time{} }
	lost := func(t Tier) time.Time {
		return map[Tier]time.Time{Raw: day.Add(24 * time.Hour), Minute: day.Add(12 * time.Hour)}[t]
	}
	short := func(t Tier) time.Time { // hours are not kept for ever either
		return map[Tier]time.Time{Raw: day.Add(24 * time.Hour), Minute: day.Add(12 * time.Hour), Hour: day.Add(6 * time.Hour)}[t]
	}
	for _, tt := range []struct {
		name         string
		since, until time.Duration
		by           Field
		step         time.Duration
		from         func(Tier) time.Time
		want         Tier
		ask, end     time.Duration
		steps        time.Duration
	}{
		{"whole hours", time.Hour, 3 * time.Hour, FieldPort, 0, always, Hour, time.Hour, 3 * time.Hour, 0},
		{"the last hour", 90*time.Minute + time.Second, 150*time.Minute + time.Second, FieldPort, 0, always, Minute, 90 * time.Minute, 151 * time.Minute, 0},
		{"some days", time.Minute, 72 * time.Hour, FieldPort, 0, always, Hour, 0, 72 * time.Hour, 0},
		{"a peer", time.Hour, 3 * time.Hour, FieldPeer, 0, always, Raw, time.Hour, 3 * time.Hour, 0},
		{"steps of minutes", time.Hour, 3 * time.Hour, FieldPort, 5 * time.Minute, always, Minute, time.Hour, 3 * time.Hour, 5 * time.Minute},
		{"steps of seconds", time.Hour, 3 * time.Hour, FieldPort, 90 * time.Second, always, Raw, time.Hour, 3 * time.Hour, 90 * time.Second},
		{"some seconds", 10 * time.Second, 50 * time.Second, FieldPort, 0, always, Raw, 10 * time.Second, 50 * time.Second, 0},
		{"seconds that only minutes know", 13*time.Hour + 10*time.Second, 13*time.Hour + 50*time.Second, FieldPort, 0, lost, Minute, 13 * time.Hour, 13*time.Hour + time.Minute, 0},
		{"seconds that only hours know", time.Hour + 10*time.Second, time.Hour + 50*time.Second, FieldPort, 0, lost, Hour, time.Hour, 2 * time.Hour, 0},
		{"seconds that raw still knows", 25*time.Hour + 10*time.Second, 25*time.Hour + 50*time.Second, FieldPort, 0, lost, Raw, 25*time.Hour + 10*time.Second, 25*time.Hour + 50*time.Second, 0},
		{"whole minutes that only hours know", time.Hour + 10*time.Minute, time.Hour + 40*time.Minute, FieldPort, 0, lost, Hour, time.Hour, 2 * time.Hour, 0},
		{"steps of minutes that only hours know", time.Hour, 5 * time.Hour, FieldPort, 5 * time.Minute, lost, Hour, time.Hour, 5 * time.Hour, time.Hour},
		{"steps of seconds that only minutes know", 13 * time.Hour, 14 * time.Hour, FieldPort, 90 * time.Second, lost, Minute, 13 * time.Hour, 14 * time.Hour, 2 * time.Minute},
		{"steps of 90 minutes that only hours know", time.Hour, 10 * time.Hour, FieldPort, 90 * time.Minute, lost, Hour, time.Hour, 10 * time.Hour, 2 * time.Hour},
		{"whole hours that nothing knows", time.Hour, 3 * time.Hour, FieldPort, 0, short, Hour, time.Hour, 3 * time.Hour, 0},
		{"minutes that nothing knows all of", time.Hour + time.Minute, 8*time.Hour + time.Minute, FieldPort, time.Minute, short, Hour, time.Hour, 9 * time.Hour, time.Hour},
		{"a peer that nothing knows", time.Hour, 3 * time.Hour, FieldPeer, time.Minute, short, Raw, time.Hour, 3 * time.Hour, time.Minute},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, q := Question{Since: day.Add(tt.since), Until: day.Add(tt.until), By: []Field{tt.by}, Step: tt.step}.Choose(tt.from)
			if got != tt.want || !q.Since.Equal(day.Add(tt.ask)) || !q.Until.Equal(day.Add(tt.end)) || q.Step != tt.steps {
				t.Errorf("%s of %s until %s by %s", got, q.Since.Sub(day), q.Until.Sub(day), q.Step)
			}
		})
	}
}
