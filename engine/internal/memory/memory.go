// Package memory asks the kernel for the pages of large buffers in one call.
//
// Memory that is new is mapped when it is first touched, a fault for each page. Under
// some hypervisors a fault takes ten times as long as what it is for.
package memory

import "unsafe"

// from is the size in bytes from which a call costs less than the faults that it saves.
const from = 64 << 10

// Make is make([]T, n) for what will be written to soon, and to its end.
func Make[T any](n int) []T {
	out := make([]T, n)
	if size := n * int(unsafe.Sizeof(*new(T))); size >= from {
		populate(unsafe.Pointer(unsafe.SliceData(out)), size)
	}
	return out
}
