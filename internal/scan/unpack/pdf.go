package unpack

import (
	"bytes"
	"encoding/ascii85"
	"fmt"
	"io"
	"strconv"

	"github.com/klauspost/compress/flate"
)

const (
	// longestDictionary is how far before "stream" its dictionary may begin.
	longestDictionary = 8 << 10
	// mostFilters is how many filters one stream may have.
	mostFilters = 8
)

// openPDF hands over the streams that have filters (ISO 32000-1, 7.3.8 and
// 7.4), object streams among them. They are found by their words rather than by
// the cross-reference table, which is often wrong and leaves out what an
// incremental update replaced. Streams without a filter lie open in the file;
// those of a known kind are handed over too.
func openPDF(w *walk, at place, content []byte) error {
	if i := bytes.LastIndex(content, []byte("/Encrypt")); i >= 0 && isReference(content[i+len("/Encrypt"):]) {
		w.gap(at, "pdf", encrypted("streams are encrypted"))
		return nil
	}
	for from, end, n := 0, 0, 1; ; n++ { // end is that of the stream before
		i := bytes.Index(content[from:], []byte("stream"))
		if i < 0 {
			return nil
		}
		if err := w.check(at); err != nil {
			return err
		}
		word := from + i
		from = word + len("stream")
		if word >= 3 && string(content[word-3:word]) == "end" {
			continue
		}
		dict := pdfDictionary(content[max(end, word-longestDictionary):word])
		if dict == nil {
			continue
		}
		data := content[from:]
		data = bytes.TrimPrefix(data, []byte("\r"))
		data = bytes.TrimPrefix(data, []byte("\n"))
		data = pdfSpan(data, dict)
		from = len(content) - len(content[from:]) + len(data)
		end = from
		if err := w.pdfStream(at, n, dict, data); err != nil {
			return err
		}
	}
}

// isReference tells whether "n n R" or a dictionary follows.
func isReference(b []byte) bool {
	b = bytes.TrimLeft(b[:min(len(b), 32)], " \r\n\t")
	return bytes.HasPrefix(b, []byte("<<")) || len(b) > 0 && b[0] >= '0' && b[0] <= '9' && bytes.Contains(b, []byte(" R"))
}

// pdfDictionary gives the dictionary that ends where "stream" begins: from the
// last "obj" on.
func pdfDictionary(before []byte) []byte {
	trimmed := bytes.TrimRight(before, " \r\n\t\x00\f")
	if !bytes.HasSuffix(trimmed, []byte(">>")) {
		return nil
	}
	i := bytes.LastIndex(trimmed, []byte("obj"))
	if i < 0 {
		return trimmed[max(0, len(trimmed)-1024):]
	}
	return trimmed[i:]
}

// pdfSpan cuts a stream where its length says if "endstream" follows there, or
// else before the next "endstream".
func pdfSpan(data, dict []byte) []byte {
	if v := pdfValue(dict, "Length"); len(v) > 0 {
		digits := v[:len(v)-len(bytes.TrimLeft(v, "0123456789"))]
		if n, err := strconv.Atoi(string(digits)); err == nil && n <= len(data) {
			if bytes.HasPrefix(bytes.TrimLeft(data[n:min(len(data), n+16)], "\r\n "), []byte("endstream")) {
				return data[:n]
			}
		}
	}
	if i := bytes.Index(data, []byte("endstream")); i >= 0 {
		return data[:i]
	}
	return data
}

// pdfValue gives what follows a key of a dictionary. Names may be written with
// #xx in place of a character.
func pdfValue(dict []byte, key string) []byte {
	for from := 0; ; {
		i := bytes.IndexByte(dict[from:], '/')
		if i < 0 {
			return nil
		}
		from += i + 1
		n := pdfNameEnd(dict[from:])
		raw := dict[from : from+n]
		from += n
		if string(raw) == key || bytes.IndexByte(raw, '#') >= 0 && pdfUnescaped(raw) == key {
			return bytes.TrimLeft(dict[from:], " \r\n\t\x00\f")
		}
	}
}

// pdfName reads a name behind its slash.
func pdfName(b []byte) (string, int) {
	n := pdfNameEnd(b)
	return pdfUnescaped(b[:n]), n
}

// pdfNameEnds are the characters before which names end.
var pdfNameEnds = func() (set [256]bool) {
	for c := range ' ' + 1 {
		set[c] = true
	}
	for _, c := range []byte("/<>[]()%{}") {
		set[c] = true
	}
	return set
}()

func pdfNameEnd(b []byte) int {
	for i, c := range b {
		if pdfNameEnds[c] {
			return i
		}
	}
	return len(b)
}

func pdfUnescaped(b []byte) string {
	var name []byte
	for i := 0; i < len(b); i++ {
		if b[i] == '#' {
			if v, ok := digits(b[i+1:], 2, 16); ok {
				name = append(name, v)
				i += 2
				continue
			}
		}
		name = append(name, b[i])
	}
	return string(name)
}

// pdfFilters gives the names of the filters in the order of decoding.
func pdfFilters(dict []byte) []string {
	v := pdfValue(dict, "Filter")
	if v == nil {
		v = pdfValue(dict, "F") // of inline images and, in error, of streams
	}
	if len(v) == 0 || v[0] != '/' && v[0] != '[' {
		return nil
	}
	if v[0] == '/' {
		name, _ := pdfName(v[1:])
		return []string{name}
	}
	list, _, _ := bytes.Cut(v[1:], []byte("]"))
	var filters []string
	for len(list) > 0 {
		_, rest, ok := bytes.Cut(list, []byte("/"))
		if !ok {
			break
		}
		name, n := pdfName(rest)
		filters = append(filters, name)
		list = rest[n:]
	}
	return filters
}

// pdfStream decodes the nth stream up to a filter of images, whose data images keep.
func (w *walk) pdfStream(in place, n int, dict, data []byte) error {
	filters := pdfFilters(dict)
	name := func() string { return fmt.Sprintf("stream-%d", n) }
	if len(filters) == 0 {
		if k := head(data, ""); k == "" || k == "text" || k == "image" || k == "zlib" {
			return nil
		}
		return w.slice(in, "pdf", name(), data)
	}
	if len(filters) > mostFilters {
		w.gap(in.inside("pdf", name()), "pdf", unsupported(fmt.Sprintf("%d filters", len(filters))))
		return w.pass(in)
	}
	var r io.Reader = bytes.NewReader(data)
	for i, f := range filters {
		next, known := pdfFilter(f, r, dict)
		if !known {
			w.gap(in.inside("pdf", name()), "pdf", unsupported("filter "+f))
			return w.pass(in)
		}
		if next == nil {
			if i == 0 {
				return nil
			}
			break
		}
		r = next
		if i < len(filters)-1 {
			r = meter{w, in, r}
		}
	}
	return w.decode(in, "pdf", name(), &forgiving{r})
}

// pdfFilter gives the decoder of a filter, nil for those of images; false for
// one that is not known.
func pdfFilter(name string, r io.Reader, dict []byte) (io.Reader, bool) {
	switch name {
	case "FlateDecode", "Fl":
		return predicted(dict, &zlibBody{r: r}), true
	case "LZWDecode", "LZW":
		return predicted(dict, &pdfLZW{src: &byteReader{r: r}, early: !bytes.HasPrefix(pdfValue(dict, "EarlyChange"), []byte("0"))}), true
	case "ASCIIHexDecode", "AHx":
		return &hexLetters{r: byteReader{r: r}}, true
	case "ASCII85Decode", "A85":
		return ascii85.NewDecoder(&until{r: byteReader{r: r}}), true
	case "RunLengthDecode", "RL":
		return &runLength{r: byteReader{r: r}}, true
	case "DCTDecode", "DCT", "JPXDecode", "CCITTFaxDecode", "CCF", "JBIG2Decode":
		return nil, true
	case "Crypt":
		return r, true
	}
	return nil, false
}

// zlibBody inflates behind a header of two bytes that nobody checks.
type zlibBody struct {
	r     io.Reader
	flate io.Reader
}

func (z *zlibBody) Read(p []byte) (int, error) {
	if z.flate == nil {
		b := &byteReader{r: z.r}
		for range 2 {
			if _, err := b.ReadByte(); err != nil {
				return 0, err
			}
		}
		z.flate = flate.NewReader(b)
	}
	return z.flate.Read(p)
}

// predicted undoes a predictor of PNG (7.4.4.4), which object streams may have.
func predicted(dict []byte, r io.Reader) io.Reader {
	number := func(key string, otherwise int) int {
		v := pdfValue(dict, key)
		n, err := strconv.Atoi(string(v[:len(v)-len(bytes.TrimLeft(v, "0123456789"))]))
		if err != nil || n > 1<<16 {
			return otherwise
		}
		return n
	}
	if number("Predictor", 1) < 10 {
		return r
	}
	colors, bits, columns := max(1, number("Colors", 1)), max(1, number("BitsPerComponent", 8)), number("Columns", 1)
	if colors > 32 || bits > 16 {
		return r
	}
	size := (colors*bits*columns + 7) / 8
	return &pngRows{r: r, step: max(1, colors*bits/8), size: size + 1}
}

// pngRows undoes the filters of PNG, row by row.
type pngRows struct {
	r          io.Reader
	step       int
	size       int    // of a row, the first byte of which is the filter
	row, above []byte // as long as there was data; what is missing is zero
	rest       []byte
}

func (x *pngRows) Read(p []byte) (int, error) {
	if len(x.rest) == 0 {
		x.row, x.above = x.above, x.row
		if err := x.fill(); len(x.row) < 2 {
			if err == nil || err == io.ErrUnexpectedEOF {
				err = io.EOF
			}
			return 0, err
		}
		x.undo()
		x.rest = x.row[1:]
	}
	n := copy(p, x.rest)
	x.rest = x.rest[n:]
	return n, nil
}

// fill reads a row. What the dictionary says of its size is not believed before
// the data is there.
func (x *pngRows) fill() error {
	x.row = x.row[:0]
	for len(x.row) < x.size {
		if len(x.row) == cap(x.row) {
			x.row = append(make([]byte, 0, min(max(2*cap(x.row), 512), x.size)), x.row...)
		}
		n, err := io.ReadFull(x.r, x.row[len(x.row):min(cap(x.row), x.size)])
		x.row = x.row[:len(x.row)+n]
		if err != nil {
			return err
		}
	}
	return nil
}

func (x *pngRows) undo() {
	for i := 1; i < len(x.row); i++ {
		var left, corner, up byte
		if i < len(x.above) {
			up = x.above[i]
		}
		if i > x.step {
			left = x.row[i-x.step]
			if i-x.step < len(x.above) {
				corner = x.above[i-x.step]
			}
		}
		switch x.row[0] {
		case 1:
			x.row[i] += left
		case 2:
			x.row[i] += up
		case 3:
			x.row[i] += byte((int(left) + int(up)) / 2)
		case 4:
			x.row[i] += paeth(int(left), int(up), int(corner))
		}
	}
}

func paeth(a, b, c int) byte {
	p := a + b - c
	da, db, dc := max(p-a, a-p), max(p-b, b-p), max(p-c, c-p)
	switch {
	case da <= db && da <= dc:
		return byte(a)
	case db <= dc:
		return byte(b)
	}
	return byte(c)
}
