package petest

// Program makes an executable that has something of everything that the module
// pe reads but signatures.
func Program(wide bool) []byte {
	m := Image{
		Wide: wide, Machine: 0x14c, Flags: 0x2102, EntryPoint: 0x1000,
		Rich:    []uint32{0x00ea2179, 9, 0x01016b14, 3, 0x00010000, 77},
		Overlay: []byte("what an installer carries"),
	}
	if wide {
		m.Machine = 0x8664
	}
	rdata := &Layout{Address: 0x2000}
	m.Directories[1] = imports(rdata, wide)
	m.Directories[13] = delayedImports(rdata, wide)
	m.Directories[0] = exports(rdata)
	m.Directories[6] = debug(rdata)
	rsrc := &Layout{Address: 0x8000}
	m.Directories[2] = [2]uint32{rsrc.Address, resources(rsrc)}
	m.Sections = []Section{
		{Name: ".text", Address: 0x1000, Flags: 0x60000020, Data: []byte{0xc3}},
		{Name: ".rdata", Address: rdata.Address, Flags: 0x40000040, Data: rdata.Data},
		{Name: ".rsrc", Address: rsrc.Address, Flags: 0x40000040, Data: rsrc.Data},
		{Name: "/4", Address: 0xa000, Flags: 0xc0000080},
		{Name: "UPX\x000", Address: 0xb000, Flags: 0xe0000020},
	}
	return m.Bytes()
}

// thunks adds a table of addresses of names, or of ordinals, that ends with 0.
func thunks(l *Layout, wide bool, functions []any) uint32 {
	var table []byte
	for _, f := range functions {
		var v uint64
		switch f := f.(type) {
		case string:
			v = uint64(l.Put(append(Halves(7), f+"\x00"...)))
		case int:
			v = 1<<31 | uint64(f)
			if wide {
				v = 1<<63 | uint64(f)
			}
		}
		if wide {
			table = le.AppendUint64(table, v)
		} else {
			table = le.AppendUint32(table, uint32(v))
		}
	}
	return l.Put(append(table, make([]byte, 8)...))
}

func imports(l *Layout, wide bool) [2]uint32 {
	var table []uint32
	for _, library := range []struct {
		name      string
		functions []any
	}{
		{"KERNEL32.dll", []any{"CreateFileW", "VirtualAlloc", "bad name", "WriteFile"}},
		{"ws2_32.DLL", []any{1, 23, 9999}},
		{"OLEAUT32.dll", []any{2, 8}},
		{"weird|name.dll", []any{"Never"}},
		{"control.ocx", []any{"DllRegisterServer"}},
		{"plain", []any{5}},
		{"empty.dll", nil},
	} {
		table = append(table, thunks(l, wide, library.functions), 0, 0, l.String(library.name), thunks(l, wide, library.functions))
	}
	table = append(table, 0, 0, 0, 0, 0)
	return [2]uint32{l.Words(table...), uint32(len(table) * 4)}
}

func delayedImports(l *Layout, wide bool) [2]uint32 {
	functions := []any{"ShellExecuteW", 42, "SHGetFolderPathW"}
	table := l.Words(
		1, l.String("SHELL32.dll"), 0, thunks(l, wide, functions), thunks(l, wide, functions), 0, 0, 0,
		0, 0, 0, 0, 0, 0, 0, 0)
	return [2]uint32{table, 64}
}

func exports(l *Layout) [2]uint32 {
	dll := l.String("sample.dll")
	names := l.Words(l.String("Alpha"), l.String("beta"), l.String("Forward"))
	ordinals := l.Put(Halves(0, 2, 3))
	// The directory holds what is forwarded to, and the table of addresses
	// before it.
	functions := l.Next()
	directory := functions + 16
	forward := directory + 40
	l.Words(0x1000, 0x00ff0000, 0x1004, forward)
	l.Words(0, 0x5e000000, 0, dll, 5, 4, 3, functions, names, ordinals)
	l.Data = append(l.Data, "NTDLL.RtlForward\x00"...)
	return [2]uint32{directory, 64}
}

func debug(l *Layout) [2]uint32 {
	record := append([]byte("RSDS0123456789abcdef\x01\x00\x00\x00"), `C:\build\sample.pdb`+"\x00"...)
	at := l.Put(record)
	return [2]uint32{l.Words(0, 0, 0, 2, uint32(len(record)), at, 0), 28}
}

// resources lays out a tree of types, names and languages, and gives its size.
func resources(l *Layout) uint32 {
	const named, leaf = 1 << 31, 0
	// Directories are at fixed places: root, two of names, two of languages.
	const root, names1, names2, languages1, languages2, data1, data2, text, content = 0, 0x20, 0x40, 0x60, 0x80, 0xa0, 0xb0, 0xc0, 0xd8
	dir := func(entries ...uint32) []byte {
		return append(Words(0, 0x12345678, 4), append(Halves(0, uint16(len(entries)/2)), Words(entries...)...)...)
	}
	version := versionInfo()
	tree := make([]byte, content)
	copy(tree[root:], dir(16, named|names1, named|text, named|names2))
	copy(tree[names1:], dir(1, named|languages1))
	copy(tree[names2:], dir(named|text, named|languages2))
	copy(tree[languages1:], dir(1033, leaf|data1))
	copy(tree[languages2:], dir(2052, leaf|data2))
	copy(tree[data1:], Words(l.Address+content, uint32(len(version)), 0, 0))
	copy(tree[data2:], Words(l.Address+content, 12, 0, 0))
	copy(tree[text:], append(Halves(7), Wide("PAYLOAD")...))
	l.Put(append(tree, version...))
	return uint32(len(l.Data))
}

// versionInfo makes a VS_VERSIONINFO.
func versionInfo() []byte {
	block := func(key string, value []byte, characters int, children ...[]byte) []byte {
		b := append(Halves(0, uint16(characters), 1), Wide(key+"\x00")...)
		b = append(padded(b, 4), value...)
		for _, c := range children {
			b = append(padded(b, 4), c...)
		}
		le.PutUint16(b, uint16(len(b)))
		return b
	}
	text := func(key, value string) []byte {
		return block(key, Wide(value+"\x00"), len(value)+1)
	}
	table := block("040904b0", nil, 0,
		text("CompanyName", "Example Ltd."), text("OriginalFilename", "sample.exe"), text("Comments", "größer"))
	empty := block("Empty", Wide("not counted\x00"), 0)
	return block("VS_VERSION_INFO", make([]byte, 52), 52,
		block("VarFileInfo", nil, 0, block("Translation", Halves(0x409, 1200), 4)),
		block("StringFileInfo", nil, 0, table, block("040704b0", nil, 0, empty)))
}
