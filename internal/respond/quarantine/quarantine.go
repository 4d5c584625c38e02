// Package quarantine moves files away from where they do harm: their bytes
// into a vault, all else about them into the response, so that a file can be
// put back as it was.
//
// The order keeps the bytes in at least one place at every moment: first they
// are durable in the vault, then the owner, mode, times, extended attributes
// and flags are durable in the response's result, and only then is the file
// taken out of its place. That is one rename, after which it is looked whether
// what was taken out is what was read; if not it is put back.
//
// Everything happens below a root of the asset, relative to folders that were
// opened without following a link, so that whoever may write there cannot lead
// it astray. Names that begin with ".candor-" are files on their way; a second
// call of Apply or Revert finishes what was interrupted.
//
// One window remains: a program that has the file open and writes to it
// between the last look (size and time of change, after the rename) and the
// removal, some microseconds later, writes into a file that has no name any
// more. The same holds for writes through a mapping that the kernel has not
// yet noted in the file's time of change. What was read before is in the vault.
package quarantine

import (
	"context"
	"encoding/json"
	"io"

	"candor"
	"candor/internal/respond"
)

// Vault keeps bytes, named by the SHA-256 of what was put in, in lower-case
// hexadecimal. It is safe for concurrent use.
type Vault interface {
	// Put reads to the end and keeps the bytes durably before it returns. If
	// the reader gives an error it keeps nothing and gives that error, wrapped.
	// Bytes that it holds already are no error.
	Put(ctx context.Context, r io.Reader) (digest string, size int64, err error)
	// Get gives bytes that were put, and candor.ErrNotFound if it has none.
	Get(ctx context.Context, digest string) (io.ReadCloser, error)
}

// Method is the response "quarantine". Linux only. It is safe for concurrent
// use. It must run as root, or as the owner of the files.
type Method struct {
	vaults map[string]Vault
}

// New makes the method. The vaults go by the names that Options.Vault uses;
// the one named "" is used where none is named.
func New(vaults map[string]Vault) *Method { return &Method{vaults: vaults} }

// Name is "quarantine".
func (*Method) Name() string { return "quarantine" }

// TouchesAsset is true.
func (*Method) TouchesAsset() bool { return true }

func (m *Method) vault(name string) (Vault, error) {
	if v := m.vaults[name]; v != nil {
		return v, nil
	}
	return nil, invalid("there is no vault %q", "Choose a vault that is set up, or none for the usual one.", name)
}

// proof is what the evidence log gets to know.
type proof struct {
	Files    int   `json:"files"`
	Bytes    int64 `json:"bytes"`
	Moved    int   `json:"moved"`
	Restored int   `json:"restored,omitempty"`
	Gone     int   `json:"gone,omitempty"`
	Failed   int   `json:"failed,omitempty"`
}

// Prove implements respond.Prover: how many files, and the digests of those
// that the vault holds.
func (*Method) Prove(resp candor.Response) (respond.Proof, error) {
	if len(resp.Result) == 0 {
		return respond.Proof{}, nil
	}
	res, err := ReadResult(resp.Result)
	if err != nil {
		return respond.Proof{}, err
	}
	p, blobs := proof{Files: len(res.Places)}, []string(nil)
	for _, k := range res.Places {
		switch k.State {
		case Moved:
			p.Moved++
		case Restored:
			p.Restored++
		case Gone:
			p.Gone++
		case Failed:
			p.Failed++
		}
		if k.Meta != nil {
			p.Bytes += k.Size
			blobs = append(blobs, k.SHA256)
		}
	}
	body, err := json.Marshal(p)
	return respond.Proof{Body: body, Blobs: blobs}, err
}
