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
//	content                          buffer              targets
//	text (TEXT_ASCII)                the raw bytes       0
//	text (TEXT_UTF8, _UTF16LE/BE)    the raw bytes       0
//	any of these that is not HTML    Text of the bytes   7 0
//	TEXT_ASCII or GIF found to be    Pages of the bytes  see below
//	  HTML beyond its first 1024 B
//	TEXT_ASCII found to be mail      the raw bytes       4 0 (and the parts of the mail)
//	HTML                             Pages of the bytes  see below; the raw bytes are not matched at all
//	HTML_UTF16                       Pages of            see below, and the raw bytes 0
//	                                 UTF16 of the bytes
//	SCRIPT                           the raw bytes       0
//	                                 Text of the bytes   7 0
//	every other type                 the raw bytes       the target of the type, 0
//
// "HTML" means that Type says so. Where TEXT_ASCII turns out to be HTML only
// further down (HTMLAnywhere), the raw bytes are matched, then Pages; Text is
// not made.
//
// Of Pages, NoComment and NoTags are matched as HTML (targets 3 and 0), Script
// both as HTML and as text (targets 3, 7 and 0), and each of Embedded is a
// file of its own (a mail message that holds the data of a data: URL).
//
// Limits, at which libclamav makes nothing of the form at all: Text of more
// than MaxText bytes, Pages of more than MaxHTML, NoTags of more than
// MaxNoTags, all counted on the raw bytes. Offsets of signatures and the
// FileSize of logical signatures refer to the form, not to the raw bytes.
// Hashes are matched against raw bytes and against forms alike; of the forms,
// Text is an exception.
//
// Each logical signature is decided over one buffer alone.
package normal
