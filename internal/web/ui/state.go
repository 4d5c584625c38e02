package ui

import (
	"context"

	"candor/internal/phrase"
)

func orPhrase(text, otherwise string) string {
	if text != "" {
		return text
	}
	return otherwise
}

func progressShare(ctx context.Context, w Work) string {
	if w.Share < 0 {
		return ""
	}
	return phrase.From(ctx).Percent(min(w.Share, 1))
}

func progressDone(ctx context.Context, w Work) string {
	if w.Total == "" {
		return w.Done
	}
	return phrase.T(ctx, "ui.progress", phrase.Args{"done": w.Done, "total": w.Total})
}

func progressLeft(ctx context.Context, w Work) string {
	if w.Left == "" {
		return phrase.T(ctx, "ui.progress.unknown")
	}
	return phrase.T(ctx, "ui.progress.left", phrase.Args{"time": w.Left})
}
