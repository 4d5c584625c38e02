package candor_test

import (
	"encoding/json"
	"errors"
	"testing"

	"candor"
)

func TestSeverityRoundTrip(t *testing.T) {
	for s := candor.Info; s <= candor.Critical; s++ {
		data, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var back candor.Severity
		if err := json.Unmarshal(data, &back); err != nil || back != s {
			t.Errorf("%s came back as %v, %v", data, back, err)
		}
	}
	if _, err := candor.ParseSeverity("grave"); !errors.Is(err, candor.ErrInvalid) {
		t.Errorf("an unknown word gives %v, want ErrInvalid", err)
	}
	if _, err := json.Marshal(candor.Severity(9)); err == nil {
		t.Error("a severity that there is not was written")
	}
}

func TestParseClass(t *testing.T) {
	for word, want := range map[string]candor.Class{
		"phishing":                               candor.Phishing,
		"Malicious-Code/Infected-System":         candor.InfectedSystem,
		"information-content-security/data-leak": "information-content-security/data-leak",
		"test":                                   candor.Test,
	} {
		if got, ok := candor.ParseClass(word); !ok || got != want {
			t.Errorf("ParseClass(%q) = %q, %v", word, got, ok)
		}
	}
	for _, word := range []string{"", "fraud", "webshell"} {
		if got, ok := candor.ParseClass(word); ok {
			t.Errorf("ParseClass(%q) = %q, want none", word, got)
		}
	}
}

func TestHint(t *testing.T) {
	cause := errors.New("cause")
	err := candor.WithHint(cause, "do this")
	if !errors.Is(err, cause) || candor.Hint(err) != "do this" || err.Error() != "cause" {
		t.Errorf("got %v with hint %q", err, candor.Hint(err))
	}
	if candor.WithHint(nil, "do this") != nil {
		t.Error("a hint made an error out of none")
	}
}
