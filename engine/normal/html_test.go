package normal

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestHTML(t *testing.T) {
	for _, c := range []struct{ in, noComment, noTags, script string }{
		{
			"<HTML><!-- x --><P Class='A'>Tom &amp; Jerry&#33;</P>",
			`<html><p class="a">tom & jerry!</p>`, " tom jerry ", "",
		},
		{
			`<A HREF="http://X.example/?A=1">go</a>`,
			`<a href="http://x.example/?a=1">go</a>`, " http://X.example/?A=1 go ", "",
		},
		{
			`<script>var aa = "x" + 'Y'; aa(unescape("%41%42"));</script>`,
			`<script>varaa="x"+"y";aa(unescape("%41%42"));</script>`, " ",
			`<script>var n000="xy";n000("ab");</script>`,
		},
		{
			`<script>eval(function(p,a,c,k,e,d){return p}('0("1")',2,2,'alert|hi'.split('|'),0,{}))</script>`,
			`<script>eval(function(p,a,c,k,e,d){returnp}("0("1")",2,2,"alert|hi".split("|"),0,{}))</script>`, " ",
			`<script>eval(function(n000,n001,n002,n003,n004,n005){return n000}(alert("hi")))</script>`,
		},
	} {
		p := HTML([]byte(c.in), 0)
		for _, x := range []struct{ what, got, want string }{
			{"NoComment", string(p.NoComment), c.noComment},
			{"NoTags", string(p.NoTags), c.noTags},
			{"Script", string(p.Script), c.script},
		} {
			if x.got != x.want {
				t.Errorf("%s of %s\n\t got %q\n\twant %q", x.what, c.in, x.got, x.want)
			}
		}
	}
}

func TestHTMLEmbedded(t *testing.T) {
	p := HTML([]byte(`<img src="data:image/png;base64,QUJD"><img src='data:text/plain,a%41'>`), 0)
	want := []string{
		"From html-normalise\nContent-type: image/png;base64\nContent-transfer-encoding: base64\n\nQUJD",
		"From html-normalise\nContent-type: text/plain\n\naA",
	}
	if len(p.Embedded) != len(want) {
		t.Fatalf("got %q", p.Embedded)
	}
	for i := range want {
		if string(p.Embedded[i]) != want[i] {
			t.Errorf("got %q, want %q", p.Embedded[i], want[i])
		}
	}
}

func TestHTMLLimits(t *testing.T) {
	page := []byte("<html>" + strings.Repeat("word ", 100))
	p := HTML(page, len(page)-1)
	if len(p.NoComment) != 0 || len(p.NoTags) != 0 {
		t.Errorf("a page beyond the limit gave %d and %d bytes", len(p.NoComment), len(p.NoTags))
	}
	p.Read(page, len(page))
	if len(p.NoComment) == 0 || len(p.NoTags) == 0 {
		t.Error("a page within the limit gave nothing")
	}
	p.Read([]byte("<b>x</b>"), 0)
	if got := string(p.NoComment); got != "<b>x</b>" {
		t.Errorf("reused pages hold %q", got)
	}
}

// TestScriptWork gives scripts that would cost libclamav hours.
func TestScriptWork(t *testing.T) {
	for name, body := range map[string]string{
		"evals":   strings.Repeat(`eval("a()");`, 100_000),
		"adds":    `"a"` + strings.Repeat(`+"bcdefgh"`, 200_000),
		"packers": strings.Repeat(`function x(p,a,c,k,e,r){}`, 20_000) + strings.Repeat("x(", 20_000),
		"shifts":  strings.Repeat(`dF("%410");`, 100_000),
		"scopes":  strings.Repeat("function f(a){", 100_000) + strings.Repeat("b ", 100_000),
		"names":   strings.Repeat("function f(a){b c", 60_000),
	} {
		start := time.Now()
		HTML([]byte("<script>"+body+"</script>"), 0)
		if d := time.Since(start); d > 20*time.Second {
			t.Errorf("%s took %v", name, d)
		}
	}
}

func FuzzHTML(f *testing.F) {
	for _, p := range pieces {
		f.Add([]byte("<html>" + p))
	}
	f.Add([]byte("<html><script>" + strings.Join(pieces, "")))
	used := &Pages{}
	f.Fuzz(func(t *testing.T, b []byte) {
		used.Read(b, 1<<20)
		fresh := HTML(b, 1<<20)
		if !bytes.Equal(used.NoComment, fresh.NoComment) || !bytes.Equal(used.NoTags, fresh.NoTags) || !bytes.Equal(used.Script, fresh.Script) {
			t.Fatal("memory that was used before makes a difference")
		}
	})
}

// FuzzRuns holds runs against the states that take a byte at a time.
func FuzzRuns(f *testing.F) {
	for _, p := range pieces {
		f.Add([]byte("<html>" + p + "word <td a=bcdefghij " + p))
	}
	f.Add([]byte("<html><%@ language=jscript.encode>#@~^AAAAAA==0123456789ab & &abc"))
	f.Fuzz(func(t *testing.T, b []byte) { compareRuns(t, b) })
}

func TestRuns(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 20_000 {
		if compareRuns(t, randomPage(r)); t.Failed() {
			return
		}
	}
}

func compareRuns(t *testing.T, b []byte) {
	var fast, slow Pages
	fast.Read(b, 1<<20)
	slow.bytewise = true
	slow.Read(b, 1<<20)
	same := compare(t, "NoComment", fast.NoComment, slow.NoComment) && compare(t, "NoTags", fast.NoTags, slow.NoTags) &&
		compare(t, "Script", fast.Script, slow.Script)
	if !same || !slices.EqualFunc(fast.Embedded, slow.Embedded, bytes.Equal) {
		t.Errorf("of %q", b)
	}
}

func FuzzType(f *testing.F) {
	samples, _ := typeSamples()
	for _, s := range samples {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, ty := range []FileType{Type(b), Anywhere(b)} {
			if got, ok := ParseType(ty.String()); !ok || got != ty {
				t.Fatalf("type %d is %v", ty, got)
			}
		}
		checkRecognise(t, b)
	})
}

func BenchmarkHTML(b *testing.B) {
	page := []byte("<html><head><title>x</title></head><body>" +
		strings.Repeat(`<p class="c">Some <b>text</b> with &amp; and <a href="/x?y=1">a link</a>.</p>`+"\n", 1000) + "</body></html>")
	p := &Pages{}
	b.SetBytes(int64(len(page)))
	for b.Loop() {
		p.Read(page, 0)
	}
}

func BenchmarkText(b *testing.B) {
	text := bytes.Repeat([]byte("<?php if ($Foo) { echo 'Hello World'; }\n"), 1000)
	var dst []byte
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		dst = Text(dst[:0], text)
	}
}

func BenchmarkAnywhere(b *testing.B) {
	text := bytes.Repeat([]byte("<?php if ($Foo) { echo 'Hello <b>World</b>'; }\n"), 1000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		Anywhere(text)
	}
}
