package consent_test

import (
	"bytes"
	"errors"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"testing"

	"candor"
	"candor/internal/consent"
)

func TestPaperType(t *testing.T) {
	picture := image.NewGray(image.Rect(0, 0, 8, 8))
	var asPNG, asJPEG, asGIF bytes.Buffer
	if err := errors.Join(png.Encode(&asPNG, picture), jpeg.Encode(&asJPEG, picture, nil), gif.Encode(&asGIF, picture, nil)); err != nil {
		t.Fatal(err)
	}
	directory := append([]byte{1, 0}, make([]byte, 16)...)
	for name, c := range map[string]struct {
		content []byte
		want    string
	}{
		"PDF":                       {[]byte("%PDF-1.7\n…\n%%EOF\n"), "application/pdf"},
		"PNG":                       {asPNG.Bytes(), "image/png"},
		"JPEG":                      {asJPEG.Bytes(), "image/jpeg"},
		"TIFF":                      {append([]byte("II*\x00\x08\x00\x00\x00"), directory...), "image/tiff"},
		"TIFF of the other order":   {append([]byte("MM\x00*\x00\x00\x00\x08\x00\x01"), make([]byte, 16)...), "image/tiff"},
		"TIFF without a directory":  {[]byte("II*\x00\xff\xff\xff\xff aaaaaaaa"), ""},
		"a PDF that is cut off":     {[]byte("%PDF-1.7\n…\n"), ""},
		"a page":                    {[]byte("<html><script>alert(1)</script>"), ""},
		"a GIF":                     {asGIF.Bytes(), ""},
		"a PNG that is cut off":     {asPNG.Bytes()[:10], ""},
		"nothing":                   {nil, ""},
		"a PDF that is much larger": {append([]byte("%PDF-1.7\n"), append(make([]byte, consent.MostPaper), "%%EOF"...)...), ""},
	} {
		got, err := consent.PaperType(c.content)
		if got != c.want || (err == nil) != (c.want != "") || err != nil && (!errors.Is(err, candor.ErrInvalid) || candor.Hint(err) == "") {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func FuzzPaperType(f *testing.F) {
	f.Add([]byte("%PDF-1.7\n%%EOF"))
	f.Add([]byte("II*\x00\x08\x00\x00\x00\x01\x00aaaaaaaaaaaa"))
	f.Fuzz(func(t *testing.T, content []byte) {
		if got, err := consent.PaperType(content); (err == nil) == (got == "") {
			t.Errorf("%q, %v", got, err)
		}
	})
}
