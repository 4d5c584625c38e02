package archive

import (
	"slices"
	"time"
)

func median(all []time.Duration) (middle, slowest time.Duration) {
	slices.Sort(all)
	return all[len(all)/2], all[len(all)-1]
}
