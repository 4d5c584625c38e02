package feed

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"candor"
	"candor/internal/intel"
	"candor/internal/intel/version"
)

// Bounds of OSV.
const (
	mostRecord   = 16 << 20 // bytes of one
	mostRecords  = 1_000_000
	mostAffected = 20_000 // packages of one record
	mostEvents   = 10_000 // of one range
)

// osv is a record of Open Source Vulnerabilities (schema 1.7), with what is of use.
type osv struct {
	ID        string   `json:"id"`
	Aliases   []string `json:"aliases"`
	Summary   string   `json:"summary"`
	Details   string   `json:"details"`
	Published string   `json:"published"`
	Modified  string   `json:"modified"`
	Withdrawn string   `json:"withdrawn"`
	Affected  []struct {
		Package struct {
			Ecosystem string `json:"ecosystem"`
			Name      string `json:"name"`
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
// each package of each record. Records that cannot be read are skipped; a zip of
// which none can is candor.ErrInvalid.
func ReadOSV(r io.Reader, folder string, each func(intel.Vulnerability) error, skip func()) error {
	in := bufio.NewReader(r)
	if magic, _ := in.Peek(4); !bytes.Equal(magic, []byte("PK\x03\x04")) {
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
	title := o.Summary
	if title == "" {
		title = o.Details
	}
	for _, a := range o.Affected {
		v := intel.Vulnerability{ID: o.ID, Reference: o.ID, Title: title, Ecosystem: a.Package.Ecosystem, Product: a.Package.Name, Versions: a.Versions,
			Scheme: scheme(a.Package.Ecosystem), Published: instant(o.Published), Modified: instant(o.Modified)}
		for _, alias := range o.Aliases {
			if cve.MatchString(alias) && !cve.MatchString(v.ID) {
				v.ID, alias = alias, v.ID
			}
			v.Aliases = append(v.Aliases, alias)
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
		if err := each(v); err != nil {
			return &given{err}
		}
	}
	return nil
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
	case "AlmaLinux", "Rocky Linux", "openSUSE":
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
