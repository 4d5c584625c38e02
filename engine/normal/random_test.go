package normal

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
)

// pieces are what random pages are put together from.
var pieces = []string{
	"<a href=", "<A HREF='", `<a href="`, "<img src=", `<IMG SRC="x.gif" alt='it''s'>`, "<p class=x>", "</p>", "<br/>", "< b >", "</ b>",
	"<script>", "<SCRIPT language='javascript'>", `<script language="JScript.Encode">`, "</script>", "</SCRIPT >", "<style>", "</style>",
	"<!-- ", "-->", "<!DOCTYPE html>", "<%@ language=x %>", `<%@ LANGUAGE = "VBScript.Encode"%>`, "<form action=x>", "<td nowrap>",
	`"`, "'", ">", "<", "=", "&", ";", " ", "  ", "\n", "\r\n", "\t", "\\", "\\'", "/", "!", "\x00", "\x00\x00", "\x01", "\x0b",
	"&amp;", "&AMP;", "&lt;", "&nbsp;", "&eacute;", "&bogus;", "&#65;", "&#x41;", "&#x3002;", "&#300;", "&#0;", "&#;", "&#x;", "&#99999999999999999999;",
	"&#xfffffffffffffffff;", "&#12z", "&quot", "&copy ",
	"\xe3\x80\x82", "\xef\xbc\x8e", "\xa1C", "\xa1D", "\xa1", "\xc3\xa9", "\xe4\xb8\xad\xe6\x96\x87", "\xff", "\x80\x80\x80\x80\x80",
	"data:text/plain,", "data:image/png;base64,QUJD", "data:", "'data:text/html;charset=x,%41%4", "%41", "%zz", "%", ",",
	"word", "Word", "TEXT", "x1", "_y", "$z", "123", "4294967296", "99999999999999999999", "1.5", "1.5e3", "1.5ex", "0.000001", "1e5", "0x41", "3.", "1234567.5",
	"var ", "var a=1,b=2;", "function ", "function f(p,q){", "function(", "(", ")", "{", "}", "[", "]", ",", "return ", ".", "a.b", "+", "+", "++", "==", "===", ">>>=", "&&",
	`"a"+"b"`, `'c'+"d"+'e'`, `"x\x41\u0042\n\0\"y"`, `'\x4'`, `"\u12"`, "unescape(", `unescape("%41%u0042%zz")`, `eval("alert(1)")`, "eval(", `eval('eval("x()")')`, `dF("%2a%2B1")`, "dF(",
	"// comment ", "/* comment */", "/*", "*/", "/re/g", "document.write(", "this", "null", "new ", "let ", "const ",
	`eval(function(p,a,c,k,e,d){e=function(c){return c};return p}('0 1="2 3";',4,4,'var|x|hello|world'.split('|'),0,{}))`,
	`function u(p,a,c,k,e,r){return p} u('0(1)',10,2,'alert|5',0,{})`,
	"#@~^", "#@~^DgAAAA==\\ko$K6,JCV^GJAwQAAA==^#~@", "^#~@",
}

// randomPage puts a page together. Some are longer than a block, with and
// without white space.
func randomPage(r *rand.Rand) []byte {
	b := []byte("<html>")
	if r.IntN(4) == 0 {
		b = append(b, "<head><script>"...)
	}
	for range 1 + r.IntN(60) {
		b = append(b, pieces[r.IntN(len(pieces))]...)
		switch r.IntN(400) {
		case 0:
			b = append(b, bytes.Repeat([]byte("long text "), r.IntN(1500))...)
		case 1:
			b = append(b, bytes.Repeat([]byte("x"), r.IntN(9000))...)
		}
	}
	return b
}

// TestPagesAreClamscans holds Pages against clamscan over random pages.
func TestPagesAreClamscans(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var samples [][]byte
	var names []string
	for i := range 400 {
		samples = append(samples, randomPage(r))
		names = append(names, fmt.Sprintf("page %d", i))
	}
	if n := comparePages(t, samples, names); n < 300 {
		t.Errorf("clamscan took %d of %d pages for HTML", n, len(samples))
	}
}
