package inventory

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// places of the database of dpkg, below the root of a system.
const (
	dpkgStatus = "var/lib/dpkg/status"
	dpkgParts  = "var/lib/dpkg/status.d"
)

// others are databases of packages that are not read: of apk and pacman.
var others = []string{"lib/apk/db/installed", "var/lib/pacman/local"}

// System reads the packages of the system whose root a folder is: "/" is this one.
// A context that ends gives its error; all else that cannot be read is the list's
// gap. Packages of others than dpkg and RPM are not read: the list says so.
func System(ctx context.Context, folder string, o Options) (List, error) {
	t, err := openTree(ctx, folder, o)
	if err != nil {
		return List{Gap: Unreadable, Items: []Item{}}, nil //nolint:nilerr // it is the gap
	}
	defer t.root.Close()
	release := osRelease(t.head("etc/os-release", mostHead))
	if len(release) == 0 {
		release = osRelease(t.head("usr/lib/os-release", mostHead))
	}
	l := List{System: wordOf(release["PRETTY_NAME"])}
	ecosystem := distribution(release)
	add := func(i Item) error {
		if l.Items = append(l.Items, i); len(l.Items) > MostItems {
			return errBound
		}
		return nil
	}
	read := t.stanzas(dpkgStatus, ecosystem, add)
	parts, err := t.list(dpkgParts)
	t.missed(err)
	for _, p := range parts {
		if !p.IsDir() && !strings.HasSuffix(p.Name(), ".md5sums") {
			read = t.stanzas(join(dpkgParts, p.Name()), ecosystem, add) || read
		}
	}
	if !read {
		read = t.rpms(ecosystem, add)
	}
	if !read && t.gap == Complete {
		t.gap = NoSystem
		if slices.ContainsFunc(others, t.there) {
			t.gap = NoReader
		}
	}
	l.Gap = t.gap
	l.Tidy()
	return l, ctx.Err()
}

// Stamp tells whether the packages of a system may have changed: they have not while
// it gives the same. It reads no file.
func Stamp(folder string) (stamp time.Time) {
	for _, name := range append([]string{dpkgStatus, dpkgParts}, rpmPlaces...) {
		if info, err := os.Stat(filepath.Join(folder, name)); err == nil && info.ModTime().After(stamp) {
			stamp = info.ModTime()
		}
	}
	return stamp
}

// there tells whether a name is there.
func (t *tree) there(name string) bool {
	_, err := t.root.Stat(name)
	return err == nil
}

// stanzas reads packages of a file; false if it is not there.
func (t *tree) stanzas(name, ecosystem string, add func(Item) error) bool {
	f, err := t.open(name)
	if err != nil {
		t.missed(err)
		return false
	}
	defer f.Close()
	left := &io.LimitedReader{R: f, N: min(mostFile, max(t.left, 0))}
	err = readDpkg(left, ecosystem, add)
	t.left -= min(mostFile, t.left) - left.N
	if left.N == 0 {
		err = errBound
	}
	t.missed(err)
	return true
}

// osRelease reads os-release(5).
func osRelease(data []byte) map[string]string {
	all := map[string]string{}
	lines := bufio.NewScanner(bytes.NewReader(data))
	for lines.Scan() {
		name, value, ok := strings.Cut(strings.TrimSpace(lines.Text()), "=")
		if ok && !strings.HasPrefix(name, "#") && len(all) < 100 {
			all[name] = strings.NewReplacer(`\"`, `"`, `\$`, `$`, `\\`, `\`, "\\`", "`").Replace(strings.Trim(value, `"'`))
		}
	}
	return all
}

// almaLinux and redHat begin the ecosystems of AlmaLinux, and of Red Hat Enterprise
// Linux.
const (
	almaLinux = "AlmaLinux:"
	redHat    = "Red Hat:"
)

// distribution is the ecosystem of a system's packages, as OSV names it. What is built
// on another distribution has packages of its own, of which nobody tells there.
func distribution(release map[string]string) string {
	version := versionOf(release["VERSION_ID"])
	major, _, _ := strings.Cut(version, ".")
	switch release["ID"] {
	case "debian", "ubuntu":
		code, _, _ := strings.Cut(release["VERSION_CODENAME"], "/") // "trixie/sid"
		name := map[string]string{"debian": "Debian", "ubuntu": "Ubuntu"}[release["ID"]]
		return strings.TrimRight(name+":"+version+":"+wordOf(code), ":")
	case "almalinux":
		return almaLinux + major
	case "rocky":
		return "Rocky Linux:" + major
	case "rhel": // updates of minor releases go on beside the next ones
		if version == major {
			return redHat + major
		}
		return redHat + major + ":" + version
	case "centos":
		if strings.Contains(release["NAME"], "Stream") {
			return "CentOS Stream:" + major
		}
		return "CentOS:" + major
	case "fedora":
		return "Fedora:" + version
	case "sles", "sled", "sles_sap":
		return "SUSE:" + version
	case "sle-micro", "sl-micro":
		return "SUSE:Micro " + version
	case "opensuse-leap":
		return "openSUSE:Leap " + version
	case "opensuse-tumbleweed":
		return "openSUSE:Tumbleweed"
	}
	return ""
}
