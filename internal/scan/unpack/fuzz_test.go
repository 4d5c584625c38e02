package unpack_test

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"testing"

	"candor/internal/scan/unpack"
)

// fuzz looks into contents as one kind. No parser of ours may panic, and none
// may give more than the budget.
func fuzz(f *testing.F, kind string, seeds ...[]byte) {
	for _, s := range seeds {
		f.Add(s)
	}
	limits := unpack.Limits{Bytes: 1 << 20, Part: 1 << 18, Entries: 200, Window: 1 << 20, Depth: 3}
	u := unpack.New(unpack.Options{Limits: limits, Passwords: []string{"infected"}})
	f.Fuzz(func(t *testing.T, content []byte) {
		if len(content) < 8 {
			return // of no kind
		}
		var sum int64
		gaps, err := u.As(kind, content, func(p unpack.Part) error {
			sum += int64(len(p.Data))
			if len(p.Data) == 0 || p.Path == "" {
				t.Fatalf("an empty part %q", p.Path)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if sum > limits.Bytes {
			t.Fatalf("%d bytes", sum)
		}
		for _, g := range gaps {
			if strings.HasPrefix(g.Detail, "panic") && g.Kind == kind {
				t.Fatal(g)
			}
		}
	})
}

func FuzzZip(f *testing.F) {
	m := []byte(marker)
	fuzz(f, "zip", zipped(f, zip.Deflate, "a", m), zipped(f, zip.Store, "a", m), quine(localHeader(60), 15), manyMembers(3), overlapping(3, 100))
}

func FuzzTar(f *testing.F) {
	pax := tarred(f, strings.Repeat("a long name/", 30)+"a", []byte(marker))
	fuzz(f, "tar", tarred(f, "a", []byte(marker)), pax, sparse()[:2048])
}

func FuzzCpio(f *testing.F) {
	newc := fmt.Sprintf("070701%s%08x%s%08x%08xa\x00%s", strings.Repeat("0", 48), 4, strings.Repeat("0", 32), 2, 0, "data")
	odc := "070707" + strings.Repeat("0", 53) + "000002" + "00000000004" + "a\x00data"
	fuzz(f, "cpio", []byte(newc), []byte(odc), append([]byte("\xc7\x71"), make([]byte, 60)...))
}

func FuzzAr(f *testing.F) {
	member := func(name, data string) string {
		return fmt.Sprintf("%-16s%-12d%-6d%-6d%-8o%-10d`\n%s", name, 0, 0, 0, 0o644, len(data), data)
	}
	fuzz(f, "ar", []byte("!<arch>\n"+member("//", "a long name/\n")+member("/0", "data")+member("#1/4", "namedata")+member("a/", "x")))
}

func FuzzISO(f *testing.F) {
	iso := make([]byte, 18*2048+64)
	copy(iso[16*2048:], "\x01CD001")
	copy(iso[16*2048+156:], "\x22\x00\x11\x00\x00\x00\x00\x00\x00\x00\x40\x00\x00\x00")
	copy(iso[17*2048:], "\x24\x00\x10\x00\x00\x00\x00\x00\x00\x00\x40")
	fuzz(f, "iso", iso)
}

func FuzzPhar(f *testing.F) { fuzz(f, "phar", phar(f)) }

func FuzzRPM(f *testing.F) {
	header := "\x8e\xad\xe8\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	fuzz(f, "rpm", append([]byte("\xed\xab\xee\xdb"+strings.Repeat("\x00", 92)+header+header), gzipped(f, []byte(marker))...))
}

func FuzzXZ(f *testing.F) {
	plain, filtered := filteredXZ(f, []byte(marker)), filteredXZ(f, branchy(500), "--arm", "--block-size=200")
	fuzz(f, "xz", plain, filtered)
}

func FuzzMail(f *testing.F) {
	fuzz(f, "mail", []byte("From: a\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Transfer-Encoding: base64\n\nQUJD=REVG\n--b\nContent-Transfer-Encoding: x-uuencode\n\nbegin 644 a\n#04)#\nend\n--b--\n"),
		[]byte("Content-Type: text/html; name=\"=?utf-8?q?a?=\"\nContent-Transfer-Encoding: quoted-printable\n\na=3Db=\n\n"), tripleMail(2), deepMail(3))
}

func FuzzMbox(f *testing.F) {
	fuzz(f, "mbox", []byte("From a Mon\nFrom: a\n\nx\n\nFrom b Tue\nSubject: b\n\ny\n"))
}

func FuzzOLE(f *testing.F) {
	fuzz(f, "ole", compoundFile(literals("Attribute VB_Name"), 2), compoundFile([]byte(marker), 0xfffffffe), circle()[:6000])
}

func FuzzVBA(f *testing.F) {
	f.Add(literals("Attribute VB_Name = \"a\""))
	u := unpack.New(unpack.Options{Limits: unpack.Limits{Bytes: 1 << 20}})
	f.Fuzz(func(t *testing.T, stream []byte) {
		if len(stream) > 1024 {
			return
		}
		gaps, err := u.As("ole", compoundFile(stream, 0xfffffffe), func(unpack.Part) error { return nil })
		for _, g := range gaps {
			if strings.HasPrefix(g.Detail, "panic") && g.Kind == "ole" || err != nil {
				t.Fatal(g, err)
			}
		}
	})
}

func FuzzPDF(f *testing.F) {
	fuzz(f, "pdf", document("/Filter[/A85/LZW]/EarlyChange 0", []byte("80bKVa)~>")), document("/Filter/LZW", literalLZW(marker, 1)), document("/Filter /RL", []byte("\x02abc\xffx\x80")),
		document("/Filter /Fl /DecodeParms <</Predictor 15 /Columns 5 /Colors 3>>", zlibbed(f, predictedRows(marker, 15))), document("/Filter/AHx", []byte("41 4>")))
}

func FuzzSevenZip(f *testing.F) {
	folder := "\x01\x04\x06\x00\x01\x09\x08\x00\x07\x0b\x01\x00\x01\x00\x0c\x08\x00\x08\x0a\x01\x00\x00\x00\x00\x00\x05\x01\x11\x05\x00a\x00\x00\x00\x00\x00"
	aes := "\x01\x04\x06\x00\x01\x09\x10\x00\x07\x0b\x01\x00\x02\x24\x06\xf1\x07\x01\x02\x40\x00\x23\x03\x01\x01\x05\x5d\x00\x10\x00\x00\x01\x00\x0c\x10\x10\x00\x08\x00\x00\x00"
	fuzz(f, "7z", sevenHeader(folder), sevenHeader(aes), sevenHeader("\x17\x06\x00\x01\x09\x01\x00\x07\x0b\x01\x00\x01\x01\x00\x0c\x01\x00\x00"))
}

func FuzzCab(f *testing.F) {
	m := []byte(marker)
	fuzz(f, "cab", cabinetAgain(f, 2), lzxCabinet(m, true, 1), lzxCabinet(m, false, 2), lzxCabinet(m, false, 3))
}

func FuzzTNEF(f *testing.F) {
	p := append([]byte("\x01\x00\x00\x00"), mapiValues(0x102, 0x1009, string(compressedRTF("abcdefgh")))...)
	q := append([]byte("\x02\x00\x00\x00\x03\x10\x05\x37\x01\x00\x00\x00\x09\x00\x00\x00"), mapiValues(0x0d, 0x3701, strings.Repeat("g", 20))...)
	fuzz(f, "tnef", tnef(tnefAttribute(0x00069003, p), tnefAttribute(0x00069002, nil), tnefAttribute(0x00069005, q), tnefAttribute(0x0006800f, []byte("x"))))
}

func FuzzText(f *testing.F) {
	m := []byte(marker)
	b64 := base64.StdEncoding.EncodeToString
	fuzz(f, "text", []byte("x('"+b64(m)+"')"), []byte("x('"+b64(deflated(f, m))+"')"), fmt.Appendf(nil, "x('%x')", m), []byte("\"data:text/html,%3Cb%3E\" data:;base64,QUJDREVGRw=="),
		[]byte(strings.Repeat(`\x41`, 30)), []byte(strings.Repeat("&#65;&#x42", 12)), []byte(strings.Repeat("%41", 30)))
}

func FuzzUTF16(f *testing.F) {
	fuzz(f, "utf-16", []byte("\xff\xfe"+wide("text")), []byte("\xfe\xff\xd8\x3d\xde\x00\x00a"))
}

// FuzzStreams holds small readers to what they read: each ends, and gives the
// same by small reads as by large ones.
func FuzzStreams(f *testing.F) {
	f.Add([]byte("\xe8\x00\x00\x00\x00\xe9\x01\x00\x00\xff\xe8\xe8\x00\x00\x00\x00"))
	f.Add(compressedRTF("abcdefgh"))
	f.Add([]byte("\x03\xeb\x00\x00\xeb\xeb\x00\xf0\x00\xf8\x01\x00\x00\x94\x48\x00\x00\x01\x40\x00\x00\x07"))
	f.Add(deflated(f, []byte("a short text, a short text, a short text"))) // deflate64 is the same but for long matches
	f.Fuzz(func(t *testing.T, b []byte) {
		for name, open := range map[string]func() io.Reader{
			"bcj":       func() io.Reader { return unpack.NewBCJ(bytes.NewReader(b)) },
			"arm":       func() io.Reader { return unpack.NewBranches("arm", bytes.NewReader(b)) },
			"thumb":     func() io.Reader { return unpack.NewBranches("thumb", bytes.NewReader(b)) },
			"arm64":     func() io.Reader { return unpack.NewBranches("arm64", bytes.NewReader(b)) },
			"deflate64": func() io.Reader { return unpack.NewDeflate64(bytes.NewReader(b)) },
			"rtf":       func() io.Reader { return unpack.NewRTF(b) },
			"bcj2": func() io.Reader {
				n := len(b) / 4
				return unpack.NewBCJ2([]io.Reader{bytes.NewReader(b[:n]), bytes.NewReader(b[n : 2*n]), bytes.NewReader(b[2*n : 3*n]), bytes.NewReader(b[3*n:])})
			},
		} {
			large, err1 := io.ReadAll(io.LimitReader(open(), 1<<20))
			var small bytes.Buffer
			_, err2 := io.CopyBuffer(struct{ io.Writer }{&small}, struct{ io.Reader }{io.LimitReader(open(), 1<<20)}, make([]byte, 3))
			if !bytes.Equal(large, small.Bytes()) || (err1 == nil) != (err2 == nil) {
				t.Fatalf("%s: %d and %d bytes, %v and %v", name, len(large), small.Len(), err1, err2)
			}
		}
	})
}
