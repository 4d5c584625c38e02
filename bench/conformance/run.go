package conformance

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"candor/bench/content"
	"candor/bench/exercise"
	"candor/bench/judge"
	"candor/bench/ruleset"
	"candor/engine"
)

// Config says what to compare.
type Config struct {
	Content     string // folder of files to scan
	Definitions string // folder of the definition sets
	Size        int64  // bytes of content to take, 0 for all
	Seed        uint64 // of the generated content
	Only        string // a set to confine the run to
	Explained   Explanations
	Log         io.Writer
}

// Report is the outcome of a run.
type Report struct {
	Comparisons []Comparison
	Shares      map[string]exercise.Share // generated content that is satisfied, as the peer judges
	LeftOut     []engine.Problem          // definitions that the engine could not use
}

// Run compares the engine with yara over three sets and with clamscan over
// two, each with real content and with content made for the set.
func Run(ctx context.Context, c Config) (*Report, error) {
	files, err := content.Sample(c.Content, c.Size)
	if err != nil {
		return nil, err
	}
	sets, err := ruleset.All(c.Definitions)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "candor-conformance-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	extra, err := writeFeatures(filepath.Join(dir, "features"))
	if err != nil {
		return nil, err
	}
	r := &Report{Shares: map[string]exercise.Share{}}
	over := map[string][]string{} // by set
	for _, f := range extra {
		sets = append(sets, f.Set)
		over[f.Name] = f.samples
	}
	for i, s := range sets {
		if c.Only != "" && c.Only != s.Name {
			continue
		}
		folder := filepath.Join(dir, fmt.Sprint(i))
		switch samples, ok := over[s.Name]; {
		case i < 3:
			err = r.yara(ctx, c, s, files, folder)
		case ok:
			err = r.clamav(ctx, c, s, samples, folder)
		default:
			err = r.clamav(ctx, c, s, files, folder)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.Name, err)
		}
	}
	return r, nil
}

// yara compares with yara: rules, files, and where the strings are.
func (r *Report) yara(ctx context.Context, c Config, s ruleset.Set, files []string, dir string) error {
	made, err := exercise.Write(s, c.Seed, dir)
	if err != nil {
		return err
	}
	sources, err := s.Sources()
	if err != nil {
		return err
	}
	for _, over := range []struct {
		name  string
		files []string
	}{{s.Name + ", content", files}, {s.Name + ", generated", made.Files()}} {
		start := time.Now()
		theirs, complaints, err := judge.YARA(ctx, s.YARA(), over.files, true)
		if err != nil {
			return err
		}
		for _, line := range complaints {
			fmt.Fprintln(c.Log, "yara:", line)
		}
		peer := time.Since(start)
		ours, report, err := scan(sources, s.Options(), over.files, true)
		if err != nil {
			return err
		}
		if over.name == s.Name+", generated" {
			r.Shares[s.Name] = made.Satisfied(theirs)
			r.LeftOut = append(r.LeftOut, report.Problems...)
		}
		r.add(c, compare(over.name, len(over.files), ours, theirs, true), peer, time.Since(start)-peer)
	}
	return nil
}

// clamav compares with clamscan: signatures and files.
func (r *Report) clamav(ctx context.Context, c Config, s ruleset.Set, files []string, dir string) error {
	sources, err := s.Sources()
	if err != nil {
		return err
	}
	database := filepath.Join(dir, "database")
	if err := os.MkdirAll(database, 0o755); err != nil {
		return err
	}
	for _, src := range sources {
		if err := os.WriteFile(filepath.Join(database, filepath.Base(src.Name)), src.Data, 0o644); err != nil {
			return err
		}
	}
	made, err := exercise.WriteClamAV(s, c.Seed, filepath.Join(dir, "made"))
	if err != nil {
		return err
	}
	for _, over := range []struct {
		name  string
		files []string
	}{{s.Name + ", content", files}, {s.Name + ", generated", made.Files()}} {
		start := time.Now()
		theirs, complaints, err := judge.ClamScan(ctx, database, over.files)
		if err != nil {
			return err
		}
		for _, line := range complaints {
			fmt.Fprintln(c.Log, "clamscan:", line)
		}
		peer := time.Since(start)
		ours, report, err := scan(sources, s.Options(), over.files, false)
		if err != nil {
			return err
		}
		if over.name == s.Name+", generated" {
			r.Shares[s.Name] = made.Satisfied(theirs)
			r.LeftOut = append(r.LeftOut, report.Problems...)
		}
		r.add(c, compare(over.name, len(over.files), ours, theirs, false), peer, time.Since(start)-peer)
	}
	return nil
}

func (r *Report) add(c Config, x Comparison, peer, own time.Duration) {
	c.Explained.explain(&x)
	r.Comparisons = append(r.Comparisons, x)
	fmt.Fprintf(c.Log, "%s: %d files, %d pairs agreed, %d differences; the peer took %.1f s, the engine %.1f s\n",
		x.Set, x.Files, x.Agreed, len(x.Differences), peer.Seconds(), own.Seconds())
}

// Unexplained are the differences that nothing explains.
func (r *Report) Unexplained() []Difference {
	var out []Difference
	for _, c := range r.Comparisons {
		for _, d := range c.Differences {
			if d.Reason == "" {
				out = append(out, d)
			}
		}
	}
	return slices.Clip(out)
}
