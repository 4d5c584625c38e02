// Package automaton finds patterns in bytes in linear time: positions of a
// pattern become states, sets of states become the states of a deterministic
// automaton that is built as the data demands, within a fixed budget of
// memory. There is no backtracking.
//
// A Program is the graph of one pattern.Node: a node for each byte that the
// expanded pattern consumes, joined by edges. It is walked in both directions.
// Forwards it tells that a match exists and how long it is; backwards, from
// where matches can end, it tells at which offsets they start.
//
// Zero-width assertions look at the whole data on both sides of an offset.
// Which of them hold there is worked out from the bytes and becomes part of
// the symbol that the automaton reads, so both directions treat them alike.
//
// A Matcher belongs to one goroutine. It remembers sets of positions as rows
// of a table (the subset construction, done lazily). When the table is full it
// is emptied; when it fills faster than it pays, the sets are followed one
// after another without being remembered, which costs at most the size of the
// graph for each byte.
package automaton
