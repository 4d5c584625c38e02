package attribute_test

import (
	"testing"
	"time"

	"candor"
	"candor/internal/intake"
	"candor/internal/intake/attribute"
)

// TestContent asks for contents of which servers are still to tell where they lie. It
// is waited for them, ever more seldom, and not for ever; and nobody is named for
// certain whom others, who could not be asked, may be instead of.
func TestContent(t *testing.T) {
	received := noon
	now := received
	m := &memory{contents: map[string][]candor.Holding{
		"aa": {{Asset: "site01", Kind: candor.Site, Party: "eve", What: "/srv/a", Since: noon.Add(-time.Hour)}},
		"bb": {{Asset: "site01", Kind: candor.Site, Party: "eve", What: "/srv/b"}, {Asset: "site02", Kind: candor.Site, Party: "finn", What: "/srv/c"}},
	}}
	a := attribute.New(m, nil, m, nil, attribute.Options{Now: func() time.Time { return now }})
	ask := func(hash string) attribute.Answer {
		t.Helper()
		got, err := a.Attribute(t.Context(), intake.Resource{Kind: intake.Hash, Value: hash}, nil, nil, received)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	for _, tt := range []struct {
		hash             string
		waiting, unasked int
		verdict          attribute.Verdict
		candidates       int
		why              string
	}{
		{"AA", 0, 0, attribute.Ours, 0, "it alone holds the content"},
		{"aa", 0, 2, attribute.Unknown, 1, "it alone is known to hold the content, and 2 of the servers could not be asked"},
		{"bb", 0, 0, attribute.Several, 2, "more than one holds the content"},
		{"bb", 0, 1, attribute.Several, 2, "more than one holds the content, and 1 of the servers could not be asked"},
		{"cc", 0, 0, attribute.Unknown, 0, "no content with this hash is known here"},
		{"cc", 0, 3, attribute.Unknown, 0, "no content with this hash is known here, and 3 of the servers could not be asked"},
		{"aa", 1, 1, attribute.Unknown, 1, "it alone is known to hold the content, and 2 of the servers could not be asked"},
		{"cc", 2, 0, attribute.Unknown, 0, "no content with this hash is known here, and 2 of the servers could not be asked"},
	} {
		now, m.waiting, m.unasked = received, tt.waiting, tt.unasked
		asked := 0
		for got := ask(tt.hash); !got.Again.IsZero(); got = ask(tt.hash) {
			if asked++; asked > 40 || !got.Again.After(now) || got.Verdict != attribute.Unknown || len(got.Candidates) != tt.candidates || got.Why != "the estate is being asked where this content lies" {
				t.Fatalf("%s, asked %d times, at %s: %+v", tt.hash, asked, now, got)
			}
			now = got.Again
		}
		if tt.waiting > 0 != (asked > 0) || asked > 0 && (now.Sub(received) != time.Hour || asked < 5) {
			t.Errorf("%s: asked %d times in %s", tt.hash, asked, now.Sub(received))
		}
		got := ask(tt.hash)
		if got.Verdict != tt.verdict || got.Why != tt.why || len(got.Candidates) != tt.candidates {
			t.Errorf("%s: %+v", tt.hash, got)
		}
		for _, c := range got.Candidates {
			if c.What == "" || c.How != attribute.Content {
				t.Errorf("%s: candidate %+v", tt.hash, c)
			}
		}
	}
	now, m.waiting = received, 1
	if got := ask("cc"); got.Again.Sub(now) > 10*time.Second {
		t.Errorf("it is asked again only at %s", got.Again)
	}
}
