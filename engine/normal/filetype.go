package normal

import "strings"

// FileType is a type of files as libclamav knows it. The zero value is that of
// files of which nothing is known, CL_TYPE_ANY. Of two types found in the same
// text the greater one counts, from HTML on.
type FileType uint8

// The types, with the names of ClamAV's CL_TYPE_ constants where they are not
// plain.
const (
	AnyType FileType = iota
	TextASCII // TEXT_ASCII
	TextUTF8 // TEXT_UTF8
	TextUTF16LE // TEXT_UTF16LE
	TextUTF16BE // TEXT_UTF16BE
	BinaryData // BINARY_DATA
	PE // MSEXE
	ELF
	MachO // MACHO
	MachOUniversal // MACHO_UNIBIN
	PosixTar // POSIX_TAR
	OldTar // OLD_TAR
	CPIOOld // CPIO_OLD
	CPIOODC // CPIO_ODC
	CPIONewc // CPIO_NEWC
	CPIOCRC // CPIO_CRC
	GZip // GZ
	ZIP
	BZip // BZ
	RAR
	ARJ
	SZDD // MSSZDD
	OLE2 // MSOLE2
	CAB // MSCAB
	CHM // MSCHM
	SIS
	EncodedScript // SCRENC
	Graphics // GRAPHICS
	GIF
	PNG
	JPEG
	TIFF
	RIFF
	BinHex // BINHEX
	TNEF
	CryptFF // CRYPTFF
	PDF
	UUEncoded // UUENCODED
	Script // SCRIPT
	HTMLUTF16 // HTML_UTF16
	RTF
	SevenZip // 7Z
	SWF
	Java // JAVA
	XAR
	XZ
	OOXMLWord // OOXML_WORD
	OOXMLPowerPoint // OOXML_PPT
	OOXMLExcel // OOXML_XL
	Internal // INTERNAL
	HWP3
	OOXMLHWP // OOXML_HWP
	PostScript // PS
	EGG
	OneNote // ONENOTE
	PythonCompiled // PYTHON_COMPILED
	LHA // LHA_LZH
	PartitionAny // PART_ANY
	PartitionHFSPlus // PART_HFSPLUS
	MBR
	HTML
	Mail // MAIL
	SFX
	ZIPSFX
	RARSFX
	SevenZipSFX // 7ZSFX
	CABSFX
	ARJSFX
	EGGSFX
	NSIS // NULSFT
	AutoIt // AUTOIT
	InstallShield // ISHIELD_MSI
	ISO9660
	DMG
	GPT
	APM
	XDP
	XMLWord // XML_WORD
	XMLExcel // XML_XL
	XMLHWP // XML_HWP
	HWPOLE2
	MHTML
	LNK
	UDF
	ALZ
	OtherType // OTHER
	Ignored // IGNORED

	typeCount
)

// typeNames are ClamAV's names without their prefix, in the order of the types.
var typeNames = strings.Fields("ANY " +
	"TEXT_ASCII TEXT_UTF8 TEXT_UTF16LE TEXT_UTF16BE BINARY_DATA MSEXE ELF MACHO MACHO_UNIBIN " +
	"POSIX_TAR OLD_TAR CPIO_OLD CPIO_ODC CPIO_NEWC CPIO_CRC GZ ZIP BZ RAR ARJ MSSZDD MSOLE2 MSCAB " +
	"MSCHM SIS SCRENC GRAPHICS GIF PNG JPEG TIFF RIFF BINHEX TNEF CRYPTFF PDF UUENCODED SCRIPT " +
	"HTML_UTF16 RTF 7Z SWF JAVA XAR XZ OOXML_WORD OOXML_PPT OOXML_XL INTERNAL HWP3 OOXML_HWP PS EGG " +
	"ONENOTE PYTHON_COMPILED LHA_LZH PART_ANY PART_HFSPLUS MBR HTML MAIL SFX ZIPSFX RARSFX 7ZSFX " +
	"CABSFX ARJSFX EGGSFX NULSFT AUTOIT ISHIELD_MSI ISO9660 DMG GPT APM XDP XML_WORD XML_XL XML_HWP " +
	"HWPOLE2 MHTML LNK UDF ALZ OTHER IGNORED ")

// String gives ClamAV's name of the type ("CL_TYPE_HTML").
func (t FileType) String() string {
	if t >= typeCount {
		return "CL_TYPE_ERROR"
	}
	return "CL_TYPE_" + typeNames[t]
}

// ParseType finds a type by ClamAV's name.
func ParseType(name string) (FileType, bool) {
	short, ok := strings.CutPrefix(name, "CL_TYPE_")
	for t, n := range typeNames {
		if ok && n == short {
			return FileType(t), true
		}
	}
	return AnyType, false
}

// Target gives the number of the target whose signatures are matched against
// files of the type, in addition to those of target 0; 0 if there is none.
// TextASCII is target 7 only in its normal form: see the package comment.
func (t FileType) Target() int {
	switch t {
	case PE:
		return 1
	case OLE2:
		return 2
	case HTML:
		return 3
	case Mail:
		return 4
	case Graphics, GIF, PNG, JPEG, TIFF:
		return 5
	case ELF:
		return 6
	case TextASCII:
		return 7
	case MachO, MachOUniversal:
		return 9
	case PDF:
		return 10
	case SWF:
		return 11
	case Java:
		return 12
	case Internal:
		return 13
	case OtherType:
		return 14
	}
	return 0
}

// Text tells whether the type is text of some encoding.
func (t FileType) Text() bool { return t >= TextASCII && t <= TextUTF16BE }
