package authenticode

import "bytes"

// Countersignature is a statement that a signature existed at a time.
type Countersignature struct {
	// Verified tells whether it is over this signature and by the key of the
	// certificate that it names. Whether that can be trusted is not examined.
	Verified        bool
	DigestAlgorithm string // "" if unknown, as below
	Digest          []byte
	SignTime        int64 // Unix seconds
	Chain           []*Certificate
}

// pkcs9Countersignature reads a countersignature (PKCS #9, 5.6) of the
// signature, whose certificates are those of the signature.
func pkcs9Countersignature(v value, certificates []*Certificate, signature []byte, now int64) *Countersignature {
	c := &Countersignature{}
	si, ok := parseSignerInfo(v)
	if !ok {
		return c
	}
	d := digestOf(si.digestAlgorithm)
	c.DigestAlgorithm = d.name
	time := si.first(oidSigningTime)
	if time.missing() {
		return c
	}
	c.SignTime = time.seconds()
	signer := find(certificates, si.id)
	if signer == nil {
		return c
	}
	c.Chain = signer.chain(certificates, now)
	digest := si.first(oidMessageDigest).body
	if len(digest) == 0 || !d.known() {
		return c
	}
	c.Digest = digest
	payload, ok := signer.recover(si.signature)
	if !ok || !signs(payload, si.signedDigest(d)) {
		return c
	}
	c.Verified = bytes.Equal(digest, d.sum(signature))
	return c
}

// signs tells whether a signature's payload is a digest. Some countersigners
// leave out the DigestInfo around it.
func signs(payload, digest []byte) bool {
	if len(payload) == len(digest) {
		return bytes.Equal(payload, digest)
	}
	f := parse(payload, tagSequence).fields()
	f.any() // the algorithm
	return bytes.Equal(f.take(tagOctetString).body, digest)
}

// msCountersignature reads a countersignature that is a time-stamp token (RFC
// 3161). It also gives the certificates that the token brings.
func msCountersignature(v value, signature []byte, now int64) (*Countersignature, []*Certificate) {
	c := &Countersignature{}
	s := parseSignedData(v.raw)
	if s == nil || s.contentType != oidTimestampInfo {
		return c, nil
	}
	content := s.content.octets()
	info := parse(content, tagSequence).fields()
	version := info.take(tagInteger).integer()
	info.take(tagOID) // the policy
	imprint := info.take(tagSequence).fields()
	info.take(tagInteger) // the serial number
	time := info.take(tagGeneralizedTime)
	if time.missing() {
		return c, nil
	}
	c.SignTime = time.seconds()
	signer := s.signer()
	if signer == nil {
		return c, nil
	}
	c.Chain = signer.chain(s.certificates, now)
	d := digestOf(imprint.take(tagSequence))
	c.DigestAlgorithm = d.name
	c.Digest = imprint.take(tagOctetString).body
	if len(c.Digest) > 0 && d.known() {
		c.Verified = version == 1 && bytes.Equal(c.Digest, d.sum(signature)) && s.verify(&s.signers[0], signer, content)
	}
	return c, s.certificates
}

// signer gives the certificate of the first signer, nil if that of any signer
// is missing.
func (s *signedData) signer() (first *Certificate) {
	for i := range s.signers {
		c := find(s.certificates, s.signers[i].id)
		if c == nil {
			return nil
		}
		if first == nil {
			first = c
		}
	}
	return first
}
