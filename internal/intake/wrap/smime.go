package wrap

import (
	"bytes"
	"crypto/x509"

	"github.com/smallstep/pkcs7"

	"candor/internal/intake/message"
)

// smime opens what is signed with its content, or encrypted (RFC 8551).
func (w *work) smime(p message.Part, note *Note) (*content, error) {
	data := p.Bytes
	if data == nil {
		data = []byte(p.Text)
	}
	wrapped, err := pkcs7.Parse(data)
	if err != nil {
		return nil, err
	}
	if len(wrapped.Signers) > 0 {
		note.What = SMIMESigned
		w.vouch(wrapped, note)
		return &content{entity: wrapped.Content}, nil
	}
	note.What = SMIMEEncrypted
	for _, id := range w.o.Identities {
		opened, err := wrapped.Decrypt(id.Certificate, id.Key)
		if err == nil {
			return &content{entity: opened}, nil
		}
	}
	return nil, errKey
}

// vouch notes who signed, and whether that holds.
func (w *work) vouch(p *pkcs7.PKCS7, note *Note) {
	if signer := p.GetOnlySigner(); signer != nil {
		note.Signer = signerName(signer)
	}
	if err := p.VerifyWithChain(nil); err != nil {
		note.Signature, note.Problem = Bad, "the signature is not of this: "+err.Error()
		return
	}
	note.Signature = Untrusted
	if w.o.Roots != nil && p.VerifyWithChainAtTime(w.o.Roots, w.o.Now()) == nil {
		note.Signature = Valid
	}
}

func signerName(c *x509.Certificate) string {
	if len(c.EmailAddresses) > 0 {
		return c.EmailAddresses[0]
	}
	return c.Subject.CommonName
}

// detached checks a signature that stands beside its content.
func (w *work) detached(signed, signature []byte) {
	note := Note{What: SMIMESigned}
	err := guarded(func() error {
		p, err := pkcs7.Parse(signature)
		if err != nil {
			return err
		}
		p.Content = crlf(signed)
		w.vouch(p, &note)
		return nil
	})
	if err != nil {
		note.Signature, note.Problem = Bad, err.Error()
	}
	w.note(note)
}

// crlf ends lines as mails do on their way.
func crlf(b []byte) []byte {
	return bytes.ReplaceAll(bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
}
