package unpack_test

import "runtime"

// allocated tells how many bytes are allocated in all while a function runs,
// freed ones counted too.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
