package notice

// term is a word of a notice, and what it is called in the Data Privacy
// Vocabulary 2.1 (dpv:, pd:, eu-gdpr:), empty where that has no name for it.
type term struct{ word, means string }

func words(terms []term) []string {
	out := make([]string, len(terms))
	for i, t := range terms {
		out[i] = t.word
	}
	return out
}

func roles() []term {
	return []term{
		{"controller", "dpv:DataController"}, {"joint-controller", "dpv:JointDataControllers"}, {"processor", "dpv:DataProcessor"},
		{"recipient", "dpv:Recipient"}, {"representative", "dpv:Representative"},
		{"protection-officer", "dpv:DataProtectionOfficer"}, {"authority", "dpv:DataProtectionAuthority"},
	}
}

func purposes() []term {
	return []term{
		{"service", "dpv:ServiceProvision"}, {"account", "dpv:AccountManagement"}, {"sign-in", "dpv:IdentityAuthentication"},
		{"order", "dpv:CustomerOrderManagement"}, {"delivery", "dpv:DeliveryOfGoods"}, {"payment", "dpv:PaymentManagement"},
		{"communication", "dpv:CommunicationManagement"}, {"support", "dpv:CustomerCare"}, {"security", "dpv:EnforceSecurity"},
		{"fraud", "dpv:FraudPreventionAndDetection"}, {"legal-duty", "dpv:LegalCompliance"}, {"records", "dpv:RecordManagement"},
		{"preferences", "dpv:UserInterfacePersonalisation"}, {"personalisation", "dpv:Personalisation"},
		{"statistics", "dpv:ServiceUsageAnalytics"}, {"improvement", "dpv:ImproveExistingProductsAndServices"},
		{"marketing", "dpv:DirectMarketing"}, {"advertising", "dpv:Advertising"}, {"personal-advertising", "dpv:PersonalisedAdvertising"},
		{"research", "dpv:ResearchAndDevelopment"}, {"age-check", "dpv:AgeVerification"},
	}
}

func categories() []term {
	return []term{
		{"name", "pd:Name"}, {"email", "pd:EmailAddress"}, {"telephone", "pd:TelephoneNumber"}, {"address", "pd:PhysicalAddress"},
		{"birth-date", "pd:BirthDate"}, {"age", "pd:Age"}, {"official-id", "pd:OfficialID"}, {"username", "pd:Username"}, {"password", "pd:Password"},
		{"payment-card", "pd:PaymentCardNumber"}, {"bank-account", "pd:BankAccount"}, {"purchases", "pd:PurchasesAndSpendingHabit"},
		{"ip-address", "pd:IPAddress"}, {"user-agent", "pd:UserAgent"}, {"device", "pd:DeviceBased"}, {"identifier", "pd:UID"},
		{"fingerprint", "pd:BrowserFingerprint"}, {"browsing", "pd:BrowsingBehavior"}, {"referrer", "pd:BrowsingReferral"},
		{"location", "pd:Location"}, {"language", "pd:Language"}, {"preferences", "pd:Preference"}, {"interests", "pd:Interest"},
		{"messages", "pd:Communication"}, {"opinions", "pd:Opinion"}, {"picture", "pd:Picture"}, {"family", "pd:Family"},
		{"education", "pd:Education"}, {"health", "pd:Health"}, {"biometric", "pd:Biometric"}, {"other", "dpv:PersonalData"},
	}
}

// special are the categories of Article 9 of the GDPR among them.
func special() []string { return []string{"health", "biometric"} }

func bases() []term {
	return []term{
		{"consent", "dpv:Consent"}, {"contract", "dpv:Contract"}, {"legal-obligation", "dpv:LegalObligation"},
		{"vital-interest", "dpv:VitalInterest"}, {"public-task", "dpv:PublicInterest"}, {"legitimate-interest", "dpv:LegitimateInterest"},
	}
}

// laws are the grounds of the GDPR, and the bases that each goes with.
func laws() map[string][]string {
	return map[string][]string{
		"eu-gdpr:A6-1-a": {"consent"}, "eu-gdpr:A6-1-b": {"contract"}, "eu-gdpr:A6-1-c": {"legal-obligation"},
		"eu-gdpr:A6-1-d": {"vital-interest"}, "eu-gdpr:A6-1-e": {"public-task"}, "eu-gdpr:A6-1-f": {"legitimate-interest"},
		"eu-gdpr:A9-2-a": {"consent"}, "eu-gdpr:A9-2-b": {"legal-obligation"}, "eu-gdpr:A9-2-c": {"vital-interest"},
		"eu-gdpr:A9-2-g": {"public-task"}, "eu-gdpr:A9-2-h": {"contract", "public-task", "legal-obligation"}, "eu-gdpr:A9-2-i": {"public-task", "legal-obligation"},
	}
}

func sources() []term {
	return []term{
		{"provided", "dpv:ProvidedData"}, {"observed", "dpv:ObservedData"}, {"inferred", "dpv:InferredData"}, {"third-party", "dpv:ThirdPartyDataSource"},
	}
}

func rights() []term {
	return []term{
		{"access", "eu-gdpr:A15"}, {"rectification", "eu-gdpr:A16"}, {"erasure", "eu-gdpr:A17"}, {"restriction", "eu-gdpr:A18"},
		{"portability", "eu-gdpr:A20"}, {"objection", "eu-gdpr:A21"}, {"human-decision", "eu-gdpr:A22"},
		{"withdrawal", "eu-gdpr:A7-3"}, {"complaint", "eu-gdpr:A77"},
	}
}

func practices() []term {
	return []term{
		{"encrypted-transfer", "dpv:EncryptionInTransfer"}, {"encrypted-storage", "dpv:EncryptionAtRest"},
		{"access-control", "dpv:AccessControlMethod"}, {"strong-sign-in", "dpv:AuthenticationProtocols"},
		{"pseudonyms", "dpv:Pseudonymisation"}, {"backups", "dpv:DataBackupProtocols"}, {"audit-trail", "dpv:ActivityMonitoring"},
		{"updates", ""}, {"malware-scan", ""}, {"signed-code", ""},
		{"code-review", "dpv:VulnerabilityTestingMethods"}, {"penetration-test", "dpv:PenetrationTestingMethods"},
		{"training", "dpv:CybersecurityTraining"}, {"incident-plan", "dpv:IncidentManagementProcedures"},
	}
}

func storages() []string {
	return []string{"cookie", "local-storage", "session-storage", "indexed-db", "cache-storage", "file"}
}

// permissions are names of the W3C Permissions registry, and of what programs
// ask besides.
func permissions() []string {
	return []string{
		"geolocation", "camera", "microphone", "notifications", "push", "persistent-storage", "clipboard-read", "clipboard-write",
		"midi", "bluetooth", "usb", "nfc", "screen-capture", "screen-wake-lock", "motion-sensors", "idle-detection",
		"contacts", "files", "background-run", "administrator",
	}
}

func extensionKinds() []string {
	return []string{"extension", "toolbar", "helper-object", "plug-in", "protocol-handler"}
}

func changeKinds() []string {
	return []string{
		"home-page", "search-engine", "new-tab", "proxy", "name-servers", "certificates", "firewall", "protection",
		"start-up", "scheduled-task", "service", "driver", "registry", "files", "shortcuts", "file-types",
	}
}

// Words gives the words that a member of a notice can have, in an order that
// people expect; nil for a member that is no choice.
func Words(member string) []string {
	switch member {
	case "party_role":
		return words(roles())
	case "purpose_type":
		return words(purposes())
	case "basis_type":
		return words(bases())
	case "pii_type":
		return words(categories())
	case "source":
		return words(sources())
	case "privacy_rights":
		return words(rights())
	case "practices":
		return words(practices())
	case "storage":
		return storages()
	case "permission":
		return permissions()
	case "extension":
		return extensionKinds()
	case "change":
		return changeKinds()
	}
	return nil
}
