package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/config"
	"candor/internal/house"
)

// TestReportSetup has what the configuration says of reports reach those who read
// them.
func TestReportSetup(t *testing.T) {
	rules := filepath.Join(t.TempDir(), "rules.yml")
	begin := func(text string) (*running, error) {
		t.Helper()
		if err := os.WriteFile(rules, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c := config.Defaults()
		c.Data.Dir, c.Listen.PublicURL = t.TempDir(), "https://desk.example"
		c.Intake.Rules, c.Intake.Acknowledge = rules, true
		c.Intake.Thresholds = []config.Threshold{{Class: "abusive-content/spam", Reporters: 3, Within: config.Duration(time.Hour)}}
		s, err := makeSetup(c, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		return open(t.Context(), s)
	}
	r, err := begin("- name: wall\n  from: \"@wall.example\"\n  class: intrusion-attempts/exploit\n  behind: [peer]\n")
	if err != nil {
		t.Fatal(err, candor.Hint(err))
	}
	got := r.House.Reports
	if got.Reader.Text.Rules == nil || !got.Acknowledge || got.Thresholds[candor.Spam] != (house.Threshold{Reporters: 3, Within: time.Hour}) || got.Whose == nil || got.Visitor == nil {
		t.Errorf("%+v", got)
	}
	if err := r.close(); err != nil {
		t.Fatal(err)
	}
	if _, err := begin("- name: [\n"); err == nil || !strings.Contains(err.Error(), "intake.rules") {
		t.Errorf("rules that are none: %v", err)
	}
}
