package freetext

import (
	"strconv"
	"strings"
)

// weights say how much each feature speaks for a value being complained about,
// as in logistic regression: of each kind of value its own.
type weights map[string]float64

func parseWeights(list string) weights {
	w := weights{}
	for row := range strings.SplitSeq(list, "\n") {
		name, number, ok := strings.Cut(row, "\t")
		if !ok || strings.HasPrefix(row, "#") {
			continue
		}
		if n, err := strconv.ParseFloat(strings.TrimSpace(number), 64); err == nil {
			w[name] = n
		}
	}
	return w
}

// sum is what a value weighs by itself.
func (w weights) sum(v *value) (sum float64) {
	for _, f := range v.features {
		sum += w[group(v.kind)+":"+f] * v.power(f)
	}
	return sum
}

// power is how strong a feature is: 1, unless it comes in degrees.
func (v *value) power(feature string) float64 {
	if s, ok := v.strength[feature]; ok {
		return s
	}
	return 1
}
