package main

import (
	"bufio"
	"bytes"
	"os"
	"reflect"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// The start of a program this large touches pages of its own file all over, and
// newer kernels map what the page cache holds together in one piece: some 45 MB
// stay resident of which little is used again. unmapStart has the kernel forget
// where they are mapped. They stay in the page cache, and what is used again is
// mapped again at the cost of a fault: some hundreds of them, a millisecond or two.
//
// Only mappings of the program's file are given back that cannot be written to and
// of which no page was ever changed, by a relocation, a debugger or otherwise: what
// is read again is what was there before. Where the kernel does not tell, nothing
// is done.
func unmapStart() {
	self, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return
	}
	smaps, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		return
	}
	for _, m := range unchanged(smaps, self) {
		_, _, _ = unix.Syscall(unix.SYS_MADVISE, m.from, m.to-m.from, unix.MADV_DONTNEED) // only advice
	}
}

// How much of the heap is of large pages, also in a scan that learns, and how large
// these are.
const (
	largeHeap  = 64 << 20
	largeKnown = 256 << 20
	largePage  = 2 << 20
)

// largePages has the next so many bytes of the heap mapped in large pages when they
// are touched, where the kernel has such (transparent huge pages, madvise(2)): a fault
// for 512 pages in place of one for each, which under some hypervisors is dear. What is
// not touched is not mapped.
func largePages(size uintptr) {
	block := make([]byte, size) // not touched: it is new
	from := reflect.ValueOf(block).Pointer()
	begin := (from + largePage - 1) &^ (largePage - 1)
	_, _, _ = unix.Syscall(unix.SYS_MADVISE, begin, (from+size-begin)&^(largePage-1), unix.MADV_HUGEPAGE) // only advice
	runtime.KeepAlive(block)
	runtime.GC() // the heap has it now
}

// span is a range of addresses.
type span struct{ from, to uintptr }

// unchanged gives out of a file like /proc/self/smaps the mappings of a file that
// cannot be written to and hold no page of their own.
func unchanged(smaps []byte, file string) (out []span) {
	var at span
	for lines := bufio.NewScanner(bytes.NewReader(smaps)); lines.Scan(); {
		key, value, ok := strings.Cut(lines.Text(), " ")
		if !ok {
			continue
		}
		if from, to, ok := strings.Cut(key, "-"); ok {
			at = span{}
			if field := strings.SplitN(value, " ", 5); len(field) == 5 && readOnly(field[0]) && strings.HasSuffix(field[4], " "+file) {
				at = span{address(from), address(to)}
			}
			continue
		}
		if key == "Anonymous:" && at.to > at.from && strings.TrimSpace(value) == "0 kB" {
			out = append(out, at)
			at = span{}
		}
	}
	return out
}

// readOnly tells whether permissions like r-xp are of a private mapping that cannot
// be written to.
func readOnly(permissions string) bool {
	return strings.HasPrefix(permissions, "r-") && strings.HasSuffix(permissions, "p")
}

// address reads a hexadecimal number, 0 for anything else.
func address(s string) uintptr {
	n, err := strconv.ParseUint(s, 16, 64)
	if err != nil {
		return 0
	}
	return uintptr(n)
}
