package engine

import "testing"

// exhaustive gives the names of the public rules that match data, found
// without the help of grams, gates and routes.
func (s *Scanner) exhaustive(t testing.TB, data []byte) []string {
	t.Helper()
	extern, err := s.externalValues(nil)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	s.inner.Exhaustive(data, extern, now, func(r uint32) {
		if info := s.rules.infos.of(r); !info.Private {
			out = append(out, info.Namespace+":"+info.Name)
		}
	})
	return out
}

func (s *Scanner) names(t testing.TB, data []byte) []string {
	t.Helper()
	matches, err := s.Scan(data, File{})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, m := range matches {
		out = append(out, m.Rule.Namespace+":"+m.Rule.Name)
	}
	return out
}
