package peers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"candor/bench/content"
	"candor/bench/ruleset"
)

// Config says what to measure.
type Config struct {
	Content     string // folder of files to scan
	Definitions string // folder of the definition sets
	Candor      string // the built binary
	Size        int64  // bytes of content to take, 0 for all
	Repeats     int    // runs of each measurement, of which the median counts
	Log         io.Writer
}

// bench is one run on its way.
type bench struct {
	Config
	dir   string // temporary
	tree  string // the content, as a tree
	list  string // the content, as a list of paths
	empty string // a folder without files
	bytes int64
	files int

	base, finder, rfxn, clam ruleset.Set
	clamDir                  string
	yarax                    *yarax
	report                   Report
	memory                   []string // peaks of peers, as text
}

// Run measures all rows. The peers are installed already; YARA-X is fetched
// from npm into a temporary folder.
func Run(ctx context.Context, c Config) (Report, error) {
	dir, err := os.MkdirTemp("", "candor-peers-")
	if err != nil {
		return Report{}, err
	}
	defer os.RemoveAll(dir)
	b := &bench{Config: c, dir: dir}
	for _, step := range []func(context.Context) error{
		b.install, b.prepare, b.signatureBase, b.malwareFinder, b.rfxnYARA, b.rfxnClamAV, b.together, b.reading, b.limits,
	} {
		if err := step(ctx); err != nil {
			return b.report, err
		}
	}
	return b.report, nil
}

// install copies the program, as installing it does. What a linker just wrote lies in
// the page cache in pieces of up to megabytes, and newer kernels map a piece whole at
// its first touch: a program would seem to hold nearly all of its own file.
func (b *bench) install(context.Context) error {
	from, err := os.Open(b.Candor)
	if err != nil {
		return err
	}
	defer from.Close()
	b.Candor = filepath.Join(b.dir, "candor")
	to, err := os.OpenFile(b.Candor, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	return errors.Join(err, to.Close())
}

func (b *bench) prepare(ctx context.Context) error {
	sets, err := ruleset.All(b.Definitions)
	if err != nil {
		return err
	}
	b.base, b.finder, b.rfxn, b.clam = sets[0], sets[1], sets[2], sets[3]
	b.tree, b.empty = filepath.Join(b.dir, "tree"), filepath.Join(b.dir, "empty")
	b.list, b.clamDir = filepath.Join(b.dir, "list"), filepath.Join(b.dir, "clam")
	if err := os.Mkdir(b.empty, 0o755); err != nil {
		return err
	}
	if err := clamDatabase(b.clam, b.clamDir); err != nil {
		return err
	}
	files, err := content.Sample(b.Content, b.Size)
	if err != nil {
		return err
	}
	if err := content.Copy(files, b.Content, b.tree); err != nil {
		return err
	}
	if files, err = content.Sample(b.tree, 0); err != nil {
		return err
	}
	if err := os.WriteFile(b.list, []byte(strings.Join(files, "\n")+"\n"), 0o644); err != nil {
		return err
	}
	s, err := content.Measure(b.tree)
	if err != nil {
		return err
	}
	b.files, b.bytes = s.Files, s.Bytes
	b.report.Files, b.report.Bytes = s.Files, s.Bytes
	if b.yarax, err = newYARAX(ctx, filepath.Join(b.dir, "yarax")); err != nil {
		return err
	}
	_, err = measure(ctx, b.cat()) // warms the page cache
	return err
}

func (b *bench) cat() command {
	return command{name: "sh", args: []string{"-c", `xargs -d '\n' cat <"$0" >/dev/null`, b.list}}
}

// rate is MB/s of the scan alone: what the run took beyond a run over nothing.
func (b *bench) rate(whole, start runs) float64 {
	seconds := whole.median()
	if start != nil {
		seconds -= start.median()
	}
	return float64(b.bytes) / 1e6 / max(seconds, 1e-6)
}

// scanned measures one command over the content and over nothing.
func (b *bench) scanned(ctx context.Context, label string, over func(target string) command) (float64, runs, error) {
	start, err := repeat(ctx, b.Repeats, over(b.empty))
	if err != nil {
		return 0, nil, err
	}
	whole, err := repeat(ctx, b.Repeats, over(b.tree))
	if err != nil {
		return 0, nil, err
	}
	rate := b.rate(whole, start)
	fmt.Fprintf(b.Log, "%-45s %8.1f MB/s  start %.2f s  %.0f MB resident\n", label, rate, start.median(), float64(whole.memory())/1e6)
	return rate, whole, nil
}

func (b *bench) yara(ctx context.Context, s ruleset.Set) (float64, runs, error) {
	rate, r, err := b.scanned(ctx, "yara, "+s.Name, func(target string) command {
		args := append([]string{"-w", "-f", "-p", "1", "-r"}, s.YARA()...)
		return command{name: "yara", args: append(args, target)}
	})
	if err == nil {
		b.memory = append(b.memory, fmt.Sprintf("yara %s %.0f", s.Name, float64(r.memory())/1e6))
	}
	return rate, r, err
}

func (b *bench) yaraX(ctx context.Context, s ruleset.Set) (float64, runs, error) {
	r, err := b.yarax.scan(ctx, b.Repeats, s, b.list)
	if err != nil {
		return 0, nil, err
	}
	rate := b.rate(r, nil)
	fmt.Fprintf(b.Log, "%-45s %8.1f MB/s  %.0f MB resident\n", "YARA-X, "+s.Name, rate, float64(r.memory())/1e6)
	b.memory = append(b.memory, fmt.Sprintf("YARA-X %s %.0f", s.Name, float64(r.memory())/1e6))
	return rate, r, nil
}

// candorCommand is candor over target. Its cache lies in the benchmark's own
// folder, so that the first run of a set compiles it and the next ones do not.
func (b *bench) candorCommand(target string, threads int, sets ...ruleset.Set) command {
	args := []string{"scan", "--threads", fmt.Sprint(threads), "--format", "json", "--depth", "0"} // peers look at files as a whole, too
	for _, s := range sets {
		for _, x := range s.Externals {
			args = append(args, "--external", x+"=")
		}
		switch s.Name {
		case b.base.Name:
			args = append(args, "--definitions", filepath.Dir(s.Files[0]))
		case b.clam.Name:
			args = append(args, "--definitions", b.clamDir)
		default:
			args = append(args, "--definitions", s.Files[0])
		}
	}
	return command{
		name: b.Candor, args: append(args, target), ok: []int{1},
		env: []string{"XDG_CACHE_HOME=" + filepath.Join(b.dir, "cache")},
	}
}

func (b *bench) candor(ctx context.Context, threads int, sets ...ruleset.Set) (float64, runs, error) {
	label := fmt.Sprintf("candor, %d threads, %d sets, %s", threads, len(sets), sets[0].Name)
	if _, err := measure(ctx, b.candorCommand(b.empty, threads, sets...)); err != nil { // fills the cache
		return 0, nil, err
	}
	return b.scanned(ctx, label, func(target string) command { return b.candorCommand(target, threads, sets...) })
}

func (b *bench) row(what, peer string, peerRate float64, peerRuns runs, rate float64, own runs, floor, aim float64) {
	b.report.Ratios = append(b.report.Ratios, Ratio{
		What: what, Peer: peer, PeerRate: peerRate, Rate: rate,
		Floor: floor, Aim: aim, Spread: max(peerRuns.spread(), own.spread()),
	})
}

// all are the sets together.
func (b *bench) all() []ruleset.Set { return []ruleset.Set{b.base, b.finder, b.rfxn, b.clam} }
