// Package starter holds the definitions that are in force when nobody named
// others: YARA rules for hosted web content, written for this program and
// embedded in it, and a small web tree to try them on.
//
// The rules aim at what intruders leave on the servers of others (web shells,
// back doors, injections, card skimmers, phishing pages, mailers, miners) and
// at silence on the programs that customers really run.
package starter

import (
	"embed"
	"fmt"
	"path"

	"candor/engine"
)

// Namespace is the YARA namespace of all rules of the starter set, so that
// they meet no rule of another set by name.
const Namespace = "starter"

// Every rule of a file is about one kind of intrusion; the file is named by it.
//
//go:embed rules/*.yar
var rules embed.FS

// Sources gives the definitions, one Source a file, in the order of their
// names. The bytes are the caller's own.
func Sources() []engine.Source {
	entries, err := rules.ReadDir("rules")
	if err != nil {
		panic(fmt.Sprintf("starter: embedded rules: %v", err)) // the build put them there
	}
	sources := make([]engine.Source, 0, len(entries))
	for _, e := range entries {
		data, err := rules.ReadFile(path.Join("rules", e.Name()))
		if err != nil {
			panic(fmt.Sprintf("starter: embedded rules: %v", err))
		}
		sources = append(sources, engine.Source{Name: "starter/" + e.Name(), Namespace: Namespace, Data: data})
	}
	return sources
}
