package smtp

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"strings"
	"testing"

	"candor"
	"candor/internal/respond/notify/smtptest"
)

// TestAttachments: files arrive as they were, beside the text.
func TestAttachments(t *testing.T) {
	m := message("a@example.org")
	all := []candor.Attachment{{Name: "abcdef01.zip", Type: "application/zip", Data: bytes.Repeat([]byte{0, 255, '\r', '\n', '.', '\n'}, 5000)}, {Name: "b.gpg", Type: "application/octet-stream", Data: []byte("x")}}
	m.HTML, m.Attachments = "", all
	msg := parsed(t, sent(t, m, nil))
	kind, params, err := mime.ParseMediaType(msg.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/mixed" {
		t.Fatal(kind, err)
	}
	parts := multipart.NewReader(msg.Body, params["boundary"])
	first, err := parts.NextPart()
	if err != nil || !strings.HasPrefix(first.Header.Get("Content-Type"), "text/plain") {
		t.Fatal(first, err)
	}
	for _, want := range all {
		p, err := parts.NextPart()
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, p))
		if err != nil || !bytes.Equal(got, want.Data) || p.FileName() != want.Name || !strings.HasPrefix(p.Header.Get("Content-Type"), want.Type) {
			t.Errorf("%s %q: %d bytes, %v", p.FileName(), p.Header.Get("Content-Type"), len(got), err)
		}
	}
	if _, err := parts.NextPart(); err != io.EOF {
		t.Errorf("there is more: %v", err)
	}
	for _, spoil := range []func(*candor.Message){func(m *candor.Message) { m.HTML = "<p>x</p>" }, func(m *candor.Message) { m.Attachments[0].Name = "a\"; x=\"b" }, func(m *candor.Message) { m.Attachments[0].Name = "../x" }} {
		bad := m
		bad.Attachments = []candor.Attachment{all[0]}
		spoil(&bad)
		server := smtptest.Start(t, smtptest.Options{})
		if err := sender(t, server, nil).Send(t.Context(), bad); !errors.Is(err, candor.ErrInvalid) || len(server.Mails()) > 0 {
			t.Errorf("%q: %v", bad.Attachments[0].Name, err)
		}
	}
}
