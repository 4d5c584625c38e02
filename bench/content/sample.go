package content

import (
	"crypto/sha256"
	"encoding/binary"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Sample lists files below dir, some size bytes of them: always the same
// ones for the same tree, spread evenly over it. A size of 0 takes them all.
// The list is sorted by path.
func Sample(dir string, size int64) ([]string, error) {
	type file struct {
		path string
		rank uint64
		size int64
	}
	var files []file
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		digest := sha256.Sum256([]byte(rel))
		files = append(files, file{path, binary.BigEndian.Uint64(digest[:]), info.Size()})
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(files, func(a, b file) int {
		if a.rank != b.rank {
			if a.rank < b.rank {
				return -1
			}
			return 1
		}
		return strings.Compare(a.path, b.path)
	})
	var names []string
	var sum int64
	for _, f := range files {
		if size > 0 && sum >= size {
			break
		}
		if strings.ContainsAny(f.path, "\r\n") {
			continue // the peers take their lists a line a file
		}
		sum += f.size
		names = append(names, f.path)
	}
	slices.Sort(names)
	return names, nil
}

// Copy puts the files, which lie below from, into a tree of the same shape
// below to: hard links where the file system allows, copies elsewhere.
func Copy(files []string, from, to string) error {
	for _, f := range files {
		rel, err := filepath.Rel(from, f)
		if err != nil {
			return err
		}
		dst := filepath.Join(to, rel)
		if err := os.MkdirAll(filepath.Dir(dst), 0o755); err != nil {
			return err
		}
		if os.Link(f, dst) == nil {
			continue
		}
		in, err := os.Open(f)
		if err != nil {
			return err
		}
		err = write(dst, in)
		in.Close()
		if err != nil {
			return err
		}
	}
	return nil
}
