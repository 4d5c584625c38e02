package evidence

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"candor"
)

const (
	maxFiles    = 1 << 20  // in a bundle
	maxManifest = 64 << 20 // bytes
	maxPersonal = 64 << 20 // bytes
	maxInclude  = 1 << 20  // bytes of a proof with its checkpoint
)

// BundleFile is a bundle that is read. Nothing in it is trusted: what it says
// is proved only by VerifyBundle.
type BundleFile struct {
	Manifest Manifest
	files    map[string]*zip.File
}

// ReadBundle reads what a bundle holds, of size bytes. One that holds other
// files than its manifest says gives candor.ErrInvalid.
func ReadBundle(r io.ReaderAt, size int64) (*BundleFile, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, fmt.Errorf("bundle: %w: %w", candor.ErrInvalid, err)
	}
	if len(z.File) > maxFiles {
		return nil, fmt.Errorf("bundle: %d files, %d are allowed: %w", len(z.File), maxFiles, candor.ErrInvalid)
	}
	b := &BundleFile{files: make(map[string]*zip.File, len(z.File))}
	for _, f := range z.File {
		if b.files[f.Name] != nil {
			return nil, fmt.Errorf("bundle: %.100q is there twice: %w", f.Name, candor.ErrInvalid)
		}
		b.files[f.Name] = f
	}
	data, err := b.read(manifestName, maxManifest)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&b.Manifest); err != nil {
		return nil, fmt.Errorf("bundle: manifest: %w: %w", candor.ErrInvalid, err)
	}
	if b.Manifest.Format != bundleFormat || b.Manifest.Version != 1 {
		return nil, fmt.Errorf("bundle: format %.40q, version %d, is not known here: %w", b.Manifest.Format, b.Manifest.Version, candor.ErrInvalid)
	}
	return b, b.checkNames()
}

// checkNames wants exactly the files that the manifest names.
func (b *BundleFile) checkNames() error {
	m, names := &b.Manifest, map[string]bool{}
	if max(len(m.Entries), len(m.From), len(m.Blobs)) > len(b.files) {
		return fmt.Errorf("bundle: files are missing: %w", candor.ErrInvalid)
	}
	for _, name := range b.names() {
		if names[name] {
			return fmt.Errorf("bundle: %s is in the manifest twice: %w", name, candor.ErrInvalid)
		}
		names[name] = true
		if b.files[name] == nil {
			return fmt.Errorf("bundle: %s is missing: %w", name, candor.ErrInvalid)
		}
	}
	for name := range b.files {
		if !names[name] {
			return fmt.Errorf("bundle: %.100q is not in the manifest: %w", name, candor.ErrInvalid)
		}
	}
	return nil
}

func (b *BundleFile) names() []string {
	m := &b.Manifest
	names := []string{manifestName, publicName, checkpointName}
	for _, size := range m.From {
		names = append(names, fmt.Sprintf(consistencyName, size))
	}
	for _, index := range m.Entries {
		names = append(names, fmt.Sprintf(entryName, index), fmt.Sprintf(inclusionName, index))
	}
	for _, d := range m.Blobs {
		names = append(names, b.secretName(fmt.Sprintf(blobName, d)))
	}
	if m.Revealed {
		names = append(names, b.secretName(personalName))
	}
	return names
}

func (b *BundleFile) secretName(name string) string {
	if b.Manifest.Encrypted {
		return name + ageSuffix
	}
	return name
}

// Checkpoint gives the checkpoint, unverified.
func (b *BundleFile) Checkpoint() ([]byte, error) { return b.read(checkpointName, maxCheckpoint) }

// Entry gives an entry, unverified, and its bytes.
func (b *BundleFile) Entry(index uint64) (Entry, []byte, error) {
	data, err := b.read(fmt.Sprintf(entryName, index), MaxEntry)
	if err != nil {
		return Entry{}, nil, err
	}
	e, err := ParseEntry(data)
	return e, data, err
}

// Blob opens the content of a blob, unverified, and still encrypted if the
// manifest says so.
func (b *BundleFile) Blob(d Digest) (io.ReadCloser, error) {
	return b.open(b.secretName(fmt.Sprintf(blobName, d)))
}

// open opens a file that is stored as it is, and can unpack to nothing larger.
func (b *BundleFile) open(name string) (io.ReadCloser, error) {
	f := b.files[name]
	if f == nil {
		return nil, fmt.Errorf("bundle: %s: %w", name, candor.ErrNotFound)
	}
	if f.Method != zip.Store {
		return nil, fmt.Errorf("bundle: %s is compressed: %w", name, candor.ErrInvalid)
	}
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("bundle: %s: %w: %w", name, candor.ErrInvalid, err)
	}
	return r, nil
}

// read reads a small file.
func (b *BundleFile) read(name string, limit int64) ([]byte, error) {
	f := b.files[name]
	if f == nil {
		return nil, fmt.Errorf("bundle: %s is missing: %w", name, candor.ErrInvalid)
	}
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("bundle: %s: %w: %w", name, candor.ErrInvalid, err)
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, fmt.Errorf("bundle: %s: %w: %w", name, candor.ErrInvalid, err)
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("bundle: %s is larger than %d bytes: %w", name, limit, candor.ErrInvalid)
	}
	return data, nil
}

// consistency gives the proof from an older tree, nil and false if the bundle
// has none.
func (b *BundleFile) consistency(size uint64) ([][]byte, bool) {
	data, err := b.read(fmt.Sprintf(consistencyName, size), maxInclude)
	if err != nil {
		return nil, false
	}
	var out [][]byte
	for line := range strings.Lines(string(data)) {
		h, err := base64.StdEncoding.DecodeString(strings.TrimSuffix(line, "\n"))
		if err != nil || len(out) > maxProof {
			return nil, false
		}
		out = append(out, h)
	}
	return out, true
}
