// Package ui is the design system of the console and of customers' pages: the
// shells, the components in them, one stylesheet, one script, icons.
//
// Components are templ components with a struct of plain data each; texts in
// that data are already in the reader's language, words of the components' own
// come from the catalogue by the printer in the context (phrase.With). What a
// component needs to know of the request comes from the context too (With).
//
// Pages hold no inline scripts or styles: the policy is "default-src 'self'".
// Everything can be read and sent without JavaScript. README.md shows each
// component in use, Gallery shows all of them.
package ui

//go:generate go tool -modfile=../../../tools/go.mod templ generate

import (
	"context"
	"net/url"
	"strings"
	"time"
)

// View is what components know of the request that they are shown for.
type View struct {
	Now  time.Time      // relative times count from here; they are not shown if zero
	Zone *time.Location // of the reader; UTC if nil
	URL  *url.URL       // of the page; sorting, filters and paging link to variants of it
}

type viewKey struct{}

// With gives a context that carries v.
func With(ctx context.Context, v View) context.Context {
	return context.WithValue(ctx, viewKey{}, v)
}

// From gives the View that ctx carries; its URL is never nil.
func From(ctx context.Context) View {
	v, _ := ctx.Value(viewKey{}).(View)
	if v.URL == nil {
		v.URL = &url.URL{}
	}
	return v
}

// Names of the parameters of lists. Sort is a column's key, with a minus in
// front for largest first; After and Before are cursors.
const (
	SortParameter   = "sort"
	AfterParameter  = "after"
	BeforeParameter = "before"
)

// Variant gives the address of the current page with the parameter name set to
// value, or left out if value is empty. Cursors are left out: another order or
// filter begins at its first page.
func Variant(ctx context.Context, name, value string) string {
	return variant(ctx, func(q url.Values) {
		q.Del(name)
		if value != "" {
			q.Set(name, value)
		}
	})
}

// variant applies change to the parameters of the current page.
func variant(ctx context.Context, change func(url.Values)) string {
	u := From(ctx).URL
	q := u.Query()
	q.Del(AfterParameter)
	q.Del(BeforeParameter)
	change(q)
	// Only the path and the parameters: the rest of an address that a proxy
	// or a client made up must not get into links.
	return (&url.URL{Path: "/" + strings.TrimLeft(u.Path, "/"), RawQuery: q.Encode()}).String()
}

// Link is a text that leads somewhere.
type Link struct {
	Text string
	Href string
}

// Tone is the mood of a badge, message or mark. The zero Tone is neutral.
type Tone string

// The tones. Good is for what was observed to be good, never for what is unknown.
const (
	Neutral Tone = ""
	Accent  Tone = "accent"
	Good    Tone = "good"
	Warn    Tone = "warn"
	Bad     Tone = "bad"
	Unknown Tone = "unknown"
)

// toned gives a class with its variant: "badge badge-good".
func toned(class string, t Tone) string {
	if t == Neutral {
		return class
	}
	return class + " " + class + "-" + string(t)
}

// pagePath is the path of the current page.
func pagePath(ctx context.Context) string { return "/" + strings.TrimLeft(From(ctx).URL.Path, "/") }
