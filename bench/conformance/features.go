package conformance

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"candor/bench/exercise"
	"candor/bench/ruleset"
)

// clamavFeatures are signatures that use what the ClamAV formats offer, one
// feature each. Macros are a set of their own: together with signatures of
// several parts they make clamscan 1.4.6 crash.
//
//go:embed testdata/clamav testdata/clamav-macro
var clamavFeatures embed.FS

// tails are put behind the first body of a logical signature whose name
// contains the key: content for the subsignatures that are no bodies.
var tails = map[string][]string{
	"PCRE": {
		" pcre-123-value", " pcre--value", " PCRE-abc-nocase", " pcre-abg-nocase", " many1 many2", " many1", " dot\nall-end", " dotall.end",
		"\nline-start", " line-start", " abc-abc-again", " abc-abd-again", " lookahead", " look ahead", " A7 word;", " A7word", "offset-pcre", " at-the-very-begin",
	},
	"Byte": {
		"05", "  06", " 4", "  ff", "AA", " AB", "AAB", "BAAB", "  A", "42", " 42", "  42", " 0x2A", "0x2A", "2A", "  2a", "A", "B", "C", " A B C", "   BA", "  AA  ",
		"\x00\x01\x02\x03\x04", "041", "0052", "",
	},
	"Macro":      {"macro-one", "  macro-one", "    macro-two", "            macro-two", "         macro-one", "macro-thr"},
	"Count.None": {"-plain", "count-none-b"},
	"Fullword":   {"", "x", " x", "_", "-", "1"},
	"Group":      {"", "gn-a", "gn-c"},
}

// features is a set of signatures and content made for it by hand.
type features struct {
	ruleset.Set
	samples []string
}

// writeFeatures puts the feature sets below dir.
func writeFeatures(dir string) ([]features, error) {
	var out []features
	for _, name := range []string{"clamav", "clamav-macro"} {
		f, err := writeFeature(filepath.Join(dir, name), path.Join("testdata", name))
		if err != nil {
			return nil, err
		}
		f.Name = name + " features"
		out = append(out, f)
	}
	return out, nil
}

// writeFeature puts the signatures, and hash signatures of content made here,
// into dir, and gives them as a set together with that content.
func writeFeature(dir, from string) (s features, err error) {
	signatures, contents := filepath.Join(dir, "signatures"), filepath.Join(dir, "content")
	for _, d := range []string{signatures, contents} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			return s, err
		}
	}
	entries, err := clamavFeatures.ReadDir(from)
	if err != nil {
		return s, err
	}
	files := map[string][]byte{}
	for _, e := range entries {
		if files[e.Name()], err = clamavFeatures.ReadFile(path.Join(from, e.Name())); err != nil {
			return s, err
		}
	}
	samples := featureContent(string(files["features.ldb"]) + string(files["macro.ldb"]))
	for name, text := range hashSignatures(samples) {
		files[name] = []byte(text)
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		data := files[name]
		to := filepath.Join(signatures, name)
		if err := os.WriteFile(to, data, 0o644); err != nil {
			return s, err
		}
		s.Files = append(s.Files, to)
	}
	for _, f := range samples {
		to := filepath.Join(contents, f.name)
		if err := os.WriteFile(to, f.data, 0o644); err != nil {
			return s, err
		}
		s.samples = append(s.samples, to)
	}
	return s, nil
}

// sample is a content with a name.
type sample struct {
	name string
	data []byte
}

// featureContent is content made by hand, for what the exerciser does not
// know: PCRE, byte compare, macros, negations, hashes.
func featureContent(logical string) []sample {
	var out []sample
	for line := range strings.Lines(logical) {
		f := strings.Split(strings.TrimSpace(line), ";")
		if len(f) < 4 {
			continue
		}
		body, _, _ := strings.Cut(f[3], "::")
		trigger, err := hex.DecodeString(body[strings.Index(body, ":")+1:])
		if err != nil {
			continue
		}
		for part, list := range tails {
			if !strings.Contains(f[0], part) {
				continue
			}
			for i, tail := range list {
				out = append(out,
					sample{fmt.Sprintf("%s-%d-behind", f[0], i), []byte("x " + string(trigger) + tail + " y")},
					sample{fmt.Sprintf("%s-%d-before", f[0], i), []byte(tail + string(trigger) + "\n")})
			}
		}
	}
	for i := range 6 {
		text := fmt.Sprintf("A file that is known by its digest, number %d.\n", i)
		out = append(out, sample{fmt.Sprintf("hash-%d", i), bytes.Repeat([]byte(text), 10+i)})
	}
	image := exercise.Portable()
	out = append(out, sample{"portable", image}, sample{"portable-trusted", append(bytes.Clone(image), "more"...)})
	return out
}

// hashSignatures know the contents hash-0 to hash-5, and the section of the
// portable ones, by digest. hash-4 and portable-trusted are also known to be good.
func hashSignatures(samples []sample) map[string]string {
	by := map[string][]byte{}
	for _, s := range samples {
		by[s.name] = s.data
	}
	md := func(b []byte) string { return fmt.Sprintf("%x:%d", md5.Sum(b), len(b)) }
	one := func(b []byte) string { return fmt.Sprintf("%x:%d", sha1.Sum(b), len(b)) }
	two := func(b []byte) string { return fmt.Sprintf("%x:%d", sha256.Sum256(b), len(b)) }
	section := exercise.PortableSection(by["portable"])
	return map[string]string{
		"hash.hdb": md(by["hash-0"]) + ":Test.Hash.MD5\n" + md(by["hash-4"]) + ":Test.Hash.Trusted\n",
		"hash.hsb": one(by["hash-1"]) + ":Test.Hash.SHA1\n" + two(by["hash-2"]) + ":Test.Hash.SHA256\n" +
			fmt.Sprintf("%x:*:Test.Hash.AnySize:73\n", sha256.Sum256(by["hash-3"])) + md(by["hash-5"]) + ":Test.Hash.MD5.InHSB\n" +
			fmt.Sprintf("%x:%d:Test.Hash.WrongSize\n", sha256.Sum256(by["hash-2"]), len(by["hash-2"])+1),
		"section.mdb": fmt.Sprintf("%d:%x:Test.Section.MD5\n", len(section), md5.Sum(section)),
		"section.msb": fmt.Sprintf("%d:%x:Test.Section.SHA256\n", len(section), sha256.Sum256(section)),
		"trusted.fp":  md(by["hash-4"]) + ":trusted\n",
		"trusted.sfp": two(by["portable-trusted"]) + ":trusted\n",
	}
}
