package normal

// magic is a sequence of bytes that stands at one place in files of a type.
type magic struct {
	at    int
	bytes string
	as    FileType
}

// magics are asked in this order: the first one that fits decides.
var magics = []magic{
	{0, "ALZ\x01", ALZ},
	{0, "\xe4R\\{\x8c\xd8\xa7M\xae\xb1Sx\xd0)\x96\xd3", OneNote},
	{0, "ZWS", SWF},
	{0, "{\n  \"Magic\":\"CLAMJSONv0\"", Internal},
	{0, "MM", TIFF},
	{0, "II*\x00", TIFF},
	{0, "\xff\xd8\xff", JPEG},
	{0, "GIF", GIF},
	{0, "\x89PNG", PNG},
	{0, "EGGA", EGG},
	{0, "CWS", SWF},
	{0, "L\x00\x00\x00\x01\x14\x02\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00F", LNK},
	{0, "%!PS-Adobe-", PostScript},
	{0, "{\\rt", RTF},
	{0, "HWP Document File V3.00 \x1a\x01\x02\x03\x04\x05", HWP3},
	{4, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", HWPOLE2},
	{512, "EFI PART", GPT},
	{0, "\xfd7zXZ\x00", XZ},
	{0, "xar!", XAR},
	{0, "\x00\x00\x01\xba", BinaryData},
	{0, "\x00\x00\x01\xb3", BinaryData},
	{0, "\x00\x00\x00\x0cjP  \r\n\x87\n", Graphics},
	{0, "[aliases]", PosixTar},
	{0, "MSCF\x00\x00\x00\x00", CAB},
	{0, "FWS", SWF},
	{0, "\xd9\xd5\x05\xf9 \xa1c\xd7", Ignored},
	{0, "SQLite format 3\x00", Ignored},
	{0, "7\x7f\x06\x83\x00-\xe2\x18", Ignored},
	{0, "7\x7f\x06\x82\x00-\xe2\x18", Ignored},
	{0, "SYMC\x01\x00", Ignored},
	{0, "%PDF-", PDF},
	{0, "\xc7q", CPIOOld},
	{0, "q\xc7", CPIOOld},
	{0, "070707", CPIOODC},
	{0, "070702", CPIOCRC},
	{0, "070701", CPIONewc},
	{0, "Received-SPF: ", Mail},
	{0, "7z\xbc\xaf'\x1c", SevenZip},
	{0, "\xfe\xed\xfa\xcf", MachO},
	{0, "\xfe\xed\xfa\xce", MachO},
	{0, "\xcf\xfa\xed\xfe", MachO},
	{0, "\xce\xfa\xed\xfe", MachO},
	{0, "[aliases]", Script},
	{257, "ustar", PosixTar},
	{0, "SIP-HIT (SIP/H", Ignored},
	{0, "\xff\xfb\x90", Ignored},
	{0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OLE2},
	{0, "\xb6\xb9\xac\xae\xfe\xff\xff\xff", CryptFF},
	{0, "\x7fELF", ELF},
	{0, "x\x9f>\"", TNEF},
	{0, "v:\r\nReceived: ", Mail},
	{0, "v:\nReceived: ", Mail},
	{0, "begin ", UUEncoded},
	{0, "`\xea", ARJ},
	{0, "X-UIDL: ", Mail},
	{0, "X-Symantec-", Mail},
	{0, "X-Sieve: ", Mail},
	{0, "X-Real-To: ", Mail},
	{0, "X-Original-To: ", Mail},
	{0, "X-Envelope-From: ", Mail},
	{0, "X-EVS", Mail},
	{0, "X-Apparently-To: ", Mail},
	{0, "To: ", Mail},
	{0, "Subject: ", Mail},
	{0, "SZDD", SZDD},
	{0, "Return-path: ", Mail},
	{0, "Return-Path: ", Mail},
	{0, "Received: ", Mail},
	{0, "Rar!", RAR},
	{0, "RIFX", RIFF},
	{0, "RIFF", RIFF},
	{0, "PK00PK\x03\x04", ZIP},
	{0, "PK\x03\x04", ZIP},
	{0, "OggS", Ignored},
	{0, "Message-Id: ", Mail},
	{0, "Message-ID: ", Mail},
	{0, "MZ", PE},
	{0, "ITSF", CHM},
	{0, "ID3", Ignored},
	{0, "Hi. This is the qmail-send", Mail},
	{0, "From: ", Mail},
	{0, "From ", Mail},
	{0, "For: ", Mail},
	{0, "Envelope-to: ", Mail},
	{0, "Delivery-date: ", Mail},
	{0, "Delivered-To: ", Mail},
	{0, "Date: ", Mail},
	{0, "BZh", BZip},
	{0, "BM", Graphics},
	{0, ">From ", Mail},
	{0, ".RMF", Ignored},
	{0, "(This file must be converted with BinHex 4.0)", BinHex},
	{0, "#@~^", EncodedScript},
	{0, "\x1f\x8b", GZip},
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
