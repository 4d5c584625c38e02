package quarantine

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
)

// hole is the size of a run of zeros that a sparse file leaves out, in bytes:
// a block of most file systems.
const hole = 4 << 10

// copyTo writes p's bytes, and fails if src gives others. If the file was
// sparse, blocks of zeros are left out again.
func copyTo(f *os.File, src io.Reader, p *Place) error {
	h := sha256.New()
	var dst io.Writer = f
	if p.Meta.Sparse {
		dst = &sparse{f: f}
	}
	buf := make([]byte, 256<<10) // a multiple of hole
	var n int64
	for {
		got, err := io.ReadFull(src, buf)
		n += int64(got)
		h.Write(buf[:got])
		if _, err := dst.Write(buf[:got]); err != nil {
			return err
		}
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			break
		}
		if err != nil {
			return err
		}
		if n > p.Size {
			break
		}
	}
	if digest := hex.EncodeToString(h.Sum(nil)); n != p.Size || digest != p.SHA256 {
		return fmt.Errorf("the vault gave %d bytes with digest %s instead of %d with %s: it is damaged", n, digest, p.Size, p.SHA256)
	}
	return f.Truncate(p.Size)
}

// sparse writes whole blocks, and skips those that are zero.
type sparse struct {
	f *os.File
}

var zeros [hole]byte

func (s *sparse) Write(data []byte) (int, error) {
	for left := data; len(left) > 0; {
		block := left[:min(hole, len(left))]
		left = left[len(block):]
		var err error
		if bytes.Equal(block, zeros[:len(block)]) {
			_, err = s.f.Seek(int64(len(block)), io.SeekCurrent)
		} else {
			_, err = s.f.Write(block)
		}
		if err != nil {
			return 0, err
		}
	}
	return len(data), nil
}
