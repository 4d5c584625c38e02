// Package automaton finds patterns in bytes in linear time: positions of a
// pattern become states, sets of states become the states of a deterministic
// automaton that is built as the data demands, within a fixed budget of
// memory. There is no backtracking.
package automaton
