package pe

import "candor/engine/module/pe/image"

const (
	debugEntrySize    = 28
	debugTypeCodeView = 2
	maxPath           = 4096
)

// codeViews gives where the path of the symbol file stands in each format of
// CodeView record.
var codeViews = map[uint32]int64{
	'N' | 'B'<<8 | '1'<<16 | '0'<<24: 16,
	'R' | 'S'<<8 | 'D'<<16 | 'S'<<24: 24,
	'M' | 'T'<<8 | 'O'<<16 | 'C'<<24: 20,
}

// pdb gives the path of the file with debugging symbols, nil if there is none.
func (f *file) pdb() []byte {
	return f.pdbPath.get(func() []byte {
		address, size := f.Directory(image.DirectoryDebug)
		if address == 0 {
			return nil
		}
		at := f.Offset(uint64(address))
		for range size / debugEntrySize {
			if !f.Fits(at, debugEntrySize) {
				break
			}
			if f.U32(at+12) == debugTypeCodeView {
				if path := f.codeViewPath(f.U32(at+20), f.U32(at+24)); path != nil {
					return path
				}
			}
			at += debugEntrySize
		}
		return nil
	})
}

// codeViewPath gives the path in a CodeView record, which is at an address or
// else at an offset in the file.
func (f *file) codeViewPath(address, offset uint32) []byte {
	at := int64(0)
	if address != 0 {
		at = f.Offset(uint64(address))
	}
	if at <= 0 {
		at = int64(offset)
	}
	path, ok := codeViews[f.U32(at)]
	if at == 0 || !ok || !f.Fits(at, path+1) {
		return nil
	}
	s, _ := f.CString(at+path, maxPath)
	if len(s) >= maxPath {
		return nil
	}
	return s
}
