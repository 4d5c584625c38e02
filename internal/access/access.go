// Package access decides who gets in and what they may do.
//
// People sign in with a password, a passkey or an account elsewhere (OpenID
// Connect) and get a session; programs hold tokens. Either becomes a
// [candor.Principal] in the context of a request ([From]). What a principal
// may do stands in one table ([Allowed], [Require]); what it may see of that
// is in the queries of the store, by [candor.Principal.Scope].
//
// [Service] is the whole of it over a [Store]. It renders nothing: pages call
// it, and word its errors. Sub-packages hold what stands on its own: hashing
// and judging of passwords, signed links, limits on attempts.
//
// Secrets (session cookies, tokens, one-time links) are 256 bits of
// randomness; the store only ever sees their SHA-256. Every sign-in, failure
// and change of who may do what leaves a [candor.Record] in the transaction
// that does it.
package access
