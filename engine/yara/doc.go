// Package yara reads the rule language of YARA 4.5
// (https://yara.readthedocs.io/en/stable/writingrules.html): Parse turns a
// source into rules, Format prints them. What a rule means is decided where it
// is compiled; here a rule is only what was written.
package yara
