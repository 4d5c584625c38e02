package format

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func rows(text string, comma byte) (all [][]string, err error) {
	t := NewRows(bufio.NewReader(strings.NewReader(text)), comma)
	for {
		fields, err := t.Next()
		if err != nil {
			return all, err
		}
		all = append(all, append([]string{fmt.Sprint(t.Line())}, fields...))
	}
}

func TestRows(t *testing.T) {
	for text, want := range map[string][][]string{
		"\xef\xbb\xbfa,b\r\n1,2\r\n":          {{"1", "a", "b"}, {"2", "1", "2"}},
		"\"a,\"\"b\"\"\",\"c\nd\"\n\n\nx":     {{"1", `a,"b"`, "c\nd"}, {"5", "x"}},
		`say "hi", "there" ,` + "\n":          {{"1", `say "hi"`, "there", ""}},
		`"a" b,"c`:                            nil,
		`"",""`:                               {{"1", "", ""}},
		strings.Repeat("x", 20000) + ",y\nz,": {{"1", strings.Repeat("x", 20000), "y"}, {"2", "z", ""}},
	} {
		got, err := rows(text, ',')
		if !cmp.Equal(got, want) || errors.Is(err, io.EOF) != (want != nil) {
			t.Errorf("%.50q: %.100q, %v", text, got, err)
		}
	}
	if got, _ := rows("a;b,c", ';'); !cmp.Equal(got, [][]string{{"1", "a", "b,c"}}) {
		t.Errorf("%q", got)
	}
}

func TestRowsBounds(t *testing.T) {
	for _, text := range []string{`"` + strings.Repeat("x\n", MostRow), strings.Repeat("x", MostRow+1), strings.Repeat(",", MostFields)} {
		if _, err := rows(text, ','); !errors.Is(err, ErrRow) {
			t.Errorf("%.10q: %v", text, err)
		}
	}
}

func FuzzRows(f *testing.F) {
	f.Add("a,b\n\"c\"\"\n\",d\n", byte(0))
	f.Fuzz(func(t *testing.T, text string, comma byte) {
		if _, err := rows(text, ",;\t| "[comma%5]); !errors.Is(err, io.EOF) && !errors.Is(err, ErrRow) {
			t.Error(err)
		}
	})
}
