package evidence

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"filippo.io/age"

	"candor"
)

// Names in a bundle, in the order that they stand in.
const (
	manifestName    = "manifest.json"
	publicName      = "log.pub"
	checkpointName  = "checkpoint"
	consistencyName = "consistency/%d"           // proof from the tree of that size
	entryName       = "entries/%020d.json"       // canonical JSON
	inclusionName   = "entries/%020d.tlog-proof" // C2SP tlog-proof
	blobName        = "blobs/%s"                 // by digest
	personalName    = "personal.json"
	ageSuffix       = ".age"
)

const bundleFormat = "candor-bundle"

// Bundle says what an exported case holds: one zip file that anybody can check
// without a server, with Verify.
type Bundle struct {
	Title   string    // what it is, in a person's words
	Made    time.Time // when it is made
	Entries []uint64  // indexes in the log; a checkpoint must cover them (Await)

	// From are sizes of older trees, of checkpoints that the reader may hold:
	// the bundle proves that its own tree continues them.
	From []uint64

	Blobs    []Digest   // contents to add; entries must name them
	Vault    *Vault     // where they are; nil without Blobs
	Revealed []Revealed // personal values to reveal

	// Recipients are age recipients that blobs and personal values are
	// encrypted to. With none they are in the clear.
	Recipients []string
}

// Revealed is a personal value of an entry, and the salt that proves it.
type Revealed struct {
	Index uint64 `json:"index"`
	Name  string `json:"name"`
	Value string `json:"value"`
	Salt  Salt   `json:"salt"`
}

// Manifest is the table of contents of a bundle. It proves nothing itself.
type Manifest struct {
	Format    string    `json:"format"`
	Version   int       `json:"v"`
	Title     string    `json:"title"`
	Made      time.Time `json:"made"`
	Origin    string    `json:"origin"`
	Size      uint64    `json:"size"` // of the tree that the checkpoint commits to
	Entries   []uint64  `json:"entries"`
	From      []uint64  `json:"from,omitempty"`
	Blobs     []Digest  `json:"blobs,omitempty"`
	Revealed  bool      `json:"revealed,omitempty"`
	Encrypted bool      `json:"encrypted,omitempty"`
}

// WriteBundle writes an exported case. The same log and Bundle give the same
// bytes, as long as the checkpoint is the same and nothing is encrypted.
//
// What the log or its entries do not have gives candor.ErrInvalid or
// candor.ErrNotFound, an entry that no checkpoint covers yet
// candor.ErrUnavailable. What has been written of w by then is no bundle.
func (r *Reader) WriteBundle(ctx context.Context, w io.Writer, b Bundle) error {
	out, err := r.bundler(w, b)
	if err != nil {
		return fmt.Errorf("bundle: %w", err)
	}
	for _, step := range []func(context.Context) error{out.head, out.consistency, out.entries, out.blobs, out.personal} {
		if err := step(ctx); err != nil {
			return fmt.Errorf("bundle: %w", err)
		}
	}
	if err := out.zip.Close(); err != nil {
		return fmt.Errorf("bundle: %w", err)
	}
	return nil
}

// bundler writes one bundle.
type bundler struct {
	Bundle
	zip        *zip.Writer
	prover     *prover
	public     string
	recipients []age.Recipient
	written    map[uint64]Entry
	named      map[Digest]bool // blobs that the entries name
}

func (r *Reader) bundler(w io.Writer, b Bundle) (*bundler, error) {
	out := &bundler{Bundle: b, zip: zip.NewWriter(w), written: map[uint64]Entry{}, named: map[Digest]bool{}, public: r.public}
	out.Entries = slices.Compact(slices.Sorted(slices.Values(b.Entries)))
	out.From = slices.Compact(slices.Sorted(slices.Values(b.From)))
	out.Blobs = slices.SortedFunc(slices.Values(b.Blobs), func(a, b Digest) int { return bytes.Compare(a[:], b[:]) })
	out.Blobs = slices.Compact(out.Blobs)
	var err error
	if out.recipients, err = parseRecipients(b.Recipients); err != nil {
		return nil, err
	}
	out.prover, err = r.prover()
	return out, err
}

func (b *bundler) head(context.Context) error {
	m := Manifest{
		Format: bundleFormat, Version: 1, Title: b.Title, Made: b.Made.UTC(), Origin: b.prover.Origin, Size: b.prover.Size,
		Entries: b.Entries, From: b.From, Blobs: b.Blobs, Revealed: len(b.Revealed) > 0, Encrypted: len(b.recipients) > 0,
	}
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	if err := b.file(manifestName, append(data, '\n')); err != nil {
		return err
	}
	if err := b.file(publicName, []byte(b.public+"\n")); err != nil {
		return err
	}
	return b.file(checkpointName, b.prover.checkpoint)
}

func (b *bundler) consistency(ctx context.Context) error {
	for _, size := range b.From {
		if size > b.prover.Size {
			return fmt.Errorf("the log had %d entries, not %d: %w", b.prover.Size, size, candor.ErrInvalid)
		}
		hashes, err := consistency(ctx, b.prover.builder, size, b.prover.Size)
		if err != nil {
			return err
		}
		var text strings.Builder
		for _, h := range hashes {
			text.WriteString(base64.StdEncoding.EncodeToString(h[:]) + "\n")
		}
		if err := b.file(fmt.Sprintf(consistencyName, size), []byte(text.String())); err != nil {
			return err
		}
	}
	return nil
}

func (b *bundler) entries(ctx context.Context) error {
	for _, index := range b.Entries {
		data, err := b.prover.reader.raw(ctx, index)
		if err != nil {
			return err
		}
		if b.written[index], err = ParseEntry(data); err != nil {
			return fmt.Errorf("entry %d: %w", index, err)
		}
		for _, d := range b.written[index].Blobs {
			b.named[d] = true
		}
		proof, err := b.prover.inclusion(ctx, index)
		if err != nil {
			return err
		}
		if err := b.file(fmt.Sprintf(entryName, index), data); err != nil {
			return err
		}
		if err := b.file(fmt.Sprintf(inclusionName, index), proof.Text()); err != nil {
			return err
		}
	}
	return nil
}

func (b *bundler) blobs(ctx context.Context) error {
	for _, d := range b.Blobs {
		if err := ctx.Err(); err != nil {
			return err
		}
		if !b.named[d] {
			return fmt.Errorf("no entry of the bundle names blob %s: %w", d, candor.ErrInvalid)
		}
		if err := b.blob(d); err != nil {
			return err
		}
	}
	return nil
}

func (b *bundler) blob(d Digest) error {
	if b.Vault == nil {
		return fmt.Errorf("blob %s: no vault: %w", d, candor.ErrInvalid)
	}
	content, err := b.Vault.Get(d)
	if err != nil {
		return err
	}
	defer content.Close()
	return b.secret(fmt.Sprintf(blobName, d), content)
}

func (b *bundler) personal(context.Context) error {
	if len(b.Revealed) == 0 {
		return nil
	}
	for _, p := range b.Revealed {
		d, has := b.written[p.Index].Personal[p.Name]
		if !has || !Reveals(d, p.Salt, p.Value) {
			return fmt.Errorf("the value given is not %q of entry %d: %w", p.Name, p.Index, candor.ErrInvalid)
		}
	}
	data, err := json.MarshalIndent(b.Revealed, "", "  ")
	if err != nil {
		return err
	}
	return b.secret(personalName, bytes.NewReader(append(data, '\n')))
}

// file adds a small file.
func (b *bundler) file(name string, data []byte) error {
	f, err := b.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: b.Made.UTC()})
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return err
}

// secret adds a file that is encrypted if there are recipients. It is stored
// as it is, so that a reader need not fear what it could unpack to.
func (b *bundler) secret(name string, content io.Reader) error {
	if len(b.recipients) > 0 {
		name += ageSuffix
	}
	f, err := b.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store, Modified: b.Made.UTC()})
	if err != nil {
		return err
	}
	if len(b.recipients) > 0 {
		_, _, err = seal(f, content, b.recipients)
		return err
	}
	_, err = io.Copy(f, content)
	return err
}
