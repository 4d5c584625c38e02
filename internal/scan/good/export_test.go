package good

import (
	"bytes"
	"context"
)

// Members gives the names of the members of an archive, which may unpack to
// 4 MB and more for each byte of its own.
func Members(ctx context.Context, content []byte) (names []string, err error) {
	m := members{ctx: ctx, least: 4 << 20, add: func(name string, _ Digest) error { names = append(names, name); return nil }}
	return names, m.open(bytes.NewReader(content), int64(len(content)))
}
