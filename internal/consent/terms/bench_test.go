package terms

import (
	"io"
	"testing"
)

func BenchmarkDecode(b *testing.B) {
	data, err := Source("hosting-terms")
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		Decode(data)
	}
}

func BenchmarkPage(b *testing.B) {
	d, c := libraryDocument(b, "hosting-terms"), texts(b)
	for b.Loop() {
		if err := d.HTML(io.Discard, c, "ar"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCompare(b *testing.B) {
	old, next, c := libraryDocument(b, "hosting-terms"), libraryDocument(b, "subscriber-terms"), texts(b)
	for b.Loop() {
		if _, err := Compare(old, next, c, "en"); err != nil {
			b.Fatal(err)
		}
	}
}
