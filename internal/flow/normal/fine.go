package normal

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
)

// Measures is how many measures a Fine keeps; what they are is its user's
// matter.
const Measures = 4

// Fine is what is usual of a part of the network, for a minute in each hour of
// the week. It is as a Row, in finer steps: what many lines do together varies
// less than what one does. The zero Fine knows nothing. It is not safe for
// concurrent use.
type Fine struct {
	medians [Measures][Slots]Fineness
	spreads [Measures][6]uint8 // of minutes, by block of the day, in half levels
	slots   [Slots / 8]byte    // that were learned, a bit each
	seen    uint16             // hours that were learned
}

// Fineness is a value of a Fine, quantised: 0 is less than one unit, each further
// level a tenth more; the highest is 3e10 units.
type Fineness uint8

var logTenth = math.Log(1.1)

// FinenessOf quantises a value.
func FinenessOf(v float64) Fineness {
	if !(v >= 1) {
		return 0
	}
	return Fineness(min(math.Log(v)/logTenth+1, math.MaxUint8))
}

// FineValue is the middle of what a level stands for; levels may be broken.
func FineValue(level float64) float64 {
	if level <= 0 {
		return 0
	}
	return math.Pow(1.1, level-0.5)
}

// Hours is how many hours were learned, Weeks how many weeks in full.
func (f *Fine) Hours() int { return int(f.seen) }

// Weeks is how many weeks were learned in full.
func (f *Fine) Weeks() int { return int(f.seen) / Slots }

func (f *Fine) has(s Slot) bool { return f.slots[s/8]&(1<<(s%8)) != 0 }

// Learn takes in what the minutes of an hour were at in the middle, and how far
// from that half of them were. Until an hour of the week was seen it is as on
// the last day that was.
func (f *Fine) Learn(s Slot, middle, away [Measures]Fineness, chance *rand.Rand) {
	first, weeks := !f.has(s), f.Weeks()
	for m := range Measures {
		old := f.medians[m][s]
		switch {
		case first:
			for day := range Slot(7) {
				if at := day*24 + s%24; at == s || !f.has(at) {
					f.medians[m][at] = middle[m]
				}
			}
		default:
			f.medians[m][s] = Fineness(int(old) + move(int(middle[m])-int(old), weeks, chance))
		}
		spread := &f.spreads[m][s.block()]
		if f.seen < 6 { // nothing is known
			*spread = uint8(min(2*int(away[m]), math.MaxUint8))
			continue
		}
		*spread = uint8(int(*spread) + sign(min(2*int(away[m]), math.MaxUint8)-int(*spread)))
	}
	f.slots[s/8] |= 1 << (s % 8)
	if f.seen < 1<<16-1 {
		f.seen++
	}
}

// Adopt has the row follow what it sees as quickly as in its second week: what
// was usual is no longer.
func (f *Fine) Adopt() { f.seen = min(f.seen, Slots) }

// Expected is the level of a measure so far into an hour, as a share of it:
// between the middles of two hours it goes evenly from one to the other.
func (f *Fine) Expected(m int, s Slot, share float64) float64 {
	here := float64(f.medians[m][s])
	if share < 0.5 {
		before := float64(f.medians[m][(int(s)+Slots-1)%Slots])
		return before + (here-before)*(share+0.5)
	}
	next := float64(f.medians[m][(int(s)+1)%Slots])
	return here + (next-here)*(share-0.5)
}

// Usual is what is usual in a slot: the median, and the bounds that some 95 of
// 100 minutes lie within, in units of the measure.
func (f *Fine) Usual(m int, s Slot) Usual {
	mid, wide := float64(f.medians[m][s]), deviations*max(float64(f.spreads[m][s.block()]), 1)/2
	return Usual{Low: FineValue(mid - wide), Median: FineValue(mid), High: FineValue(mid + wide)}
}

// FineSize is how many bytes Append adds.
const FineSize = Measures*(Slots+6) + Slots/8 + 2

// Append adds the row to b, in a form that Parse reads.
func (f *Fine) Append(b []byte) []byte {
	for m := range Measures {
		for _, l := range f.medians[m] {
			b = append(b, byte(l))
		}
		b = append(b, f.spreads[m][:]...)
	}
	b = append(b, f.slots[:]...)
	return binary.LittleEndian.AppendUint16(b, f.seen)
}

// Parse reads what Append wrote; b must hold FineSize bytes.
func (f *Fine) Parse(b []byte) {
	for m := range Measures {
		for s := range f.medians[m] {
			f.medians[m][s] = Fineness(b[s])
		}
		b = b[Slots:]
		b = b[copy(f.spreads[m][:], b):]
	}
	b = b[copy(f.slots[:], b):]
	f.seen = binary.LittleEndian.Uint16(b)
}
