package feed

import (
	"archive/zip"
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"candor"
	"candor/internal/intake"
	"candor/internal/intel"
	"candor/internal/intel/version"
)

// Bounds of OSV.
const (
	mostRecord   = 16 << 20 // bytes of one
	mostRecords  = 1_000_000
	mostAffected = 20_000 // packages of one record
	mostEvents   = 10_000 // of one range
	mostMended   = 1000   // versions that mend a vulnerability in a package of RPM
)

// osv is a record of Open Source Vulnerabilities (schema 1.7), with what is of use.
type osv struct {
	ID        string   `json:"id"`
	Aliases   []string `json:"aliases"`
	Upstream  []string `json:"upstream"` // what an advisory of a distribution is about
	Related   []string `json:"related"`
	Summary   string   `json:"summary"`
	Details   string   `json:"details"`
	Published string   `json:"published"`
	Modified  string   `json:"modified"`
	Withdrawn string   `json:"withdrawn"`
	Affected  []struct {
		Package struct {
			Ecosystem string `json:"ecosystem"`
			Name      string `json:"name"`
			PURL      string `json:"purl"`
		} `json:"package"`
		Ranges []struct {
			Type   string              `json:"type"`
			Events []map[string]string `json:"events"`
		} `json:"ranges"`
		Versions []string `json:"versions"`
	} `json:"affected"`
}

// ReadOSV reads records of Open Source Vulnerabilities: a zip of them, which is
// spooled to a file in a folder, or one alone. It hands over a vulnerability for
// each package of each record; of packages of RPM, for each that an advisory of their
// distribution is about, and what all advisories say comes together. Records that
// cannot be read are skipped; a zip of which none can is candor.ErrInvalid, and so is one
// of which nothing is wanted. wanted tells of which ecosystems it is read; nil: of all.
func ReadOSV(r io.Reader, folder string, wanted func(ecosystem string) bool, each func(intel.Vulnerability) error, skip func()) error {
	rpms := advised{at: map[[3]string]*intel.Vulnerability{}}
	in := bufio.NewReader(r)
	magic, _ := in.Peek(4)
	zipped, other, some := bytes.Equal(magic, []byte("PK\x03\x04")), "", false
	err := readOSV(in, zipped, folder, func(v intel.Vulnerability) error {
		if wanted != nil && !wanted(v.Ecosystem) {
			other = v.Ecosystem
			return nil
		}
		some = true
		if v.Scheme == version.RPM {
			return rpms.add(v)
		}
		return each(v)
	}, skip)
	if err != nil {
		return err
	}
	if zipped && other != "" && !some {
		return fmt.Errorf("nothing in it is of the releases of the feed, but of others, such as %.100q: write releases as it does, or leave them out: %w", other, candor.ErrInvalid)
	}
	return rpms.each(each)
}

// advised is what advisories say of packages of RPM. A release of a distribution gets
// several updates that mend the same.
type advised struct {
	order []*intel.Vulnerability
	at    map[[3]string]*intel.Vulnerability
}

// mostAdvised is how many packages with a vulnerability there are at most.
const mostAdvised = 500_000

func (a *advised) add(v intel.Vulnerability) error {
	key := [3]string{v.ID, v.Ecosystem, v.Product}
	have := a.at[key]
	if have == nil {
		if len(a.order) == mostAdvised {
			return fmt.Errorf("more than %d packages with a vulnerability: %w", mostAdvised, candor.ErrInvalid)
		}
		one := v
		one.Fixed, one.Ranges, one.Versions = nil, nil, nil // which are of other vulnerabilities too
		have = &one
		a.at[key] = have
		a.order = append(a.order, have)
	}
	var ok [3]bool
	have.Fixed, ok[0] = union(have.Fixed, v.Fixed)
	have.Ranges, ok[1] = union(have.Ranges, v.Ranges)
	have.Versions, ok[2] = union(have.Versions, v.Versions)
	if slices.Contains(ok[:], false) {
		return fmt.Errorf("more than %d versions of %.100q with %s: %w", mostMended, v.Product, v.ID, candor.ErrInvalid)
	}
	return nil
}

// union adds what is not there yet, to a slice of its own; ok is false if it is too much.
func union[T comparable](have, more []T) (all []T, ok bool) {
	if len(more) > mostMended {
		return have, false
	}
	for _, x := range more {
		if !slices.Contains(have, x) {
			have = append(have, x)
		}
	}
	return have, len(have) <= mostMended
}

func (a *advised) each(each func(intel.Vulnerability) error) error {
	for _, v := range a.order {
		if simple(v.Ranges, v.Fixed) {
			mend(v)
		}
		if err := each(*v); err != nil {
			return err
		}
	}
	return nil
}

// simple tells whether ranges say no more than from when on something is mended.
func simple(ranges []version.Range, fixed []string) bool {
	return !slices.ContainsFunc(ranges, func(r version.Range) bool {
		return r.From != "" && r.From != "0" || r.Last != "" || !slices.Contains(fixed, r.Until)
	})
}

func readOSV(in io.Reader, zipped bool, folder string, each func(intel.Vulnerability) error, skip func()) error {
	if !zipped {
		raw, err := io.ReadAll(io.LimitReader(in, mostRecord+1))
		if err != nil {
			return told("OSV", err)
		}
		return told("OSV", record(raw, each))
	}
	f, err := os.CreateTemp(folder, "osv-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	size, err := io.Copy(io.MultiWriter(f, &entries{}), in)
	if err != nil {
		return told("OSV", err)
	}
	z, err := zip.NewReader(f, size)
	if err != nil {
		return told("OSV", err)
	}
	return told("OSV", records(z, each, skip))
}

// entries counts those of a zip while it is spooled: a reader of zip holds all of them
// in memory.
type entries struct {
	tail []byte
	n    int
}

func (e *entries) Write(p []byte) (int, error) {
	text := append(e.tail, p...)
	if e.n += bytes.Count(text, []byte("PK\x01\x02")); e.n > mostRecords {
		return 0, fmt.Errorf("more than %d records", mostRecords)
	}
	e.tail = slices.Clone(text[max(0, len(text)-3):])
	return len(p), nil
}

func records(z *zip.Reader, each func(intel.Vulnerability) error, skip func()) error {
	good, bad, left := 0, 0, int64(MostBytes)*4
	for _, f := range z.File {
		if !strings.HasSuffix(f.Name, ".json") {
			continue
		}
		raw, err := content(f)
		if left -= int64(len(raw)); left < 0 {
			return errors.New("it unpacks to too much")
		}
		if err == nil {
			err = record(raw, each)
		}
		var g *given
		if errors.As(err, &g) {
			return err
		}
		if err != nil {
			bad++
			skip()
			continue
		}
		good++
	}
	if good == 0 && bad > 0 {
		return fmt.Errorf("of %d records none can be read", bad)
	}
	return nil
}

func content(f *zip.File) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	raw, err := io.ReadAll(io.LimitReader(r, mostRecord+1))
	if len(raw) > mostRecord {
		err = errors.New("too long a record")
	}
	return raw, err
}

func record(raw []byte, each func(intel.Vulnerability) error) error {
	var o osv
	if err := json.Unmarshal(raw, &o); err != nil {
		return err
	}
	if o.ID == "" || len(o.Affected) > mostAffected {
		return fmt.Errorf("%.40q is no record: %w", o.ID, candor.ErrInvalid)
	}
	if o.Withdrawn != "" {
		return nil
	}
	title := strings.Clone(intake.Cut(cmp.Or(o.Summary, o.Details), intake.MostNote)) // the rest is not held in memory
	names := o.names()
	about := o.about(names)
	for _, a := range o.Affected {
		v := intel.Vulnerability{ID: o.ID, Reference: o.ID, Title: title, Ecosystem: ecosystemOf(a.Package.Ecosystem), Product: a.Package.Name, Versions: a.Versions,
			Scheme: scheme(a.Package.Ecosystem), Published: instant(o.Published), Modified: instant(o.Modified)}
		if v.Scheme == version.RPM {
			if debugging(v.Product) {
				continue
			}
			v.Ecosystem = stream(v.Ecosystem, parsePURL(a.Package.PURL).module)
		}
		for _, r := range a.Ranges {
			if r.Type == "GIT" || len(r.Events) > mostEvents {
				continue
			}
			if r.Type == "SEMVER" {
				v.Scheme = version.Semver
			}
			ranges, fixed := events(r.Events)
			v.Ranges, v.Fixed = append(v.Ranges, ranges...), append(v.Fixed, fixed...)
		}
		ids := [][]string{names}
		if v.Scheme == version.RPM {
			ids = about
		}
		for _, id := range ids {
			one := v
			one.ID, one.Aliases = id[0], id[1:]
			if err := each(one); err != nil {
				return &given{err}
			}
		}
	}
	return nil
}

// names gives those of a record, its CVE first where it has one.
func (o *osv) names() []string {
	names := []string{o.ID}
	for _, alias := range o.Aliases {
		if names = append(names, alias); cve.MatchString(alias) && !cve.MatchString(names[0]) {
			names[0], names[len(names)-1] = alias, names[0]
		}
	}
	return names
}

// about gives what a record about packages of RPM is about: one vulnerability, by its CVE
// where it has one, or those that an advisory of a distribution is about; each with its
// other names behind it.
func (o *osv) about(names []string) (all [][]string) {
	if cve.MatchString(names[0]) {
		return [][]string{names}
	}
	about := func(ids []string) {
		for _, id := range ids {
			if cve.MatchString(id) && !slices.ContainsFunc(all, func(x []string) bool { return x[0] == id }) && len(all) < mostAbout {
				all = append(all, append([]string{id}, names...))
			}
		}
	}
	about(o.Upstream)
	if len(all) == 0 && distributed(o.ID) {
		about(o.Related)
	}
	if len(all) == 0 {
		return [][]string{names}
	}
	return all
}

// mostAbout is how many vulnerabilities an advisory is about at most.
const mostAbout = 2000

// distributed tells whether a record is an advisory of a distribution, by its name:
// what is related to that is what it is about.
func distributed(id string) bool {
	for _, of := range []string{"ALSA-", "RLSA-", "RXSA-", "RHSA-", "SUSE-SU-", "openSUSE-SU-"} {
		if strings.HasPrefix(id, of) {
			return true
		}
	}
	return false
}

// events reads the events of a range: what was introduced lasts until it is fixed.
func events(all []map[string]string) (ranges []version.Range, fixed []string) {
	open := -1
	for _, e := range all {
		for name, v := range e {
			switch {
			case name == "introduced":
				ranges = append(ranges, version.Range{From: v})
				open = len(ranges) - 1
			case name == "fixed" || name == "limit":
				if name == "fixed" {
					fixed = append(fixed, v)
				}
				if open >= 0 {
					ranges[open].Until = v
				}
				open = -1
			case name == "last_affected" && open >= 0:
				ranges[open].Last = v
				open = -1
			}
		}
	}
	return ranges, fixed
}

// scheme gives the rules by which an ecosystem numbers.
func scheme(ecosystem string) version.Scheme {
	family, _, _ := strings.Cut(ecosystem, ":")
	switch family {
	case "Debian", "Ubuntu":
		return version.Debian
	case "AlmaLinux", "Rocky Linux", "Red Hat", "SUSE", "openSUSE", "Fedora":
		return version.RPM
	case "npm", "Go", "crates.io", "Hex", "Pub", "SwiftURL", "GitHub Actions":
		return version.Semver
	case "Packagist", "WordPress":
		return version.PHP
	}
	return version.None
}

func instant(s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}
