package generation

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"candor"
	"candor/engine"
	"candor/internal/scan"
	"candor/internal/scan/starter"
)

// clean holds what customers really run, in which nothing may be found.
//
//go:embed clean
var clean embed.FS

// probe is a folder of samples that must be found and of files that must not.
type probe struct{ dir, samples, clean string }

// eicar gives the test file that every scanner reports (eicar.org). It is put
// together here, so that no scanner reports this program.
func eicar() []byte {
	return []byte(`X5O!P%@AP[4\PZX54(P^)7CC)7}$` + "EICAR-STANDARD-" + "ANTIVIRUS-TEST-FILE!$H+H*")
}

func (u *Updater) newProbe() (_ *probe, err error) {
	dir, err := u.temporary()
	if err != nil {
		return nil, err
	}
	p := &probe{dir: dir, samples: filepath.Join(dir, "samples"), clean: filepath.Join(dir, "clean")}
	defer func() {
		if err != nil {
			p.remove()
		}
	}()
	if err := os.Mkdir(p.samples, 0o700); err != nil {
		return nil, unavailable("samples", err)
	}
	if err := starter.WriteSamples(p.samples); err != nil {
		return nil, unavailable("samples", err)
	}
	if err := os.WriteFile(filepath.Join(p.samples, "eicar.com"), eicar(), 0o600); err != nil {
		return nil, unavailable("samples", err)
	}
	files, err := fs.Sub(clean, "clean")
	if err != nil {
		return nil, err
	}
	if err := os.CopyFS(p.clean, files); err != nil {
		return nil, unavailable("samples", err)
	}
	return p, nil
}

func (p *probe) remove() { discard(p.dir) }

// short gives a name for people.
func (p *probe) short(name string) string { return strings.TrimPrefix(name, p.dir+"/") }

// starterFinds gives the samples in which the starter set finds something,
// which is worked out once.
func (u *Updater) starterFinds(ctx context.Context, p *probe) ([]string, error) {
	if u.samples != nil {
		return u.samples, nil
	}
	rules := u.o.Cache.Compile(&scan.Definitions{Sources: starter.Sources()}, u.o.Externals).Rules
	found, err := p.scan(ctx, rules, p.samples)
	if err != nil {
		return nil, fmt.Errorf("samples: %w", err)
	}
	u.samples = slices.Sorted(maps.Keys(found))
	for i, name := range u.samples {
		u.samples[i] = strings.TrimPrefix(name, p.samples+"/")
	}
	return u.samples, nil
}

// expected gives the samples that a generation must find: what the starter
// set finds, if it is in it, and what the one in use finds. A sample in which
// the starter set finds nothing moves to the clean files.
func (u *Updater) expected(ctx context.Context, p *probe, l, now *loaded) ([]string, error) {
	finds, err := u.starterFinds(ctx, p)
	if err != nil {
		return nil, err
	}
	if err := p.moveClean(finds); err != nil {
		return nil, unavailable("samples", err)
	}
	must := map[string]bool{}
	if _, ok := l.state.Sources[starterName]; ok {
		for _, name := range finds {
			must[filepath.Join(p.samples, name)] = true
		}
	}
	if now != nil {
		found, err := p.scan(ctx, now.compiled.Rules, p.samples)
		if err != nil {
			return nil, fmt.Errorf("samples: %w", err)
		}
		for name := range found {
			must[name] = true
		}
	}
	return slices.Sorted(maps.Keys(must)), nil
}

// moveClean moves samples in which nothing was found to the clean files.
func (p *probe) moveClean(found []string) error {
	return filepath.WalkDir(p.samples, func(name string, e fs.DirEntry, err error) error {
		rel := strings.TrimPrefix(name, p.samples+"/")
		if err != nil || e.IsDir() || slices.Contains(found, rel) {
			return err
		}
		to := filepath.Join(p.clean, "samples", rel)
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			return err
		}
		return os.Rename(name, to)
	})
}

// scan scans folders and gives the names of the rules that were found, by path.
func (p *probe) scan(ctx context.Context, rules *engine.Rules, folders ...string) (map[string][]string, error) {
	folders = slices.DeleteFunc(folders, func(f string) bool { return f == "" })
	found := &finds{byPath: map[string][]string{}}
	done := make(chan error, 1)
	go func() {
		_, err := scan.Scan(ctx, scan.Paths(folders...), found, scan.Options{
			NewMatcher: func() scan.Matcher { return rules.NewScanner(engine.ScanOptions{}) },
		})
		done <- err
	}()
	select {
	case err := <-done:
		if err == nil {
			err = ctx.Err()
		}
		return found.byPath, err
	case <-ctx.Done(): // the scan ends with the file in hand, which may take its time
		return nil, ctx.Err()
	}
}

// finds receives what a scan sees. What cannot be scanned ends it.
type finds struct{ byPath map[string][]string }

func (f *finds) Finding(x candor.Finding) error {
	f.byPath[x.Path] = append(f.byPath[x.Path], x.Rule)
	return nil
}

func (f *finds) Failure(x scan.Failure) error { return fmt.Errorf("%s: %w", x.Path, x.Err) }
