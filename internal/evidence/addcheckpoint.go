package evidence

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"candor"
)

// maxProof is how many hashes a proof of consistency may have: C2SP
// tlog-witness.
const maxProof = 63

// addCheckpoint is a request for a cosignature: C2SP tlog-witness.
type addCheckpoint struct {
	old        uint64
	proof      [][]byte
	checkpoint []byte // signed note, unverified
	origin     string // its first line, unverified
}

func parseAddCheckpoint(body []byte) (addCheckpoint, error) {
	bad := func(what string) (addCheckpoint, error) {
		return addCheckpoint{}, fmt.Errorf("request: %s: %w", what, candor.ErrInvalid)
	}
	head, checkpoint, found := strings.Cut(string(body), "\n\n")
	if !found {
		return bad("no checkpoint")
	}
	lines := strings.Split(head, "\n")
	number, found := strings.CutPrefix(lines[0], "old ")
	if !found {
		return bad("no old size")
	}
	old, err := strconv.ParseUint(number, 10, 63)
	if err != nil || strconv.FormatUint(old, 10) != number {
		return bad("the old size is no number")
	}
	if len(lines)-1 > maxProof {
		return bad("the proof is too long")
	}
	q := addCheckpoint{old: old, checkpoint: []byte(checkpoint)}
	for _, line := range lines[1:] {
		h, err := base64.StdEncoding.Strict().DecodeString(line)
		if err != nil || len(h) != len(Digest{}) {
			return bad("a line of the proof is no hash")
		}
		q.proof = append(q.proof, h)
	}
	if q.origin, _, found = strings.Cut(checkpoint, "\n"); !found || q.origin == "" {
		return bad("no origin")
	}
	return q, nil
}
