package unpack

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/binary"
	"hash/crc32"
	"io"
)

// decrypter gives a reader of what a password opens and the method by which
// that is compressed; false if the password does not fit. A check of one byte
// lets one in 256 wrong ones pass.
func decrypter(e zipEntry, data []byte, password string) (io.Reader, uint16, bool) {
	switch {
	case e.method == 99:
		return zipAES(e, data, password)
	case e.flags&0x40 != 0 || len(data) < 12:
		return nil, 0, false
	}
	c := newZipCipher(password)
	var head [12]byte
	for i := range head {
		head[i] = c.next(data[i])
	}
	want := byte(e.crc >> 24)
	if e.flags&8 != 0 {
		want = byte(e.modified >> 8)
	}
	if head[11] != want && head[11] != byte(e.crc>>24) {
		return nil, 0, false
	}
	return &zipPlain{c: c, src: data[12:]}, e.method, true
}

// zipCipher is the traditional encryption (APPNOTE.TXT, 6.1).
type zipCipher struct{ k0, k1, k2 uint32 }

func newZipCipher(password string) *zipCipher {
	c := &zipCipher{0x12345678, 0x23456789, 0x34567890}
	for i := range len(password) {
		c.update(password[i])
	}
	return c
}

func (c *zipCipher) update(b byte) {
	c.k0 = crc32.IEEETable[byte(c.k0)^b] ^ c.k0>>8
	c.k1 = (c.k1+c.k0&0xff)*134775813 + 1
	c.k2 = crc32.IEEETable[byte(c.k2)^byte(c.k1>>24)] ^ c.k2>>8
}

func (c *zipCipher) next(b byte) byte {
	t := c.k2&0xffff | 2
	b ^= byte(t * (t ^ 1) >> 8)
	c.update(b)
	return b
}

// zipPlain decrypts as it is read. It reads bytes one by one too, so that a
// decoder does not buffer.
type zipPlain struct {
	c   *zipCipher
	src []byte
}

func (z *zipPlain) Read(p []byte) (int, error) {
	if len(z.src) == 0 {
		return 0, io.EOF
	}
	n := min(len(p), len(z.src))
	for i := range n {
		p[i] = z.c.next(z.src[i])
	}
	z.src = z.src[n:]
	return n, nil
}

// zipAES opens what is encrypted as WinZip does (AE-1 and AE-2: salt, two bytes
// of check, data, ten bytes of HMAC-SHA1). The HMAC decides.
func zipAES(e zipEntry, data []byte, password string) (io.Reader, uint16, bool) {
	x := e.field(0x9901)
	if len(x) < 7 || x[4] < 1 || x[4] > 3 {
		return nil, 0, false
	}
	size := 8 + 8*int(x[4]) // 16, 24, 32
	salt := size / 2
	if len(data) < salt+12 {
		return nil, 0, false
	}
	keys, err := pbkdf2.Key(sha1.New, password, data[:salt], 1000, 2*size+2)
	if err != nil || subtle.ConstantTimeCompare(keys[2*size:], data[salt:salt+2]) == 0 {
		return nil, 0, false
	}
	text, sum := data[salt+2:len(data)-10], data[len(data)-10:]
	mac := hmac.New(sha1.New, keys[size:2*size])
	mac.Write(text)
	if !bytes.Equal(mac.Sum(nil)[:10], sum) {
		return nil, 0, false
	}
	b, err := aes.NewCipher(keys[:size])
	if err != nil {
		return nil, 0, false
	}
	return &zipCounter{b: b, src: text}, binary.LittleEndian.Uint16(x[5:]), true
}

// zipCounter is AES in counter mode with a counter that begins with its lowest
// byte, at one.
type zipCounter struct {
	b      cipher.Block
	src    []byte
	count  uint64
	stream [16]byte
	used   int // of stream; a new one is made at a multiple of 16
}

func (z *zipCounter) Read(p []byte) (int, error) {
	if len(z.src) == 0 {
		return 0, io.EOF
	}
	n := min(len(p), len(z.src))
	for i := range n {
		if z.used%16 == 0 {
			z.count++
			var c [16]byte
			binary.LittleEndian.PutUint64(c[:], z.count)
			z.b.Encrypt(z.stream[:], c[:])
			z.used = 0
		}
		p[i] = z.src[i] ^ z.stream[z.used]
		z.used++
	}
	z.src = z.src[n:]
	return n, nil
}
