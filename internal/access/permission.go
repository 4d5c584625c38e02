package access

import (
	"fmt"
	"slices"

	"candor"
)

// Permission is one thing that somebody may do. Routes, pages and the API name
// the permission that they need; nothing else decides.
type Permission string

// What staff may do.
const (
	ReadCases        Permission = "read.cases"        // cases, findings, responses, definitions, scans
	ActCases         Permission = "act.cases"         // triage, assign, comment, close, start scans
	ApproveResponses Permission = "approve.responses" // let a response act, or undo one
	WaiveChecks      Permission = "waive.checks"      // let a site go on without a check of the gate
	ReadEvidence     Permission = "read.evidence"     // the log, its proofs, exports
	ReadParties      Permission = "read.parties"      // parties, assets, agreements
	ManageParties    Permission = "manage.parties"    // change and import them
	ReadPolicy       Permission = "read.policy"
	ManagePolicy     Permission = "manage.policy" // what acts by itself, deadlines, playbooks
	ReadPeople       Permission = "read.people"
	ManagePeople     Permission = "manage.people" // invite, change roles, disable, revoke
	ReadSettings     Permission = "read.settings" // and the system's health
	ManageSettings   Permission = "manage.settings"
	ReadFlows        Permission = "read.flows" // what households' connections are, in the flow archive
)

// What customers and subscribers may do with what belongs to their party.
// Staff may not: what a customer says must come from the customer.
const (
	ReadOwn Permission = "read.own"
	ActOwn  Permission = "act.own" // mark as fixed, ask, contest
)

// Exchange lets a program of a party read the collections of the sharing groups
// that the party is in, and add to those that it may add to.
const Exchange Permission = "exchange"

// FileReports lets a program of a reporter hand in reports as that reporter, and read
// what became of these.
const FileReports Permission = "file.reports"

// HoldTokens lets somebody make tokens for programs of their own.
const HoldTokens Permission = "hold.tokens"

// Permissions are all permissions.
func Permissions() []Permission {
	return []Permission{
		ReadCases, ActCases, ApproveResponses, WaiveChecks, ReadEvidence, ReadParties, ManageParties, ReadPolicy, ManagePolicy,
		ReadPeople, ManagePeople, ReadSettings, ManageSettings, ReadFlows, ReadOwn, ActOwn, Exchange, FileReports, HoldTokens,
	}
}

// granted is the table of who may do what.
func granted(r candor.Role) []Permission {
	reading := []Permission{ReadCases, ReadEvidence, ReadParties, ReadPolicy, ReadPeople, ReadSettings, HoldTokens}
	switch r {
	case candor.RoleAdmin:
		return append(reading, ActCases, ApproveResponses, WaiveChecks, ManageParties, ManagePolicy, ManagePeople, ManageSettings, ReadFlows)
	case candor.RoleAnalyst:
		return append(reading, ActCases, ApproveResponses, WaiveChecks, ManageParties, ReadFlows)
	case candor.RoleAuditor:
		return reading
	case candor.RoleCustomer:
		return []Permission{ReadOwn, ActOwn, Exchange, HoldTokens}
	case candor.RoleSubscriber:
		return []Permission{ReadOwn, ActOwn}
	case candor.RoleReporter:
		return []Permission{FileReports}
	}
	return nil
}

// Scopes of a token. Read, write and admin each hold those before; flows and
// exchange stand alone, so that no program sees households' connections that was
// not made for it, and one that reads what groups share sees nothing else. A scope takes away from what the owner may; it never adds.
const (
	ScopeRead     = "read"
	ScopeWrite    = "write"
	ScopeAdmin    = "admin"
	ScopeFlows    = "flows"
	ScopeExchange = "exchange"
)

// ScopeReport is the scope of tokens of reporters, and of no others: Scopes has it
// not, since no user can choose it.
const ScopeReport = "report"

// Scopes are all scopes of users' tokens, from narrow to wide, and last those that stand alone.
func Scopes() []string { return append(widening(), alone()...) }

// alone are the scopes that hold no other, and that no other holds.
func alone() []string { return []string{ScopeFlows, ScopeExchange} }

// widening are the scopes that hold those before them.
func widening() []string { return []string{ScopeRead, ScopeWrite, ScopeAdmin} }

// needs is the narrowest scope for a permission; empty if no token has it.
func needs(p Permission) string {
	switch p {
	case ReadCases, ReadEvidence, ReadParties, ReadPolicy, ReadPeople, ReadSettings, ReadOwn:
		return ScopeRead
	case ActCases, ApproveResponses, ManageParties, ActOwn:
		return ScopeWrite
	case ManagePolicy, ManagePeople, ManageSettings, WaiveChecks:
		return ScopeAdmin
	case ReadFlows:
		return ScopeFlows
	case Exchange:
		return ScopeExchange
	case FileReports:
		return ScopeReport
	}
	return "" // tokens make no tokens
}

// Allowed tells whether the principal may do that. The zero principal, which
// is also the program itself, may nothing: it has no reason to ask, and
// whoever forgot to say who is there must not get in.
func Allowed(p candor.Principal, what Permission) bool {
	if !slices.Contains(granted(p.Role), what) {
		return false
	}
	if p.Role == candor.RoleReporter {
		return p.Token != "" && p.Reporter != "" && slices.Equal(p.Scopes, []string{needs(what)})
	}
	if !p.Role.Staff() && p.Party == "" {
		return false
	}
	if p.Token == "" && p.Scopes == nil {
		return p.User != ""
	}
	scope := needs(what)
	if slices.Contains(alone(), scope) {
		return slices.Contains(p.Scopes, scope)
	}
	all := widening()
	need := slices.Index(all, scope)
	return need >= 0 && slices.ContainsFunc(p.Scopes, func(s string) bool { return slices.Index(all, s) >= need })
}

// ErrSignedOut is the error for those whom nobody knows: they can sign in.
var ErrSignedOut = candor.WithHint(fmt.Errorf("not signed in: %w", candor.ErrDenied), "Sign in, and try again.")

// Require gives nil if the principal may do that, ErrSignedOut if there is
// nobody, and candor.ErrDenied otherwise.
func Require(p candor.Principal, what Permission) error {
	switch {
	case Allowed(p, what):
		return nil
	case p.User == "" && p.Token == "":
		return ErrSignedOut
	case p.Token != "":
		return candor.WithHint(fmt.Errorf("%s with this token: %w", what, candor.ErrDenied), "Use a token with a wider scope, of somebody who may do that.")
	}
	return candor.WithHint(fmt.Errorf("%s as %s: %w", what, p.Role, candor.ErrDenied), "Ask an administrator to do that, or to change your role.")
}
