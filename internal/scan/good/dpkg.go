package good

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"
)

const dpkgInfo = "var/lib/dpkg/info"

// AddDpkg adds the files of the Debian packages that a tree has installed,
// each package an origin: prefix, name and version. The database of dpkg knows
// files by their MD5 (dpkg-deb, DEBIAN/md5sums); each file is digested anew,
// and added if it is as its package brought it. Those that are not are told:
// a file that somebody has changed is among them.
//
// The database is as trustworthy as the tree that holds it.
func (b *Builder) AddDpkg(ctx context.Context, prefix, dir string, now time.Time) (a Added, err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return a, err
	}
	defer root.Close()
	lists, err := fs.Glob(root.FS(), dpkgInfo+"/*.md5sums")
	if err == nil && len(lists) == 0 {
		err = fmt.Errorf("%s has no packages in %s: %w", dir, dpkgInfo, fs.ErrNotExist)
	}
	if err != nil {
		return a, err
	}
	versions, err := dpkgVersions(root)
	if err != nil {
		return a, err
	}
	for _, list := range lists {
		name := strings.TrimSuffix(path.Base(list), ".md5sums")
		of, err := b.addPackage(ctx, root, list, strings.TrimSpace(prefix+" "+name+" "+versions[name]), now, dir)
		if err != nil {
			return a, fmt.Errorf("package %s: %w", name, err)
		}
		a.Add(of)
	}
	return a, nil
}

func (b *Builder) addPackage(ctx context.Context, root *os.Root, list, name string, now time.Time, dir string) (Added, error) {
	f, err := root.Open(list)
	if err != nil {
		return Added{}, err
	}
	sums, err := ParseSums(f)
	if err = errors.Join(err, f.Close()); err != nil || len(sums) == 0 {
		return Added{}, err
	}
	origin, err := b.Origin(name, now)
	if err != nil {
		return Added{}, err
	}
	return b.AddSums(ctx, origin, sums, dir)
}

// dpkgVersions gives the versions of packages by the names of their lists: the
// package's, with the architecture behind a colon where there may be several.
func dpkgVersions(root *os.Root) (map[string]string, error) {
	f, err := root.Open("var/lib/dpkg/status")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	all := map[string]string{}
	var name, arch, version string
	keep := func() {
		if name != "" {
			all[name] = cmp.Or(all[name], version)
			all[name+":"+arch] = version
		}
		name, arch, version = "", "", ""
	}
	lines := bufio.NewScanner(f)
	lines.Buffer(make([]byte, 4096), 1<<20)
	for lines.Scan() {
		key, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimSpace(value)
		switch {
		case lines.Text() == "":
			keep()
		case key == "Package":
			name = value
		case key == "Architecture":
			arch = value
		case key == "Version":
			version = value
		}
	}
	keep()
	return all, lines.Err()
}
