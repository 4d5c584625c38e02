package scan

import (
	"path/filepath"

	"candor/internal/scan/watch"
)

// Changed gives what is to be looked at of changes below roots. Started is left
// to the caller. Links from the root on are not followed.
func Changed(changes []watch.Change, roots []string) (all []Target) {
	for _, c := range changes {
		if c.Tree == watch.Started {
			continue
		}
		for _, root := range roots {
			if Within(c.Path, []string{root}) {
				all = append(all, Target{Path: c.Path, Root: root})
				break
			}
		}
	}
	return all
}

// Within tells whether a path lies in one of the folders, or is one.
func Within(path string, folders []string) bool {
	for _, f := range folders {
		if rel, err := filepath.Rel(f, path); err == nil && filepath.IsLocal(rel) {
			return true
		}
	}
	return false
}
