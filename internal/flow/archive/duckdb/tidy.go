//go:build cgo && duckdb

package duckdb

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"candor/internal/flow/archive"
)

// How long is waited until nothing more comes to an hour, and until files that
// others cover are removed: questions that began before read them still.
const (
	late   = time.Minute
	reread = 2 * time.Minute
)

// tidy does what there is to do: sums that are missing, files to join, hours to
// add up, files that are out of time or have no room.
func (a *Archive) tidy(stop <-chan struct{}) error {
	return errors.Join(a.arrange(stop), a.expire(), a.shrink())
}

// arrange adds up and joins. It ends early when it is told to stop, and when many
// rows wait: writing goes first.
func (a *Archive) arrange(stop <-chan struct{}) error {
	for {
		if more, err := a.step(); err != nil || !more {
			return err
		}
		select {
		case <-stop:
			return nil
		default:
		}
		if waiting, _ := a.queue.Count(); waiting > a.o.Room/4 {
			return nil
		}
	}
}

// step does one thing, and tells whether there may be more.
func (a *Archive) step() (bool, error) {
	c, err := a.files.catalogue()
	if err != nil {
		return false, err
	}
	if missing := c.missing(); len(missing) > 0 {
		return true, a.minute(missing[0])
	}
	now := a.o.Clock()
	over := func(hour time.Time) bool { return now.After(hour.Add(time.Hour + late)) }
	for _, files := range c.open() {
		if a.full {
			break // they would give way at once
		}
		if some := toTen(files, a.many, over(files[0].hour)); len(some) > 0 {
			return true, a.sum(ten, some, some)
		}
	}
	for _, files := range slices.Concat(byHour(c.raw), c.apart()) {
		if some := toJoin(files, over(files[0].hour)); len(some) > 0 {
			return true, a.join(some)
		}
	}
	for _, files := range byHour(without(c.minute, c.hour)) {
		if over(files[0].hour) {
			_, rest := divided(files, c.ten)
			return true, a.sum(archive.Hour, files, slices.Concat(covering(c.ten, files), rest))
		}
	}
	return false, nil
}

// sum adds up minutes to coarser sums, from files that have what they have.
func (a *Archive) sum(t archive.Tier, minutes, from []file) error {
	f := joined(minutes)
	f.tier, f.from, f.until = t, floor(f.from, t), floor(f.until, t)
	_, err := a.store(f, sums(t, paths(a.o.Dir, from), "sum(flows)"))
	return err
}

// join makes one file of several. Those are covered by it from then on.
func (a *Archive) join(files []file) error {
	f := joined(files)
	query := sums(archive.Minute, paths(a.o.Dir, files), "sum(flows)")
	if f.tier == archive.Raw {
		query = "SELECT * FROM " + readParquet(paths(a.o.Dir, files)) + order
	}
	_, err := a.store(f, query)
	return err
}

// expire removes what others cover, and what is older than its tier is kept.
func (a *Archive) expire() error {
	now := a.o.Clock()
	c, err := a.files.catalogue()
	if err != nil {
		return err
	}
	for _, t := range tiers {
		all, err := a.files.list(t)
		if err != nil {
			return err
		}
		_, covered := part(all)
		if t == ten {
			covered = slices.DeleteFunc(slices.Clone(all), func(f file) bool { return slices.Contains(c.ten, f) })
		}
		for _, f := range covered {
			since, ok := a.covered[f.name()]
			if !ok {
				a.covered[f.name()], since = now, now
			}
			if now.Sub(since) > reread {
				delete(a.covered, f.name())
				if err := a.remove(f); err != nil {
					return err
				}
			}
		}
		keep := a.o.Keep[t]
		if t == ten {
			keep = a.o.Keep[archive.Minute]
		}
		for _, f := range all {
			if keep > 0 && now.Sub(f.hour.Add(time.Hour)) > keep {
				delete(a.covered, f.name())
				if err := a.remove(f); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// remove removes a file, and the folder of its hour if it was the last.
func (a *Archive) remove(f file) error {
	if err := os.Remove(filepath.Join(a.o.Dir, f.name())); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := os.Remove(filepath.Join(a.o.Dir, f.folder())); err != nil && !errors.Is(err, unix.ENOTEMPTY) && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// shrink removes the oldest files of the finest tier that has any, until the rest
// has room. For want of space on disk only flows themselves give way: others may
// take it, and sums are small.
func (a *Archive) shrink() error {
	over, short, err := a.tooLarge()
	if err != nil || over <= 0 && short <= 0 {
		a.full = a.full && err != nil
		return err
	}
	var rows uint64
	for _, t := range tiers {
		all, err := a.files.list(t)
		if err != nil {
			return err
		}
		for _, f := range all {
			if over <= 0 && (short <= 0 || t != archive.Raw) {
				break
			}
			if err := a.remove(f); err != nil {
				return err
			}
			over, short = over-f.size, short-f.size
			if t != ten {
				rows += f.rows
			}
		}
	}
	a.removed.Add(rows)
	if !a.full {
		a.full = true
		a.o.Log.Warn("the flow archive has no more room: its oldest flows give way", "flows", rows, "max_bytes", a.o.MaxBytes)
	}
	return nil
}

// tooLarge is by how many bytes the archive is over its bound, and how many are
// missing of the space on disk that is to be left free. What questions need for a
// while is not missing.
func (a *Archive) tooLarge() (over, short int64, err error) {
	if a.o.MaxBytes > 0 {
		var size int64
		for _, t := range tiers {
			all, err := a.files.list(t)
			if err != nil {
				return 0, 0, err
			}
			for _, f := range all {
				size += f.size
			}
		}
		over = size - a.o.MaxBytes
	}
	if a.o.Spare > 0 {
		free, err := a.free(a.o.Dir)
		if err != nil {
			return 0, 0, err
		}
		spilt, err := sizeOf(filepath.Join(a.o.Dir, unfinished))
		if err != nil {
			return 0, 0, err
		}
		short = a.o.Spare - free - spilt
	}
	return over, short, nil
}

// free is how many bytes of a disk are free.
func free(dir string) (int64, error) {
	var disk unix.Statfs_t
	err := unix.Statfs(dir, &disk)
	return int64(disk.Bavail) * disk.Bsize, err
}

// sizeOf adds up the files in a folder; those that go meanwhile have none.
func sizeOf(dir string) (size int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			var st fs.FileInfo
			if st, err = e.Info(); err == nil {
				size += st.Size()
			}
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
	return size, err
}
