package evidence

import (
	"fmt"
	"hash"
	"io"
	"os"

	"candor"
)

// blobReader decrypts a blob and compares its digest at the end.
type blobReader struct {
	plain io.Reader
	file  *os.File
	want  Digest
	hash  hash.Hash
}

func (b *blobReader) Read(p []byte) (int, error) {
	n, err := b.plain.Read(p)
	b.hash.Write(p[:n])
	switch {
	case err == nil:
		return n, nil
	case err != io.EOF:
		return n, fmt.Errorf("blob %s: %w: %w", b.want, candor.ErrChanged, err)
	case Digest(b.hash.Sum(nil)) != b.want:
		return n, fmt.Errorf("blob %s: it is another content: %w", b.want, candor.ErrChanged)
	}
	return n, io.EOF
}

func (b *blobReader) Close() error { return b.file.Close() }
