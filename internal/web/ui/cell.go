package ui

import (
	"context"
	"strings"
	"time"

	"github.com/a-h/templ"

	"candor/internal/phrase"
)

// OrAbsent is a text, or a dash for none.
func OrAbsent(s string) templ.Component {
	if s == "" {
		return Absent()
	}
	return Text(s)
}

func exactTime(ctx context.Context, t time.Time) string {
	return phrase.From(ctx).Time(t, From(ctx).Zone)
}

// relativeTime is the exact time where nobody said what time it is.
func relativeTime(ctx context.Context, t time.Time) string {
	now := From(ctx).Now
	if now.IsZero() {
		return exactTime(ctx, t)
	}
	return phrase.From(ctx).Ago(now, t)
}

// soon is how long before its moment something due is marked.
const soon = 24 * time.Hour

func dueTone(ctx context.Context, t time.Time) Tone {
	now := From(ctx).Now
	switch {
	case t.IsZero() || now.IsZero():
		return Neutral
	case t.Before(now):
		return Bad
	case t.Sub(now) < soon:
		return Warn
	}
	return Neutral
}

// beginning gives the first n bytes of s; digests are ASCII.
func beginning(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return s[:n]
}

// folder and fileName split a path behind its last slash.
func folder(path string) string { return path[:strings.LastIndexByte(path, '/')+1] }

func fileName(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }
