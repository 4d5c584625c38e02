package memory

import (
	"syscall"
	"unsafe"
)

// populateWrite is MADV_POPULATE_WRITE (Linux 5.14, madvise(2)).
const populateWrite = 23

// populate has pages mapped. Where the kernel does not know how, or p is not where a
// page begins, they are mapped when they are touched.
func populate(p unsafe.Pointer, size int) {
	_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, uintptr(p), uintptr(size), populateWrite)
}
