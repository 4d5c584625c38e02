// Package e2e tests the whole program: the real binary, with real files, a
// real mail server and a real browser. It holds nothing but tests.
package e2e
