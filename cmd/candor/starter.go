package main

import (
	"candor/engine"
	"candor/internal/scan/starter"
)

func starterSources() []engine.Source { return starter.Sources() }

func writeSamples(dir string) error { return starter.WriteSamples(dir) }
