package conformance

import (
	"embed"
	"os"
	"path"
	"path/filepath"

	"candor/bench/ruleset"
)

// clamavFeatures are signatures that use what the ClamAV formats offer, one
// feature each.
//
//go:embed testdata/clamav
var clamavFeatures embed.FS

// writeFeatures puts the signatures into dir and gives them as a set.
func writeFeatures(dir string) (ruleset.Set, error) {
	const from = "testdata/clamav"
	s := ruleset.Set{Name: "clamav features"}
	entries, err := clamavFeatures.ReadDir(from)
	if err != nil {
		return s, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return s, err
	}
	for _, e := range entries {
		data, err := clamavFeatures.ReadFile(path.Join(from, e.Name()))
		if err != nil {
			return s, err
		}
		to := filepath.Join(dir, e.Name())
		if err := os.WriteFile(to, data, 0o644); err != nil {
			return s, err
		}
		s.Files = append(s.Files, to)
	}
	return s, nil
}
