package normal

import "strings"

// FileType is a type of files as libclamav knows it. The zero value is that of
// files of which nothing is known, CL_TYPE_ANY. Of two types found in the same
// text the greater one counts, from HTML on.
type FileType uint8

// The types, with the names of ClamAV's CL_TYPE_ constants where they are not
// plain.
const (
	TypeAny         FileType = iota
	TypeTextASCII            // TEXT_ASCII
	TypeTextUTF8             // TEXT_UTF8
	TypeTextUTF16LE          // TEXT_UTF16LE
	TypeTextUTF16BE          // TEXT_UTF16BE
	TypeBinaryData           // BINARY_DATA
	TypePE                   // MSEXE
	TypeELF
	TypeMachO          // MACHO
	TypeMachOUniversal // MACHO_UNIBIN
	TypePosixTar       // POSIX_TAR
	TypeOldTar         // OLD_TAR
	TypeCPIOOld        // CPIO_OLD
	TypeCPIOODC        // CPIO_ODC
	TypeCPIONewc       // CPIO_NEWC
	TypeCPIOCRC        // CPIO_CRC
	TypeGZip           // GZ
	TypeZIP
	TypeBZip // BZ
	TypeRAR
	TypeARJ
	TypeSZDD // MSSZDD
	TypeOLE2 // MSOLE2
	TypeCAB  // MSCAB
	TypeCHM  // MSCHM
	TypeSIS
	TypeEncodedScript // SCRENC
	TypeGraphics      // GRAPHICS
	TypeGIF
	TypePNG
	TypeJPEG
	TypeTIFF
	TypeRIFF
	TypeBinHex // BINHEX
	TypeTNEF
	TypeCryptFF // CRYPTFF
	TypePDF
	TypeUUEncoded // UUENCODED
	TypeScript    // SCRIPT
	TypeHTMLUTF16 // HTML_UTF16
	TypeRTF
	TypeSevenZip // 7Z
	TypeSWF
	TypeJava // JAVA
	TypeXAR
	TypeXZ
	TypeOOXMLWord       // OOXML_WORD
	TypeOOXMLPowerPoint // OOXML_PPT
	TypeOOXMLExcel      // OOXML_XL
	TypeInternal        // INTERNAL
	TypeHWP3
	TypeOOXMLHWP   // OOXML_HWP
	TypePostScript // PS
	TypeEGG
	TypeOneNote          // ONENOTE
	TypePythonCompiled   // PYTHON_COMPILED
	TypeLHA              // LHA_LZH
	TypePartitionAny     // PART_ANY
	TypePartitionHFSPlus // PART_HFSPLUS
	TypeMBR
	TypeHTML
	TypeMail // MAIL
	TypeSFX
	TypeZIPSFX
	TypeRARSFX
	TypeSevenZipSFX // 7ZSFX
	TypeCABSFX
	TypeARJSFX
	TypeEGGSFX
	TypeNSIS          // NULSFT
	TypeAutoIt        // AUTOIT
	TypeInstallShield // ISHIELD_MSI
	TypeISO9660
	TypeDMG
	TypeGPT
	TypeAPM
	TypeXDP
	TypeXMLWord  // XML_WORD
	TypeXMLExcel // XML_XL
	TypeXMLHWP   // XML_HWP
	TypeHWPOLE2
	TypeMHTML
	TypeLNK
	TypeUDF
	TypeALZ
	TypeOther   // OTHER
	TypeIgnored // IGNORED

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
	return TypeAny, false
}

// Target gives the number of the target whose signatures are matched against
// files of the type, in addition to those of target 0; 0 if there is none.
// TypeTextASCII is target 7 only in its normal form: see the package comment.
func (t FileType) Target() int {
	switch t {
	case TypePE:
		return 1
	case TypeOLE2:
		return 2
	case TypeHTML:
		return 3
	case TypeMail:
		return 4
	case TypeGraphics, TypeGIF, TypePNG, TypeJPEG, TypeTIFF:
		return 5
	case TypeELF:
		return 6
	case TypeTextASCII:
		return 7
	case TypeMachO, TypeMachOUniversal:
		return 9
	case TypePDF:
		return 10
	case TypeSWF:
		return 11
	case TypeJava:
		return 12
	case TypeInternal:
		return 13
	case TypeOther:
		return 14
	}
	return 0
}

// Text tells whether the type is text of some encoding.
func (t FileType) Text() bool { return t >= TypeTextASCII && t <= TypeTextUTF16BE }
