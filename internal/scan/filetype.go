package scan

import "bytes"

// magic is a sequence of bytes at the start of files of one type.
type magic struct {
	prefix string
	name   string
}

// magics are tried in order. The names are those that THOR gives to types.
var magics = []magic{
	{"MZ", "EXE"},
	{"\x7fELF", "ELF"},
	{"\xfe\xed\xfa\xce", "MACH-O"}, {"\xfe\xed\xfa\xcf", "MACH-O"},
	{"\xce\xfa\xed\xfe", "MACH-O"}, {"\xcf\xfa\xed\xfe", "MACH-O"},
	{"<?php", "PHP"}, {"<?PHP", "PHP"}, {"<?=", "PHP"},
	{"%PDF", "PDF"},
	{"PK\x03\x04", "ZIP"},
	{"Rar!\x1a\x07", "RAR"},
	{"7z\xbc\xaf\x27\x1c", "7ZIP"},
	{"\x1f\x8b", "GZIP"},
	{"BZh", "BZIP2"},
	{"\xfd7zXZ\x00", "XZ"},
	{"GIF8", "GIF"},
	{"\x89PNG\r\n\x1a\n", "PNG"},
	{"\xff\xd8\xff", "JPG"},
	{"{\\rt", "RTF"},
	{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "OLE"},
	{"MDMP", "MDMP"},
	{"L\x00\x00\x00\x01\x14\x02\x00", "LNK"},
	{"SQLite format 3\x00", "SQLITE"},
	{"<?xml", "XML"},
	{"<%@ page", "JSP"}, {"<%@page", "JSP"},
	{"<%@", "ASP"}, {"<%", "ASP"},
}

// fileType names the type of content by its first bytes, "" if it is none of
// those that are known.
func fileType(data []byte) string {
	if len(data) < 2 {
		return ""
	}
	for _, m := range magics {
		if data[0] == m.prefix[0] && len(data) >= len(m.prefix) && string(data[:len(m.prefix)]) == m.prefix {
			return m.name
		}
	}
	if data[0] == '#' && data[1] == '!' {
		return interpreter(data)
	}
	return ""
}

// interpreter names the type of a script by its first line.
func interpreter(data []byte) string {
	line, _, _ := bytes.Cut(data[:min(len(data), 128)], []byte("\n"))
	for _, m := range []magic{{"php", "PHP"}, {"python", "Python"}, {"perl", "Perl"}, {"ruby", "Ruby"}, {"node", "JS"}, {"sh", "Shell"}} {
		if bytes.Contains(line, []byte(m.prefix)) {
			return m.name
		}
	}
	return ""
}
