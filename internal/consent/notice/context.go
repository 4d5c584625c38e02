package notice

// Context gives the JSON-LD 1.1 context that makes a notice a description in
// the terms of the W3C Data Privacy Vocabulary 2.1, its personal data (pd),
// its terms for the GDPR (eu-gdpr), and Dublin Core.
func Context() []byte { return indented(map[string]any{"@context": vocabulary()}) }

func vocabulary() map[string]any {
	own := "urn:candor:" + SchemaVersion + "#"
	c := map[string]any{
		"@version": 1.1,
		"@vocab":   own, // members and words that DPV has no name for
		"dpv":      "https://w3id.org/dpv#",
		"pd":       "https://w3id.org/dpv/pd#",
		"eu-gdpr":  "https://w3id.org/dpv/legal/eu/gdpr#",
		"dct":      "http://purl.org/dc/terms/",
		"xsd":      "http://www.w3.org/2001/XMLSchema#",

		"schema_version": "dct:conformsTo",
		"notice_id":      "dct:identifier",
		"version":        "dct:hasVersion",
		"effective_date": map[string]any{"@id": "dct:valid", "@type": "xsd:date"},
		"language":       "dct:language",
		"notice_url":     map[string]any{"@id": "dpv:hasNotice", "@type": "@id"},
		"jurisdictions":  "dpv:hasJurisdiction",
		"title":          byLanguage("dct:title"),
		"summary":        byLanguage("dct:abstract"),
		"description":    byLanguage("dct:description"),
		"reason":         byLanguage("dpv:hasJustification"),

		"party_identification": "dpv:hasEntity",
		"party_role":           among("http://www.w3.org/1999/02/22-rdf-syntax-ns#type", roles()),
		"party_name":           "dpv:hasName",
		"party_address":        "dpv:hasAddress",
		"party_email":          "dpv:hasContact",
		"party_id":             map[string]any{"@id": "dpv:hasIdentifier"},

		"practices":               among("dpv:hasTechnicalOrganisationalMeasure", practices()),
		"purpose_id":              map[string]any{"@id": "dpv:hasIdentifier"},
		"purpose_type":            among("dpv:hasPurpose", purposes()),
		"lawful_basis":            map[string]any{"@id": own + "lawful_basis"},
		"basis_type":              among("dpv:hasLegalBasis", bases()),
		"law":                     map[string]any{"@id": "dpv:hasLegalBasis", "@type": "@id"},
		"pii_information":         map[string]any{"@id": own + "pii_information"},
		"pii_type":                among("dpv:hasPersonalData", categories()),
		"source":                  among("dpv:hasDataSource", sources()),
		"recipient_third_parties": "dpv:hasRecipientThirdParty",
		"retention_period":        "dpv:hasDuration",
		"retention_note":          byLanguage(own + "retention_note"),
		"storage_locations":       "dpv:hasLocation",
		"privacy_rights":          among("dpv:hasRight", rights()),
		"collection_method":       byLanguage(own + "collection_method"),
		"withdrawal_method":       byLanguage(own + "withdrawal_method"),
		"removal":                 byLanguage(own + "removal"),
		"withdrawal_url":          map[string]any{"@id": "dpv:hasConsentControl", "@type": "@id"},
	}
	// Of the notice, a purpose is a process of its own; of code, an identifier of one.
	c["purposes"] = map[string]any{"@id": "dpv:hasProcess"}
	c["code"] = map[string]any{"@id": own + "code", "@context": map[string]any{"purposes": map[string]any{"@id": own + "for_purpose"}}}
	return c
}

func byLanguage(id string) map[string]any {
	return map[string]any{"@id": id, "@container": "@language"}
}

// among is a member whose words are terms. They are terms there alone: "age"
// is one thing among categories of data, another elsewhere.
func among(id string, terms []term) map[string]any {
	inside := map[string]any{}
	for _, t := range terms {
		if t.means != "" {
			inside[t.word] = t.means
		}
	}
	return map[string]any{"@id": id, "@type": "@vocab", "@context": inside}
}
