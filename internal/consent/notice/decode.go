package notice

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/gowebpki/jcs"
)

// Decode reads a notice strictly: all that its schema forbids is a problem,
// with a pointer to where it is, and there is no notice then. It is safe for
// hostile input: size, depth and lengths are bounded.
func Decode(data []byte) (*Notice, []Problem) {
	var r report
	v, ok := tree(data, &r)
	if !ok {
		return nil, r.problems
	}
	if document().check(v, "", &r); Faulty(r.problems) {
		return nil, r.problems
	}
	n := &Notice{}
	if err := json.Unmarshal(data, n); err != nil { // what has the shape always fits
		r.fault("", "json", map[string]any{"offset": 0})
		return nil, r.problems
	}
	return n, nil
}

// Fill puts empty lists and texts where a notice that is not whole has none of
// those that it needs, so that checks name them as empty. It changes n.
func (n *Notice) Fill() {
	fill(&n.Parties)
	fill(&n.Purposes)
	fill(&n.Rights)
	fill(&n.Security.Practices)
	for _, t := range []*Text{&n.Title, &n.Summary} {
		fillText(t)
	}
	for i := range n.Purposes {
		p := &n.Purposes[i]
		fillText(&p.Description)
		fill(&p.Data)
		fill(&p.Locations)
	}
	if n.Consent != nil {
		fillText(&n.Consent.Ask)
		fillText(&n.Consent.Withdrawal)
	}
	c := &n.Code
	fillUses(c.Scripts, func(s *Script) { fill(&s.Purposes) })
	fillUses(c.Workers, func(s *Worker) { fill(&s.Purposes) })
	fillUses(c.Storage, func(s *Storage) { fill(&s.Purposes) })
	fillUses(c.Requests, func(s *Request) { fill(&s.Purposes) })
	fillUses(c.Permissions, func(s *Permission) { fill(&s.Purposes) })
	fillUses(c.Downloads, func(s *Download) { fill(&s.Purposes) })
	fillUses(c.Extensions, func(s *Extension) { fill(&s.Purposes) })
	fillUses(c.Changes, func(s *Change) { fill(&s.Purposes) })
}

func fill[T any](list *[]T) {
	if *list == nil {
		*list = []T{}
	}
}

func fillText(t *Text) {
	if *t == nil {
		*t = Text{}
	}
}

func fillUses[T any](list []T, do func(*T)) {
	for i := range list {
		do(&list[i])
	}
}

// Canonical gives the one form in which a notice is pinned, served and
// compared: RFC 8785 (JCS).
func (n *Notice) Canonical() ([]byte, error) {
	data, err := json.Marshal(n)
	if err == nil {
		data, err = jcs.Transform(data)
	}
	if err != nil {
		return nil, fmt.Errorf("canonical form of notice %s: %w", n.ID, err)
	}
	return data, nil
}

// Digest gives the SHA-256 of the canonical form, in lower-case hexadecimal.
// It names a version: what differs in anything has another.
func (n *Notice) Digest() (string, error) {
	data, err := n.Canonical()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]), nil
}

// LinkedData gives the notice as JSON-LD, with its context inside.
func (n *Notice) LinkedData() ([]byte, error) {
	data, err := json.Marshal(n)
	if err != nil {
		return nil, fmt.Errorf("notice %s as linked data: %w", n.ID, err)
	}
	var members map[string]any
	if err := json.Unmarshal(data, &members); err != nil {
		return nil, fmt.Errorf("notice %s as linked data: %w", n.ID, err)
	}
	members["@context"], members["@type"] = vocabulary(), "dpv:PrivacyNotice"
	return indented(members), nil
}

// Since gives the day from which the notice holds, the zero time if there is
// no such day.
func (n *Notice) Since() time.Time {
	t, err := time.Parse(time.DateOnly, n.Effective)
	if err != nil {
		return time.Time{}
	}
	return t
}
