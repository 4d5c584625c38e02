package unpack_test

import (
	"bytes"
	"compress/lzw"
	"encoding/ascii85"
	"fmt"
	"testing"

	"candor/internal/scan/unpack"
)

// document is a PDF of one stream.
func document(dictionary string, data []byte) []byte {
	return fmt.Appendf(nil, "%%PDF-1.5\n1 0 obj\n<</Length %d %s>>\nstream\n%s\nendstream\nendobj\n", len(data), dictionary, data)
}

// literalLZW packs text as one code a byte. Codes grow when the table is full,
// or one earlier.
func literalLZW(text string, early int) []byte {
	var out []byte
	var bits uint32
	have, width, size := 0, 9, 258
	code := func(c int) {
		bits, have = bits<<width|uint32(c), have+width
		for ; have >= 8; have -= 8 {
			out = append(out, byte(bits>>(have-8)))
		}
	}
	code(256)
	for i := range len(text) {
		code(int(text[i]))
		if i > 0 {
			size++
		}
		if size+early >= 1<<width && width < 12 {
			width++
		}
	}
	code(257)
	code(0)
	return out
}

// predictedRows filters rows with each filter of PNG in turn; the text is cut
// to whole rows.
func predictedRows(text string, columns int) []byte {
	var out []byte
	above := make([]byte, columns)
	for n := 0; len(text) >= columns; n++ {
		row := []byte(text[:columns])
		text = text[columns:]
		out = append(out, byte(n%5))
		for i, c := range row {
			var left, corner int
			if i > 0 {
				left, corner = int(row[i-1]), int(above[i-1])
			}
			up := int(above[i])
			p := left + up - corner
			nearest := left
			if d := max(p-up, up-p); d < max(p-left, left-p) {
				nearest = up
			}
			if d := max(p-corner, corner-p); d < max(p-nearest, nearest-p) {
				nearest = corner
			}
			out = append(out, c-byte([]int{0, left, up, (left + up) / 2, nearest}[n%5]))
		}
		above = row
	}
	return out
}

func TestFiltersOfPDF(t *testing.T) {
	text := marker + marker + marker + marker // more than a table of nine bits
	var base85, lzwLate, rows bytes.Buffer
	w := ascii85.NewEncoder(&base85)
	_, err := w.Write([]byte(text))
	check(t, err)
	check(t, w.Close())
	base85.WriteString("~>")
	l := lzw.NewWriter(&lzwLate, lzw.MSB, 8)
	_, err = l.Write([]byte(text))
	check(t, err)
	check(t, l.Close())
	rows.Write(zlibbed(t, predictedRows(text, 20)))
	var runs []byte
	for i := 0; i < len(text); i += 100 {
		s := text[i:min(len(text), i+100)]
		runs = append(append(runs, byte(len(s)-1)), s...)
	}
	runs = append(runs, 255, 'x', 128)
	for name, tt := range map[string]struct {
		dictionary string
		data       []byte
	}{
		"base 85":        {"/Filter /ASCII85Decode", base85.Bytes()},
		"LZW, late":      {"/Filter/LZWDecode/DecodeParms<</EarlyChange 0>>", lzwLate.Bytes()},
		"LZW, early":     {"/Filter/LZWDecode", literalLZW(text, 1)},
		"LZW, 9 bits":    {"/Filter[/LZW]/DecodeParms<</EarlyChange 0>>", literalLZW(text, 0)},
		"run length":     {"/Filter /RL", runs},
		"predictor":      {"/Filter /FlateDecode /DecodeParms <</Predictor 12 /Columns 20>>", rows.Bytes()},
		"hex of base 85": {"/Filter [/ASCIIHexDecode /A85]", fmt.Appendf(nil, "%x>", base85.Bytes())},
	} {
		if f := look(t, unpack.Options{}, "", document(tt.dictionary, tt.data)); !f.has("stream-1") || len(f.gaps) > 0 {
			t.Errorf("%s: %q %v", name, f.paths, f.gaps)
		}
	}
}

func TestGapsOfPDF(t *testing.T) {
	if f := look(t, unpack.Options{}, "", document("/Filter /Unheard", []byte(marker))); !f.gap(unpack.Unsupported) {
		t.Errorf("filter: %v", f.gaps)
	}
	content := append(document("/Filter /FlateDecode", zlibbed(t, []byte(marker))), "trailer <</Encrypt 5 0 R>>"...)
	if f := look(t, unpack.Options{}, "", content); !f.gap(unpack.Encrypted) {
		t.Errorf("encrypted: %v", f.gaps)
	}
}

func TestDocumentOfTool(t *testing.T) {
	content := script(t, `cat > in.pdf <<'END'
%PDF-1.4
1 0 obj
<</Type/Catalog/Pages 2 0 R/Note(`+marker+`)>>
endobj
2 0 obj
<</Type/Pages/Kids[]/Count 0>>
endobj
trailer
<</Root 1 0 R>>
END
qpdf --object-streams=generate --compress-streams=y --warning-exit-0 in.pdf out`, "qpdf")
	if bytes.Contains(content, []byte(marker)) {
		t.Fatal("the marker lies open")
	}
	if f := look(t, unpack.Options{}, "", content); len(f.paths) != 1 || len(f.gaps) > 0 {
		t.Errorf("%q %v", f.paths, f.gaps)
	}
}
