package feed

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"candor"
	"candor/internal/intel"
	"candor/internal/regex"
)

// cve is the form of an identifier of CVE.
var cve = regex.Of(`^CVE-\d{4}-\d{4,19}$`)

// given is an error of who takes entries.
type given struct{ err error }

func (g *given) Error() string { return g.err.Error() }
func (g *given) Unwrap() error { return g.err }

// told gives an error of who takes entries back as it is, and marks others as of
// the feed.
func told(what string, err error) error {
	var g *given
	if errors.As(err, &g) {
		return g.err
	}
	if err == nil || errors.Is(err, candor.ErrUnavailable) {
		return err // the connection broke
	}
	return fmt.Errorf("%s: %w", what, invalid(err))
}

// mostValue is how many bytes one value of a JSON document has at most that is read
// value by value: a decoder holds all of a value in memory.
const mostValue = 16 << 20

// values reads JSON value by value.
type values struct {
	*json.Decoder
	in *bounded
}

func newValues(r io.Reader) *values {
	in := atMost(mostValue, r)
	return &values{json.NewDecoder(in), in}
}

// more tells whether there is another value, which may be as long again.
func (v *values) more() bool {
	v.in.left = v.in.most
	return v.More()
}

// members hands over the values of a JSON object one by one; each has to decode its
// value.
func members(d *values, each func(key string) error) error {
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return errors.Join(errors.New("no JSON object"), err)
	}
	for d.more() {
		t, err := d.Token()
		if err != nil {
			return err
		}
		key, ok := t.(string)
		if !ok {
			return fmt.Errorf("%v is no name", t)
		}
		if err := each(key); err != nil {
			return err
		}
	}
	_, err := d.Token()
	return err
}

// elements hands over the place of each element of a JSON list.
func elements(d *values, each func() error) error {
	if t, err := d.Token(); err != nil || t != json.Delim('[') {
		return errors.Join(errors.New("no JSON list"), err)
	}
	for d.more() {
		if err := each(); err != nil {
			return err
		}
	}
	_, err := d.Token()
	return err
}

// ReadKEV reads the catalogue of Known Exploited Vulnerabilities (CISA), entry by
// entry.
func ReadKEV(r io.Reader, each func(intel.Vulnerability) error) error {
	d := newValues(r)
	found := false
	return told("KEV", errors.Join(members(d, func(key string) error {
		if key != "vulnerabilities" {
			var skip json.RawMessage
			return d.Decode(&skip)
		}
		found = true
		return elements(d, func() error {
			var e struct {
				ID         string `json:"cveID"`
				Vendor     string `json:"vendorProject"`
				Product    string `json:"product"`
				Name       string `json:"vulnerabilityName"`
				Added      string `json:"dateAdded"`
				Due        string `json:"dueDate"`
				Ransomware string `json:"knownRansomwareCampaignUse"`
			}
			if err := d.Decode(&e); err != nil {
				return err
			}
			if !cve.MatchString(e.ID) {
				return fmt.Errorf("%.40q is no CVE", e.ID)
			}
			v := intel.Vulnerability{ID: e.ID, Vendor: e.Vendor, Product: e.Product, Title: e.Name, Exploited: true, Ransomware: strings.EqualFold(e.Ransomware, "known"),
				Published: day(e.Added), Due: day(e.Due)}
			if err := each(v); err != nil {
				return &given{err}
			}
			return nil
		})
	}), missing(&found, "vulnerabilities")))
}

// missing tells what a document lacks. It is asked when all was read.
func missing(found *bool, what string) error {
	if *found {
		return nil
	}
	return fmt.Errorf("it has no %s", what)
}

func day(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return time.Time{}
	}
	return t
}

// ReadEPSS reads the scores of the Exploit Prediction Scoring System (FIRST): CSV
// with a heading, and a comment before it that says of which day they are.
func ReadEPSS(r io.Reader, each func(intel.Vulnerability) error) error {
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, 0, 4096), 64<<10)
	var scored time.Time
	headed := false
	for n := 1; in.Scan(); n++ {
		line := strings.TrimSpace(in.Text())
		switch {
		case line == "":
			continue
		case strings.HasPrefix(line, "#"):
			_, date, _ := strings.Cut(line, "score_date:")
			date, _, _ = strings.Cut(date, ",")
			if t, err := time.Parse("2006-01-02T15:04:05-0700", strings.Replace(date, "Z", "+0000", 1)); err == nil {
				scored = t.UTC()
			}
			continue
		case !headed:
			if line != "cve,epss,percentile" {
				return fmt.Errorf("EPSS: the heading is %.60q: %w", line, candor.ErrInvalid)
			}
			headed = true
			continue
		}
		v, err := score(line)
		if err != nil {
			return fmt.Errorf("EPSS, line %d: %w", n, err)
		}
		v.Modified = scored
		if err := each(v); err != nil {
			return err
		}
	}
	if err := in.Err(); err != nil {
		return told("EPSS", err)
	}
	if !headed {
		return fmt.Errorf("EPSS: it has no heading: %w", candor.ErrInvalid)
	}
	return nil
}

func score(line string) (intel.Vulnerability, error) {
	row := strings.Split(line, ",")
	if len(row) != 3 || !cve.MatchString(row[0]) {
		return intel.Vulnerability{}, fmt.Errorf("%.60q is no score: %w", line, candor.ErrInvalid)
	}
	v := intel.Vulnerability{ID: row[0]}
	for i, to := range []*float64{&v.EPSS, &v.Percentile} {
		f, err := strconv.ParseFloat(row[i+1], 64)
		if err != nil || !(f >= 0 && f <= 1) {
			return v, fmt.Errorf("%.60q is no score: %w", line, candor.ErrInvalid)
		}
		*to = f
	}
	return v, nil
}
