package line

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"candor"
	"candor/internal/flow"
	"candor/internal/flow/normal"
)

// head begins the file: whose the rows are, in their order, and what groups are
// called.
type head struct {
	Version int         `json:"version"`
	Lines   []candor.ID `json:"lines"`
	Groups  []string    `json:"groups"`
}

// version is of the form of the file.
const version = 1

// Save keeps what is usual: in whole, or as it was.
func (w *Watch) Save() error {
	if w.Baselines == "" {
		return nil
	}
	err := save(w.Baselines, w.write)
	if w.Parts != nil {
		err = errors.Join(err, save(w.Baselines+partsEnd, w.Parts.Save))
	}
	return err
}

// partsEnd is what the name of the file ends with that keeps what is usual of
// the network.
const partsEnd = "-network"

func (w *Watch) write(out io.Writer) error {
	w.mu.RLock()
	h := head{Version: version, Lines: append([]candor.ID(nil), w.ids[1:]...), Groups: append([]string(nil), w.groups[1:]...)}
	w.mu.RUnlock()
	if err := json.NewEncoder(out).Encode(h); err != nil {
		return err
	}
	return w.Detect.Normal.Save(out)
}

// save writes a file anew.
func save(name string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*")
	if err != nil {
		return fmt.Errorf("save baselines: %w", err)
	}
	defer os.Remove(f.Name())
	out := bufio.NewWriter(f)
	err = write(out)
	for _, end := range []func() error{out.Flush, f.Sync, f.Close} {
		if e := end(); err == nil {
			err = e
		}
	}
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return fmt.Errorf("save baselines: %w", err)
	}
	return nil
}

// loadParts reads what was kept of the network, as load does.
func (w *Watch) loadParts() error {
	if w.Baselines == "" {
		return nil
	}
	name := w.Baselines + partsEnd
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("load baselines: %w", err)
	}
	defer f.Close()
	if err := w.Parts.Load(f); err != nil {
		aside := name + ".damaged"
		w.Log.Error("what is usual of the network cannot be read, and is learned anew", "error", err, "put_aside", aside)
		return os.Rename(name, aside)
	}
	return nil
}

// load reads what was kept. A file that is damaged is put aside, and all is
// learned anew.
func (w *Watch) load() (*normal.Table, error) {
	fresh := normal.NewTable(w.Detect.Seed)
	if w.Baselines == "" {
		return fresh, nil
	}
	f, err := os.Open(w.Baselines)
	if errors.Is(err, fs.ErrNotExist) {
		return fresh, nil
	}
	if err != nil {
		return nil, fmt.Errorf("load baselines: %w", err)
	}
	defer f.Close()
	h, table, err := readBaselines(f, w.Detect.Seed)
	if err != nil {
		aside := w.Baselines + ".damaged"
		w.Log.Error("what is usual of lines cannot be read, and is learned anew", "error", err, "put_aside", aside)
		return fresh, os.Rename(w.Baselines, aside)
	}
	for _, name := range h.Groups {
		w.groups = append(w.groups, name)
		w.named[name] = normal.Group(len(w.groups) - 1)
	}
	for _, id := range h.Lines {
		w.byID[id] = flow.Line(len(w.ids))
		w.ids, w.refs = append(w.ids, id), append(w.refs, "")
	}
	return table, nil
}

// mostHead bounds the first line of the file, bytes.
const mostHead = 1 << 30

func readBaselines(r io.Reader, seed uint64) (h head, t *normal.Table, err error) {
	in := bufio.NewReaderSize(r, 1<<20)
	var text []byte
	for {
		part, err := in.ReadSlice('\n')
		text = append(text, part...)
		if err == nil {
			break
		}
		if !errors.Is(err, bufio.ErrBufferFull) || len(text) > mostHead {
			return h, nil, fmt.Errorf("%w: its beginning", normal.ErrForeign)
		}
	}
	if err := json.Unmarshal(text, &h); err != nil || h.Version != version {
		return h, nil, fmt.Errorf("%w: its beginning", normal.ErrForeign)
	}
	t, err = normal.Load(in, seed, len(h.Lines)+1)
	return h, t, err
}
