package good

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"candor"
)

// parseJSON reads the checksums of WordPress.org: of the core, paths with
// their MD5 ("checksums", in some answers below a version), and of plugins,
// paths with MD5 and SHA-256, of which there may be several ("files").
func parseJSON(text []byte) ([]Sum, error) {
	var doc struct {
		Checksums map[string]json.RawMessage `json:"checksums"`
		Files     map[string]struct {
			MD5    words `json:"md5"`
			SHA256 words `json:"sha256"`
		} `json:"files"`
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		return nil, fmt.Errorf("%w: %w", candor.ErrInvalid, err)
	}
	var all []Sum
	for _, path := range slices.Sorted(maps.Keys(doc.Files)) {
		f := doc.Files[path]
		digests := f.SHA256
		if len(digests) == 0 {
			digests = f.MD5
		}
		for _, d := range digests {
			s, err := sumOf(path, d)
			if err != nil {
				return nil, err
			}
			all = append(all, s)
		}
	}
	more, err := core(doc.Checksums)
	if err == nil && len(all)+len(more) == 0 {
		err = candor.WithHint(fmt.Errorf("the JSON holds no checksums: %w", candor.ErrInvalid), "It should have them under \"checksums\" or \"files\".")
	}
	return append(all, more...), err
}

func core(checksums map[string]json.RawMessage) (all []Sum, err error) {
	for _, name := range slices.Sorted(maps.Keys(checksums)) {
		var digest string
		below := map[string]string{}
		if json.Unmarshal(checksums[name], &digest) == nil {
			below[name] = digest
		} else if err := json.Unmarshal(checksums[name], &below); err != nil {
			return nil, fmt.Errorf("checksum of %.80q: %w: %w", name, candor.ErrInvalid, err)
		}
		for _, path := range slices.Sorted(maps.Keys(below)) {
			s, err := sumOf(path, below[path])
			if err != nil {
				return nil, err
			}
			all = append(all, s)
		}
	}
	slices.SortStableFunc(all, func(a, b Sum) int { return cmp.Compare(a.Path, b.Path) })
	return all, nil
}

func sumOf(path, digest string) (Sum, error) {
	s := Sum{Path: path}
	if !s.digest(digest) {
		return s, fmt.Errorf("checksum of %.80q: %.80q is no digest: %w", path, digest, candor.ErrInvalid)
	}
	return s, nil
}

// words are one word or several.
type words []string

// UnmarshalJSON reads a string or an array of them.
func (w *words) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*w = words{one}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(w))
}
