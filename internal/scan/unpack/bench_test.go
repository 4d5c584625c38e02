package unpack_test

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"testing"

	"candor/internal/scan/unpack"
)

// BenchmarkNothing looks into contents that hold nothing, which most do: that
// must cost far less than matching them.
func BenchmarkNothing(b *testing.B) {
	lines := map[string]string{
		"php":  "\tpublic function get_option_value( $name, $default = false ) { // Returns what is stored.\n\t\treturn isset( $this->values[ $name ] ) ? $this->values[ $name ] : $default;\n\t}\n\n",
		"js":   "!function(e,t){\"object\"==typeof exports&&\"undefined\"!=typeof module?t(exports):\"function\"==typeof define&&define.amd?define([\"exports\"],t):t(e.lib=e.lib||{})}(this,function(e){\"use strict\";",
		"html": "<div class=\"entry-content wide\" id=\"post-1746\"><p>Some words &amp; a <a href=\"https://example.org/a/page/?with=query&amp;more=1\">link</a>.</p></div>\n",
		"css":  ".button:hover > .icon { margin: 0 6px 1.64em; color: #3c6e46; width: calc(50% - 16px); background: url(../img/icon-16.png) }\n",
	}
	for name, line := range lines {
		content := bytes.Repeat([]byte(line), (16<<10)/len(line))
		b.Run(name, func(b *testing.B) { nothing(b, "a."+name, content) })
	}
	image := []byte("\x89PNG\r\n\x1a\n")
	r := rand.New(rand.NewPCG(1, 2))
	for range 16 << 10 {
		image = append(image, byte(r.Uint32()))
	}
	b.Run("image", func(b *testing.B) { nothing(b, "a.png", image) })
}

func nothing(b *testing.B, name string, content []byte) {
	u := unpack.New(unpack.Options{})
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		if _, err := u.Unpack(context.Background(), name, content, func(unpack.Part) error { return io.ErrUnexpectedEOF }); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(content)), "ns/B")
}
