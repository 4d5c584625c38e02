package main

import (
	"slices"
	"testing"

	"candor/internal/config"
	"candor/internal/flow/detect"
)

// TestTrafficKinds: the configuration knows the kinds that there are, by the
// names that they have.
func TestTrafficKinds(t *testing.T) {
	var names []string
	for _, k := range detect.Kinds() {
		names = append(names, k.String())
	}
	if !slices.Equal(names, config.TrafficKinds) {
		t.Errorf("the detectors know %v, the configuration %v", names, config.TrafficKinds)
	}
}
