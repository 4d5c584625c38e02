package feed

import (
	"io"
	"slices"

	"candor/internal/intel"
	"candor/internal/intel/version"
)

// ReadDebian reads the JSON of Debian's security tracker, package by package, and
// hands over a vulnerability for each package, CVE and release, of these releases
// or of all. A release in which the package never had it is left out, and so is what
// Debian holds to be no matter of security ("unimportant"); one that is not yet
// decided tells no versions.
func ReadDebian(r io.Reader, releases []string, each func(intel.Vulnerability) error) error {
	d := newValues(r)
	return told("Debian", members(d, func(name string) error {
		return members(d, func(id string) error {
			var e struct {
				Description string `json:"description"`
				Releases    map[string]struct {
					Status  string `json:"status"`
					Fixed   string `json:"fixed_version"`
					Urgency string `json:"urgency"`
				} `json:"releases"`
			}
			if err := d.Decode(&e); err != nil {
				return err
			}
			var names []string
			for release := range e.Releases {
				if len(releases) == 0 || slices.Contains(releases, release) {
					names = append(names, release)
				}
			}
			slices.Sort(names)
			for _, release := range names {
				s := e.Releases[release]
				v := intel.Vulnerability{ID: id, Product: name, Ecosystem: "Debian:" + release, Title: e.Description, Scheme: version.Debian}
				switch {
				case s.Status == "resolved" && s.Fixed == "0", s.Urgency == "unimportant":
					continue
				case s.Status == "resolved":
					v.Ranges, v.Fixed = []version.Range{{Until: s.Fixed}}, []string{s.Fixed}
				case s.Status == "open":
					v.Ranges = []version.Range{{}}
				}
				if err := each(v); err != nil {
					return &given{err}
				}
			}
			return nil
		})
	}))
}
