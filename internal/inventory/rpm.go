package inventory

import (
	"cmp"
	"context"
	"errors"
	"os"
	"strconv"
	"strings"

	rpmdb "github.com/anchore/go-rpmdb/pkg"
	_ "modernc.org/sqlite" // which databases of rpm are since 4.16
)

// rpmPlaces are where the database of RPM may be, below the root of a system: SQLite,
// ndb, Berkeley DB.
var rpmPlaces = []string{"usr/lib/sysimage/rpm/rpmdb.sqlite", "usr/lib/sysimage/rpm/Packages.db", "usr/lib/sysimage/rpm/Packages", "var/lib/rpm/rpmdb.sqlite", "var/lib/rpm/Packages.db", "var/lib/rpm/Packages"}

// mostRPM is how many bytes such a database has at most.
const mostRPM = 1 << 30

// rpms reads packages of the first database of RPM that is there; false if none is.
func (t *tree) rpms(ecosystem string, add func(Item) error) bool {
	for _, name := range rpmPlaces {
		f, err := t.open(name)
		if err != nil {
			t.missed(err)
			continue
		}
		info, err := f.Stat()
		switch {
		case err == nil && info.Size() > mostRPM:
			err = errBound
		case err == nil: // what was opened, and no other file that has the name by now
			err = t.rpm(t.ctx, f, ecosystem, add)
		}
		t.missed(errors.Join(err, f.Close()))
		return true
	}
	return false
}

// ReadRPM reads a database of RPM, and hands over each package. It does not write to it,
// nor beside it. Of one that is broken it may end the program, which no recover keeps
// it from: the library reads in goroutines of its own. See Options.RPM.
func ReadRPM(_ context.Context, f *os.File, ecosystem string, each func(Item) error) error {
	db, err := rpmdb.Open("/proc/self/fd/" + strconv.Itoa(int(f.Fd())))
	if err != nil {
		return err
	}
	defer db.Close()
	all, err := db.ListPackages()
	if err != nil {
		return err
	}
	for _, i := range packages(all, ecosystem) {
		if err := each(i); err != nil {
			return err
		}
	}
	return nil
}

// packages gives what a database lists.
func packages(all []*rpmdb.PackageInfo, ecosystem string) (items []Item) {
	sources := map[string]string{} // versions with their epoch, by file
	for _, p := range all {
		if name, version := sourceOf(p.SourceRpm); name != "" && version == p.Version+"-"+p.Release {
			sources[p.SourceRpm] = evr(p)
		}
	}
	for _, p := range all {
		i := Item{Kind: Package, Name: wordOf(p.Name), Version: versionOf(evr(p)), Architecture: wordOf(p.Arch), Ecosystem: ecosystem, Of: streamOf(p.Modularitylabel)}
		if i.Name == "" || i.Name == "gpg-pubkey" {
			continue // keys are kept as packages
		}
		// The name of a file of sources does not tell its epoch, which packages of its version
		// have. Where none is here, it is taken to have none: rather exposed than not.
		source, version := sourceOf(p.SourceRpm)
		if v := versionOf(cmp.Or(sources[p.SourceRpm], version)); source != "" && (v != "" || i.Version == "") {
			if source = wordOf(source); source != i.Name {
				i.Source = source
			}
			if v != i.Version {
				i.SourceVersion = v
			}
		}
		items = append(items, i)
	}
	return items
}

// streamOf is the module with its stream of a label: "nodejs:18" of
// "nodejs:18:8090020231213104839:a75119d5".
func streamOf(label string) string {
	parts := strings.Split(label, ":")
	if len(parts) < 2 || parts[0] == "" || parts[1] == "" {
		return ""
	}
	return wordOf(parts[0] + ":" + parts[1])
}

// evr is epoch, version and release.
func evr(p *rpmdb.PackageInfo) string {
	text := p.Version + "-" + p.Release
	if p.Epoch != nil && *p.Epoch > 0 {
		text = strconv.Itoa(*p.Epoch) + ":" + text
	}
	return text
}

// sourceOf is the name and the version in "openssl-3.0.7-24.el9.src.rpm"; the name is
// empty if there is none.
func sourceOf(file string) (name, version string) {
	text, ok := strings.CutSuffix(file, ".rpm")
	if at := strings.LastIndexByte(text, '.'); ok && at > 0 { // "src" or "nosrc"
		text = text[:at]
	}
	at := strings.LastIndexByte(text, '-')
	if at < 0 {
		return "", ""
	}
	if at = strings.LastIndexByte(text[:at], '-'); at < 0 {
		return "", ""
	}
	return text[:at], text[at+1:]
}
