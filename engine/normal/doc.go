// Package normal brings content into the forms that ClamAV matches its
// signatures against: text without its case and spacing, HTML without its
// comments or its tags, scripts without their obfuscation. It also tells file
// types apart as libclamav does, for the type decides about the forms.
//
// # What is matched against what
//
// A signature has a target. Signatures of target 0 are matched against every
// buffer named here, those of another target against the buffers of its type:
//
//	type of the content              buffer               targets
//	text that is not HTML            the raw bytes        0
//	                                 Text of the bytes    7 and 0
//	TEXT_ASCII that Anywhere says    the raw bytes        0
//	  to be HTML                     Pages of the bytes   see below; Text is not made
//	TEXT_ASCII that Anywhere says    the raw bytes        0, and 4 and 0
//	  to be mail                     Text of the bytes    7 and 0
//	                                 (the parts of the mail are files of their own)
//	HTML                             Pages of the bytes   see below; the raw bytes are not matched
//	HTML_UTF16                       the raw bytes        0
//	                                 Pages of UTF16 of    see below
//	                                 the bytes
//	SCRIPT                           the raw bytes        0
//	                                 Text of the bytes    7 and 0
//	GIF that Anywhere says to be     the raw bytes        5 and 0
//	  HTML                           Pages of the bytes   see below
//	every other type but IGNORED     the raw bytes        the target of the type, and 0
//	IGNORED                          nothing
//
// "Text" is TEXT_ASCII, TEXT_UTF8, TEXT_UTF16LE and TEXT_UTF16BE; the latter
// three are never taken for HTML or mail by what shows beyond their first 1024
// bytes. Nothing of at most 5 bytes is looked at, not even its hash.
//
// Of Pages, NoComment and NoTags are matched as HTML (targets 3 and 0), Script
// as HTML and then as text (targets 3 and 0, 7 and 0), as it is: Text of it is
// not made. Each of Embedded is a file of its own.
//
// Hashes of files are matched against the raw bytes of every file and, of the
// forms, against Pages; not against Text, and not against raw HTML either, of
// which only the forms count. (A false-positive hash of the raw bytes counts.)
//
// Limits, at which libclamav makes nothing of the form at all: Text of more
// than MaxText bytes, Pages of more than MaxHTML, NoTags of more than
// MaxNoTags, all of them counted on the raw bytes. A limit on the size of files
// applies before (MaxFileSize, 100 MiB with clamscan).
//
// Offsets refer to the buffer. An offset from the end never holds for
// signatures of target 0 on Text. The FileSize of a logical signature is that
// of the buffer, but with Text that of the raw bytes. (Where a signature of
// target 7 with an offset from the end is loaded, libclamav goes another way
// and both refer to Text.) Each logical signature is decided over one buffer
// alone.
package normal
