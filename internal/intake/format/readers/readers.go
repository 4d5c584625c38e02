// Package readers holds the readers of all formats that are known, in the order
// in which they are asked.
package readers

import (
	"candor/internal/intake/format"
	"candor/internal/intake/format/acns"
	"candor/internal/intake/format/arf"
	"candor/internal/intake/format/dmarc"
	"candor/internal/intake/format/form"
	"candor/internal/intake/format/logs"
	"candor/internal/intake/format/shadowserver"
	"candor/internal/intake/format/table"
	"candor/internal/intake/format/tlsrpt"
	"candor/internal/intake/format/xarf"
	"candor/internal/intake/format/xarfmail"
	"candor/internal/intel/iodef"
	"candor/internal/intel/misp"
	"candor/internal/intel/stix"
)

// All gives all readers. Without a schema of Shadowserver's its reports are read by
// rules of the program.
func All(schema *shadowserver.Schema) format.Set {
	all := format.Set{
		Mails: []format.NamedMail{
			{Name: xarfmail.Name, MailReader: xarfmail.New()},
			{Name: arf.Name, MailReader: arf.New()},
			{Name: acns.Name, MailReader: acns.NewMails()},
			{Name: logs.Format, MailReader: logs.Mail{}},
		},
		Files: []format.NamedFile{
			{Name: xarf.Name, FileReader: xarf.New()},
			{Name: acns.Name, FileReader: acns.NewFiles()},
			{Name: "iodef", FileReader: iodef.File{}},
			{Name: "stix", FileReader: stix.File{}},
			{Name: "misp", FileReader: misp.File{}},
			{Name: dmarc.Format, FileReader: dmarc.Reader{}},
			{Name: tlsrpt.Format, FileReader: tlsrpt.Reader{}},
			{Name: shadowserver.Format, FileReader: shadowserver.New(schema)},
			{Name: logs.Format, FileReader: logs.File{}},
			{Name: table.Format, FileReader: table.Reader{}}, // the last: it takes what has columns
		},
	}
	all.Mails = append([]format.NamedMail{{Name: form.Name, MailReader: form.Reader{Files: all}}}, all.Mails...)
	return all
}
