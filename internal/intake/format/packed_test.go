package format

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func zipped(t *testing.T, members ...string) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(members); i += 2 {
		w, err := z.Create(members[i])
		if err == nil {
			_, err = io.WriteString(w, members[i+1])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gzipped(t *testing.T, content string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, content); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// contents tells what a file holds, and whether its beginning was told right.
func contents(t *testing.T, name string, content []byte) (all []string, err error) {
	f := NewFile(name, "", bytes.NewReader(content))
	inside, start := f.Inside()
	err = f.Contents(func(f File) error {
		b, err := io.ReadAll(f.Body)
		if len(all) == 0 && (inside != f.Name || !bytes.HasPrefix(b, start) || len(b) > 0 && len(start) == 0) {
			t.Errorf("%s: %s begins with %q, and %s holds %.20q", name, inside, start, f.Name, b)
		}
		all = append(all, f.Name, string(b))
		return err
	})
	return all, err
}

func TestContents(t *testing.T) {
	long := strings.Repeat("abc,", 1<<20)
	tests := []struct {
		name    string
		content []byte
		want    []string
	}{
		{"a.csv", []byte("x,y"), []string{"a.csv", "x,y"}},
		{"a.csv.GZ", gzipped(t, "x,y"), []string{"a.csv", "x,y"}},
		{"a", gzipped(t, long), []string{"a", long}},
		{"a.zip", zipped(t, "in/", "", "in/b.csv", "1", "__MACOSX/b", "no", "c.csv", "2"), []string{"b.csv", "1", "c.csv", "2"}},
		{"a.zip", zipped(t, "b.gz", string(gzipped(t, "1"))), []string{"b", "1"}},
		{"a.gz", gzipped(t, string(zipped(t, "b", "1"))), []string{"b", "1"}},
		{"", nil, []string{"", ""}},
	}
	for _, test := range tests {
		got, err := contents(t, test.name, test.content)
		if err != nil || !cmp.Equal(got, test.want) {
			t.Errorf("%s holds %.100q, %v", test.name, got, err)
		}
	}
}

func TestContentsBounds(t *testing.T) {
	many := make([]string, 2*(mostMembers+1))
	deep := string(gzipped(t, string(gzipped(t, "x"))))
	locked := bytes.Replace(zipped(t, "b", "1"), []byte("PK\x01\x02\x14\x00\x14\x00\x08"), []byte("PK\x01\x02\x14\x00\x14\x00\x09"), 1)
	for name, content := range map[string][]byte{
		"members": zipped(t, many...), "depth": gzipped(t, deep), "cut": gzipped(t, "abc")[:15], "cut zip": zipped(t, "b", "1")[:40],
		"encrypted": locked, "zip": append([]byte("PK\x03\x04"), make([]byte, MostPacked)...),
	} {
		if _, err := contents(t, name, content); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestContentsTooLarge(t *testing.T) {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	block := make([]byte, 1<<20)
	for range MostUnpacked>>20 + 1 {
		if _, err := z.Write(block); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	var read int64
	err = NewFile("bomb.gz", "", &b).Contents(func(f File) (err error) {
		read, err = io.Copy(io.Discard, f.Body)
		return err
	})
	if !errors.Is(err, ErrTooLarge) || read > MostUnpacked {
		t.Errorf("read %d bytes, then %v", read, err)
	}
}

func FuzzContents(f *testing.F) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, "a,b\n1,2\n"); err != nil {
		f.Fatal(err)
	}
	if err := z.Close(); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	b.Reset()
	w := zip.NewWriter(&b)
	if m, err := w.Create("a/b.csv"); err != nil {
		f.Fatal(err)
	} else if _, err := io.WriteString(m, "a,b\n1,2\n"); err != nil {
		f.Fatal(err)
	}
	if err := w.Close(); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, content []byte) {
		file := NewFile("a", "", bytes.NewReader(content))
		if _, start := file.Inside(); len(start) > Beginning {
			t.Errorf("%d bytes", len(start))
		}
		_ = file.Contents(func(f File) error {
			_, err := io.Copy(io.Discard, f.Body)
			return err
		})
	})
}
