// Package content gathers the files that the benchmarks and the conformance
// run scan: Debian's web applications and large npm packages, with their
// images and fonts, as a hosting server would hold them.
package content

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Summary says what a content folder holds.
type Summary struct {
	Files   int
	Bytes   int64
	Missing []string // packages that could not be had
}

// Gather fills dir with debian/PACKAGE/… and npm/PACKAGE/…, regular files
// only. Packages that are there already are left as they are, so a second run
// is quick. It needs apt-get, dpkg-deb and npm, and the network.
func Gather(ctx context.Context, dir string, log io.Writer) (Summary, error) {
	cache, err := os.MkdirTemp("", "candor-content-")
	if err != nil {
		return Summary{}, err
	}
	defer os.RemoveAll(cache)
	var missing []string
	gather := func(kind string, names []string, one func(ctx context.Context, cache, name, dst string) error) error {
		for _, name := range names {
			dst := filepath.Join(dir, kind, folder(name))
			if _, err := os.Stat(dst); err == nil {
				continue
			}
			fmt.Fprintln(log, kind, name)
			if err := place(dst, func(tmp string) error { return one(ctx, cache, name, tmp) }); err != nil {
				if ctx.Err() != nil {
					return ctx.Err()
				}
				fmt.Fprintln(log, "left out:", err)
				missing = append(missing, name)
			}
		}
		return nil
	}
	if err := errors.Join(
		gather("debian", debianPackages, fromDebian),
		gather("npm", npmPackages, fromNPM),
	); err != nil {
		return Summary{}, err
	}
	s, err := Measure(dir)
	s.Missing = missing
	return s, err
}

// Measure counts the regular files below dir.
func Measure(dir string) (Summary, error) {
	var s Summary
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		s.Files++
		s.Bytes += info.Size()
		return nil
	})
	return s, err
}

// folder turns a package name into one path element.
func folder(name string) string {
	return strings.ReplaceAll(strings.TrimPrefix(name, "@"), "/", "-")
}

// place lets fill write into a folder beside dst, and renames it when it is
// complete, so that an interrupted run leaves no half package behind.
func place(dst string, fill func(tmp string) error) error {
	tmp := dst + ".part"
	if err := os.RemoveAll(tmp); err != nil {
		return err
	}
	if err := os.MkdirAll(tmp, 0o755); err != nil {
		return err
	}
	if err := fill(tmp); err != nil {
		return errors.Join(err, os.RemoveAll(tmp))
	}
	return os.Rename(tmp, dst)
}

func fromDebian(ctx context.Context, cache, name, dst string) error {
	if err := run(ctx, cache, "apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", name); err != nil {
		return err
	}
	debs, err := filepath.Glob(filepath.Join(cache, name+"_*.deb"))
	if err != nil || len(debs) == 0 {
		return fmt.Errorf("apt-get download %s left no package", name)
	}
	whole := filepath.Join(cache, name)
	if err := run(ctx, cache, "dpkg-deb", "-x", debs[0], whole); err != nil {
		return err
	}
	return keepRegular(whole, dst)
}

// keepRegular moves the regular files of src to dst, without the package's
// own documentation.
func keepRegular(src, dst string) error {
	return filepath.WalkDir(src, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(src, path)
		if err != nil {
			return err
		}
		if d.IsDir() && rel == filepath.Join("usr", "share", "doc") {
			return fs.SkipDir
		}
		if !d.Type().IsRegular() {
			return nil
		}
		to := filepath.Join(dst, rel)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		if err := move(path, to); err != nil {
			return err
		}
		return os.Chmod(to, 0o644)
	})
}

// move renames, or copies when the two are on different file systems.
func move(from, to string) error {
	if os.Rename(from, to) == nil {
		return nil
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	return write(to, in)
}

func write(path string, r io.Reader) error {
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, r)
	return errors.Join(err, out.Close())
}

func fromNPM(ctx context.Context, cache, name, dst string) error {
	before, err := filepath.Glob(filepath.Join(cache, "*.tgz"))
	if err != nil {
		return err
	}
	if err := run(ctx, cache, "npm", "pack", "--silent", "--pack-destination", cache, name); err != nil {
		return err
	}
	after, err := filepath.Glob(filepath.Join(cache, "*.tgz"))
	if err != nil {
		return err
	}
	for _, f := range after {
		if !slices.Contains(before, f) {
			return untar(f, dst)
		}
	}
	return fmt.Errorf("npm pack %s left no package", name)
}

// untar unpacks the regular files of a package; the first element of their
// paths is the same for all and left out.
func untar(archive, dst string) error {
	f, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return fmt.Errorf("%s: %w", archive, err)
	}
	t := tar.NewReader(z)
	for {
		h, err := t.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", archive, err)
		}
		_, rel, ok := strings.Cut(h.Name, "/")
		if h.Typeflag != tar.TypeReg || !ok || !filepath.IsLocal(rel) {
			continue
		}
		to := filepath.Join(dst, rel)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		if err := write(to, t); err != nil {
			return err
		}
	}
}

func run(ctx context.Context, dir, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, out)
	}
	return nil
}
