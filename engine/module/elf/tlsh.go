package elf

import (
	"fmt"
	"slices"
	"sort"
)

// minTLSH is the length of the shortest data that have a digest.
const minTLSH = 50

// tlsh gives the locality-sensitive digest of data, version T1 with 128 buckets
// and a checksum of one byte (Oliver, Cheng, Chen: "TLSH - A Locality Sensitive
// Hash", CTC 2013). It is empty for data that are short or too monotonous.
func tlsh(data []byte) string {
	if len(data) < minTLSH {
		return ""
	}
	checksum, buckets := fill(data)
	q1, q2, q3 := quartiles(buckets)
	if q3 == 0 || nonzero(buckets) <= len(buckets)/2 {
		return ""
	}
	digest := []byte("T1")
	digest = fmt.Appendf(digest, "%02X%02X%X%X",
		swapped(checksum), swapped(lengthClass(len(data))), ratio(q1, q3), ratio(q2, q3))
	for i := len(buckets) - 4; i >= 0; i -= 4 {
		var code byte
		for j := 3; j >= 0; j-- {
			code = code<<2 | quartile(buckets[i+j], q1, q2, q3)
		}
		digest = fmt.Appendf(digest, "%02X", code)
	}
	return string(digest)
}

// fill slides a window of five bytes over the data. Each of six triplets in it
// that hold its newest byte falls into a bucket, by Pearson's hash with a salt;
// the upper half of the 256 buckets is not used. The checksum chains the two
// newest bytes.
func fill(data []byte) (checksum byte, buckets [128]uint32) {
	var all [256]uint32
	for i := 4; i < len(data); i++ {
		e, d, c, b, a := data[i-4], data[i-3], data[i-2], data[i-1], data[i]
		checksum = pearson3(0, a, b, checksum)
		all[pearson3(2, a, b, c)]++
		all[pearson3(3, a, b, d)]++
		all[pearson3(5, a, c, d)]++
		all[pearson3(7, a, c, e)]++
		all[pearson3(11, a, b, e)]++
		all[pearson3(13, a, d, e)]++
	}
	copy(buckets[:], all[:])
	return checksum, buckets
}

// pearson3 hashes three bytes with a salt.
func pearson3(salt, a, b, c byte) byte {
	return pearson[pearson[pearson[pearson[salt]^a]^b]^c]
}

func quartiles(buckets [128]uint32) (q1, q2, q3 uint32) {
	slices.Sort(buckets[:])
	return buckets[31], buckets[63], buckets[95]
}

func nonzero(buckets [128]uint32) (n int) {
	for _, b := range buckets {
		if b > 0 {
			n++
		}
	}
	return n
}

func quartile(n, q1, q2, q3 uint32) byte {
	switch {
	case n > q3:
		return 3
	case n > q2:
		return 2
	case n > q1:
		return 1
	}
	return 0
}

// ratio gives q as a percentage of q3, modulo 16, in single precision.
func ratio(q, q3 uint32) uint32 { return uint32(float32(q*100)/float32(q3)) % 16 }

func swapped(b byte) byte { return b<<4 | b>>4 }

// lengthClass gives the class of a length: its logarithm, in coarser steps for
// short data than for long.
func lengthClass(n int) byte {
	return byte(sort.Search(len(classEnds)-1, func(i int) bool { return n <= classEnds[i] }))
}

// pearson is the permutation that Pearson published with his hash (CACM 33(6), 1990).
var pearson = [256]byte{
	1, 87, 49, 12, 176, 178, 102, 166, 121, 193, 6, 84, 249, 230, 44, 163,
	14, 197, 213, 181, 161, 85, 218, 80, 64, 239, 24, 226, 236, 142, 38, 200,
	110, 177, 104, 103, 141, 253, 255, 50, 77, 101, 81, 18, 45, 96, 31, 222,
	25, 107, 190, 70, 86, 237, 240, 34, 72, 242, 20, 214, 244, 227, 149, 235,
	97, 234, 57, 22, 60, 250, 82, 175, 208, 5, 127, 199, 111, 62, 135, 248,
	174, 169, 211, 58, 66, 154, 106, 195, 245, 171, 17, 187, 182, 179, 0, 243,
	132, 56, 148, 75, 128, 133, 158, 100, 130, 126, 91, 13, 153, 246, 216, 219,
	119, 68, 223, 78, 83, 88, 201, 99, 122, 11, 92, 32, 136, 114, 52, 10,
	138, 30, 48, 183, 156, 35, 61, 26, 143, 74, 251, 94, 129, 162, 63, 152,
	170, 7, 115, 167, 241, 206, 3, 150, 55, 59, 151, 220, 90, 53, 23, 131,
	125, 173, 15, 238, 79, 95, 89, 16, 105, 137, 225, 224, 217, 160, 37, 123,
	118, 73, 2, 157, 46, 116, 9, 145, 134, 228, 207, 212, 202, 215, 69, 229,
	27, 188, 67, 124, 168, 252, 42, 4, 29, 108, 21, 247, 19, 205, 39, 203,
	233, 40, 186, 147, 198, 192, 155, 33, 164, 191, 98, 204, 165, 180, 117, 76,
	140, 36, 210, 172, 41, 54, 159, 8, 185, 232, 113, 196, 231, 47, 146, 120,
	51, 65, 28, 144, 254, 221, 93, 189, 194, 139, 112, 43, 71, 109, 184, 209,
}

// classEnds[i] is the greatest length in class i. Lengths here are at most maxNames.
var classEnds = []int{
	1, 2, 3, 5, 7, 11, 17, 25,
	38, 57, 86, 129, 194, 291, 437, 656,
	854, 1110, 1443, 1876, 2439, 3171, 3475, 3823,
	4205, 4626, 5088, 5597, 6157, 6772, 7450, 8195,
	9014, 9916, 10907, 11998, 13198, 14518, 15970, 17567,
	19323, 21256, 23382, 25720, 28292, 31121, 34233, 37656,
	41422, 45564, 50121, 55133, 60646, 66711, 73382, 80721,
	88793, 97672, 107439, 118183, 130002, 143002, 157302, 173032,
	190335, 209369, 230306, 253337, 278670, 306538, 337191, 370911,
	408002, 448802, 493682, 543050, 597356, 657091, 722800, 795081,
	874589, 962048, 1058252, 1164078, 1280486, 1408534, 1549388, 1704327,
	1874759, 2062236, 2268459, 2495305, 2744836, 3019320, 3321252, 3653374,
	4018711, 4420582, 4862641, 5348905, 5883796, 6472176, 7119394, 7831333,
	8614467, 9475909, 10423501, 11465851, 12612437, 13873681, 15261050, 16787154,
	18465870, 20312458, 22343706, 24578077, 27035886, 29739474, 32713425, 35984770,
	39583245, 43541573, 47895730, 52685306, 57953837, 63749221, 70124148, 77136564,
	84850228, 93335252, 102668779, 112935659, 124229227,
}
