package scan

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"candor"
	"candor/engine"
)

// Cache keeps compiled definitions in files, so that the next start need not
// compile them. The zero Cache keeps nothing.
//
// A file is named after everything that went into it, so that it is never
// stale; one that is damaged, of another version or of another owner is
// compiled anew and replaced.
type Cache struct {
	Dir     string // made when needed; empty for none
	Program string // identifies the program that compiles, down to its build
}

// Compiled are definitions ready for use.
type Compiled struct {
	Rules  *engine.Rules
	Report engine.Report
	Cached bool  // they came from the cache
	Warn   error // why they could not be kept; they are usable all the same
}

const (
	cacheMagic = "candor definitions 1\n"
	cacheKept  = 8 // files left in the folder; a set that changes daily would fill it
)

// compilePercent is the percentage of garbage that is let grow while definitions
// are compiled. That is what takes most memory, for a second: more work for
// the collector then is a small price for a third less of it.
const compilePercent = 30

// Compile compiles d, or takes what an earlier run compiled of the same.
func (c Cache) Compile(d *Definitions, externals map[string]any) *Compiled {
	name := c.file(d, externals)
	if out, err := load(name); err == nil {
		return out
	}
	before := debug.SetGCPercent(compilePercent)
	rules, report := engine.Compile(d.Sources, engine.Options{Externals: externals, Include: d.include})
	debug.SetGCPercent(before)
	out := &Compiled{Rules: rules, Report: *report}
	if name != "" && !d.missed {
		out.Warn = store(name, out)
	}
	return out
}

// file gives the name of the file for d, empty without a folder.
func (c Cache) file(d *Definitions, externals map[string]any) string {
	if c.Dir == "" {
		return ""
	}
	h := sha256.New()
	field(h, []byte(cacheMagic+c.Program))
	for _, name := range slices.Sorted(maps.Keys(externals)) {
		field(h, fmt.Appendf(nil, "%s %T %v", name, externals[name], externals[name]))
	}
	for _, s := range d.Sources {
		field(h, []byte(s.Name))
		field(h, []byte(s.Namespace))
		field(h, s.Data)
	}
	for _, name := range slices.Sorted(maps.Keys(d.included)) {
		field(h, []byte(name))
		field(h, d.included[name])
	}
	return filepath.Join(c.Dir, hex.EncodeToString(h.Sum(nil)[:16])+".rules")
}

// field hashes b with its length, so that no two lists of fields are one.
func field(h hash.Hash, b []byte) {
	var n [8]byte
	binary.LittleEndian.PutUint64(n[:], uint64(len(b)))
	h.Write(n[:])
	h.Write(b)
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

var errDamaged = errors.New("damaged")

// load reads a file that store wrote: the magic, the length and checksum of
// the report, the report, and what the engine wrote, which guards itself.
func load(name string) (*Compiled, error) {
	if name == "" {
		return nil, candor.ErrNotFound
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok && st.Uid != uint32(os.Geteuid()) || info.Mode().Perm()&0o022 != 0 {
		return nil, fmt.Errorf("%s could have been written by somebody else: %w", name, candor.ErrDenied)
	}
	if info.Size() == 0 || int64(int(info.Size())) != info.Size() {
		return nil, errDamaged
	}
	// What is kept of it is copied, so that it need not be in memory twice.
	data, err := unix.Mmap(int(f.Fd()), 0, int(info.Size()), unix.PROT_READ, unix.MAP_PRIVATE|unix.MAP_POPULATE)
	if err != nil {
		return nil, err
	}
	defer func() { _ = unix.Munmap(data) }() // fails only for a range that is not mapped
	return decode(data)
}

// decode reads what store wrote.
func decode(data []byte) (out *Compiled, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		switch r := recover().(type) {
		case nil:
		case interface{ Addr() uintptr }: // the file shrank meanwhile
			out, err = nil, errDamaged
		default:
			panic(r)
		}
	}()
	rest, ok := bytes.CutPrefix(data, []byte(cacheMagic))
	if !ok || len(rest) < 8 {
		return nil, errDamaged
	}
	length, sum := binary.LittleEndian.Uint32(rest), binary.LittleEndian.Uint32(rest[4:])
	if rest = rest[8:]; uint64(length) > uint64(len(rest)) || crc32.Checksum(rest[:length], castagnoli) != sum {
		return nil, errDamaged
	}
	out = &Compiled{Cached: true}
	if err := json.Unmarshal(rest[:length], &out.Report); err != nil {
		return nil, errDamaged
	}
	if out.Rules, err = engine.Load(rest[length:]); err != nil {
		return nil, err
	}
	return out, nil
}

// store writes the file under another name and then renames it, so that no
// reader ever sees half of it.
func store(name string, c *Compiled) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("compiled definitions could not be kept: %w", err)
		}
	}()
	report, err := json.Marshal(c.Report)
	if err != nil {
		return err
	}
	data := append([]byte(nil), cacheMagic...)
	data = binary.LittleEndian.AppendUint32(data, uint32(len(report)))
	data = binary.LittleEndian.AppendUint32(data, crc32.Checksum(report, castagnoli))
	data = append(data, report...)
	runtime.GC() // what compiling left behind would else be the peak of memory
	if data, err = c.Rules.AppendBinary(data); err != nil {
		return err
	}
	dir := filepath.Dir(name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, "new-*.tmp")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	prune(dir)
	return nil
}

// prune removes the oldest files of the folder, and what a killed run left
// half written. What cannot be removed is somebody else's care.
func prune(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	type aged struct {
		name string
		at   time.Time
	}
	var kept []aged
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			continue
		}
		path := filepath.Join(dir, e.Name())
		switch {
		case strings.HasSuffix(e.Name(), ".rules"):
			kept = append(kept, aged{path, info.ModTime()})
		case strings.HasPrefix(e.Name(), "new-") && time.Since(info.ModTime()) > time.Hour:
			_ = os.Remove(path)
		}
	}
	slices.SortFunc(kept, func(a, b aged) int { return b.at.Compare(a.at) })
	for i := cacheKept; i < len(kept); i++ {
		_ = os.Remove(kept[i].name)
	}
}
