package sheet

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf16"
)

// font is one of the fonts that every reader of PDF has, and one for what they lack.
type font string

const (
	plain font = "F1" // Helvetica
	bold  font = "F2" // Helvetica-Bold
	fixed font = "F3" // Courier, all of whose signs are as wide
	other font = "F4" // signs that those do not have: a font of the reader's own
)

// Measures of A4 sheets, in points.
const (
	width, height = 595, 842
	margin        = 50
)

// document gathers pages of text.
type document struct {
	mark  string // on each page
	pages []*strings.Builder
	y     float64 // of the next line
}

// line writes a line from a place on, and begins a page if there is no room.
func (d *document) line(f font, size, x float64, text string) {
	if len(d.pages) == 0 || d.y-size < margin+20 {
		d.page()
	}
	d.y -= size * 1.45
	d.put(f, size, x, d.y, text)
}

// again puts more on the line that was written last.
func (d *document) again(f font, size, x float64, text string) { d.put(f, size, x, d.y, text) }

func (d *document) page() {
	d.pages = append(d.pages, &strings.Builder{})
	d.y = height - margin
	d.put(bold, 11, margin, height-36, d.mark)
	d.put(bold, 11, margin, 30, d.mark)
	d.put(plain, 9, width-margin-40, 30, fmt.Sprintf("page %d", len(d.pages)))
}

// put writes text at a place, in several fonts where one lacks a sign.
func (d *document) put(f font, size, x, y float64, text string) {
	out := d.pages[len(d.pages)-1]
	fmt.Fprintf(out, "BT 1 0 0 1 %.2f %.2f Tm\n", x, y)
	for text != "" {
		n := strings.IndexFunc(text, foreign)
		if n != 0 {
			if n < 0 {
				n = len(text)
			}
			fmt.Fprintf(out, "/%s %g Tf (%s) Tj\n", f, size, latin(text[:n]))
			text = text[n:]
			continue
		}
		if n = strings.IndexFunc(text, func(r rune) bool { return !foreign(r) }); n < 0 {
			n = len(text)
		}
		fmt.Fprintf(out, "/%s %g Tf <", other, size)
		for _, u := range utf16.Encode([]rune(text[:n])) {
			fmt.Fprintf(out, "%04X", u)
		}
		out.WriteString("> Tj\n")
		text = text[n:]
	}
	out.WriteString("ET\n")
}

// foreign tells whether a sign is none of Latin-1.
func foreign(r rune) bool { return r > 0xff || r >= 0x7f && r < 0xa0 || r < ' ' }

// latin is text as a string of PDF in Latin-1.
func latin(text string) string {
	var out strings.Builder
	for _, r := range text {
		switch {
		case r == '(' || r == ')' || r == '\\':
			out.WriteByte('\\')
			out.WriteByte(byte(r))
		case r < 0x7f:
			out.WriteByte(byte(r))
		default:
			fmt.Fprintf(&out, "\\%03o", r)
		}
	}
	return out.String()
}

// write writes the document: PDF 1.4, nothing of which is compressed.
func (d *document) write(w io.Writer, title string) error {
	objects := []string{
		"<< /Type /Catalog /Pages 2 0 R >>", "", // pages come below
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>",
		"<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>",
		"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UTF16-H /DescendantFonts [7 0 R] >>",
		"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 5 >> /DW 1000 /FontDescriptor 8 0 R >>",
		"<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [-25 -254 1000 880] /ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >>",
		"<< /Title " + wide(title) + " /Producer (Candor) >>",
	}
	var kids strings.Builder
	for _, p := range d.pages {
		n := len(objects) + 1
		fmt.Fprintf(&kids, "%d 0 R ", n)
		objects = append(objects, fmt.Sprintf("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Resources << /Font << /F1 3 0 R /F2 4 0 R /F3 5 0 R /F4 6 0 R >> >> /Contents %d 0 R >>", width, height, n+1),
			fmt.Sprintf("<< /Length %d >>\nstream\n%sendstream", p.Len(), p.String()))
	}
	objects[1] = fmt.Sprintf("<< /Type /Pages /Kids [%s] /Count %d >>", strings.TrimSpace(kids.String()), len(d.pages))
	var out strings.Builder
	out.WriteString("%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
	var table strings.Builder
	for i, o := range objects {
		fmt.Fprintf(&table, "%010d 00000 n \n", out.Len())
		fmt.Fprintf(&out, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	at := out.Len()
	fmt.Fprintf(&out, "xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R /Info 9 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, table.String(), len(objects)+1, at)
	_, err := io.WriteString(w, out.String())
	return err
}

// wide is text as a string of PDF in UTF-16.
func wide(text string) string {
	var out strings.Builder
	out.WriteString("<FEFF")
	for _, u := range utf16.Encode([]rune(text)) {
		fmt.Fprintf(&out, "%04X", u)
	}
	return out.String() + ">"
}
