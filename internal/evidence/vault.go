package evidence

import (
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"filippo.io/age"

	"candor"
)

const (
	blobsDir   = "blobs"
	newDir     = "new" // what is being written
	blobSuffix = ".age"
)

// VaultOptions say who may read a vault.
type VaultOptions struct {
	// Recipients are age recipients ("age1…") that every blob is encrypted to.
	// With none, the vault makes an identity of its own, in IdentityFile. With
	// some, it makes none: where the identities are kept elsewhere, this
	// program can put blobs but not read them back.
	Recipients []string

	// IdentityFile holds the age identities to read with; by default
	// identity.txt in the vault's folder. It may be missing if there are
	// Recipients.
	IdentityFile string

	Random io.Reader // for the key of names; by default the system's
}

// Vault keeps blobs in a folder, encrypted with age and found again by the
// SHA-256 digest of their plain content. It is safe for concurrent use, also
// by several programs.
//
// The files are not named by that digest but by its encryption under a key of
// the vault (names.key). Otherwise who sees no more than a listing of the
// folder, or a backup of it without keys, could confirm that the vault holds a
// content that he knows. What a listing still tells is how many blobs there
// are, how large, and since when. Who holds the log's entries has the digests
// and can confirm contents: hand out entries of a case, or checkpoints, rather
// than logs. Keep names.key with the identities; without it blobs can still be
// decrypted, but only found by decrypting all.
type Vault struct {
	dir        string
	names      nameKey
	recipients []age.Recipient
	identities []age.Identity // empty where they are kept elsewhere
	made       sync.Map       // folders whose names this program has made durable
}

// Blob is what a vault knows of a blob without reading it.
type Blob struct {
	Digest Digest
	Stored int64     // bytes on disk, a little more than the content has
	At     time.Time // when it was put last
}

// OpenVault opens the vault in dir, or makes one.
func OpenVault(dir string, o VaultOptions) (*Vault, error) {
	if o.Random == nil {
		o.Random = rand.Reader
	}
	if o.IdentityFile == "" {
		o.IdentityFile = filepath.Join(dir, "identity.txt")
	}
	v := &Vault{dir: dir}
	for _, d := range []string{dir, v.path(blobsDir), v.path(newDir)} {
		if err := makeDir(d); err != nil {
			return nil, unavailable("vault", err)
		}
	}
	if err := v.loadKeys(o); err != nil {
		return nil, fmt.Errorf("vault: %w", err)
	}
	return v, v.sweep()
}

func (v *Vault) path(elem ...string) string {
	return filepath.Join(append([]string{v.dir}, elem...)...)
}

// file gives the name of a blob's file.
func (v *Vault) file(d Digest) string {
	name := v.names.seal(d)
	return v.path(blobsDir, name[:2], name+blobSuffix)
}

// sweep removes what earlier runs left half-written. What a living program
// writes is locked and stays.
func (v *Vault) sweep() error {
	entries, err := os.ReadDir(v.path(newDir))
	if err != nil {
		return unavailable("vault", err)
	}
	for _, e := range entries {
		name := v.path(newDir, e.Name())
		f, err := os.Open(name)
		if err != nil {
			continue // somebody else was quicker
		}
		if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			os.Remove(name)
		}
		f.Close()
	}
	return nil
}

// Put keeps what r holds, in bounded memory, and gives its digest and size in
// bytes. When it returns, the blob is durable. Putting it again changes
// nothing, but for mending a damaged file.
//
// A vault that cannot be written, or has no room, gives candor.ErrUnavailable
// and keeps nothing. An error of r comes back as it is.
func (v *Vault) Put(r io.Reader) (Digest, int64, error) {
	f, err := os.CreateTemp(v.path(newDir), "*"+blobSuffix)
	if err != nil {
		return Digest{}, 0, notKept(err)
	}
	defer os.Remove(f.Name()) // gone, if all goes well
	defer f.Close()
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		return Digest{}, 0, notKept(err)
	}
	source := &source{reader: r}
	d, size, err := seal(f, source, v.recipients)
	if source.err != nil {
		return Digest{}, 0, source.err
	}
	if err == nil {
		err = v.keep(f, v.file(d))
	}
	if err != nil {
		return Digest{}, 0, notKept(err)
	}
	return d, size, nil
}

func (v *Vault) keep(f *os.File, name string) error {
	dir := filepath.Dir(name)
	_, err := os.Lstat(dir)
	if _, made := v.made.Load(dir); !made || err != nil { // one that is there may not be durable yet
		if err := makeDir(dir); err != nil {
			return err
		}
		v.made.Store(dir, true)
	}
	return settle(f, name)
}

// seal encrypts what r holds into w.
func seal(w io.Writer, r io.Reader, to []age.Recipient) (d Digest, size int64, err error) {
	out, err := age.Encrypt(w, to...)
	if err != nil {
		return d, 0, err
	}
	h := sha256.New()
	if size, err = io.CopyBuffer(out, io.TeeReader(r, h), make([]byte, 64<<10)); err != nil {
		return d, 0, err
	}
	return Digest(h.Sum(nil)), size, out.Close()
}

func notKept(err error) error {
	return candor.WithHint(fmt.Errorf("put into the vault: %w: %w", candor.ErrUnavailable, err),
		"See that the vault's folder is writable and that its disk has room.")
}

// source tells errors of reading from those of writing.
type source struct {
	reader io.Reader
	err    error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.reader.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

// Get reads a blob. One that is not there gives candor.ErrNotFound. Where the
// identities are kept elsewhere it gives candor.ErrDenied. Content that is not
// what was put makes a Read fail with candor.ErrChanged, at the latest the one
// that would have given io.EOF: until then nothing should be done with it.
func (v *Vault) Get(d Digest) (io.ReadCloser, error) {
	if len(v.identities) == 0 {
		return nil, candor.WithHint(fmt.Errorf("blob %s: the vault's identities are kept elsewhere: %w", d, candor.ErrDenied),
			"Read it where the age identity is.")
	}
	f, err := os.Open(v.file(d))
	if err != nil {
		return nil, unavailable("blob "+d.String(), err)
	}
	plain, err := age.Decrypt(f, v.identities...)
	if err != nil {
		f.Close()
		var none *age.NoIdentityMatchError
		if errors.As(err, &none) {
			return nil, fmt.Errorf("blob %s: %w: %w", d, candor.ErrDenied, err)
		}
		return nil, fmt.Errorf("blob %s: %w: %w", d, candor.ErrChanged, err)
	}
	return &blobReader{plain: plain, file: f, want: d, hash: sha256.New()}, nil
}

// Stat tells of a blob; candor.ErrNotFound if it is not there.
func (v *Vault) Stat(d Digest) (Blob, error) {
	info, err := os.Stat(v.file(d))
	if err != nil {
		return Blob{}, unavailable("blob "+d.String(), err)
	}
	return Blob{Digest: d, Stored: info.Size(), At: info.ModTime().UTC()}, nil
}

// Delete erases a blob, durably; candor.ErrNotFound if it is not there. The
// file holds the only copy of the key that its content is encrypted with, but
// what file systems, disks and backups keep of deleted files is theirs.
func (v *Vault) Delete(d Digest) error {
	name := v.file(d)
	if err := os.Remove(name); err != nil {
		return unavailable("erase blob "+d.String(), err)
	}
	if err := syncDir(filepath.Dir(name)); err != nil {
		return unavailable("erase blob "+d.String(), err)
	}
	return nil
}

// All gives the blobs in no particular order. It ends with the first error;
// a file that is none of the vault's is passed over.
func (v *Vault) All() iter.Seq2[Blob, error] {
	return func(yield func(Blob, error) bool) {
		err := filepath.WalkDir(v.path(blobsDir), func(_ string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			d, ok := v.names.open(strings.TrimSuffix(e.Name(), blobSuffix))
			if !ok {
				return nil
			}
			b, err := v.Stat(d)
			if errors.Is(err, candor.ErrNotFound) {
				return nil // erased meanwhile
			}
			if !yield(b, err) {
				return fs.SkipAll
			}
			return nil
		})
		if err != nil {
			yield(Blob{}, unavailable("vault", err))
		}
	}
}
