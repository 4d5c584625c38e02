package generation

import (
	"fmt"
	"net/url"
	"path"
	"path/filepath"
	"strings"
	"time"

	"candor"
	"candor/internal/regex"
)

// Kind is a kind of source.
type Kind string

const (
	Starter   Kind = "starter"   // the set in the program
	Folder    Kind = "folder"    // a file, or a folder with all below it
	FreshClam Kind = "freshclam" // the folder that freshclam keeps up to date
	Web       Kind = "web"       // a file, .zip, .tar.gz or .tgz behind an https address
)

// Source is where definitions come from.
type Source struct {
	// Name names the source for good: lower-case letters, digits, hyphens. That
	// of the starter set is "starter".
	Name string
	Kind Kind
	Path string // of Folder and FreshClam
	URL  string // of Web
	// SHA256 pins what Web gives: a digest in hexadecimal, or the https address
	// of a file that begins with one, as sha256sum writes it.
	SHA256 string
	CA     string // PEM file of authorities that Web trusts besides the system's
	// Timeout bounds one look at Web (default 5 minutes), MaxBytes its
	// download (default 128 MiB).
	Timeout  time.Duration
	MaxBytes int64
}

// Location is where the source is, for people: without a password that its
// address may hold.
func (s Source) Location() string {
	switch s.Kind {
	case Starter:
		return "in the program"
	case Web:
		if u, err := url.Parse(s.URL); err == nil {
			return u.Redacted()
		}
		return ""
	}
	return s.Path
}

var sourceName = regex.Of(`^[a-z0-9][a-z0-9-]{0,39}$`)

func checkSources(sources []Source) error {
	if len(sources) == 0 {
		return candor.WithHint(fmt.Errorf("definitions: there is no source: %w", candor.ErrInvalid), "Name at least one, such as the starter set.")
	}
	seen := map[string]bool{}
	for i := range sources {
		s := &sources[i]
		if err := s.check(); err != nil {
			return fmt.Errorf("source of definitions %q: %w", s.Name, err)
		}
		if seen[s.Name] {
			return fmt.Errorf("two sources of definitions are named %q: %w", s.Name, candor.ErrInvalid)
		}
		seen[s.Name] = true
		if s.Timeout <= 0 {
			s.Timeout = 5 * time.Minute
		}
		if s.MaxBytes <= 0 {
			s.MaxBytes = 128 << 20
		}
	}
	return nil
}

func (s *Source) check() error {
	bad := func(what string) error { return fmt.Errorf("%s: %w", what, candor.ErrInvalid) }
	if !sourceName.MatchString(s.Name) {
		return bad("a name is made of lower-case letters, digits and hyphens")
	}
	if (s.Kind == Starter) != (s.Name == starterName) {
		return bad("the starter set, and nothing else, is named starter")
	}
	switch s.Kind {
	case Starter:
	case Folder, FreshClam:
		if !filepath.IsAbs(s.Path) {
			return bad("the path is not absolute")
		}
	case Web:
		u, err := secure(s.URL)
		if err != nil {
			return err
		}
		if format(u.Path) == "" {
			return bad("the address ends neither in .zip, .tar.gz or .tgz nor in the extension of a definitions file")
		}
		if s.SHA256 != "" && !digestWord.MatchString(s.SHA256) {
			_, err = secure(s.SHA256)
		}
		return err
	default:
		return bad(fmt.Sprintf("%q is no kind of source", s.Kind))
	}
	return nil
}

var digestWord = regex.Of(`^[0-9a-f]{64}$`)

// secure parses an address that must be https.
func secure(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		return nil, candor.WithHint(fmt.Errorf("the address is not of the form https://host/file: %w", candor.ErrInvalid),
			"Definitions decide what is called malware, so they are taken from https only; fetch others yourself and name the folder.")
	}
	return u, nil
}

// format gives the extension by which a download is read, empty if it is none
// that can be.
func format(name string) string {
	name = strings.ToLower(path.Base(name))
	for _, ext := range []string{".zip", ".tar.gz", ".tgz"} {
		if strings.HasSuffix(name, ext) {
			return ext
		}
	}
	if isDefinitions(name) {
		return path.Ext(name)
	}
	return ""
}

// extensions are those of files that hold definitions.
const extensions = " .yar .yara .hdb .hsb .hdu .hsu .mdb .msb .mdu .msu .ndb .ndu .ldb .ldu .fp .sfp .ign .ign2 .ftm .cvd .cld "

func isDefinitions(name string) bool {
	ext := strings.ToLower(path.Ext(name))
	return ext != "" && strings.Contains(extensions, " "+ext+" ")
}

func isYARA(name string) bool {
	ext := strings.ToLower(path.Ext(name))
	return ext == ".yar" || ext == ".yara"
}
