package scan

import (
	"os/user"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// BuiltinExternals declares the external variables that a scan fills in from
// each file, with the values that they have where nothing is known:
//
//	filename   last element of the path: "index.php"
//	filepath   absolute path of the directory, without the file's name
//	extension  with its dot, in lower case: ".php"; empty if there is none
//	filetype   by content: "EXE", "ELF", "PHP", …; empty if it is not known
//	owner      user name of the owner, or the number if it has no name
//
// The names and their meaning are those of THOR, which signature-base is
// written for.
func BuiltinExternals() map[string]any {
	return map[string]any{"filename": "", "filepath": "", "extension": "", "filetype": "", "owner": ""}
}

// Externals gives the built-in variables of the file at path that holds data,
// but those in fixed.
func Externals(path string, data []byte, fixed map[string]bool) map[string]any {
	var uid uint32
	var st unix.Stat_t
	if unix.Stat(path, &st) == nil {
		uid = st.Uid
	}
	x := newExternals(fixed)
	return x.of("", path, data, uid)
}

// externals are the values for one file after another. The map is reused, and
// what did not change since the last file is not made again.
type externals struct {
	fixed  map[string]bool
	values map[string]any
	dir    string
	dirSet bool
	uid    uint32
	uidSet bool
	owners map[uint32]string
}

func newExternals(fixed map[string]bool) externals {
	return externals{fixed: fixed, values: make(map[string]any), owners: make(map[uint32]string)}
}

// of gives the variables of the file called name in dir. The map is valid
// until the next call.
func (x *externals) of(dir, name string, data []byte, uid uint32) map[string]any {
	if dir == "" { // a target: its name is its path
		dir, name = filepath.Split(name)
	}
	x.set("filename", name)
	x.set("extension", strings.ToLower(filepath.Ext(name)))
	x.set("filetype", fileType(data))
	if !x.dirSet || x.dir != dir {
		absolute, err := filepath.Abs(dir)
		if err != nil { // the working directory is gone
			absolute = dir
		}
		x.dir, x.dirSet = dir, true
		x.set("filepath", absolute)
	}
	if !x.uidSet || x.uid != uid {
		x.uid, x.uidSet = uid, true
		x.set("owner", x.owner(uid))
	}
	return x.values
}

func (x *externals) set(name, value string) {
	if x.fixed[name] || x.values[name] == value {
		return
	}
	x.values[name] = value
}

func (x *externals) owner(uid uint32) string {
	name, ok := x.owners[uid]
	if !ok {
		name = strconv.FormatUint(uint64(uid), 10)
		if u, err := user.LookupId(name); err == nil {
			name = u.Username
		}
		x.owners[uid] = name
	}
	return name
}
