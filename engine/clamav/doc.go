// Package clamav reads ClamAV's signature databases into plain structures:
// hashes, bodies, logical signatures, file types and allow lists, out of
// single files (.hdb, .ndb, .ldb, …) and out of signed containers (.cvd, .cld,
// .cud).
//
// It decides what to keep as clamscan 1.4 does: a signature whose range of
// functionality levels excludes FunctionalityLevel is set aside, and one that
// clamscan would call malformed is a Problem. In contrast to clamscan, which
// gives up on the whole run at the first malformed line, reading goes on.
//
// Where a promise below says "libclamav", it is what the 1.4 series does with
// the same input; the manual's chapter on signatures is the specification and
// libclamav decides where the two differ.
package clamav
