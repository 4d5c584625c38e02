package portal

import (
	"slices"
	"strconv"
	"strings"

	"candor/internal/consent/notice"
)

// A step is a page of the editor of notices: groups of fields, each of which
// stands for a member of the document.
type step struct {
	name   string // of the path, and of its texts
	groups []group
}

// group is an object, or a list of objects.
type group struct {
	at     string // pointer; empty is the document
	title  string // key; empty for none
	list   bool
	fields []field
}

// field is a member of a group.
type field struct {
	member string // below the group: "lawful_basis/basis_type"
	label  string // key
	hint   string // key; may be empty
	kind   fieldKind
	words  string // of notice.Words
	prefix string // of the texts of the words
	must   bool
}

type fieldKind int

const (
	asLine     fieldKind = iota
	asProse              // a text, in the language that is worked on
	asDay                // a date
	asChoice             // one of the words
	asMany               // any of the words
	asYes                // a flag
	asNames              // a list of words on one line
	asEach               // a list of texts, each on a line
	asData               // categories of data, with where they come from
	asPurposes           // identifiers of purposes
	asParty              // identifier of a party, or none
	asParties            // identifiers of parties
)

// useFields are what every piece of code says.
func useFields(own ...field) []field {
	return append(own,
		field{"purposes", "notice.col.for", "", asPurposes, "", "", true},
		field{"party_id", "notice.col.whose", "", asParty, "", "", false},
		field{"before_consent", "portal.notice.f.before", "portal.notice.h.before", asYes, "", "", false})
}

// editor gives the steps, in order.
func editor() []step {
	return []step{
		{"who", []group{
			{"", "", false, []field{
				{"title", "portal.notice.f.title", "", asProse, "", "", true},
				{"summary", "portal.notice.f.summary", "portal.notice.h.summary", asProse, "", "", true},
				{"applies_to/sites", "portal.notice.f.sites", "portal.notice.h.sites", asEach, "", "", true},
				{"effective_date", "portal.notice.f.date", "", asDay, "", "", true},
			}},
			{"/party_identification", "notice.parties", true, []field{
				{"party_name", "notice.col.name", "", asLine, "", "", true},
				{"party_role", "notice.col.role", "", asChoice, "party_role", "notice.role.", true},
				{"party_email", "portal.mail", "", asLine, "", "", false},
				{"party_phone", "portal.phone", "portal.notice.h.phone", asLine, "", "", false},
				{"party_address", "portal.notice.f.address", "", asLine, "", "", false},
				{"party_country", "notice.col.country", "portal.notice.h.country", asLine, "", "", false},
				{"party_url", "portal.notice.f.url", "", asLine, "", "", false},
				{"party_id", "portal.notice.f.id", "portal.notice.h.id", asLine, "", "", true},
			}}}},
		{"data", []group{{"/purposes", "portal.notice.purposes", true, []field{
			{"description", "portal.notice.f.purpose", "portal.notice.h.purpose", asProse, "", "", true},
			{"purpose_type", "notice.col.kind", "", asChoice, "purpose_type", "notice.purpose.", true},
			{"lawful_basis/basis_type", "notice.col.ground", "", asChoice, "basis_type", "notice.basis.", true},
			{"pii_information", "notice.col.data", "", asData, "pii_type", "notice.data.", false},
			{"retention_period", "notice.col.kept", "portal.notice.h.retention", asLine, "", "", true},
			{"storage_locations", "notice.col.where", "portal.notice.h.countries", asNames, "", "", true},
			{"recipient_third_parties", "notice.col.receives", "", asParties, "", "", false},
			{"purpose_id", "portal.notice.f.id", "portal.notice.h.id", asLine, "", "", true},
		}}}},
		{"code", []group{
			{"/code/scripts", "notice.scripts", true, useFields(
				field{"origin", "notice.col.origin", "portal.notice.h.origin", asLine, "", "", true},
				field{"path", "portal.notice.f.path", "", asLine, "", "", false})},
			{"/code/service_workers", "notice.workers", true, useFields(
				field{"path", "portal.notice.f.path", "", asLine, "", "", true},
				field{"scope", "notice.col.scope", "", asLine, "", "", true})},
			{"/code/permissions", "notice.permissions", true, useFields(
				field{"name", "notice.col.name", "", asChoice, "permission", "notice.permission.", true})},
			{"/code/downloads", "notice.downloads", true, useFields(
				field{"name", "notice.col.name", "portal.notice.h.name", asLine, "", "", true},
				field{"host", "portal.notice.f.host", "", asLine, "", "", false},
				field{"signer", "notice.col.signer", "", asLine, "", "", false},
				field{"started_by", "notice.col.starts", "", asChoice, "started_by", "notice.start.", true})},
			{"/code/extensions", "notice.extensions", true, useFields(
				field{"kind", "notice.col.kind", "", asChoice, "extension", "notice.extension.", true},
				field{"name", "notice.col.name", "", asLine, "", "", true})},
			{"/code/changes", "notice.changes", true, useFields(
				field{"what", "notice.col.kind", "", asChoice, "change", "notice.change.", true},
				field{"undone_by_removal", "notice.col.undone", "", asYes, "", "", false})}}},
		{"others", []group{{"/code/requests", "notice.requests", true, useFields(
			field{"host", "portal.notice.f.host", "", asLine, "", "", true},
			field{"pii_type", "notice.col.learns", "", asMany, "pii_type", "notice.data.", false})}}},
		{"storage", []group{{"/code/storage", "notice.storage", true, useFields(
			field{"name", "notice.col.name", "portal.notice.h.name", asLine, "", "", true},
			field{"type", "notice.col.kind", "", asChoice, "storage", "notice.storage.", true},
			field{"party_kind", "notice.col.origin", "", asChoice, "party_kind", "notice.kind.", true},
			field{"lifetime", "notice.col.lives", "portal.notice.h.lifetime", asLine, "", "", true},
			field{"domain", "portal.notice.f.host", "", asLine, "", "", false},
			field{"secure", "portal.notice.f.secure", "", asYes, "", "", false},
			field{"http_only", "portal.notice.f.http-only", "", asYes, "", "", false})}}},
		{"choice", []group{{"", "", false, []field{
			{"consent/collection_method", "portal.notice.f.ask", "portal.notice.h.ask", asProse, "", "", false},
			{"consent/withdrawal_method", "portal.notice.f.withdraw", "", asProse, "", "", false},
			{"consent/withdrawal_url", "portal.notice.f.withdraw-url", "", asLine, "", "", false},
			{"privacy_rights", "notice.rights", "", asMany, "privacy_rights", "notice.right.", true},
			{"removal", "notice.removal", "portal.notice.h.removal", asProse, "", "", false},
			{"security/practices", "notice.security", "", asMany, "practices", "notice.practice.", true},
			{"security/contact", "portal.notice.f.security", "portal.notice.h.security", asLine, "", "", false},
		}}}},
	}
}

// wordsOf are the words of a field.
func wordsOf(member string) []string {
	switch member {
	case "started_by":
		return []string{"visitor", "site"}
	case "party_kind":
		return []string{"first", "third"}
	}
	return notice.Words(member)
}

// stepOf finds the step in which what a pointer points at is worked on; "who"
// if it is nowhere else.
func stepOf(pointer string) string {
	best, found := -1, "who"
	for _, s := range editor() {
		for _, g := range s.groups {
			places := []string{g.at}
			if !g.list {
				places = nil
				for _, f := range g.fields {
					places = append(places, g.at+"/"+f.member, "/"+steps(f.member)[0])
				}
			}
			for _, at := range places {
				if under(pointer, at) && len(at) > best {
					best, found = len(at), s.name
				}
			}
		}
	}
	return found
}

// place is what a pointer points into.
type place struct {
	at    string // pointer to the row or the field; empty for the whole
	title string // key of a list's title; empty if it is in none
	n     int    // number of the row, from 1
	label string // key of the field's label; empty if it is in none
}

// placeOf finds what a pointer points into.
func placeOf(pointer string) place {
	for _, s := range editor() {
		for _, g := range s.groups {
			p, ok := g.place(pointer)
			if ok {
				return p
			}
		}
	}
	return place{}
}

func (g group) place(pointer string) (p place, ok bool) {
	p.at = g.at
	if g.list {
		rest, below := strings.CutPrefix(pointer, g.at+"/")
		i, err := strconv.Atoi(steps(rest)[0])
		if !below || err != nil {
			return p, false
		}
		p.at, p.title, p.n = g.at+"/"+strconv.Itoa(i), g.title, i+1
	}
	for _, f := range g.fields {
		if under(pointer, p.at+"/"+f.member) {
			p.at, p.label = p.at+"/"+f.member, f.label
			return p, true
		}
	}
	return p, g.list
}

// under tells whether a pointer points at something, or at a part of it.
func under(pointer, at string) bool { return pointer == at || strings.HasPrefix(pointer, at+"/") }

func stepAt(name string) (int, bool) {
	i := slices.IndexFunc(editor(), func(s step) bool { return s.name == name })
	return i, i >= 0
}
