package watch

import (
	"bytes"
	"encoding/binary"
	"errors"

	"golang.org/x/sys/unix"
)

// handle names an inode of a file system (name_to_handle_at(2)).
type handle struct {
	kind  int32
	bytes string
}

// event is one of fanotify(7): something happened to a name in a directory.
type event struct {
	mask   uint64
	fd     int32  // of permission events
	pid    int32  // who did it
	dir    handle // empty if the kernel does not say
	name   string // "" if it happened to the directory itself
	target handle // what has that name, or had
}

var errEvent = errors.New("the kernel's events are not understood")

// decodeEvents reads what one read of a group gave.
func decodeEvents(b []byte) ([]event, error) {
	var all []event
	for len(b) > 0 {
		if len(b) < unix.FAN_EVENT_METADATA_LEN {
			return all, errEvent
		}
		size, head := int64(binary.NativeEndian.Uint32(b)), int64(binary.NativeEndian.Uint16(b[6:]))
		if b[4] != unix.FANOTIFY_METADATA_VERSION || head < unix.FAN_EVENT_METADATA_LEN || size < head || size > int64(len(b)) {
			return all, errEvent
		}
		e := event{mask: binary.NativeEndian.Uint64(b[8:]), fd: int32(binary.NativeEndian.Uint32(b[16:])), pid: int32(binary.NativeEndian.Uint32(b[20:]))}
		if err := e.details(b[head:size]); err != nil {
			return all, err
		}
		all, b = append(all, e), b[size:]
	}
	return all, nil
}

// details reads the records that follow the head of an event: type, padding
// and length, then of those used here fsid, length and type of the handle, the
// handle, and a name that ends with NUL.
func (e *event) details(b []byte) error {
	const head, fixed = 4, 20
	for len(b) > 0 {
		if len(b) < head {
			return errEvent
		}
		size := int(binary.NativeEndian.Uint16(b[2:]))
		if size < head || size > len(b) {
			return errEvent
		}
		kind, record := b[0], b[:size]
		b = b[size:]
		if kind != unix.FAN_EVENT_INFO_TYPE_FID && kind != unix.FAN_EVENT_INFO_TYPE_DFID_NAME && kind != unix.FAN_EVENT_INFO_TYPE_DFID {
			continue
		}
		if size < fixed {
			return errEvent
		}
		length := int64(binary.NativeEndian.Uint32(record[12:]))
		if length > int64(size-fixed) {
			return errEvent
		}
		h := handle{kind: int32(binary.NativeEndian.Uint32(record[16:])), bytes: string(record[fixed : fixed+length])}
		if kind == unix.FAN_EVENT_INFO_TYPE_FID {
			e.target = h
			continue
		}
		e.dir = h
		if kind == unix.FAN_EVENT_INFO_TYPE_DFID_NAME {
			name, _, found := bytes.Cut(record[fixed+length:], []byte{0})
			if !found {
				return errEvent
			}
			if e.name = string(name); e.name == "." {
				e.name = ""
			}
		}
	}
	return nil
}

// notice is an event of inotify(7).
type notice struct {
	watch int32
	mask  uint32
	name  string
}

// decodeNotices reads what one read of an instance gave.
func decodeNotices(b []byte) ([]notice, error) {
	var all []notice
	for len(b) > 0 {
		if len(b) < unix.SizeofInotifyEvent {
			return all, errEvent
		}
		size := unix.SizeofInotifyEvent + int64(binary.NativeEndian.Uint32(b[12:]))
		if size > int64(len(b)) {
			return all, errEvent
		}
		name, _, _ := bytes.Cut(b[unix.SizeofInotifyEvent:size], []byte{0})
		all = append(all, notice{watch: int32(binary.NativeEndian.Uint32(b)), mask: binary.NativeEndian.Uint32(b[4:]), name: string(name)})
		b = b[size:]
	}
	return all, nil
}
