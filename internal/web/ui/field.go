package ui

import (
	"slices"
	"strings"

	"github.com/a-h/templ"
)

func orText(kind string) string {
	if kind == "" {
		return "text"
	}
	return kind
}

// described ties a field to its hint and error.
func described(name, hint, failure string) templ.Attributes {
	out := templ.Attributes{}
	var by []string
	if hint != "" {
		by = append(by, name+"-hint")
	}
	if failure != "" {
		by = append(by, name+"-error")
		out["aria-invalid"] = "true"
	}
	if len(by) > 0 {
		out["aria-describedby"] = strings.Join(by, " ")
	}
	return out
}

// written has a field follow the direction of the text in it.
func written(lang string) templ.Attributes {
	if lang == "" {
		return nil
	}
	return templ.Attributes{"lang": lang, "dir": "auto"}
}

// given makes attributes of pairs of name and value, without empty ones.
func given(pairs ...string) templ.Attributes {
	out := templ.Attributes{}
	for pair := range slices.Chunk(pairs, 2) {
		if pair[1] != "" {
			out[pair[0]] = pair[1]
		}
	}
	return out
}

func contains(list []string, s string) bool { return slices.Contains(list, s) }
