// Package normal keeps what is usual: of each line, and of each part of the
// network, for every hour of the week, in a row of fixed size.
//
// A row holds, for each Metric, 168 medians of 5 bits and the spread about
// them. A step of a level is a factor of 1.6, so 31 steps reach from one to two
// million units; that is coarse, and enough to tell idle from busy and busy
// from abused, in 0.8 KB a line.
package normal

import "math"

// Metric is something that is measured of a line for an hour.
type Metric uint8

// The metrics. Rates are means over the hour.
const (
	Up      Metric = iota // KiB/s that the line sent
	Down                  // KiB/s that the line received
	Packets               // packets a second that the line sent
	Flows                 // flows that the line began, in the hour
	Peers                 // different addresses that it sent to, in the hour
	Ports                 // different ports of others that it sent to, in the hour
	Fails                 // of the connections that it tried, the share without an answer
	Metrics
)

// Level is a value, quantised: 0 is less than one unit, each further level 1.6
// times as much. Of Fails a level is 1/31.
type Level uint8

// Top is the highest level.
const Top Level = 31

const step = 1.6

var logStep = math.Log(step)

// LevelOf quantises a value of m: of Fails a share from 0 to 1, of the others
// units of the metric.
func LevelOf(m Metric, v float64) Level {
	switch {
	case !(v > 0):
		return 0
	case m == Fails:
		return Level(math.Round(min(v, 1) * float64(Top)))
	case v < 1:
		return 0
	}
	return Level(min(math.Floor(math.Log(v)/logStep)+1, float64(Top)))
}

// Value is the middle of what the level stands for, and a share of a level
// stands for what lies between.
func Value(m Metric, level float64) float64 {
	switch {
	case m == Fails:
		return max(0, min(level/float64(Top), 1))
	case level <= 0:
		return 0
	}
	return math.Pow(step, level-0.5)
}
