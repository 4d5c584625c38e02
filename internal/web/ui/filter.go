package ui

import (
	"cmp"
	"context"
	"net/url"
	"slices"
)

// FilterKind says what a filter asks for.
type FilterKind string

// The kinds of filters.
const (
	Words  FilterKind = "words"  // a text
	Choice FilterKind = "choice" // one of some options
	Many   FilterKind = "many"   // any number of options
	Day    FilterKind = "day"    // a date
)

// Filter is one question that a list can be narrowed by. Its value is in the
// address of the page, under its name; Many has one parameter each option.
type Filter struct {
	Name    string
	Label   string
	Kind    FilterKind
	Options []Option
}

// Option is one of several to choose from.
type Option struct {
	Value string
	Label string
	Hint  string // may be empty
}

// chip is a filter that is active, with the address of the page without it.
type chip struct {
	label, value, without string
}

// chips lists what narrows the current page.
func chips(ctx context.Context, filters []Filter) []chip {
	q := From(ctx).URL.Query()
	var out []chip
	for _, f := range filters {
		for _, v := range q[f.Name] {
			if v == "" {
				continue
			}
			out = append(out, chip{f.Label, f.word(v), variant(ctx, func(q url.Values) {
				q[f.Name] = slices.DeleteFunc(q[f.Name], func(have string) bool { return have == v })
			})})
		}
	}
	return out
}

// word is the label of a value, or the value of a filter without options.
func (f Filter) word(value string) string {
	for _, o := range f.Options {
		if o.Value == value {
			return o.Label
		}
	}
	return value
}

func (f Filter) value(ctx context.Context) string { return From(ctx).URL.Query().Get(f.Name) }

func (f Filter) has(ctx context.Context, value string) bool {
	return slices.Contains(From(ctx).URL.Query()[f.Name], value)
}

func (f Filter) chosen(ctx context.Context) int {
	n := 0
	for _, o := range f.Options {
		if f.has(ctx, o.Value) {
			n++
		}
	}
	return n
}

// cleared is the address of the page without any filter.
func cleared(ctx context.Context, filters []Filter) string {
	return variant(ctx, func(q url.Values) {
		for _, f := range filters {
			q.Del(f.Name)
		}
	})
}

// kept are the parameters that are no filters, such as the order; the form
// has to send them along.
func kept(ctx context.Context, filters []Filter) []Option {
	q := From(ctx).URL.Query()
	var out []Option
	for name, values := range q {
		filter := slices.ContainsFunc(filters, func(f Filter) bool { return f.Name == name })
		if filter || name == AfterParameter || name == BeforeParameter {
			continue
		}
		for _, v := range values {
			out = append(out, Option{Value: v, Label: name})
		}
	}
	slices.SortFunc(out, func(a, b Option) int {
		return cmp.Or(cmp.Compare(a.Label, b.Label), cmp.Compare(a.Value, b.Value))
	})
	return out
}
