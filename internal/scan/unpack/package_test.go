package unpack_test

import (
	"archive/zip"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"candor/internal/scan/unpack"
)

// script runs lines of shell in an empty folder and gives the file "out". The
// programs that it needs are named.
func script(t *testing.T, lines string, programs ...string) []byte {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			if os.Getenv("CI") != "" {
				t.Fatal(err)
			}
			t.Skip(err)
		}
	}
	dir := t.TempDir()
	check(t, os.WriteFile(filepath.Join(dir, "a.txt"), []byte(marker), 0o600))
	c := exec.Command("sh", "-e")
	c.Dir, c.Args = dir, []string{"sh", "-ec", lines}
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	b, err := os.ReadFile(filepath.Join(dir, "out"))
	check(t, err)
	return b
}

func TestDebianPackage(t *testing.T) {
	for _, compression := range []string{"xz", "gzip", "zstd", "none"} {
		content := script(t, `mkdir -p p/DEBIAN p/opt; cp a.txt p/opt
printf 'Package: a\nVersion: 1\nArchitecture: all\nMaintainer: a <a@example.org>\nDescription: a\n' > p/DEBIAN/control
dpkg-deb --root-owner-group -Z`+compression+` -b p out`, "dpkg-deb")
		if f := look(t, unpack.Options{}, "a.deb", content); !f.ends("/opt/a.txt") || len(f.gaps) > 0 {
			t.Errorf("%s: %q %v", compression, f.paths, f.gaps)
		}
	}
}

func TestRPM(t *testing.T) {
	for _, payload := range []string{"w9.gzdio", "w6.xzdio", "w3.zstdio", "w9.bzdio"} {
		content := script(t, `cat > a.spec <<'END'
Name: a
Version: 1
Release: 1
Summary: a
License: a
BuildArch: noarch
%description
a
%install
mkdir -p %{buildroot}/opt
cp %{_sourcedir}/a.txt %{buildroot}/opt
%files
/opt/a.txt
END
rpmbuild -bb --define "_topdir $PWD/t" --define "_sourcedir $PWD" --define "_rpmdir $PWD" --define "_binary_payload `+payload+`" --define "_dbpath $PWD/db" a.spec
cp noarch/*.rpm out`, "rpmbuild")
		if f := look(t, unpack.Options{}, "a.rpm", content); !f.ends("/opt/a.txt") || len(f.gaps) > 0 {
			t.Errorf("%s: %q %v", payload, f.paths, f.gaps)
		}
	}
}

func TestInstaller(t *testing.T) {
	content := script(t, `gcab -c -z in.cab a.txt; msibuild out -s "a title" "an author"; msibuild out -a data.cab in.cab`, "gcab", "msibuild")
	if f := look(t, unpack.Options{}, "a.msi", content); !f.has("data.cab//a.txt") || len(f.gaps) > 0 {
		t.Errorf("%q %v", f.paths, f.gaps)
	}
}

func TestExtensionOfBrowser(t *testing.T) {
	z := zipped(t, zip.Deflate, "a.js", []byte(marker))
	header := "\x00\x01signed by somebody"
	for version := range uint32(2) {
		b := binary.LittleEndian.AppendUint32([]byte("Cr24"), version+2)
		b = binary.LittleEndian.AppendUint32(b, uint32(len(header)))
		if version == 0 { // the sizes of a key and of a signature
			b = binary.LittleEndian.AppendUint32(b[:8], 4)
			b = binary.LittleEndian.AppendUint32(b, uint32(len(header)-4))
		}
		if f := look(t, unpack.Options{}, "a.crx", append(append(b, header...), z...)); !f.has("a.js") || len(f.gaps) > 0 {
			t.Errorf("version %d: %q %v", version+2, f.paths, f.gaps)
		}
	}
}

func TestOfficeDocument(t *testing.T) {
	macros := compoundFile(literals("Attribute VB_Name = \"Module1\"\r\n' "+marker), 0xfffffffe)
	content := zipped(t, zip.Deflate, "word/vbaProject.bin", macros)
	if f := look(t, unpack.Options{}, "a.docm", content); !f.has("word/vbaProject.bin//VBA/Module1/source@0") || len(f.gaps) > 0 {
		t.Errorf("%q %v", f.paths, f.gaps)
	}
}
