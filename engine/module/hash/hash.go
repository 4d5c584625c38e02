// Package hash is the module that YARA calls "hash": digests and checksums of
// a part of the file or of a string.
package hash

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"hash/crc32"

	"candor/engine/module"
	"candor/engine/module/builtin"
)

// maxCached bounds the results that are kept for one file.
const maxCached = 1 << 14

// Module is the module "hash". It is safe for concurrent use.
type Module struct{ typ *module.Type }

// New gives the module. Digests are lower-case hexadecimal.
func New() module.Module {
	functions := map[string]sum{
		"md5":        {module.String, func(b []byte) module.Value { d := md5.Sum(b); return digest(d[:]) }},
		"sha1":       {module.String, func(b []byte) module.Value { d := sha1.Sum(b); return digest(d[:]) }},
		"sha256":     {module.String, func(b []byte) module.Value { d := sha256.Sum256(b); return digest(d[:]) }},
		"checksum32": {module.Int, func(b []byte) module.Value { return module.IntValue(int64(checksum32(b))) }},
		"crc32":      {module.Int, func(b []byte) module.Value { return module.IntValue(int64(crc32.ChecksumIEEE(b))) }},
	}
	fields := make(map[string]*module.Type, len(functions))
	for name, f := range functions {
		fields[name] = builtin.Func(
			builtin.Overload(f.result, f.ofRange(name), module.Int, module.Int),
			builtin.Overload(f.result, f.ofString, module.String),
		)
	}
	return &Module{builtin.Struct(fields)}
}

// Name is the name by which rules import the module.
func (*Module) Name() string { return "hash" }

// Type gives what the module declares.
func (m *Module) Type() *module.Type { return m.typ }

// Open gives an Object without values: the module has functions only.
func (*Module) Open(*module.Input) module.Object { return builtin.Empty{} }

// sum is a function over bytes.
type sum struct {
	result module.Kind
	of     func(b []byte) module.Value
}

func (s sum) ofString(_ *module.Input, _ module.Object, args []module.Value) module.Value {
	return s.of(args[0].Str)
}

// ofRange gives the overload over (offset, size). Results are kept for the
// scan: definitions ask for the same digest thousands of times.
func (s sum) ofRange(name string) builtin.Call {
	return func(in *module.Input, _ module.Object, args []module.Value) module.Value {
		b, ok := builtin.Range(in.Data, args[0].Int, args[1].Int)
		if !ok {
			return module.Value{}
		}
		results := kept(in)
		k := key{name, args[0].Int, len(b)}
		v, ok := results[k]
		if !ok {
			v = s.of(b)
			if len(results) < maxCached {
				results[k] = v
			}
		}
		return v
	}
}

// key names a result: of which function, over which bytes.
type key struct {
	function string
	offset   int64
	size     int
}

func kept(in *module.Input) map[key]module.Value {
	results, ok := in.Cache["hash"].(map[key]module.Value)
	if !ok {
		results = make(map[key]module.Value)
		in.Cache["hash"] = results
	}
	return results
}

func digest(sum []byte) module.Value { return module.StringValue(hex.EncodeToString(sum)) }

// checksum32 gives the sum of the bytes, modulo 2^32.
func checksum32(b []byte) uint32 {
	var n uint32
	for _, c := range b {
		n += uint32(c)
	}
	return n
}
