// Package pattern compiles regular expressions when they are first used. Each
// command of the program holds hundreds and needs few: compiled at the start, they
// would be most of what it waits for, and megabytes that it keeps.
package pattern

import (
	"regexp"
	"sync"
)

// Of gives a regular expression as regexp.MustCompile does, once it is asked for
// the first time. It may be asked at the same time by many.
func Of(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}
