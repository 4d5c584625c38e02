// Package software ties client software to the agreement that its users sign
// (ITU-T X.1207, 11.1.2): the version that they signed is the one that was
// shipped.
//
// A provider registers products, the builds of each, and to which versions of
// an agreement and of a privacy policy a build is bound. What a device shows its
// user is held against that: where it differs, it is a finding. What the user
// says is a Statement, signed on the device, kept in a Queue while there is no
// network, and answered once by a Desk, however often it arrives. At start a
// program asks whether it still stands.
package software

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"candor"
	"candor/internal/regex"
)

// Product is software that a provider ships.
type Product struct {
	ID        string    `json:"id"` // lower-case letters, digits, dots and dashes
	Name      string    `json:"name"`
	Publisher string    `json:"publisher"`
	Asset     candor.ID `json:"asset"` // of the kind product: findings are filed there
	Created   time.Time `json:"created"`
}

// File is one file of a build.
type File struct {
	Name   string `json:"name"` // relative, with slashes
	SHA256 string `json:"sha256"`
}

// Build is what is shipped: an installer, or files.
type Build struct {
	Product  string `json:"product"`
	Version  string `json:"version"`
	Platform string `json:"platform"` // such as linux/amd64; any word
	Files    []File `json:"files"`    // in order of name
}

// Paper is a version of a document, by the SHA-256 of what is shown.
type Paper struct {
	Document string `json:"document"`
	Version  string `json:"version"`
	SHA256   string `json:"sha256"`
}

// Binding says that a build comes with a version of the agreement and of the
// privacy policy, from Since on and until there is a later one for the build.
type Binding struct {
	ID        candor.ID `json:"id"`
	Product   string    `json:"product"`
	Build     string    `json:"build"` // Digest of it
	Agreement Paper     `json:"agreement"`
	Policy    Paper     `json:"policy"`
	Optional  []string  `json:"optional,omitempty"` // clauses of the agreement that may be chosen
	Since     time.Time `json:"since"`
}

// Bounds.
const (
	mostFiles   = 10_000
	mostClauses = 256
	mostText    = 200 // bytes
)

var (
	productID = regex.Of(`^[a-z0-9][a-z0-9.-]{0,63}$`)
	clauseID  = regex.Of(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)
)

// Check says what is wrong with a product.
func (p Product) Check() error {
	switch {
	case !productID.MatchString(p.ID):
		return bad("product", "its id", p.ID, "Use at most 64 lower-case letters, digits, dots and dashes.")
	case !line(p.Name):
		return bad("product", "its name", p.Name, "Give a name of at most 200 bytes.")
	case !line(p.Publisher):
		return bad("product", "its publisher", p.Publisher, "Say who publishes it.")
	}
	return nil
}

// NewBuild makes a build of files in any order.
func NewBuild(product, version, platform string, files []File) (Build, error) {
	b := Build{product, version, platform, slices.Clone(files)}
	slices.SortFunc(b.Files, func(a, c File) int { return cmp.Compare(a.Name, c.Name) })
	return b, b.Check()
}

// Check says what is wrong with a build.
func (b Build) Check() error {
	switch {
	case !productID.MatchString(b.Product):
		return bad("build", "its product", b.Product, "Name a product that is registered.")
	case !line(b.Version):
		return bad("build", "its version", b.Version, "Give the version as users see it.")
	case !line(b.Platform):
		return bad("build", "its platform", b.Platform, "Say for which platform it is, such as windows/amd64.")
	case len(b.Files) == 0 || len(b.Files) > mostFiles:
		return bad("build", "its files", fmt.Sprint(len(b.Files)), fmt.Sprintf("Name at least one file, and at most %d.", mostFiles))
	}
	for i, f := range b.Files {
		switch {
		case !line(f.Name) || strings.ContainsAny(f.Name, `\`) || strings.HasPrefix(f.Name, "/") || slices.Contains(strings.Split(f.Name, "/"), ".."):
			return bad("build", "a file", f.Name, "Name files relative to the folder of the build, with slashes.")
		case !digest(f.SHA256):
			return bad("build", "the digest of "+f.Name, f.SHA256, "Give its SHA-256 in lower-case hexadecimal.")
		case i > 0 && f.Name <= b.Files[i-1].Name:
			return bad("build", "a file that is there twice, or out of order", f.Name, "Name each file once, in order of name.")
		}
	}
	return nil
}

// Digest names a build by its files alone: SHA-256 of what sha256sum writes of
// them, in order of name.
func (b Build) Digest() string {
	h := sha256.New()
	for _, f := range b.Files {
		fmt.Fprintf(h, "%s  %s\n", f.SHA256, f.Name)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func (p Paper) check(what string) error {
	switch {
	case !line(p.Document) || !line(p.Version):
		return bad("binding", "document or version of the "+what, p.Document+" "+p.Version, "Name the document and its version.")
	case !digest(p.SHA256):
		return bad("binding", "the digest of the "+what, p.SHA256, "Give the SHA-256 of what is shown, in lower-case hexadecimal.")
	}
	return nil
}

// Check says what is wrong with a binding.
func (b Binding) Check() error {
	switch {
	case !productID.MatchString(b.Product):
		return bad("binding", "its product", b.Product, "Name a product that is registered.")
	case !digest(b.Build):
		return bad("binding", "its build", b.Build, "Name a build of the product by its digest.")
	case b.Since.IsZero():
		return bad("binding", "its beginning", "", "Say since when it holds.")
	}
	if err := b.Agreement.check("agreement"); err != nil {
		return err
	}
	if err := b.Policy.check("policy"); err != nil {
		return err
	}
	return checkClauses("binding", b.Optional)
}

func checkClauses(of string, all []string) error {
	if len(all) > mostClauses {
		return bad(of, "its clauses", fmt.Sprint(len(all)), fmt.Sprintf("At most %d.", mostClauses))
	}
	for i, id := range all {
		if !clauseID.MatchString(id) || slices.Contains(all[:i], id) {
			return bad(of, "a clause", id, "Name clauses by their ids, each once.")
		}
	}
	return nil
}

// Sum gives the SHA-256 of what r holds, in hexadecimal.
func Sum(r io.Reader) (string, error) {
	h := sha256.New()
	if _, err := io.Copy(h, r); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func bad(of, what, value, hint string) error {
	return candor.WithHint(fmt.Errorf("%s: %s, %.80q: %w", of, what, value, candor.ErrInvalid), hint)
}

// digest tells whether a word is a SHA-256 digest in lower-case hexadecimal.
func digest(word string) bool {
	b, err := hex.DecodeString(word)
	return err == nil && len(b) == sha256.Size && strings.ToLower(word) == word
}

// line tells whether a text is one line that can be printed.
func line(text string) bool {
	return text != "" && len(text) <= mostText && utf8.ValidString(text) && strings.IndexFunc(text, func(c rune) bool { return !unicode.IsPrint(c) }) < 0
}
