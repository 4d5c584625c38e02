package config

import (
	"strings"
	"testing"
)

func TestArchive(t *testing.T) {
	for text, want := range map[string]string{
		"kind: clickhouse":                              "traffic.archive.url",
		"{kind: clickhouse, url: 'http://h/db'}":        "traffic.archive.url",
		"{kind: clickhouse, url: 'clickhouse://h:9/d'}": "",
		"kind: tape":                   "traffic.archive.kind",
		"{raw: 8d, minute: 7d}":        "traffic.archive.minute",
		"{minute: 0, hour: 30d}":       "traffic.archive.hour",
		"{raw: 0, minute: 0, hour: 0}": "",
		"raw: 5m":                      "traffic.archive.raw",
	} {
		c, err := Parse("candor.yml", []byte("traffic: {archive: "+"{"+strings.Trim(text, "{}")+"}"+"}"))
		switch {
		case want == "" && err != nil:
			t.Errorf("%s: %v", text, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %v, want %s", text, err, want)
		case want == "" && c.Traffic.Archive.MaxBytes != 50<<30:
			t.Errorf("%s: %+v", text, c.Traffic.Archive)
		}
	}
}
