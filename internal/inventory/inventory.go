// Package inventory reads which software is here: the packages of a server, and
// the web applications, plug-ins, themes and libraries below the roots of a site.
// It reads files and runs nothing, follows no link out of the folder that it is
// given, and is bounded in files, bytes and depth: files of sites are written by
// whoever likes.
package inventory

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"candor"
)

// Kind is what a piece of software is.
type Kind string

// The kinds.
const (
	Package     Kind = "package"     // of the operating system
	Application Kind = "application" // a web application
	Plugin      Kind = "plugin"      // of an application: a plug-in, module, component, extension
	Theme       Kind = "theme"       // of an application
	Library     Kind = "library"     // of a package manager of a language
)

// Kinds are all of them, in the order in which people expect them.
func Kinds() []Kind { return []Kind{Application, Plugin, Theme, Library, Package} }

// Item is one piece of software that was observed.
type Item struct {
	Kind Kind   `json:"kind"`
	Name string `json:"name"` // as its own system names it: a package, the folder of a plug-in, "wordpress"
	// Title is as it calls itself, where that is something else.
	Title   string `json:"title,omitempty"`
	Version string `json:"version,omitempty"` // empty: it could not be told
	// Of is the application that a plug-in or a theme is of, or the stream of a module
	// that a package is of, "nodejs:18".
	Of string `json:"of,omitempty"`
	// Ecosystem is that of package managers: "Packagist", "npm", or a distribution
	// with its release and the release's name, "Debian:12:bookworm".
	Ecosystem    string `json:"ecosystem,omitempty"`
	Architecture string `json:"architecture,omitempty"`
	// Source and SourceVersion are what a package was built from.
	Source        string `json:"source,omitempty"`
	SourceVersion string `json:"source_version,omitempty"`
	Place         string `json:"place,omitempty"` // the folder below the root; "." is the root itself
}

// Program is what vulnerabilities are of: the same for all that have the same.
type Program struct {
	Kind      Kind   `json:"kind"`
	Ecosystem string `json:"ecosystem,omitempty"`
	Of        string `json:"of,omitempty"`
	Name      string `json:"name"` // of a package the source's, but with AlmaLinux, which tells of what was built
	// Title is as it calls itself; of a package of Red Hat, of which some tell by what was
	// built and some by its source, the former where it is another.
	Title   string `json:"title,omitempty"`
	Version string `json:"version,omitempty"`
}

// Program gives what vulnerabilities of an item are of.
func (i Item) Program() Program {
	p := Program{Kind: i.Kind, Ecosystem: i.Ecosystem, Of: i.Of, Name: i.Name, Title: i.Title, Version: i.Version}
	if i.Kind == Package {
		p.Name, p.Title = cmp.Or(i.Source, i.Name), ""
		if strings.HasPrefix(i.Ecosystem, almaLinux) {
			p.Name = i.Name
			return p
		}
		if i.Source != "" && i.SourceVersion == "" && ofRedHat(i.Ecosystem) {
			p.Title = i.Name
		}
		p.Version = cmp.Or(i.SourceVersion, i.Version)
	}
	return p
}

// ID names a program: the same for the same program everywhere.
func (p Program) ID() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %q %q %q", p.Kind, p.Ecosystem, p.Of, p.Name, p.Title, p.Version))
	return hex.EncodeToString(sum[:16])
}

// String is the program with its version, and what it is of: "openssl 3.0.11-1
// (Debian 12)", "akismet 5.3 (wordpress)".
func (p Program) String() string {
	text := p.Name
	if p.Version != "" {
		text += " " + p.Version
	}
	if of := strings.Trim(p.Of+", "+p.system(), ", "); of != "" {
		text += " (" + of + ")"
	}
	return text
}

// ofRedHat tells whether packages of an ecosystem are those of Red Hat, or are built
// from the same.
func ofRedHat(ecosystem string) bool {
	return strings.HasPrefix(ecosystem, redHat) || strings.HasPrefix(ecosystem, "CentOS")
}

func (p Program) system() string {
	if p.Of != "" && p.Kind != Package {
		return ""
	}
	parts := strings.SplitN(p.Ecosystem, ":", 3)
	return strings.TrimSpace(strings.Join(parts[:min(len(parts), 2)], " "))
}

// Gap is why a list may lack something.
type Gap string

// The gaps.
const (
	Complete   Gap = ""
	Unreadable Gap = "unreadable"  // files or folders could not be read
	TooMany    Gap = "too-many"    // a bound was reached: of files, bytes or items
	NoReader   Gap = "no-reader"   // packages of this system cannot be read
	NoSystem   Gap = "no-packages" // no packages of a system are there
)

// Gaps are all of them.
func Gaps() []Gap { return []Gap{Unreadable, TooMany, NoReader, NoSystem} }

// List is what was observed at one time.
type List struct {
	System string `json:"system,omitempty"` // of a server, as it calls itself: "Debian GNU/Linux 12 (bookworm)"
	Items  []Item `json:"items"`
	Gap    Gap    `json:"gap,omitempty"` // what is not in the list may be there all the same
}

// Bounds.
const (
	MostItems = 12_000 // of a list
	mostWord  = 200    // bytes of a name
	mostPlace = 1000   // bytes of a folder
)

// Digest names a list: the same for the same list. Call Tidy first.
func (l List) Digest() string {
	text, err := json.Marshal(l)
	if err != nil {
		return "" // it has nothing that could fail
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// Tidy puts a list in order, takes out what is in it twice, and cuts it to what
// may be kept.
func (l *List) Tidy() {
	slices.SortFunc(l.Items, func(a, b Item) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Place, b.Place), cmp.Compare(a.Version, b.Version), cmp.Compare(a.Architecture, b.Architecture),
			cmp.Compare(a.Ecosystem, b.Ecosystem), cmp.Compare(a.Of, b.Of), cmp.Compare(a.Title, b.Title), cmp.Compare(a.Source, b.Source), cmp.Compare(a.SourceVersion, b.SourceVersion))
	})
	l.Items = slices.CompactFunc(l.Items, func(a, b Item) bool { return a.Key() == b.Key() })
	if len(l.Items) > MostItems {
		l.Items, l.Gap = l.Items[:MostItems], TooMany
	}
	if l.Items == nil {
		l.Items = []Item{}
	}
}

// Key is by what an item is known again: with another version it is another.
type Key struct {
	Program, Name, Version, Architecture, Place string
}

// Key gives the item's.
func (i Item) Key() Key {
	return Key{i.Program().ID(), i.Name, i.Version, i.Architecture, i.Place}
}

// Check says what is wrong with a list that somebody else sent, as
// candor.ErrInvalid.
func (l List) Check() error {
	if len(l.Items) > MostItems || !text(l.System, mostWord) || l.Gap != Complete && !slices.Contains(Gaps(), l.Gap) {
		return fmt.Errorf("a list of software: too long, or no text: %w", candor.ErrInvalid)
	}
	for _, i := range l.Items {
		if !i.proper() {
			return fmt.Errorf("a list of software: %.80q is no item: %w", i.Name, candor.ErrInvalid)
		}
	}
	return nil
}

// proper tells whether an item is in the form in which this package gives them.
func (i Item) proper() bool {
	for _, w := range []string{i.Title, i.Of, i.Ecosystem, i.Architecture, i.Source} {
		if !text(w, mostWord) {
			return false
		}
	}
	if i.Place != "" && (path.IsAbs(i.Place) || path.Clean(i.Place) != i.Place || strings.HasPrefix(i.Place, "..")) {
		return false
	}
	return slices.Contains(Kinds(), i.Kind) && i.Name != "" && text(i.Name, mostWord) && text(i.Place, mostPlace) && i.Version == versionOf(i.Version) && i.SourceVersion == versionOf(i.SourceVersion)
}

// text tells whether a word is short and printable.
func text(s string, most int) bool {
	return len(s) <= most && utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}

// wordOf gives a word as it may be kept: printable, on one line, not too long.
func wordOf(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	for len(s) > mostWord {
		_, n := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-n]
	}
	return strings.TrimSpace(s)
}

// versionOf gives a version that can be compared with others; empty for what is
// none. It says nothing of "dev-main" or "@version@".
func versionOf(s string) string {
	s = strings.TrimSpace(s)
	if s == "" || len(s) > 100 || !strings.ContainsAny(s, "0123456789") {
		return ""
	}
	if c := s[0]; !('0' <= c && c <= '9') && c != 'v' && c != 'V' {
		return ""
	}
	for _, c := range []byte(s) {
		if !('0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || strings.IndexByte(".+~^:_-", c) >= 0) {
			return ""
		}
	}
	return s
}

// State is how much is known of the software of a server or a site.
type State struct {
	Asset   candor.ID `json:"asset"`
	System  string    `json:"system,omitempty"` // of a server, as it calls itself
	Gap     Gap       `json:"gap,omitempty"`    // what was not seen may be there all the same
	Items   int       `json:"items"`            // that are there
	First   time.Time `json:"first"`            // when somebody looked first
	Changed time.Time `json:"changed"`          // when something was otherwise than before
	Seen    time.Time `json:"seen"`             // when somebody looked last
}

// Observed is an item with when it was seen.
type Observed struct {
	Item
	First time.Time `json:"first"`
	Last  time.Time `json:"last,omitzero"` // of what is gone: when it was seen last
}
