package authenticode

import (
	"bytes"
	"crypto/sha1"
	"encoding/hex"
	"slices"
)

// Object identifiers of certificate extensions (RFC 5280).
const (
	oidSubjectKeyID   = "2.5.29.14"
	oidAuthorityKeyID = "2.5.29.35"
)

const (
	maxSerial = 20 // bytes, by RFC 5280
	// maxChain is how many issuers OpenSSL follows.
	maxChain = 100
)

// Certificate is an X.509 certificate. What it encodes in a way that cannot be
// read is zero; the rest stands.
type Certificate struct {
	Thumbprint      string // SHA-1 of all of it, in hexadecimal
	Issuer, Subject string // as OpenSSL writes them on one line
	Version         int64  // 1 to 3
	Algorithm       string // OpenSSL's name of the signature algorithm
	AlgorithmOID    string
	Serial          string // pairs of hexadecimal digits between colons
	NotBefore       int64  // Unix seconds
	NotAfter        int64
	issuer, subject string // in canonical form
	serial          []byte
	key             value // SubjectPublicKeyInfo
	subjectKeyID    []byte
	authorityKeyID  []byte
	authoritySerial []byte
	authorityIssuer string
}

// parseCertificate reads a Certificate (RFC 5280, 4.1).
func parseCertificate(v value) *Certificate {
	sum := sha1.Sum(v.raw)
	c := &Certificate{Thumbprint: hex.EncodeToString(sum[:])}
	outer := v.fields()
	tbs := outer.take(tagSequence).fields()
	c.Version = tbs.take(context0).fields().take(tagInteger).integer() + 1
	c.serial = minimal(tbs.take(tagInteger).body)
	c.Serial = colons(c.serial)
	tbs.take(tagSequence) // the algorithm, which stands outside as well
	issuer := tbs.take(tagSequence)
	validity := tbs.take(tagSequence).fields()
	subject := tbs.take(tagSequence)
	c.key = tbs.take(tagSequence)
	c.Issuer, c.Subject = oneLine(issuer), oneLine(subject)
	c.issuer, c.subject = canonical(issuer), canonical(subject)
	c.NotBefore, c.NotAfter = validity.any().seconds(), validity.any().seconds()
	c.Algorithm, c.AlgorithmOID = signatureAlgorithm(outer.take(tagSequence).fields().any().oid())
	tbs.take(0x81) // unique identifiers
	tbs.take(0x82)
	for extension := range tbs.take(context3).fields().take(tagSequence).all {
		c.extension(extension)
	}
	return c
}

// extension keeps what finding the issuer needs.
func (c *Certificate) extension(v value) {
	f := v.fields()
	id := f.any().oid()
	f.take(tagBoolean) // critical
	content := f.any().octets()
	switch id {
	case oidSubjectKeyID:
		c.subjectKeyID = parse(content, tagOctetString).body
	case oidAuthorityKeyID:
		a := parse(content, tagSequence).fields()
		c.authorityKeyID = a.take(0x80).body
		names := a.take(context1)
		for name := range names.all {
			if name.tag == 0xa4 { // directoryName
				c.authorityIssuer = canonical(name.fields().any())
				break
			}
		}
		c.authoritySerial = minimal(a.take(0x82).body)
	}
}

// issuedBy tells whether the other certificate looks like the issuer: by
// names and key identifiers, as OpenSSL looks for it. Signatures of
// certificates are not verified.
func (c *Certificate) issuedBy(other *Certificate) bool {
	switch {
	case c.issuer != other.subject:
		return false
	case c.authorityKeyID != nil && other.subjectKeyID != nil && !bytes.Equal(c.authorityKeyID, other.subjectKeyID):
		return false
	case c.authoritySerial != nil && !bytes.Equal(c.authoritySerial, other.serial):
		return false
	}
	return c.authorityIssuer == "" || c.authorityIssuer == other.issuer
}

// chain gives the certificate and, as far as they are among others, those that
// issued it. Of several that could be the issuer the first that is valid now
// counts, else the one that was valid last.
func (c *Certificate) chain(others []*Certificate, now int64) []*Certificate {
	chain := []*Certificate{c}
	for len(chain) < maxChain && !c.issuedBy(c) {
		var issuer *Certificate
		for _, o := range others {
			if !c.issuedBy(o) || slices.ContainsFunc(chain, func(in *Certificate) bool { return in.Thumbprint == o.Thumbprint }) {
				continue
			}
			if o.NotBefore <= now && now <= o.NotAfter {
				issuer = o
				break
			}
			if issuer == nil || o.NotAfter > issuer.NotAfter {
				issuer = o
			}
		}
		if issuer == nil {
			break
		}
		chain = append(chain, issuer)
		c = issuer
	}
	return chain
}

// find gives the certificate that a signer names.
func find(certificates []*Certificate, id signerID) *Certificate {
	for _, c := range certificates {
		if id.keyID != nil {
			if bytes.Equal(id.keyID, c.subjectKeyID) {
				return c
			}
		} else if id.issuer == c.issuer && bytes.Equal(id.serial, c.serial) {
			return c
		}
	}
	return nil
}

// minimal drops bytes at the start of an integer that DER does not have.
func minimal(b []byte) []byte {
	for len(b) > 1 && (b[0] == 0 && b[1] < 0x80 || b[0] == 0xff && b[1] >= 0x80) {
		b = b[1:]
	}
	return b
}

// colons gives a serial number for people, "" if it is longer than allowed.
func colons(b []byte) string {
	if len(b) == 0 || len(b) > maxSerial {
		return ""
	}
	out := make([]byte, 0, len(b)*3)
	for i, c := range b {
		if i > 0 {
			out = append(out, ':')
		}
		out = append(out, "0123456789abcdef"[c>>4], "0123456789abcdef"[c&15])
	}
	return string(out)
}
