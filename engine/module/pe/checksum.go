package pe

import "encoding/binary"

// computeChecksum gives what the checksum of the header ought to be: the sum
// of the file's 16-bit words, without the field itself, and its size.
func (f *file) computeChecksum() int64 {
	return f.checksum.get(func() int64 {
		data := f.Data()
		skip := int(f.Optional(64, 64))
		var sum uint64
		i := 0
		for ; i+4 <= len(data); i += 4 {
			if i == skip {
				continue
			}
			sum += uint64(binary.LittleEndian.Uint32(data[i:]))
		}
		for shift := 0; i < len(data); i++ {
			sum += uint64(data[i]) << shift
			shift += 8
		}
		for sum > 0xffffffff {
			sum = sum&0xffffffff + sum>>32
		}
		sum = sum&0xffff + sum>>16
		sum += sum >> 16
		return int64(sum&0xffff) + int64(len(data))
	})
}
