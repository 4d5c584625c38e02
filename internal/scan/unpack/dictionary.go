package unpack

// XZDictionary gives the largest dictionary, in bytes, that decoding a content
// of .xz may take: whoever decodes it must have as much, or must not.
func XZDictionary(content []byte) int64 { return xzDictionary(content) }
