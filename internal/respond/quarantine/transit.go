package quarantine

import (
	"path/filepath"
	"slices"
	"strings"
)

const transitPrefix = ".candor-"

// name is what the file goes by in a role.
func (p *Place) name(role string) string { return transitPrefix + p.Token + "." + role }

// Transit tells whether a file's name is of the form of those that files go by
// on their way. Whoever writes in the folder may choose such a name, too: only
// Result.Transit tells that it is one.
func Transit(name string) bool {
	rest, ours := strings.CutPrefix(name, transitPrefix)
	token, role, _ := strings.Cut(rest, ".")
	return ours && isHex(token, tokenBytes) && slices.Contains([]string{oldName, stubName, newName}, role)
}

// Transit tells whether an absolute path is that of one of the files on its way.
func (r Result) Transit(path string) bool {
	dir, name := filepath.Split(path)
	if !Transit(name) {
		return false
	}
	return slices.ContainsFunc(r.Places, func(p Place) bool {
		return p.Token != "" && strings.HasPrefix(name, p.name("")) && filepath.Join(string(p.Root), filepath.Dir(string(p.Path))) == filepath.Clean(dir)
	})
}
