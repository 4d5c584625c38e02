// Package evidence keeps what a provider must be able to prove: an append-only
// log that outsiders can verify (Log), a vault of encrypted blobs (Vault),
// exported cases (Bundle), the offline check of both (Verify), and a witness
// that a partner can run against a log (Witness).
//
// # The log
//
// A log is a Merkle tree in the layout of C2SP tlog-tiles, so that any tool
// for such logs can read it. Its folder holds
//
//	log.key      the signing key, note format, Ed25519; for the owner's eyes only
//	log.pub      the verifier's key
//	lock         held by the one program that appends
//	tlog/        what may be published: checkpoint, tile/…
//
// A checkpoint is a signed note (C2SP tlog-checkpoint) that commits to all
// entries so far. Who keeps an old checkpoint can prove any later change of
// what it covers.
//
// # Entries
//
// An entry is one JSON object in canonical form (RFC 8785), at most MaxEntry
// bytes of it. Its members, all but those marked optional being required:
//
//	actor     who did it: a person's or a program's name
//	blobs     optional; SHA-256 digests of contents that it rests on, in lower-case hexadecimal
//	body      a JSON object; what it says depends on the kind; nothing personal
//	case      optional; the case that it belongs to
//	id        identifier of the entry, given by the writer; occurs once in a log
//	kind      what it proves, a word of candor.RecordKind
//	personal  optional; object of names to salted digests, in lower-case hexadecimal
//	subject   optional; identifier of the record that it is about
//	time      when it happened, RFC 3339, in UTC
//	v         version of this format: the number 1
//
// Version 1 has no other members; a reader refuses unknown ones and versions,
// and any entry that is not in canonical form, since one that two programs
// could read differently proves nothing. Numbers are IEEE 754 doubles, as RFC
// 8785 has them: integers beyond 2^53 are refused and belong into strings.
//
// # Personal data
//
// The digest of a personal value is SHA-256 over a salt of 32 random bytes
// followed by the value. Salt and value are kept elsewhere. Erasing both makes
// the digest meaningless, and the log still verifies.
package evidence
