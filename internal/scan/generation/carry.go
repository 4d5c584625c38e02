package generation

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"candor"
	"candor/internal/scan"
	"candor/internal/scan/starter"
)

// Archive writes a generation as a .tar.gz: its list first, then each file of
// it. What Receive made of it needs no trust in who carried it, only in the
// name. One that is not there is candor.ErrNotFound, before anything was
// written.
func (u *Updater) Archive(id string, to io.Writer) error {
	if !digestWord.MatchString(id) {
		return fmt.Errorf("generation %.64q: %w", id, candor.ErrNotFound)
	}
	dir := u.path(generationsDir, id)
	list, err := os.ReadFile(filepath.Join(dir, sumsFile))
	if err != nil {
		return unavailable("generation "+id, err)
	}
	entries, err := parseSums(list, id)
	if err != nil {
		return err
	}
	z, err := gzip.NewWriterLevel(to, gzip.BestSpeed)
	if err != nil {
		return err
	}
	t := tar.NewWriter(z)
	if err := pack(t, sumsFile, int64(len(list)), bytes.NewReader(list)); err != nil {
		return err
	}
	for _, e := range entries {
		f, err := os.Open(filepath.Join(dir, filesDir, e.name))
		if err != nil {
			return unavailable("generation "+id, err)
		}
		info, err := f.Stat()
		if err == nil {
			err = pack(t, filesDir+"/"+e.name, info.Size(), f)
		}
		f.Close()
		if err != nil {
			return err
		}
	}
	return errors.Join(t.Close(), z.Close())
}

func pack(t *tar.Writer, name string, size int64, from io.Reader) error {
	if err := t.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o600}); err != nil {
		return err
	}
	_, err := io.Copy(t, from)
	return err
}

// parseSums reads the list of the generation that is named after it.
func parseSums(list []byte, id string) ([]entry, error) {
	if sum := sha256.Sum256(list); hex.EncodeToString(sum[:]) != id {
		return nil, fmt.Errorf("generation %s: its list is another: %w", id, candor.ErrChanged)
	}
	var entries []entry
	lines := bufio.NewScanner(bytes.NewReader(list))
	for lines.Scan() {
		digest, name, ok := strings.Cut(lines.Text(), "  ")
		if !ok || !fs.ValidPath(name) || !digestWord.MatchString(digest) {
			return nil, fmt.Errorf("generation %s: its list cannot be read: %w", id, candor.ErrInvalid)
		}
		entries = append(entries, entry{name, digest})
	}
	return entries, lines.Err()
}

// Receive unpacks what Archive wrote into the folder dir/id, if it is what its
// name says, whole and durable; otherwise nothing is there. One that is there
// already is left alone.
func Receive(from io.Reader, dir, id string) (err error) {
	target := filepath.Join(dir, id)
	if !digestWord.MatchString(id) {
		return fmt.Errorf("%.64q is no generation: %w", id, candor.ErrInvalid)
	}
	if _, err := os.Stat(target); err == nil {
		return nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return unavailable("folder of definitions", err)
	}
	fresh, err := os.MkdirTemp(dir, newPrefix)
	if err != nil {
		return unavailable("folder of definitions", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("receive generation %s: %w", id, err), os.RemoveAll(fresh))
		}
	}()
	have := map[string]string{}
	free := &budget{bytes: archiveBytes, files: archiveFiles}
	err = untar(from, &budget{bytes: archiveBytes, files: archiveFiles}, func(name string, r io.Reader) error {
		if name != sumsFile && !strings.HasPrefix(name, filesDir+"/") {
			return fmt.Errorf("%.200q does not belong there: %w", name, candor.ErrInvalid)
		}
		digest, err := write(filepath.Join(fresh, filepath.FromSlash(name)), r, free)
		have[strings.TrimPrefix(name, filesDir+"/")] = digest
		return err
	})
	if err != nil {
		return err
	}
	list, err := os.ReadFile(filepath.Join(fresh, sumsFile))
	if err != nil {
		return unavailable("its list", err)
	}
	entries, err := parseSums(list, id)
	if err != nil {
		return err
	}
	if len(entries)+1 != len(have) {
		return fmt.Errorf("it holds other files than it should: %w", candor.ErrChanged)
	}
	for _, e := range entries {
		if have[e.name] != e.digest {
			return fmt.Errorf("%s is another file: %w", e.name, candor.ErrChanged)
		}
	}
	if err := syncAll(fresh); err != nil {
		return err
	}
	if err := os.Rename(fresh, target); err != nil {
		return err
	}
	return syncDir(dir)
}

// Received are definitions that Receive put somewhere.
type Received struct {
	ID          string
	definitions *scan.Definitions
	files       string
	externals   map[string]any
}

// OpenReceived reads definitions that Receive put into a folder.
func OpenReceived(dir, id string) (*Received, error) {
	r := &Received{ID: id, files: filepath.Join(dir, id, filesDir), externals: scan.BuiltinExternals()}
	var err error
	if r.definitions, err = scan.ReadDefinitions(r.files); err != nil {
		return nil, fmt.Errorf("generation %s: %w", id, err)
	}
	nameStarter(r.definitions, r.files)
	return r, nil
}

// Compile compiles them, or takes what the cache has.
func (r *Received) Compile(c scan.Cache) *scan.Compiled {
	compiled := c.Compile(r.definitions, r.externals)
	shorten(compiled, r.files+"/")
	return compiled
}

// nameStarter gives the starter set its namespace.
func nameStarter(d *scan.Definitions, files string) {
	for i := range d.Sources {
		if strings.HasPrefix(d.Sources[i].Name, filepath.Join(files, starterName)+"/") {
			d.Sources[i].Namespace = starter.Namespace
		}
	}
}
