package taxii

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"candor"
)

// mostMatches is how many values of a filter are looked at.
const mostMatches = 1000

// parseFilter reads the filter of a request, and from where on to read. What is
// wrong with it is candor.ErrInvalid. most is the longest page.
func parseFilter(q url.Values, most int) (f Filter, after string, err error) {
	f.Limit = most
	if text := q.Get("limit"); q.Has("limit") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return f, "", fmt.Errorf("limit %.40q is no positive number: %w", text, candor.ErrInvalid)
		}
		f.Limit = min(n, most)
	}
	if q.Has("added_after") {
		if f.AddedAfter, err = parseTime(q.Get("added_after")); err != nil {
			return f, "", fmt.Errorf("added_after: %w", err)
		}
	}
	for key, list := range map[string]*[]string{"match[id]": &f.IDs, "match[type]": &f.Types, "match[version]": &f.Versions, "match[spec_version]": &f.SpecVersions} {
		for _, v := range q[key] {
			for w := range strings.SplitSeq(v, ",") {
				if w = strings.TrimSpace(w); w != "" {
					*list = append(*list, w)
				}
			}
		}
		if len(*list) > mostMatches {
			return f, "", fmt.Errorf("%s: more than %d values: %w", key, mostMatches, candor.ErrInvalid)
		}
	}
	for _, v := range f.Versions {
		if v != "first" && v != "last" && v != "all" {
			if _, err := parseTime(v); err != nil {
				return f, "", fmt.Errorf("match[version]: %w", err)
			}
		}
	}
	if q.Has("next") {
		after, err = f.cursor(q.Get("next"))
	}
	return f, after, err
}

// next is a place in the answer to a question: another question is refused it.
type next struct {
	After  string `json:"a"`
	Filter string `json:"f"`
}

// digest tells questions apart. The length of pages may change between them.
func (f Filter) digest() string {
	f.Limit = 0
	f.IDs, f.Types, f.Versions, f.SpecVersions = sorted(f.IDs), sorted(f.Types), sorted(f.Versions), sorted(f.SpecVersions)
	raw, err := json.Marshal(f)
	if err != nil {
		return err.Error()
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:8])
}

func sorted(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return list
}

func (f Filter) next(after string) string {
	raw, err := json.Marshal(next{after, f.digest()})
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

func (f Filter) cursor(token string) (string, error) {
	var n next
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || json.Unmarshal(raw, &n) != nil || n.After == "" {
		return "", fmt.Errorf("next is not of this server: %w", candor.ErrInvalid)
	}
	if n.Filter != f.digest() {
		return "", fmt.Errorf("next is of another question: %w", candor.ErrInvalid)
	}
	return n.After, nil
}
