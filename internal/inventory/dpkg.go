package inventory

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
)

// mostLine is how many bytes of a line are of use: longer ones are no field that is
// read here.
const mostLine = 16 << 10

// readDpkg reads a status database of dpkg (deb-control(5), dpkg-query(1)), and
// hands over each package that is installed. Files of status.d have no field Status:
// what is in them is installed.
func readDpkg(r io.Reader, ecosystem string, each func(Item) error) error {
	in := bufio.NewReaderSize(r, mostLine)
	p := stanza{}
	flush := func() error {
		item, ok := p.item(ecosystem)
		p = stanza{}
		if !ok {
			return nil
		}
		return each(item)
	}
	for {
		line, err := in.ReadSlice('\n')
		long := errors.Is(err, bufio.ErrBufferFull)
		if !long {
			if text := bytes.TrimRight(line, "\r\n"); len(text) > 0 {
				p.field(text)
			} else if err == nil {
				if err := flush(); err != nil {
					return err
				}
			}
		}
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = in.ReadSlice('\n')
		}
		if errors.Is(err, io.EOF) {
			return flush()
		}
		if err != nil {
			return err
		}
	}
}

// stanza is what is of use of one package.
type stanza struct {
	name, status, version, architecture, source string
}

func (p *stanza) field(line []byte) {
	name, value, ok := strings.Cut(string(line), ":")
	if !ok || name == "" || name[0] == ' ' || name[0] == '\t' {
		return
	}
	value = strings.TrimSpace(value)
	switch strings.ToLower(name) {
	case "package":
		p.name = value
	case "status":
		p.status = value
	case "version":
		p.version = value
	case "architecture":
		p.architecture = value
	case "source":
		p.source = value
	}
}

// there tells whether files of the package are there; sure, whether they are those of
// its version. What waits for its configuration or for a trigger lies there whole; of
// what is half-installed nobody knows which files do.
func (p stanza) there() (there, sure bool) {
	if p.status == "" {
		return true, true
	}
	words := strings.Fields(p.status)
	if len(words) != 3 {
		return false, false
	}
	switch words[2] {
	case "installed", "unpacked", "half-configured", "triggers-awaited", "triggers-pending":
		return true, true
	case "half-installed":
		return true, false
	}
	return false, false
}

// signed gives the source of a kernel whose image was signed: "linux-signed-amd64" is
// of "linux" in Debian, where the last word is the architecture; "linux-signed" is in
// Ubuntu, and "linux-signed-hwe-6.8" of "linux-hwe-6.8".
func signed(source, ecosystem string) (of string, ok bool) {
	rest, ok := strings.CutPrefix(source, "linux-signed")
	switch {
	case !ok || rest != "" && rest[0] != '-':
		return "", false
	case strings.HasPrefix(ecosystem, "Ubuntu:"):
		return "linux" + rest, true
	}
	return "linux", true
}

// item gives the package, if it is installed. A source that is not named is called
// as the package, and a version of it that is not named is the package's.
func (p stanza) item(ecosystem string) (Item, bool) {
	there, sure := p.there()
	if p.name == "" || !there {
		return Item{}, false
	}
	i := Item{Kind: Package, Name: wordOf(p.name), Version: versionOf(p.version), Architecture: wordOf(p.architecture), Ecosystem: ecosystem}
	source, version, _ := strings.Cut(p.source, "(")
	i.Source, i.SourceVersion = wordOf(source), versionOf(strings.Trim(strings.TrimSpace(version), ")"))
	if of, ok := signed(i.Source, ecosystem); ok {
		i.Source, i.SourceVersion = of, "" // signed images of the kernel have the version of what was signed
	}
	if !sure {
		i.Version, i.SourceVersion = "", ""
	}
	if i.Source == i.Name {
		i.Source = ""
	}
	if i.SourceVersion == i.Version {
		i.SourceVersion = ""
	}
	return i, i.Name != ""
}
