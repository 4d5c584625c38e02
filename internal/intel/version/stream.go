package version

import (
	"slices"
	"strings"

	"candor/internal/regex"
)

// NoRPM is the range that no version of a package of RPM is in.
var NoRPM = Range{Until: "0~"}

// ofMinor is what the release of a package of Red Hat says of the minor release that it
// was built for: "24.el9_2.1" is of 9.2, beside which 9.4 has builds of its own.
var ofMinor = regex.Of(`^(.*)(\.el[0-9]+_[0-9]+)(\..*)?$`)

// Below gives the versions of a package of RPM that are not mended, where these are:
// one for each minor release of Red Hat that has builds of its own, or for each product
// of a distribution that shares them. All before the lowest are not; behind it, those
// that the next minor release began with and had before it mended them itself.
func Below(mended []string) []Range {
	all := slices.Clone(mended)
	slices.SortFunc(all, func(a, b string) int {
		if order, ok := rpm(a, b); ok && order != 0 {
			return order
		}
		return strings.Compare(a, b)
	})
	all = slices.Compact(all)
	if len(all) == 0 {
		return nil
	}
	ranges := []Range{{Until: all[0]}}
	base, minor := branch(all[0])
	for _, v := range all[1:] {
		b, m := branch(v)
		if m == "" || m == minor {
			continue // it is behind one that has it no more
		}
		from := b
		if b == base {
			from = b + m
		}
		ranges = append(ranges, Range{From: from, Until: v})
		base, minor = b, m
	}
	return ranges
}

// branch gives the version with which a minor release began: all of its builds are
// numbered on from there. minor is empty where a version tells none.
func branch(v string) (base, minor string) {
	epoch, rest, has := strings.Cut(v, ":")
	if !has {
		epoch, rest = "", v
	} else {
		epoch += ":"
	}
	upstream, release, ok := strings.Cut(rest, "-")
	m := ofMinor.FindStringSubmatch(release)
	if !ok || m == nil {
		return v, ""
	}
	first, _ := letters(m[1], digit)
	if first == "" {
		return v, ""
	}
	return epoch + upstream + "-" + first, m[2]
}
