package unpack

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"unicode/utf16"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/stangelandcl/ppmd"
	"github.com/ulikunitz/xz/lzma"
)

// The methods of coders (Methods.txt of the LZMA SDK) that are known here.
const (
	sevenCopy      = 0x00
	sevenDelta     = 0x03
	sevenX86       = 0x04
	sevenLZMA2     = 0x21
	sevenLZMA      = 0x030101
	sevenBCJ       = 0x03030103
	sevenBCJ2      = 0x0303011b
	sevenPPC       = 0x03030205
	sevenARM       = 0x03030501
	sevenARMT      = 0x03030701
	sevenSPARC     = 0x03030805
	sevenARM64     = 0x0a
	sevenPPMd      = 0x030401
	sevenDeflate   = 0x040108
	sevenDeflate64 = 0x040109
	sevenBzip2     = 0x040202
	sevenZstd      = 0x04f71101
	sevenBrotli    = 0x04f71102
	sevenLZ4       = 0x04f71104
	sevenAES       = 0x06f10701
)

// coder gives a reader of what a coder makes of its inputs. Decoders are made
// anew: they live while members are shown, in which others of their kind may
// be at work.
func (s *sevenWalk) coder(c *sevenCoder, in []io.Reader, password string) (io.Reader, error) {
	if c.method == sevenBCJ2 && len(in) == 4 {
		return newBCJ2(in), nil
	}
	if len(in) != 1 {
		return nil, unsupported(fmt.Sprintf("method %#x with %d inputs", c.method, len(in)))
	}
	src := in[0]
	switch c.method {
	case sevenCopy:
		return src, nil
	case sevenLZMA:
		return s.lzma(c, src)
	case sevenLZMA2:
		return s.lzma2(c, src)
	case sevenPPMd:
		return s.ppmd(c, src)
	case sevenDeflate:
		return flate.NewReader(src), nil
	case sevenDeflate64:
		return newDeflate64(bufio.NewReader(src)), nil
	case sevenBzip2:
		return bzip2.NewReader(src), nil
	case sevenZstd:
		return s.zstd(src)
	case sevenBrotli:
		return brotli.NewReader(src), s.w.reserve(16 << 20)
	case sevenLZ4:
		return lz4.NewReader(src), s.w.reserve(8 << 20)
	case sevenAES:
		return s.aes(c, src, password)
	case sevenDelta:
		if len(c.props) != 1 {
			return nil, damaged("properties of a delta")
		}
		return &delta{r: src, back: int(c.props[0]) + 1}, nil
	case sevenBCJ, sevenX86:
		return &bcj{r: src}, nil
	}
	if r := newBranches(c.method, src); r != nil && len(c.props) == 0 {
		return r, nil
	}
	return nil, unsupported(fmt.Sprintf("method %#x", c.method))
}

func (s *sevenWalk) lzma(c *sevenCoder, src io.Reader) (io.Reader, error) {
	if len(c.props) != 5 {
		return nil, damaged("properties of LZMA")
	}
	header := binary.LittleEndian.AppendUint64(bytes.Clone(c.props), uint64(c.size))
	return s.w.lzma(header, bufio.NewReader(src))
}

func (s *sevenWalk) lzma2(c *sevenCoder, src io.Reader) (io.Reader, error) {
	if len(c.props) != 1 || c.props[0] > 40 {
		return nil, damaged("properties of LZMA2")
	}
	dictionary := max(lzma.MinDictCap, min(xzDictionarySize(c.props[0]), c.size))
	if err := s.w.reserve(dictionary); err != nil {
		return nil, err
	}
	r, err := lzma.Reader2Config{DictCap: int(dictionary)}.NewReader2(bufio.NewReader(src))
	if err != nil {
		return nil, damaged(err.Error())
	}
	return &salvage{r: r}, nil
}

// ppmd reads PPMd variant H: the order, then the memory of the model.
func (s *sevenWalk) ppmd(c *sevenCoder, src io.Reader) (io.Reader, error) {
	if len(c.props) != 5 {
		return nil, damaged("properties of PPMd")
	}
	memory := binary.LittleEndian.Uint32(c.props[1:])
	if err := s.w.reserve(int64(memory)); err != nil {
		return nil, err
	}
	r, err := ppmd.NewH7zReader(bufio.NewReader(src), int(c.props[0]), int(memory), int(c.size))
	if err != nil {
		return nil, damaged(err.Error())
	}
	return &r, nil
}

func (s *sevenWalk) zstd(src io.Reader) (io.Reader, error) {
	window := max(1<<10, min(s.w.window, 8<<20))
	if err := s.w.reserve(window); err != nil {
		return nil, err
	}
	z, err := zstd.NewReader(src, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(uint64(window)), zstd.WithDecoderLowmem(true))
	if err != nil {
		return nil, damaged(err.Error())
	}
	return &zstdErrors{r: z}, nil
}

// aes decrypts AES-256 in CBC mode, with a key from many rounds of SHA-256.
func (s *sevenWalk) aes(c *sevenCoder, src io.Reader, password string) (io.Reader, error) {
	p := c.props
	if len(p) < 2 {
		return nil, damaged("properties of AES")
	}
	salt, iv := int(p[0]>>7&1+p[1]>>4), int(p[0]>>6&1+p[1]&0xf)
	if len(p) < 2+salt+iv {
		return nil, damaged("properties of AES")
	}
	key, err := s.key(password, p[2:2+salt], int(p[0]&0x3f))
	if err != nil {
		return nil, err
	}
	var start [aes.BlockSize]byte
	copy(start[:], p[2+salt:2+salt+iv])
	b, err := aes.NewCipher(key)
	if err != nil {
		return nil, damaged(err.Error())
	}
	return &cbcReader{r: src, mode: cipher.NewCBCDecrypter(b, start[:])}, nil
}

// sevenMostRounds is the exponent of the most rounds of SHA-256 that are made
// for a key; 7-Zip itself makes 1<<19.
const sevenMostRounds = 24

// key derives a key, once for each password, salt and number of rounds.
func (s *sevenWalk) key(password string, salt []byte, power int) ([]byte, error) {
	id := fmt.Sprintf("%d %x %s", power, salt, password)
	if k, ok := s.keys[id]; ok {
		return k, nil
	}
	b := bytes.Clone(salt)
	for _, u := range utf16.Encode([]rune(password)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	key := make([]byte, sha256.Size)
	switch {
	case power == 0x3f:
		copy(key, b)
	case power > sevenMostRounds:
		return nil, unsupported(fmt.Sprintf("a key of 1<<%d rounds", power))
	default:
		h := sha256.New()
		b = append(b, make([]byte, 8)...)
		for i := range uint64(1) << power {
			if i%(1<<16) == 0 {
				if err := s.w.check(s.at); err != nil {
					return nil, err
				}
			}
			binary.LittleEndian.PutUint64(b[len(b)-8:], i)
			h.Write(b)
		}
		key = h.Sum(key[:0])
	}
	s.keys[id] = key
	return key, nil
}

// cbcReader decrypts whole blocks.
type cbcReader struct {
	r    io.Reader
	mode cipher.BlockMode
	room [4096]byte
	rest []byte
}

func (c *cbcReader) Read(p []byte) (int, error) {
	if len(c.rest) == 0 {
		n, err := io.ReadFull(c.r, c.room[:])
		n &^= aes.BlockSize - 1
		if n == 0 {
			if err == nil || err == io.ErrUnexpectedEOF {
				err = io.EOF
			}
			return 0, err
		}
		c.rest = c.room[:n]
		c.mode.CryptBlocks(c.rest, c.rest)
	}
	n := copy(p, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}
