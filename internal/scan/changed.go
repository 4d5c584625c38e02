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

// Innermost gives which of so many trees a path lies in: that with the longest
// folder, if one lies in another; -1 for none.
func Innermost(path string, trees int, folders func(tree int) []string) (in int) {
	in = -1
	longest := -1
	for n := range trees {
		for _, f := range folders(n) {
			if len(f) > longest && Within(path, []string{f}) {
				in, longest = n, len(f)
			}
		}
	}
	return in
}
