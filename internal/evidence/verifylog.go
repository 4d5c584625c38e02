package evidence

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/transparency-dev/formats/log"

	"candor"
)

// VerifyLog checks the log in dir, which is a log's folder, or its published
// part with the key given. It computes the whole tree anew from the entries
// and compares it with the tiles, the checkpoint and earlier checkpoints: so
// it finds every entry that was edited or deleted, the end cut off, and a
// history rewritten, as long as an earlier checkpoint was kept. With a vault
// it also reads every blob that entries name.
func VerifyLog(ctx context.Context, dir string, o VerifyOptions) (Report, error) {
	c, err := newChecker("log", dir, o)
	if err != nil {
		return Report{}, err
	}
	tree := dir
	if _, err := os.Stat(filepath.Join(dir, treeDir)); err == nil {
		tree = filepath.Join(dir, treeDir)
	}
	public, err := readFile(filepath.Join(dir, publicKeyFile), maxKey)
	if err != nil && !tampered(err) {
		return Report{}, err
	}
	if !c.checkKey(public) {
		return c.Report, nil
	}
	data, err := files{tree}.checkpoint()
	if err != nil && !tampered(err) {
		return Report{}, err
	}
	if cp, ok := c.checkpoint(data); ok {
		err = c.checkLog(ctx, files{tree}, cp)
	} else {
		err = nil
	}
	return c.Report, err
}

func (c *checker) checkLog(ctx context.Context, f files, cp log.Checkpoint) error {
	earlier := c.earlier()
	s := &sweep{files: f, size: cp.Size, wantBlobs: c.Vault != nil}
	for _, e := range earlier {
		s.marks = append(s.marks, e.Size)
	}
	if err := s.run(ctx); err != nil {
		return err
	}
	c.conclude("entries", s.entries, fmt.Sprintf("All %d entries are there and well-formed.", cp.Size),
		fmt.Sprintf("Entries are missing, changed or malformed: %d problems.", s.entries.count))
	c.checkRoot(cp, s.roots[cp.Size])
	c.conclude("tiles", s.tiles, "The hashes that the log stores are those of its entries.",
		"The hashes that the log stores are not those of its entries.")
	for _, e := range earlier {
		c.checkEarlier(e, cp, s.roots[e.Size])
	}
	if len(c.Earlier) == 0 {
		c.skip("earlier", "No earlier checkpoint was given: a history that was rewritten and signed anew, or cut back to an older state, would not be seen.")
	}
	if c.Vault == nil {
		return nil
	}
	return c.checkBlobs(ctx, s)
}

func (c *checker) checkRoot(cp log.Checkpoint, root []byte) {
	switch {
	case root == nil:
		c.fail("root", "The tree of %d entries cannot be computed.", cp.Size)
	case !bytes.Equal(root, cp.Hash):
		c.fail("root", "The entries are not those that the checkpoint of %d entries was signed for.", cp.Size)
	default:
		c.pass("root", "The entries are those that the checkpoint of %d entries was signed for.", cp.Size)
	}
}

// checkEarlier compares the tree with a checkpoint that the verifier kept.
func (c *checker) checkEarlier(earlier, now log.Checkpoint, root []byte) {
	switch {
	case earlier.Size > now.Size:
		c.fail("earlier", "The log was cut off: it had %d entries at your earlier checkpoint, it has %d now.", earlier.Size, now.Size)
	case root == nil:
		c.fail("earlier", "The tree of your earlier checkpoint of %d entries cannot be computed.", earlier.Size)
	case !bytes.Equal(root, earlier.Hash):
		c.fail("earlier", "The history was rewritten: its first %d entries are not those of your earlier checkpoint.", earlier.Size)
	default:
		c.pass("earlier", "The first %d entries are those of your earlier checkpoint.", earlier.Size)
	}
}

// checkBlobs reads the blobs that entries name. One that is gone is right only
// if an entry of kind erasure names it.
func (c *checker) checkBlobs(ctx context.Context, s *sweep) error {
	var t troubles
	intact, erased := 0, 0
	for d, index := range s.blobs {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := readBlob(c.Vault, d)
		_, gone := s.erased[d]
		switch {
		case err == nil:
			intact++
		case gone && errors.Is(err, candor.ErrNotFound):
			erased++
		case tampered(err):
			t.add("entry %d: %v", index, err)
		default:
			return err
		}
	}
	c.conclude("blobs", t,
		fmt.Sprintf("%d blobs that entries name are intact in the vault; %d were erased, as entries of kind %q say.", intact, erased, candor.RecordErasure),
		fmt.Sprintf("%d blobs are missing without an entry that says so, or are not what was put; %d are intact, %d were erased.", t.count, intact, erased))
	return nil
}

// readBlob reads a blob to its end, where its digest is checked.
func readBlob(v *Vault, d Digest) error {
	content, err := v.Get(d)
	if err != nil {
		return err
	}
	defer content.Close()
	_, err = io.Copy(io.Discard, content)
	return err
}
