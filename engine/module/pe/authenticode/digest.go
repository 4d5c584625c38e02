package authenticode

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha3"
	"crypto/sha512"
	"hash"
)

// digestAlgorithm is a hash function with OpenSSL's long name for it.
type digestAlgorithm struct {
	name string
	new  func() hash.Hash // nil if it cannot be computed
}

// digests are the hash functions that signatures use, by object identifier.
var digests = map[string]digestAlgorithm{
	"1.2.840.113549.2.2":      {"md2", nil},
	"1.2.840.113549.2.4":      {"md4", nil},
	"1.2.840.113549.2.5":      {"md5", md5.New},
	"1.3.14.3.2.26":           {"sha1", sha1.New},
	"1.3.36.3.2.1":            {"ripemd160", nil},
	"2.16.840.1.101.3.4.2.1":  {"sha256", sha256.New},
	"2.16.840.1.101.3.4.2.2":  {"sha384", sha512.New384},
	"2.16.840.1.101.3.4.2.3":  {"sha512", sha512.New},
	"2.16.840.1.101.3.4.2.4":  {"sha224", sha256.New224},
	"2.16.840.1.101.3.4.2.5":  {"sha512-224", sha512.New512_224},
	"2.16.840.1.101.3.4.2.6":  {"sha512-256", sha512.New512_256},
	"2.16.840.1.101.3.4.2.7":  {"sha3-224", func() hash.Hash { return sha3.New224() }},
	"2.16.840.1.101.3.4.2.8":  {"sha3-256", func() hash.Hash { return sha3.New256() }},
	"2.16.840.1.101.3.4.2.9":  {"sha3-384", func() hash.Hash { return sha3.New384() }},
	"2.16.840.1.101.3.4.2.10": {"sha3-512", func() hash.Hash { return sha3.New512() }},
	"1.2.156.10197.1.401":     {"sm3", nil},
	// Some signers name the signature algorithm where the hash belongs.
	"1.2.840.113549.1.1.4":  {"md5WithRSAEncryption", md5.New},
	"1.2.840.113549.1.1.5":  {"sha1WithRSAEncryption", sha1.New},
	"1.2.840.113549.1.1.11": {"sha256WithRSAEncryption", sha256.New},
	"1.2.840.113549.1.1.12": {"sha384WithRSAEncryption", sha512.New384},
	"1.2.840.113549.1.1.13": {"sha512WithRSAEncryption", sha512.New},
}

// digestOf gives the hash function that an AlgorithmIdentifier names.
func digestOf(algorithm value) digestAlgorithm {
	if d, ok := digests[algorithm.fields().any().oid()]; ok {
		return d
	}
	return digestAlgorithm{name: unknownAlgorithm}
}

// known tells whether the hash can be computed.
func (d digestAlgorithm) known() bool { return d.new != nil }

// sum gives the digest of the parts, one after the other.
func (d digestAlgorithm) sum(parts ...[]byte) []byte {
	h := d.new()
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}
