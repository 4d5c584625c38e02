package software

import (
	"fmt"
	"time"

	"candor"
)

// Mismatch is a way in which what a device has and shows differs from what was
// declared of it.
type Mismatch string

// The ways, from the gravest.
const (
	UnknownBuild   Mismatch = "unknown-build"   // no build of the product has these files
	Unbound        Mismatch = "unbound"         // the build comes with no agreement
	OtherAgreement Mismatch = "other-agreement" // than the build is, or was, bound to
	OtherPolicy    Mismatch = "other-policy"
)

// Mismatches gives all ways.
func Mismatches() []Mismatch {
	return []Mismatch{UnknownBuild, Unbound, OtherAgreement, OtherPolicy}
}

// Shown is what a device has and shows.
type Shown struct {
	Product   string
	Build     string // digest of it
	Agreement string // SHA-256
	Policy    string // SHA-256
}

// Declared is what is known of a build. The zero value knows nothing.
type Declared struct {
	Build    Build
	Known    bool
	Bindings []Binding // of the build
}

// InForce gives the binding that holds at a time: of those that began, the one
// that began last.
func (d Declared) InForce(at time.Time) (Binding, bool) {
	var best Binding
	found := false
	for _, b := range d.Bindings {
		if !b.Since.After(at) && (!found || b.Since.After(best.Since) || b.Since.Equal(best.Since) && b.ID > best.ID) {
			best, found = b, true
		}
	}
	return best, found
}

// Judge holds what is shown against what is declared. A binding that was in
// force before is no mismatch: who was offline agreed to what was shipped then.
// It gives the binding that fits, or the mismatch.
func Judge(s Shown, d Declared, at time.Time) (Binding, Mismatch) {
	if !d.Known {
		return Binding{}, UnknownBuild
	}
	var fits Binding
	found, agreement := false, false
	began := false
	for _, b := range d.Bindings {
		if b.Since.After(at) {
			continue
		}
		began = true
		agreement = agreement || b.Agreement.SHA256 == s.Agreement
		if b.Agreement.SHA256 == s.Agreement && b.Policy.SHA256 == s.Policy && (!found || !b.Since.Before(fits.Since)) {
			fits, found = b, true
		}
	}
	switch {
	case found:
		return fits, ""
	case !began:
		return Binding{}, Unbound
	case !agreement:
		return Binding{}, OtherAgreement
	}
	return Binding{}, OtherPolicy
}

// words say what a mismatch means.
var words = map[Mismatch]struct {
	rule, text string
	severity   candor.Severity
}{
	UnknownBuild:   {"Candor.Software.UnknownBuild", "A device runs a build of %s that is not registered: somebody else made it, or it was not declared before it was shipped.", candor.High},
	Unbound:        {"Candor.Software.Unbound", "A build of %s comes with no agreement and privacy policy that were declared for it.", candor.High},
	OtherAgreement: {"Candor.Software.OtherAgreement", "A build of %s showed its user another agreement than the one that it is bound to.", candor.High},
	OtherPolicy:    {"Candor.Software.OtherPolicy", "A build of %s showed its user another privacy policy than the one that it is bound to.", candor.Medium},
}

// Finding words a mismatch. Its class is other/undetermined, since the taxonomy
// (RSIT) has none for software that does not do as it declares; its nature is
// deceptive (X.1207, 3): it acts, or is about to, without what was asked for.
// All builds that are not known are one finding of the product, so that nobody
// can have many filed.
func (m Mismatch) Finding(s Shown, b Build) candor.Finding {
	w := words[m]
	f := candor.Finding{Rule: w.rule, Language: candor.OwnLanguage, Class: candor.Undetermined, Nature: candor.Deceptive, Severity: w.severity,
		Path: "software/" + s.Product + "/unknown", Description: fmt.Sprintf(w.text, s.Product) + " Build: " + s.Build + "."}
	if m != UnknownBuild {
		f.Path, f.SHA256 = fmt.Sprintf("software/%s/%s/%s", s.Product, b.Version, b.Platform), s.Build
		f.Description += fmt.Sprintf(" Shown: agreement %s, privacy policy %s.", s.Agreement, s.Policy)
	}
	return f
}
