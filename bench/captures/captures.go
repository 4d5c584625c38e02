// Package captures holds the detectors of traffic against public captures whose
// hosts are labelled: what of their malice is found, what is missed, and whether
// a host that does nothing wrong would be isolated.
//
// The captures are not part of the program: captures.csv names them by their
// path in the collections that publish them, with their SHA-256, and hosts.csv
// says who is what, and who says so.
package captures

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"candor"
	"candor/internal/flow/detect"
)

// Truth says what a host is.
type Truth string

// What a host is.
const (
	Malicious Truth = "malicious"
	Benign    Truth = "benign" // also who is attacked
	Unjudged  Truth = "unjudged"
)

// Host is a labelled host of a capture.
type Host struct {
	Address netip.Addr // not valid: all others that send
	Truth   Truth
	Expect  []detect.Kind // that name what it does; none if no kind does
	Source  string        // who says so
	Note    string
}

// Capture is a file of a collection.
type Capture struct {
	Path   string // in the folder of collections, with slashes
	SHA256 string
	Inside []netip.Prefix // whose addresses are lines
	// Attached is the one line that is taken to have sent everything that bears
	// an address of no line; not valid if there is none.
	Attached netip.Addr
	Hosts    []Host
}

//go:embed captures.csv
var captureTable []byte

//go:embed hosts.csv
var hostTable []byte

// Table reads the captures that are known.
func Table() ([]Capture, error) { return ReadTable(captureTable, hostTable) }

// ReadTable reads the two tables.
func ReadTable(captures, hosts []byte) ([]Capture, error) {
	rows, err := rowsOf(captures, "path", "sha256", "lines", "attached")
	if err != nil {
		return nil, fmt.Errorf("captures: %w", err)
	}
	var all []Capture
	for _, r := range rows {
		c := Capture{Path: r[0], SHA256: r[1]}
		for text := range strings.FieldsSeq(r[2]) {
			p, err := netip.ParsePrefix(text)
			if err != nil {
				return nil, fmt.Errorf("capture %s: %w", c.Path, err)
			}
			c.Inside = append(c.Inside, p)
		}
		if r[3] != "" {
			if c.Attached, err = netip.ParseAddr(r[3]); err != nil {
				return nil, fmt.Errorf("capture %s: %w", c.Path, err)
			}
		}
		all = append(all, c)
	}
	if rows, err = rowsOf(hosts, "path", "host", "truth", "expect", "source", "note"); err != nil {
		return nil, fmt.Errorf("hosts: %w", err)
	}
	for _, r := range rows {
		i := slices.IndexFunc(all, func(c Capture) bool { return c.Path == r[0] })
		if i < 0 {
			return nil, fmt.Errorf("host %s: no capture is called %s", r[1], r[0])
		}
		h, err := hostOf(r)
		if err != nil {
			return nil, fmt.Errorf("host %s of %s: %w", r[1], r[0], err)
		}
		all[i].Hosts = append(all[i].Hosts, h)
	}
	return all, nil
}

func rowsOf(table []byte, names ...string) ([][]string, error) {
	rows, err := csv.NewReader(bytes.NewReader(table)).ReadAll()
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 || !slices.Equal(rows[0], names) {
		return nil, fmt.Errorf("its columns are not %s", strings.Join(names, ", "))
	}
	return rows[1:], nil
}

func hostOf(r []string) (h Host, err error) {
	h = Host{Truth: Truth(r[2]), Source: r[4], Note: r[5]}
	if r[1] != "*" {
		if h.Address, err = netip.ParseAddr(r[1]); err != nil {
			return h, err
		}
	}
	if h.Truth != Malicious && h.Truth != Benign && h.Truth != Unjudged {
		return h, fmt.Errorf("%q is no truth", h.Truth)
	}
	if h.Source == "" {
		return h, errors.New("nobody says so: source is empty")
	}
	for name := range strings.FieldsSeq(r[3]) {
		i := slices.IndexFunc(detect.Kinds(), func(k detect.Kind) bool { return k.String() == name })
		if i < 0 {
			return h, fmt.Errorf("%q is no kind", name)
		}
		h.Expect = append(h.Expect, detect.Kinds()[i])
	}
	return h, nil
}

// ErrFolder is of a folder that holds none of the captures.
var ErrFolder = errors.New("the folder holds none of the captures")

// Collections says what to put into the folder.
const Collections = `Put the collections there, each under its own name:
  StratosphereLinuxIPS            of stratosphereips on GitHub (its folder dataset)
  security-datasets-for-testing   of stratosphereips on GitHub
  packet-captures                 of StopDDoS on GitHub
bench/captures/captures.csv names the files that are looked at, with their SHA-256.`

// Run looks at all captures of the table that the folder holds. Others are told
// as absent; a file that is not the one that was labelled is an error, as is a
// folder without any.
func Run(ctx context.Context, folder string, table []Capture) (*Report, error) {
	report := &Report{}
	for _, c := range table {
		path := filepath.Join(folder, filepath.FromSlash(c.Path))
		switch err := sameFile(path, c.SHA256); {
		case errors.Is(err, fs.ErrNotExist):
			report.Absent = append(report.Absent, c.Path)
			continue
		case err != nil:
			return nil, err
		}
		o, err := judge(ctx, path, c)
		if err != nil {
			return nil, err
		}
		report.Outcomes = append(report.Outcomes, o)
	}
	if len(report.Outcomes) == 0 {
		return nil, candor.WithHint(fmt.Errorf("%s: %w", folder, ErrFolder), Collections)
	}
	return report, nil
}

func sameFile(path, digest string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return err
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != digest {
		return fmt.Errorf("%s is not the file that was labelled: its SHA-256 is %s", path, got)
	}
	return nil
}
