package yara

import (
	"errors"
	"testing"
)

// FuzzParse checks that no source makes Parse fail, that each rule it leaves
// out has a problem inside the source, and that what it keeps survives Format.
func FuzzParse(f *testing.F) {
	for _, c := range peerCases {
		for i := 0; i < len(c.srcs); i += 7 {
			f.Add(c.wrap(c.srcs[i]))
		}
	}
	f.Fuzz(func(t *testing.T, src string) {
		file, problems := Parse("x", []byte(src), Options{Include: func(from, path string) (string, []byte, error) {
			if len(from) > 3 {
				return "", nil, errors.New("no such file")
			}
			return from + "x", []byte(path), nil
		}})
		for _, p := range problems {
			if p.Reason == "" || p.Pos.Line < 1 || p.Pos.Column < 1 {
				t.Fatalf("bad problem %v", p)
			}
		}
		roundTrip(t, file)
	})
}
