package api

import (
	_ "embed"
	"maps"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// The nouns of package candor are declared without a word for this document.
//
//go:embed members.txt
var membersText string

// members gives what members of schemas mean, by "Schema.member" and, for all
// schemas, "*.member".
func members() map[string]string {
	all := map[string]string{}
	for line := range strings.Lines(membersText) {
		if name, meaning, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok {
			all[name] = meaning
		}
	}
	return all
}

// annotate describes the members of schemas that do not describe themselves.
func annotate(schemas map[string]*huma.Schema) {
	meanings := members()
	for _, name := range slices.Sorted(maps.Keys(schemas)) {
		for member, p := range schemas[name].Properties {
			if p.Description != "" {
				continue
			}
			p.Description = meanings[name+"."+member]
			if p.Description == "" {
				p.Description = meanings["*."+member]
			}
		}
	}
}
