package decode

// target is where the value of a field goes.
type target uint8

const (
	none target = iota
	toSrc4
	toDst4
	toSrc6
	toDst6
	toEitherSrc4 // of templates that have addresses of both kinds: the one that is not zero
	toEitherDst4
	toEitherSrc6
	toEitherDst6
	toNat4
	toNat6
	toNatPort
	toSrcPort
	toDstPort
	toProtocol
	toFlags
	toIn
	toOut
	toBytes
	toPackets
	toStartSeconds
	toEndSeconds
	toStartMillis
	toEndMillis
	toStartNTP
	toEndNTP
	toSampling
	// What is worked out when the record is whole:
	toFirstUp
	toLastUp
	toStartDelta
	toEndDelta
	toDurationMillis
	toDurationMicros
	toInitMillis
	toBackBytes
	toBackPackets
	toBackFlags
	toIcmp
	toIcmpType
	toIcmpCode
	toSelector
	toSampledInterval
	toSampledSpace
	toSampledSize
	toSampledPopulation
	toSampledProbability
	toFrame  // a packet from its link layer on
	toPacket // a packet from its IP header on
)

// group holds fields that say the same: the one of the highest rank is taken.
type group uint8

const (
	single group = iota // alone in its target's group
	gBytes
	gPackets
	gBackBytes
	gBackPackets
	gStart
	gEnd
	gDuration
	gIn
	gOut
	gSrcPort
	gDstPort
	gRate
	gSelector
	groups
)

// kind says which lengths a field may have.
type kind uint8

const (
	number  kind = iota // 1 to 8 bytes, also less than the element has (RFC 7011, 6.2)
	four                // 4 bytes
	eight               // 8 bytes
	sixteen             // 16 bytes
	text                // any
)

// element is what is made of an information element.
type element struct {
	target target
	group  group
	rank   uint8
	kind   kind
}

// reversed is the enterprise of elements of the way back (RFC 5103, 6.1).
const reversed = 29305

// elementOf knows the elements that records are made of (IANA, "IPFIX Information
// Elements"; v9 has the same numbers). Those of other enterprises are not known.
func elementOf(enterprise uint32, id uint16) element {
	switch enterprise {
	case 0:
		if e := addressElement(id); e.target != none {
			return e
		}
		if e := timeElement(id); e.target != none {
			return e
		}
		if e := samplingElement(id); e.target != none {
			return e
		}
		return countElement(id)
	case reversed:
		switch id {
		case 1:
			return element{toBackBytes, gBackBytes, 9, number}
		case 2:
			return element{toBackPackets, gBackPackets, 9, number}
		case 85:
			return element{toBackBytes, gBackBytes, 3, number}
		case 86:
			return element{toBackPackets, gBackPackets, 3, number}
		case 6:
			return element{target: toBackFlags}
		}
	}
	return element{}
}

func addressElement(id uint16) element {
	switch id {
	case 8:
		return element{target: toSrc4, kind: four}
	case 12:
		return element{target: toDst4, kind: four}
	case 27:
		return element{target: toSrc6, kind: sixteen}
	case 28:
		return element{target: toDst6, kind: sixteen}
	case 225:
		return element{target: toNat4, kind: four}
	case 281:
		return element{target: toNat6, kind: sixteen}
	case 227:
		return element{target: toNatPort}
	case 7:
		return element{toSrcPort, gSrcPort, 9, number}
	case 180, 182: // of UDP, of TCP
		return element{toSrcPort, gSrcPort, 3, number}
	case 11:
		return element{toDstPort, gDstPort, 9, number}
	case 181, 183:
		return element{toDstPort, gDstPort, 3, number}
	case 10:
		return element{toIn, gIn, 9, number}
	case 252:
		return element{toIn, gIn, 3, number}
	case 14:
		return element{toOut, gOut, 9, number}
	case 253:
		return element{toOut, gOut, 3, number}
	case 32, 139:
		return element{target: toIcmp}
	case 176, 178:
		return element{target: toIcmpType}
	case 177, 179:
		return element{target: toIcmpCode}
	}
	return element{}
}

func timeElement(id uint16) element {
	switch id {
	case 22:
		return element{toFirstUp, gStart, 1, four}
	case 21:
		return element{toLastUp, gEnd, 1, four}
	case 150:
		return element{toStartSeconds, gStart, 3, number}
	case 151:
		return element{toEndSeconds, gEnd, 3, number}
	case 152:
		return element{toStartMillis, gStart, 6, number}
	case 153:
		return element{toEndMillis, gEnd, 6, number}
	case 154: // micro, as NTP's 64 bits (RFC 7011, 6.1.9)
		return element{toStartNTP, gStart, 7, eight}
	case 156: // nano, in the same way
		return element{toStartNTP, gStart, 8, eight}
	case 155:
		return element{toEndNTP, gEnd, 7, eight}
	case 157:
		return element{toEndNTP, gEnd, 8, eight}
	case 158:
		return element{toStartDelta, gStart, 5, number}
	case 159:
		return element{toEndDelta, gEnd, 5, number}
	case 160:
		return element{target: toInitMillis}
	case 161:
		return element{toDurationMillis, gDuration, 3, number}
	case 162:
		return element{toDurationMicros, gDuration, 6, number}
	case 322: // when something was observed: of events, and of sampled packets
		return element{toEndSeconds, gEnd, 0, number}
	case 323:
		return element{toEndMillis, gEnd, 0, number}
	case 324, 325:
		return element{toEndNTP, gEnd, 0, eight}
	}
	return element{}
}

func samplingElement(id uint16) element {
	switch id {
	case 34, 50:
		return element{toSampling, gRate, 9, number}
	case 48:
		return element{toSelector, gSelector, 9, number}
	case 302:
		return element{toSelector, gSelector, 3, number}
	case 305:
		return element{target: toSampledInterval}
	case 306:
		return element{target: toSampledSpace}
	case 309:
		return element{target: toSampledSize}
	case 310:
		return element{target: toSampledPopulation}
	case 311:
		return element{target: toSampledProbability, kind: eight}
	}
	return element{}
}

func countElement(id uint16) element {
	switch id {
	case 1:
		return element{toBytes, gBytes, 7, number}
	case 2:
		return element{toPackets, gPackets, 7, number}
	case 85:
		return element{toBytes, gBytes, 5, number}
	case 86:
		return element{toPackets, gPackets, 5, number}
	case 23: // as they left
		return element{toBytes, gBytes, 3, number}
	case 24:
		return element{toPackets, gPackets, 3, number}
	case 231: // of who opened the connection; 232 of who answered
		return element{toBytes, gBytes, 9, number}
	case 298:
		return element{toPackets, gPackets, 9, number}
	case 232:
		return element{toBackBytes, gBackBytes, 7, number}
	case 299:
		return element{toBackPackets, gBackPackets, 7, number}
	case 4:
		return element{target: toProtocol}
	case 6:
		return element{target: toFlags}
	case 313:
		return element{target: toPacket, kind: text}
	case 104, 315:
		return element{target: toFrame, kind: text}
	}
	return element{}
}

// fits tells whether a field may have this length.
func (e element) fits(length uint16) bool {
	switch e.kind {
	case four:
		return length == 4
	case eight:
		return length == 8
	case sixteen:
		return length == 16
	case text:
		return length > 0
	default:
		return length >= 1 && length <= 8
	}
}
