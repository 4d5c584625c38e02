package dotnet

import "math/bits"

// Numbers of tables (ECMA-335, II.22, and undocumented ones).
const (
	tModule                 = 0x00
	tTypeRef                = 0x01
	tTypeDef                = 0x02
	tField                  = 0x04
	tMethodDef              = 0x06
	tParam                  = 0x08
	tInterfaceImpl          = 0x09
	tMemberRef              = 0x0a
	tConstant               = 0x0b
	tCustomAttribute        = 0x0c
	tStandAloneSig          = 0x11
	tEvent                  = 0x14
	tProperty               = 0x17
	tModuleRef              = 0x1a
	tTypeSpec               = 0x1b
	tFieldRVA               = 0x1d
	tAssembly               = 0x20
	tAssemblyRef            = 0x23
	tAssemblyRefProcessor   = 0x24
	tFile                   = 0x26
	tExportedType           = 0x27
	tManifestResource       = 0x28
	tNestedClass            = 0x29
	tGenericParam           = 0x2a
	tMethodSpec             = 0x2b
	tGenericParamConstraint = 0x2c
	numTables               = 0x2d
)

const (
	maxRows         = 15000
	tildeHeaderSize = 24
	// heapsHaveExtra marks four more bytes before the tables.
	heapsHaveExtra = 0x40
)

// column is a column of a table: width bytes, or else an index into one of
// tables, of which the lowest bits (tag of them) tell which.
type column struct {
	width  int64
	heap   byte // bit of the header that makes an index into a heap wide
	tag    int
	tables []int
}

func fixed(width int64) column       { return column{width: width} }
func index(table int) column         { return column{tables: []int{table}} }
func coded(tag int, t ...int) column { return column{tag: tag, tables: t} }

// Columns that many tables have.
var (
	u2, u4    = fixed(2), fixed(4)
	text      = column{heap: 0x01}
	guid      = column{heap: 0x02}
	blob      = column{heap: 0x04}
	typeOrRef = coded(2, tTypeDef, tTypeRef, tTypeSpec)
	method    = coded(1, tMethodDef, tMemberRef)
)

// layouts gives the columns of the tables. Where libyara counts fewer tables
// for a coded index than the standard, so does this, and like it this stops at
// the table ParamPtr.
var layouts = [numTables][]column{
	tModule:           {u2, text, guid, guid, guid},
	tTypeRef:          {coded(2, tModule, tModuleRef, tAssemblyRef, tTypeRef), text, text},
	tTypeDef:          {u4, text, text, typeOrRef, index(tField), index(tMethodDef)},
	0x03:              {index(tField)},
	tField:            {u2, text, blob},
	0x05:              {index(tMethodDef)},
	tMethodDef:        {u4, u2, u2, text, blob, index(tParam)},
	tParam:            {u2, u2, text},
	tInterfaceImpl:    {index(tTypeDef), typeOrRef},
	tMemberRef:        {coded(3, tMethodDef, tModuleRef, tTypeRef, tTypeSpec), text, blob},
	tConstant:         {u2, coded(2, tParam, tField, tProperty), blob},
	tCustomAttribute:  {coded(5, attributed...), coded(3, tMethodDef, tMemberRef), blob},
	0x0d:              {coded(1, tField, tParam), blob},
	0x0e:              {u2, coded(2, tTypeDef, tMethodDef, tAssembly), blob},
	0x0f:              {u2, u4, index(tTypeDef)},
	0x10:              {u4, index(tField)},
	tStandAloneSig:    {blob},
	0x12:              {index(tTypeDef), index(tEvent)},
	0x13:              {index(tEvent)},
	tEvent:            {u2, text, typeOrRef},
	0x15:              {index(tTypeDef), index(tProperty)},
	0x16:              {index(tProperty)},
	tProperty:         {u2, text, blob},
	0x18:              {u2, index(tMethodDef), coded(1, tEvent, tProperty)},
	0x19:              {index(tTypeDef), method, method},
	tModuleRef:        {text},
	tTypeSpec:         {blob},
	0x1c:              {u2, coded(1, tField, tMethodDef), text, index(tModuleRef)},
	tFieldRVA:         {u4, index(tField)},
	0x1e:              {u4, u4},
	0x1f:              {u4},
	tAssembly:         {u4, u2, u2, u2, u2, u4, blob, text, text},
	0x21:              {u4},
	0x22:              {u4, u4, u4},
	tAssemblyRef:      {u2, u2, u2, u2, u4, blob, text, text, blob},
	0x24:              {u4, index(tAssemblyRefProcessor)},
	0x25:              {u4, u4, u4, index(tAssemblyRef)},
	tFile:             {u4, text, blob},
	tExportedType:     {u4, u4, text, text, coded(2, tFile, tAssemblyRef, tExportedType)},
	tManifestResource: {u4, u4, text, coded(2, tFile, tAssemblyRef)},
	tNestedClass:      {index(tTypeDef), index(tTypeDef)},
	tGenericParam:     {u2, u2, coded(1, tTypeDef, tMethodDef), text},
	tMethodSpec:       {method, blob},

	tGenericParamConstraint: {index(tGenericParam), typeOrRef},
}

// attributed are the tables whose rows can have custom attributes.
var attributed = []int{
	tMethodDef, tField, tTypeRef, tTypeDef, tParam, tInterfaceImpl, tMemberRef, tModule, tProperty, tEvent, tStandAloneSig,
	tModuleRef, tTypeSpec, tAssembly, tAssemblyRef, tFile, tExportedType, tManifestResource, tGenericParam,
	tGenericParamConstraint, tMethodSpec,
}

// tables is the tables of an assembly. complete tells whether all that are
// there could be found.
type tables struct {
	of       [numTables]table
	complete bool
}

// table is where the rows of a table are. present tells whether there is one.
type table struct {
	file    *assembly
	present bool
	at      int64
	rows    uint32
	size    int64   // of a row
	columns []int64 // where they begin, and the end
}

// layout finds the tables (ECMA-335, II.24.2.6).
func (a *assembly) layout() *tables { return a.tables.get(a.readLayout) }

func (a *assembly) readLayout() *tables {
	t := &tables{}
	if a.tilde == nil || !a.strings.found || !a.blobs.found || !a.Fits(a.tilde.offset, tildeHeaderSize) {
		return t
	}
	heaps := a.U8(a.tilde.offset + 6)
	valid := a.U64(a.tilde.offset + 8)
	counts := a.tilde.offset + tildeHeaderSize
	n := int64(bits.OnesCount64(valid))
	if !a.Fits(counts, n*4) {
		return t
	}
	rows := a.rowCounts(valid, counts)
	at := counts + n*4
	if heaps&heapsHaveExtra != 0 {
		at += 4
	}
	count := counts
	for number := range 64 {
		if valid>>number&1 == 0 {
			continue
		}
		if count+4 > a.tilde.offset+int64(a.tilde.size) || a.U32(count) > maxRows || number >= numTables || layouts[number] == nil {
			return t
		}
		x := table{file: a, present: true, at: at, rows: a.U32(count)}
		x.measure(layouts[number], heaps, &rows)
		if x.skipped(number) {
			x.present, x.rows = false, 0
		}
		at += x.size * int64(x.rows)
		t.of[number] = x
		count += 4
	}
	t.complete = true
	return t
}

// rowCounts gives the number of rows of each table, as far as the stream says.
func (a *assembly) rowCounts(valid uint64, at int64) (rows [numTables]uint32) {
	end := a.tilde.offset + int64(a.tilde.size)
	for number := range 64 {
		if valid>>number&1 == 0 {
			continue
		}
		if number < numTables && at+4 <= end {
			rows[number] = a.U32(at)
		}
		at += 4
	}
	return rows
}

// measure computes where the columns are.
func (x *table) measure(layout []column, heaps byte, rows *[numTables]uint32) {
	x.columns = make([]int64, 1, len(layout)+1)
	for _, c := range layout {
		x.size += c.bytes(heaps, rows)
		x.columns = append(x.columns, x.size)
	}
}

// bytes gives the width of a column: indexes are wide if what they point into
// is large.
func (c column) bytes(heaps byte, rows *[numTables]uint32) int64 {
	if c.width != 0 {
		return c.width
	}
	wide := heaps&c.heap != 0
	for _, t := range c.tables {
		wide = wide || rows[t] > 0xffff>>c.tag
	}
	if wide {
		return 4
	}
	return 2
}

// skipped tells whether a table is at the end of a truncated file, where
// libyara goes on as if it had no rows.
func (x *table) skipped(number int) bool {
	const moduleSize = 18 // with wide indexes
	switch number {
	case tModule:
		return !x.file.Fits(x.at, moduleSize)
	case tAssembly:
		return !x.file.Fits(x.at, x.size)
	}
	return false
}

// row gives the offset of a row, which are counted from 1. It is not ok for
// rows that are not there.
func (x *table) row(i uint32) (row, bool) {
	if i < 1 || i > x.rows {
		return row{}, false
	}
	r := row{x, x.at + x.size*int64(i-1)}
	return r, x.file.Fits(r.at, x.size)
}

// row is a row of a table.
type row struct {
	table *table
	at    int64
}

// cell gives the value of a column.
func (r row) cell(column int) uint32 {
	at := r.at + r.table.columns[column]
	if r.table.columns[column+1]-r.table.columns[column] == 4 {
		return r.table.file.U32(at)
	}
	return uint32(r.table.file.U16(at))
}

// name gives the string that a column points to.
func (r row) name(column int) []byte { return r.table.file.name(r.cell(column)) }
