// Package candor holds the words of a provider's safety desk: what a sensor
// saw (Finding), how grave it is (Severity), what kind of incident it is
// (Class, Nature), when (Clock) and what can go wrong (Error).
//
// Every other package may import this one; this one imports none of them.
package candor

import "time"

// Clock tells the time. It is handed in from outside, so that tests and
// rehearsals can choose the hour.
type Clock func() time.Time
