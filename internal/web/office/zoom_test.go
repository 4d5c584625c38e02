package office_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"candor/internal/flow/archive"
	"candor/internal/web/browsertest"
)

// TestZoom: dragging over a plot leads to that part of its time, with all else
// that was asked; a press alone leads nowhere.
func TestZoom(t *testing.T) {
	b, w := browsertest.Open(t), newWorld(t)
	w.At(time.Now().UTC().Truncate(time.Hour))
	w.kept(t, "Line 4711", w.party.ID)
	signIn(t, b, w)
	since, until := w.Clock().Add(-6*time.Hour), w.Clock()
	whole := url.Values{"by": {"port"}, "time": {archive.FormatTime(since, until)}, "step": {"10m"}}
	w.At(until.Add(time.Minute)) // the last step is over
	const loaded = `document.readyState === "complete" && document.querySelector("[data-zoom]")`
	b.Run(t, "a press", chromedp.EmulateViewport(1600, 900), chromedp.Navigate(w.URL+"/traffic/flows?"+whole.Encode()), browsertest.Wants(loaded), browsertest.Drag("[data-zoom]", 0.5, 0.502))
	if got := browsertest.Ask[int](t, b, `document.querySelectorAll(".zoomed").length`); got != 0 {
		t.Errorf("%d marks are left of a press", got)
	}
	b.Run(t, "drag", browsertest.Drag("[data-zoom]", 0.76, 0.24), browsertest.Wants(`new URLSearchParams(location.search).get("time") !== "`+whole.Get("time")+`" && `+loaded))
	u, err := url.Parse(browsertest.Ask[string](t, b, `location.href`))
	if err != nil {
		t.Fatal(err)
	}
	got, end, err := archive.ParseTime(u.Query().Get("time"), time.Time{}, time.UTC)
	// Whole steps of ten minutes about 24 % to 76 % of six hours.
	if err != nil || got.Sub(since) != 80*time.Minute || end.Sub(since) != 280*time.Minute || u.Query().Get("by") != "port" {
		t.Errorf("it leads to %s: %s after the beginning until %s, %v", u, got.Sub(since), end.Sub(since), err)
	}
}
