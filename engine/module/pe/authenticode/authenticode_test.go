package authenticode

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/binary"
	"math/big"
	"testing"
	"time"

	"candor/engine/module/pe/image"
	"candor/engine/module/pe/petest"
)

func oid(t testing.TB, dotted ...int) []byte {
	t.Helper()
	b, err := asn1.Marshal(asn1.ObjectIdentifier(dotted))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func null() []byte { return []byte{tagNull, 0} }

// attach adds a certificate table to a program.
func attach(program, signature []byte) []byte {
	for len(program)%8 != 0 {
		program = append(program, 0)
	}
	at := len(program)
	table := binary.LittleEndian.AppendUint32(nil, uint32(len(signature)+8))
	table = append(append(table, 0, 2, 2, 0), signature...)
	m, _ := image.Open(program)
	directory := m.Optional(128, 144)
	binary.LittleEndian.PutUint32(program[directory:], uint32(at))
	binary.LittleEndian.PutUint32(program[directory+4:], uint32(len(table)))
	return append(program, table...)
}

// signature makes a signature by a fresh key over a digest. unsigned are
// further attributes.
func signature(t testing.TB, digest []byte, unsigned ...[]byte) []byte {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(200), Subject: pkix.Name{CommonName: "Signer"},
		NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<31, 0),
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(certificate)
	if err != nil {
		t.Fatal(err)
	}
	sha := der(tagSequence, oid(t, 2, 16, 840, 1, 101, 3, 4, 2, 1), null())
	body := append(der(tagSequence, oid(t, 1, 3, 6, 1, 4, 1, 311, 2, 1, 15)), der(tagSequence, sha, der(tagOctetString, digest))...)
	bodySum := sha256.Sum256(body)
	name := der(context0, der(0x80, []byte("\x00N\x00a\x00m\x00e")))
	attributes := append(
		der(tagSequence, oid(t, 1, 2, 840, 113549, 1, 9, 4), der(tagSet, der(tagOctetString, bodySum[:]))),
		der(tagSequence, oid(t, 1, 3, 6, 1, 4, 1, 311, 2, 1, 12), der(tagSet, der(tagSequence, name)))...)
	sum := sha256.Sum256(der(tagSet, attributes))
	signed, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	signer := der(tagSequence,
		der(tagInteger, []byte{1}),
		der(tagSequence, parsed.RawIssuer, der(tagInteger, []byte{0, 200})),
		sha, der(context0, attributes), der(tagSequence, oid(t, 1, 2, 840, 113549, 1, 1, 1), null()),
		der(tagOctetString, signed), der(context1, unsigned...))
	other := der(context1, der(tagSequence, der(tagInteger, []byte{1}))) // an attribute certificate
	content := der(tagSequence, oid(t, 1, 3, 6, 1, 4, 1, 311, 2, 1, 4), der(context0, der(tagSequence, body)))
	return der(tagSequence, oid(t, 1, 2, 840, 113549, 1, 7, 2), der(context0, der(tagSequence,
		der(tagInteger, []byte{1}), der(tagSet, sha), content, der(context0, certificate, other), der(tagSet, signer))))
}

// fileDigest gives the digest of a program to sign, as it will be with a
// certificate table.
func fileDigest(t testing.TB, program []byte) []byte {
	t.Helper()
	m, ok := image.Open(attach(bytes.Clone(program), []byte("x")))
	if !ok {
		t.Fatal("no program")
	}
	at, _ := m.Directory(image.DirectorySecurity)
	parts, ok := signedParts(m, int64(at))
	if !ok {
		t.Fatal("nothing to sign")
	}
	return digests["2.16.840.1.101.3.4.2.1"].sum(parts...)
}

func parseFile(t testing.TB, data []byte) []*Signature {
	t.Helper()
	m, ok := image.Open(data)
	if !ok {
		t.Fatal("no program")
	}
	return Parse(m, 1_700_000_000)
}

func TestParse(t *testing.T) {
	program := petest.Program(false)
	digest := fileDigest(t, program)
	nested := der(tagSequence, oid(t, 1, 3, 6, 1, 4, 1, 311, 2, 4, 1), der(tagSet, signature(t, digest)))
	all := parseFile(t, attach(program, signature(t, digest, nested)))
	if len(all) != 2 {
		t.Fatalf("%d signatures, want 2", len(all))
	}
	for i, s := range all {
		switch c := s.Signer.Chain[0]; {
		case !s.Verified:
			t.Errorf("%d: not verified", i)
		case string(s.Signer.ProgramName) != "Name":
			t.Errorf("%d: program %q", i, s.Signer.ProgramName)
		case c.Serial != "00:c8" || c.Subject != "/CN=Signer" || c.NotBefore != 0:
			t.Errorf("%d: certificate %+v", i, c)
		}
	}
}

// TestVerifiedMeansVerified changes each byte of a signature in turn: it must
// not verify where the change is in what is signed.
func TestVerifiedMeansVerified(t *testing.T) {
	program := petest.Program(true)
	sig := signature(t, fileDigest(t, program))
	sealed := [][2]int{}
	whole := parseSignedData(sig)
	for _, part := range [][]byte{whole.content.raw, whole.signers[0].signed.body, whole.signers[0].signature, whole.certificates[0].key.raw} {
		at := bytes.Index(sig, part)
		sealed = append(sealed, [2]int{at, at + len(part)})
	}
	for _, r := range sealed {
		for i := r[0]; i < r[1]; i++ {
			b := bytes.Clone(sig)
			b[i] ^= 0x04
			for _, s := range parseFile(t, attach(bytes.Clone(program), b)) {
				if s.Verified {
					t.Errorf("verified with byte %d changed", i)
				}
			}
		}
	}
}

func TestIndefiniteLength(t *testing.T) {
	b := append([]byte{tagSequence, 0x80, tagSequence, 0x80, tagInteger, 1, 5, 0, 0, 0, 0}, "rest"...)
	v, rest, ok := next(b)
	if !ok || string(rest) != "rest" || len(v.raw) != len(b)-4 {
		t.Fatalf("%v %q", v, rest)
	}
	if got := v.fields().take(tagSequence).fields().take(tagInteger).integer(); got != 5 {
		t.Errorf("integer = %d", got)
	}
	deep := bytes.Repeat([]byte{tagSequence, 0x80}, 1000)
	if _, _, ok := next(deep); ok {
		t.Error("nesting without end is accepted")
	}
}

func TestSeconds(t *testing.T) {
	for _, c := range []struct {
		tag  byte
		text string
		want int64
	}{
		{tagUTCTime, "700101000000Z", 0},
		{tagUTCTime, "491231235959Z", 2524607999},
		{tagUTCTime, "500101000000Z", -631152000},
		{tagUTCTime, "7001010000Z", 0},
		{tagUTCTime, "700101010000+0100", 0},
		{tagGeneralizedTime, "20380119031408Z", 1 << 31},
		{tagGeneralizedTime, "19700101000001.5Z", 1},
		{tagGeneralizedTime, "1970", noTime},
		{tagUTCTime, "701301000000Z", noTime},
		{tagUTCTime, "70010100000", noTime},
		{tagInteger, "700101000000Z", noTime},
	} {
		if got := (value{tag: c.tag, body: []byte(c.text)}).seconds(); got != c.want {
			t.Errorf("%#x %q = %d, want %d", c.tag, c.text, got, c.want)
		}
	}
}

func TestOneLine(t *testing.T) {
	attribute := func(id []byte, tag byte, text string) []byte {
		return der(tagSet, der(tagSequence, id, der(tag, []byte(text))))
	}
	cn, custom := oid(t, 2, 5, 4, 3), oid(t, 1, 2, 3, 4)
	long := string(bytes.Repeat([]byte("x"), 250))
	for want, parts := range map[string][][]byte{
		`/CN=a/b\+c`:            {attribute(cn, 0x0c, "a/b+c")},
		`/CN=\xC3\xA9/1.2.3.4=`: {attribute(cn, 0x0c, "é"), attribute(custom, 0x13, "")},
		`/CN=\x00A`:             {attribute(cn, tagBMPString, "\x00A")},
		`/CN=AB`:                {attribute(cn, tagGeneralString, "\x00\x00\x00A\x00\x00\x00B")},
		`/CN=short`:             {attribute(cn, 0x0c, "short"), attribute(cn, 0x0c, long), attribute(cn, 0x0c, "after")},
		``:                      {attribute(cn, 0x0c, long+"yyyy")},
	} {
		if got := oneLine(parse(der(tagSequence, parts...), tagSequence)); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestObjectIdentifiers(t *testing.T) {
	for want, body := range map[string]string{
		"1.2.840.113549.1.7.2": "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02",
		"2.999.3":              "\x88\x37\x03",
		"0.9":                  "\x09",
		"":                     "\x2a\x86",
	} {
		if got := (value{tag: tagOID, body: []byte(body)}).oid(); got != want {
			t.Errorf("%x = %q, want %q", body, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	program := petest.Program(false)
	f.Add(signature(f, fileDigest(f, program)))
	f.Add([]byte{tagSequence, 0x80})
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, s := range parseFile(t, attach(bytes.Clone(program), b)) {
			if s.Verified && !bytes.Equal(s.Digest, s.FileDigest) {
				t.Error("verified with another digest")
			}
		}
	})
}
