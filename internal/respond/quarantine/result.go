package quarantine

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path"
	"path/filepath"
	"strings"

	"candor"
)

// MaxPlaces bounds how many files one response takes.
const MaxPlaces = 10_000

// Result is what Response.Result holds for this method: all that is needed to
// put the files back.
type Result struct {
	Vault  string  `json:"vault,omitempty"`
	Places []Place `json:"places"`
}

// PlaceState says how far one file is.
type PlaceState string

const (
	Waiting  PlaceState = "waiting"  // nothing was done to it
	Kept     PlaceState = "kept"     // the vault has it; it is being taken away, or was
	Moved    PlaceState = "moved"    // the vault has it, and it is gone from its place
	Gone     PlaceState = "gone"     // it was not there any more
	Restored PlaceState = "restored" // it is back
	Failed   PlaceState = "failed"   // it is where it was; Error says why
)

// Place is one file.
type Place struct {
	Root   Raw        `json:"root"` // absolute
	Path   Raw        `json:"path"` // relative to it
	SHA256 string     `json:"sha256"`
	Size   int64      `json:"size"` // bytes
	State  PlaceState `json:"state"`
	Error  string     `json:"error,omitempty"`
	// Token makes the names that the file goes by on its way: unpredictable.
	// It is set from the moment at which the vault has the bytes.
	Token string `json:"token,omitempty"`
	// Stub is the SHA-256 of what takes the file's place; empty for nothing.
	Stub string    `json:"stub,omitempty"`
	Meta *Metadata `json:"meta,omitempty"` // set with Token
}

// The names a file goes by on its way are those of roles.
const (
	oldName  = "old"  // the file, taken out of its place
	stubName = "stub" // the stub; the file once they are exchanged
	newName  = "new"  // the file that is being put back; the stub once they are exchanged
)

// ReadResult reads Response.Result. What it accepts is safe to act on: no
// path leads out of its root and no name into another folder. The error is
// candor.ErrInvalid.
func ReadResult(data json.RawMessage) (Result, error) {
	var r Result
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	err := d.Decode(&r)
	if err == nil && len(r.Places) > MaxPlaces {
		err = fmt.Errorf("it holds more than %d files", MaxPlaces)
	}
	for i := range r.Places {
		if err == nil {
			err = r.Places[i].check()
		}
	}
	if err != nil {
		return Result{}, fmt.Errorf("read the result of a quarantine: %w: %w", candor.ErrInvalid, err)
	}
	return r, nil
}

func (p *Place) check() error {
	if err := checkPath(p.Root, p.Path); err != nil {
		return err
	}
	switch p.State {
	case Waiting, Kept, Moved, Gone, Restored, Failed:
	default:
		return fmt.Errorf("%.20q is no state of a file", p.State)
	}
	switch {
	case !isDigest(p.SHA256) || p.Stub != "" && !isDigest(p.Stub) || p.Stub == p.SHA256:
		return fmt.Errorf("%q has no proper digest", p.Path)
	case p.Size < 0:
		return fmt.Errorf("%q has a negative size", p.Path)
	case p.Token != "" && !isHex(p.Token, tokenBytes):
		return fmt.Errorf("%q has no proper token", p.Path)
	case (p.Token == "") != (p.Meta == nil) || p.Token == "" && (p.State == Kept || p.State == Moved || p.State == Restored):
		return fmt.Errorf("%q lacks its metadata", p.Path)
	}
	return p.Meta.check()
}

// checkPath gives candor.ErrInvalid unless root is an absolute path and rel
// one below it, both as short as they can be written.
func checkPath(root, rel Raw) error {
	r, p := string(root), string(rel)
	whole := !strings.ContainsRune(r, 0) && !strings.ContainsRune(p, 0)
	if !whole || !path.IsAbs(r) || path.Clean(r) != r || p == "." || !filepath.IsLocal(p) || path.Clean(p) != p {
		return invalid("%.200q in %.200q is no path below a root",
			"Give an absolute root, and a path relative to it without “..”.", p, r)
	}
	return nil
}

func isDigest(s string) bool { return isHex(s, 32) }

// isHex tells whether s writes that many bytes in lower-case hexadecimal.
func isHex(s string, size int) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == size && strings.ToLower(s) == s
}
