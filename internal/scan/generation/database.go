package generation

import (
	"io"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
)

// databaseVersion reads the version in the header of a ClamAV database (.cvd,
// .cld): "ClamAV-VDB:time:version:…" in 512 bytes; 0 if there is none.
func databaseVersion(name string) int {
	f, err := os.Open(name)
	if err != nil {
		return 0
	}
	defer f.Close()
	header := make([]byte, 512)
	n, _ := io.ReadFull(f, header) // a short one has no version
	fields := strings.SplitN(string(header[:n]), ":", 4)
	if len(fields) < 4 || fields[0] != "ClamAV-VDB" {
		return 0
	}
	v, err := strconv.Atoi(fields[2])
	if err != nil {
		return 0
	}
	return v
}

// version says for people what a source gave: the versions of its databases,
// and part of a digest.
func (s *section) version() string {
	var words []string
	for _, e := range s.entries {
		ext := path.Ext(e.name)
		if ext != ".cvd" && ext != ".cld" {
			continue
		}
		if v := databaseVersion(filepath.Join(filepath.Dir(s.dir), filepath.FromSlash(e.name))); v > 0 {
			words = append(words, strings.TrimSuffix(path.Base(e.name), ext)+" "+strconv.Itoa(v))
		}
	}
	_, digest := sums(s.entries)
	return strings.Join(append(words, digest[:16]), ", ")
}
