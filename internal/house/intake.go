package house

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"candor"
	"candor/internal/access"
	"candor/internal/consent/software"
	"candor/internal/desk"
	"candor/internal/regex"
	"candor/internal/scan/site"
)

// MostFindings is how many findings a sensor outside hands in at a time.
const MostFindings = 1000

// Observed is what a sensor outside says of one finding.
type Observed struct {
	Path        string          `json:"path"` // the place
	Rule        string          `json:"rule"`
	Class       candor.Class    `json:"class"`
	Nature      candor.Nature   `json:"nature,omitempty"`
	Severity    candor.Severity `json:"severity"`
	SHA256      string          `json:"sha256,omitempty"` // of the whole content, in hexadecimal; empty if there is none
	Bytes       int64           `json:"bytes,omitempty"`
	Description string          `json:"description,omitempty"`
	Tags        []string        `json:"tags,omitempty"`
}

// Look is a part of what a sensor outside saw at one asset.
type Look struct {
	Sensor     string
	Generation string
	ID         candor.ID // of the look, the same for all of its parts; made if empty
	Complete   bool      // this is its last part, and all of the asset was looked at
	Findings   []Observed
}

// Taken says what became of a part of a look.
type Taken struct {
	desk.Filed
	Gone int // findings that are there no longer
}

var sensorName = regex.Of(`^[a-z][a-z0-9-]{1,39}$`)

// TakeFindings files what a sensor outside saw. What was filed before is noted
// as seen again, so that a part can be handed in twice. When it gives nil all
// of it is durable.
func (h *House) TakeFindings(ctx context.Context, who candor.Principal, asset candor.ID, l Look) (Taken, error) {
	if err := may(who, access.ActCases); err != nil {
		return Taken{}, err
	}
	f, err := h.filing(asset, l)
	if err != nil {
		return Taken{}, err
	}
	a, err := h.Store.Asset(ctx, who.Scope(), asset)
	if err != nil {
		return Taken{}, err
	}
	if a.Retired {
		return Taken{}, candor.WithHint(fmt.Errorf("asset %s is retired: %w", asset, candor.ErrInvalid), "Take it back into use first.")
	}
	var t Taken
	if t.Filed, err = h.Desk.File(ctx, f); err != nil || !l.Complete {
		return t, err
	}
	t.Gone, err = h.Desk.Finish(ctx, asset, f.Scan, l.Sensor)
	return t, err
}

func (h *House) filing(asset candor.ID, l Look) (desk.Filing, error) {
	f := desk.Filing{Asset: asset, Scan: l.ID, Sensor: l.Sensor, Generation: l.Generation}
	switch {
	case !sensorName.MatchString(l.Sensor) || l.Sensor == site.Sensor || l.Sensor == desk.Passing || l.Sensor == desk.Traffic || l.Sensor == desk.Reported || l.Sensor == SensorSupport || l.Sensor == software.Sensor || l.Sensor == SensorNotice || l.Sensor == SensorIntel:
		return f, candor.WithHint(fmt.Errorf("%.60q is no name for a sensor outside: %w", l.Sensor, candor.ErrInvalid), "Choose one of small letters, digits and hyphens that is not one of the program's own.")
	case len(l.Findings) > MostFindings:
		return f, candor.WithHint(fmt.Errorf("%d findings at once: %w", len(l.Findings), candor.ErrInvalid), fmt.Sprintf("Hand in at most %d at a time.", MostFindings))
	case l.Complete && l.ID == "":
		return f, candor.WithHint(fmt.Errorf("a complete look without an identifier: %w", candor.ErrInvalid), "Name the look in all of its parts.")
	}
	if f.Scan == "" {
		f.Scan = candor.NewID(h.Clock())
	}
	for i, o := range l.Findings {
		if err := o.check(); err != nil {
			return f, fmt.Errorf("finding %d: %w", i, err)
		}
		f.Findings = append(f.Findings, candor.Finding{Path: o.Path, Rule: o.Rule, Class: o.Class, Nature: o.Nature, Severity: o.Severity,
			SHA256: o.SHA256, Bytes: o.Bytes, Description: o.Description, Tags: o.Tags, Language: l.Sensor})
	}
	return f, nil
}

func (o Observed) check() error {
	bad := func(what, hint string) error {
		return candor.WithHint(fmt.Errorf("%s: %w", what, candor.ErrInvalid), hint)
	}
	if o.Path == "" || len(o.Path) > 4096 || o.Rule == "" || len(o.Rule) > 500 {
		return bad("the place or the rule is missing or too long", "Give a place of at most 4096 bytes, and a rule of at most 500.")
	}
	if c, ok := candor.ParseClass(string(o.Class)); !ok || c != o.Class {
		return bad(fmt.Sprintf("there is no class %.60q", o.Class), "Write it as RSIT does: malicious-code/infected-system.")
	}
	if n, ok := candor.ParseNature(string(o.Nature)); o.Nature != "" && (!ok || n != o.Nature) {
		return bad(fmt.Sprintf("there is no nature %.40q", o.Nature), "Choose malware, spyware, deceptive or pus.")
	}
	if o.Severity > candor.Critical {
		return bad("there is no such severity", "Choose info, low, medium, high or critical.")
	}
	if b, err := hex.DecodeString(o.SHA256); o.SHA256 != "" && (err != nil || len(b) != 32 || o.SHA256 != strings.ToLower(o.SHA256)) {
		return bad(fmt.Sprintf("%.80q is no SHA-256", o.SHA256), "Write it as 64 hexadecimal digits in lower case.")
	}
	long := func(t string) bool { return len(t) > 100 }
	if o.Bytes < 0 || len(o.Description) > 4000 || len(o.Tags) > 50 || slices.ContainsFunc(o.Tags, long) {
		return bad("the size is negative, or the description or the tags are too long", "Give at most 4000 bytes of description, and 50 tags of 100 bytes.")
	}
	return nil
}
