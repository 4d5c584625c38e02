package engine

import "errors"

// Rules is a compiled set of definitions.
type Rules struct{}

// Scanner matches one piece of content after another.
type Scanner struct{}

var errNotBuilt = errors.New("not built")

// Compile compiles sources. It never fails as a whole: what cannot be used is
// in the Report.
func Compile(sources []Source, o Options) (*Rules, *Report) { return &Rules{}, &Report{} }

// Load reads what AppendBinary wrote. Data that is corrupt, or of another version, is an error.
func Load(data []byte) (*Rules, error) { return nil, errNotBuilt }

// AppendBinary appends the compiled form, for a cache file.
func (r *Rules) AppendBinary(dst []byte) ([]byte, error) { return dst, errNotBuilt }

// All lists every rule and signature.
func (r *Rules) All() []*Rule { return nil }

// NewScanner gives a Scanner over r.
func (r *Rules) NewScanner(o ScanOptions) *Scanner { return &Scanner{} }

// Scan matches data. The matches stay valid until the next Scan.
func (s *Scanner) Scan(data []byte, f File) ([]Match, error) { return nil, nil }
