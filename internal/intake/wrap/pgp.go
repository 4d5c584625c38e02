package wrap

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/clearsign"
	pgperrors "github.com/ProtonMail/go-crypto/openpgp/errors"
	"github.com/ProtonMail/go-crypto/openpgp/packet"

	"candor/internal/intake/message"
)

const (
	beginMessage = "-----BEGIN PGP MESSAGE-----"
	beginSigned  = "-----BEGIN PGP SIGNED MESSAGE-----"
)

// plain is what a part holds, text or not.
func plain(p message.Part) []byte {
	if p.Message != nil || p.Type == "text/html" {
		return nil
	}
	if p.Bytes != nil {
		return p.Bytes
	}
	return []byte(p.Text)
}

func armored(p message.Part) bool     { return begins(plain(p), beginMessage) }
func clearSigned(p message.Part) bool { return begins(plain(p), beginSigned) }

// begins tells whether a block begins a line near the start; one further down is
// quoted, or shown.
func begins(data []byte, block string) bool {
	data = data[:min(len(data), 4<<10)]
	i := bytes.Index(data, []byte(block))
	return i == 0 || i > 0 && data[i-1] == '\n'
}

func (w *work) config() *packet.Config {
	most := w.left
	return &packet.Config{Time: w.o.Now, MaxDecompressedMessageSize: &most}
}

// pgp opens what is encrypted, or signed with its content (RFC 9580).
func (w *work) pgp(p message.Part, note *Note) (*content, error) {
	data := plain(p)
	var r io.Reader = bytes.NewReader(data)
	before := ""
	if armored(p) {
		i := bytes.Index(data, []byte(beginMessage))
		before = strings.TrimSpace(string(data[:i]))
		block, err := armor.Decode(bytes.NewReader(data[i:]))
		if err != nil {
			return nil, err
		}
		r = block.Body
	}
	m, err := openpgp.ReadMessage(r, w.o.Keys, nil, w.config())
	if errors.Is(err, pgperrors.ErrKeyIncorrect) {
		return nil, errKey
	}
	if err != nil {
		return nil, err
	}
	if !m.IsEncrypted {
		note.What = PGPSigned
	}
	opened, err := w.read(m.UnverifiedBody, int64(len(data)))
	if err != nil {
		return nil, err
	}
	if m.IsSigned {
		note.Signature = Unknown
		if m.SignedBy != nil {
			note.Signer = entityName(m.SignedBy.Entity)
			note.Signature = Valid
			if m.SignatureError != nil {
				note.Signature, note.Problem = Bad, "the signature is not of this: "+m.SignatureError.Error()
			}
		}
	}
	c := &content{}
	if before != "" {
		c.files = append(c.files, file{mediaType: "text/plain", bytes: []byte(before)})
	}
	name := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(p.Name, ".asc"), ".pgp"), ".gpg")
	switch {
	case p.IsText() && p.Inline, isEntity(opened):
		c.entity = opened
	default:
		c.files = append(c.files, named(name, opened))
	}
	return c, nil
}

// isEntity tells whether something begins as a piece of a mail does.
func isEntity(data []byte) bool {
	start := bytes.ToLower(bytes.TrimLeft(data[:min(len(data), 200)], "\r\n"))
	for _, field := range []string{"content-", "mime-version:", "from:", "subject:", "message-id:", "date:"} {
		if bytes.HasPrefix(start, []byte(field)) {
			return true
		}
	}
	return false
}

func entityName(e *openpgp.Entity) string {
	if id := e.PrimaryIdentity(); id != nil && id.UserId != nil {
		if id.UserId.Email != "" {
			return id.UserId.Email
		}
		return id.UserId.Name
	}
	return ""
}

// clear reads a text that is signed in itself. What stands around the signed
// part stays with it, since it may be the report; nobody signed that.
func (w *work) clear(p message.Part, note *Note) (*content, error) {
	data := plain(p)
	block, rest := clearsign.Decode(data)
	if block == nil {
		return nil, errors.New("the signed text is broken")
	}
	signer, err := block.VerifySignature(w.o.Keys, w.config())
	w.judge(note, signer, err)
	before, _, _ := bytes.Cut(data, []byte(beginSigned))
	c := &content{}
	for _, text := range [][]byte{before, block.Plaintext, rest} {
		if len(bytes.TrimSpace(text)) > 0 {
			c.files = append(c.files, file{mediaType: "text/plain", bytes: text})
		}
	}
	return c, nil
}

func (w *work) judge(note *Note, signer *openpgp.Entity, err error) {
	switch {
	case err == nil && signer != nil:
		note.Signature, note.Signer = Valid, entityName(signer)
	case errors.Is(err, pgperrors.ErrUnknownIssuer):
		note.Signature = Unknown
	default:
		note.Signature, note.Problem = Bad, "the signature is not of this"
		if err != nil {
			note.Problem += ": " + err.Error()
		}
	}
}

// beside checks a PGP signature that stands beside its content (RFC 3156).
func (w *work) beside(signed, signature []byte) {
	note := Note{What: PGPSigned}
	if err := guarded(func() error {
		signer, err := openpgp.CheckArmoredDetachedSignature(w.o.Keys, bytes.NewReader(crlf(signed)), bytes.NewReader(signature), w.config())
		w.judge(&note, signer, err)
		return nil
	}); err != nil {
		note.Signature, note.Problem = Bad, err.Error()
	}
	w.note(note)
}
