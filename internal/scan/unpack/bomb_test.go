package unpack_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"candor/internal/scan/unpack"
)

// bombLimits are small, so that bombs reach them soon.
var bombLimits = unpack.Limits{Bytes: 8 << 20, Part: 1 << 20, Window: 2 << 20, Entries: 1000, Time: time.Minute}

// bombs are hostile contents, and why each of them is not looked at to its end.
func bombs(t testing.TB) map[string]bomb {
	return map[string]bomb{
		"gzip of zeros":        {gzipped(t, make([]byte, 64<<20)), unpack.Large},
		"gzip in gzip":         {gzipped(t, gzipped(t, make([]byte, 64<<20))), unpack.Large},
		"members of gzip":      {bytes.Repeat(gzipped(t, make([]byte, 1<<10)), 20_000), unpack.Large},
		"quine of zip":         {quine(localHeader(60), 15), unpack.Depth},
		"quine of gzip":        {quine([]byte("\x1f\x8b\x08\x08\x00\x00\x00\x00\x00\x03quin\x00"), 15), unpack.Depth},
		"nested zips":          {nested(t, 40), unpack.Depth},
		"zips of 16 zips":      {wideZips(t, 4, 16), unpack.Bytes},
		"many members of zip":  {manyMembers(2000), unpack.Entries},
		"overlapping members":  {overlapping(800, 1<<20), unpack.Bytes},
		"many members of tar":  {bytes.Repeat(tarred(t, "a", []byte("x"))[:1024], 5000), unpack.Entries},
		"tar in gzip":          {gzipped(t, bytes.Repeat(tarred(t, "", nil)[:512], 2000)), unpack.Entries},
		"sparse tar":           {sparse(), unpack.Damaged},
		"wide tar":             {wideTar(t, 100), unpack.Bytes},
		"deep multiparts":      {deepMail(100_000), unpack.Depth},
		"multiparts of three":  {tripleMail(30), unpack.Entries},
		"messages in messages": {[]byte(strings.Repeat("Content-Type: message/rfc822\n\n", 100_000)), unpack.Bytes},
		"few of them":          {[]byte(strings.Repeat("Content-Type: message/rfc822\n\n", 1000)), unpack.Depth},
		"long base64":          {[]byte("x = '" + strings.Repeat("QUFB", 1<<20) + "'"), unpack.Large},
		"base64 in base64":     {nestedBase64(20), unpack.Depth},
		"streams of PDF":       {bytes.Repeat(document("/Filter /FlateDecode", zlibbed(t, make([]byte, 1<<20)))[9:], 100), unpack.Bytes},
		"filters of PDF":       {document("/Filter ["+strings.Repeat("/RL", 8)+"]", bytes.Repeat([]byte("\x81\x81"), 1<<18)), unpack.Large},
		"circle of OLE":        {circle(), unpack.Bytes},
		"a cabinet again":      {cabinetAgain(t, 500), unpack.Bytes},
	}
}

type bomb struct {
	content []byte
	reason  unpack.Reason
}

// TestBombs checks that hostile contents end within the budget, with the right
// gap, and that no more memory lives than is promised.
func TestBombs(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(10))
	for name, b := range bombs(t) {
		t.Run(name, func(t *testing.T) {
			content := b.content
			if strings.HasSuffix(name, "PDF") {
				content = append([]byte("%PDF-1.5\n"), content...)
			}
			debug.FreeOSMemory()
			before, peak := live(), uint64(0)
			o := unpack.Options{Limits: bombLimits, Now: func() time.Time {
				peak = max(peak, live())
				return time.Unix(0, 0)
			}}
			var sum, entries int64
			gaps, err := unpack.New(o).Unpack(context.Background(), "", content, func(p unpack.Part) error {
				sum += int64(len(p.Data))
				entries++
				return nil
			})
			check(t, err)
			if f := (found{gaps: gaps}); !f.gap(b.reason) {
				t.Errorf("no gap of %q in %v", b.reason, gaps[:min(len(gaps), 10)])
			}
			if sum > bombLimits.Bytes || entries > int64(bombLimits.Entries) {
				t.Errorf("%d bytes in %d parts", sum, entries)
			}
			bound := uint64(2*bombLimits.Bytes + bombLimits.Window + 20<<20)
			if peak > before && peak-before > bound {
				t.Errorf("%d bytes of memory, more than %d", peak-before, bound)
			}
			if peak > before {
				t.Logf("%d KiB of memory, %d bytes in %d parts", (peak-before)>>10, sum, entries)
			}
		})
	}
}

// live is how much memory objects take, dead ones that were not collected yet
// included.
func live() uint64 {
	s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

func nested(t testing.TB, depth int) []byte {
	content := []byte(marker)
	for range depth {
		content = zipped(t, zip.Store, "z", content)
	}
	return content
}

// wideZips nests zips that hold the same zip many times over, zeros at the
// bottom.
func wideZips(t testing.TB, depth, width int) []byte {
	content := make([]byte, 1<<20)
	for range depth {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for i := range width {
			w, err := z.Create(fmt.Sprint(i))
			check(t, err)
			_, err = w.Write(content)
			check(t, err)
		}
		check(t, z.Close())
		content = b.Bytes()
	}
	return content
}

func wideTar(t testing.TB, width int) []byte {
	wide := zipped(t, zip.Deflate, "z", make([]byte, 900<<10))
	var b bytes.Buffer
	z := tar.NewWriter(&b)
	for i := range width {
		check(t, z.WriteHeader(&tar.Header{Name: fmt.Sprint(i), Size: int64(len(wide)), Mode: 0o600}))
		_, err := z.Write(wide)
		check(t, err)
	}
	check(t, z.Close())
	return b.Bytes()
}

// localHeader is the header of a deflated member of a zip, of a length of at
// least 30.
func localHeader(length int) []byte {
	h := append([]byte("PK\x03\x04\x14\x00\x00\x00\x08\x00"), make([]byte, length-10)...)
	binary.LittleEndian.PutUint16(h[26:], uint16(length-30))
	copy(h[30:], strings.Repeat("q", length-30))
	return h
}

func manyMembers(n int) []byte {
	h := append(localHeader(31), "\x03\x00"...)
	h[8] = 0
	h[18], h[22] = 2, 2
	return bytes.Repeat(h, n)
}

// overlapping makes a zip of members each of which goes on to the end, through
// the headers of those behind it.
func overlapping(n, size int) []byte {
	total := 31*n + size
	var b []byte
	for i := range n {
		h := localHeader(31)
		h[8] = 0
		left := uint32(total - 31*(i+1))
		binary.LittleEndian.PutUint32(h[18:], left)
		binary.LittleEndian.PutUint32(h[22:], left)
		b = append(b, h...)
	}
	return append(b, make([]byte, size)...)
}

// sparse is a tar whose one member claims to be large, as sparse ones may.
func sparse() []byte {
	h := make([]byte, 512)
	copy(h, "a")
	copy(h[124:], "77777777777")
	h[156] = 'S'
	copy(h[257:], "ustar  ")
	h[482] = 1
	sum := 8 * 32 // its own field counts as blanks
	for _, c := range h {
		sum += int(c)
	}
	copy(h[148:], fmt.Sprintf("%06o\x00 ", sum))
	more := make([]byte, 512)
	more[504] = 1
	return append(h, bytes.Repeat(more, 1000)...)
}

func deepMail(depth int) []byte {
	var b strings.Builder
	for i := range depth {
		fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i)
	}
	return []byte(b.String())
}

// tripleMail nests multiparts of which each has three types.
func tripleMail(depth int) []byte {
	var b strings.Builder
	for i := range depth {
		for j := range 3 {
			fmt.Fprintf(&b, "Content-Type: multipart/x%d; boundary=b%d\n", j, i)
		}
		fmt.Fprintf(&b, "\n--b%d\n", i)
	}
	return []byte(b.String() + "\n\nx\n")
}

func nestedBase64(depth int) []byte {
	content := marker
	for range depth {
		content = "x = '" + base64.StdEncoding.EncodeToString([]byte(content)) + "'"
	}
	return []byte(content)
}

// circle is a compound file of 400 streams that all go in the same circle and
// claim to be as long as the file.
func circle() []byte {
	const first, sectors = 4, 100 // of the directory
	b := append(compoundFile([]byte(marker), 2), make([]byte, 512*sectors)...)
	binary.LittleEndian.PutUint32(b[48:], first)
	for i := range sectors {
		binary.LittleEndian.PutUint32(b[512+4*(first+i):], uint32(first+i+1))
	}
	binary.LittleEndian.PutUint32(b[512+4*(first+sectors-1):], 0xfffffffe)
	for e := b[512*(first+1):]; len(e) >= 128; e = e[128:] {
		copy(e, b[1024+2*128:1024+3*128])
		binary.LittleEndian.PutUint32(e[120:], 1<<30)
	}
	return b
}

// cabinetAgain names the one folder of a cabinet in many files that all begin
// at its start.
func cabinetAgain(t testing.TB, n int) []byte {
	data := append([]byte("CK"), deflated(t, make([]byte, 32<<10))...)
	le := binary.LittleEndian
	b := append([]byte("MSCF\x00\x00\x00\x00"), make([]byte, 28)...)
	le.PutUint32(b[16:], 44)
	b[24], b[25] = 3, 1
	le.PutUint16(b[26:], 1)
	le.PutUint16(b[28:], uint16(n))
	blocks := 44 + n*18
	b = le.AppendUint32(b, uint32(blocks))
	b = le.AppendUint16(b, 32)
	b = le.AppendUint16(b, 1)
	for range n {
		b = le.AppendUint32(b, 1<<20)
		b = le.AppendUint32(b, 0)
		b = append(b, make([]byte, 8)...)
		b = append(b, 'a', 0)
	}
	for range 32 {
		b = le.AppendUint32(b, 0)
		b = le.AppendUint16(b, uint16(len(data)))
		b = le.AppendUint16(b, 32<<10)
		b = append(b, data...)
	}
	return b
}
