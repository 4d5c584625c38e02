package ui

import (
	"context"

	"candor"
	"candor/internal/phrase"
)

func responseTone(s candor.ResponseState) Tone {
	switch s {
	case candor.ResponseVerified:
		return Good
	case candor.ResponseFailed:
		return Bad
	case candor.ResponseProposed, candor.ResponseUndoing:
		return Warn
	case candor.ResponseApproved, candor.ResponseApplied:
		return Accent // not yet seen to hold, hence not good
	}
	return Neutral
}

func deadlineTone(s candor.DeadlineState) Tone {
	switch s {
	case candor.DeadlineMet:
		return Good
	case candor.DeadlineMissed:
		return Bad
	case candor.DeadlineRunning:
		return Accent
	}
	return Neutral
}

// className gives the class's name, or the taxonomy's own for one that the
// catalogue does not know.
func className(ctx context.Context, c candor.Class) string {
	p := phrase.From(ctx)
	if key := "class." + string(c); p.Has(key) {
		return p.T(key)
	}
	return string(c)
}

func findingTone(s candor.FindingState) Tone {
	switch s {
	case candor.FindingOpen:
		return Warn
	case candor.FindingQuarantined:
		return Accent
	}
	return Neutral
}
