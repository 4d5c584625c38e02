package authenticode

import "bytes"

// Object identifiers of PKCS #7, #9 and Authenticode.
const (
	oidSignedData      = "1.2.840.113549.1.7.2"
	oidTimestampInfo   = "1.2.840.113549.1.9.16.1.4"
	oidMessageDigest   = "1.2.840.113549.1.9.4"
	oidSigningTime     = "1.2.840.113549.1.9.5"
	oidCountersign     = "1.2.840.113549.1.9.6"
	oidIndirectData    = "1.3.6.1.4.1.311.2.1.4"
	oidOpusInfo        = "1.3.6.1.4.1.311.2.1.12"
	oidNestedSignature = "1.3.6.1.4.1.311.2.4.1"
	oidMSCountersign   = "1.3.6.1.4.1.311.3.3.1"
)

// maxCertificates bounds the certificates of one signature.
const maxCertificates = 256

// signedData is PKCS #7's structure of that name (RFC 2315, 9.1; RFC 5652, 5.1).
type signedData struct {
	version      int64
	digests      []digestAlgorithm
	contentType  string
	content      value // what [0] holds
	certificates []*Certificate
	signers      []signerInfo
	// intact tells whether all of it is encoded properly. What is not can be
	// shown but is not verified: others refuse it.
	intact bool
}

// signerInfo is the structure of that name (RFC 2315, 9.2).
type signerInfo struct {
	id              signerID
	digestAlgorithm value
	signed          value // attributes
	signature       []byte
	unsigned        value // attributes
}

// signerID names a certificate: by issuer and serial number, or by the
// identifier of its key.
type signerID struct {
	issuer string
	serial []byte
	keyID  []byte
}

// parseSignedData reads a ContentInfo, and gives nil if it does not hold
// SignedData.
func parseSignedData(b []byte) *signedData {
	info := parse(b, tagSequence).fields()
	if info.take(tagOID).oid() != oidSignedData {
		return nil
	}
	f := info.take(context0).fields().take(tagSequence).fields()
	version := f.take(tagInteger)
	algorithms := f.take(tagSet)
	content := f.take(tagSequence)
	if version.missing() || algorithms.missing() || content.missing() {
		return nil
	}
	s := &signedData{version: version.integer(), intact: true}
	for a := range algorithms.all {
		if len(s.digests) == maxCertificates {
			break
		}
		s.digests = append(s.digests, digestOf(a))
	}
	c := content.fields()
	s.contentType = c.take(tagOID).oid()
	s.content = c.take(context0).fields().any()
	for v := range f.take(context0).all {
		if v.tag != tagSequence { // time stamps bring attribute certificates
			s.intact = s.intact && v.wellFormed(0)
			continue
		}
		if len(s.certificates) == maxCertificates {
			s.intact = false
			break
		}
		s.certificates = append(s.certificates, parseCertificate(v))
		s.intact = s.intact && isCertificate(v)
	}
	f.take(context1) // revocation lists
	for v := range f.take(tagSet).all {
		si, ok := parseSignerInfo(v)
		if !ok || len(s.signers) == maxCertificates {
			s.intact = false
			continue
		}
		s.signers = append(s.signers, si)
		s.intact = s.intact && areAttributes(si.signed) && areAttributes(si.unsigned)
	}
	return s
}

func parseSignerInfo(v value) (si signerInfo, ok bool) {
	f := v.fields()
	version := f.take(tagInteger)
	if keyID := f.take(0x80); !keyID.missing() {
		si.id.keyID = keyID.body
	} else {
		id := f.take(tagSequence).fields()
		si.id.issuer = canonical(id.take(tagSequence))
		si.id.serial = minimal(id.take(tagInteger).body)
	}
	si.digestAlgorithm = f.take(tagSequence)
	si.signed = f.take(context0)
	f.take(tagSequence) // the algorithm of the key
	signature := f.any()
	si.signature = signature.octets()
	si.unsigned = f.take(context1)
	return si, v.tag == tagSequence && !version.missing() && !si.digestAlgorithm.missing() && signature.octets() != nil
}

// attribute gives the values of the first attribute of that type.
func (v value) attribute(oid string) (values []value) {
	for a := range v.all {
		f := a.fields()
		if f.any().oid() != oid {
			continue
		}
		for v := range f.take(tagSet).all {
			if len(values) == maxNested {
				break
			}
			values = append(values, v)
		}
		return values
	}
	return nil
}

// first gives the first value of the first signed attribute of that type.
func (si *signerInfo) first(oid string) value {
	if values := si.signed.attribute(oid); len(values) > 0 {
		return values[0]
	}
	return value{}
}

// signedDigest gives the digest that the signature is over: that of the signed
// attributes, as a SET whatever their tag.
func (si *signerInfo) signedDigest(d digestAlgorithm) []byte {
	return d.sum(der(tagSet, si.signed.body))
}

// verify tells whether a signer's certificate signed the content.
func (s *signedData) verify(si *signerInfo, signer *Certificate, content []byte) bool {
	d := digestOf(si.digestAlgorithm)
	declared := false
	for _, a := range s.digests {
		if !a.known() {
			return false
		}
		declared = declared || a.name == d.name
	}
	if !d.known() || !declared || !s.intact {
		return false
	}
	stated := si.first(oidMessageDigest)
	return bytes.Equal(stated.body, d.sum(content)) && signer.verify(si.digestAlgorithm, si.signedDigest(d), si.signature)
}
