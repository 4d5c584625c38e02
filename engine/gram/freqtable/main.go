// Freqtable makes the frequency table of package gram from a tree of typical
// content:
//
//	go run ./engine/gram/freqtable DIR... > engine/gram/frequency.bin
//
// Files of a tree weigh alike up to 256 KiB each, so that a few large ones do
// not make the table. Binary files count for pairs only: as good as random, they
// would raise every hashed entry alike and say nothing about any.
package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"candor/engine/gram"
)

const perFile = 256 << 10

type counts struct {
	pair  [1 << 16]uint32
	quad  [1 << 16]uint32
	total int
}

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "freqtable:", err)
		os.Exit(2)
	}
}

func run(dirs []string, out io.Writer) error {
	if len(dirs) == 0 {
		return fmt.Errorf("name at least one folder of typical content")
	}
	var c counts
	for _, d := range dirs {
		err := filepath.WalkDir(d, func(path string, e fs.DirEntry, err error) error {
			if err != nil || !e.Type().IsRegular() {
				return err
			}
			return c.addFile(path)
		})
		if err != nil {
			return err
		}
	}
	return c.write(out)
}

func (c *counts) addFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, perFile))
	if err != nil {
		return err
	}
	text := !bytes.Contains(b, []byte{0})
	for i := range b {
		b[i] = gram.Fold(b[i])
	}
	for i := 0; i+4 <= len(b); i++ {
		c.pair[int(b[i])<<8|int(b[i+1])]++
		if text {
			c.quad[gram.QuadHash(binary.LittleEndian.Uint32(b[i:]))]++
		}
	}
	c.total += len(b)
	return nil
}

func (c *counts) write(out io.Writer) error {
	if c.total == 0 {
		return fmt.Errorf("no content found")
	}
	w := bufio.NewWriter(out)
	for _, list := range [][1 << 16]uint32{c.pair, c.quad} {
		for _, n := range list {
			if err := w.WriteByte(gram.Encode(float64(n) / float64(c.total))); err != nil {
				return err
			}
		}
	}
	return w.Flush()
}
