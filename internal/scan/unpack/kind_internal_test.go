package unpack

import "testing"

func TestControls(t *testing.T) {
	for c := range 256 {
		for at := range 9 {
			b := []byte("\xff\t text\n\r\x80"[:9])
			b[at] = byte(c)
			want := c < ' ' && controls[c]
			if isText(b) == want {
				t.Fatalf("%q is text: %v", b, !want)
			}
		}
	}
}
