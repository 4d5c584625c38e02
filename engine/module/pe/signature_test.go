package pe

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"candor/engine/module"
	"candor/engine/module/moduletest"
	"candor/engine/module/pe/petest"
)

// issued is a certificate with its key, and files that hold them.
type issued struct {
	*x509.Certificate
	key               crypto.Signer
	chainFile, keyPEM string
}

func (c *issued) thumbprint() string {
	sum := sha1.Sum(c.Raw)
	return hex.EncodeToString(sum[:])
}

// issue makes a certificate, which signs itself if it has no issuer.
func issue(t *testing.T, dir, name string, key crypto.Signer, issuer *issued, usage ...x509.ExtKeyUsage) *issued {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber:          new(big.Int).SetBytes([]byte(name)),
		Subject:               pkix.Name{Country: []string{"XX"}, Organization: []string{"A+B / Co"}, CommonName: name},
		NotBefore:             time.Unix(1_600_000_000, 0),
		NotAfter:              time.Unix(1_900_000_000, 0),
		ExtKeyUsage:           usage,
		KeyUsage:              x509.KeyUsageDigitalSignature,
		BasicConstraintsValid: true,
		SubjectKeyId:          []byte(name),
	}
	if slices.Contains(usage, x509.ExtKeyUsageTimeStamping) { // which must be critical
		value, err := asn1.Marshal([]asn1.ObjectIdentifier{{1, 3, 6, 1, 5, 5, 7, 3, 8}})
		if err != nil {
			t.Fatal(err)
		}
		template.ExtKeyUsage = nil
		template.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: true, Value: value}}
	}
	c := &issued{Certificate: template, key: key}
	if issuer == nil {
		template.IsCA, template.KeyUsage = true, x509.KeyUsageCertSign
		issuer = c
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, issuer.Certificate, key.Public(), issuer.key)
	if err != nil {
		t.Fatal(err)
	}
	if c.Certificate, err = x509.ParseCertificate(raw); err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	chain := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw})
	if issuer != c {
		chain = append(chain, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: issuer.Raw})...)
	}
	c.chainFile, c.keyPEM = filepath.Join(dir, name+".pem"), filepath.Join(dir, name+".key")
	for file, content := range map[string][]byte{
		c.chainFile: chain, c.keyPEM: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}),
	} {
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// sign signs a file with osslsigncode.
func sign(t *testing.T, in, out string, by *issued, options ...string) {
	t.Helper()
	args := append([]string{"sign", "-certs", by.chainFile, "-key", by.keyPEM, "-in", in, "-out", out}, options...)
	if message, err := exec.Command("osslsigncode", args...).CombinedOutput(); err != nil {
		t.Fatalf("osslsigncode %v: %v\n%s", args, err, message)
	}
}

func rsaKey(t *testing.T) crypto.Signer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func ecdsaKey(t *testing.T) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestSignatures(t *testing.T) {
	if _, err := exec.LookPath("osslsigncode"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("no program osslsigncode: install the package osslsigncode")
		}
		t.Skip("no program osslsigncode")
	}
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	root := issue(t, dir, "Root", rsaKey(t), nil)
	leaf := issue(t, dir, "Leaf", rsaKey(t), root, x509.ExtKeyUsageCodeSigning)
	curve := issue(t, dir, "Curve", ecdsaKey(t), root, x509.ExtKeyUsageCodeSigning)
	clock := issue(t, dir, "Clock", rsaKey(t), root, x509.ExtKeyUsageTimeStamping)
	if err := os.WriteFile(file("unsigned"), petest.Program(true), 0o600); err != nil {
		t.Fatal(err)
	}
	stamped := []string{"-TSA-certs", clock.chainFile, "-TSA-key", clock.keyPEM, "-TSA-time", "1700000000"}
	sign(t, file("unsigned"), file("plain"), leaf, "-h", "sha256", "-n", "Sample")
	sign(t, file("unsigned"), file("stamped"), leaf, append(stamped, "-h", "sha1")...)
	sign(t, file("unsigned"), file("curve"), curve, "-h", "sha384")
	sign(t, file("stamped"), file("nested"), curve, append(stamped, "-nest", "-h", "sha512")...)

	type want map[string]string
	certificate := func(c, issuer *issued) want {
		return want{
			"thumbprint": c.thumbprint(), "version": "3",
			"serial":        strings.ReplaceAll(fmt.Sprintf("% x", c.Subject.CommonName), " ", ":"),
			"subject":       "/C=XX/O=A\\+B / Co/CN=" + c.Subject.CommonName,
			"issuer":        "/C=XX/O=A\\+B / Co/CN=" + issuer.Subject.CommonName,
			"algorithm_oid": "1.2.840.113549.1.1.11", "algorithm": "sha256WithRSAEncryption",
			"not_before": "1600000000", "not_after": "1900000000",
		}
	}
	for _, c := range []struct {
		file     string
		index    int
		at       []any
		contains want
	}{
		{"plain", 0, nil, certificate(leaf, root)},
		{"plain", 0, nil, want{"verified": "1", "digest_alg": "sha256", "number_of_certificates": "2", "number_of_countersignatures": "0"}},
		{"plain", 0, []any{"signer_info"}, want{"program_name": "Sample", "digest_alg": "sha256", "length_of_chain": "2"}},
		{"plain", 0, []any{"signer_info", "chain", 1}, certificate(root, root)},
		{"stamped", 0, nil, want{"verified": "1", "digest_alg": "sha1", "number_of_countersignatures": "1"}},
		{"stamped", 0, []any{"countersignatures", 0}, want{"verified": "1", "sign_time": "1700000000", "length_of_chain": "2"}},
		{"stamped", 0, []any{"countersignatures", 0, "chain", 0}, certificate(clock, root)},
		{"curve", 0, nil, certificate(curve, root)},
		{"curve", 0, nil, want{"verified": "1", "digest_alg": "sha384"}},
		{"nested", 0, nil, want{"verified": "1", "digest_alg": "sha1", "thumbprint": leaf.thumbprint()}},
		{"nested", 1, nil, want{"verified": "1", "digest_alg": "sha512", "thumbprint": curve.thumbprint(), "number_of_countersignatures": "1"}},
	} {
		t.Run(fmt.Sprint(c.file, c.index, c.at), func(t *testing.T) {
			o := openFile(t, file(c.file))
			v := field(t, o, append([]any{"signatures", c.index}, c.at...)...)
			for name, want := range c.contains {
				if got := moduletest.Answer(v.Obj.Field(name)); got != want {
					t.Errorf("%s = %s, want %s", name, got, want)
				}
			}
			if o.Field("is_signed").Int != 1 {
				t.Error("not signed")
			}
		})
	}
	for _, name := range []string{"plain", "stamped", "curve", "nested"} {
		t.Run("yara "+name, func(t *testing.T) {
			data, err := os.ReadFile(file(name))
			if err != nil {
				t.Fatal(err)
			}
			compare(t, data)
			petest.Touch(t, New(), data)
		})
	}
	t.Run("tampered", func(t *testing.T) { tampered(t, file("stamped")) })
	t.Run("odd certificate", func(t *testing.T) { oddCertificate(t, file("plain"), leaf) })
}

func openFile(t *testing.T, path string) module.Object {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	in, _ := moduletest.Input(data)
	return New().Open(in)
}

// tampered changes a byte of the program, and then one of the signed
// attributes: the signature must still be shown but not verify.
func tampered(t *testing.T, path string) {
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	digestType, err := asn1.Marshal(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4})
	if err != nil {
		t.Fatal(err)
	}
	attribute := bytes.LastIndex(data, digestType) + len(digestType) + 6
	for name, at := range map[string]int{"program": 0x400, "attribute": attribute} {
		b := bytes.Clone(data)
		b[at] ^= 1
		in, _ := moduletest.Input(b)
		o := New().Open(in)
		s := field(t, o, "signatures", 0).Obj
		stampVerified := field(t, s, "countersignatures", 0, "verified").Int
		if name == "program" && (s.Field("verified").Int != 0 || o.Field("is_signed").Int != 0 || stampVerified != 1) {
			t.Error("a changed program is taken for the signed one")
		}
		if name == "attribute" && s.Field("verified").Int == 1 && stampVerified == 1 {
			t.Error("a changed attribute makes no difference")
		}
	}
}

// oddCertificate spoils the encoding of the signer's validity: the signature
// and the rest of the certificate must still be shown, though not verified.
func oddCertificate(t *testing.T, path string, leaf *issued) {
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(data, leaf.Raw)
	validity := bytes.Index(data[at:], []byte("\x17\x0d200913"))
	if at < 0 || validity < 0 {
		t.Fatal("the certificate is not in the file")
	}
	data[at+validity] = 0x0c // UTF8String
	in, _ := moduletest.Input(data)
	o := New().Open(in)
	s := field(t, o, "signatures", 0).Obj
	if got := moduletest.Answer(s.Field("serial")); got != "4c:65:61:66" {
		t.Errorf("serial = %s", got)
	}
	if s.Field("verified").Int != 0 || o.Field("is_signed").Int != 0 {
		t.Error("verified all the same")
	}
}

func TestValidOn(t *testing.T) {
	for _, f := range New().Type().Fields["signatures"].Elem.Fields["valid_on"].Funcs {
		for at, want := range map[int64]string{99: "0", 100: "1", 200: "1", 201: "0"} {
			certificate := fixed{"not_before": module.IntValue(100), "not_after": module.IntValue(200)}
			if got := moduletest.Answer(f.Call(nil, certificate, args{module.IntValue(at)})); got != want {
				t.Errorf("valid_on(%d) = %s, want %s", at, got, want)
			}
		}
		if got := f.Call(nil, fixed{}, args{module.IntValue(1)}); got.Kind != module.Undefined {
			t.Errorf("valid_on without a certificate = %v", got)
		}
	}
}

// fixed is an Object with given values.
type fixed map[string]module.Value

func (f fixed) Field(name string) module.Value { return f[name] }
