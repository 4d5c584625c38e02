package scan

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"
	"slices"
	"strings"

	"candor"
	"candor/engine"
	"candor/internal/scan/unpack"
)

// Looker judges contents, one after another, reusing its memory: each as a
// whole, and what lies inside. One goroutine at a time may use it.
type Looker struct {
	newMatcher func() Matcher
	matcher    Matcher
	externals  externals
	unpacker   *unpack.Unpacker // nil looks at contents as a whole
	inside     func()           // called before what lies inside is looked at; may be nil
	observe    func(form []byte)
	all        bool // observe has all forms

	rests rests // of the last look
}

// rests is what a verdict rests on.
type rests struct {
	rules  []*engine.Rule // that match
	placed bool           // external variables had a say
	clock  bool           // the time had
	unread bool           // not all of it was looked at
}

// NewLooker makes a Looker; fixed names the built-in external variables that
// are not to be set from the content. Without inside only contents as a whole
// are looked at.
func NewLooker(newMatcher func() Matcher, fixed map[string]bool, inside *unpack.Options) *Looker {
	l := &Looker{newMatcher: newMatcher, externals: newExternals(fixed)}
	if inside != nil {
		l.unpacker = unpack.New(*inside)
	}
	return l
}

// Look judges a content that is known by a path, which need not exist, and
// belongs to a user of the system. Findings hold copies of what they show, so
// that the content may be changed afterwards. What was found before an error
// is given beside it.
func (l *Looker) Look(path string, content []byte, uid uint32) ([]candor.Finding, error) {
	dir, name := filepath.Split(path)
	return l.look(path, dir, name, content, uid)
}

// mostParts bounds the parts of one content that one rule is told of.
const mostParts = 20

// look has the content matched, and what lies inside. Whatever goes wrong in
// there, a panic included, is an error of this content alone.
func (l *Looker) look(path, dir, name string, content []byte, uid uint32) (findings []candor.Finding, err error) {
	defer func() {
		if r := recover(); r != nil {
			l.matcher = nil // its state is anybody's guess
			err = panicError(r)
		}
		place(findings, path, content)
	}()
	l.rests = rests{rules: l.rests.rules[:0]}
	if findings, err = l.match(findings, path, "", dir, name, content, uid); err != nil || l.unpacker == nil {
		return findings, err
	}
	gaps, err := l.unpacker.Unpack(context.Background(), name, content, func(p unpack.Part) (err error) {
		if l.inside != nil {
			l.inside()
		}
		before := len(findings)
		findings, err = l.match(findings, path, p.Path, dir, filepath.Base(p.Path), p.Data, uid)
		findings = innermost(findings, before, p)
		return err
	})
	l.rests.unread = len(gaps) > 0
	return append(findings, unread(gaps)...), err
}

// match appends what a content or a part of it is found to be.
func (l *Looker) match(findings []candor.Finding, path, inside, dir, name string, content []byte, uid uint32) ([]candor.Finding, error) {
	m := l.ready()
	matches, err := m.Scan(content, engine.File{Name: path, Externals: l.externals.of(dir, name, content, uid)})
	if t, ok := m.(teller); ok {
		asked, clock := t.Consulted()
		l.rests.placed, l.rests.clock = l.rests.placed || len(asked) > 0, l.rests.clock || clock
	}
	for _, m := range matches {
		if !slices.Contains(l.rests.rules, m.Rule) {
			l.rests.rules = append(l.rests.rules, m.Rule)
		}
		f := verdict(m)
		f.Inside = inside
		if inside == "" || count(findings, f.Rule) < mostParts {
			findings = append(findings, f)
		}
	}
	return findings, err
}

// innermost drops findings of places that hold a part as it is, and so what the
// same rules found in the part, which lie from a place on.
func innermost(findings []candor.Finding, from int, p unpack.Part) []candor.Finding {
	if from == len(findings) || p.Within == p.Path {
		return findings
	}
	of := slices.Clone(findings[from:])
	return slices.DeleteFunc(findings, func(f candor.Finding) bool {
		around := f.Inside == "" || strings.HasPrefix(p.Path, f.Inside+"//")
		return around && len(f.Inside) >= len(p.Within) && count(of, f.Rule) > 0
	})
}

func count(findings []candor.Finding, rule string) (n int) {
	for i := range findings {
		if findings[i].Rule == rule {
			n++
		}
	}
	return n
}

// ready gives the matcher.
func (l *Looker) ready() Matcher {
	if l.matcher == nil {
		l.matcher = l.newMatcher()
		if t, ok := l.matcher.(teller); ok && l.observe != nil {
			t.Observe(l.observe, l.all)
		}
	}
	return l.matcher
}

// show has observe called with the forms of what is looked at next; see
// engine.Scanner's Observe.
func (l *Looker) show(observe func(form []byte), all bool) {
	l.observe, l.all = observe, all
	if t, ok := l.ready().(teller); ok {
		t.Observe(observe, all)
	}
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
