package conformance

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"candor/bench/exercise"
	"candor/bench/judge"
	"candor/engine"
)

// languageContent are small contents, each made for some corner of the language.
func languageContent() [][]byte {
	wide := func(s string) []byte { return []byte(strings.Join(strings.Split(s, ""), "\x00") + "\x00") }
	xor := func(s string, key byte) []byte {
		b := []byte(s)
		for i := range b {
			b[i] ^= key
		}
		return b
	}
	var out [][]byte
	for _, s := range []string{
		"", "a", "H", "aa", "aaa", "aaaa", "Hello", "Hello\n", "hello world", "HELLO WORLD", "say Hello.", "xHello", "Hellox", "Hello_", "_Hello", "9Hello Hello9",
		"it is it", "bit its it", "Hello World\nHello\x00World", "Hello\nWorld", "aab abb aabb ab", "aaab aaaab aaabb", "abc abcd ababcd cdcdab", "abcdabcd xaby",
		"word words sword a word", "user@example.com and more-than@one.two", "tel 12 123 1234 x9y 8z", "tab\there\r\nline two\r\n\r\n", "a\nb\rc", "]a] [x] -b a-z", "back\\slash quote\"s",
		"h.o hello heLlo hEllo", "ab12345cd ab123456cd abcd ab1cd", "foobaz barbaz fobaz", "x/path.php?x=1 \\/path", "<?php eval ( base64_decode($_POST['x'])); ?>", "<?PHP $_GET[1]",
		"12345678-abcd-0000", "http://example.com/a?b=c HTTPS://X.Y", "abcdef def abdef", "zzo\no", "aa Hello ab world wd", "Helo Heo HeXlo HeXXlo HelXo", "JELLO Jello KELLO", "abe acde abcf acdf",
		"\x00\x01\x02\x03\x04", "\x00\x01\xff\x03xx\x04", "\xff\xff\xff\xff\xfe", "\xff\xfe\xff", "\xb8\x00\x00\x00", "MZ", "\x7fELF",
	} {
		out = append(out, []byte(s))
	}
	for _, s := range []string{"Hello", "hello world", "HELLO", "it", "aa", "a word", "xHello"} {
		out = append(out, wide(s), append([]byte("x"), wide(s)...), append(wide(s), 'x'), append([]byte("x\x00"), wide(s)...),
			append(wide(s), "x\x00"...), append([]byte(" \x00"), append(wide(s), " \x00"...)...), append([]byte("\x01\x00"), wide(s)...))
	}
	for _, key := range []byte{1, 0x10, 0x11, 0x20, 0x80, 0xFF} {
		out = append(out, xor("Hello", key), xor(" Hello ", key), xor("it", key), append(append([]byte("x"), xor("Hello", key)...), 'y'), xor(string(wide("Hello")), key))
	}
	for _, s := range []string{"Hello", "xHello", "xyHello", "Hellox", "Hello and", "payload data", "1payload data", "12payload data more", "abc", "xabcd", "xxabcdx", "ab"} {
		encoded := base64.StdEncoding.EncodeToString([]byte(s))
		out = append(out, []byte(encoded), wide(encoded), []byte(base64.StdEncoding.EncodeToString(wide(s))))
	}
	image := exercise.Portable()
	for _, n := range []int{245, 250, 298, 299, 300, 301} {
		out = append(out, []byte("a"+strings.Repeat(".", n)+"b ab"+strings.Repeat("\n", n)+"cd"))
	}
	return append(out, image, append(bytes.Clone(image), "overlay aa Hello"...), image[:0x100], exercise.ELF(),
		bytes.Repeat([]byte("aa Hello ab wd "), 20), bytes.Repeat([]byte{0}, 700), bytes.Repeat([]byte("a"), 300), bytes.Repeat([]byte("word\n"), 30))
}

// languageExternals are the external variables of the rules in testdata/language.
var languageExternals = map[string]any{"ext_string": "", "ext_int": int64(7), "ext_bool": true, "ext_float": 1.5}

// TestLanguage sets the engine against yara over small rules, one for each
// operator, modifier, quantifier and corner, and small contents: the same rules
// match, with the same strings at the same places.
func TestLanguage(t *testing.T) {
	if _, err := exec.LookPath("yara"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("yara is missing; install it with: apt-get install yara")
		}
		t.Skip("yara is missing")
	}
	dir := t.TempDir()
	var files []string
	for i, data := range languageContent() {
		path := filepath.Join(dir, fmt.Sprintf("content-%03d", i))
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		files = append(files, path)
	}
	names, err := filepath.Glob("testdata/language/*.yar")
	if err != nil || len(names) == 0 {
		t.Fatalf("no rules in testdata/language: %v", err)
	}
	explained := explanations(t)
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".yar"), func(t *testing.T) { language(t, name, files, explained) })
	}
}

func explanations(t *testing.T) Explanations {
	t.Helper()
	f, err := os.Open("explained.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	e, err := ReadExplanations(f)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func language(t *testing.T, name string, files []string, explained Explanations) {
	var args []string
	for external, value := range languageExternals {
		args = append(args, "-d", fmt.Sprintf("%s=%v", external, value))
	}
	theirs, complaints, err := judge.YARA(context.Background(), append(args, name), files, true)
	if err != nil {
		t.Fatal(err)
	}
	if len(complaints) > 0 {
		t.Fatalf("yara complains: %s", complaints[0])
	}
	source, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	ours, report, err := scan([]engine.Source{{Name: name, Data: source}}, engine.Options{Externals: languageExternals}, files, true)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range report.Problems {
		t.Errorf("not compiled: %v", p)
	}
	c := compare(name, len(files), ours, theirs, true)
	explained.explain(&c)
	if c.Agreed == 0 {
		t.Error("yara finds nothing, so nothing was compared")
	}
	for _, d := range c.Differences {
		if d.Reason == "" {
			data, _ := os.ReadFile(d.Pair.File)
			t.Errorf("%s %s: %.60q: %s", d.Kind, d.Pair.Rule, data, d.Detail)
		}
	}
	t.Logf("%d pairs agreed", c.Agreed)
}
