package exposure

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"strings"
)

// release is one of Debian's.
type release struct{ name, ecosystem, mark string }

var releases = []release{{"bullseye", "Debian:11:bullseye", "+deb11u"}, {"bookworm", "Debian:12:bookworm", "+deb12u"}, {"trixie", "Debian:13:trixie", "+deb13u"}, {"sid", "", "+b"}}

// The tracker has some 4,000 source packages: a few have thousands of
// vulnerabilities, and most have a few. Many are in several packages.
const (
	sources = 4000
	largest = 9500 // vulnerabilities of the largest package
	issues  = 42_000
	levels  = 7 // how far a package may be brought up to date
	renewed = 300
)

// issuesOf is how many vulnerabilities the package of a rank has.
func issuesOf(rank int) int { return max(1, int(largest/math.Pow(float64(1+rank), 1.05))) }

func nameOf(rank int) string {
	if rank == 0 {
		return "linux"
	}
	return fmt.Sprintf("source-%04d", rank)
}

// versionOf is the version that a package has in a release at a level.
func versionOf(rank int, of release, level int) string {
	v := fmt.Sprintf("%d.%d.%d-%d", 1+rank%9, rank%31, len(of.name), 1+rank%4)
	if level > 0 {
		v += fmt.Sprintf("%s%d", of.mark, level)
	}
	return v
}

// mixed is a number that looks like chance, and is the same for the same.
func mixed(numbers ...int) int {
	h := uint64(14695981039346656037)
	for _, n := range numbers {
		h = (h ^ uint64(n)) * 1099511628211 //nolint:gosec // any number does
		h ^= h >> 29
	}
	return int(h >> 20) //nolint:gosec // 44 bits
}

func identifier(n int) string { return fmt.Sprintf("CVE-%d-%d", 2010+n%issues/2700, 1000+n%issues) }

// writeTracker writes a file in the form and of the size of Debian's tracker. An
// edition tells of some vulnerabilities more, and otherwise of as many.
func writeTracker(to io.Writer, edition int) error {
	out := bufio.NewWriterSize(to, 1<<20)
	first := 0
	for rank := range sources {
		fmt.Fprintf(out, "%s%q:{", between(rank, "{"), nameOf(rank))
		n := issuesOf(rank)
		for k := range n {
			fmt.Fprintf(out, "%s%q:", between(k, ""), identifier(first+k))
			writeIssue(out, rank, k, edition)
		}
		if edition > 0 && rank%(sources/renewed) == 1 {
			fmt.Fprintf(out, ",\"CVE-2026-%d\":", 50_000+edition*1000+rank)
			writeIssue(out, rank, n, edition)
		}
		first += n
		out.WriteString("}")
	}
	out.WriteString("}")
	return out.Flush() // with the first error
}

// between is what stands before the n-th of a list.
func between(n int, begin string) string {
	if n == 0 {
		return begin
	}
	return ","
}

// text is as long as descriptions are.
var text = strings.Repeat("a flaw in the handling of input of this component allows who sends it to do what they may not ", 3)

func writeIssue(out *bufio.Writer, rank, k, edition int) {
	fmt.Fprintf(out, `{"description":"In %s, %s","debianbug":%d,"scope":"remote","releases":{`, nameOf(rank), text[:60+mixed(rank, k)%130], 100_000+mixed(k, rank)%900_000)
	for i, of := range releases {
		status, fixed, urgency := issueOf(rank, k, i, edition)
		fmt.Fprintf(out, `%s%q:{"status":%q,"repositories":{%q:%q,%q:%q},`, between(i, ""), of.name, status, of.name, versionOf(rank, of, 0), of.name+"-security", versionOf(rank, of, 1))
		if fixed != "" {
			fmt.Fprintf(out, `"fixed_version":%q,`, fixed)
		}
		fmt.Fprintf(out, `"urgency":%q}`, urgency)
	}
	out.WriteString("}}")
}

// issueOf is what is said of a package's vulnerability in a release.
func issueOf(rank, k, of, edition int) (status, fixed, urgency string) {
	chance := mixed(rank, k, of, 7) % 100
	if edition > 0 && mixed(rank, k, edition)%(issues/renewed) == 0 {
		chance = mixed(rank, k, of, edition) % 100 // something changed
	}
	urgency = "not yet assigned"
	if mixed(rank, k)%100 < 6 {
		urgency = "unimportant"
	}
	switch {
	case chance < 8:
		return "resolved", "0", urgency
	case chance < 25:
		return "open", "", urgency
	case chance < 80:
		return "resolved", versionOf(rank, releases[of], 0), urgency
	}
	return "resolved", versionOf(rank, releases[of], 1+chance%(levels-1)), urgency
}

// writeKEV writes a catalogue of Known Exploited Vulnerabilities.
func writeKEV(to io.Writer, edition int) error {
	out := bufio.NewWriter(to)
	out.WriteString(`{"title":"Known Exploited Vulnerabilities","vulnerabilities":[`)
	for n := range 1400 + edition {
		vendor, product := fmt.Sprintf("Maker %d", n%240), fmt.Sprintf("Appliance %d Server", n%700)
		if n%5 == 0 {
			vendor, product = "Linux", "Kernel"
		}
		fmt.Fprintf(out, `%s{"cveID":%q,"vendorProject":%q,"product":%q,"vulnerabilityName":"Use after free","dateAdded":"2026-01-02","dueDate":"2026-01-23","knownRansomwareCampaignUse":"Unknown"}`,
			between(n, ""), identifier(n*29), vendor, product)
	}
	out.WriteString("]}")
	return out.Flush()
}

// writeEPSS writes how likely each vulnerability is to be exploited; each edition
// says otherwise of many.
func writeEPSS(to io.Writer, edition int) error {
	out := bufio.NewWriter(to)
	out.WriteString("#model_version:v2025.03.14,score_date:2026-11-27T00:00:00+0000\ncve,epss,percentile\n")
	for n := range 280_000 {
		id := identifier(n)
		if n >= issues {
			id = fmt.Sprintf("CVE-%d-%d", 2005+n/14_000, 100_000+n)
		}
		chance := float64(mixed(n, edition*(n%3))%100_000) / 1e5
		fmt.Fprintf(out, "%s,%.5f,%.5f\n", id, chance, chance)
	}
	return out.Flush()
}
