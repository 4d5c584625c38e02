package ui

import (
	"maps"
	"net/url"
	"slices"
)

// flashRole makes failures interrupt, and nothing else.
func flashRole(t Tone) string {
	if t == Bad {
		return "alert"
	}
	return "status"
}

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }

// languageLink adds the language to an address that may have parameters.
func languageLink(address, tag string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	q := u.Query()
	q.Set("language", tag)
	u.RawQuery = q.Encode()
	return u.String()
}
