package watch

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
)

// mount is a line of mountinfo (proc_pid_mountinfo(5)).
type mount struct {
	point string
	kind  string
}

// pseudo lists the file systems that hold no content but views of the kernel;
// autofs would mount things when looked at.
var pseudo = map[string]bool{"proc": true, "sysfs": true, "debugfs": true, "tracefs": true, "securityfs": true, "cgroup": true,
	"cgroup2": true, "bpf": true, "devpts": true, "efivarfs": true, "pstore": true, "binfmt_misc": true, "selinuxfs": true, "nsfs": true,
	"configfs": true, "fusectl": true, "mqueue": true, "rpc_pipefs": true, "autofs": true}

// remote lists the file systems that others may change behind this kernel's
// back, besides all that are called fuse.
var remote = map[string]bool{"nfs": true, "nfs4": true, "cifs": true, "smb3": true, "9p": true, "ceph": true, "afs": true, "lustre": true,
	"beegfs": true, "gpfs": true, "ocfs2": true, "gfs2": true, "virtiofs": true, "vboxsf": true}

func isRemote(kind string) bool {
	return remote[kind] || kind == "fuse" || strings.HasPrefix(kind, "fuse.")
}

// readMounts gives the mounts by their points, sorted; of those on one point
// the one on top.
func readMounts() ([]mount, error) {
	b, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, fmt.Errorf("read mounts: %w", err)
	}
	return parseMounts(b), nil
}

func parseMounts(b []byte) []mount {
	var all []mount
	for line := range bytes.Lines(b) {
		const point = 4
		left, right, _ := strings.Cut(string(line), " - ")
		fields, kind := strings.Fields(left), strings.Fields(right)
		if len(fields) > point && len(kind) > 0 && strings.HasPrefix(fields[point], "/") {
			all = append(all, mount{point: unescape(fields[point]), kind: kind[0]})
		}
	}
	slices.Reverse(all) // the last is on top
	slices.SortStableFunc(all, func(a, b mount) int { return cmp.Compare(a.point, b.point) })
	return slices.CompactFunc(all, func(a, b mount) bool { return a.point == b.point })
}

// unescape reads the octal numbers that stand for blanks and backslashes.
func unescape(s string) string {
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) && octal(s[i+1]) && octal(s[i+2]) && octal(s[i+3]) {
			out.WriteByte(s[i+1]&7<<6 | s[i+2]&7<<3 | s[i+3]&7)
			i += 3
			continue
		}
		out.WriteByte(s[i])
	}
	return out.String()
}

func octal(c byte) bool { return '0' <= c && c <= '7' }

// kindAt gives the kind of file system that a path lies on.
func kindAt(mounts []mount, path string) string {
	for {
		at, found := slices.BinarySearchFunc(mounts, path, func(m mount, p string) int { return cmp.Compare(m.point, p) })
		if found {
			return mounts[at].kind
		}
		if path == "/" || path == "" {
			return ""
		}
		path = parent(path)
	}
}

// mountsBelow gives the mounts whose points lie strictly below a path.
func mountsBelow(mounts []mount, path string) []mount {
	prefix := strings.TrimSuffix(path, "/") + "/"
	from, _ := slices.BinarySearchFunc(mounts, prefix, func(m mount, p string) int { return cmp.Compare(m.point, p) })
	to := from
	for to < len(mounts) && strings.HasPrefix(mounts[to].point, prefix) {
		to++
	}
	if from < to && mounts[from].point == path { // the root of all
		from++
	}
	return mounts[from:to]
}
