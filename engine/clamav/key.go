package clamav

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"math/big"
)

// Key is an RSA public key.
type Key struct{ N, E *big.Int }

// Keys verify a container: Header the signature of its header, Info that of
// its table of contents.
type Keys struct{ Header, Info Key }

// ClamAVKeys gives the keys with which the ClamAV project signs its databases.
func ClamAVKeys() *Keys {
	return &Keys{Header: decimalKey(headerModulus, headerExponent), Info: decimalKey(infoModulus, infoExponent)}
}

func decimalKey(n, e string) Key {
	k := Key{N: new(big.Int), E: new(big.Int)}
	k.N.SetString(n, 10)
	k.E.SetString(e, 10)
	return k
}

const (
	headerModulus = "118640995551645342603070001658453189751527774412027743746599405743243142607464144767361060640655" +
		"844749760788890022283424922762488917565551002467771109669598189410434699034532232228621591089508178591428456" +
		"220796841621637175567590476666928698770143328137383952820383197532047771780196576957695822641224262693037"
	headerExponent = "100001027"

	infoModulus = "11088894983048545473659556106627194923928941791795047620591658697413581043322715912172496806525381055" +
		"8809645206184002243333205346602992339837553417406795028668299096799557343913926683782213615242053966310901051515" +
		"4164127085727708031073495165370050894171741916872394250789070290470270758745162169105075430785038339986534648720" +
		"37984641785373924024177864813598244611972311028954150937703942166663244845939357624084685168266331921408266679234" +
		"94822045805347809932848454845886971706424360558667862775876072059437703365380209101697738577515476935085469455279" +
		"994113145977994084618328482151013142393373316337519977244732747977"
	infoExponent = "100002049"
)

var errSignature = errors.New("digital signature is not good")

// maxSignature bounds the characters of a signature; 2048 bits are 342.
const maxSignature = 1024

// decode raises a signature, written in digits of base 64 with the least
// significant first, to the public exponent and gives size bytes.
func (k Key) decode(sig string, size int) ([]byte, error) {
	if len(sig) == 0 || len(sig) > maxSignature || k.N == nil || k.E == nil || k.N.Sign() <= 0 {
		return nil, errSignature
	}
	c := new(big.Int)
	for i := len(sig) - 1; i >= 0; i-- {
		d := digit64(sig[i])
		if d < 0 {
			return nil, errSignature
		}
		c.Lsh(c, 6)
		c.Or(c, big.NewInt(int64(d)))
	}
	p := c.Exp(c, k.E, k.N)
	if (p.BitLen()+7)/8 > size {
		return nil, errSignature
	}
	return p.FillBytes(make([]byte, size)), nil
}

func digit64(c byte) int {
	switch {
	case c >= 'a' && c <= 'z':
		return int(c - 'a')
	case c >= 'A' && c <= 'Z':
		return int(c-'A') + 26
	case c >= '0' && c <= '9':
		return int(c-'0') + 52
	case c == '+':
		return 62
	case c == '/':
		return 63
	}
	return -1
}

// verifySum checks a signature that is the bare digest.
func (k Key) verifySum(sum []byte, sig string) error {
	p, err := k.decode(sig, len(sum))
	if err != nil || !bytes.Equal(p, sum) {
		return errSignature
	}
	return nil
}

const (
	pssSize = 256 // bytes of the encoded message
	pssSalt = 32
	pssData = pssSize - sha256.Size - 1
)

// verifyPSS checks an EMSA-PSS signature with SHA-256 and a salt of 32 bytes
// (RFC 8017, 9.1.2).
func (k Key) verifyPSS(sum [sha256.Size]byte, sig string) error {
	em, err := k.decode(sig, pssSize)
	if err != nil || em[pssSize-1] != 0xbc {
		return errSignature
	}
	h := em[pssData : pssData+sha256.Size]
	db := mask(h, em[:pssData])
	db[0] &= 0x7f
	pad := pssData - pssSalt - 1
	for _, b := range db[:pad] {
		if b != 0 {
			return errSignature
		}
	}
	if db[pad] != 1 {
		return errSignature
	}
	m := append(make([]byte, 8), sum[:]...)
	m = append(m, db[pad+1:]...)
	if got := sha256.Sum256(m); !bytes.Equal(got[:], h) {
		return errSignature
	}
	return nil
}

// mask applies MGF1 with SHA-256 (RFC 8017, B.2.1) to data.
func mask(seed, data []byte) []byte {
	out := make([]byte, 0, len(data)+sha256.Size)
	for i := 0; len(out) < len(data); i++ {
		sum := sha256.Sum256(append(bytes.Clone(seed), 0, 0, byte(i>>8), byte(i)))
		out = append(out, sum[:]...)
	}
	out = out[:len(data)]
	for i := range out {
		out[i] ^= data[i]
	}
	return out
}
