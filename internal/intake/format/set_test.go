package format_test

import (
	"errors"
	"strings"
	"testing"

	"candor/internal/intake"
	"candor/internal/intake/format"
	"candor/internal/intake/format/arf"
	"candor/internal/intake/format/xarf"
	"candor/internal/intake/message"
)

func set() format.Set {
	return format.Set{
		Mails: []format.NamedMail{{Name: arf.Name, MailReader: arf.New()}},
		Files: []format.NamedFile{{Name: xarf.Name, FileReader: xarf.New()}},
	}
}

func report(id, address, contact, tlp string) string {
	return `{"xarf_version":"4.2.0","report_id":"` + id + `","timestamp":"2026-03-09T12:00:00Z","category":"reputation","type":"blocklist","threat_type":"spam",
"reporter":{"org":"R","contact":"` + contact + `","domain":"r.example"},"sender":{"org":"R","contact":"` + contact + `","domain":"r.example"},"source_identifier":"` + address + `","tags":["tlp:` + tlp + `"]}`
}

const one, two = "6a0a9f0c-4a4f-4f34-8f0c-6f6f0b9f3d11", "6a0a9f0c-4a4f-4f34-8f0c-6f6f0b9f3d12"

func mailOf(parts ...string) string {
	body := "From: sender@r.example\nSubject: reports\nContent-Type: multipart/mixed; boundary=b\n\n"
	for _, p := range parts {
		body += "--b\n" + p + "\n"
	}
	return body + "--b--\n"
}

func read(t *testing.T, body string) (r intake.Report, name string, all []string, err error) {
	t.Helper()
	m, err := message.Read(strings.NewReader(body), message.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	r, name, err = set().Read(m, func(e intake.Event) error {
		all = append(all, e.About[0].Value)
		return nil
	})
	return r, name, all, err
}

func TestAttachmentsAreAllRead(t *testing.T) {
	const text, json = "Content-Type: text/plain\n\nhello", "Content-Type: application/json; name=r.json\n\n"
	first, second := json+report(one, "192.0.2.1", "a@r.example", "amber"), json+report(two, "192.0.2.2", "a@r.example", "green")
	r, name, all, err := read(t, mailOf(text, first))
	if err != nil || name != "xarf" || r.Reference != one || r.TLP != "amber" || len(all) != 1 {
		t.Errorf("%v %s %+v %v", err, name, r, all)
	}
	r, name, all, err = read(t, mailOf(text, second, first))
	if err != nil || name != "xarf" || r.Reference != "" || r.TLP != "amber" || r.Reporter != "a@r.example" || strings.Join(all, " ") != "192.0.2.2 192.0.2.1" {
		t.Errorf("%v %s %+v %v", err, name, r, all)
	}
	// Forwarded, as a file of no type, and as the text of the mail.
	for _, body := range []string{
		mailOf("Content-Type: message/rfc822\n\n" + mailOf(text, first)),
		mailOf("Content-Type: application/octet-stream; name=report\n\n" + report(one, "192.0.2.1", "a@r.example", "amber")),
		"From: a@r.example\n\n" + report(one, "192.0.2.1", "a@r.example", "amber"),
	} {
		if _, name, all, err := read(t, body); err != nil || name != "xarf" || len(all) != 1 {
			t.Errorf("%v %s %v\n%s", err, name, all, body)
		}
	}
}

func TestNoFormat(t *testing.T) {
	if _, _, _, err := read(t, mailOf("Content-Type: text/plain\n\nhello")); !errors.Is(err, format.ErrOther) {
		t.Error(err)
	}
	if _, _, err := set().ReadFile(format.NewFile("x.csv", "text/csv", strings.NewReader("a,b\n")), nil); !errors.Is(err, format.ErrOther) {
		t.Error(err)
	}
}

// What is claimed to be of a format but is not valid is told, with the reader's
// name.
func TestInvalid(t *testing.T) {
	broken := "Content-Type: application/json\n\n" + strings.Replace(report(one, "192.0.2.1", "a@r.example", "amber"), `"threat_type":"spam",`, "", 1)
	if _, name, _, err := read(t, mailOf(broken)); err == nil || name != "xarf" || !strings.Contains(err.Error(), "threat_type: is missing") {
		t.Errorf("%s %v", name, err)
	}
	feedback := "From: a@r.example\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\n\n--b\n\nhello\n--b--\n"
	if _, name, _, err := read(t, feedback); err == nil || name != "arf" || errors.Is(err, format.ErrOther) {
		t.Errorf("%s %v", name, err)
	}
}
