package config

import (
	"errors"
	"strings"
	"testing"
)

// TestIntake tells what is wrong with ways in of reports.
func TestIntake(t *testing.T) {
	for text, want := range map[string]string{
		"networks: [198.51.100.0/33]":      "intake.networks[1]",
		"keep: 1h":                         "intake.keep",
		"max_size: 10k":                    "intake.max_size",
		"trusted_relays: [\"mx example\"]": "intake.trusted_relays[1]",
		"thresholds: [{class: spam, reporters: 3, within: 1d}]":                                "intake.thresholds[1].class",
		"thresholds: [{class: abusive-content/spam, reporters: 1, within: 1d}]":                "intake.thresholds[1].reporters",
		"smtp: [{name: a, listen: \"127.0.0.1:2525\"}]":                                        "intake.smtp[1].accept",
		"smtp: [{name: a, listen: nowhere, accept: [a.example]}]":                              "intake.smtp[1].listen",
		"mailboxes: [{name: a, host: imap.example, tls: tls, user: u, password: p}]":           "intake.mailboxes[1].host",
		"mailboxes: [{name: a, host: \"imap.example:993\", tls: tls, user: u}]":                "intake.mailboxes[1].user",
		"mailboxes: [{name: a, host: \"imap.example:993\", tls: maybe, user: u, password: p}]": "intake.mailboxes[1].tls",
		"folders: [{name: a, path: reports}]":                                                  "intake.folders[1].path",
		"folders: [{name: a, path: /a}, {name: a, path: /b}]":                                  "intake.folders[2].name",
		"rules: /nowhere/rules.yml":                                                            "intake.rules",
	} {
		_, err := Parse("x", []byte("intake:\n  "+text+"\n"))
		var problems Problems
		if !errors.As(err, &problems) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %s to be named", text, err, want)
		}
	}
}
