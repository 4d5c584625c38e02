package watch

import (
	"encoding/binary"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// record makes a record of an event.
func record(kind byte, handle, rest string) []byte {
	b := []byte{kind, 0, 0, 0}
	b = append(b, "filesysi"...)
	b = binary.NativeEndian.AppendUint32(b, uint32(len(handle)))
	b = binary.NativeEndian.AppendUint32(b, 7)
	b = append(append(b, handle...), rest...)
	binary.NativeEndian.PutUint16(b[2:], uint16(len(b)))
	return b
}

// packed makes an event.
func packed(mask uint64, records ...[]byte) []byte {
	b := binary.NativeEndian.AppendUint32(nil, 0)
	b = append(b, unix.FANOTIFY_METADATA_VERSION, 0)
	b = binary.NativeEndian.AppendUint16(b, unix.FAN_EVENT_METADATA_LEN)
	b = binary.NativeEndian.AppendUint64(b, mask)
	b = binary.NativeEndian.AppendUint32(b, 0xffffffff)
	b = binary.NativeEndian.AppendUint32(b, 42)
	for _, r := range records {
		b = append(b, r...)
	}
	binary.NativeEndian.PutUint32(b, uint32(len(b)))
	return b
}

func TestDecode(t *testing.T) {
	one := packed(unix.FAN_CREATE, record(unix.FAN_EVENT_INFO_TYPE_DFID_NAME, "dirhandl", "na\xffme\x00\x00\x00"), record(unix.FAN_EVENT_INFO_TYPE_PIDFD, "", ""), record(unix.FAN_EVENT_INFO_TYPE_FID, "file", ""))
	two := packed(unix.FAN_Q_OVERFLOW)
	three := packed(unix.FAN_CREATE, record(unix.FAN_EVENT_INFO_TYPE_DFID_NAME, "d", ".\x00"))
	got, err := decodeEvents(append(append(one, two...), three...))
	if err != nil {
		t.Fatal(err)
	}
	want := []event{
		{mask: unix.FAN_CREATE, fd: -1, pid: 42, dir: handle{7, "dirhandl"}, name: "na\xffme", target: handle{7, "file"}},
		{mask: unix.FAN_Q_OVERFLOW, fd: -1, pid: 42},
		{mask: unix.FAN_CREATE, fd: -1, pid: 42, dir: handle{7, "d"}},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(event{}, handle{})); diff != "" {
		t.Error(diff)
	}
	for i := 1; i < len(two); i++ {
		if _, err := decodeEvents(two[:i]); err == nil {
			t.Errorf("%d bytes of an event are taken", i)
		}
	}
	for _, bad := range [][]byte{
		record(unix.FAN_EVENT_INFO_TYPE_DFID_NAME, "d", "no end"),
		record(unix.FAN_EVENT_INFO_TYPE_FID, "handle", "")[:20],
		{unix.FAN_EVENT_INFO_TYPE_FID, 0, 4, 0},
		{unix.FAN_EVENT_INFO_TYPE_FID, 0, 0, 0},
		{unix.FAN_EVENT_INFO_TYPE_FID},
	} {
		if got, err := decodeEvents(packed(1, bad)); err == nil {
			t.Errorf("%q is taken: %+v", bad, got)
		}
	}
}

func FuzzEvents(f *testing.F) {
	f.Add(packed(unix.FAN_CREATE, record(unix.FAN_EVENT_INFO_TYPE_DFID_NAME, "dirhandl", "name\x00"), record(unix.FAN_EVENT_INFO_TYPE_FID, "file", "")))
	f.Add(packed(unix.FAN_Q_OVERFLOW))
	f.Fuzz(func(t *testing.T, b []byte) {
		events, _ := decodeEvents(b)
		size := 0
		for _, e := range events {
			size += unix.FAN_EVENT_METADATA_LEN + len(e.dir.bytes) + len(e.name) + len(e.target.bytes)
		}
		if size > len(b) {
			t.Errorf("%d bytes give %d", len(b), size)
		}
	})
}

func FuzzNotices(f *testing.F) {
	f.Add([]byte("\x01\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x04\x00\x00\x00abc\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		notices, err := decodeNotices(b)
		size := 0
		for _, n := range notices {
			size += unix.SizeofInotifyEvent + len(n.name)
		}
		if size > len(b) || err == nil && len(b) > 0 && len(notices) == 0 {
			t.Errorf("%d bytes give %d", len(b), size)
		}
	})
}

func FuzzMountinfo(f *testing.F) {
	f.Add([]byte("24 22 0:30 /sub /srv/a\\040b rw - nfs4 host:/x rw\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		all := parseMounts(b)
		for _, m := range all {
			if kindAt(all, m.point) != m.kind {
				t.Errorf("%q is not found", m.point)
			}
			for _, other := range mountsBelow(all, m.point) {
				if rest, in := below(m.point, other.point); m.point[len(m.point)-1] != '/' && (!in || rest == "") {
					t.Errorf("%q is not below %q", other.point, m.point)
				}
			}
		}
	})
}
