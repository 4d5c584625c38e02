package clamav

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// FunctionalityLevel is the level of the engine whose choices this package
// makes: that of ClamAV 1.4.
const FunctionalityLevel = 216

// Database is what one or several files hold.
type Database struct {
	Hashes         []Hash // of whole files
	SectionHashes  []Hash // of sections of portable executables
	ImportHashes   []Hash // of import tables of portable executables
	FalsePositives []Hash // of files that are never to be reported
	Bodies         []Body
	Logical        []Logical
	FileTypes      []FileType
	Yara           []Source // sources found inside containers, and files named .yar or .yara
	Ignores        []Ignore
	Ignored        []Ignored // set aside on purpose
	Info           []Info    // one for each container
}

// Origin is the file that a signature comes from. It is shared by all
// signatures of the file and never changes.
type Origin struct {
	File     string // as given to Read; for a member of a container "container/member"
	Official bool   // out of a container whose signature is good
}

// Label gives the name under which clamscan reports a signature of this
// origin: unofficial ones carry a suffix.
func (o *Origin) Label(name string) string {
	if o == nil || o.Official {
		return name
	}
	return name + ".UNOFFICIAL"
}

// Source is a YARA source.
type Source struct {
	Origin *Origin
	Text   []byte
}

// Ignored is a signature, or with Line 0 a whole file, that is valid and yet
// not in force, with the reason: clamscan would not use it either.
type Ignored struct {
	File   string
	Line   int
	Name   string
	Reason string
}

// Problem is something that could not be used: a malformed line, or a kind of
// signature that is not supported. Line is 0 where it concerns a whole file.
type Problem struct {
	File   string
	Line   int
	Name   string
	Reason string
}

// Error makes a Problem usable as an error.
func (p Problem) Error() string {
	s := p.File
	if p.Line > 0 {
		s = fmt.Sprintf("%s:%d", s, p.Line)
	}
	if p.Name != "" {
		s += ": " + p.Name
	}
	return s + ": " + p.Reason
}

// Options tune Read. The zero value does what clamscan does by default.
type Options struct {
	// FunctionalityLevel overrides the level of the same name.
	FunctionalityLevel uint32
	// PUA loads signatures of possibly unwanted applications (.hdu, .ndu, …).
	PUA bool
	// Keys verify containers. Nil stands for ClamAV's own.
	Keys *Keys
	// MaxUnpacked bounds the bytes unpacked out of one container; 0 stands
	// for 2 GiB.
	MaxUnpacked int64
	// Regexp checks and lowers the regular expressions of logical signatures.
	// Nil stands for pattern.ParseRegexp. An error makes a Problem of the
	// signature.
	Regexp RegexpParser
}

func (o Options) level() uint32 {
	if o.FunctionalityLevel == 0 {
		return FunctionalityLevel
	}
	return o.FunctionalityLevel
}

// Read reads one database. What it is, is told by the extension of name.
//
// It never fails as a whole: what cannot be used is named in the problems,
// and a container that is not what its signature says gives nothing but a
// problem. The result keeps a copy of src, not src itself. Read is safe for
// concurrent use.
func Read(name string, src []byte, o Options) (*Database, []Problem) {
	r := &reader{db: &Database{}, o: o, level: o.level()}
	if ext := extension(name); containers[ext] {
		r.readContainer(name, ext, src)
	} else {
		r.readFile(&Origin{File: name}, name, string(src))
	}
	return r.db, r.problems
}

// Known tells whether name has the extension of a database that ClamAV knows,
// whether it is supported here or not.
func Known(name string) bool {
	ext := extension(name)
	return formats[ext] != nil || containers[ext] || unsupported[ext] != "" || silent[ext] != ""
}

// extension gives the lower-case extension with its dot.
func extension(name string) string { return strings.ToLower(path.Ext(name)) }

// A lineReader takes one line of a database.
type lineReader func(r *reader, l line)

var (
	containers = map[string]bool{".cvd": true, ".cld": true, ".cud": true}

	formats = map[string]lineReader{
		".hdb": readHash, ".hsb": readHash, ".hdu": readHash, ".hsu": readHash,
		".mdb": readSectionHash, ".msb": readSectionHash, ".mdu": readSectionHash, ".msu": readSectionHash,
		".imp": readImportHash,
		".fp":  readFalsePositive, ".sfp": readFalsePositive,
		".ndb": readExtended, ".ndu": readExtended, ".sdb": readExtended,
		".db":  readPlain,
		".ldb": readLogical, ".ldu": readLogical,
		".ftm": readFileType,
		".ign": readIgnore, ".ign2": readIgnore,
	}

	// unwanted are the formats that are only read with Options.PUA.
	unwanted = map[string]bool{".hdu": true, ".hsu": true, ".mdu": true, ".msu": true, ".ndu": true, ".ldu": true}

	// unsupported says why a format is not read.
	unsupported = map[string]string{
		".cdb":  "container metadata signatures are not supported",
		".zmd":  "ZIP metadata signatures are not supported",
		".rmd":  "RAR metadata signatures are not supported",
		".cbc":  "bytecode signatures are not supported",
		".idb":  "icon signatures are not supported",
		".wdb":  "allow lists of the phishing detector are not supported",
		".pdb":  "domain lists of the phishing detector are not supported",
		".gdb":  "URL lists of the phishing detector are not supported",
		".crb":  "certificate lists are not supported",
		".cat":  "Authenticode catalogues are not supported",
		".ioc":  "OpenIOC files are not supported",
		".pwdb": "archive password lists are not supported",
	}

	// silent are files that hold no signatures.
	silent = map[string]string{
		".cfg":  "engine configuration, holds no signatures",
		".info": "only has a meaning inside a container",
	}
)

// reader gathers what is read.
type reader struct {
	db       *Database
	problems []Problem
	o        Options
	level    uint32
}

// line is one line of a database, without its line end.
type line struct {
	origin *Origin
	number int
	text   string
}

// maxLine is the longest line in bytes that libclamav takes; logical
// signatures may be four times as long.
const maxLine = 8190

func (r *reader) readFile(o *Origin, name, src string) {
	ext := extension(name)
	switch {
	case ext == ".yar" || ext == ".yara":
		r.db.Yara = append(r.db.Yara, Source{Origin: o, Text: []byte(src)})
	case silent[ext] != "":
		r.db.Ignored = append(r.db.Ignored, Ignored{File: o.File, Reason: silent[ext]})
	case unwanted[ext] && !r.o.PUA:
		r.db.Ignored = append(r.db.Ignored, Ignored{File: o.File, Reason: "signatures of possibly unwanted applications are switched off"})
	case unsupported[ext] != "":
		r.unsupportedFile(o, ext, src)
	case formats[ext] != nil:
		r.readLines(o, ext, src)
	default:
		r.problems = append(r.problems, Problem{File: o.File, Reason: "not a known kind of database"})
	}
}

func (r *reader) readLines(o *Origin, ext, src string) {
	read, limit := formats[ext], maxLine
	if ext == ".ldb" || ext == ".ldu" {
		limit *= 4
	}
	if src == "" {
		r.problems = append(r.problems, Problem{File: o.File, Reason: "empty database"})
		return
	}
	r.reserve(ext, strings.Count(src, "\n")+1)
	for n := 1; src != ""; n++ {
		text, rest, _ := strings.Cut(src, "\n")
		src = rest
		if strings.HasPrefix(text, "#") {
			continue
		}
		l := line{origin: o, number: n, text: strings.TrimRight(text, "\r")}
		if len(l.text) > limit {
			r.problem(l, nameOf(l.text), "line of %d bytes, the limit is %d", len(l.text), limit)
			continue
		}
		if i := strings.IndexByte(l.text, 0); i >= 0 {
			r.problem(l, nameOf(l.text), "zero byte in the line")
			continue
		}
		read(r, l)
	}
}

// reserve makes room for the lines of the big formats.
func (r *reader) reserve(ext string, n int) {
	switch ext {
	case ".hdb", ".hsb":
		r.db.Hashes = slices.Grow(r.db.Hashes, n)
	case ".mdb", ".msb":
		r.db.SectionHashes = slices.Grow(r.db.SectionHashes, n)
	case ".ndb":
		r.db.Bodies = slices.Grow(r.db.Bodies, n)
	}
}

// unsupportedFile names every signature of a file of lines, and a file of
// another structure as a whole.
func (r *reader) unsupportedFile(o *Origin, ext, src string) {
	reason := unsupported[ext]
	if ext != ".cdb" && ext != ".zmd" && ext != ".rmd" && ext != ".idb" {
		r.problems = append(r.problems, Problem{File: o.File, Reason: reason})
		return
	}
	for n := 1; src != ""; n++ {
		text, rest, _ := strings.Cut(src, "\n")
		src = rest
		if text = strings.TrimRight(text, "\r"); text != "" && text[0] != '#' {
			r.problem(line{origin: o, number: n}, nameOf(text), "%s", reason)
		}
	}
}

func (r *reader) problem(l line, name, format string, args ...any) {
	r.problems = append(r.problems, Problem{File: l.origin.File, Line: l.number, Name: name, Reason: fmt.Sprintf(format, args...)})
}

func (r *reader) ignore(l line, name, reason string) {
	r.db.Ignored = append(r.db.Ignored, Ignored{File: l.origin.File, Line: l.number, Name: name, Reason: reason})
}

// nameOf guesses the name of a signature that is not going to be parsed.
func nameOf(text string) string {
	if i := strings.IndexAny(text, ":;="); i >= 0 {
		text = text[:i]
	}
	if len(text) > 128 {
		text = text[:128]
	}
	return text
}

// cleanName drops the suffix that libclamav drops from names.
func cleanName(name string) string {
	if i := strings.Index(name, " (Clam)"); i >= 0 {
		return name[:i]
	}
	return name
}
