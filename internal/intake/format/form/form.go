// Package form writes and reads reports of the form for reporters: mails that carry
// what was filled in as JSON, beside what the reporter wrote and attached.
package form

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"mime/multipart"
	"net/mail"
	"net/netip"
	"net/textproto"
	"strings"
	"time"

	"candor"
	"candor/internal/intake"
)

// Name is the format of the reports that a Reader gives.
const Name = "form"

// Type is the media type of what was filled in.
const Type = "application/vnd.candor.abuse-form+json"

// MostAbout is how many resources a form is about.
const MostAbout = 50

// Form is what was filled in.
type Form struct {
	Class candor.Class `json:"class"`
	About []Resource   `json:"about"` // 1 to MostAbout
	First time.Time    `json:"first,omitzero"`
	Told  string       `json:"told,omitempty"` // the time as it was written, if its zone is not known
	// Pass tells that what is nothing of the provider's may be passed on, Named that
	// the reporter may be named there.
	Pass  bool `json:"pass,omitempty"`
	Named bool `json:"named,omitempty"`
	// Account tells that the reporter was signed in: the address is known to be
	// the reporter's.
	Account bool `json:"account,omitempty"`
	// Language is the one that the form was in, as BCP 47 has it: the reporter reads
	// it.
	Language string `json:"language,omitempty"`

	From    mail.Address `json:"-"` // empty if the reporter did not say
	Subject string       `json:"-"`
	Text    string       `json:"-"` // the reporter's words
	File    *File        `json:"-"`
}

// Resource is what a form is about.
type Resource struct {
	Kind  intake.Kind `json:"kind"`
	Value string      `json:"value"`
	Port  uint16      `json:"port,omitempty"`
}

// File is what a reporter attached.
type File struct {
	Name    string
	Content []byte
}

// Parse reads a line of what a form is about, defanged or not. It is
// intake.ErrValue if it is nothing that could be looked up.
func Parse(line string) (Resource, error) {
	line = strings.Trim(strings.TrimSpace(line), `"'<>,;`)
	line = fanged.Replace(line)
	if lower := strings.ToLower(line); strings.HasPrefix(lower, "hxxp") {
		line = "http" + line[4:]
	}
	for _, kind := range []intake.Kind{intake.Address, intake.Network, intake.URL, intake.Hash, intake.Mail, intake.Domain} {
		if r, err := intake.NewResource(kind, line); err == nil {
			return Resource{Kind: kind, Value: r.Value}, nil
		}
	}
	if at, err := netip.ParseAddrPort(line); err == nil {
		return Resource{Kind: intake.Address, Value: at.Addr().Unmap().WithZone("").String(), Port: at.Port()}, nil
	}
	if strings.ContainsAny(line, "/:") && !strings.ContainsAny(line, "@ ") && !strings.Contains(line, "://") { // as browsers show it
		if r, err := intake.NewResource(intake.URL, "http://"+line); err == nil {
			return Resource{Kind: intake.URL, Value: r.Value}, nil
		}
	}
	return Resource{}, fmt.Errorf("%.60q: %w", line, intake.ErrValue)
}

var fanged = strings.NewReplacer("[.]", ".", "(.)", ".", "{.}", ".", "[dot]", ".", "(dot)", ".", "[:]", ":", "[://]", "://", "[@]", "@", "(at)", "@", "[at]", "@")

// Write makes a mail of a form. The boundary must be unlike anything in it.
func Write(f Form, boundary string, at time.Time) ([]byte, error) {
	filled, err := json.Marshal(f)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	head := func(name, value string) { fmt.Fprintf(&b, "%s: %s\r\n", name, value) }
	if f.From.Address != "" {
		head("From", f.From.String())
	}
	head("Subject", mime.QEncoding.Encode("utf-8", strings.Join(strings.Fields(f.Subject), " ")))
	head("Date", at.UTC().Format(time.RFC1123Z))
	head("MIME-Version", "1.0")
	head("Content-Type", `multipart/mixed; boundary="`+boundary+`"`)
	b.WriteString("\r\n")
	w := multipart.NewWriter(&b)
	err = w.SetBoundary(boundary)
	part := func(mediaType, disposition string, content []byte) {
		h := textproto.MIMEHeader{"Content-Type": {mediaType}, "Content-Transfer-Encoding": {"base64"}}
		if disposition != "" {
			h.Set("Content-Disposition", disposition)
		}
		p, bad := w.CreatePart(h)
		if bad == nil {
			bad = base64Lines(p, content)
		}
		err = errors.Join(err, bad)
	}
	part("text/plain; charset=utf-8", "", []byte(f.Text))
	part(Type, "", filled)
	if f.File != nil {
		part("application/octet-stream", mime.FormatMediaType("attachment", map[string]string{"filename": f.File.Name}), f.File.Content)
	}
	return b.Bytes(), errors.Join(err, w.Close())
}

// base64Lines writes base64 in lines that mails may have (RFC 2045, 6.8).
func base64Lines(w interface{ Write([]byte) (int, error) }, content []byte) error {
	const most = 57
	for len(content) > 0 {
		n := min(most, len(content))
		if _, err := w.Write([]byte(base64.StdEncoding.EncodeToString(content[:n]) + "\r\n")); err != nil {
			return err
		}
		content = content[n:]
	}
	return nil
}
