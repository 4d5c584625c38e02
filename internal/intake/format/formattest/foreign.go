package formattest

// foreign are small samples of many formats, without those of the format name.
func foreign(name string) (all []Sample) {
	for _, s := range []struct {
		format string
		Sample
	}{
		{"", Sample{"nothing", "text/plain", nil}},
		{"text", Sample{"prose.txt", "text/plain", []byte("Hello,\n\n192.0.2.1 scans our network.\n\nRegards\n")}},
		{"log", Sample{"auth.log", "text/plain", []byte("Mar  9 12:00:01 web sshd[1]: Failed password for root from 192.0.2.1 port 4001 ssh2\n")}},
		{"csv", Sample{"some.csv", "text/csv", []byte("colour,size\nred,2\n")}},
		{"json", Sample{"some.json", "application/json", []byte(`{"colour":"red","sizes":[1,2]}`)}},
		{"json", Sample{"list.json", "application/json", []byte(`[1,"a",null]`)}},
		{"xml", Sample{"some.xml", "application/xml", []byte("<?xml version=\"1.0\"?><garden><tree kind=\"oak\"/></garden>\n")}},
		{"zip", Sample{"some.zip", "application/zip", []byte("PK\x03\x04\x14\x00\x00\x00\x00\x00")}},
		{"xarf", Sample{"xarf.json", "application/json", []byte(`{"xarf_version":"4.2.0","report_id":"6a0a9f0c-4a4f-4f34-8f0c-6f6f0b9f3d11","timestamp":"2026-03-09T12:00:00Z",
"reporter":{"org":"R","contact":"a@reporter.example","domain":"reporter.example"},"sender":{"org":"R","contact":"a@reporter.example","domain":"reporter.example"},
"source_identifier":"192.0.2.1","source_port":4001,"category":"connection","type":"port_scan","protocol":"tcp","first_seen":"2026-03-09T11:00:00Z"}`)}},
		{"arf", Sample{"arf.eml", "message/rfc822", []byte("From: fbl@reporter.example\nSubject: FW: hello\nMIME-Version: 1.0\n" +
			"Content-Type: multipart/report; report-type=feedback-report; boundary=b\n\n--b\nContent-Type: text/plain\n\nAn abuse report.\n" +
			"--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\nUser-Agent: Made/1\nVersion: 1\nSource-IP: 192.0.2.1\n" +
			"--b\nContent-Type: message/rfc822\n\nFrom: shop@sender.example\nTo: b@reporter.example\nSubject: hello\n\nBuy.\n--b--\n")}},
		{"acns", Sample{"acns.xml", "application/xml", []byte(`<?xml version="1.0"?><Infringement xmlns="http://www.acns.net/ACNS"><Case><ID>1</ID></Case>` +
			`<Source><TimeStamp>2026-03-09T12:00:00Z</TimeStamp><IP_Address>192.0.2.1</IP_Address></Source></Infringement>`)}},
		{"shadowserver", Sample{"2026-03-09-scan_rdp-made.csv", "text/csv", []byte("\"timestamp\",\"ip\",\"port\",\"tag\"\n\"2026-03-09 12:00:00\",\"192.0.2.1\",3389,\"rdp\"\n")}},
		{"dmarc", Sample{"dmarc.xml", "application/xml", []byte(`<?xml version="1.0"?><feedback><report_metadata><org_name>R</org_name><report_id>1</report_id></report_metadata></feedback>`)}},
		{"stix", Sample{"bundle.json", "application/json", []byte(`{"type":"bundle","id":"bundle--6a0a9f0c-4a4f-4f34-8f0c-6f6f0b9f3d11","objects":[]}`)}},
	} {
		if s.format != name {
			all = append(all, s.Sample)
		}
	}
	return all
}
