package clamav

import (
	"strings"

	"candor/engine/pattern"
)

// FileType is a file type of a user's own: a line of .ftm.
type FileType struct {
	Name     string // a description
	Raw      string
	Origin   *Origin
	Line     int
	Required string // the type that the file must have so far; CL_TYPE_ANY for whatever
	Detected string // the type that it has then

	// Magic, if not nil, must stand at Offset.N. If it is nil, Pattern must
	// match at Offset.
	Magic     []byte
	Partition bool // Magic is about partitions, not files
	Offset    Offset
	Pattern   *pattern.Node
}

// readFileType reads "kind:offset:magic:name:required:detected[:level[:level]]".
func readFileType(r *reader, l line) {
	var fields [9]string
	n := split(l.text, fields[:])
	if n < 6 || n > 8 {
		r.problem(l, "", "%d fields, want 6 to 8", n)
		return
	}
	name := fields[3]
	fits, ok := r.levels(fields[6:n])
	if !ok {
		r.problem(l, name, "functionality level is not a number")
		return
	}
	if !fits {
		r.ignore(l, name, otherLevel)
		return
	}
	t := FileType{Name: name, Raw: l.text, Origin: l.origin, Line: l.number, Required: fields[4], Detected: fields[5]}
	if !knownType(t.Required) || !knownType(t.Detected) {
		r.problem(l, name, "unknown file type")
		return
	}
	var err error
	switch fields[0] {
	case "0", "4":
		t.Partition = fields[0] == "4"
		t.Offset.Kind = FromStart
		if t.Offset.N, ok = number(fields[1]); !ok {
			err = errOffset
		} else if t.Magic, ok = hexBytes(fields[2]); !ok || len(t.Magic) == 0 {
			err = errDigits
		}
	case "1":
		if t.Offset, err = parseOffset(fields[1], Any); err == nil {
			var p Pattern
			p, err = parseBody(fields[2], bodyOptions{offset: t.Offset, least: 2})
			t.Pattern = p.Node
		}
	default:
		r.ignore(l, name, "unknown kind of file type")
		return
	}
	if err != nil {
		r.problem(l, name, "%v", err)
		return
	}
	r.db.FileTypes = append(r.db.FileTypes, t)
}

// knownType tells whether name is a file type of ClamAV 1.4.
func knownType(name string) bool {
	short, ok := strings.CutPrefix(name, "CL_TYPE_")
	return ok && short != "" && strings.Contains(typeNames, " "+short+" ")
}

// typeNames are the file types without their common prefix.
const typeNames = " TEXT_ASCII TEXT_UTF8 TEXT_UTF16LE TEXT_UTF16BE BINARY_DATA IGNORED ANY" +
	" MSEXE ELF MACHO MACHO_UNIBIN POSIX_TAR OLD_TAR CPIO_OLD CPIO_ODC CPIO_NEWC CPIO_CRC GZ ZIP BZ RAR ARJ" +
	" MSSZDD MSOLE2 MSCAB MSCHM SIS SCRENC GRAPHICS GIF PNG JPEG TIFF RIFF BINHEX TNEF CRYPTFF PDF UUENCODED" +
	" HTML_UTF16 SCRIPT RTF HTML MAIL SFX ZIPSFX RARSFX CABSFX ARJSFX NULSFT AUTOIT ISHIELD_MSI 7Z 7ZSFX SWF" +
	" ISO9660 JAVA DMG MBR GPT APM XAR PART_ANY PART_HFSPLUS XZ OOXML_WORD OOXML_PPT OOXML_XL INTERNAL XDP" +
	" XML_WORD XML_XL HWP3 XML_HWP HWPOLE2 OOXML_HWP PS MHTML LNK EGG EGGSFX UDF ALZ ONENOTE PYTHON_COMPILED" +
	" LHA_LZH "
