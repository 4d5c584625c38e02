package elf

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"sort"

	"candor/engine/module"
)

// maxNames bounds the bytes of symbol names that one digest is made of. Only a
// hostile table, whose names overlap, has more; its digests are undefined.
const maxNames = 64 << 20

// telfhash gives Trend Micro's telfhash: the TLSH digest of the names of the
// global functions, but those that depend on the compiler or the machine. It
// is undefined without such functions, and empty where TLSH has no digest.
func telfhash(in *module.Input, recv module.Object, _ []module.Value) module.Value {
	o := objectOf(in, recv)
	if o.telfhash == nil {
		v := module.Value{}
		if names, ok := o.joinedNames(isTelfhashed); ok {
			v = module.StringValue(tlsh(names))
		}
		o.telfhash = &v
	}
	return *o.telfhash
}

// importMD5 gives the MD5 digest of the names of the imported symbols. It is
// undefined without any.
func importMD5(in *module.Input, recv module.Object, _ []module.Value) module.Value {
	o := objectOf(in, recv)
	if o.importMD5 == nil {
		v := module.Value{}
		if names, ok := o.joinedNames(isImported); ok {
			sum := md5.Sum(names)
			v = module.StringValue(hex.EncodeToString(sum[:]))
		}
		o.importMD5 = &v
	}
	return *o.importMD5
}

func objectOf(in *module.Input, recv module.Object) *object {
	if o, ok := recv.(*object); ok {
		return o
	}
	return opened(in)
}

// joinedNames gives the names of the symbols that are wanted, in lower case,
// sorted, with commas between. They come from the dynamic table if there is one.
func (o *object) joinedNames(wanted func(s symbol, name []byte) bool) (joined []byte, ok bool) {
	if o.file == nil {
		return nil, false
	}
	t := o.tables().dynamic
	if t == nil {
		t = o.tables().static
	}
	if t == nil {
		return nil, false
	}
	var names [][]byte
	total := 0
	for i := range t.n {
		s := t.at(i)
		name := s.name()
		if name.Kind == module.Undefined || !wanted(s, name.Str) {
			continue
		}
		if total += len(name.Str) + 1; total > maxNames {
			return nil, false
		}
		names = append(names, lower(name.Str))
	}
	sort.Slice(names, func(i, j int) bool { return bytes.Compare(names[i], names[j]) < 0 })
	return bytes.Join(names, []byte{','}), len(names) > 0
}

// lower maps ASCII letters only.
func lower(b []byte) []byte {
	l := make([]byte, len(b))
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		l[i] = c
	}
	return l
}

func isImported(s symbol, name []byte) bool { return len(name) > 0 && s.section() == 0 }

// isTelfhashed tells whether a symbol is part of telfhash: a global function
// of default visibility whose name the compiler has no part in.
func isTelfhashed(s symbol, name []byte) bool {
	const global, function, visible = 1, 2, 0
	if s.bind() != global || s.kind() != function || s.visibility() != visible {
		return false
	}
	for _, prefix := range []string{".", "_", "str", "mem"} {
		if bytes.HasPrefix(name, []byte(prefix)) {
			return false
		}
	}
	switch string(name) {
	case "main", "abort", "cachectl", "cacheflush", "puts", "atol", "malloc_trim":
		return false
	}
	return !bytes.HasSuffix(name, []byte("64"))
}
