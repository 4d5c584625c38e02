package respond

import (
	"slices"

	"candor"
)

// Next gives the states that a response can take from a state. It is the only
// place that says so.
func Next(from candor.ResponseState) []candor.ResponseState {
	switch from {
	case candor.ResponseProposed:
		return []candor.ResponseState{candor.ResponseApproved, candor.ResponseRefused}
	case candor.ResponseApproved:
		// Undoing: part of it is done, and it may no longer go on.
		return []candor.ResponseState{candor.ResponseApplied, candor.ResponseFailed,
			candor.ResponseRefused, candor.ResponseUndoing}
	case candor.ResponseApplied:
		return []candor.ResponseState{candor.ResponseVerified, candor.ResponseFailed, candor.ResponseUndoing}
	case candor.ResponseVerified:
		// Failed: a later look saw that it no longer holds.
		return []candor.ResponseState{candor.ResponseFailed, candor.ResponseUndoing}
	case candor.ResponseFailed:
		// Approved: somebody has it tried again.
		return []candor.ResponseState{candor.ResponseApproved, candor.ResponseUndoing}
	case candor.ResponseUndoing:
		return []candor.ResponseState{candor.ResponseUndone, candor.ResponseFailed}
	}
	return nil // refused and undone are the end
}

// CanBecome tells whether a response can go from one state to another.
func CanBecome(from, to candor.ResponseState) bool { return slices.Contains(Next(from), to) }

// public tells whether the party may read that a response took this state.
func public(s candor.ResponseState) bool {
	return s == candor.ResponseApplied || s == candor.ResponseVerified || s == candor.ResponseUndone
}

// decided tells whether a response takes this state because somebody, or a
// policy, said so.
func decided(s candor.ResponseState) bool {
	return s == candor.ResponseApproved || s == candor.ResponseRefused || s == candor.ResponseUndoing
}
