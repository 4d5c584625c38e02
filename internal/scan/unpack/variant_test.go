package unpack_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/ulikunitz/xz/lzma"

	"candor/internal/scan/unpack"
)

func TestEncryptedOfficeDocument(t *testing.T) {
	content := compoundFile([]byte(marker), 0xfffffffe)
	name := content[1024+2*128:][:64]
	clear(name)
	for i, c := range []byte("EncryptedPackage") {
		name[2*i] = c
	}
	binary.LittleEndian.PutUint16(content[1024+2*128+64:], 2*16+2)
	if f := look(t, unpack.Options{}, "a.docx", content); !f.gap(unpack.Encrypted) {
		t.Errorf("%q %v", f.paths, f.gaps)
	}
}

func TestEncryptedPDFOfTool(t *testing.T) {
	for _, password := range []string{"", "secret"} {
		content := script(t, `cat > in.pdf <<'END'
%PDF-1.4
1 0 obj
<</Type/Catalog/Pages 2 0 R/Note(`+marker+`)>>
endobj
2 0 obj
<</Type/Pages/Kids[]/Count 0>>
endobj
trailer
<</Root 1 0 R>>
END
qpdf --encrypt '`+password+`' owner 256 -- --object-streams=generate --warning-exit-0 in.pdf out`, "qpdf")
		if f := look(t, unpack.Options{}, "a.pdf", content); !f.gap(unpack.Encrypted) || len(f.paths) > 0 {
			t.Errorf("password %q: %q %v", password, f.paths, f.gaps)
		}
	}
}

// bzipped has bzip2 pack the marker.
func bzipped(t *testing.T) []byte {
	t.Helper()
	return tool(t, "", "", "bzip2", "-c", "a.txt")
}

func TestVariantsOfPhar(t *testing.T) {
	plain := phar(t)
	deflate := deflated(t, []byte(marker))
	stub := `<?php __HALT_COMPILER(); ?>`
	member := func(data []byte, flags uint32) []byte {
		b := bytes.Clone(plain[:len(plain)-len(deflate)])
		p := bytes.Index(b, []byte("in.php")) + 6
		binary.LittleEndian.PutUint32(b[p+8:], uint32(len(data)))
		binary.LittleEndian.PutUint32(b[p+16:], flags|0o644)
		return append(b, data...)
	}
	for name, tt := range map[string]struct {
		content []byte
		path    string
	}{
		"stored": {member([]byte(marker), 0), "in.php"}, "deflated": {member(deflate, 0x1000), "in.php"}, "bzip2": {member(bzipped(t), 0x2000), "in.php"},
		"compressed as a whole": {gzipped(t, plain), "x.phar//in.php"}, "signed": {append(bytes.Clone(plain), strings.Repeat("s", 32)+"\x03\x00\x00\x00GBMB"...), "in.php"},
		"of zip": {zipped(t, zip.Deflate, "in.php", []byte(marker)), "in.php"}, "of tar": {tarred(t, "in.php", []byte(marker)), "in.php"},
		"behind an image": {append([]byte("GIF89a\x01\x00"), plain...), "in.php"}, "stub on one line": {append([]byte(stub), plain[bytes.IndexByte(plain, '\n')+1:]...), "in.php"},
	} {
		if f := look(t, unpack.Options{}, "x.phar.gz", tt.content); !f.has(tt.path) || len(f.gaps) > 0 {
			t.Errorf("%s: %q %v", name, f.paths, f.gaps)
		}
	}
	if f := look(t, unpack.Options{}, "x.phar", member(deflate, 0x3000)); !f.gap(unpack.Unsupported) {
		t.Errorf("unknown: %v", f.gaps)
	}
}

// TestSignedPackage: between the members and the central directory of an APK
// lies a block with signatures, before those of an XPI members of its own.
func TestSignedPackage(t *testing.T) {
	z := zipped(t, zip.Deflate, "classes.dex", []byte(marker))
	at := bytes.Index(z, []byte("PK\x01\x02"))
	end := bytes.Index(z, []byte("PK\x05\x06"))
	block := append(make([]byte, 1000), "APK Sig Block 42"...)
	signed := append(append(bytes.Clone(z[:at]), block...), z[at:]...)
	binary.LittleEndian.PutUint32(signed[end+len(block)+16:], uint32(at+len(block)))
	if f := look(t, unpack.Options{}, "a.apk", signed); !f.has("classes.dex") || len(f.gaps) > 0 {
		t.Errorf("%q %v", f.paths, f.gaps)
	}
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range []string{"META-INF/mozilla.rsa", "background.js"} {
		m, err := w.Create(name)
		check(t, err)
		_, err = m.Write([]byte(marker))
		check(t, err)
	}
	check(t, w.Close())
	if f := look(t, unpack.Options{}, "a.xpi", b.Bytes()); !f.has("META-INF/mozilla.rsa") || !f.has("background.js") || len(f.gaps) > 0 {
		t.Errorf("%q %v", f.paths, f.gaps)
	}
}

// TestLZMAOfZip: where the end of the data is not marked, the size tells it.
func TestLZMAOfZip(t *testing.T) {
	for _, marked := range []bool{false, true} {
		var packed, b bytes.Buffer
		w, err := lzma.WriterConfig{DictCap: 1 << 16, EOSMarker: marked, SizeInHeader: !marked, Size: int64(len(marker))}.NewWriter(&packed)
		check(t, err)
		_, err = w.Write([]byte(marker))
		check(t, err)
		check(t, w.Close())
		data := append([]byte("\x09\x14\x05\x00"), packed.Bytes()[:5]...)
		data = append(data, packed.Bytes()[13:]...)
		z := zip.NewWriter(&b)
		h := zip.FileHeader{Name: "a.txt", Method: 14, CRC32: crc32.ChecksumIEEE([]byte(marker)), CompressedSize64: uint64(len(data)), UncompressedSize64: uint64(len(marker))}
		if marked {
			h.Flags = 2
		}
		for range 2 {
			header := h
			m, err := z.CreateRaw(&header)
			check(t, err)
			_, err = m.Write(data)
			check(t, err)
		}
		check(t, z.Close())
		if f := look(t, unpack.Options{}, "", b.Bytes()); len(f.paths) != 2 || len(f.gaps) > 0 {
			t.Errorf("marked %v: %q %v", marked, f.paths, f.gaps)
		}
	}
}

// TestCutStreams: what was decoded before the end of what is there is handed
// over.
func TestCutStreams(t *testing.T) {
	var text []byte
	for r := rand.New(rand.NewPCG(1, 1)); len(text) < 200_000; {
		text = fmt.Appendf(text, "line %d of text\n", r.Uint32())
	}
	var packed bytes.Buffer
	w, err := lzma.WriterConfig{}.NewWriter(&packed)
	check(t, err)
	_, err = w.Write(text)
	check(t, err)
	check(t, w.Close())
	for name, content := range map[string][]byte{"lzma": packed.Bytes(), "gzip": gzipped(t, text)} {
		got := 0
		gaps := visit(t, content[:len(content)/2], func(p unpack.Part) { got = max(got, len(p.Data)) })
		if got < len(text)/3 || len(gaps) == 0 {
			t.Errorf("%s: %d bytes of %d, %v", name, got, len(text), gaps)
		}
	}
}

// TestReadingsOfTheSame: an archive that lies in another as it is, at its end,
// is told once.
func TestReadingsOfTheSame(t *testing.T) {
	in := zipped(t, zip.Deflate, "a.txt", []byte(marker))
	for name, tt := range map[string]struct {
		content []byte
		path    string
	}{"zip": {zipped(t, zip.Store, "in.zip", in), "in.zip//a.txt"}, "tar": {tarred(t, "in.zip", in), "in.zip//a.txt"}} {
		if f := look(t, unpack.Options{}, "", tt.content); len(f.paths) != 1 || !f.has(tt.path) || len(f.gaps) > 0 {
			t.Errorf("%s: %q %v", name, f.paths, f.gaps)
		}
	}
	// Another archive behind it is read beside it.
	outer := zipped(t, zip.Store, "in.zip", in)
	if f := look(t, unpack.Options{}, "", append(outer, zipped(t, zip.Deflate, "b.txt", []byte(marker))...)); !f.has("in.zip//a.txt") || !f.has("b.txt") {
		t.Errorf("%q %v", f.paths, f.gaps)
	}
}
