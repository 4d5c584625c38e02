package plan

import (
	"bytes"
	"testing"
)

func TestAlphabetsIn(t *testing.T) {
	for c := range 256 {
		for at := range 20 {
			data := bytes.Repeat([]byte("a"), 20)
			data[at] = byte(c)
			want := [Alphabets]bool{Text: true}
			want[alphabetOfByte(byte(c))] = true
			got, plain := AlphabetsIn(data)
			if got != want {
				t.Fatalf("byte %#x at %d: %v, want %v", c, at, got, want)
			}
			if alphabetOfByte(byte(c)) != Text && plain > at {
				t.Fatalf("byte %#x at %d: plain up to %d", c, at, plain)
			}
		}
	}
}
