package config

import (
	"errors"
	"strings"
	"testing"
)

// TestIntel tells what is wrong with feeds.
func TestIntel(t *testing.T) {
	const good = "name: a, kind: kev, url: \"https://feeds.example/kev.json\", every: 1h, licence: CC0-1.0, trust: 90"
	c, err := Parse("x", []byte("intel:\n  feeds: [{"+good+", tlp: clear}]\n"))
	if err != nil || len(c.Intel.Feeds) != 1 || c.Intel.Feeds[0].Trust != 90 || c.Intel.Threshold != 80 {
		t.Fatalf("%+v, %v", c, err)
	}
	for text, want := range map[string]string{
		"threshold: 101": "intel.threshold",
		"feeds: [{" + strings.Replace(good, "name: a", "name: A B", 1) + "}]":                                                              "intel.feeds[1].name",
		"feeds: [{" + good + "}, {" + good + "}]":                                                                                          "intel.feeds[2].name",
		"feeds: [{" + strings.Replace(good, "kind: kev", "kind: cve", 1) + "}]":                                                            "intel.feeds[1].kind",
		"feeds: [{" + strings.Replace(good, "https:", "ftp:", 1) + "}]":                                                                    "intel.feeds[1].url",
		"feeds: [{" + strings.Replace(good, "every: 1h", "every: 1s", 1) + "}]":                                                            "intel.feeds[1].every",
		"feeds: [{" + strings.Replace(good, "licence: CC0-1.0, ", "", 1) + "}]":                                                            "intel.feeds[1].licence",
		"feeds: [{" + strings.Replace(good, "trust: 90", "trust: 101", 1) + "}]":                                                           "intel.feeds[1].trust",
		"feeds: [{" + strings.Replace(good, ", trust: 90", "", 1) + "}]":                                                                   "intel.feeds[1].trust",
		"feeds: [{" + good + ", tlp: white}]":                                                                                              "intel.feeds[1].tlp",
		"feeds: [{" + good + ", sightings: true}]":                                                                                         "intel.feeds[1].sightings",
		"feeds: [{" + good + ", server: \"https://misp.example\"}]":                                                                        "intel.feeds[1].server",
		"feeds: [{" + strings.Replace(good, "kev,", "misp,", 1) + ", sightings: true, authorization: k}]":                                  "intel.feeds[1].server",
		"feeds: [{" + strings.Replace(good, "kev,", "misp,", 1) + ", sightings: true, authorization: k, server: \"http://misp.example\"}]": "intel.feeds[1].server",
		"feeds: [{" + strings.Replace(good, "kev,", "misp,", 1) + ", sightings: true, server: \"https://misp.example\"}]":                  "intel.feeds[1].authorization",
		"feeds: [{" + good + ", class: spam}]":                                                                                             "intel.feeds[1].class",
	} {
		_, err := Parse("x", []byte("intel:\n  "+text+"\n"))
		var problems Problems
		if !errors.As(err, &problems) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %s to be named", text, err, want)
		}
	}
}
