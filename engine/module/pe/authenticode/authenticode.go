// Package authenticode reads the signatures in Windows executables (Microsoft's
// "Windows Authenticode Portable Executable Signature Format", PKCS #7). It
// tells who signed what, and whether the signature fits the file; whether the
// signer can be trusted is not its question. Signatures whose encoding is not
// quite right are read as far as possible.
package authenticode

import (
	"bytes"
	"unicode/utf8"

	"candor/engine/module/pe/image"
)

const (
	// maxNested bounds the signatures and countersignatures in one attribute.
	maxNested = 16
	// maxSignatures bounds the signatures of a file.
	maxSignatures = 64
)

// Signature is one signature of a file.
type Signature struct {
	// Verified tells whether the file is what was signed and the signature is
	// by the key of the certificate that it names.
	Verified          bool
	DigestAlgorithm   string // "" if unknown, as below
	Digest            []byte // of the file, as signed
	FileDigest        []byte // of the file, as it is
	Certificates      []*Certificate
	Signer            *Signer // nil if the signature could not be read so far
	Countersignatures []*Countersignature
}

// Signer is who signed.
type Signer struct {
	ProgramName     []byte // UTF-8; nil if not stated
	Digest          []byte // of what was signed
	DigestAlgorithm string
	Chain           []*Certificate // from the signer's own upwards
}

// state is how far a signature could be examined.
type state int

const (
	valid   state = iota
	invalid       // worth showing, but it does not verify
	useless       // not worth showing
)

// examined is a signature being read.
type examined struct {
	Signature
	algorithm digestAlgorithm
	state     state
}

// Parse gives the signatures of an executable, nested ones after the one that
// holds them. Certificates are preferred that are valid now, in Unix seconds,
// where several could be the issuer of another.
func Parse(m *image.Image, now int64) []*Signature {
	at, size := m.Directory(image.DirectorySecurity)
	// The end is computed in 32 bits: so libyara has it.
	if at == 0 || size < 8 || int64(at) > m.Size() || int64(size) > m.Size() || int64(at+size) > m.Size() {
		return nil
	}
	length := int64(m.U32(int64(at)))
	if length <= 8 || !m.Fits(int64(at), length) {
		return nil
	}
	r := reader{now: now}
	r.read(m.Bytes(int64(at)+8, length-8), 0)
	return r.finish(m, int64(at))
}

// reader collects signatures.
type reader struct {
	now   int64
	found []*examined
}

// read takes a PKCS #7 structure and those nested in it.
func (r *reader) read(b []byte, depth int) {
	if len(r.found) == maxSignatures || depth > maxNested {
		return
	}
	x := &examined{state: useless}
	r.found = append(r.found, x)
	s := parseSignedData(b)
	if s == nil {
		return
	}
	x.Certificates = s.certificates
	content, ok := x.indirectData(s)
	if !ok {
		x.state = invalid
		return
	}
	x.Signer = &Signer{}
	if len(s.signers) == 0 {
		return
	}
	si := &s.signers[0]
	for _, nested := range si.unsigned.attribute(oidNestedSignature) {
		r.read(nested.raw, depth+1)
	}
	r.countersignatures(x, s, si)
	signer := s.signer()
	if signer == nil {
		return
	}
	x.state = invalid
	x.Signer.Chain = signer.chain(s.certificates, r.now)
	digest := si.first(oidMessageDigest)
	if digest.missing() {
		return
	}
	x.Signer.Digest = digest.body
	x.Signer.DigestAlgorithm = digestOf(si.digestAlgorithm).name
	x.Signer.ProgramName = programName(si.first(oidOpusInfo))
	if s.verify(si, signer, content) {
		x.state = valid
	}
}

// indirectData reads what the signature says of the file, and gives the bytes
// that are signed.
func (x *examined) indirectData(s *signedData) (content []byte, ok bool) {
	if s.contentType != oidIndirectData || s.content.tag != tagSequence {
		return nil, false
	}
	f := s.content.fields()
	data := f.take(tagSequence)
	info := f.take(tagSequence).fields()
	algorithm, digest := info.take(tagSequence), info.take(tagOctetString)
	if data.missing() || algorithm.missing() || digest.missing() {
		return nil, false
	}
	x.algorithm = digestOf(algorithm)
	x.DigestAlgorithm, x.Digest = x.algorithm.name, digest.body
	if s.version == 1 {
		return s.content.body, true
	}
	return s.content.raw, true
}

func (r *reader) countersignatures(x *examined, s *signedData, si *signerInfo) {
	for _, v := range si.unsigned.attribute(oidCountersign) {
		x.Countersignatures = append(x.Countersignatures, pkcs9Countersignature(v, s.certificates, si.signature, r.now))
	}
	for _, v := range si.unsigned.attribute(oidMSCountersign) {
		c, certificates := msCountersignature(v, si.signature, r.now)
		x.Countersignatures = append(x.Countersignatures, c)
		x.Certificates = append(x.Certificates[:len(x.Certificates):len(x.Certificates)], certificates...)
	}
}

// programName reads the name of the program in an SpcSpOpusInfo.
func programName(opus value) []byte {
	if opus.tag != tagSequence {
		return nil
	}
	name := opus.fields().take(context0).fields().any()
	var text []byte
	switch name.tag {
	case 0x80: // BMPString
		if len(name.body)%2 != 0 {
			return nil
		}
		text = []byte(fromUTF16(name.body))
	case 0x81: // IA5String, taken for Latin-1
		for _, c := range name.body {
			text = utf8.AppendRune(text, rune(c))
		}
	default:
		return nil
	}
	if len(text) >= len(opus.raw) {
		return nil
	}
	if i := bytes.IndexByte(text, 0); i >= 0 {
		text = text[:i]
	}
	return append([]byte{}, text...)
}

// finish compares the digests of the signatures with those of the file, of
// which certificates is the offset of the certificate table.
func (r *reader) finish(m *image.Image, certificates int64) (all []*Signature) {
	computed := map[string][]byte{} // each digest once, however many signatures
	parts, ok := signedParts(m, certificates)
	for _, x := range r.found {
		switch {
		case x.algorithm.new == nil || len(x.Digest) == 0:
			x.state = max(x.state, invalid)
		case !ok:
			if x.state == valid {
				x.state = useless
			}
		default:
			sum, done := computed[x.algorithm.name]
			if !done {
				sum = x.algorithm.sum(parts...)
				computed[x.algorithm.name] = sum
			}
			x.FileDigest = sum
			if !bytes.Equal(sum, x.Digest) {
				x.state = invalid
			}
		}
		if x.state != useless {
			x.Verified = x.state == valid
			all = append(all, &x.Signature)
		}
	}
	return all
}

// signedParts gives the parts of the file that are signed: all before the
// certificate table but the checksum and the place of the table.
func signedParts(m *image.Image, certificates int64) ([][]byte, bool) {
	checksum, directory := m.Optional(64, 64), m.Optional(128, 144)
	if certificates < directory+8 {
		return nil, false
	}
	data := m.Data()
	return [][]byte{data[:checksum], data[checksum+4 : directory], data[directory+8 : certificates]}, true
}
