package scan

import (
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"

	"candor"
	"candor/engine"
)

// Looker judges contents, one after another, reusing its memory. One goroutine
// at a time may use it.
type Looker struct {
	newMatcher func() Matcher
	matcher    Matcher
	externals  externals
	matched    []*engine.Rule // by the last look
}

// NewLooker makes a Looker; fixed names the built-in external variables that
// are not to be set from the content.
func NewLooker(newMatcher func() Matcher, fixed map[string]bool) *Looker {
	return &Looker{newMatcher: newMatcher, externals: newExternals(fixed)}
}

// Look judges a content that is known by a path, which need not exist, and
// belongs to a user of the system. Findings hold copies of what they show, so
// that the content may be changed afterwards. What was found before an error
// is given beside it.
func (l *Looker) Look(path string, content []byte, uid uint32) ([]candor.Finding, error) {
	dir, name := filepath.Split(path)
	return l.look(path, dir, name, content, uid)
}

// look has the content matched. Whatever goes wrong in there, a panic
// included, is an error of this content alone.
func (l *Looker) look(path, dir, name string, content []byte, uid uint32) (findings []candor.Finding, err error) {
	defer func() {
		if r := recover(); r != nil {
			l.matcher = nil // its state is anybody's guess
			err = panicError(r)
		}
	}()
	matches, err := l.ready().Scan(content, engine.File{Name: path, Externals: l.externals.of(dir, name, content, uid)})
	l.matched = l.matched[:0]
	for _, m := range matches {
		l.matched = append(l.matched, m.Rule)
		findings = append(findings, verdict(m))
	}
	place(findings, path, content)
	return findings, err
}

// ready gives the matcher.
func (l *Looker) ready() Matcher {
	if l.matcher == nil {
		l.matcher = l.newMatcher()
	}
	return l.matcher
}

// place says of findings where they are and in what.
func place(findings []candor.Finding, path string, content []byte) {
	if len(findings) == 0 {
		return
	}
	digest := sha256.Sum256(content)
	for i := range findings {
		findings[i].Path = path
		findings[i].SHA256 = hex.EncodeToString(digest[:])
		findings[i].Bytes = int64(len(content))
	}
}
