package evidence

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gowebpki/jcs"

	"candor"
)

func TestEntryRoundTrip(t *testing.T) {
	e := sample(1)
	e.Actor = "Zoë \"the\\ \x01\b\t\n\f\r\x1f</>\u2028 \U0001F600"
	e.Body = json.RawMessage("{ \"z\": 1.0, \"\U0001F600\": [1e20, -0, null, true], \"\uE000\":\"\\u00e9\\/\", \"a\": {} }")
	e.Personal = map[string]Digest{"\uE000": {1}, "\U0001F600": {2}, "b": {3}}
	e.Time = time.Date(2026, 11, 25, 13, 0, 0, 120, time.FixedZone("", 3600))
	data := must[[]byte](t)(e.Canonical())
	plain := e
	plain.Version, plain.Time = 1, e.Time.UTC()
	want := must[[]byte](t)(jcs.Transform(must[[]byte](t)(json.Marshal(plain))))
	if diff := cmp.Diff(string(want), string(data)); diff != "" {
		t.Errorf("canonical form (-want +got):\n%s", diff)
	}
	back := must[Entry](t)(ParseEntry(data))
	if again := must[[]byte](t)(back.Canonical()); !bytes.Equal(again, data) {
		t.Errorf("came back as %s", again)
	}
}

func TestEntryRefused(t *testing.T) {
	for name, edit := range map[string]func(*Entry){
		"no id":        func(e *Entry) { e.ID = "" },
		"no kind":      func(e *Entry) { e.Kind = "" },
		"no actor":     func(e *Entry) { e.Actor = "" },
		"no time":      func(e *Entry) { e.Time = time.Time{} },
		"no body":      func(e *Entry) { e.Body = nil },
		"array":        func(e *Entry) { e.Body = json.RawMessage(`[]`) },
		"no JSON":      func(e *Entry) { e.Body = json.RawMessage(`{"a":`) },
		"version":      func(e *Entry) { e.Version = 2 },
		"UTF-8":        func(e *Entry) { e.Actor = "\xff" },
		"body's UTF-8": func(e *Entry) { e.Body = json.RawMessage("{\"a\":\"\xff\"}") },
		"big integer":  func(e *Entry) { e.Body = json.RawMessage(`{ "a": 9007199254740993 }`) },
		"depth": func(e *Entry) {
			e.Body = json.RawMessage(strings.Repeat(`{"a":`, 200) + "1" + strings.Repeat("}", 200))
		},
		"double member": func(e *Entry) { e.Body = json.RawMessage(`{"a":1,"a":2}`) },
	} {
		e := sample(1)
		edit(&e)
		if data, err := e.Canonical(); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("%s: %s, %v; want ErrInvalid", name, data, err)
		}
	}
}

func TestParseEntryIsStrict(t *testing.T) {
	good := string(must[[]byte](t)(sample(1).Canonical()))
	for name, bad := range map[string]string{
		"space":         strings.Replace(good, `,"v"`, `, "v"`, 1),
		"unknown":       strings.Replace(good, `"v":1`, `"v":1,"w":2`, 1),
		"version":       strings.Replace(good, `"v":1`, `"v":2`, 1),
		"order":         strings.Replace(good, `"actor":"scan",`, ``, 1)[:len(good)-16] + `,"actor":"scan"}`,
		"number":        strings.Replace(good, `1234`, `1234.0`, 1),
		"escape":        strings.Replace(good, `"scan"`, `"\u0073can"`, 1),
		"digest's case": strings.Replace(good, `"blobs":["01`, `"blobs":["0A`, 1),
		"time zone":     strings.Replace(good, `1Z"`, `1+00:00"`, 1),
		"tail":          good + " ",
		"empty case":    strings.Replace(good, string(sample(1).Case), "", 1),
		"twice":         strings.Replace(good, `"actor":"scan"`, `"actor":"scan","actor":"scan"`, 1),
		"nothing":       "",
	} {
		if bad == good {
			t.Errorf("%s: nothing was changed", name)
		}
		if _, err := ParseEntry([]byte(bad)); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("%s: %v, want ErrInvalid", name, err)
		}
	}
}

func TestConceal(t *testing.T) {
	c := must[Concealed](t)(Conceal(rand.Reader, "ann@example.org"))
	d := must[Concealed](t)(Conceal(rand.Reader, "ann@example.org"))
	if c.Digest == d.Digest || c.Salt == d.Salt {
		t.Error("equal values are recognisable")
	}
	if c.Digest != sha256.Sum256(append(c.Salt[:], "ann@example.org"...)) {
		t.Error("the digest is not what is documented")
	}
	if !Reveals(c.Digest, c.Salt, "ann@example.org") || Reveals(c.Digest, c.Salt, "bob@example.org") || Reveals(c.Digest, d.Salt, "ann@example.org") {
		t.Error("Reveals is wrong")
	}
	if _, err := Conceal(strings.NewReader("short"), "x"); !errors.Is(err, candor.ErrUnavailable) {
		t.Errorf("without randomness: %v", err)
	}
}

// FuzzCanonical holds the scanner against the library that transforms.
func FuzzCanonical(f *testing.F) {
	for _, seed := range []string{`{"a":1}`, `{"b":1,"a":2}`, `[1e20,-0,1E5,0.1]`, `"\u001f\b\/"`, `"\ud83d\ude00"`, `{"":null,"\u0000":{}}`, ` true`, `9007199254740993`, `{"\ue000":1,"😀":2}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		out, err := jcs.Transform(data)
		if same := err == nil && bytes.Equal(out, data); isCanonical(data) && !same {
			t.Errorf("%q passes for canonical, the library makes %q of it, %v", data, out, err)
		} else if same && !isCanonical(data) && bytes.Count(data, []byte("["))+bytes.Count(data, []byte("{")) < maxDepth {
			t.Errorf("%q is canonical for the library", data)
		}
	})
}

func FuzzParseEntry(f *testing.F) {
	f.Add(must[[]byte](f)(sample(1).Canonical()))
	f.Add([]byte(`{"actor":"a","body":{},"id":"1","kind":"k","time":"2026-11-25T12:00:00Z","v":1}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := ParseEntry(data)
		if err != nil {
			return
		}
		if again, err := e.Canonical(); err != nil || !bytes.Equal(again, data) {
			t.Errorf("%q came back as %q, %v", data, again, err)
		}
	})
}
