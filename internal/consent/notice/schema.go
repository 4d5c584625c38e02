package notice

import (
	"bytes"
	"encoding/json"
	"slices"
)

// The bounds of texts, in code points, and of lists, in items.
const (
	mostLine  = 120
	mostProse = 1000
	mostURL   = 500
	mostItems = 200
	mostRefs  = 32
	mostTags  = 32
)

func line(form, about string) *shape {
	return &shape{kind: text, form: form, least: 1, most: mostLine, about: about}
}

func address(form, about string) *shape {
	return &shape{kind: text, form: form, least: 1, most: mostURL, about: about}
}

func oneOf(all []string, about string) *shape { return &shape{kind: text, words: all, about: about} }

func some(item *shape, least, most int, about string) *shape {
	return &shape{kind: list, item: item, least: least, most: most, about: about}
}

func prose(about string) *shape {
	return &shape{kind: byTag, least: 1, most: mostTags, about: about, item: &shape{kind: text, form: "line", least: 1, most: mostProse}}
}

func needs(name string, s *shape) member { return member{name, true, s} }
func may(name string, s *shape) member   { return member{name, false, s} }

func thing(about string, members ...member) *shape {
	return &shape{kind: object, about: about, members: members}
}

func yes(about string) *shape { return &shape{kind: flag, about: about} }

// document is the shape of a notice.
func document() *shape {
	applies := thing("For which sites or programs the notice speaks.",
		may("sites", some(line("host", "A host in lower case, as in DNS; *.example.net stands for all hosts below example.net."), 1, mostItems, "Sites.")),
		may("programs", some(thing("",
			needs("name", line("line", "Name of the program.")),
			may("version", line("version", "Version of the program.")),
			may("sha256", some(line("sha256", ""), 1, mostRefs, "SHA-256 of its builds, in lower-case hexadecimal."))), 1, mostRefs, "Programs.")))
	applies.least = 1
	return thing("A declaration of what a site or a program does, after ISO/IEC 29184 and ISO/IEC TS 27560.",
		needs("schema_version", oneOf([]string{SchemaVersion}, "Version of this schema.")),
		needs("notice_id", line("id", "Identifier of the notice, the same in all its versions.")),
		needs("version", line("version", "Version of the notice.")),
		needs("effective_date", line("date", "From when it holds: YYYY-MM-DD.")),
		may("replaces", line("sha256", "Digest of the version before.")),
		needs("language", line("tag", "Language in which every text is there: a BCP 47 tag.")),
		needs("title", prose("Name of the site or program, by language.")),
		needs("summary", prose("What it is and what it does with data, in two sentences.")),
		needs("applies_to", applies),
		may("notice_url", address("url", "Where the full text is.")),
		needs("party_identification", some(partyShape(), 1, mostRefs, "Who has a part in it.")),
		may("jurisdictions", some(line("country", ""), 1, mostItems, "Whose law holds: ISO 3166-1 alpha-2.")),
		needs("security", thing("How data is kept safe.",
			needs("practices", some(oneOf(words(practices()), ""), 1, mostRefs, "What is done.")),
			may("description", prose("More about it.")),
			may("contact", address("contact", "Where weaknesses are reported: mailto: or https:.")))),
		needs("purposes", some(purposeShape(), 1, mostItems, "Why data is taken, and which.")),
		needs("privacy_rights", some(oneOf(words(rights()), ""), 1, mostRefs, "What people can ask for.")),
		may("consent", thing("How people agree, and take it back.",
			needs("collection_method", prose("How they are asked.")),
			needs("withdrawal_method", prose("How they take it back.")),
			may("withdrawal_url", address("url", "Where they take it back.")))),
		needs("code", codeShape()),
		may("removal", prose("How to be rid of what the code leaves on a machine.")))
}

func partyShape() *shape {
	return thing("",
		needs("party_id", line("id", "Identifier of the party in this notice.")),
		needs("party_role", oneOf(words(roles()), "What it does.")),
		needs("party_name", line("line", "Its name.")),
		may("party_address", line("line", "Its postal address.")),
		may("party_country", line("country", "Where it is: ISO 3166-1 alpha-2.")),
		may("party_email", line("email", "")),
		may("party_phone", line("phone", "In international form, from the plus sign on.")),
		may("party_url", address("url", "")))
}

func purposeShape() *shape {
	law := make([]string, 0, len(laws()))
	for l := range laws() {
		law = append(law, l)
	}
	slices.Sort(law)
	return thing("",
		needs("purpose_id", line("id", "Identifier of the purpose in this notice.")),
		needs("purpose_type", oneOf(words(purposes()), "Kind of purpose.")),
		needs("description", prose("What for, in one sentence.")),
		needs("lawful_basis", thing("Legal ground.",
			needs("basis_type", oneOf(words(bases()), "")),
			may("law", oneOf(law, "The ground by a law, as a term of DPV.")),
			may("reason", prose("Which interest, contract or duty.")))),
		needs("pii_information", some(thing("",
			needs("pii_type", oneOf(words(categories()), "Category of data.")),
			needs("source", oneOf(words(sources()), "How it is come by.")),
			may("pii_optional", yes("Whether it may be held back.")),
			may("description", prose(""))), 0, mostRefs, "Categories of data; an empty list says that there are none.")),
		may("recipient_third_parties", some(line("id", ""), 1, mostRefs, "Who receives it: identifiers of parties.")),
		needs("retention_period", line("retention", "How long it is kept: session, account (as long as there is one), purpose (see the note), or an ISO 8601 duration of one unit.")),
		may("retention_note", prose("Until when, in words.")),
		needs("storage_locations", some(line("country", ""), 1, mostItems, "Where it is kept: ISO 3166-1 alpha-2.")))
}

// use gives the members of a piece of code: its own, and those that all have.
func use(members ...member) *shape {
	return thing("", append(members,
		needs("purposes", some(line("id", ""), 1, mostRefs, "What for: identifiers of purposes.")),
		needs("before_consent", yes("Whether it is there before anybody was asked.")),
		may("party_id", line("id", "Whose it is, if not the controller's.")),
		may("description", prose("What it does.")))...)
}

func codeShape() *shape {
	kinds := []string{"first", "third"}
	return thing("Every piece of code that is delivered or run, and what it leaves behind. What is not listed is not there.",
		may("scripts", some(use(
			needs("origin", line("origin", "self, inline, or an origin (RFC 6454); a host may begin with *.")),
			may("path", address("path", "Path; * stands for any characters."))), 1, mostItems, "Scripts of pages.")),
		may("service_workers", some(use(
			needs("path", address("path", "Path of the script on the site itself; * stands for any characters.")),
			needs("scope", address("path", "For which paths it answers."))), 1, mostRefs, "Service workers.")),
		may("storage", some(use(
			needs("type", oneOf(storages(), "")),
			needs("name", line("name", "Name; * stands for any characters.")),
			may("domain", line("host", "Domain, if not the site itself.")),
			needs("party_kind", oneOf(kinds, "")),
			needs("lifetime", line("lifetime", "session, unlimited, or an ISO 8601 duration of one unit.")),
			may("secure", yes("Only over TLS (RFC 6265).")),
			may("http_only", yes("Not for scripts (RFC 6265).")),
			may("same_site", oneOf([]string{"strict", "lax", "none"}, ""))), 1, mostItems, "Cookies and other storage.")),
		may("requests", some(use(
			needs("host", line("host", "Host, which may begin with *.")),
			may("pii_type", some(oneOf(words(categories()), ""), 1, mostRefs, "What it learns."))), 1, mostItems, "Requests to third parties.")),
		may("permissions", some(use(needs("name", oneOf(permissions(), ""))), 1, mostRefs, "Sensors and other powers that are asked for.")),
		may("downloads", some(use(
			needs("name", line("name", "Name of the file; * stands for any characters.")),
			may("host", line("host", "Host, if not the site itself.")),
			may("signer", line("line", "Who signed it.")),
			needs("started_by", oneOf([]string{"visitor", "site"}, ""))), 1, mostItems, "Files that are offered.")),
		may("extensions", some(use(
			needs("kind", oneOf(extensionKinds(), "")),
			needs("name", line("line", "")),
			may("id", line("identifier", "As the browser knows it."))), 1, mostRefs, "What is added to browsers.")),
		may("changes", some(use(
			needs("what", oneOf(changeKinds(), "")),
			needs("undone_by_removal", yes("Whether removing the program undoes it."))), 1, mostRefs, "What is changed on a visitor's machine.")))
}

// Schema gives the JSON Schema (2020-12) of notices. It says all that a schema
// can; Validate says the rest.
func Schema() []byte {
	top := document().schema()
	top["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	top["$id"] = "urn:candor:schema:" + SchemaVersion
	top["title"] = "Notice"
	return indented(top)
}

func indented(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		panic(err) // maps, slices and strings always encode
	}
	return b.Bytes()
}

func (s *shape) schema() map[string]any {
	out := map[string]any{}
	if s.about != "" {
		out["description"] = s.about
	}
	switch s.kind {
	case object:
		out["type"], out["additionalProperties"] = "object", false
		properties, required := map[string]any{}, []string{}
		for _, m := range s.members {
			properties[m.name] = m.schema()
			if m.required {
				required = append(required, m.name)
			}
		}
		out["properties"] = properties
		if len(required) > 0 {
			out["required"] = required
		}
		if s.least > 0 {
			out["minProperties"] = s.least
		}
	case list:
		out["type"], out["items"], out["uniqueItems"] = "array", s.item.schema(), true
		out["minItems"], out["maxItems"] = s.least, s.most
	case byTag:
		out["type"], out["additionalProperties"] = "object", s.item.schema()
		out["propertyNames"] = map[string]any{"pattern": forms["tag"].String()}
		out["minProperties"], out["maxProperties"] = s.least, s.most
	case flag:
		out["type"] = "boolean"
	case text:
		s.schemaText(out)
	}
	return out
}

func (s *shape) schemaText(out map[string]any) {
	out["type"] = "string"
	if s.words != nil {
		out["enum"] = s.words
		return
	}
	out["minLength"], out["maxLength"], out["pattern"] = s.least, s.most, forms[s.form].String()
}
