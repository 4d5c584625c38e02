package evidence

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"filippo.io/age"
	"github.com/transparency-dev/formats/log"
	f_proof "github.com/transparency-dev/formats/proof"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"

	"candor"
)

// VerifyBundle checks an exported case: that the log has its entries, that its
// blobs and revealed values are those that the entries name, and that its tree
// continues earlier checkpoints, where the bundle proves that. It cannot tell
// whether the bundle has all entries about a case.
func VerifyBundle(ctx context.Context, path string, o VerifyOptions) (Report, error) {
	c, err := newChecker("bundle", path, o)
	if err != nil {
		return Report{}, err
	}
	f, err := os.Open(path)
	if err != nil {
		return Report{}, unavailable("verify", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return Report{}, unavailable("verify", err)
	}
	var identities []age.Identity
	if o.IdentityFile != "" {
		if identities, err = readIdentities(o.IdentityFile); err != nil {
			return Report{}, err
		}
	}
	b, err := ReadBundle(f, info.Size())
	if err != nil {
		c.fail("form", "This is no bundle, or a damaged one: %v.", err)
		return c.Report, nil
	}
	c.Title = b.Manifest.Title
	c.pass("form", "The bundle has the files that its table of contents names, and no others.")
	v := &bundleChecker{checker: c, bundle: b, identities: identities, named: map[Digest]bool{}, entries: map[uint64]map[string]Digest{}}
	return v.run(ctx)
}

// readIdentities reads a file of age identities.
func readIdentities(file string) ([]age.Identity, error) {
	data, err := readFile(file, 1<<20)
	if err != nil {
		return nil, fmt.Errorf("identity: %w", err)
	}
	ids, err := age.ParseIdentities(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("identity: %s: %w: %w", file, candor.ErrInvalid, err)
	}
	return ids, nil
}

// bundleChecker checks one bundle.
type bundleChecker struct {
	*checker
	bundle     *BundleFile
	identities []age.Identity
	named      map[Digest]bool              // blobs that entries name
	entries    map[uint64]map[string]Digest // the personal digests of entries
}

func (v *bundleChecker) run(ctx context.Context) (Report, error) {
	public, err := v.bundle.read(publicName, maxKey)
	if err != nil {
		public = nil
	}
	if !v.checkKey(public) {
		return v.Report, nil
	}
	data, err := v.bundle.Checkpoint()
	if err != nil {
		data = nil
	}
	cp, ok := v.checkpoint(data)
	if !ok {
		return v.Report, nil
	}
	for _, check := range []func(context.Context, log.Checkpoint) error{v.checkEntries, v.checkBundleEarlier, v.checkBundleBlobs, v.checkPersonal} {
		if err := check(ctx, cp); err != nil {
			return v.Report, err
		}
	}
	return v.Report, nil
}

func (v *bundleChecker) checkEntries(ctx context.Context, cp log.Checkpoint) error {
	var t troubles
	for _, index := range v.bundle.Manifest.Entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		e, data, err := v.bundle.Entry(index)
		if err != nil {
			t.add("entry %d: %v", index, err)
			continue
		}
		if err := v.included(index, data, cp); err != nil {
			t.add("entry %d: the log does not have it: %v", index, err)
			continue
		}
		for _, d := range e.Blobs {
			v.named[d] = true
		}
		v.entries[index] = e.Personal
	}
	v.conclude("entries", t,
		fmt.Sprintf("All %d entries are in the log that the checkpoint was signed for. Whether these are all that the log has about the case cannot be seen from a bundle.", len(v.bundle.Manifest.Entries)),
		fmt.Sprintf("%d of %d entries are malformed, or not in the log that the checkpoint was signed for.", t.count, len(v.bundle.Manifest.Entries)))
	return nil
}

// included checks the proof of one entry.
func (v *bundleChecker) included(index uint64, entry []byte, cp log.Checkpoint) error {
	text, err := v.bundle.read(fmt.Sprintf(inclusionName, index), maxInclude)
	if err != nil {
		return err
	}
	var p f_proof.TLogProof
	if err := p.Unmarshal(text); err != nil {
		return err
	}
	if p.Index != index {
		return errors.New("the proof is of another entry")
	}
	hashes := make([][]byte, len(p.Hashes))
	for i := range p.Hashes {
		hashes[i] = p.Hashes[i][:]
	}
	return proof.VerifyInclusion(rfc6962.DefaultHasher, index, cp.Size, rfc6962.DefaultHasher.HashLeaf(entry), hashes, cp.Hash)
}

func (v *bundleChecker) checkBundleEarlier(_ context.Context, cp log.Checkpoint) error {
	for _, e := range v.earlier() {
		if e.Size > cp.Size {
			v.skip("earlier", "Your checkpoint of %d entries is newer than the bundle, which was made at %d: only the log could prove that it continues.", e.Size, cp.Size)
			continue
		}
		hashes, has := v.bundle.consistency(e.Size)
		if !has && e.Size != cp.Size && e.Size > 0 {
			v.skip("earlier", "The bundle has no proof that it continues your checkpoint of %d entries.", e.Size)
			continue
		}
		if err := continued(e, cp, hashes); err != nil {
			v.fail("earlier", "The history was rewritten: the log does not continue your checkpoint of %d entries.", e.Size)
			continue
		}
		v.pass("earlier", "The log continues your checkpoint of %d entries.", e.Size)
	}
	return nil
}

// continued tells whether the tree of now continues that of before.
func continued(before, now log.Checkpoint, hashes [][]byte) error {
	if before.Size == 0 {
		return nil // everything continues nothing
	}
	if before.Size == now.Size {
		hashes = nil
	}
	return proof.VerifyConsistency(rfc6962.DefaultHasher, before.Size, now.Size, hashes, before.Hash, now.Hash)
}

func (v *bundleChecker) checkBundleBlobs(ctx context.Context, _ log.Checkpoint) error {
	blobs := v.bundle.Manifest.Blobs
	if len(blobs) == 0 {
		return nil
	}
	if v.sealed() {
		v.skip("blobs", "%d blobs are encrypted and were not read. Give the identity of a recipient.", len(blobs))
		return nil
	}
	var t troubles
	for _, d := range blobs {
		if err := ctx.Err(); err != nil {
			return err
		}
		if !v.named[d] {
			t.add("blob %s: no entry that is proved names it", d)
			continue
		}
		if err := v.checkBlob(d); err != nil {
			t.add("blob %s: %v", d, err)
		}
	}
	v.conclude("blobs", t, fmt.Sprintf("All %d blobs are those that entries name.", len(blobs)),
		fmt.Sprintf("%d of %d blobs are not those that entries name.", t.count, len(blobs)))
	return nil
}

// sealed tells whether blobs and personal values cannot be read here.
func (v *bundleChecker) sealed() bool { return v.bundle.Manifest.Encrypted && len(v.identities) == 0 }

func (v *bundleChecker) checkBlob(d Digest) error {
	content, err := v.bundle.Blob(d)
	if err != nil {
		return err
	}
	defer content.Close()
	plain, err := v.decrypted(content)
	if err != nil {
		return err
	}
	h := sha256.New()
	if _, err := io.Copy(h, plain); err != nil {
		return err
	}
	if Digest(h.Sum(nil)) != d {
		return errors.New("it is another content")
	}
	return nil
}

func (v *bundleChecker) decrypted(r io.Reader) (io.Reader, error) {
	if !v.bundle.Manifest.Encrypted {
		return r, nil
	}
	return age.Decrypt(r, v.identities...)
}

func (v *bundleChecker) checkPersonal(context.Context, log.Checkpoint) error {
	if !v.bundle.Manifest.Revealed {
		return nil
	}
	if v.sealed() {
		v.skip("personal", "The revealed personal values are encrypted and were not read. Give the identity of a recipient.")
		return nil
	}
	values, err := v.revealed()
	if err != nil {
		v.fail("personal", "The revealed personal values cannot be read: %v.", err)
		return nil
	}
	var t troubles
	for _, p := range values {
		if d, has := v.entries[p.Index][p.Name]; !has || !Reveals(d, p.Salt, p.Value) {
			t.add("%.100q of entry %d", p.Name, p.Index)
		}
	}
	v.conclude("personal", t, fmt.Sprintf("All %d revealed personal values are those that the entries were made with.", len(values)),
		fmt.Sprintf("%d of %d revealed personal values are not those that the entries were made with.", t.count, len(values)))
	return nil
}

func (v *bundleChecker) revealed() ([]Revealed, error) {
	content, err := v.bundle.open(v.bundle.secretName(personalName))
	if err != nil {
		return nil, err
	}
	defer content.Close()
	plain, err := v.decrypted(content)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(plain, maxPersonal+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxPersonal {
		return nil, fmt.Errorf("larger than %d bytes", maxPersonal)
	}
	var out []Revealed
	err = json.Unmarshal(data, &out)
	return out, err
}
