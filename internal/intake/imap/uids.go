package imap

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/emersion/go-imap/v2"

	"candor"
)

// uids is a set of UIDs.
type uids map[imap.UID]bool

func (u uids) all() iter.Seq[imap.UID] { return maps.Keys(u) }

// only leaves those that are in others, too.
func (u uids) only(others uids) {
	maps.DeleteFunc(u, func(uid imap.UID, _ bool) bool { return !others[uid] })
}

// String writes ranges: "1:400,402".
func (u uids) String() string {
	var b strings.Builder
	sorted := slices.Sorted(u.all())
	for i := 0; i < len(sorted); {
		end := i
		for end+1 < len(sorted) && sorted[end+1] == sorted[end]+1 {
			end++
		}
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%d", sorted[i])
		if end > i {
			fmt.Fprintf(&b, ":%d", sorted[end])
		}
		i = end + 1
	}
	return b.String()
}

// mostUIDs bounds a set that is read.
const mostUIDs = 10_000_000

// parseUIDs reads what String wrote; what is anything else is
// candor.ErrInvalid.
func parseUIDs(s string) (uids, error) {
	u := uids{}
	if s == "" {
		return u, nil
	}
	for piece := range strings.SplitSeq(s, ",") {
		first, last, ranged := strings.Cut(piece, ":")
		if !ranged {
			last = first
		}
		a, err := strconv.ParseUint(first, 10, 32)
		b, err2 := strconv.ParseUint(last, 10, 32)
		if err != nil || err2 != nil || a == 0 || b < a || b-a >= mostUIDs-uint64(len(u)) {
			return nil, fmt.Errorf("a set of UIDs %.60q: %w", piece, candor.ErrInvalid)
		}
		for n := a; n <= b; n++ {
			u[imap.UID(n)] = true
		}
	}
	return u, nil
}
