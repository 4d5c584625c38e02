package engine

import (
	"crypto/sha256"
	"encoding/binary"
	"math"

	"candor/engine/module"
)

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
	b := s.answers[:0]
	s.inner.Situation(extern, func(question string, answer module.Value) {
		if answer.Kind == module.Bool && answer.Int == 0 || answer.Kind == module.Undefined {
			return // so that rules that ask more and hear no more of it change nothing
		}
		b = appendText(append(b, byte(answer.Kind)), question)
		switch answer.Kind {
		case module.String:
			b = appendText(b, string(answer.Str))
		case module.Float:
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(answer.Float))
		default:
			b = binary.AppendVarint(b, answer.Int)
		}
	})
	s.answers = b
	sum := sha256.Sum256(b)
	return Situation(sum[:len(Situation{})]), nil
}
