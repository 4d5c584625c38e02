package peers

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"candor/bench/ruleset"
)

// against measures one thread of Candor and of both YARA peers with a set.
// A floor of 1 stands where none is set: never slower than a peer.
func (b *bench) against(ctx context.Context, s ruleset.Set, yaraFloor, yaraAim, xFloor, xAim float64) error {
	own, ownRuns, err := b.candor(ctx, 1, s)
	if err != nil {
		return err
	}
	rate, r, err := b.yara(ctx, s)
	if err != nil {
		return err
	}
	b.row("1 thread, "+s.Name, "yara -f -p 1", rate, r, own, ownRuns, yaraFloor, yaraAim)
	if rate, r, err = b.yaraX(ctx, s); err != nil {
		return err
	}
	b.row("1 thread, "+s.Name, "YARA-X", rate, r, own, ownRuns, xFloor, xAim)
	return nil
}

func (b *bench) signatureBase(ctx context.Context) error {
	return b.against(ctx, b.base, 10, 25, 7, 15)
}
func (b *bench) malwareFinder(ctx context.Context) error {
	return b.against(ctx, b.finder, 6, 15, 1, 1)
}
func (b *bench) rfxnYARA(ctx context.Context) error { return b.against(ctx, b.rfxn, 1, 1, 2, 3) }

func (b *bench) rfxnClamAV(ctx context.Context) error {
	own, ownRuns, err := b.candor(ctx, 1, b.clam)
	if err != nil {
		return err
	}
	rate, r, err := b.scanned(ctx, "clamscan, "+b.clam.Name, func(target string) command {
		args := append([]string{"-d", b.clamDir, "-i", "-r"}, clamscanScope...)
		return command{name: "clamscan", args: append(args, target), ok: []int{1}}
	})
	if err != nil {
		return err
	}
	b.memory = append(b.memory, fmt.Sprintf("clamscan %.0f", float64(r.memory())/1e6))
	b.row("1 thread, "+b.clam.Name, "clamscan --disable-cache", rate, r, own, ownRuns, 15, 25)
	return nil
}

// together is two cores with everything, against clamd with its own set.
func (b *bench) together(ctx context.Context) error {
	own, ownRuns, err := b.candor(ctx, 2, b.all()...)
	if err != nil {
		return err
	}
	d, err := StartClamd(ctx, b.clam, filepath.Join(b.dir, "clamd"), false)
	if err != nil {
		return err
	}
	defer func() {
		if err := d.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, "clamd does not stop:", err)
		}
	}()
	scan := d.look(b.tree)
	r, err := repeat(ctx, b.Repeats, scan)
	if err != nil {
		return err
	}
	b.memory = append(b.memory, fmt.Sprintf("clamd %.0f", float64(d.memory())/1e6))
	b.row("2 threads, all sets", "clamdscan --multiscan, "+b.clam.Name, b.rate(r, nil), r, own, ownRuns, 6, 12)
	return nil
}

// reading is one thread with everything, against reading the files.
func (b *bench) reading(ctx context.Context) error {
	own, ownRuns, err := b.candor(ctx, 1, b.all()...)
	if err != nil {
		return err
	}
	r, err := repeat(ctx, b.Repeats, b.cat())
	if err != nil {
		return err
	}
	fmt.Fprintf(b.Log, "cat reads %.0f files/s\n", float64(b.files)/r.median())
	b.row("1 thread, all sets", "cat", b.rate(r, nil), r, own, ownRuns, 0.2, 0.5)
	b.report.Limits = append(b.report.Limits, Limit{
		What: "peak memory, all sets", Unit: "MB", Value: float64(ownRuns.memory()) / 1e6,
		Floor: 150, Aim: 100, Peers: strings.Join(b.memory, ", "),
	})
	return nil
}

// limits are the start times with all sets.
func (b *bench) limits(ctx context.Context) error {
	cached, err := repeat(ctx, b.Repeats, b.candorCommand(b.empty, 1, b.all()...))
	if err != nil {
		return err
	}
	var source runs
	for i := range b.Repeats {
		c := b.candorCommand(b.empty, 1, b.all()...)
		c.env = []string{"XDG_CACHE_HOME=" + filepath.Join(b.dir, fmt.Sprintf("fresh%d", i))}
		f, err := measure(ctx, c)
		if err != nil {
			return err
		}
		source = append(source, f)
	}
	b.report.Limits = append(b.report.Limits,
		Limit{What: "start from the cache, all sets", Unit: "ms", Value: 1000 * cached.median(), Floor: 100, Aim: 50},
		Limit{What: "start from source, all sets", Unit: "ms", Value: 1000 * source.median(), Floor: 1000, Aim: 500},
		Limit{What: "peak memory, start from source", Unit: "MB", Value: float64(source.memory()) / 1e6, Floor: 150, Aim: 100},
	)
	return nil
}
