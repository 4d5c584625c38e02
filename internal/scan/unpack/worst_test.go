package unpack_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"candor/internal/scan/unpack"
)

// worst makes contents of about a size that have been slow, or that would be if
// a parser looked at something again and again.
func worst(size int) map[string][]byte {
	again := func(s string) string { return strings.Repeat(s, size/len(s)) }
	after := func(before, s string) []byte { return []byte(before + again(s)) }
	texts := map[string]string{ // what is between its letters is repeated
		"percent": "%41", "percent lines": strings.Repeat("%41", 32) + "\n", "percent signs": "%", "percent of percent": "%2525252541",
		"data URIs": "data:", "data URIs, percent": "data:,%41", "data URIs, percent and blank": "data:%41 ", "data URIs, half": "data:x,%41%4",
		"data URIs, short base64": `"data:;base64,QUJDREVGRw=="`, "data URIs, base64": ";base64,", "data URIs, almost a run": ";base64," + strings.Repeat("QUFB", 14) + " ",
		"escapes": `\x41`, "backslashes": `\`, "escapes of four": `\u0041`, "octal": `\101`, "references": "&#65;", "marks of references": "&#",
		"few references": "&#65;&#65; ", "references with zeros": "&#0000000", "sixes": "6", "base64": "QUFB", "base64 lines": strings.Repeat("QUFB", 19) + "\n",
		"two alphabets": "A-A+", "two alphabets, long": strings.Repeat("QUFB", 30) + "-" + strings.Repeat("QUFB", 30) + "+",
		"zlib in base64": "eJyr" + strings.Repeat("QUFB", 30) + ".", "hex": "41", "short lines": "AAAA\n", "runs and short lines": strings.Repeat("A", 60) + "\nAA\n",
		"almost runs": strings.Repeat("A", 59) + " ", "runs": strings.Repeat("A", 60) + " ", "dashes": strings.Repeat("-", 70) + "\n",
		"less than": "<", "PHP": "<?=", "tags": "<a>", "halts": "__HALT_COMPILER();\x00",
		"local headers": "PK\x03\x04", "ends of zips": "PK\x05\x06", "central headers": "PK\x01\x02",
		"boxes": "From a\nFrom: b\n\n", "cpio": "070701", "skipped frames": "\x28\xb5\x2f\xfd\x04\x00\x01\x00\x00\x00\x00\x00",
		"gzip":                 "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00",
		"stored, of no length": "PK\x03\x04\x14\x00\x08\x00" + strings.Repeat("\x00", 18) + "\x01\x00\x00\x00a",
	}
	all := map[string][]byte{
		"one data URI": after("data:,", "%41x"), "UTF-16 percent": after("\xff\xfe", "%\x004\x001\x00"), "UTF-16 references": after("\xff\xfe", "&\x00#\x006\x005\x00"), "UTF-16 halves": after("\xff\xfe", "\x00\xd8"),
		"script in an image": after("GIF89a\x00\x00", "<?=%41"), "hex of hex": hexOfHex(size), "base64 of base64": base64OfBase64(size),
		"deep mail": deepMail(size / 55), "parts of mail": after("From: a\nContent-Type: multipart/mixed; boundary=b\n\n", "--b\n\na\n"), "empty parts": after("From: a\nContent-Type: multipart/mixed; boundary=b\n\n", "--b\n"),
		"fields": after("From: a\n", "Content-Type: multipart/mixed; boundary=b\n"), "folded": after("From: a\nContent-Type: multipart/mixed;\n", " a=b;\n"), "words": after("Subject: ", "=?utf-8?q?a?= "),
		"quoted-printable": after("From: a\nContent-Transfer-Encoding: quoted-printable\n\n", "=41"), "uuencode": after("From: a\nContent-Transfer-Encoding: x-uuencode\n\n", "M\n"),
		"padding": append(after("From: a\nContent-Transfer-Encoding: base64\n\nQ", "="), 'Q'), "padding and bytes": append(after("From: a\nContent-Transfer-Encoding: base64\n\nQ", "QQ=========\xff\xff\xff"), 'Q'),
		"object streams": after("%PDF-1.5\n", "1 0 obj <</Type/ObjStm/Filter/FlateDecode>>\nstream\nx\nendstream\n"), "plain streams": after("%PDF-1.5\n", "obj<</Length 9 0 R>>stream\nendstream\n"), "words of streams": after("%PDF-1.5\n", "stream\n"),
		"dictionaries": after("%PDF-1.5\n", "/a>>stream\nendstream\n"), "one object": after("%PDF-1.5\nobj", "/a/b/c/d>>stream\nendstream\n"), "many filters": after("%PDF-1.5\n", "obj<</Filter[/AHx/AHx/AHx/AHx/AHx/AHx/AHx]>>stream\n41414141>endstream\n"), "wide rows": after("%PDF-1.5\n", "obj<</Filter/LZW/Predictor 15/Columns 65536/Colors 32/BitsPerComponent 16>>stream\n\x80\x0b\x60endstream\n"),
		"RAR in a program": after("MZ", "Rar!\x1a\x07\x01\x00"), "cabinets in a program": after("MZ", "MSCF\x00\x00\x00\x00"), "7z in a program": after("MZ", "7z\xbc\xaf\x27\x1c\x00"), "UPX": after("MZ\x00\x00\x00\x00\x00\x00\x00\x00", "UPX!"),
		"RAR": after("Rar!\x1a\x07\x00", "\x00\x00\x73\x00\x00\x0d\x00"), "RAR 5": after("Rar!\x1a\x07\x01\x00", "\x00\x00\x00\x00\x03\x00\x01\x00"), "block headers of xz": after("\xfd7zXZ\x00\x00\x04", "\x02\x00\x21\x01"), "bzip2": after("BZh9", "1AY&SY"), "lz4": after("\x04\x22\x4d\x18", "\x60\x40\x82"),
		"descriptors": after("PK\x03\x04\x14\x00\x08\x00\x00\x00", "PK\x07\x08"),
	}
	for name, s := range texts {
		all[name] = []byte(again(s))
	}
	return all
}

func hexOfHex(size int) []byte {
	b := bytes.Repeat([]byte("a"), size/8)
	for range 3 {
		b = []byte(hex.EncodeToString(b))
	}
	return b
}

func base64OfBase64(size int) []byte {
	b := bytes.Repeat([]byte(marker), 10)
	for len(b) < size {
		b = []byte(base64.StdEncoding.EncodeToString(b))
	}
	return b
}

// TestWorst: no content takes time that grows faster than its size. A second for
// a mebibyte is far more than any takes, and far less than what grows with the
// square.
func TestWorst(t *testing.T) {
	const size = 4 << 20
	for name, content := range worst(size) {
		start := time.Now()
		_, err := unpack.New(unpack.Options{}).Unpack(context.Background(), "", content, func(unpack.Part) error { return nil })
		check(t, err)
		if took := time.Since(start); took > 4*time.Second {
			t.Errorf("%s: %v", name, took)
		}
	}
}

// BenchmarkWorst tells the time for each byte of the whole.
func BenchmarkWorst(b *testing.B) {
	for name, content := range worst(32 << 20) {
		b.Run(strings.ReplaceAll(name, " ", "-"), func(b *testing.B) {
			u := unpack.New(unpack.Options{})
			b.SetBytes(int64(len(content)))
			for b.Loop() {
				if _, err := u.Unpack(context.Background(), "", content, func(unpack.Part) error { return nil }); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(content)), "ns/B")
		})
	}
}

// TestTimeStops: what takes long is stopped when its time is over. The clock is
// the test's own, and each look at it takes a millisecond.
func TestTimeStops(t *testing.T) {
	for name, content := range worst(1 << 20) {
		now, looks := time.Unix(0, 0), 0
		u := unpack.New(unpack.Options{Limits: unpack.Limits{Time: 10 * time.Millisecond}, Now: func() time.Time {
			looks++
			now = now.Add(time.Millisecond)
			return now
		}})
		gaps, err := u.Unpack(context.Background(), "", content, func(unpack.Part) error { return nil })
		check(t, err)
		if looks > 12 {
			t.Errorf("%s: %d looks at the clock, %v", name, looks, gaps)
		}
	}
}
