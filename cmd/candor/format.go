package main

import (
	"candor/internal/intake/format"
	"candor/internal/intake/format/acns"
	"candor/internal/intake/format/arf"
	"candor/internal/intake/format/xarf"
	"candor/internal/intake/format/xarfmail"
)

// reportFormats are the readers of reports in machine formats, in the order in
// which they are asked.
func reportFormats() format.Set {
	return format.Set{
		Mails: []format.NamedMail{
			{Name: xarfmail.Name, MailReader: xarfmail.New()},
			{Name: arf.Name, MailReader: arf.New()},
			{Name: acns.Name, MailReader: acns.NewMails()},
		},
		Files: []format.NamedFile{
			{Name: xarf.Name, FileReader: xarf.New()},
			{Name: acns.Name, FileReader: acns.NewFiles()},
		},
	}
}
