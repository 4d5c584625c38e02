package authenticode

// What is shown of a signature is read as far as possible, but a signature is
// verified only if its encoding is right: other programs refuse to look at it
// otherwise. The checks here are those that OpenSSL makes on reading.

// end tells whether all fields have been taken.
func (f *fields) end() bool { return len(f.rest) == 0 }

// isAlgorithm tells whether v is an AlgorithmIdentifier.
func isAlgorithm(v value) bool {
	f := v.fields()
	id := f.take(tagOID)
	f.any() // parameters
	return v.tag == tagSequence && !id.missing() && f.end()
}

// isName tells whether v is a Name.
func isName(v value) bool {
	for f := v.fields(); !f.end(); {
		set := f.take(tagSet)
		if set.missing() {
			return false
		}
		for in := set.fields(); !in.end(); {
			a := in.take(tagSequence).fields()
			if a.take(tagOID).missing() || a.any().missing() || !a.end() {
				return false
			}
		}
	}
	return v.tag == tagSequence
}

// isTime tells whether v is a Time.
func isTime(v value) bool { return v.tag == tagUTCTime || v.tag == tagGeneralizedTime }

// isKey tells whether v is a SubjectPublicKeyInfo.
func isKey(v value) bool {
	f := v.fields()
	return v.tag == tagSequence && isAlgorithm(f.any()) && f.any().tag == tagBitString && f.end()
}

// isCertificate tells whether v is a Certificate (RFC 5280, 4.1).
func isCertificate(v value) bool {
	outer := v.fields()
	tbs := outer.take(tagSequence).fields()
	if !isAlgorithm(outer.any()) || outer.any().tag != tagBitString || !outer.end() {
		return false
	}
	if version := tbs.take(context0); !version.missing() {
		f := version.fields()
		if f.take(tagInteger).missing() || !f.end() {
			return false
		}
	}
	ok := !tbs.take(tagInteger).missing() && isAlgorithm(tbs.any()) && isName(tbs.any())
	validity := tbs.take(tagSequence).fields()
	ok = ok && isTime(validity.any()) && isTime(validity.any()) && validity.end()
	ok = ok && isName(tbs.any()) && isKey(tbs.any())
	tbs.take(0x81) // unique identifiers
	tbs.take(0x82)
	extensions := tbs.take(context3)
	return ok && tbs.end() && (extensions.missing() || areExtensions(extensions)) && v.wellFormed(0)
}

// areExtensions tells whether v holds Extensions.
func areExtensions(v value) bool {
	f := v.fields()
	list := f.take(tagSequence)
	if list.missing() || !f.end() {
		return false
	}
	for in := list.fields(); !in.end(); {
		e := in.take(tagSequence).fields()
		id := e.take(tagOID)
		e.take(tagBoolean)
		if id.missing() || e.take(tagOctetString).missing() || !e.end() {
			return false
		}
	}
	return true
}

// areAttributes tells whether v holds Attributes. Their values are not looked
// into: a damaged countersignature does no harm to what it is over.
func areAttributes(v value) bool {
	for f := v.fields(); !f.end(); {
		a := f.take(tagSequence).fields()
		id, values := a.take(tagOID), a.take(tagSet)
		if !id.wellFormed(0) || values.missing() || !a.end() {
			return false
		}
		for in := values.fields(); !in.end(); {
			if in.any().missing() {
				return false
			}
		}
	}
	return true
}

// wellFormed tells whether all that a value consists of is encoded properly.
func (v value) wellFormed(depth int) bool {
	const constructed, maxDepth = 0x20, 40
	switch {
	case v.missing() || depth > maxDepth:
		return false
	case v.tag&constructed == 0:
		return v.wellFormedPrimitive()
	}
	for f := v.fields(); !f.end(); {
		if !f.any().wellFormed(depth + 1) {
			return false
		}
	}
	return true
}

func (v value) wellFormedPrimitive() bool {
	switch v.tag {
	case tagBoolean:
		return len(v.body) == 1
	case tagNull:
		return len(v.body) == 0
	case tagInteger:
		return len(v.body) > 0 && len(minimal(v.body)) == len(v.body)
	case tagBitString:
		return len(v.body) > 0 && v.body[0] < 8
	case tagOID:
		return len(v.body) > 0 && v.body[len(v.body)-1] < 0x80
	case tagSequence &^ 0x20, tagSet &^ 0x20:
		return false
	}
	return true
}
