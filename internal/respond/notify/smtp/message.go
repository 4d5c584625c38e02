package smtp

import (
	"bytes"
	"fmt"
	"net/mail"
	"strings"

	gomail "github.com/wneessen/go-mail"

	"candor"
)

// compose makes the mail. Nothing in it comes from chance or from the clock.
func (s *Sender) compose(to address, m candor.Message) (*gomail.Msg, error) {
	id := oneLine(m.MessageID)
	if id == "" || strings.ContainsAny(id, "<> ") {
		return nil, fmt.Errorf("%.80q is no Message-ID: %w", m.MessageID, candor.ErrInvalid)
	}
	boundary := "candor-" + hex(m.ID)
	if strings.Contains(m.Text+m.HTML, boundary) {
		return nil, fmt.Errorf("the mail holds its own boundary: %w", candor.ErrInvalid)
	}
	out := gomail.NewMsg(gomail.WithNoDefaultUserAgent(), gomail.WithBoundary(boundary))
	if err := s.addresses(out, to, m); err != nil {
		return nil, fmt.Errorf("%w: %w", candor.ErrInvalid, err)
	}
	out.Subject(oneLine(m.Subject))
	out.SetDateWithValue(m.Created.UTC())
	out.SetMessageIDWithValue(id)
	// RFC 3834, 5: nobody's machine should answer. Exchange asks for the second.
	out.SetGenHeader("Auto-Submitted", "auto-generated")
	out.SetGenHeader("X-Auto-Response-Suppress", "OOF, AutoReply")
	out.SetGenHeader("X-Loop", id[strings.LastIndexByte(id, '@')+1:]) // by it we know our own mail if it comes back
	if m.Language != "" {
		out.SetGenHeader("Content-Language", oneLine(m.Language))
	}
	if m.Case != "" {
		thread := fmt.Sprintf("<%s.case@%s>", hex(m.Case), id[strings.LastIndexByte(id, '@')+1:])
		out.SetGenHeader("In-Reply-To", thread)
		out.SetGenHeader("References", thread)
	}
	encoding := gomail.WithPartEncoding(encodingFor(m.Text))
	out.SetBodyString(gomail.TypeTextPlain, canonical(m.Text), encoding)
	if m.HTML != "" {
		out.AddAlternativeString(gomail.TypeTextHTML, canonical(m.HTML), encoding)
	}
	return out, attach(out, m)
}

// attach adds files, in base64. One boundary serves one multipart: besides
// files there is plain text alone.
func attach(out *gomail.Msg, m candor.Message) error {
	if len(m.Attachments) > 0 && m.HTML != "" {
		return fmt.Errorf("a mail with attachments has HTML: %w", candor.ErrInvalid)
	}
	for _, a := range m.Attachments {
		if name := oneLine(a.Name); name == "" || strings.ContainsFunc(name, func(c rune) bool { return c < '!' || c > '~' || strings.ContainsRune(`"\/`, c) }) {
			return fmt.Errorf("%.80q is no name of an attachment: %w", a.Name, candor.ErrInvalid)
		}
		if err := out.AttachReader(a.Name, bytes.NewReader(a.Data), gomail.WithFileContentType(gomail.ContentType(oneLine(a.Type))), gomail.WithFileEncoding(gomail.EncodingB64)); err != nil {
			return fmt.Errorf("attach %s: %w", a.Name, err)
		}
	}
	return nil
}

func (s *Sender) addresses(out *gomail.Msg, to address, m candor.Message) error {
	out.FromMailAddress(&mail.Address{Name: s.o.From.Name, Address: s.o.From.Address})
	if s.o.ReplyTo.Address != "" {
		out.ReplyToMailAddress(&mail.Address{Name: s.o.ReplyTo.Name, Address: s.o.ReplyTo.Address})
	}
	out.ToMailAddress(&mail.Address{Address: to.local + "@" + to.domain})
	return out.EnvelopeFrom(s.envelope(m.ID))
}

// envelope is the address that a bounce of the mail comes back to. A tag
// tells which mail it was, whatever the bounce says (VERP).
func (s *Sender) envelope(id candor.ID) string {
	if s.o.Separator == "" || id == "" {
		return s.o.Bounces
	}
	at := strings.LastIndexByte(s.o.Bounces, '@')
	return s.o.Bounces[:at] + s.o.Separator + hex(id) + s.o.Bounces[at:]
}

// encodingFor chooses what keeps the mail small: quoted-printable triples
// every byte beyond ASCII, base64 adds a third to all.
func encodingFor(text string) gomail.Encoding {
	beyond := 0
	for _, b := range []byte(text) {
		if b > 126 {
			beyond++
		}
	}
	if beyond*6 > len(text) {
		return gomail.EncodingB64
	}
	return gomail.EncodingQP
}

// canonical ends lines as text in mails does, also below base64 (RFC 2045, 6.8).
func canonical(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\n", "\r\n")
}

// hex is an identifier without its dashes, which are signs of their own in
// some addresses.
func hex(id candor.ID) string { return strings.ReplaceAll(string(id), "-", "") }
