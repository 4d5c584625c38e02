package inventory

import (
	"strings"
	"testing"

	rpmdb "github.com/anchore/go-rpmdb/pkg"
)

// TestSources gives packages of RPM the version of their source, whose file does not
// tell its epoch.
func TestSources(t *testing.T) {
	epoch := 4
	const perl, orphan = "perl-5.32.1-481.el9.src.rpm", "gcc-11.4.1-3.el9.src.rpm"
	all := []*rpmdb.PackageInfo{
		{Name: "perl-Errno", Version: "1.30", Release: "481.el9", SourceRpm: perl},
		{Name: "perl-libs", Epoch: &epoch, Version: "5.32.1", Release: "481.el9", SourceRpm: perl},
		{Name: "libthing", Version: "1.0", Release: "1.el9", SourceRpm: orphan},
		{Name: "nodejs-docs", Version: "18.19.0", Release: "1.module+el8.9.0+1", SourceRpm: "nodejs-18.19.0-1.module+el8.9.0+1.src.rpm", Modularitylabel: "nodejs:18:8090020231213104839:a75119d5"},
		{Name: "gpg-pubkey", Version: "1", Release: "1", SourceRpm: "(none)"},
		{Name: "odd", Version: "1", Release: "1", SourceRpm: "odd.rpm", Modularitylabel: ":"},
		{Name: "strange", Version: "1", Release: "1", SourceRpm: "other-r-1.src.rpm"},
	}
	var got []string
	for _, i := range packages(all, "Red Hat:9:9.2") {
		p := i.Program()
		got = append(got, strings.Join([]string{i.Name, i.Source, i.SourceVersion, i.Of, p.Name, p.Title, p.Version}, "|"))
	}
	want := []string{
		"perl-Errno|perl|4:5.32.1-481.el9||perl||4:5.32.1-481.el9",
		"perl-libs|perl|||perl|perl-libs|4:5.32.1-481.el9",
		"libthing|gcc|11.4.1-3.el9||gcc||11.4.1-3.el9",
		"nodejs-docs|nodejs||nodejs:18|nodejs|nodejs-docs|18.19.0-1.module+el8.9.0+1",
		"odd||||odd||1-1",
		"strange||||strange||1-1",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if p := packages(all, "AlmaLinux:9")[2].Program(); p.Name != "libthing" || p.Version != "1.0-1.el9" {
		t.Errorf("AlmaLinux tells of what was built: %+v", p)
	}
	p := packages(all, "Red Hat:8:8.9")[3].Program()
	if p.String() != "nodejs 18.19.0-1.module+el8.9.0+1 (nodejs:18, Red Hat 8)" {
		t.Error(p.String())
	}
}

// TestDistributions names releases as those who tell of their packages do.
func TestDistributions(t *testing.T) {
	for text, want := range map[string]string{
		"ID=rhel\nVERSION_ID=\"9.2\"\nNAME=\"Red Hat Enterprise Linux\"": "Red Hat:9:9.2",
		"ID=\"rhel\"\nVERSION_ID=\"7\"":                                  "Red Hat:7",
		"ID=\"centos\"\nVERSION_ID=\"9\"\nNAME=\"CentOS Stream\"":        "CentOS Stream:9",
		"ID=\"centos\"\nVERSION_ID=\"7\"\nNAME=\"CentOS Linux\"":         "CentOS:7",
		"ID=fedora\nVERSION_ID=40":                                       "Fedora:40",
		"ID=\"sles\"\nVERSION_ID=\"15.5\"":                               "SUSE:15.5",
		"ID=\"sles_sap\"\nVERSION_ID=\"12.5\"":                           "SUSE:12.5",
		"ID=\"sle-micro\"\nVERSION_ID=\"5.5\"":                           "SUSE:Micro 5.5",
		"ID=\"opensuse-leap\"\nVERSION_ID=\"15.6\"":                      "openSUSE:Leap 15.6",
		"ID=\"opensuse-tumbleweed\"\nVERSION_ID=\"20260101\"":            "openSUSE:Tumbleweed",
		"ID=\"almalinux\"\nVERSION_ID=\"9.3\"":                           "AlmaLinux:9",
		"ID=\"ol\"\nVERSION_ID=\"9.3\"\nID_LIKE=\"fedora\"":              "",
	} {
		if got := distribution(osRelease([]byte(text))); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}
