package normal

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"
)

var jsonType = regexp.MustCompile(`"FileType":"(CL_TYPE_[A-Z0-9_]+)"`)

// peerType gives the type that clamscan noted of a sample: that of its first
// bytes, even if it turns out to be HTML later.
func peerType(t *testing.T, dir string, i int) string {
	list, err := filepath.Glob(filepath.Join(dir, "*-"+sampleName(i)+".*", "metadata.json"))
	if err != nil {
		t.Fatal(err)
	}
	if len(list) == 0 {
		return ""
	}
	b, err := os.ReadFile(list[0])
	if err != nil {
		t.Fatal(err)
	}
	m := jsonType.FindSubmatch(b)
	if m == nil {
		return ""
	}
	return string(m[1])
}

func compareTypes(t *testing.T, samples [][]byte, names []string) (n int) {
	dir, _ := peer(t, samples, "--gen-json", "--scan-archive=no", "--scan-ole2=no", "--scan-pdf=no", "--scan-swf=no",
		"--scan-xmldocs=no", "--scan-hwp3=no", "--scan-pe=no", "--scan-elf=no", "--scan-onenote=no", "--max-scantime=2000")
	for i, s := range samples {
		want := peerType(t, dir, i)
		if want == "" {
			continue
		}
		n++
		if got := Type(s).String(); got != want {
			t.Errorf("%s: %s, want %s", names[i], got, want)
		}
	}
	return n
}

// typeSamples gives files that are nothing but what makes their type: every
// magic and every sign, at its place in a text or in binary data, and cases of
// text encodings.
func typeSamples() (samples [][]byte, names []string) {
	add := func(name string, b []byte) {
		samples, names = append(samples, b), append(names, name)
	}
	text, binary := bytes.Repeat([]byte("some text\n"), 150), bytes.Repeat([]byte{0, 1, 2, 0xfe, 7}, 300)
	for _, m := range magics {
		if m.as == TypeTNEF {
			continue // clamscan does not come to an end with what follows
		}
		for _, fill := range [][]byte{text, binary} {
			b := bytes.Clone(fill)
			copy(b[m.at:], m.bytes)
			add(m.as.String()+" magic "+strconv.Quote(m.bytes), b)
		}
	}
	for _, s := range signs {
		p := &probe{sign: s}
		p.parse(s.pattern)
		for _, fill := range [][]byte{text, binary} {
			for _, at := range []int{max(s.min, 0), max(s.min, 0) + 1, 300, 1100} {
				b := bytes.Clone(fill)
				n := copy(b[at:], example(p.parts[0]))
				if p.hasGap {
					copy(b[min(at+n+p.low, len(b)):], example(p.parts[1]))
				}
				add(s.as.String()+" sign "+s.pattern+" at "+strconv.Itoa(at), b)
			}
		}
	}
	page := "<html><head><title>x</title></head></html>"
	for _, mark := range []string{"", "\xff\xfe"} {
		add("UTF-16LE "+mark, append([]byte(mark), wide(page, 0)...))
	}
	for _, mark := range []string{"", "\xfe\xff"} {
		add("UTF-16BE "+mark, append([]byte(mark), wide(page, 1)...))
	}
	add("UTF-16LE XML", wide("<?xml version='1.0'?><table>", 0))
	add("UTF-16BE XML", wide("<?xml version='1.0'?><table>", 1))
	for _, s := range []string{"plain", "h\xc3\xa9", "\xc3\xa9\x7f", "\x01\xc3\xa9", "a\x00b\x00c\x00", "\x00a\x00b\x00c", "\xff\xfea\x00b\x00", "\x00\x01\x02\x03", "\x1b[0m", "\x80\x81\x82", "<?php echo 1; ?>", "#!/bin/sh\n"} {
		add(strconv.Quote(s), []byte(s+s+s))
	}
	return samples, names
}

// example gives bytes that a part accepts.
func example(part [][4]uint64) (b []byte) {
	for _, set := range part {
		for c := range 256 {
			if has(set, byte(c)) {
				b = append(b, byte(c))
				break
			}
		}
	}
	return b
}

// wide encodes ASCII in UTF-16, with the low byte first or second.
func wide(s string, low int) []byte {
	b := make([]byte, 2*len(s))
	for i := range len(s) {
		b[2*i+low] = s[i]
	}
	return b
}

func TestTypesAreClamscans(t *testing.T) {
	samples, names := typeSamples()
	if n := compareTypes(t, samples, names); n < len(samples)*9/10 {
		t.Errorf("clamscan noted %d types of %d samples", n, len(samples))
	}
}

// checkRecognise holds the search for signs by three bytes against that by two.
func checkRecognise(t *testing.T, b []byte) {
	t.Helper()
	for _, base := range []int{0, 600, 1 << 17} {
		got := recognise(b, base)
		was := probes
		narrow := *probes()
		narrow.triples, probes = nil, func() *probeTable { return &narrow }
		want := recognise(b, base)
		if probes = was; got != want {
			t.Fatalf("of %q at %d: %v, want %v", b, base, got, want)
		}
	}
}

func TestRecognise(t *testing.T) {
	samples, _ := typeSamples()
	r := rand.New(rand.NewPCG(7, 8))
	for range 3000 {
		b := append([]byte(nil), samples[r.IntN(len(samples))]...)
		for range 3 {
			s := samples[r.IntN(len(samples))]
			from := r.IntN(len(s))
			b = slices.Concat(b[:r.IntN(len(b)+1)], s[from:min(len(s), from+r.IntN(400))], b[r.IntN(len(b)+1):])
		}
		checkRecognise(t, b[:min(len(b), 4000)])
	}
}
