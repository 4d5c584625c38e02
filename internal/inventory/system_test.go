package inventory_test

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"candor/internal/inventory"
)

func mkfifo(name string) error { return syscall.Mkfifo(name, 0o600) }

const bookworm = `PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
VERSION_ID="12"
VERSION_CODENAME=bookworm
ID=debian
`

const status = `Package: openssl
Status: install ok installed
Architecture: amd64
Version: 3.0.11-1~deb12u2
Description: Secure Sockets Layer toolkit
 Version: 9.9 (this is no field)

Package: libssl3
Status: hold ok installed
Architecture: amd64
Source: openssl
Version: 3.0.11-1~deb12u2

Package: linux-image-6.1.0-17-amd64
Status: install ok installed
Architecture: amd64
Source: linux-signed-amd64 (6.1.69+1)
Version: 6.1.69-1

Package: gone
Status: deinstall ok config-files
Version: 1.0

Package: perl-base
Status: install ok installed
Architecture: amd64
Source: perl (5.36.0-7)
Version: 5.36.0-7+deb12u1
Conffiles:
` + " " + `/etc/x 0123

Package: last
Status: install ok installed
Version: 1:2.0-1`

func system(t *testing.T, files map[string]string) inventory.List {
	t.Helper()
	folder := t.TempDir()
	plant(t, folder, files)
	l, err := inventory.System(t.Context(), folder, inventory.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Check(); err != nil {
		t.Error(err)
	}
	return l
}

func TestSystem(t *testing.T) {
	l := system(t, map[string]string{"etc/os-release": bookworm, "var/lib/dpkg/status": status + "\nX: " + strings.Repeat("y", 100_000) + "\n\n",
		"var/lib/dpkg/status.d/base": "Package: base-files\nVersion: 12.4\nArchitecture: amd64\n", "var/lib/dpkg/status.d/base.md5sums": "x"})
	const debian = "Debian:12:bookworm"
	want := []inventory.Item{
		{Kind: inventory.Package, Name: "base-files", Version: "12.4", Ecosystem: debian, Architecture: "amd64"},
		{Kind: inventory.Package, Name: "last", Version: "1:2.0-1", Ecosystem: debian},
		{Kind: inventory.Package, Name: "libssl3", Version: "3.0.11-1~deb12u2", Ecosystem: debian, Architecture: "amd64", Source: "openssl"},
		{Kind: inventory.Package, Name: "linux-image-6.1.0-17-amd64", Version: "6.1.69-1", Ecosystem: debian, Architecture: "amd64", Source: "linux"},
		{Kind: inventory.Package, Name: "openssl", Version: "3.0.11-1~deb12u2", Ecosystem: debian, Architecture: "amd64"},
		{Kind: inventory.Package, Name: "perl-base", Version: "5.36.0-7+deb12u1", Ecosystem: debian, Architecture: "amd64", Source: "perl", SourceVersion: "5.36.0-7"},
	}
	if d := cmp.Diff(want, l.Items); d != "" || l.Gap != inventory.Complete || l.System != "Debian GNU/Linux 12 (bookworm)" {
		t.Errorf("%q, gap %q: %s", l.System, l.Gap, d)
	}
	if p := want[5].Program(); p.String() != "perl 5.36.0-7 (Debian 12)" {
		t.Errorf("the program is %s", p)
	}
	if one, two := want[2].Program().ID(), want[4].Program().ID(); one != two {
		t.Error("packages of one source are of two programs")
	}
}

// TestGaps: what is not read is told.
func TestGaps(t *testing.T) {
	if l := system(t, map[string]string{"usr/lib/os-release": "ID=alpine\nPRETTY_NAME=Alpine", "lib/apk/db/installed": "x"}); l.Gap != inventory.NoReader || l.System != "Alpine" {
		t.Errorf("%+v", l)
	}
	if l := system(t, map[string]string{"x": ""}); l.Gap != inventory.NoSystem {
		t.Errorf("%+v", l)
	}
	if l := system(t, map[string]string{"etc/os-release": "ID=linuxmint\nVERSION_ID=21", "var/lib/dpkg/status": status}); len(l.Items) != 5 || l.Items[0].Ecosystem != "" {
		t.Errorf("what is built on another distribution is taken for it: %+v", l)
	}
	if l := system(t, map[string]string{"etc/os-release": "ID=ubuntu\nVERSION_ID=\"22.04\"\nVERSION_CODENAME=jammy", "var/lib/dpkg/status": status}); l.Items[0].Ecosystem != "Ubuntu:22.04:jammy" {
		t.Errorf("%+v", l)
	}
}

// TestRPM has rpm itself keep a package, in the one database that Debian's can write,
// and reads it.
func TestRPM(t *testing.T) {
	for _, name := range []string{"rpm", "rpmbuild"} {
		if _, err := exec.LookPath(name); err != nil {
			if os.Getenv("CI") != "" {
				t.Fatal(err)
			}
			t.Skip(err)
		}
	}
	do := func(name string, args ...string) {
		t.Helper()
		if out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput(); err != nil {
			t.Fatalf("%s %q: %v: %s", name, args, err, out)
		}
	}
	top := t.TempDir()
	plant(t, top, map[string]string{"x.spec": "Name: openssl\nEpoch: 1\nVersion: 3.0.7\nRelease: 24.el9\nSummary: x\nLicense: x\nBuildArch: noarch\n%description\nx\n%package libs\nSummary: x\n%description libs\nx\n%files\n%files libs\n"})
	do("rpmbuild", "-bb", "--define", "_topdir "+top, filepath.Join(top, "x.spec"))
	folder := t.TempDir()
	plant(t, folder, map[string]string{"etc/os-release": "ID=rocky\nVERSION_ID=\"9.3\"\nPRETTY_NAME=\"Rocky Linux 9.3\"\n"})
	do("rpm", "--root", folder, "--dbpath", "/var/lib/rpm", "--define", "_db_backend sqlite", "--justdb", "--nodeps", "-i",
		filepath.Join(top, "RPMS/noarch/openssl-3.0.7-24.el9.noarch.rpm"), filepath.Join(top, "RPMS/noarch/openssl-libs-3.0.7-24.el9.noarch.rpm"))
	before := names(t, folder)
	l, err := inventory.System(t.Context(), folder, inventory.Options{})
	const rocky = "Rocky Linux:9"
	want := []inventory.Item{{Kind: inventory.Package, Name: "openssl", Version: "1:3.0.7-24.el9", Ecosystem: rocky, Architecture: "noarch"},
		{Kind: inventory.Package, Name: "openssl-libs", Version: "1:3.0.7-24.el9", Ecosystem: rocky, Architecture: "noarch", Source: "openssl"}}
	if d := cmp.Diff(want, l.Items); d != "" || err != nil || l.Gap != inventory.Complete {
		t.Errorf("%v, gap %q: %s", err, l.Gap, d)
	}
	if after := names(t, folder); !slices.Equal(before, after) {
		t.Errorf("it was written to: %q, then %q", before, after)
	}
	if inventory.Stamp(folder).IsZero() {
		t.Error("it has no stamp")
	}
	if l := system(t, map[string]string{"etc/os-release": "ID=rocky\nVERSION_ID=9", "var/lib/rpm/rpmdb.sqlite": "SQLite format 3\x00 and nothing else"}); l.Gap != inventory.Unreadable || len(l.Items) != 0 {
		t.Errorf("what is broken: %+v", l)
	}
}

// names are the files below a folder, with their sizes.
func names(t *testing.T, folder string) (all []string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			info, err := e.Info()
			if err != nil {
				return err
			}
			all = append(all, fmt.Sprint(path, " ", info.Size(), " ", info.ModTime()))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestThisSystem reads the packages of the machine that the test runs on, if it has
// dpkg.
func TestThisSystem(t *testing.T) {
	if _, err := os.Stat("/var/lib/dpkg/status"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip("this machine has no dpkg")
	}
	l, err := inventory.System(t.Context(), "/", inventory.Options{})
	if err != nil || len(l.Items) < 50 || l.Gap != inventory.Complete || l.Check() != nil {
		t.Errorf("%d packages, gap %q, %v, %v", len(l.Items), l.Gap, err, l.Check())
	}
	if inventory.Stamp("/").IsZero() {
		t.Error("it has no stamp")
	}
}

// TestStates: what dpkg has unpacked is there, whatever it has yet to do with it.
func TestStates(t *testing.T) {
	stanza := func(name, status string) string {
		return "Package: " + name + "\nStatus: " + status + "\nVersion: 1.0-1\nSource: src (0.9-1)\n\n"
	}
	text := ""
	for _, state := range []string{"installed", "unpacked", "half-configured", "triggers-awaited", "triggers-pending", "half-installed", "config-files", "not-installed"} {
		text += stanza(state, "install ok "+state)
	}
	var got []string
	for _, i := range system(t, map[string]string{"etc/os-release": bookworm, "var/lib/dpkg/status": text}).Items {
		got = append(got, strings.TrimSpace(i.Name+" "+i.Version+" "+i.SourceVersion))
	}
	want := []string{"half-configured 1.0-1 0.9-1", "half-installed", "installed 1.0-1 0.9-1", "triggers-awaited 1.0-1 0.9-1", "triggers-pending 1.0-1 0.9-1", "unpacked 1.0-1 0.9-1"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// TestSigned: the signed image of a kernel has the vulnerabilities of the kernel.
func TestSigned(t *testing.T) {
	const jammy = "ID=ubuntu\nVERSION_ID=\"22.04\"\nVERSION_CODENAME=jammy\n"
	for source, want := range map[string]string{"linux-signed": "linux", "linux-signed-hwe-6.8": "linux-hwe-6.8", "linux-signed-aws": "linux-aws", "linux-signedx": "linux-signedx"} {
		l := system(t, map[string]string{"etc/os-release": jammy, "var/lib/dpkg/status": "Package: linux-image-x\nStatus: install ok installed\nVersion: 5.15.0-91.101\nSource: " + source + "\n"})
		if p := l.Items[0].Program(); p.Name != want || p.Version != "5.15.0-91.101" {
			t.Errorf("%s is of %s", source, p)
		}
	}
}
