package tlp

import "strings"

// Definition is a mark as STIX 2.1 defines it: an object that others refer to
// by its ID.
type Definition struct {
	ID   string // marking-definition--…
	Mark Mark
	// Version is that of the protocol: 1 or 2. Those of 1 are in the specification
	// (STIX 2.1, 7.2.1.4); those of 2 are an extension (FIRST and OASIS, 2022).
	Version int
}

// Extension is the ID of the extension that marks of version 2 are told by.
const Extension = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"

var definitions = [...]Definition{
	{"marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487", Clear, 2},
	{"marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb", Green, 2},
	{"marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421", Amber, 2},
	{"marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003", AmberStrict, 2},
	{"marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1", Red, 2},
	{"marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9", Clear, 1},
	{"marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da", Green, 1},
	{"marking-definition--f88d31f6-486f-44da-b317-01333bde0b82", Amber, 1},
	{"marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed", Red, 1},
}

// STIX gives the definition of a mark, of version 2.
func (m Mark) STIX() Definition { return definitions[m.level()] }

// FromSTIX finds the mark of a marking-definition's ID, of either version.
func FromSTIX(id string) (Mark, bool) {
	for _, d := range definitions {
		if d.ID == strings.ToLower(id) {
			return d.Mark, true
		}
	}
	return "", false
}

// Tag gives a mark as a tag of MISP's taxonomy: "tlp:amber+strict".
func (m Mark) Tag() string { return "tlp:" + string(m.Effective()) }

// FromTag reads a tag of MISP; ok is false for tags of other taxonomies. A tag of
// this taxonomy that is no mark is Red; "tlp:ex:chr" too, which says that Chatham
// House rules hold besides.
func FromTag(tag string) (m Mark, ok bool) {
	tag = strings.ToLower(strings.TrimSpace(tag))
	if !strings.HasPrefix(tag, "tlp:") {
		return "", false
	}
	if tag == "tlp:unclear" {
		return Amber, true
	}
	m, _ = Parse(tag)
	return m, true
}

// Restriction gives a mark in the words of IODEF (RFC 7970, 3.3.1). IODEF has
// one amber: the stricter one is "private", which readers take for red.
func (m Mark) Restriction() string {
	switch m.Effective() {
	case Clear:
		return "white"
	case AmberStrict:
		return "private"
	case Red:
		return "red"
	case Green:
		return "green"
	default:
		return "amber"
	}
}

// FromRestriction reads a restriction of IODEF, in the words of the Traffic Light
// Protocol or in IODEF's own: "public" is Clear, "partner" Green, "need-to-know"
// Amber, "private" Red. "default" says that parties agreed otherwise, and no word
// says nothing: both give the empty Mark. Words of no meaning give Red.
func FromRestriction(word string) Mark {
	switch w := strings.ToLower(strings.TrimSpace(word)); w {
	case "", "default":
		return ""
	case "public":
		return Clear
	case "partner":
		return Green
	case "need-to-know":
		return Amber
	case "private":
		return Red
	default:
		m, _ := Parse(w)
		return m
	}
}
