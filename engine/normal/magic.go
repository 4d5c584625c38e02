package normal

// magic is a sequence of bytes that stands at one place in files of a type.
type magic struct {
	at    int
	bytes string
	as    FileType
}

// magics are asked in this order: the first one that fits decides.
var magics = []magic{
	{0, "ALZ\x01", TypeALZ},
	{0, "\xe4R\\{\x8c\xd8\xa7M\xae\xb1Sx\xd0)\x96\xd3", TypeOneNote},
	{0, "ZWS", TypeSWF},
	{0, "{\n  \"Magic\":\"CLAMJSONv0\"", TypeInternal},
	{0, "MM", TypeTIFF},
	{0, "II*\x00", TypeTIFF},
	{0, "\xff\xd8\xff", TypeJPEG},
	{0, "GIF", TypeGIF},
	{0, "\x89PNG", TypePNG},
	{0, "EGGA", TypeEGG},
	{0, "CWS", TypeSWF},
	{0, "L\x00\x00\x00\x01\x14\x02\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00F", TypeLNK},
	{0, "%!PS-Adobe-", TypePostScript},
	{0, "{\\rt", TypeRTF},
	{0, "HWP Document File V3.00 \x1a\x01\x02\x03\x04\x05", TypeHWP3},
	{4, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", TypeHWPOLE2},
	{512, "EFI PART", TypeGPT},
	{0, "\xfd7zXZ\x00", TypeXZ},
	{0, "xar!", TypeXAR},
	{0, "\x00\x00\x01\xba", TypeBinaryData},
	{0, "\x00\x00\x01\xb3", TypeBinaryData},
	{0, "\x00\x00\x00\x0cjP  \r\n\x87\n", TypeGraphics},
	{0, "[aliases]", TypePosixTar},
	{0, "MSCF\x00\x00\x00\x00", TypeCAB},
	{0, "FWS", TypeSWF},
	{0, "\xd9\xd5\x05\xf9 \xa1c\xd7", TypeIgnored},
	{0, "SQLite format 3\x00", TypeIgnored},
	{0, "7\x7f\x06\x83\x00-\xe2\x18", TypeIgnored},
	{0, "7\x7f\x06\x82\x00-\xe2\x18", TypeIgnored},
	{0, "SYMC\x01\x00", TypeIgnored},
	{0, "%PDF-", TypePDF},
	{0, "\xc7q", TypeCPIOOld},
	{0, "q\xc7", TypeCPIOOld},
	{0, "070707", TypeCPIOODC},
	{0, "070702", TypeCPIOCRC},
	{0, "070701", TypeCPIONewc},
	{0, "Received-SPF: ", TypeMail},
	{0, "7z\xbc\xaf'\x1c", TypeSevenZip},
	{0, "\xfe\xed\xfa\xcf", TypeMachO},
	{0, "\xfe\xed\xfa\xce", TypeMachO},
	{0, "\xcf\xfa\xed\xfe", TypeMachO},
	{0, "\xce\xfa\xed\xfe", TypeMachO},
	{0, "[aliases]", TypeScript},
	{257, "ustar", TypePosixTar},
	{0, "SIP-HIT (SIP/H", TypeIgnored},
	{0, "\xff\xfb\x90", TypeIgnored},
	{0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", TypeOLE2},
	{0, "\xb6\xb9\xac\xae\xfe\xff\xff\xff", TypeCryptFF},
	{0, "\x7fELF", TypeELF},
	{0, "x\x9f>\"", TypeTNEF},
	{0, "v:\r\nReceived: ", TypeMail},
	{0, "v:\nReceived: ", TypeMail},
	{0, "begin ", TypeUUEncoded},
	{0, "`\xea", TypeARJ},
	{0, "X-UIDL: ", TypeMail},
	{0, "X-Symantec-", TypeMail},
	{0, "X-Sieve: ", TypeMail},
	{0, "X-Real-To: ", TypeMail},
	{0, "X-Original-To: ", TypeMail},
	{0, "X-Envelope-From: ", TypeMail},
	{0, "X-EVS", TypeMail},
	{0, "X-Apparently-To: ", TypeMail},
	{0, "To: ", TypeMail},
	{0, "Subject: ", TypeMail},
	{0, "SZDD", TypeSZDD},
	{0, "Return-path: ", TypeMail},
	{0, "Return-Path: ", TypeMail},
	{0, "Received: ", TypeMail},
	{0, "Rar!", TypeRAR},
	{0, "RIFX", TypeRIFF},
	{0, "RIFF", TypeRIFF},
	{0, "PK00PK\x03\x04", TypeZIP},
	{0, "PK\x03\x04", TypeZIP},
	{0, "OggS", TypeIgnored},
	{0, "Message-Id: ", TypeMail},
	{0, "Message-ID: ", TypeMail},
	{0, "MZ", TypePE},
	{0, "ITSF", TypeCHM},
	{0, "ID3", TypeIgnored},
	{0, "Hi. This is the qmail-send", TypeMail},
	{0, "From: ", TypeMail},
	{0, "From ", TypeMail},
	{0, "For: ", TypeMail},
	{0, "Envelope-to: ", TypeMail},
	{0, "Delivery-date: ", TypeMail},
	{0, "Delivered-To: ", TypeMail},
	{0, "Date: ", TypeMail},
	{0, "BZh", TypeBZip},
	{0, "BM", TypeGraphics},
	{0, ">From ", TypeMail},
	{0, ".RMF", TypeIgnored},
	{0, "(This file must be converted with BinHex 4.0)", TypeBinHex},
	{0, "#@~^", TypeEncodedScript},
	{0, "\x1f\x8b", TypeGZip},
}

// pythonMagics are the first four bytes of compiled Python files, in hexadecimal.
const pythonMagics = " " +
	"00010d0a 02099900 020d0d0a 03099900 03f30d0a 04170d0a 04f30d0a 090c0d0a 0af30d0a 0c0d0d0a 130c0d0a 160d0d0a " +
	"170d0d0a 1d0c0d0a 1f0c0d0a 200d0d0a 210d0d0a 270c0d0a 2a0d0d0a 2aeb0d0a 2b0d0d0a 2beb0d0a 2c0d0d0a 2d0d0d0a " +
	"2ded0d0a 2eed0d0a 2f0d0d0a 300d0d0a 310d0d0a 320d0d0a 330d0d0a 3b0c0d0a 3bf20d0a 3cf20d0a 3e0d0d0a 3f0d0d0a " +
	"450c0d0a 45f20d0a 4f0c0d0a 50010d0a 580c0d0a 59f20d0a 620c0d0a 63f20d0a 6c0c0d0a 6df20d0a 6ef20d0a 760c0d0a " +
	"77f20d0a 800c0d0a 81f20d0a 87c60d0a 88c60d0a 892e0d0a 8a0c0d0a 8bf20d0a 8cf20d0a 940c0d0a 95f20d0a 994e0d0a " +
	"9e0c0d0a 9ff20d0a a9f20d0a b20c0d0a b3f20d0a b4f20d0a b80b0d0a bc0c0d0a c20b0d0a c60c0d0a c7f20d0a cc0b0d0a " +
	"d00c0d0a d1f20d0a d2f20d0a d60b0d0a da0c0d0a dbf20d0a e00b0d0a e40c0d0a e5f20d0a ea0b0d0a ee0c0d0a eff20d0a " +
	"f00d0d0a f40b0d0a f50b0d0a f80c0d0a f9f20d0a fcc40d0a fdc40d0a ff0b0d0a "

// magicsOf has by the first byte of a file the numbers of the magics that may
// fit it, in their order: there are few that do not stand at the begin.
var magicsOf = func() (t [256][]uint8) {
	for i, m := range magics {
		for c := range t {
			if m.at > 0 || m.bytes[0] == byte(c) {
				t[c] = append(t[c], uint8(i))
			}
		}
	}
	return t
}()
