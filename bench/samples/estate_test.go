package samples

import (
	"strings"
	"testing"
	"time"

	"candor/internal/intake"
)

// TestJudge attributes what is certainly of one asset, leaves what is not, and tells
// what went to another.
func TestJudge(t *testing.T) {
	at := &intake.When{Time: time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)}
	about := func(kind intake.Kind, value string, when *intake.When) intake.Event {
		r, err := intake.NewResource(kind, value)
		if err != nil {
			t.Fatal(err)
		}
		return intake.Event{About: []intake.Resource{r}, First: when}
	}
	events := []intake.Event{
		about(intake.Address, "192.0.2.1", at), about(intake.URL, "https://shop.example/a", at), about(intake.URL, "http://192.0.2.9/x", at), about(intake.Domain, "blog.example", at),
		about(intake.Hash, strings.Repeat("a", 64), at), about(intake.Mail, "eve@shop.example", at), about(intake.Network, "198.51.100.0/24", at),
		about(intake.Address, "192.0.2.2", &intake.When{Text: "noon"}), // it always was that one's
		about(intake.Address, "192.0.2.3", nil),
		{}, // about nothing
	}
	e := estateOf(events)
	j, err := e.judge(t.Context(), events)
	if err != nil || j.attributed != 9 || len(j.left) != 1 || len(j.wrong) != 0 {
		t.Errorf("%+v, %v", j, err)
	}

	// An address within a network of another's is nobody's for certain.
	both := []intake.Event{about(intake.Address, "198.51.100.7", at), events[6]}
	if j, err := estateOf(both).judge(t.Context(), both); err != nil || j.attributed != 0 || len(j.wrong) != 0 {
		t.Errorf("%+v, %v", j, err)
	}

	e.hosts["blog.example"] = e.hosts["shop.example"]
	if j, err := e.judge(t.Context(), events); err != nil || j.attributed != 8 || len(j.wrong) != 1 || !strings.Contains(j.wrong[0], "blog.example") {
		t.Errorf("%+v, %v", j, err)
	}
}
