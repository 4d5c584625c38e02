package main

import (
	"bytes"
	_ "embed" // of the peer's script
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

//go:embed peer.py
var script []byte

// peer has IntelMQ read the same file, and gives how many rows it read, in how
// many seconds, and the most memory that it held, in bytes.
func peer(python, intelmq, file string) (rows int, seconds float64, memory int64, err error) {
	cmd := exec.Command(python, "-", intelmq, file, filepath.Base(file))
	cmd.Stdin, cmd.Stderr = bytes.NewReader(script), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return 0, 0, 0, fmt.Errorf("IntelMQ's parser: %w", err)
	}
	_, err = fmt.Sscan(string(out), &rows, &seconds, &memory)
	return rows, seconds, memory, err
}
