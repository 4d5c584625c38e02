package engine

import "crypto/sha256"

// Situation is what the external variables of a file amount to for a set of
// rules: the answers to all that their conditions ask of them. The same content
// has the same matches in all files of one Situation, the time aside.
type Situation [16]byte

// Situation gives that of a file.
func (s *Scanner) Situation(f File) (Situation, error) {
	extern, err := s.externalValues(f.Externals)
	if err != nil {
		return Situation{}, err
	}
	s.answers = s.inner.Situation(s.answers[:0], extern)
	sum := sha256.Sum256(s.answers)
	return Situation(sum[:len(Situation{})]), nil
}

// Named is the situation of a file whose name has a say beyond what conditions ask of it
// themselves.
func (s Situation) Named(name string) Situation {
	sum := sha256.Sum256(append(s[:], name...))
	return Situation(sum[:len(s)])
}
