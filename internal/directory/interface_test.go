package directory_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"candor"
	"candor/internal/directory"
)

// api is an entry whose API takes samples.
func api() directory.Entry {
	return directory.Entry{Name: "Lab", Kinds: []directory.Kind{directory.AntiVirus}, Channels: []directory.Channel{{Way: directory.API, Address: "https://lab.example/docs"}}, Takes: []directory.Goods{directory.Samples, directory.Hashes}, Archive: directory.ZipAES, Password: "infected",
		Interface: &directory.Interface{URL: "https://api.lab.example/v1/samples", Body: directory.Multipart, Content: directory.PackedFile, Field: "file", Fields: []directory.Field{{Name: "source", Value: "isp, \"quoted\""}}, Header: "Auth-Key", Prefix: "Token ",
			Reference: "/data/id", State: "/status", Answers: []directory.Reading{{Means: directory.Known, Status: 409}, {Means: directory.Taken, Value: "inserted"}},
			Verdict: &directory.Asking{URL: "https://api.lab.example/v1/samples/{reference}", State: "/verdict", Detection: "/name", Malicious: []string{"bad"}, Clean: []string{"good"}}}}
}

func TestInterface(t *testing.T) {
	if err := api().Check(); err != nil {
		t.Fatal(err, candor.Hint(err))
	}
	for name, change := range map[string]func(*directory.Entry, *directory.Interface){
		"no channel": func(e *directory.Entry, _ *directory.Interface) {
			e.Channels[0] = directory.Channel{Way: directory.Mail, Address: "a@lab.example"}
		},
		"http":                      func(_ *directory.Entry, f *directory.Interface) { f.URL = "http://api.lab.example/" },
		"a password in it":          func(_ *directory.Entry, f *directory.Interface) { f.URL = "https://u:p@api.lab.example/" },
		"GET":                       func(_ *directory.Entry, f *directory.Interface) { f.Method = "GET" },
		"no body":                   func(_ *directory.Entry, f *directory.Interface) { f.Body = "" },
		"digests as a file":         func(_ *directory.Entry, f *directory.Interface) { f.Content = directory.SHA256 },
		"a file as a form":          func(_ *directory.Entry, f *directory.Interface) { f.Body = directory.FormBody },
		"fields in a raw body":      func(_ *directory.Entry, f *directory.Interface) { f.Body = directory.Raw },
		"no field":                  func(_ *directory.Entry, f *directory.Interface) { f.Field = "" },
		"a field with a quote":      func(_ *directory.Entry, f *directory.Interface) { f.Field = `a"b` },
		"a field twice":             func(_ *directory.Entry, f *directory.Interface) { f.Fields[0].Name = "file" },
		"a value of two lines":      func(_ *directory.Entry, f *directory.Interface) { f.Fields[0].Value = "a\r\nb" },
		"a header of two":           func(_ *directory.Entry, f *directory.Interface) { f.Header = "A: b\r\nC" },
		"a header of ours":          func(_ *directory.Entry, f *directory.Interface) { f.Header = "host" },
		"no pointer":                func(_ *directory.Entry, f *directory.Interface) { f.Reference = "data/id" },
		"a bad escape":              func(_ *directory.Entry, f *directory.Interface) { f.State = "/a~2" },
		"nothing to tell":           func(_ *directory.Entry, f *directory.Interface) { f.Answers[0].Status = 0 },
		"a redirect takes":          func(_ *directory.Entry, f *directory.Interface) { f.Answers[0].Status = 302 },
		"no such meaning":           func(_ *directory.Entry, f *directory.Interface) { f.Answers[0].Means = "good" },
		"a value from nowhere":      func(_ *directory.Entry, f *directory.Interface) { f.State = "" },
		"verdicts elsewhere":        func(_ *directory.Entry, f *directory.Interface) { f.Verdict.URL = "https://other.example/{reference}" },
		"verdicts of nothing":       func(_ *directory.Entry, f *directory.Interface) { f.Verdict.URL = "https://api.lab.example/v1" },
		"verdicts by no reference":  func(_ *directory.Entry, f *directory.Interface) { f.Reference = "" },
		"verdicts that say nothing": func(_ *directory.Entry, f *directory.Interface) { f.Verdict.Malicious, f.Verdict.Clean = nil, nil },
		"no archive":                func(e *directory.Entry, _ *directory.Interface) { e.Archive, e.Password = "", "" },
		"takes no samples":          func(e *directory.Entry, _ *directory.Interface) { e.Takes = []directory.Goods{directory.Hashes} },
	} {
		e := api()
		change(&e, e.Interface)
		if err := e.Check(); !errors.Is(err, candor.ErrInvalid) || candor.Hint(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestInterfaceExchange: what an export says of an API an import reads, and both
// forms say the same.
func TestInterfaceExchange(t *testing.T) {
	want := []directory.Entry{api()}
	var y, c bytes.Buffer
	if err := errors.Join(directory.WriteYAML(&y, want), directory.WriteCSV(&c, want)); err != nil {
		t.Fatal(err)
	}
	fromYAML, err := directory.ReadYAML(&y)
	if err != nil || !fromYAML[0].Same(want[0]) || cmp.Diff(want, fromYAML) != "" {
		t.Error(err, cmp.Diff(want, fromYAML))
	}
	fromCSV, err := directory.ReadCSV(&c)
	if err != nil || !fromCSV[0].Same(want[0]) {
		t.Error(err, cmp.Diff(want, fromCSV))
	}
	if _, err := directory.ReadCSV(strings.NewReader("name,kinds,channels,takes,api\nLab,anti-virus,api:https://lab.example/,samples,\"{\"\"url\"\":\"\"https://x.example/\"\",\"\"secret\"\":\"\"x\"\"}\"\n")); !errors.Is(err, candor.ErrInvalid) {
		t.Errorf("a member that nobody knows: %v", err)
	}
	other := api()
	other.Interface.URL = "https://evil.example/"
	if other.Same(want[0]) || other.Reached(want[0]) {
		t.Error("another API is taken for the same")
	}
}

func TestStarterInterfaces(t *testing.T) {
	all, err := directory.Starter()
	n := 0
	for _, e := range all {
		if e.Interface != nil {
			n++
			if e.Source == "" || e.Looked == "" || e.Interface.Header == "" {
				t.Errorf("%s: %+v", e.Name, e)
			}
		}
	}
	if err != nil || n != 3 {
		t.Errorf("%d, %v", n, err)
	}
}

func TestPointer(t *testing.T) {
	doc, err := directory.ReadJSON([]byte(`{"a":[{"b":"x"},7,true,null],"m~n":1.50,"a/b":"y","":"z"}`))
	if err != nil {
		t.Fatal(err)
	}
	for pointer, want := range map[string]string{"/a/0/b": "x", "/a/1": "7", "/a/2": "true", "/m~0n": "1.50", "/a~1b": "y", "/": "z"} {
		if got, ok := directory.At(doc, pointer); !ok || got != want {
			t.Errorf("%s: %q, %v", pointer, got, ok)
		}
	}
	for _, pointer := range []string{"", "/a", "/a/3", "/a/4", "/a/00", "/a/-", "/a/0/b/c", "a", "/x", "/m~n"} {
		if got, ok := directory.At(doc, pointer); ok {
			t.Errorf("%s: %q", pointer, got)
		}
	}
	if _, err := directory.ReadJSON([]byte(`{} {}`)); err == nil {
		t.Error("two texts are one")
	}
}
