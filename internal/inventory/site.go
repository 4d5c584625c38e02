package inventory

import (
	"context"
	"io/fs"
	"slices"
)

// mostDepth is how deep below a root applications are looked for. What lies deeper
// is not: it is what applications have inside.
const mostDepth = 4

// inner are folders in which applications keep what is theirs: none is installed
// there.
var inner = []string{"node_modules", "vendor", "wp-admin", "wp-includes", "wp-content", "uploads", "cache", "tmp", ".git", ".svn"}

// Site reads the software below the roots of a site: web applications with their
// plug-ins and themes, and what package managers put there. A context that ends
// gives its error; all else that cannot be read is the list's gap.
func Site(ctx context.Context, roots []string, o Options) (List, error) {
	var l List
	for _, folder := range roots {
		t, err := openTree(ctx, folder, o)
		if err != nil {
			l.Gap = Unreadable // behind a link, or where a disk is not mounted, nothing is gone
			continue
		}
		l.Items = append(l.Items, t.walk()...)
		if t.gap != Complete {
			l.Gap = t.gap
		}
		t.root.Close()
	}
	l.Tidy()
	return l, ctx.Err()
}

// walk looks for software in each folder, those above first.
func (t *tree) walk() (all []Item) {
	type place struct {
		folder string
		depth  int
	}
	for queue := []place{{".", 0}}; len(queue) > 0; queue = queue[1:] {
		if t.over() || len(all) > MostItems {
			t.missed(errBound)
			return all
		}
		at := queue[0]
		names, err := t.list(at.folder)
		t.missed(err)
		have := map[string]bool{}
		for _, e := range names {
			have[e.Name()] = true
			if _, link := e.(linked); e.IsDir() && !link && at.depth < mostDepth && !slices.Contains(inner, e.Name()) {
				queue = append(queue, place{join(at.folder, e.Name()), at.depth + 1})
			}
		}
		all = append(all, t.folder(at.folder, have)...)
	}
	return all
}

// folder gives what lies in one folder, whose names are given.
func (t *tree) folder(folder string, have map[string]bool) (all []Item) {
	for _, a := range applications {
		if !a.here(have) {
			continue
		}
		version, ok := a.version(t, folder)
		if !ok {
			continue
		}
		all = append(all, Item{Kind: Application, Name: a.name, Version: versionOf(version), Place: folder})
		for _, p := range a.parts {
			all = append(all, t.parts(a.name, p, folder)...)
		}
	}
	return append(all, t.libraries(folder, have)...)
}

// folders gives the names of the folders in one, and of its files.
func (t *tree) folders(folder string) (folders, files []fs.DirEntry) {
	all, err := t.list(folder)
	t.missed(err)
	for _, e := range all {
		if e.IsDir() {
			folders = append(folders, e)
		} else {
			files = append(files, e)
		}
	}
	return folders, files
}
