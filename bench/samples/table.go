package samples

// Sets are the public collections; the Makefile fetches them by the name of the
// folder.
func Sets() []Set {
	return []Set{
		{Name: "XARF 4", Folder: "xarf-spec", Files: []string{"samples/v4/*.json"}, Want: Accepted},
		{Name: "XARF 3, of the specification of 4", Folder: "xarf-spec", Files: []string{"samples/v3/*.json"}, Want: Accepted},
		{Name: "XARF 1 to 3", Folder: "xarf", Files: []string{"samples/positive/*/*.json"}, Want: Accepted},
		{Name: "XARF 1 to 3, invalid", Folder: "xarf", Files: []string{"samples/negative/*/*.json"}, Want: Rejected},
		// One of them is somebody's mail to unsubscribe.
		{Name: "ARF", Folder: "set-of-emails", Files: []string{"maildir/*/arf-*.eml"}, Except: []string{"arf-26.eml"}, Mails: true, Want: Accepted},
		{Name: "Shadowserver", Folder: "intelmq", Files: []string{"intelmq/tests/bots/parsers/shadowserver/testdata/*.csv"}, Want: Accepted},
		{Name: "DMARC aggregates", Folder: "parsedmarc", Files: []string{"samples/aggregate/*.xml", "samples/aggregate/*.gz", "samples/aggregate/*.zip"}, Except: []string{"invalid_xml.xml"}, Want: Accepted},
		{Name: "DMARC aggregates, in mails", Folder: "parsedmarc", Files: []string{"samples/aggregate/*.eml"}, Mails: true, Want: Accepted},
		{Name: "DMARC aggregates, invalid", Folder: "parsedmarc", Files: []string{"samples/aggregate/invalid_xml.xml"}, Want: Rejected},
		{Name: "SMTP TLS reports", Folder: "parsedmarc", Files: []string{"samples/smtp_tls/*.json"}, Want: Accepted},
		{Name: "AbuseIO's notifiers", Folder: "AbuseIO", Files: []string{"extra/notifier-samples/*/*.eml"}, Text: true, Want: Accepted},
		{Name: "bounces", Folder: "set-of-emails", Files: []string{"maildir/bsd/[lr]h*.eml", "maildir/bsd/rfc*.eml"}, Mails: true, Want: Other},
	}
}
