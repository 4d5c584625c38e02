package hash

import (
	"bytes"
	"testing"

	"candor/engine/module"
	"candor/engine/module/moduletest"
)

var functions = []string{"md5", "sha1", "sha256", "checksum32", "crc32"}

func TestAgainstYara(t *testing.T) {
	for name, data := range map[string][]byte{
		"empty": nil,
		"short": []byte("The quick brown fox"),
		"long":  bytes.Repeat([]byte{0, 1, 0x7f, 0x80, 0xff}, 1<<16),
	} {
		size := len(data)
		var questions []moduletest.Question
		for _, f := range functions {
			for _, r := range [][2]int{{0, size}, {0, size + 1}, {4, 5}, {0, 0}, {size - 1, 1}, {size, 0}, {-1, 4}, {0, -1}, {1 << 40, 1}} {
				questions = append(questions, moduletest.Ask(f, r[0], r[1]))
			}
			for _, s := range []string{"", "dummy", "a\x00b\xff"} {
				questions = append(questions, moduletest.Ask(f, s))
			}
		}
		t.Run(name, func(t *testing.T) { moduletest.CompareAnswers(t, New(), data, questions) })
	}
}

// TestStandards holds the vectors of RFC 1321, FIPS 180-4 and the check value of CRC-32.
func TestStandards(t *testing.T) {
	for _, c := range []struct{ function, text, want string }{
		{"md5", "", "d41d8cd98f00b204e9800998ecf8427e"},
		{"md5", "message digest", "f96b697d7cb7938d525a2f31aaf161d0"},
		{"sha1", "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
		{"sha256", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		{"crc32", "123456789", "3421780262"},
		{"checksum32", "\x01\xff", "256"},
	} {
		in, _ := moduletest.Input([]byte(c.text))
		for _, v := range []module.Value{
			moduletest.Call(t, New(), in, c.function, module.StringValue(c.text)),
			moduletest.Call(t, New(), in, c.function, module.IntValue(0), module.IntValue(100)),
		} {
			if got := moduletest.Answer(v); got != c.want && !(c.text == "" && got == "undefined") {
				t.Errorf("%s(%q) = %s, want %s", c.function, c.text, got, c.want)
			}
		}
	}
}

// TestKept holds that a result is computed once, that ranges which differ only
// past the end of the data are one, and that there is a bound.
func TestKept(t *testing.T) {
	data := bytes.Repeat([]byte("abcd"), maxCached)
	in, _ := moduletest.Input(data)
	m := New()
	for _, size := range []int{len(data), len(data) + 1, len(data)} {
		moduletest.Call(t, m, in, "md5", module.IntValue(0), module.IntValue(int64(size)))
	}
	if n := len(kept(in)); n != 1 {
		t.Errorf("%d results kept of one", n)
	}
	for i := range maxCached + 10 {
		moduletest.Call(t, m, in, "crc32", module.IntValue(int64(i)), module.IntValue(4))
	}
	if n := len(kept(in)); n != maxCached {
		t.Errorf("%d results kept, want %d", n, maxCached)
	}
}
